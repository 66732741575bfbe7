//! [`LogisticRegression`] with an L2, L1 or elastic net penalty, of given strength or one chosen by inner validation.

use super::FittedLinear;
use crate::glm::{ClassWeight, Family, Intercept, LinearFit, Loss, PathLimits, PathProblem, fit_l2, solve_path};
use crate::linalg::Columns;
use crate::splitters::inner_folds;
use crate::steps::{finite_columns, wrong_parameter};
use dlr_core::{FittedModel, Model, Result, TrainSet};
use serde::{Deserialize, Serialize};

/// The inverse strength of a penalty, `C` of scikit-learn: one value, or a list to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InverseStrength {
    /// This value.
    Fixed(f64),
    /// The one of the smallest deviance on inner folds; of equal ones the strongest penalty.
    OneOf(Vec<f64>),
}

/// Logistic regression: minimises `C Σ w_i loss_i + (1 - l1_ratio)/2 |b|² + l1_ratio |b|₁`, the intercept free.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `c` | 1 | above 0; a list chooses by inner folds | inverse strength of the penalty |
/// | `l1_ratio` | 0 | in [0, 1] | 0 is L2, 1 is L1 |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
/// | `n_folds` | 5 | 2 and more | inner folds, where `c` is a list |
///
/// Scale the columns before. Classes that a plane separates are held by the penalty: weights stay finite for any `c`,
/// and grow with it. Source of the default: scikit-learn; PROTOCOL, row 19.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogisticRegression {
    /// Inverse strength of the penalty.
    pub c: InverseStrength,
    /// 0 is L2, 1 is L1.
    pub l1_ratio: f64,
    /// How much a case counts.
    pub class_weight: ClassWeight,
    /// Inner folds, where `c` is a list.
    pub n_folds: usize,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        LogisticRegression {
            c: InverseStrength::Fixed(1.0),
            l1_ratio: 0.0,
            class_weight: ClassWeight::None,
            n_folds: 5,
        }
    }
}

impl LogisticRegression {
    /// The fit on plain columns for one strength.
    ///
    /// # Errors
    /// [`dlr_core::Code::Parameter`] for a value out of range, [`dlr_core::Code::Convergence`].
    pub fn fit_columns(&self, x: &Columns, labels: &[bool], c: f64) -> Result<LinearFit> {
        if !(c > 0.0 && c.is_finite()) {
            return Err(wrong_parameter("c", c, "above 0"));
        }
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            return Err(wrong_parameter("l1_ratio", self.l1_ratio, "from 0 to 1"));
        }
        let weights = self.class_weight.weights(labels);
        if self.l1_ratio == 0.0 {
            let weights: Vec<f64> = weights.iter().map(|w| w * c).collect();
            return fit_l2(x, labels, &weights, Loss::Logistic, Intercept::Free);
        }
        let y: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
        let lambda = 1.0 / (c * weights.iter().sum::<f64>());
        let problem = PathProblem {
            x,
            y: &y,
            weights: &weights,
            family: Family::Binomial,
            l1_ratio: self.l1_ratio,
            intercept: true,
        };
        let limits = PathLimits { tolerance: 1e-12, ..PathLimits::default() };
        let point = solve_path(&problem, &[lambda], limits)?.remove(0);
        Ok(LinearFit { intercept: point.intercept, weights: point.dense(x.n_columns()) })
    }

    fn choose_c(&self, x: &Columns, train: &TrainSet, seed: u64) -> Result<f64> {
        let mut candidates = match &self.c {
            InverseStrength::Fixed(c) => return Ok(*c),
            InverseStrength::OneOf(list) if list.is_empty() => {
                return Err(wrong_parameter("c", "an empty list", "a number, or a list of numbers"));
            }
            InverseStrength::OneOf(list) => list.clone(),
        };
        candidates.sort_unstable_by(f64::total_cmp);
        let fold_of = inner_folds(train.cohort(), self.n_folds, seed)?;
        let n_folds = fold_of.iter().max().map_or(0, |k| k + 1);
        let mut best = (f64::INFINITY, candidates[0]);
        for c in candidates {
            let mut deviance = 0.0;
            for k in 0..n_folds {
                let (test, fit): (Vec<usize>, Vec<usize>) = (0..fold_of.len()).partition(|i| fold_of[*i] == k);
                let labels: Vec<bool> = fit.iter().map(|i| train.labels()[*i]).collect();
                let model = self.fit_columns(&x.rows(&fit), &labels, c)?;
                let margins = x.rows(&test).margins(model.intercept, &model.weights);
                deviance +=
                    margins.iter().zip(&test).map(|(f, i)| Loss::Logistic.value(*f, train.labels()[*i])).sum::<f64>();
            }
            if deviance < best.0 {
                best = (deviance, c);
            }
        }
        Ok(best.1)
    }
}

impl Model for LogisticRegression {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        let x = finite_columns(train)?;
        let c = self.choose_c(&x, train, seed)?;
        let LinearFit { intercept, weights } = self.fit_columns(&x, train.labels(), c)?;
        Ok(Box::new(FittedLinear { names: train.names().to_vec(), intercept, weights }))
    }
}
