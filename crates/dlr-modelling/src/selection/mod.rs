//! Selection on plain arrays: which columns to keep, and why. The table steps of [`crate::steps`] call these.

mod lasso;
mod rfe;

pub use lasso::{CvSettings, FoldMean, LassoParams, LassoRule, PathCv, PathMeasure, choose, cross_validate};
pub use rfe::{Elimination, EliminationRound, RfeEstimator, RfeParams, RfeStep, eliminate};
