//! Recomputes the evaluation part of the suite `statistics`: a folder with `scores.csv`, `discrimination.json`,
//! `calibration.json`, `misc.json`, `bootstrap_indices.csv`, `pvalues.csv` and `r_oracle.json`, of any size and seed.
//!
//! Expected values are of scikit-learn, statsmodels, dcurves, pROC and rms. Errors in the tables are absolute.

mod calibration;
mod discrimination;
mod input;
mod layout;
mod r_oracle;

use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use input::Folder;
// `dlr-interpret` reads the same folders and compares in the same way.
pub use input::{lacks, near};
pub use layout::layout;
use std::path::Path;

type Part = fn(&Folder) -> Result<SuiteTable>;

const PARTS: &[(&str, Part)] = &[
    ("discrimination", discrimination::discrimination),
    ("bootstrap", discrimination::bootstrap),
    ("calibration", calibration::calibration),
    ("misc: conformal", calibration::misc),
    ("r_oracle: evaluation", r_oracle::r_oracle),
];

/// Every table of the evaluation part, found beside expected.
///
/// A file, key or list that is absent, of another kind or of another length is a miss that names it; the other tables
/// are compared all the same.
///
/// # Errors
/// `E0201` or `E0204` where `scores.csv`, on which everything is computed, cannot be read.
pub fn statistics(folder: &Path) -> Result<Vec<SuiteTable>> {
    let folder = Folder::open(folder)?;
    Ok(PARTS.iter().map(|(name, part)| SuiteTable::or_miss(name, part(&folder))).collect())
}
