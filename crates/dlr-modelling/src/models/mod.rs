//! [`Model`](dlr_core::Model)s: what predicts.

mod bayes;
mod linear;
mod logistic;
mod neighbours;
mod platt;
mod smo;
mod stacked;
mod svm;
pub(crate) mod trees;

pub use bayes::{ClassDensity, FittedBayes, NaiveBayes};
pub use linear::FittedLinear;
pub use logistic::{InverseStrength, LogisticRegression};
pub use neighbours::{FittedNeighbours, KNearest, NeighbourWeight};
pub use stacked::{Block, FittedStack, Stacked};
pub use svm::{FittedRbf, Kernel, Svm};
pub use trees::{ExtraTrees, FeatureRule, FittedTrees, ForestParams, GradientBoosting, MaxFeatures, RandomForest};
