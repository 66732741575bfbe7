//! [`RfeCv`] and [`StabilitySelection`]: selectors that decide by themselves how many columns to keep.

use super::{Selected, finite_columns};
use crate::selection::{RfeCvResult, RfeParams, StabilityParams, rfe_cv, stability};
use crate::splitters::inner_folds;
use dlr_core::{FittedTableStep, Result, TableStep, TrainSet};
use serde::{Deserialize, Serialize};

/// Recursive elimination down to the size that does best on inner folds (area under the curve).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `rfe` | of [`RfeParams`], `n_keep` 1 | | how to eliminate; `n_keep` is the smallest size tried |
/// | `n_folds` | 5 | 2 and more | inner folds, stratified, by patient |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RfeCv {
    /// How to eliminate.
    pub rfe: RfeParams,
    /// Inner folds.
    pub n_folds: usize,
}

impl Default for RfeCv {
    fn default() -> Self {
        RfeCv { rfe: RfeParams { n_keep: 1, ..RfeParams::default() }, n_folds: 5 }
    }
}

impl RfeCv {
    /// What each number of columns scored, and the best of them.
    ///
    /// # Errors
    /// Those of fitting.
    pub fn find(&self, train: &TrainSet, seed: u64) -> Result<RfeCvResult> {
        let fold_of = inner_folds(train.cohort(), self.n_folds, seed)?;
        rfe_cv(&finite_columns(train)?, train.labels(), &fold_of, &self.rfe, seed)
    }
}

impl TableStep for RfeCv {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedTableStep>> {
        let found = self.find(train, seed)?;
        let best = found.mean[found.sizes.iter().position(|n| *n == found.n_best).expect("the best was tried")];
        Selected::of(train, "rfe-cv", &found.elimination.kept, &format!("; inner AUC {best:.3}"))
    }
}

/// Stability selection as a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StabilitySelection {
    /// How.
    pub params: StabilityParams,
}

impl StabilitySelection {
    /// The step for these parameters.
    pub fn new(params: StabilityParams) -> Self {
        StabilitySelection { params }
    }
}

impl TableStep for StabilitySelection {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedTableStep>> {
        let patients: Vec<&str> = train.cohort().rows().iter().map(|r| r.patient.as_str()).collect();
        let found = stability(&finite_columns(train)?, train.labels(), &patients, &self.params, seed)?;
        let more = format!("; at most {:.2} false selections expected", found.false_selections);
        Selected::of(train, "stability-selection", &found.kept, &more)
    }
}
