//! Unpenalised logistic regression with the statistics that are reported of it.

use super::{Loss, not_converged};
use crate::linalg::{Cholesky, Columns, dot};
use crate::stats::{chi_squared_tail, normal_two_sided};
use dlr_core::{Code, Error, Result};

/// A maximum likelihood fit; position 0 is the intercept.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticMle {
    /// Estimates.
    pub estimates: Vec<f64>,
    /// Standard errors, from the information matrix.
    pub standard_errors: Vec<f64>,
    /// Two-sided p of Wald's test.
    pub p: Vec<f64>,
    /// Log likelihood.
    pub log_likelihood: f64,
    /// Log likelihood of the intercept alone.
    pub null_log_likelihood: f64,
    /// p of the likelihood ratio test against the intercept alone.
    pub likelihood_ratio_p: f64,
}

impl LogisticMle {
    /// Wald's 95 % interval of one estimate.
    pub fn interval(&self, j: usize) -> (f64, f64) {
        let half = 1.959_963_984_540_054 * self.standard_errors[j];
        (self.estimates[j] - half, self.estimates[j] + half)
    }
}

/// Fits by Newton's method.
///
/// # Errors
/// [`Code::Learning`] for one class, or classes that the columns separate, or columns that depend on each other: the
/// likelihood then has no maximum. [`Code::Convergence`] otherwise.
pub fn fit_mle(x: &Columns, labels: &[bool]) -> Result<LogisticMle> {
    let (n, k) = (x.n_rows(), x.n_columns() + 1);
    let n_positive = labels.iter().filter(|l| **l).count();
    if n_positive == 0 || n_positive == n {
        return Err(Error::new(Code::Learning, "logistic regression needs both classes"));
    }
    let ones = vec![1.0; n];
    let column = |j: usize| if j == 0 { &ones[..] } else { x.column(j - 1) };
    let share = n_positive as f64 / n as f64;
    let null = n as f64 * (share * share.ln() + (1.0 - share) * (1.0 - share).ln());
    let mut b = vec![0.0; k];
    let likelihood = |margins: &[f64]| -> f64 {
        -margins.iter().zip(labels).map(|(f, y)| Loss::Logistic.value(*f, *y)).sum::<f64>()
    };
    let mut margins = vec![0.0; n];
    let mut reached = likelihood(&margins);
    for _ in 0..100 {
        let (first, second): (Vec<f64>, Vec<f64>) =
            margins.iter().zip(labels).map(|(f, y)| Loss::Logistic.derivatives(*f, *y)).unzip();
        let mut information = vec![0.0; k * k];
        for i in 0..k {
            let weighted: Vec<f64> = column(i).iter().zip(&second).map(|(x, w)| x * w).collect();
            (0..=i).for_each(|j| information[i * k + j] = dot(&weighted, column(j)));
        }
        let factor = Cholesky::of(information, k).filter(|f| f.pivot_ratio() > 1e-14).ok_or_else(|| {
            Error::new(Code::Learning, "the likelihood has no single maximum")
                .hint("the columns separate the classes or depend on each other: penalise, or leave columns out")
        })?;
        let mut step: Vec<f64> = (0..k).map(|j| -dot(column(j), &first)).collect();
        let gradient = step.clone();
        factor.solve(&mut step);
        let decrement = dot(&gradient, &step);
        let change = x.margins(step[0], &step[1..]);
        let mut length = 1.0;
        loop {
            let trial: Vec<f64> = margins.iter().zip(&change).map(|(f, d)| f + length * d).collect();
            let value = likelihood(&trial);
            if value >= reached - 1e-12 * reached.abs() {
                (margins, reached) = (trial, value);
                b.iter_mut().zip(&step).for_each(|(b, d)| *b += length * d);
                break;
            }
            length *= 0.5;
            if length < 1e-10 {
                return Err(not_converged("a maximum likelihood fit"));
            }
        }
        if decrement < 1e-20 {
            return Ok(report(b, &factor, reached, null));
        }
        if margins.iter().zip(labels).all(|(f, y)| (if *y { *f } else { -*f }) > 15.0) {
            return Err(Error::new(Code::Learning, "the columns separate the classes: the likelihood has no maximum")
                .hint("penalise"));
        }
    }
    Err(not_converged("a maximum likelihood fit"))
}

fn report(estimates: Vec<f64>, factor: &Cholesky, log_likelihood: f64, null: f64) -> LogisticMle {
    let k = estimates.len();
    let standard_errors: Vec<f64> = (0..k)
        .map(|j| {
            let mut unit = vec![0.0; k];
            unit[j] = 1.0;
            factor.solve(&mut unit);
            unit[j].sqrt()
        })
        .collect();
    let p = estimates.iter().zip(&standard_errors).map(|(b, se)| normal_two_sided(b / se)).collect();
    LogisticMle {
        estimates,
        standard_errors,
        p,
        log_likelihood,
        null_log_likelihood: null,
        likelihood_ratio_p: chi_squared_tail(2.0 * (log_likelihood - null), (k - 1) as f64),
    }
}
