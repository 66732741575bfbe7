//! [`FittedLinear`]: a weighted sum through the logistic function, whatever fitted it.

use crate::glm::sigmoid;
use crate::steps::matching;
use dlr_core::{Code, Error, FeatureName, FeatureTable, FittedModel, Form, Frozen, LinearForm, Predictions, Result};
use serde::{Deserialize, Serialize};

/// Probability of the positive class: `1 / (1 + exp(-(intercept + Σ weight value)))`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedLinear {
    /// The columns it was fitted on.
    pub names: Vec<FeatureName>,
    /// The margin where every value is 0.
    pub intercept: f64,
    /// One weight per column.
    pub weights: Vec<f64>,
}

impl FittedLinear {
    /// The name under which it freezes.
    pub const KIND: &'static str = "linear";
}

impl FittedModel for FittedLinear {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let table = matching(table, &self.names)?;
        let mut scores = Vec::with_capacity(table.n_cases());
        for (case, row) in table.cases().iter().zip(table.values().outer_iter()) {
            let mut margin = self.intercept;
            for ((value, weight), name) in row.iter().zip(&self.weights).zip(&self.names) {
                if *weight == 0.0 {
                    continue;
                }
                if !value.is_finite() {
                    return Err(Error::new(Code::NotFinite, format!("column `{name}` holds {value}"))
                        .expected("a finite number")
                        .hint("a missing value must be imputed first")
                        .for_case(case));
                }
                margin += weight * value;
            }
            scores.push(sigmoid(margin));
        }
        Predictions::new(table.cases().to_vec(), scores)
    }

    fn selected(&self) -> Vec<FeatureName> {
        let used = self.names.iter().zip(&self.weights).filter(|(_, weight)| **weight != 0.0);
        used.map(|(name, _)| name.clone()).collect()
    }

    fn form(&self) -> Form {
        let weights = self.names.iter().cloned().zip(self.weights.iter().copied()).filter(|(_, w)| *w != 0.0);
        Form::Linear(LinearForm { intercept: self.intercept, weights: weights.collect() })
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }
}
