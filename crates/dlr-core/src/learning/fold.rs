//! [`Fold`]: two sets of patients without one in common.

use crate::{Code, Error, Result};
use std::collections::BTreeSet;

/// One division of patients. It speaks of patients, never of rows, so that two series of one patient stay together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    train: BTreeSet<String>,
    test: BTreeSet<String>,
}

impl Fold {
    /// A fold from its two sides.
    ///
    /// # Errors
    /// [`Code::PatientOverlap`] for a patient on both sides, [`Code::Learning`] for an empty side.
    pub fn new(train: BTreeSet<String>, test: BTreeSet<String>) -> Result<Self> {
        if let Some(both) = train.intersection(&test).next() {
            return Err(Error::new(Code::PatientOverlap, format!("patient {both} is on both sides of a fold")));
        }
        if train.is_empty() || test.is_empty() {
            return Err(Error::new(Code::Learning, "a fold has an empty side")
                .expected("at least one patient on each side")
                .found(format!("{} for training, {} for testing", train.len(), test.len())));
        }
        Ok(Fold { train, test })
    }

    /// Patients to learn from.
    pub fn train(&self) -> &BTreeSet<String> {
        &self.train
    }

    /// Patients to predict.
    pub fn test(&self) -> &BTreeSet<String> {
        &self.test
    }
}
