//! Penalised linear models on plain arrays: L2 by Newton's method, L1 and elastic net along a path.
//!
//! Nothing here knows a feature name or a fold; [`crate::models`], [`crate::steps`] and [`crate::selection`] give them
//! to these solvers.

mod dual;
mod loss;
mod mle;
mod path;
mod primal;
mod quadratic;

pub(crate) use dual::Dual;
pub(crate) use loss::sigmoid;
pub use loss::{Intercept, Loss};
pub use mle::{LogisticMle, fit_mle};
pub use path::{Family, PathLimits, PathPoint, PathProblem, penalties, solve_path, varies_with_response};

use crate::linalg::{Columns, dot};
use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// How much each case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeight {
    /// Every case counts 1.
    #[default]
    None,
    /// A case counts `n / (2 n_of_its_class)`, so that both classes weigh the same.
    Balanced,
}

impl ClassWeight {
    /// One weight per label.
    pub fn weights(self, labels: &[bool]) -> Vec<f64> {
        let n = labels.len() as f64;
        let n_positive = labels.iter().filter(|l| **l).count() as f64;
        labels
            .iter()
            .map(|label| match self {
                ClassWeight::None => 1.0,
                ClassWeight::Balanced if *label => n / (2.0 * n_positive),
                ClassWeight::Balanced => n / (2.0 * (n - n_positive)),
            })
            .collect()
    }
}

/// A weighted sum.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearFit {
    /// The margin where every value is 0.
    pub intercept: f64,
    /// One weight per column.
    pub weights: Vec<f64>,
}

/// Minimises `Σ case_weight_i loss(margin_i) + ½|b|²`, exactly (to rounding), by Newton's method.
///
/// `case_weights` hold the `C` of scikit-learn: `C` times the class weight of each case. The system solved is the
/// smaller of `n_rows` (dual) and `n_columns` (primal). Classes that a plane separates are held by the penalty.
///
/// # Errors
/// [`Code::Convergence`] where Newton's method does not arrive (values far too large for 64 bit, not scaled).
pub fn fit_l2(
    x: &Columns,
    labels: &[bool],
    case_weights: &[f64],
    loss: Loss,
    intercept: Intercept,
) -> Result<LinearFit> {
    if x.n_columns() <= x.n_rows() {
        return primal::fit(x, labels, case_weights, loss, intercept);
    }
    let mut dual = Dual::new(x.gram(), labels, case_weights.to_vec(), loss, intercept);
    dual.solve()?;
    let weights = (0..x.n_columns()).map(|j| dot(x.column(j), dual.coefficients())).collect();
    Ok(LinearFit { intercept: dual.intercept(), weights })
}

pub(crate) fn not_converged(what: &str) -> Error {
    Error::new(Code::Convergence, format!("{what} did not reach its tolerance"))
        .hint("scale the columns first, or penalise more")
}
