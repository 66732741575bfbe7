//! `listed`: divisions of the patients that a file prescribes, for example those of a published study.

use crate::registry::Params;
use dlr_core::{Code, Cohort, Error, Fold, Result, Role, Splitter};
use dlr_io::TextTable;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::PathBuf};

/// Parameters of the splitter `listed`.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `path` | | a CSV (or `.csv.gz`) with the columns `0_train`, `0_test`, `1_train`, ...: one patient per cell |
/// | `first` | all | only the first so many divisions |
///
/// Each division is a repeat of its own, with one fold. Patients that the experiment left out are left out of the lists.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedParams {
    path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<usize>,
}

pub(super) fn splitter(params: &Params<'_>) -> Result<Box<dyn Splitter>> {
    let read: ListedParams = params.read()?;
    let table = TextTable::read(&params.folder.join(&read.path))?;
    let list = |column: usize| -> Vec<String> {
        let cells = table.rows.iter().map(|(_, cells)| cells[column].trim());
        cells.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    };
    let mut divisions = Vec::new();
    while let Ok(train) = table.column(&format!("{}_train", divisions.len())) {
        let test = table.column(&format!("{}_test", divisions.len()))?;
        divisions.push((list(train), list(test)));
    }
    divisions.truncate(read.first.unwrap_or(usize::MAX));
    if divisions.is_empty() {
        return Err(Error::new(Code::ParameterFile, "the file lists no division")
            .expected("columns `0_train`, `0_test`, `1_train`, `1_test`, ..."));
    }
    Ok(Box::new(Listed { divisions }))
}

/// Training and held-out patients of each division.
struct Listed {
    divisions: Vec<(Vec<String>, Vec<String>)>,
}

impl Splitter for Listed {
    fn folds(&self, cohort: &Cohort, _seed: u64) -> Result<Vec<Vec<Fold>>> {
        let here = cohort.patients(Role::Train);
        let known: BTreeSet<&String> = self.divisions.iter().flat_map(|(a, b)| a.iter().chain(b)).collect();
        if let Some(stranger) = here.iter().find(|patient| !known.contains(patient)) {
            return Err(Error::new(Code::UnknownName, format!("no division lists patient `{stranger}`")));
        }
        let side = |list: &[String]| list.iter().filter(|p| here.contains(*p)).cloned().collect();
        self.divisions.iter().map(|(train, test)| Ok(vec![Fold::new(side(train), side(test))?])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Registry, config::Stage};
    use dlr_core::CaseRecord;

    fn listed(text: &str) -> Result<Box<dyn Splitter>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("splits.csv"), text).unwrap();
        let params = toml::from_str("path = \"splits.csv\"").unwrap();
        Registry::builtin().splitters.make(&Stage { stage: "listed".into(), params }, "", folder.path())
    }

    #[test]
    fn divisions_are_those_of_the_file() {
        let splitter = listed(",0_train,0_test,1_train,1_test\n0,a,c,c,a\n1,b,d,d,b\n").unwrap();
        let cohort = |ids: &[&str]| {
            Cohort::enrol(ids.iter().map(|id| CaseRecord::new(*id, Some(*id < "c"))).collect()).unwrap().0
        };
        let repeats = splitter.folds(&cohort(&["a", "b", "c"]), 0).unwrap();
        assert_eq!((repeats.len(), repeats[0].len()), (2, 1));
        assert_eq!(repeats[1][0].train().iter().collect::<Vec<_>>(), ["c"]);
        assert_eq!(splitter.folds(&cohort(&["a", "e"]), 0).unwrap_err().code(), Code::UnknownName);
        let twice = listed("0_train,0_test\na,b\nb,b\n").unwrap();
        assert_eq!(twice.folds(&cohort(&["a", "b"]), 0).unwrap_err().code(), Code::PatientOverlap);
        assert_eq!(listed("train,test\na,b\n").err().unwrap().code(), Code::ParameterFile);
    }
}
