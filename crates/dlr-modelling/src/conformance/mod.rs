//! Recomputes the oracle tables of a folder in the layout of `data-fixtures/ml_reference`: the part of the suite
//! `statistics` that this crate computes.
//!
//! Sizes, seeds and column names are whatever the folder holds; tolerances are those of its README. The tests call
//! the same function as `dlr conformance statistics`.

mod folder;
mod paths;
mod preparing;
mod selecting;

use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use folder::Folder;
use std::path::Path;

type Part = fn(&Folder) -> Result<SuiteTable>;

const PARTS: &[(&str, Part)] = &[
    ("preprocess", preparing::preprocess),
    ("univariate", preparing::univariate),
    ("icc", preparing::agreement),
    ("combat", preparing::combat),
    ("lasso_path", paths::lasso_path),
    ("lasso_cv", paths::lasso_cv),
    ("r_oracle: binomial paths of glmnet", paths::binomial),
    ("logistic", paths::logistic),
    ("rfe", selecting::rfe),
    ("mrmr", selecting::mrmr),
    ("optimism", selecting::optimism),
    ("misc: sample size and permutation", selecting::misc),
];

/// One table per reference file of selection, modelling and validation.
///
/// A file, key or list that is absent, of another kind or of another length is a miss that names it, never a value left
/// out; the other tables are compared all the same.
///
/// # Errors
/// [`dlr_core::Code::FileMissing`] or [`dlr_core::Code::FileFormat`] where the clean tables, on which everything is
/// computed, cannot be read.
pub fn statistics(folder: &Path) -> Result<Vec<SuiteTable>> {
    let folder = Folder::open(folder)?;
    Ok(PARTS.iter().map(|(name, part)| SuiteTable::or_miss(name, part(&folder))).collect())
}
