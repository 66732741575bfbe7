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
use dlr_core::conformance::{Miss, SuiteTable};
use folder::Folder;
use std::path::Path;

/// One table per reference file of selection, modelling and validation.
///
/// # Errors
/// [`dlr_core::Code::FileMissing`] or [`dlr_core::Code::FileFormat`] for a folder of another layout; what cannot be
/// computed is a miss, not an error.
pub fn statistics(folder: &Path) -> Result<Vec<SuiteTable>> {
    let folder = Folder::open(folder)?;
    Ok(vec![
        preparing::preprocess(&folder)?,
        preparing::univariate(&folder)?,
        preparing::agreement(&folder)?,
        preparing::combat(&folder)?,
        paths::lasso_path(&folder)?,
        paths::lasso_cv(&folder)?,
        paths::binomial(&folder)?,
        paths::logistic(&folder)?,
        selecting::rfe(&folder)?,
        selecting::mrmr(&folder)?,
        selecting::optimism(&folder)?,
        selecting::misc(&folder)?,
    ])
}

/// Compares by absolute error, as the README of the tables asks.
fn absolute(table: &mut SuiteTable, name: &str, on: &str, expected: f64, found: f64, tolerance: f64) {
    let error = if expected == found || expected.is_nan() && found.is_nan() { 0.0 } else { (expected - found).abs() };
    let miss = (error.is_nan() || error > tolerance).then(|| Miss {
        name: name.into(),
        configuration: on.into(),
        expected: expected.to_string(),
        found: found.to_string(),
        tolerance: format!("{tolerance:e} absolute"),
    });
    table.record(if error.is_nan() { f64::INFINITY } else { error }, miss);
}

fn all(table: &mut SuiteTable, name: &str, on: &str, expected: &[f64], found: &[f64], tolerance: f64) {
    absolute(table, &format!("{name}: how many"), on, expected.len() as f64, found.len() as f64, 0.0);
    for (k, (e, f)) in expected.iter().zip(found).enumerate() {
        absolute(table, &format!("{name}[{k}]"), on, *e, *f, tolerance);
    }
}

fn same(table: &mut SuiteTable, name: &str, on: &str, expected: impl ToString, found: impl ToString) {
    let (expected, found) = (expected.to_string(), found.to_string());
    let equal = expected == found;
    let miss = (!equal).then(|| Miss {
        name: name.into(),
        configuration: on.into(),
        expected,
        found,
        tolerance: "exact".into(),
    });
    table.record(if equal { 0.0 } else { f64::INFINITY }, miss);
}
