//! SHAP values of any model, by asking it: weighted regression on coalitions (Kernel) and permutations, both with the
//! error that is left.
//!
//! A coalition is a set of columns taken from the case; the others are drawn from each background row, and the outputs
//! are averaged. All cases share the coalitions, so that a linear model's background part is worked out once.

mod game;
mod kernel;
mod permutation;

pub use game::{OutputScale, SampledAttribution};
pub use kernel::KernelShap;
pub use permutation::PermutationShap;

#[cfg(feature = "conformance")]
pub(crate) use game::Game;
#[cfg(feature = "conformance")]
pub(crate) use kernel::explain_game;
