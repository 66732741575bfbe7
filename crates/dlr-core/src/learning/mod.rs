//! What may be learned from, and what may not: the types that make the classic leaks fail to compile.
//!
//! A [`Dataset`] cannot be fitted on. Splitting it by patients, or by role, gives a [`TrainSet`], which can, and the
//! rest, which cannot. Labels of external cases stay in [`SealedLabels`] until a frozen model is scored, once. A
//! [`Threshold`] can be made only from [`TrainScores`]: scores of cases whose labels were there to learn from.

mod cases;
mod dataset;
mod fold;
mod scores;
mod sealed;

pub use cases::{CaseSet, LoadCase, TrainCases};
pub use dataset::{Dataset, ExternalSet, HeldOut, TrainSet};
pub use fold::Fold;
pub use scores::{OutOfFold, Predictions, Threshold, TrainScores, Truth};
pub use sealed::{FrozenPredictions, Opening, SealedLabels};
