//! [`NaiveBayes`]: normal densities by class and column, the columns taken as independent.

use crate::glm::{ClassWeight, sigmoid};
use crate::steps::{finite_columns, matching, must_be_finite, wrong_parameter};
use dlr_core::{FeatureName, FeatureTable, FittedModel, Frozen, Model, Predictions, Result, TrainSet};
use serde::{Deserialize, Serialize};

/// Gaussian naive Bayes.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `smoothing` | 1e-9 | 0 and more | this share of the largest variance of any column is added to every variance |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
///
/// Columns that say the same count twice: filter correlated ones before. Source of the default: scikit-learn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NaiveBayes {
    /// Share of the largest variance that is added to every variance.
    pub smoothing: f64,
    /// How much a case counts.
    pub class_weight: ClassWeight,
}

impl Default for NaiveBayes {
    fn default() -> Self {
        NaiveBayes { smoothing: 1e-9, class_weight: ClassWeight::None }
    }
}

impl Model for NaiveBayes {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedModel>> {
        if !(self.smoothing >= 0.0 && self.smoothing.is_finite()) {
            return Err(wrong_parameter("smoothing", self.smoothing, "0 or more"));
        }
        let x = finite_columns(train)?;
        let weights = self.class_weight.weights(train.labels());
        let largest = (0..x.n_columns())
            .map(|j| crate::linalg::mean_and_deviation(x.column(j)).1.powi(2))
            .fold(0.0_f64, f64::max);
        // Of columns that are all constant any width will do.
        let added = if largest > 0.0 { self.smoothing * largest } else { 1.0 };
        let class = |wanted: bool| {
            let rows: Vec<usize> = (0..x.n_rows()).filter(|i| train.labels()[*i] == wanted).collect();
            let total: f64 = rows.iter().map(|i| weights[*i]).sum();
            let moments = (0..x.n_columns()).map(|j| {
                let mean = rows.iter().map(|i| weights[*i] * x.column(j)[*i]).sum::<f64>() / total;
                let squares = rows.iter().map(|i| weights[*i] * (x.column(j)[*i] - mean).powi(2)).sum::<f64>();
                // A column that is constant in its class, unsmoothed, would divide by 0.
                (mean, (squares / total + added).max(f64::MIN_POSITIVE))
            });
            let (means, variances) = moments.unzip();
            ClassDensity { weight: total, means, variances }
        };
        Ok(Box::new(FittedBayes { names: train.names().to_vec(), negative: class(false), positive: class(true) }))
    }
}

/// The density of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassDensity {
    /// Weight of its training rows.
    pub weight: f64,
    /// Mean of each column.
    pub means: Vec<f64>,
    /// Variance of each column, smoothed.
    pub variances: Vec<f64>,
}

impl ClassDensity {
    /// Twice the log density, up to a constant that both classes share.
    fn log_density(&self, row: ndarray::ArrayView1<'_, f64>) -> f64 {
        let terms = row.iter().zip(&self.means).zip(&self.variances);
        2.0 * self.weight.ln() - terms.map(|((x, m), v)| v.ln() + (x - m) * (x - m) / v).sum::<f64>()
    }
}

/// A fitted [`NaiveBayes`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedBayes {
    /// The columns.
    pub names: Vec<FeatureName>,
    /// The negative class.
    pub negative: ClassDensity,
    /// The positive class.
    pub positive: ClassDensity,
}

impl FittedBayes {
    /// The name under which it freezes.
    pub const KIND: &'static str = "naive-bayes";
}

impl FittedModel for FittedBayes {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let table = matching(table, &self.names)?;
        must_be_finite(&table, "a missing value must be imputed first")?;
        let odds = |row| 0.5 * (self.positive.log_density(row) - self.negative.log_density(row));
        Predictions::new(table.cases().to_vec(), table.values().outer_iter().map(|row| sigmoid(odds(row))).collect())
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.names.clone()
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }
}
