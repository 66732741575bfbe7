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

/// Newton's method with step halving. `columns` hold one value per case (a column of ones is the intercept), `response`
/// lies in 0..=1, `offset` is added to the margin.
pub(crate) fn logistic_fit(columns: &[Vec<f64>], response: &[f64], offset: &[f64]) -> LogisticFit {
    let k = columns.len();
    let margin = |beta: &[f64]| -> Vec<f64> {
        let of_case = |i: usize| offset[i] + columns.iter().zip(beta).map(|(c, b)| c[i] * b).sum::<f64>();
        (0..response.len()).map(of_case).collect()
    };
    let mut beta = vec![0.0; k];
    let mut eta = margin(&beta);
    let mut deviance = deviance_of(&eta, response);
    for _ in 0..100 {
        let (gradient, information) = derivatives(columns, response, &eta);
        let Some(lower) = cholesky(&information) else { return LogisticFit::undefined(k) };
        let step = solve(&lower, &gradient);
        let size = step.iter().zip(&beta).map(|(s, b)| s.abs() / (1.0 + b.abs())).fold(0.0, f64::max);
        if size < 1e-13 {
            break;
        }
        let mut share = 1.0;
        loop {
            let tried: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + share * s).collect();
            let eta_tried = margin(&tried);
            let deviance_tried = deviance_of(&eta_tried, response);
            // Near the maximum the deviance moves within rounding only.
            if deviance_tried <= deviance + 1e-12 * (1.0 + deviance.abs()) {
                (beta, eta, deviance) = (tried, eta_tried, deviance_tried);
                break;
            }
            share /= 2.0;
            if share < 1e-10 {
                return finish(columns, response, beta, &eta, deviance);
            }
        }
        if beta.iter().any(|b| b.abs() > 1e8) || deviance < 1e-7 {
            return LogisticFit::undefined(k);
        }
    }
    finish(columns, response, beta, &eta, deviance)
}

fn finish(columns: &[Vec<f64>], response: &[f64], beta: Vec<f64>, eta: &[f64], deviance: f64) -> LogisticFit {
    let k = beta.len();
    let (gradient, information) = derivatives(columns, response, eta);
    let Some(lower) = cholesky(&information) else { return LogisticFit::undefined(k) };
    let rest = solve(&lower, &gradient);
    if rest.iter().zip(&beta).any(|(r, b)| r.abs() > 1e-6 * (1.0 + b.abs())) {
        return LogisticFit::undefined(k);
    }
    let mut covariance = Array2::zeros((k, k));
    for j in 0..k {
        let unit: Vec<f64> = (0..k).map(|i| f64::from(u8::from(i == j))).collect();
        covariance.column_mut(j).assign(&ndarray::Array1::from(solve(&lower, &unit)));
    }
    LogisticFit { coefficients: beta, covariance, deviance }
}

fn derivatives(columns: &[Vec<f64>], response: &[f64], eta: &[f64]) -> (Vec<f64>, Array2<f64>) {
    let k = columns.len();
    let (mut gradient, mut information) = (vec![0.0; k], Array2::zeros((k, k)));
    for (i, (e, y)) in eta.iter().zip(response).enumerate() {
        let p = probability(*e);
        let weight = p * (1.0 - p);
        for a in 0..k {
            gradient[a] += columns[a][i] * (y - p);
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
    (gradient, information)
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
