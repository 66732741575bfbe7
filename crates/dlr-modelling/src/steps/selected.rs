//! [`Selected`]: what every selector fits to: the names that stay.

use super::matching;
use dlr_core::{Code, Error, FeatureName, FeatureTable, FittedTableStep, Frozen, LinearForm, Result, TrainSet};
use serde::{Deserialize, Serialize};

/// A fitted selector. It only drops columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selected {
    /// The columns that stay, in table order.
    pub names: Vec<FeatureName>,
    /// What was learned, in one line.
    pub summary: String,
}

impl Selected {
    /// The name under which it freezes.
    pub const KIND: &'static str = "selected-columns";

    /// Keeps the training columns at these positions.
    ///
    /// # Errors
    /// [`Code::Learning`] where none is left, with the name of the step.
    pub(crate) fn of(train: &TrainSet, step: &str, kept: &[usize], more: &str) -> Result<Box<dyn FittedTableStep>> {
        if kept.is_empty() {
            return Err(Error::new(
                Code::Learning,
                format!("step `{step}` leaves no column of {}", train.names().len()),
            ));
        }
        Ok(Self::perhaps_none(train, step, kept, more))
    }

    /// [`Selected::of`] for selectors that ask the labels: that no column answers is a result, not an error. A
    /// [`crate::Pipeline`] whose step keeps nothing predicts the share of positive cases.
    pub(crate) fn perhaps_none(train: &TrainSet, step: &str, kept: &[usize], more: &str) -> Box<dyn FittedTableStep> {
        let names: Vec<_> = kept.iter().map(|j| train.names()[*j].clone()).collect();
        let summary = format!("{step}: {} of {} columns kept{more}", names.len(), train.names().len());
        Box::new(Selected { names, summary })
    }
}

impl FittedTableStep for Selected {
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable> {
        matching(table, &self.names).map(|t| t.into_owned())
    }

    fn pull_back(&self, form: LinearForm) -> Option<LinearForm> {
        Some(form)
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }

    fn summary(&self) -> String {
        self.summary.clone()
    }
}
