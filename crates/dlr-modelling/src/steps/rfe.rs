//! [`Rfe`]: recursive feature elimination as a step.

use super::{Selected, finite_columns};
use crate::selection::{Elimination, RfeCvResult, RfeParams, eliminate, rfe_cv};
use crate::splitters::inner_folds;
use dlr_core::{FittedTableStep, Result, TableStep, TrainSet};

/// Keeps the columns that recursive elimination leaves. Scale the columns before.
///
/// With no more columns than `n_keep` all stay, and the summary says so, where scikit-learn's `RFE` warns: a filter before
/// may leave fewer columns in one fold than in another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rfe {
    /// How.
    pub params: RfeParams,
}

impl Rfe {
    /// The step for these parameters.
    pub fn new(params: RfeParams) -> Self {
        Rfe { params }
    }

    /// The elimination that the step makes, round by round.
    ///
    /// # Errors
    /// Those of fitting.
    pub fn eliminate(&self, train: &TrainSet, seed: u64) -> Result<Elimination> {
        eliminate(&finite_columns(train)?, train.labels(), &self.params, seed)
    }

    /// What each number of columns, down to one, would have scored on inner folds: a curve to look at. The step does not
    /// use it; it keeps `n_keep` columns.
    ///
    /// # Errors
    /// Those of fitting.
    pub fn curve(&self, train: &TrainSet, n_folds: usize, seed: u64) -> Result<RfeCvResult> {
        let fold_of = inner_folds(train.cohort(), n_folds, seed)?;
        let down_to_one = RfeParams { n_keep: 1, ..self.params.clone() };
        rfe_cv(&finite_columns(train)?, train.labels(), &fold_of, &down_to_one, seed)
    }
}

impl TableStep for Rfe {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedTableStep>> {
        let elimination = self.eliminate(train, seed)?;
        let closest = elimination.rounds.iter().map(|r| r.margin_ratio).fold(f64::INFINITY, f64::min);
        let more = match elimination.rounds.last() {
            // As scikit-learn's RFE: a warning, not an error, since a filter before may leave few columns in some folds.
            None => format!("; nothing to eliminate: n_keep is {}", self.params.n_keep),
            Some(last) => format!(
                " in {} rounds; the last to go was weaker by a factor of {:.4}, the closest round {closest:.4}",
                elimination.rounds.len(),
                last.margin_ratio
            ),
        };
        Selected::of(train, "rfe", &elimination.kept, &more)
    }
}
