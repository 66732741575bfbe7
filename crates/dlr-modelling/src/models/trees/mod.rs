//! Trees on plain arrays and the models made of them: random forest, extremely randomised trees, gradient boosting.
//!
//! [`cart`] grows one classification tree, [`boosting`] a sum of regression trees; both end as the plain
//! [`dlr_core::TreeEnsemble`], which predicts, freezes and is explained by TreeSHAP without knowing who grew it.

mod boosting;
mod cart;
mod ensemble;
mod forest;

pub use boosting::GradientBoosting;
pub use ensemble::FittedTrees;
pub(crate) use forest::Forest;
pub use forest::{ExtraTrees, FeatureRule, ForestParams, MaxFeatures, RandomForest};
