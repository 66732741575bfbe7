//! Why a prediction came out: SHAP values of linear models, of trees and of any model, how much of them each group of
//! features carries, saliency maps against masks, and nomograms.
//!
//! Explanations are of a fitted model against a background of training cases. The map of a network's attention is made in
//! `dlr-deep`; here it is only compared with masks.
//!
//! | Feature | Meaning |
//! |---|---|
//! | `conformance` | recomputes oracle values from a folder of reference files |

// The examples of the README are tests.
#[doc = include_str!("../README.md")]
#[cfg(doctest)]
pub struct Readme;

mod accuracy;
mod conditional;
#[cfg(feature = "conformance")]
pub mod conformance;
mod linear;
mod nomogram;
mod saliency;
mod sampling;
mod shares;
mod tree;

pub use accuracy::local_accuracy;
pub use linear::{LinearConvention, LinearShap};
pub use nomogram::{Nomogram, NomogramAxis, nomogram};
pub use saliency::{Localisation, RevealCurves, insertion_deletion, localisation};
pub use sampling::{KernelShap, OutputScale, PermutationShap, SampledAttribution};
pub use shares::{FeatureShare, GroupShare, feature_shares, group_shares, group_shares_by};
pub use tree::{
    InteractionStrength, TreeConvention, TreeShap, ensemble_output, interaction_strength, interactions, interventional,
    path_dependent,
};
