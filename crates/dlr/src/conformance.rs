//! The conformance suites by name. The checks themselves are in the crates that compute; the tests call the same code.

use dlr_core::{Code, Error, Mask, Result, Volume, conformance::SuiteTable};
use std::path::{Path, PathBuf};

/// Where reference values and images are read from, where not from the fixtures that come with `dlr`.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    /// Reference values.
    pub reference: Option<PathBuf>,
    /// Images.
    pub data: Option<PathBuf>,
}

/// A named suite.
pub struct Suite {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it recomputes, in one line.
    pub about: &'static str,
    /// The folder of `data-fixtures` that is read where none is named; empty where nothing of it may be redistributed.
    pub fixtures: &'static str,
    /// Recomputes its values.
    pub run: fn(&Folders) -> Result<Vec<SuiteTable>>,
}

/// Every suite, in the order in which they run.
pub const SUITES: &[Suite] = &[
    Suite { name: "ibsi1", about: "consensus values of the IBSI reference manual", fixtures: "ibsi1", run: ibsi1 },
    Suite { name: "ibsi2", about: "filters of IBSI chapter 2: maps and statistics", fixtures: "ibsi2", run: ibsi2 },
    Suite { name: "sts-teams", about: "values of the IBSI teams on real sarcoma MRI", fixtures: "", run: sts_teams },
    Suite { name: "pyradiomics", about: "values of pyradiomics", fixtures: "pyradiomics", run: pyradiomics },
    Suite { name: "nifti", about: "odd and broken NIfTI files", fixtures: "nifti_odd", run: nifti },
    Suite { name: "nrrd", about: "NRRD variants", fixtures: "nrrd_odd", run: nrrd },
    Suite {
        name: "statistics",
        about: "scikit-learn, glmnet, pROC, rms, shap",
        fixtures: "ml_reference",
        run: statistics,
    },
    Suite { name: "network", about: "activations of the embedded network", fixtures: "network", run: network },
];

/// The fixtures that come with `dlr`: in `data-fixtures` beside or above the current folder, or where `DLR_FIXTURES`
/// says.
///
/// # Errors
/// [`Code::FileMissing`] with what to do about it.
pub fn fixtures(folder: &str) -> Result<PathBuf> {
    let named = std::env::var_os("DLR_FIXTURES").map(PathBuf::from);
    let here = std::env::current_dir().unwrap_or_default();
    let above = here.ancestors().map(|folder| folder.join("data-fixtures"));
    let found = named.into_iter().chain(above).map(|root| root.join(folder)).find(|path| path.is_dir());
    found.ok_or_else(|| {
        Error::new(Code::FileMissing, format!("the reference values `data-fixtures/{folder}` are not here"))
            .hint("run inside a checkout of dlr, set DLR_FIXTURES to its data-fixtures, or give --reference and --data")
    })
}

impl Folders {
    /// Reference and data of a suite whose values and images lie in one folder: naming one of them is enough.
    fn together(&self, default: &str) -> Result<(PathBuf, PathBuf)> {
        match (&self.reference, &self.data) {
            (Some(reference), Some(data)) => Ok((reference.clone(), data.clone())),
            (Some(one), None) | (None, Some(one)) => Ok((one.clone(), one.clone())),
            (None, None) if default.is_empty() => {
                Err(Error::new(Code::FileMissing, "the values of this suite may not be redistributed with dlr")
                    .hint("name their folder with --reference"))
            }
            (None, None) => fixtures(default).map(|folder| (folder.clone(), folder)),
        }
    }
}

fn pair(image: &Path, mask: &Path, label: u32) -> Result<(Volume, Mask)> {
    let selection = dlr_io::LabelSelection::Value(i64::from(label));
    dlr_io::read_pair(image, mask, &selection).map(|pair| (pair.value.image, pair.value.mask))
}

fn ibsi1(folders: &Folders) -> Result<Vec<SuiteTable>> {
    let (reference, data) = folders.together("ibsi1")?;
    dlr_radiomics::ibsi::conformance::ibsi1(&reference, &data, &dlr_io::read_volume)
}

fn ibsi2(folders: &Folders) -> Result<Vec<SuiteTable>> {
    let (reference, data) = folders.together("ibsi2")?;
    dlr_radiomics::ibsi::conformance::ibsi2(&reference, &data, &dlr_io::read_volume)
}

fn sts_teams(folders: &Folders) -> Result<Vec<SuiteTable>> {
    let (reference, data) = folders.together("")?;
    dlr_radiomics::ibsi::conformance::sts_teams(&reference, &data, &dlr_io::read_volume)
}

fn pyradiomics(folders: &Folders) -> Result<Vec<SuiteTable>> {
    let or = |folder: &Option<PathBuf>, default| folder.clone().map_or_else(|| fixtures(default), Ok);
    let reference = or(&folders.reference, "pyradiomics/reference")?;
    let data = or(&folders.data, "pyradiomics/data")?;
    dlr_radiomics::conformance::pyradiomics(&reference, &data, &pair)
}

fn nifti(folders: &Folders) -> Result<Vec<SuiteTable>> {
    dlr_io::conformance::nifti(&folders.together("nifti_odd")?.0)
}

fn nrrd(folders: &Folders) -> Result<Vec<SuiteTable>> {
    dlr_io::conformance::nrrd(&folders.together("nrrd_odd")?.0)
}

fn statistics(folders: &Folders) -> Result<Vec<SuiteTable>> {
    let folder = folders.together("ml_reference")?.0;
    let mut tables = vec![dlr_evaluation::conformance::layout(&folder)?];
    // A part that cannot start is a miss of that part: the others still say what they have.
    for (name, part) in [
        ("selection and models", dlr_modelling::conformance::statistics as fn(&Path) -> Result<Vec<SuiteTable>>),
        ("evaluation", dlr_evaluation::conformance::statistics),
        ("interpretation", dlr_interpret::conformance::statistics),
    ] {
        match part(&folder) {
            Ok(part) => tables.extend(part),
            Err(error) => tables.push(SuiteTable::or_miss(name, Err(error))),
        }
    }
    Ok(tables)
}

fn network(folders: &Folders) -> Result<Vec<SuiteTable>> {
    match folders.reference.as_ref().or(folders.data.as_ref()) {
        Some(folder) => dlr_deep::conformance::check_folder(folder),
        None => dlr_deep::conformance::check_embedded(),
    }
}
