//! Model against model, and a model by subgroup.

use super::{Interval, Setting, number};
use serde::{Deserialize, Serialize};

/// Two models on the same cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// Name of the first model, as in `models` or `baselines`.
    pub first: String,
    /// Name of the second.
    pub second: String,
    /// On which cases.
    pub setting: Setting,
    /// AUC of the first minus AUC of the second.
    pub difference: Interval,
    /// p of the test.
    #[serde(with = "number::one")]
    pub p: f64,
    /// p after correction for several comparisons (NaN: none).
    #[serde(with = "number::one")]
    pub p_adjusted: f64,
    /// The test, for example `DeLong`; with the correction, for example `DeLong, Holm`.
    pub method: String,
}

impl Default for Comparison {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Comparison {
            first: String::new(),
            second: String::new(),
            setting: Setting::default(),
            difference: Interval::default(),
            p: f64::NAN,
            p_adjusted: f64::NAN,
            method: String::new(),
        }
    }
}

/// One model in one subgroup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subgroup {
    /// Name of the model.
    pub model: String,
    /// On which cases.
    pub setting: Setting,
    /// The variable, for example `sex`.
    pub variable: String,
    /// The level, for example `female`.
    pub level: String,
    /// Cases in it.
    pub n_cases: usize,
    /// Positive cases in it.
    pub n_positive: usize,
    /// AUC in it.
    pub auc: Interval,
    /// p of the test over all levels of the variable (the same on each of its rows; NaN: none).
    #[serde(with = "number::one")]
    pub p: f64,
    /// The smallest difference of AUC that this split could have shown (NaN: not computed).
    #[serde(with = "number::one")]
    pub detectable_difference: f64,
}

impl Default for Subgroup {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Subgroup {
            model: String::new(),
            setting: Setting::default(),
            variable: String::new(),
            level: String::new(),
            n_cases: 0,
            n_positive: 0,
            auc: Interval::default(),
            p: f64::NAN,
            detectable_difference: f64::NAN,
        }
    }
}
