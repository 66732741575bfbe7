//! Why a prediction came out: exact SHAP values of linear models, and how much of them each group of features carries.
//!
//! Explanations are of a fitted model against a background of training cases. The map of a network's attention is made in
//! `dlr-deep`; here it is only compared with masks.
//!
//! | Feature | Meaning |
//! |---|---|
//! | `conformance` | recomputes oracle values from a folder of reference files |

mod accuracy;
mod conditional;
mod linear;
mod shares;

pub use accuracy::local_accuracy;
pub use linear::{LinearConvention, LinearShap};
pub use shares::{FeatureShare, GroupShare, feature_shares, group_shares, group_shares_by};
