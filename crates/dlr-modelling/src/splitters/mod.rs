//! [`Splitter`](dlr_core::Splitter)s: how training patients are divided. Always by patient, never by row.
//!
//! A patient's class is positive where any of the patient's cases is. Every division is drawn from
//! [`dlr_core::Rng`], so a seed gives the same folds on every machine.

mod centre;
mod kfold;

pub use centre::LeaveOneCentreOut;
pub use kfold::{KFold, StratifiedKFold};

use dlr_core::{Code, Cohort, Error, Result, Role};
use std::collections::BTreeMap;

/// The training patients of a cohort with their class.
///
/// # Errors
/// [`Code::LabelValues`] for a patient without any label.
fn classes(cohort: &Cohort) -> Result<BTreeMap<String, bool>> {
    let mut classes = BTreeMap::new();
    for row in cohort.rows().iter().filter(|row| row.role == Role::Train) {
        let Some(label) = row.label else {
            return Err(Error::new(Code::LabelValues, "a training case has no label")
                .hint("exclude it, with the reason")
                .for_case(&row.id));
        };
        *classes.entry(row.patient.clone()).or_insert(false) |= label;
    }
    Ok(classes)
}

/// The fold of each row of a training set: stratified, by patient. For inner validation; the number of folds is lowered
/// to that of the patients of the smaller class, so that every fold holds out both.
///
/// # Errors
/// As [`StratifiedKFold`].
pub(crate) fn inner_folds(cohort: &Cohort, n_folds: usize, seed: u64) -> Result<Vec<usize>> {
    let classes = classes(cohort)?;
    let n_positive = classes.values().filter(|c| **c).count();
    let most = n_positive.min(classes.len() - n_positive).max(2);
    let fold_of = kfold::deal(&classes, n_folds.min(most), true, seed)?;
    Ok(cohort.rows().iter().map(|row| fold_of[&row.patient]).collect())
}
