//! [`Model`](dlr_core::Model)s: what predicts.

mod linear;
mod logistic;
mod platt;
mod smo;
mod stacked;
mod svm;

pub use linear::FittedLinear;
pub use logistic::{InverseStrength, LogisticRegression};
pub use stacked::{Block, FittedStack, Stacked};
pub use svm::{FittedRbf, Kernel, Svm};
