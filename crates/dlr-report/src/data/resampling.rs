//! What other samples of patients would make of a model: [`Optimism`] and [`LearningCurve`].

use super::number;
use serde::{Deserialize, Serialize};

/// Bootstrap optimism of the AUC of a model, and .632+.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Optimism {
    /// Name of the model, as in `models`.
    pub model: String,
    /// Samples in which it was fitted.
    pub n_samples: usize,
    /// AUC on the cases that it was fitted on.
    #[serde(with = "number::one")]
    pub apparent: f64,
    /// Mean AUC on a sample less that on all cases.
    #[serde(with = "number::one")]
    pub optimism: f64,
    /// The first less the second.
    #[serde(with = "number::one")]
    pub corrected: f64,
    /// Mean AUC on the patients outside each sample.
    #[serde(with = "number::one")]
    pub out_of_bag: f64,
    /// The .632+ estimate.
    #[serde(with = "number::one")]
    pub auc_632_plus: f64,
}

impl Default for Optimism {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Optimism {
            model: String::new(),
            n_samples: 0,
            apparent: f64::NAN,
            optimism: f64::NAN,
            corrected: f64::NAN,
            out_of_bag: f64::NAN,
            auc_632_plus: f64::NAN,
        }
    }
}

/// AUC by number of training patients.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LearningCurve {
    /// Name of the model, as in `models`.
    pub model: String,
    /// Its points, from few patients to many.
    pub points: Vec<LearningPoint>,
}

/// One point of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearningPoint {
    /// Share of the training patients of each fold.
    #[serde(with = "number::one")]
    pub share: f64,
    /// Mean number of training patients in a fold.
    #[serde(with = "number::one")]
    pub n_patients: f64,
    /// AUC within folds, mean over the repeats.
    #[serde(with = "number::one")]
    pub auc: f64,
    /// Its standard deviation over the repeats (NaN: one repeat).
    #[serde(with = "number::one")]
    pub sd: f64,
}

impl Default for LearningPoint {
    /// Undefined.
    fn default() -> Self {
        LearningPoint { share: f64::NAN, n_patients: f64::NAN, auc: f64::NAN, sd: f64::NAN }
    }
}
