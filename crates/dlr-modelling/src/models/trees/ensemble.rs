//! [`FittedTrees`]: a sum of trees that predicts, whatever grew it.

use crate::glm::sigmoid;
use crate::steps::matching;
use dlr_core::{
    Code, Error, FeatureName, FeatureTable, FittedModel, Form, Frozen, Predictions, Result, Tree, TreeEnsemble,
    TreeScale,
};
use serde::{Deserialize, Serialize};

/// A fitted forest (mean share of positive training weight in the leaves) or boosting (sum of log odds).
///
/// Only the columns that some tree asks are kept: the others change no prediction and need not be there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedTrees {
    /// The trees and the columns they ask.
    pub ensemble: TreeEnsemble,
}

impl FittedTrees {
    /// The name under which it freezes.
    pub const KIND: &'static str = "trees";

    /// Trees whose columns are positions in `names`.
    pub(super) fn new(names: &[FeatureName], base: f64, mut trees: Vec<Tree>, scale: TreeScale) -> Self {
        let mut asked: Vec<usize> = trees.iter().flat_map(|t| t.column.iter().flatten().copied()).collect();
        asked.sort_unstable();
        asked.dedup();
        for column in trees.iter_mut().flat_map(|t| t.column.iter_mut().flatten()) {
            *column = asked.binary_search(column).expect("every asked column was collected");
        }
        let names = asked.iter().map(|j| names[*j].clone()).collect();
        FittedTrees { ensemble: TreeEnsemble { names, base, trees, scale } }
    }
}

impl FittedModel for FittedTrees {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let TreeEnsemble { names, base, trees, scale } = &self.ensemble;
        let table = matching(table, names)?;
        let mut scores = Vec::with_capacity(table.n_cases());
        for (case, row) in table.cases().iter().zip(table.values().outer_iter()) {
            if let Some(j) = row.iter().position(|v| !v.is_finite()) {
                return Err(Error::new(Code::NotFinite, format!("column `{}` holds {}", names[j], row[j]))
                    .expected("a finite number")
                    .hint("a missing value must be imputed first")
                    .for_case(case));
            }
            let output = base + trees.iter().map(|tree| tree.predict(|j| row[j])).sum::<f64>();
            scores.push(match scale {
                // A mean of shares may leave [0, 1] by rounding.
                TreeScale::Probability => output.clamp(0.0, 1.0),
                TreeScale::LogOdds => sigmoid(output),
            });
        }
        Predictions::new(table.cases().to_vec(), scores)
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.ensemble.names.clone()
    }

    fn form(&self) -> Form {
        Form::Trees(self.ensemble.clone())
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }
}
