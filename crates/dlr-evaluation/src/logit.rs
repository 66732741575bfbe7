//! Log odds, and maximum likelihood logistic regression with a handful of columns: what calibration and tests need.
//!
//! Not a classifier: no penalty, no selection. Separable data have no maximum; the fit then says so with NaN.

use crate::linear_algebra::{cholesky, solve};
use ndarray::Array2;

/// Probabilities are kept this far from 0 and 1 before their log odds are taken.
pub(crate) const CLIP: f64 = 1e-12;

/// Log odds of a probability, clipped to `1e-12 ..= 1 - 1e-12`.
pub fn log_odds(probability: f64) -> f64 {
    let p = probability.clamp(CLIP, 1.0 - CLIP);
    // Both logarithms exact near their own end.
    p.ln() - (-p).ln_1p()
}

/// Probability of log odds.
pub fn probability(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let e = log_odds.exp();
        e / (1.0 + e)
    }
}

/// A fitted logistic regression.
#[derive(Debug, Clone)]
pub(crate) struct LogisticFit {
    /// One per column, in order. NaN where there is no maximum.
    pub(crate) coefficients: Vec<f64>,
    /// Their covariance, the inverse of Fisher's information.
    pub(crate) covariance: Array2<f64>,
    /// Twice the negative log likelihood, for likelihood ratio tests.
    pub(crate) deviance: f64,
}

impl LogisticFit {
    pub(crate) fn standard_error(&self, column: usize) -> f64 {
        self.covariance[[column, column]].sqrt()
    }

    fn undefined(n_columns: usize) -> Self {
        LogisticFit {
            coefficients: vec![f64::NAN; n_columns],
            covariance: Array2::from_elem((n_columns, n_columns), f64::NAN),
            deviance: f64::NAN,
        }
    }
}

/// Fisher scoring, begun and ended as in R's `glm` with `epsilon = 1e-14`. `columns` hold one value per case (a column of
/// ones is the intercept), `response` lies in 0..=1, `offset` is added to the margin.
///
/// The covariance is of the weights that the last step was solved with, as R and statsmodels report it: standard errors
/// then agree with theirs beyond the eighth digit.
pub(crate) fn logistic_fit(columns: &[Vec<f64>], response: &[f64], offset: &[f64]) -> LogisticFit {
    let k = columns.len();
    let margin = |beta: &[f64]| -> Vec<f64> {
        let of_case = |i: usize| offset[i] + columns.iter().zip(beta).map(|(c, b)| c[i] * b).sum::<f64>();
        (0..response.len()).map(of_case).collect()
    };
    let mut eta: Vec<f64> = response.iter().map(|y| log_odds((y + 0.5) / 2.0)).collect();
    let mut deviance = deviance_of(&eta, response);
    let mut solved: Option<(Vec<f64>, Array2<f64>)> = None;
    for _ in 0..100 {
        let working: Vec<f64> = eta.iter().zip(offset).map(|(e, o)| e - o).collect();
        let (target, information) = normal_equations(columns, response, &eta, &working);
        let Some(lower) = cholesky(&information) else { return LogisticFit::undefined(k) };
        let mut next = solve(&lower, &target);
        let mut eta_next = margin(&next);
        let mut deviance_next = deviance_of(&eta_next, response);
        // Scoring can overshoot; R then halves the step, and so do we, a little earlier.
        if let Some((beta, _)) = &solved {
            for _ in 0..30 {
                if deviance_next <= deviance + 1e-9 * (1.0 + deviance) {
                    break;
                }
                next = next.iter().zip(beta).map(|(n, b)| f64::midpoint(*n, *b)).collect();
                eta_next = margin(&next);
                deviance_next = deviance_of(&eta_next, response);
            }
        }
        let change = (deviance_next - deviance).abs() / (deviance_next.abs() + 0.1);
        (eta, deviance) = (eta_next, deviance_next);
        if deviance < 1e-7 || next.iter().any(|b| b.abs() > 1e8) {
            return LogisticFit::undefined(k);
        }
        solved = Some((next, lower));
        if change < 1e-14 {
            break;
        }
    }
    match solved {
        Some((beta, _)) if !at_rest(columns, response, &beta, &eta, offset) => LogisticFit::undefined(k),
        Some((beta, lower)) => LogisticFit { coefficients: beta, covariance: inverse(&lower), deviance },
        None => LogisticFit::undefined(k),
    }
}

/// Whether one more step would stay: where it would not, the likelihood has no maximum.
fn at_rest(columns: &[Vec<f64>], response: &[f64], beta: &[f64], eta: &[f64], offset: &[f64]) -> bool {
    let working: Vec<f64> = eta.iter().zip(offset).map(|(e, o)| e - o).collect();
    let (target, information) = normal_equations(columns, response, eta, &working);
    let Some(lower) = cholesky(&information) else { return false };
    solve(&lower, &target).iter().zip(beta).all(|(a, b)| (a - b).abs() <= 1e-6 * (1.0 + b.abs()))
}

fn inverse(lower: &Array2<f64>) -> Array2<f64> {
    let k = lower.nrows();
    let mut inverse = Array2::zeros((k, k));
    for j in 0..k {
        let unit: Vec<f64> = (0..k).map(|i| f64::from(u8::from(i == j))).collect();
        inverse.column_mut(j).assign(&ndarray::Array1::from(solve(lower, &unit)));
    }
    inverse
}

/// `X'Wz` and `X'WX` with the working response `z = working + (y - p) / w`.
fn normal_equations(columns: &[Vec<f64>], response: &[f64], eta: &[f64], working: &[f64]) -> (Vec<f64>, Array2<f64>) {
    let k = columns.len();
    let (mut target, mut information) = (vec![0.0; k], Array2::zeros((k, k)));
    for (i, (e, y)) in eta.iter().zip(response).enumerate() {
        let p = probability(*e);
        let weight = p * (1.0 - p);
        let pull = weight * working[i] + (y - p);
        for a in 0..k {
            target[a] += columns[a][i] * pull;
            for b in 0..=a {
                information[[a, b]] += weight * columns[a][i] * columns[b][i];
            }
        }
    }
    for a in 0..k {
        for b in 0..a {
            information[[b, a]] = information[[a, b]];
        }
    }
    (target, information)
}

fn deviance_of(eta: &[f64], response: &[f64]) -> f64 {
    // ln(1 + e^eta) - y eta, without overflow.
    let of_case = |(e, y): (&f64, &f64)| e.max(0.0) + (-e.abs()).exp().ln_1p() - y * e;
    2.0 * eta.iter().zip(response).map(of_case).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_and_back() {
        for p in [1e-9, 0.1, 0.5, 0.999] {
            assert!((probability(log_odds(p)) - p).abs() < 1e-15);
        }
        assert!(log_odds(1.0).is_finite() && log_odds(0.0).is_finite());
        assert_eq!(probability(-800.0), 0.0);
    }

    #[test]
    fn a_two_by_two_table_has_a_closed_form() {
        // 3 of 10 without, 6 of 10 with: slope = log odds ratio, se = sqrt of the summed inverse counts.
        let x: Vec<f64> = (0..20).map(|i| f64::from(i32::from(i >= 10))).collect();
        let y: Vec<f64> = (0..20).map(|i| f64::from(i32::from(i % 10 < if i < 10 { 3 } else { 6 }))).collect();
        let fit = logistic_fit(&[vec![1.0; 20], x], &y, &[0.0; 20]);
        assert!((fit.coefficients[1] - (1.5f64 / (3.0 / 7.0)).ln()).abs() < 1e-12);
        assert!((fit.standard_error(1) - (1.0 / 3.0 + 1.0 / 7.0 + 1.0 / 6.0 + 1.0 / 4.0f64).sqrt()).abs() < 1e-10);
    }

    #[test]
    fn separable_or_doubled_columns_have_no_maximum() {
        let x: Vec<f64> = (0..10).map(f64::from).collect();
        let y: Vec<f64> = (0..10).map(|i| f64::from(i32::from(i > 4))).collect();
        assert!(logistic_fit(&[vec![1.0; 10], x.clone()], &y, &[0.0; 10]).coefficients[1].is_nan());
        let y: Vec<f64> = (0..10).map(|i| f64::from(i % 2)).collect();
        assert!(logistic_fit(&[vec![1.0; 10], x.clone(), x], &y, &[0.0; 10]).coefficients[1].is_nan());
    }
}
