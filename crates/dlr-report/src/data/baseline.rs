//! [`Permutation`]: the same pipeline on labels dealt out anew. Baseline models are [`super::ModelResult`]s.

use super::number;
use serde::{Deserialize, Serialize};

/// The AUC of a model under permuted labels, beside the one it got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Permutation {
    /// Name of the model, as in `models`.
    pub model: String,
    /// Cross-validated AUC with the true labels.
    #[serde(with = "number::one")]
    pub observed: f64,
    /// AUC of each permutation.
    #[serde(with = "number::list")]
    pub permuted: Vec<f64>,
    /// `(1 + number of permutations at least as good) / (1 + number of permutations)`, as the run computed it.
    #[serde(with = "number::one")]
    pub p: f64,
}

impl Default for Permutation {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Permutation { model: String::new(), observed: f64::NAN, permuted: Vec::new(), p: f64::NAN }
    }
}
