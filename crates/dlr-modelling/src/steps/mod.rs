//! [`TableStep`](dlr_core::TableStep)s: imputation, scaling, filters and selectors, each fitted on a training set.
//!
//! Every step takes a params struct that can be read from an experiment file. A fitted step finds its columns by name,
//! drops columns that it was not fitted on, and freezes; [`crate::Thaw`] brings it back.

mod boruta;
mod columns;
mod combat;
mod correlation;
mod icc;
mod impute;
mod lasso;
mod pca;
mod rfe;
mod rfecv;
mod scale;
mod selected;
mod smote;
mod univariate;
mod variance;

pub use boruta::Boruta;
pub use combat::{Combat, FittedCombat, UnseenCentre};
pub use correlation::{Correlation, CorrelationFilter, VisitOrder};
pub use icc::{IccFilter, IccParams, Unread};
pub use impute::{AllMissing, FittedImputer, MedianImputer};
pub use lasso::Lasso;
pub use pca::{FittedPca, Pca};
pub use rfe::Rfe;
pub use rfecv::{RfeCv, StabilitySelection};
pub use scale::{FittedScaler, RobustScaler, StandardScaler};
pub use selected::Selected;
pub use smote::{Smote, Unchanged};
pub use univariate::{Mrmr, UnivariateFilter, UnivariateTest};
pub use variance::{VarianceFilter, near_zero_variance};

pub(crate) use columns::{finite_columns, matching, must_be_finite, wrong_parameter};
