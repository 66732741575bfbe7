//! [`RfeCv`] and [`StabilitySelection`]: selectors that decide by themselves how many columns to keep.

use super::{Selected, finite_columns};
use crate::glm::ClassWeight;
use crate::selection::{RfeCvResult, RfeEstimator, RfeParams, RfeStep, StabilityParams, rfe_cv, stability};
use crate::splitters::inner_folds;
use dlr_core::{FittedTableStep, Result, TableStep, TrainSet};
use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(deserialize_with = "down_to_one")]
    pub rfe: RfeParams,
    /// Inner folds.
    pub n_folds: usize,
}

impl Default for RfeCv {
    fn default() -> Self {
        RfeCv { rfe: RfeParams { n_keep: 1, ..RfeParams::default() }, n_folds: 5 }
    }
}

/// A table that names some keys leaves the others at the defaults of this step: `n_keep` is then 1, not that of [`RfeParams`].
fn down_to_one<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<RfeParams, D::Error> {
    let RfeParams { n_keep, step, fine_below, estimator, c, n_trees, class_weight } = RfeCv::default().rfe;
    let given = Given::deserialize(deserializer)?;
    Ok(RfeParams {
        n_keep: given.n_keep.unwrap_or(n_keep),
        step: given.step.unwrap_or(step),
        fine_below: given.fine_below.unwrap_or(fine_below),
        estimator: given.estimator.unwrap_or(estimator),
        c: given.c.unwrap_or(c),
        n_trees: given.n_trees.unwrap_or(n_trees),
        class_weight: given.class_weight.unwrap_or(class_weight),
    })
}

/// The keys of [`RfeParams`] that a table names.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    n_keep: Option<usize>,
    step: Option<RfeStep>,
    fine_below: Option<usize>,
    estimator: Option<RfeEstimator>,
    c: Option<f64>,
    n_trees: Option<usize>,
    class_weight: Option<ClassWeight>,
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
        Ok(Selected::perhaps_none(train, "stability-selection", &found.kept, &more))
    }
}
