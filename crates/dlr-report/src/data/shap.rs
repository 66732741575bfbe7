//! [`Shap`]: how much each feature moved each prediction, on the log odds.

use super::number;
use serde::{Deserialize, Serialize};

/// SHAP values of one model. `base + sum of a row` is the log odds of that case (or its probability, see `scale`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shap {
    /// Name of the model.
    pub model: String,
    /// How, for example `exact linear SHAP, out of fold`.
    pub method: String,
    /// `log odds` or `probability`; empty means log odds.
    pub scale: String,
    /// Mean output over the background.
    #[serde(with = "number::one")]
    pub base: f64,
    /// Base of each case, where cases were explained by different models; empty: `base` for all.
    #[serde(with = "number::list")]
    pub base_of_case: Vec<f64>,
    /// Cases, one per row.
    pub cases: Vec<String>,
    /// Truth of each case; may be empty.
    pub positive: Vec<bool>,
    /// Columns.
    pub names: Vec<String>,
    /// Group of each column: `intra`, `peri`, `deep`, `clinical`.
    pub groups: Vec<String>,
    /// Shape `[n_cases, n_names]`.
    #[serde(with = "number::table")]
    pub values: Vec<Vec<f64>>,
    /// The feature values, same shape, in any unit (used for colour and for the dependence plots).
    #[serde(with = "number::table")]
    pub data: Vec<Vec<f64>>,
    /// Share of the mean absolute attribution by group, 0 to 1; empty: computed from `values`.
    pub group_shares: Vec<GroupShare>,
    /// Pairs of columns that act together, strongest first; empty: not computed, or a model without.
    pub interactions: Vec<Interaction>,
    /// Cases for the waterfall; empty: the highest, the lowest and the one nearest to even odds.
    pub waterfall: Vec<WaterfallCase>,
}

impl Default for Shap {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Shap {
            model: String::new(),
            method: String::new(),
            scale: String::new(),
            base: f64::NAN,
            base_of_case: Vec::new(),
            cases: Vec::new(),
            positive: Vec::new(),
            names: Vec::new(),
            groups: Vec::new(),
            values: Vec::new(),
            data: Vec::new(),
            group_shares: Vec::new(),
            interactions: Vec::new(),
            waterfall: Vec::new(),
        }
    }
}

impl Shap {
    /// What contributions add up to.
    pub fn scale(&self) -> &str {
        if self.scale.is_empty() { "log odds" } else { &self.scale }
    }

    /// The base of a case.
    pub fn base_of(&self, case: usize) -> f64 {
        self.base_of_case.get(case).copied().unwrap_or(self.base)
    }
}

/// How strongly two columns act together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interaction {
    /// One column.
    pub first: String,
    /// The other.
    pub second: String,
    /// Mean over the cases of the absolute SHAP interaction, on the scale of the values.
    #[serde(with = "number::one")]
    pub mean_absolute: f64,
}

impl Default for Interaction {
    /// Empty; the number must be given and is NaN, so that a forgotten one shows.
    fn default() -> Self {
        Interaction { first: String::new(), second: String::new(), mean_absolute: f64::NAN }
    }
}

/// Share of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupShare {
    /// The group.
    pub group: String,
    /// 0 to 1.
    #[serde(with = "number::one")]
    pub share: f64,
}

impl Default for GroupShare {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        GroupShare { group: String::new(), share: f64::NAN }
    }
}

/// A case for the waterfall.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WaterfallCase {
    /// The case, as in `cases`.
    pub case: String,
    /// Why this one, for example `true positive`.
    pub why: String,
}
