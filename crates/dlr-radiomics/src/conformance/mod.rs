//! Published and oracle values, recomputed: found beside expected. The tests and `dlr conformance` call these.
//!
//! This is the only part of the crate that touches files; images are read by a function that the caller passes in.

mod pyradiomics;

pub use crate::ibsi::conformance::{LoadImage, ibsi1, ibsi2, sts_teams};
pub use pyradiomics::{LoadCase, pyradiomics};
