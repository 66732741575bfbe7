//! [`Model`](dlr_core::Model)s: what predicts.

mod linear;
mod logistic;

pub use linear::FittedLinear;
pub use logistic::{InverseStrength, LogisticRegression};
