//! [`Loss`]: how a margin is judged, with its first two derivatives.

use serde::{Deserialize, Serialize};

/// The loss of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// `ln(1 + exp(-y f))`.
    Logistic,
    /// `max(0, 1 - y f)²`: the linear support vector machine as LIBLINEAR has it.
    SquaredHinge,
}

/// Whether the intercept is held by the penalty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intercept {
    /// Not penalised.
    Free,
    /// Penalised as one more weight on a column of ones, as LIBLINEAR does.
    Penalised,
}

impl Loss {
    /// Value for a margin `f` of a case with this label.
    pub(crate) fn value(self, margin: f64, positive: bool) -> f64 {
        let m = if positive { margin } else { -margin };
        match self {
            Loss::Logistic => {
                if m > 0.0 {
                    (-m).exp().ln_1p()
                } else {
                    m.exp().ln_1p() - m
                }
            }
            Loss::SquaredHinge => (1.0 - m).max(0.0).powi(2),
        }
    }

    /// First and second derivative with respect to the margin.
    pub(crate) fn derivatives(self, margin: f64, positive: bool) -> (f64, f64) {
        let sign = if positive { 1.0 } else { -1.0 };
        let m = sign * margin;
        match self {
            Loss::Logistic => {
                // sigmoid(-m) without cancellation on either side.
                let e = (-m.abs()).exp();
                let wrong = if m > 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) };
                (-sign * wrong, e / ((1.0 + e) * (1.0 + e)))
            }
            Loss::SquaredHinge if m < 1.0 => (-2.0 * sign * (1.0 - m), 2.0),
            Loss::SquaredHinge => (0.0, 0.0),
        }
    }
}

/// The logistic function.
pub(crate) fn sigmoid(margin: f64) -> f64 {
    let e = (-margin.abs()).exp();
    if margin >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}
