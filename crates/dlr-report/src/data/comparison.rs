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
    /// Category-free net reclassification improvement of the first over the second. **Legacy**: it rises for
    /// miscalibrated models too (NaN: not computed).
    #[serde(with = "number::one")]
    pub nri_legacy: f64,
    /// Integrated discrimination improvement. **Legacy**, as above.
    #[serde(with = "number::one")]
    pub idi_legacy: f64,
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
            nri_legacy: f64::NAN,
            idi_legacy: f64::NAN,
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
    /// Why there is no estimate; empty where there is one.
    pub refused: String,
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
            refused: String::new(),
            p: f64::NAN,
            detectable_difference: f64::NAN,
        }
    }
}

/// Two levels of a factor compared, in one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubgroupTest {
    /// Name of the model.
    pub model: String,
    /// On which cases.
    pub setting: Setting,
    /// The variable.
    pub variable: String,
    /// First level.
    pub first: String,
    /// Second level.
    pub second: String,
    /// AUC in the first minus AUC in the second.
    pub difference: Interval,
    /// p of the unpaired test.
    #[serde(with = "number::one")]
    pub p: f64,
    /// After correction for several comparisons.
    #[serde(with = "number::one")]
    pub p_adjusted: f64,
    /// The smallest difference that these counts could have shown.
    #[serde(with = "number::one")]
    pub detectable_difference: f64,
}

impl Default for SubgroupTest {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        SubgroupTest {
            model: String::new(),
            setting: Setting::default(),
            variable: String::new(),
            first: String::new(),
            second: String::new(),
            difference: Interval::default(),
            p: f64::NAN,
            p_adjusted: f64::NAN,
            detectable_difference: f64::NAN,
        }
    }
}

/// Largest gaps between the levels of a factor at the cut that is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fairness {
    /// Name of the model.
    pub model: String,
    /// On which cases.
    pub setting: Setting,
    /// The variable.
    pub variable: String,
    /// Of the share called positive.
    #[serde(with = "number::one")]
    pub called_positive_gap: f64,
    /// Of the sensitivity.
    #[serde(with = "number::one")]
    pub sensitivity_gap: f64,
    /// Of the false positive rate.
    #[serde(with = "number::one")]
    pub false_positive_rate_gap: f64,
    /// Of the mean excess of predicted over observed.
    #[serde(with = "number::one")]
    pub mean_excess_gap: f64,
}

impl Default for Fairness {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Fairness {
            model: String::new(),
            setting: Setting::default(),
            variable: String::new(),
            called_positive_gap: f64::NAN,
            sensitivity_gap: f64::NAN,
            false_positive_rate_gap: f64::NAN,
            mean_excess_gap: f64::NAN,
        }
    }
}
