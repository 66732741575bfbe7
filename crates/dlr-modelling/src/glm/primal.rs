//! Newton's method in the space of columns, for tables with no more columns than rows.

use super::{Intercept, LinearFit, Loss, not_converged};
use crate::linalg::{Cholesky, Columns, axpy, dot, sum};
use dlr_core::Result;

const MAX_STEPS: usize = 200;

/// Minimises `Σ c_i loss(f_i) + ½|b|²`.
pub(super) fn fit(
    x: &Columns,
    labels: &[bool],
    case_weights: &[f64],
    loss: Loss,
    intercept: Intercept,
) -> Result<LinearFit> {
    let (n, p) = (x.n_rows(), x.n_columns());
    let k = p + 1;
    let ridge_of_intercept = if intercept == Intercept::Penalised { 1.0 } else { 0.0 };
    // Position p is the intercept.
    let mut b = vec![0.0; k];
    let mut margins = vec![0.0; n];
    let objective = |b: &[f64], margins: &[f64]| {
        let losses: Vec<f64> =
            margins.iter().zip(labels).zip(case_weights).map(|((f, y), c)| c * loss.value(*f, *y)).collect();
        sum(&losses) + 0.5 * (dot(&b[..p], &b[..p]) + ridge_of_intercept * b[p] * b[p])
    };
    let mut reached = objective(&b, &margins);
    let ones = vec![1.0; n];
    let column = |j: usize| if j < p { x.column(j) } else { &ones[..] };
    for _ in 0..MAX_STEPS {
        let (first, second): (Vec<f64>, Vec<f64>) = margins
            .iter()
            .zip(labels)
            .zip(case_weights)
            .map(|((f, y), c)| {
                let (first, second) = loss.derivatives(*f, *y);
                (c * first, c * second)
            })
            .unzip();
        let mut gradient: Vec<f64> = (0..k).map(|j| dot(column(j), &first)).collect();
        axpy(1.0, &b[..p], &mut gradient[..p]);
        gradient[p] += ridge_of_intercept * b[p];
        let mut hessian = vec![0.0; k * k];
        let mut weighted = vec![0.0; n];
        for i in 0..k {
            weighted.iter_mut().zip(column(i)).zip(&second).for_each(|((t, x), w)| *t = x * w);
            for j in 0..=i {
                hessian[i * k + j] = dot(&weighted, column(j));
            }
            hessian[i * k + i] += if i < p { 1.0 } else { ridge_of_intercept };
        }
        // A flat direction of the intercept (no case within the hinge) is held by a trace of a ridge.
        hessian[p * k + p] += 1e-12 * (1.0 + hessian[p * k + p]);
        let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
        Cholesky::of(hessian, k).ok_or_else(|| not_converged("a penalised fit"))?.solve(&mut step);
        let decrement = -dot(&gradient, &step);
        let change = x.margins(step[p], &step[..p]);
        let mut length = 1.0;
        loop {
            let b_new: Vec<f64> = b.iter().zip(&step).map(|(b, d)| b + length * d).collect();
            let m_new: Vec<f64> = margins.iter().zip(&change).map(|(f, d)| f + length * d).collect();
            let value = objective(&b_new, &m_new);
            if value <= reached + 1e-9 * reached.abs() {
                (b, margins, reached) = (b_new, m_new, value);
                break;
            }
            length *= 0.5;
            if length < 1e-12 {
                return Err(not_converged("a penalised fit"));
            }
        }
        // The decrement is the squared distance to the optimum before this step; Newton squares it once more.
        if length == 1.0 && decrement <= 1e-20 * (1.0 + reached.abs()) {
            let intercept = b.pop().expect("the intercept was put there");
            return Ok(LinearFit { intercept, weights: b });
        }
    }
    Err(not_converged("a penalised fit"))
}
