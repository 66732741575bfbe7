//! Curves of one model: precision-recall, calibration, decision curve, confusion matrix.

use super::{Interval, number};
use serde::{Deserialize, Serialize};

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CurvePoint {
    /// Abscissa.
    #[serde(with = "number::one")]
    pub x: f64,
    /// Ordinate.
    #[serde(with = "number::one")]
    pub y: f64,
}

/// A band around a curve at one abscissa.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BandPoint {
    /// Abscissa.
    #[serde(with = "number::one")]
    pub x: f64,
    /// Lower limit.
    #[serde(with = "number::one")]
    pub low: f64,
    /// Upper limit.
    #[serde(with = "number::one")]
    pub high: f64,
}

/// How predicted and observed risk agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calibration {
    /// Groups of cases of like prediction.
    pub bins: Vec<CalibrationBin>,
    /// A smooth curve, x predicted and y observed; may be empty.
    pub curve: Vec<CurvePoint>,
    /// Its band; may be empty.
    pub band: Vec<BandPoint>,
    /// Calibration slope; 1 is ideal.
    pub slope: Interval,
    /// Calibration intercept; 0 is ideal.
    pub intercept: Interval,
    /// Expected calibration error.
    #[serde(with = "number::one")]
    pub ece: f64,
    /// Integrated calibration index.
    #[serde(with = "number::one")]
    pub ici: f64,
    /// p of Hosmer and Lemeshow's test. **Legacy**.
    #[serde(with = "number::one")]
    pub hosmer_lemeshow_p: f64,
    /// What recalibration learned from training scores would change.
    pub recalibrated: Vec<Recalibration>,
}

/// Calibration figures after a recalibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recalibration {
    /// `platt` or `isotonic`.
    pub method: String,
    /// Slope afterwards.
    #[serde(with = "number::one")]
    pub slope: f64,
    /// Intercept afterwards.
    #[serde(with = "number::one")]
    pub intercept: f64,
    /// Brier score afterwards.
    #[serde(with = "number::one")]
    pub brier: f64,
    /// Integrated calibration index afterwards.
    #[serde(with = "number::one")]
    pub ici: f64,
}

impl Default for Recalibration {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Recalibration { method: String::new(), slope: f64::NAN, intercept: f64::NAN, brier: f64::NAN, ici: f64::NAN }
    }
}

impl Default for Calibration {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Calibration {
            bins: Vec::new(),
            curve: Vec::new(),
            band: Vec::new(),
            slope: Interval::default(),
            intercept: Interval::default(),
            ece: f64::NAN,
            ici: f64::NAN,
            hosmer_lemeshow_p: f64::NAN,
            recalibrated: Vec::new(),
        }
    }
}

/// A group of cases of like prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CalibrationBin {
    /// Mean predicted probability.
    #[serde(with = "number::one")]
    pub predicted: f64,
    /// Observed share of positives, with an interval.
    pub observed: Interval,
    /// Cases in it.
    pub n_cases: usize,
}

impl Default for CalibrationBin {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        CalibrationBin { predicted: f64::NAN, observed: Interval::default(), n_cases: 0 }
    }
}

/// Net benefit by threshold probability; `all` and `none` are the two reference strategies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionCurve {
    /// Net benefit of the model, x threshold probability.
    pub model: Vec<CurvePoint>,
    /// Its band; may be empty.
    pub band: Vec<BandPoint>,
    /// Net benefit of treating everybody.
    pub all: Vec<CurvePoint>,
}

/// Counts at the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Confusion {
    /// Positive, called positive.
    pub true_positive: usize,
    /// Negative, called positive.
    pub false_positive: usize,
    /// Positive, called negative.
    pub false_negative: usize,
    /// Negative, called negative.
    pub true_negative: usize,
}
