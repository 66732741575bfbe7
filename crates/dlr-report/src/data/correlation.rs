//! [`CorrelationMap`]: a square of correlations among features.

use super::number;
use serde::{Deserialize, Serialize};

/// Correlations among features; the renderer clusters them for display unless an order is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CorrelationMap {
    /// For example `Spearman`.
    pub method: String,
    /// Features.
    pub names: Vec<String>,
    /// Shape `[n_names, n_names]`, -1 to 1.
    #[serde(with = "number::table")]
    pub values: Vec<Vec<f64>>,
    /// Positions of the features in the order of display; empty: by average linkage on `1 - |r|`.
    pub order: Vec<usize>,
}
