//! Recomputes the evaluation part of the suite `statistics`: a folder with `scores.csv`, `discrimination.json`,
//! `calibration.json`, `misc.json`, `bootstrap_indices.csv`, `pvalues.csv` and `r_oracle.json`, of any size and seed.
//!
//! Expected values are of scikit-learn, statsmodels, dcurves, pROC and rms. Errors in the tables are absolute.

mod calibration;
mod discrimination;
mod input;
mod r_oracle;

use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use input::Folder;
// `dlr-interpret` reads the same folders and compares in the same way.
pub use input::{lacks, near, read};
use std::path::Path;

/// Every table of the evaluation part, found beside expected.
///
/// # Errors
/// `E0201` for a missing file, `E0204` for one that is not of this layout; those of the functions that are checked.
pub fn statistics(folder: &Path) -> Result<Vec<SuiteTable>> {
    let folder = Folder::open(folder)?;
    Ok(vec![
        discrimination::discrimination(&folder)?,
        discrimination::bootstrap(&folder)?,
        calibration::calibration(&folder)?,
        calibration::misc(&folder)?,
        r_oracle::r_oracle(&folder)?,
    ])
}
