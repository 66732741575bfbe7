//! Univariate statistics on plain slices: ranks, correlation, tests, corrections for many tests, agreement of readers.

mod basics;
mod distribution;
mod icc;
mod multiple;
mod two_groups;

pub use basics::{auc, midranks, pearson, quantile, spearman};
pub(crate) use basics::{relevance, unit};
pub(crate) use distribution::{chi_squared_tail, normal_two_sided};
pub use icc::{BlandAltman, Icc, IccForm, IccTable, bland_altman, concordance, icc, icc_of_form};
pub use multiple::{Adjustment, adjust};
pub use two_groups::{TestResult, anova_f, mann_whitney, student_t, welch_t};
