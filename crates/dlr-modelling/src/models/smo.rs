//! The dual of the C-SVC by sequential minimal optimisation, on a kernel matrix that is given whole.
//!
//! Working pairs by second-order information (Fan, Chen and Lin 2005), as LIBSVM. For some thousand rows at most.

use crate::glm::not_converged;
use dlr_core::Result;

/// `f(x) = Σ coefficients_i k(x_i, x) + intercept`.
pub(super) struct SvmFit {
    /// `y_i α_i`.
    pub(super) coefficients: Vec<f64>,
    pub(super) intercept: f64,
}

/// Minimises `½ αᵀQα - Σα` with `0 <= α_i <= upper_i` and `Σ y_i α_i = 0`, until no pair violates by `tolerance`.
pub(super) fn solve(kernel: &[f64], labels: &[bool], upper: &[f64], tolerance: f64) -> Result<SvmFit> {
    let n = labels.len();
    let y: Vec<f64> = labels.iter().map(|l| if *l { 1.0 } else { -1.0 }).collect();
    let mut alpha = vec![0.0; n];
    // y_i times the gradient; the pair that violates most has the largest difference of its negatives.
    let mut gradient = vec![-1.0; n];
    for _ in 0..(10_000_000 / n.max(1)).max(100_000) {
        let rises = |t: usize| if y[t] > 0.0 { alpha[t] < upper[t] } else { alpha[t] > 0.0 };
        let falls = |t: usize| if y[t] > 0.0 { alpha[t] > 0.0 } else { alpha[t] < upper[t] };
        let mut first: Option<(f64, usize)> = None;
        for t in (0..n).filter(|t| rises(*t)) {
            let g = -y[t] * gradient[t];
            if first.is_none_or(|(m, _)| g > m) {
                first = Some((g, t));
            }
        }
        let Some((g_max, i)) = first else { break };
        let mut g_min = f64::INFINITY;
        let mut second: Option<(f64, usize)> = None;
        for t in (0..n).filter(|t| falls(*t)) {
            let g = -y[t] * gradient[t];
            g_min = g_min.min(g);
            let b = g_max - g;
            if b > 0.0 {
                let a = (kernel[i * n + i] + kernel[t * n + t] - 2.0 * kernel[i * n + t]).max(1e-12);
                let gain = -b * b / a;
                if second.is_none_or(|(m, _)| gain < m) {
                    second = Some((gain, t));
                }
            }
        }
        let settled = g_max - g_min <= tolerance;
        let (false, Some((_, j))) = (settled, second) else {
            return Ok(finish(&alpha, &gradient, &y, upper));
        };
        let a = (kernel[i * n + i] + kernel[j * n + j] - 2.0 * kernel[i * n + j]).max(1e-12);
        let mut step = (g_max + y[j] * gradient[j]) / a;
        // α_i moves by y_i step, α_j by -y_j step; both stay in their boxes.
        let room = |t: usize, direction: f64| if direction > 0.0 { upper[t] - alpha[t] } else { alpha[t] };
        step = step.min(room(i, y[i])).min(room(j, -y[j]));
        let (di, dj) = (y[i] * step, -y[j] * step);
        alpha[i] = (alpha[i] + di).clamp(0.0, upper[i]);
        alpha[j] = (alpha[j] + dj).clamp(0.0, upper[j]);
        for t in 0..n {
            gradient[t] += y[t] * (y[i] * kernel[i * n + t] * di + y[j] * kernel[j * n + t] * dj);
        }
    }
    Err(not_converged("a support vector machine"))
}

fn finish(alpha: &[f64], gradient: &[f64], y: &[f64], upper: &[f64]) -> SvmFit {
    let (mut low, mut high, mut total, mut n_free) = (f64::NEG_INFINITY, f64::INFINITY, 0.0, 0usize);
    for t in 0..alpha.len() {
        let g = y[t] * gradient[t];
        let at_upper = alpha[t] >= upper[t];
        if alpha[t] > 0.0 && !at_upper {
            total += g;
            n_free += 1;
        } else if at_upper == (y[t] > 0.0) {
            low = low.max(g);
        } else {
            high = high.min(g);
        }
    }
    let rho = if n_free > 0 { total / n_free as f64 } else { 0.5 * (low + high) };
    SvmFit { coefficients: alpha.iter().zip(y).map(|(a, y)| a * y).collect(), intercept: -rho }
}
