//! [`Boruta`] as a step.

use super::{Selected, finite_columns};
use crate::selection::{BorutaDecision, BorutaParams, boruta};
use dlr_core::{FittedTableStep, Result, TableStep, TrainSet};

/// Keeps the columns that a forest finds more important than shuffled ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Boruta {
    /// How.
    pub params: BorutaParams,
}

impl Boruta {
    /// The step for these parameters.
    pub fn new(params: BorutaParams) -> Self {
        Boruta { params }
    }
}

impl TableStep for Boruta {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedTableStep>> {
        let found = boruta(&finite_columns(train)?, train.labels(), &self.params, seed)?;
        let count = |wanted: BorutaDecision| found.decisions.iter().filter(|d| **d == wanted).count();
        let more = format!(
            "; {} confirmed, {} undecided after {} rounds",
            count(BorutaDecision::Confirmed),
            count(BorutaDecision::Tentative),
            found.n_rounds
        );
        Ok(Selected::perhaps_none(train, "boruta", &found.kept, &more))
    }
}
