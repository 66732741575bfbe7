//! Selection on plain arrays: which columns to keep, and why. The table steps of [`crate::steps`] call these.

mod boruta;
mod lasso;
mod mrmr;
mod rfe;
mod rfecv;
mod stability;

pub use boruta::{BorutaDecision, BorutaParams, BorutaResult, boruta};
pub use lasso::{CvSettings, FoldMean, LassoParams, LassoRule, PathCv, PathMeasure, choose, cross_validate};
pub use mrmr::{MrmrParams, MrmrScheme, mrmr};
pub use rfe::{Elimination, EliminationRound, RfeEstimator, RfeParams, RfeStep, eliminate};
pub use rfecv::{RfeCvResult, rfe_cv};
pub use stability::{Stability, StabilityParams, stability};
