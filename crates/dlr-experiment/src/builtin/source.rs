//! `manifest`: cases of a CSV. `phantom`: the synthetic cohort, made as its cases are asked for.

use crate::registry::Params;
use dlr_core::{Case, CaseSource, Cohort, Result, SealedLabels};
use dlr_io::{Manifest, ManifestSource};
use dlr_phantom::PhantomSource;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Parameters of the source `manifest`.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `path` | | the CSV, relative to the experiment file |
/// | `mask` | `mass` | the name that the region of the column `Mask` gets |
/// | `absent_files` | `refuse` | files that do not exist: `refuse` names them all before anything is read, `fail-case` lets their case fail |
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestParams {
    path: PathBuf,
    #[serde(default = "mass")]
    mask: String,
    #[serde(default)]
    absent_files: AbsentFiles,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AbsentFiles {
    #[default]
    Refuse,
    FailCase,
}

fn mass() -> String {
    "mass".into()
}

pub(super) fn manifest(params: &Params<'_>) -> Result<Box<dyn CaseSource>> {
    let ManifestParams { path, mask, absent_files } = params.read()?;
    let path = params.folder.join(path);
    let source = match absent_files {
        AbsentFiles::Refuse => ManifestSource::open(&path)?,
        AbsentFiles::FailCase => ManifestSource::new(Manifest::read(&path)?),
    };
    Ok(Box::new(Named { source, mask }))
}

/// Parameters: those of [`dlr_phantom::PhantomConfig`].
pub(super) fn phantom(params: &Params<'_>) -> Result<Box<dyn CaseSource>> {
    Ok(Box::new(PhantomSource::new(&params.read()?)?))
}

/// A manifest whose plain column `Mask` has a name.
struct Named {
    source: ManifestSource,
    mask: String,
}

impl CaseSource for Named {
    fn cohort(&self) -> Result<(Cohort, SealedLabels)> {
        self.source.cohort()
    }

    fn load(&self, id: &str) -> Result<Case> {
        let mut case = self.source.load(id)?;
        if let Some(region) = case.masks.remove("mask") {
            case.masks.insert(self.mask.clone(), region);
        }
        Ok(case)
    }

    fn digest(&self, id: &str) -> Result<String> {
        Ok(crate::cache::key(&[&self.source.digest(id)?, &self.mask]))
    }

    fn image_digest(&self, id: &str) -> Result<Option<String>> {
        self.source.image_digest(id)
    }
}
