//! What a prediction is made of: [`Attribution`], and the [`Form`] of a fitted model that explainers read.

use crate::{Code, Error, FeatureName, Result};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// How much each feature moved each prediction, on the scale of the model's margin (log odds).
///
/// `base + sum of a row of values` is the margin of that case.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// Case identifiers, one per row.
    pub cases: Vec<String>,
    /// Features, one per column.
    pub names: Vec<FeatureName>,
    /// The expected margin over the background.
    pub base: f64,
    /// Contributions, shape `[n_cases, n_features]`.
    pub values: Array2<f64>,
    /// The feature values they belong to, same shape.
    pub data: Array2<f64>,
}

/// The inside of a fitted model, where it has a form that can be explained exactly.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A weighted sum on the log odds.
    Linear(LinearForm),
    /// A sum of trees.
    Trees(TreeEnsemble),
    /// Nothing but predictions.
    Opaque,
}

/// `margin = intercept + sum(weight * value)`, in the units of the columns it names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearForm {
    /// The margin where every value is 0.
    pub intercept: f64,
    /// Weight by column; a column that is not named has none.
    pub weights: Vec<(FeatureName, f64)>,
}

/// Trees whose values add up: `base + sum of one leaf per tree`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TreeEnsemble {
    /// Columns by position.
    pub names: Vec<FeatureName>,
    /// Added to the sum of the leaves.
    pub base: f64,
    /// The trees.
    pub trees: Vec<Tree>,
    /// What the sum is.
    pub scale: TreeScale,
}

/// What the sum over a [`TreeEnsemble`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TreeScale {
    /// A probability (forests).
    Probability,
    /// Log odds (boosting).
    LogOdds,
}

/// One binary tree in arrays; node 0 is the root. A row goes left where `value <= threshold`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Column that a node asks; `None` for a leaf.
    pub column: Vec<Option<usize>>,
    /// The cut of a node.
    pub threshold: Vec<f64>,
    /// Left child of a node (0 for a leaf).
    pub left: Vec<usize>,
    /// Right child of a node (0 for a leaf).
    pub right: Vec<usize>,
    /// What a leaf adds.
    pub value: Vec<f64>,
    /// Weight of the training rows that reached a node.
    pub cover: Vec<f64>,
}

impl Tree {
    /// The leaf value that a row reaches.
    pub fn predict(&self, row: impl Fn(usize) -> f64) -> f64 {
        let mut node = 0;
        while let Some(column) = self.column[node] {
            node = if row(column) <= self.threshold[node] { self.left[node] } else { self.right[node] };
        }
        self.value[node]
    }
}

/// A fitted thing as data: its registered name and its state, enough to thaw it into the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// The registered name that can thaw it.
    pub kind: String,
    /// Its state.
    pub state: serde_json::Value,
}

impl Frozen {
    /// A state under a name.
    ///
    /// # Errors
    /// [`Code::Contract`] where the state cannot be written as JSON.
    pub fn new(kind: &str, state: &impl Serialize) -> Result<Self> {
        let state = serde_json::to_value(state)
            .map_err(|e| Error::new(Code::Contract, format!("the state of `{kind}` cannot be frozen: {e}")))?;
        Ok(Frozen { kind: kind.into(), state })
    }

    /// The state back as the type that froze it.
    ///
    /// # Errors
    /// [`Code::Contract`] where the state is of another type.
    pub fn thaw<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        T::deserialize(&self.state)
            .map_err(|e| Error::new(Code::Contract, format!("the frozen state of `{}` cannot be read: {e}", self.kind)))
    }
}
