//! The conformance suites by name. The checks themselves are in the crates that compute; the tests call the same code.

use dlr_core::{Code, Error, Result, conformance::SuiteTable};
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
    /// Recomputes its values.
    pub run: fn(&Folders) -> Result<Vec<SuiteTable>>,
}

/// Every suite, in the order in which they run.
pub const SUITES: &[Suite] =
    &[Suite { name: "pyradiomics", run: pyradiomics }, Suite { name: "network", run: network }];

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

fn network(folders: &Folders) -> Result<Vec<SuiteTable>> {
    match &folders.reference {
        Some(folder) => dlr_deep::conformance::check_folder(folder),
        None => dlr_deep::conformance::check_embedded(),
    }
}

fn pyradiomics(folders: &Folders) -> Result<Vec<SuiteTable>> {
    let (reference, data) = match (&folders.reference, &folders.data) {
        (Some(reference), Some(data)) => (reference.clone(), data.clone()),
        (None, None) => (fixtures("pyradiomics/reference")?, fixtures("pyradiomics/data")?),
        _ => {
            return Err(Error::new(Code::Parameter, "this suite needs reference values and their images")
                .expected("--reference and --data, or neither"));
        }
    };
    let load = |image: &Path, mask: &Path, label: u32| {
        let selection = dlr_io::LabelSelection::Value(i64::from(label));
        dlr_io::read_pair(image, mask, &selection).map(|pair| (pair.value.image, pair.value.mask))
    };
    dlr_radiomics::conformance::pyradiomics(&reference, &data, &load)
}
