//! What was selected, how often, and the paths that led there.

use super::number;
use serde::{Deserialize, Serialize};

/// Selected features of one model over all fits of the cross-validation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// Name of the model.
    pub model: String,
    /// Number of fits (folds times repeats).
    pub n_fits: usize,
    /// Columns that entered the first step.
    pub n_candidates: usize,
    /// Features selected at least once, in any order.
    pub features: Vec<SelectedFeature>,
    /// Columns of the frozen model by group, each group once; empty where there is none.
    pub frozen: Vec<(String, usize)>,
    /// Step by step in words, for example `variance > 0: 214 -> 210`; may be empty.
    pub steps: Vec<String>,
    /// Rounds of the last recursive elimination; 0 where there was none.
    pub n_rounds: usize,
    /// Rounds of it in which the weakest column that stayed was stronger by less than 1% than one that went.
    pub n_close: usize,
    /// Its last rounds, near the number kept, in order; may be empty.
    pub last_rounds: Vec<EliminationRound>,
}

/// One round of recursive elimination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EliminationRound {
    /// Columns that stayed.
    pub n_left: usize,
    /// Columns that went, weakest first.
    pub removed: Vec<String>,
    /// How much stronger the weakest column that stayed was than the strongest that went, from 1 up.
    #[serde(with = "number::one")]
    pub margin_ratio: f64,
}

impl Default for EliminationRound {
    /// Empty; the margin is NaN, so that a forgotten one shows.
    fn default() -> Self {
        EliminationRound { n_left: 0, removed: Vec::new(), margin_ratio: f64::NAN }
    }
}

/// One feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelectedFeature {
    /// The column.
    pub name: String,
    /// Group for the colour: `intra`, `peri`, `deep`, `clinical`.
    pub group: String,
    /// In how many of the fits it was selected.
    pub n_selected: usize,
    /// Weight in the final model, per standard deviation (NaN: not in it).
    #[serde(with = "number::one")]
    pub weight: f64,
}

impl Default for SelectedFeature {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        SelectedFeature { name: String::new(), group: String::new(), n_selected: 0, weight: f64::NAN }
    }
}

/// Coefficients along the penalty, and the cross-validated curve beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LassoPath {
    /// Name of the model.
    pub model: String,
    /// Penalties, from strong to weak.
    #[serde(with = "number::list")]
    pub lambda: Vec<f64>,
    /// Columns.
    pub names: Vec<String>,
    /// Coefficients, shape `[n_names, n_lambda]`.
    #[serde(with = "number::table")]
    pub coefficients: Vec<Vec<f64>>,
    /// Cross-validated score by penalty; may be empty.
    #[serde(with = "number::list")]
    pub cv_mean: Vec<f64>,
    /// Its lower limit (mean - standard error); may be empty.
    #[serde(with = "number::list")]
    pub cv_low: Vec<f64>,
    /// Its upper limit.
    #[serde(with = "number::list")]
    pub cv_high: Vec<f64>,
    /// What the score is, for example `deviance`.
    pub cv_metric: String,
    /// The penalty that was chosen.
    #[serde(with = "number::one")]
    pub chosen: f64,
    /// How, for example `lambda.min, at most 20 features`.
    pub rule: String,
}

impl Default for LassoPath {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        LassoPath {
            model: String::new(),
            lambda: Vec::new(),
            names: Vec::new(),
            coefficients: Vec::new(),
            cv_mean: Vec::new(),
            cv_low: Vec::new(),
            cv_high: Vec::new(),
            cv_metric: String::new(),
            chosen: f64::NAN,
            rule: String::new(),
        }
    }
}

/// Score by number of features left.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RfeCurve {
    /// Name of the model.
    pub model: String,
    /// Features left, in the order of `score`.
    pub n_features: Vec<usize>,
    /// Cross-validated score.
    #[serde(with = "number::list")]
    pub score: Vec<f64>,
    /// Its lower limit; may be empty.
    #[serde(with = "number::list")]
    pub low: Vec<f64>,
    /// Its upper limit; may be empty.
    #[serde(with = "number::list")]
    pub high: Vec<f64>,
    /// What the score is, for example `AUC`.
    pub metric: String,
    /// The number that was kept.
    pub chosen: usize,
}
