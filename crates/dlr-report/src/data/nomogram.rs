//! [`Nomogram`]: a linear model to be read with a ruler.

use super::number;
use serde::{Deserialize, Serialize};

/// Points per feature, and the log odds of a sum of points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Nomogram {
    /// Name of the model, as in `models`.
    pub model: String,
    /// Axes, the longest first; its range is 100 points.
    pub axes: Vec<NomogramAxis>,
    /// Log odds of 0 points.
    #[serde(with = "number::one")]
    pub intercept: f64,
    /// Log odds of one point.
    #[serde(with = "number::one")]
    pub per_point: f64,
}

impl Default for Nomogram {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Nomogram { model: String::new(), axes: Vec::new(), intercept: f64::NAN, per_point: f64::NAN }
    }
}

/// The axis of one feature.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NomogramAxis {
    /// The column.
    pub name: String,
    /// Group for the colour.
    pub group: String,
    /// Values at the ticks, ascending.
    #[serde(with = "number::list")]
    pub value: Vec<f64>,
    /// Points at the ticks.
    #[serde(with = "number::list")]
    pub points: Vec<f64>,
}
