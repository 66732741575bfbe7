//! Univariate statistics on plain slices: ranks, correlation, area under the curve, quantiles.

mod basics;

pub use basics::{auc, midranks, pearson, quantile, spearman};
pub(crate) use basics::{auc_of_ranks, unit};
