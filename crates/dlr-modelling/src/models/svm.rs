//! [`Svm`]: support vector machines, linear and RBF, with probabilities from cross-fitted decision values.

use super::{FittedLinear, platt, smo};
use crate::glm::{ClassWeight, sigmoid};
use crate::linalg::{Columns, dot};
use crate::splitters::inner_folds;
use crate::steps::{finite_columns, matching, must_be_finite, wrong_parameter};
use dlr_core::{FeatureName, FeatureTable, FittedModel, Frozen, Model, Predictions, Result, TrainSet, derive_seed};
use serde::{Deserialize, Serialize};

/// What likeness of two rows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// `x · z`.
    #[default]
    Linear,
    /// `exp(-gamma |x - z|²)`.
    Rbf,
}

/// Support vector machine (C-SVC, hinge loss).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `kernel` | `linear` | `linear`, `rbf` | likeness of two rows |
/// | `c` | 1 | above 0 | inverse strength of the penalty |
/// | `gamma` | none | above 0 | of the RBF kernel; without: 1 over (columns times variance of all values), as scikit-learn's `scale` |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
/// | `n_folds` | 5 | 2 and more | inner folds, by patient, for the probabilities |
///
/// Probabilities come from Platt's sigmoid on decision values of rows outside each inner fold: on the machine's own
/// rows they would be over-confident. Scale the columns before. The linear machine has a linear form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Svm {
    /// Likeness of two rows.
    pub kernel: Kernel,
    /// Inverse strength of the penalty.
    pub c: f64,
    /// Of the RBF kernel.
    pub gamma: Option<f64>,
    /// How much a case counts.
    pub class_weight: ClassWeight,
    /// Inner folds for the probabilities.
    pub n_folds: usize,
}

impl Default for Svm {
    fn default() -> Self {
        Svm { kernel: Kernel::Linear, c: 1.0, gamma: None, class_weight: ClassWeight::None, n_folds: 5 }
    }
}

/// Largest violation of optimality that is left; LIBSVM stops at 1e-3.
const TOLERANCE: f64 = 1e-6;

impl Svm {
    fn gamma_of(&self, x: &Columns) -> f64 {
        self.gamma.unwrap_or_else(|| {
            let all: Vec<f64> = (0..x.n_columns()).flat_map(|j| x.column(j).iter().copied()).collect();
            let (_, sd) = crate::linalg::mean_and_deviation(&all);
            if sd > 0.0 { 1.0 / (x.n_columns() as f64 * sd * sd) } else { 1.0 }
        })
    }

    fn machine(&self, gram: &[f64], n: usize, rows: &[usize], labels: &[bool], gamma: f64) -> Result<smo::SvmFit> {
        let own: Vec<bool> = rows.iter().map(|i| labels[*i]).collect();
        let upper: Vec<f64> = self.class_weight.weights(&own).iter().map(|w| w * self.c).collect();
        let mut kernel = Vec::with_capacity(rows.len() * rows.len());
        for i in rows {
            kernel.extend(rows.iter().map(|j| self.likeness(gram, n, *i, *j, gamma)));
        }
        smo::solve(&kernel, &own, &upper, TOLERANCE)
    }

    fn likeness(&self, gram: &[f64], n: usize, i: usize, j: usize, gamma: f64) -> f64 {
        match self.kernel {
            Kernel::Linear => gram[i * n + j],
            Kernel::Rbf => (-gamma * (gram[i * n + i] + gram[j * n + j] - 2.0 * gram[i * n + j]).max(0.0)).exp(),
        }
    }
}

impl Model for Svm {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        for (name, value) in [("c", Some(self.c)), ("gamma", self.gamma)] {
            if let Some(v) = value.filter(|v| !(*v > 0.0 && v.is_finite())) {
                return Err(wrong_parameter(name, v, "above 0"));
            }
        }
        let x = finite_columns(train)?;
        let (n, labels) = (x.n_rows(), train.labels());
        let (gram, gamma) = (x.gram(), self.gamma_of(&x));
        let fold_of = inner_folds(train.cohort(), self.n_folds, derive_seed(seed, 1))?;
        let mut decision = vec![0.0; n];
        for k in 0..fold_of.iter().max().map_or(0, |k| k + 1) {
            let (test, fit): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| fold_of[*i] == k);
            let machine = self.machine(&gram, n, &fit, labels, gamma)?;
            for i in test {
                let terms = fit.iter().zip(&machine.coefficients);
                decision[i] =
                    machine.intercept + terms.map(|(j, a)| a * self.likeness(&gram, n, i, *j, gamma)).sum::<f64>();
            }
        }
        let (slope, offset) = platt::fit(&decision, labels);
        let all: Vec<usize> = (0..n).collect();
        let machine = self.machine(&gram, n, &all, labels, gamma)?;
        let names = train.names().to_vec();
        let intercept = slope * machine.intercept + offset;
        if self.kernel == Kernel::Linear {
            let weights = (0..x.n_columns()).map(|j| slope * dot(x.column(j), &machine.coefficients)).collect();
            return Ok(Box::new(FittedLinear { names, intercept, weights }));
        }
        let used: Vec<usize> = (0..n).filter(|i| machine.coefficients[*i] != 0.0).collect();
        Ok(Box::new(FittedRbf {
            names,
            gamma,
            intercept,
            coefficients: used.iter().map(|i| slope * machine.coefficients[*i]).collect(),
            support: used.iter().map(|i| train.x().row(*i).to_vec()).collect(),
        }))
    }
}

/// A fitted RBF machine: log odds are `intercept + Σ coefficient exp(-gamma |x - support|²)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedRbf {
    /// The columns.
    pub names: Vec<FeatureName>,
    /// Width of the kernel.
    pub gamma: f64,
    /// Added to the sum.
    pub intercept: f64,
    /// One per support vector.
    pub coefficients: Vec<f64>,
    /// Support vectors: rows of the training table as the steps before left them.
    pub support: Vec<Vec<f64>>,
}

impl FittedRbf {
    /// The name under which it freezes.
    pub const KIND: &'static str = "rbf-machine";
}

impl FittedModel for FittedRbf {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let table = matching(table, &self.names)?;
        must_be_finite(&table, "a missing value must be imputed first")?;
        let scores = table.values().outer_iter().map(|row| {
            let terms = self.support.iter().zip(&self.coefficients).map(|(s, a)| {
                let distance: f64 = row.iter().zip(s).map(|(x, s)| (x - s) * (x - s)).sum();
                a * (-self.gamma * distance).exp()
            });
            sigmoid(self.intercept + terms.sum::<f64>())
        });
        Predictions::new(table.cases().to_vec(), scores.collect())
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.names.clone()
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }
}
