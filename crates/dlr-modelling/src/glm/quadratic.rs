//! Minimises `½ dᵀHd - qᵀd + l1 |b + d|₁ + l2/2 |b + d|²`: coordinate descent that finds the signs, then a direct solve.
//!
//! Coordinate descent alone needs thousands of sweeps where columns are alike, as radiomic ones are. Once a sweep keeps
//! the signs, the problem on the non-zero coordinates is linear and solved at once; a coordinate that would change its
//! sign stops at 0 and leaves. A last sweep then finds nothing to change.

use super::not_converged;
use crate::linalg::{Cholesky, axpy};
use dlr_core::Result;

/// A symmetric matrix over chosen columns, that can grow.
#[derive(Debug, Clone, Default)]
pub(super) struct Quadratic {
    /// Which columns of the table the rows of the matrix are.
    pub(super) columns: Vec<usize>,
    stride: usize,
    values: Vec<f64>,
}

impl Quadratic {
    /// Room for all of `columns`, keeping what is there.
    pub(super) fn grow(&mut self) {
        let k = self.columns.len();
        if k <= self.stride {
            return;
        }
        let stride = (2 * k).max(16);
        let mut values = vec![0.0; stride * stride];
        for i in 0..self.stride {
            values[i * stride..i * stride + self.stride]
                .copy_from_slice(&self.values[i * self.stride..(i + 1) * self.stride]);
        }
        (self.stride, self.values) = (stride, values);
    }

    pub(super) fn set(&mut self, i: usize, j: usize, value: f64) {
        self.values[i * self.stride + j] = value;
        self.values[j * self.stride + i] = value;
    }

    #[inline]
    fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.stride..i * self.stride + self.columns.len()]
    }
}

/// Changes `beta` to the minimum and `q` to the negative gradient there.
///
/// `tolerance` is on the largest decrease that a single coordinate could still give.
pub(super) fn solve(h: &Quadratic, q: &mut [f64], beta: &mut [f64], l1: f64, l2: f64, tolerance: f64) -> Result<()> {
    // After a direct solve that failed (more columns than rows can tell apart), a few sweeps thin out the support.
    let mut next_direct = 0;
    for sweep in 0..100_000 {
        let mut largest: f64 = 0.0;
        let mut signs_changed = false;
        for j in 0..beta.len() {
            let row = h.row(j);
            let curvature = row[j] + l2;
            let old = beta[j];
            if curvature <= 0.0 {
                continue;
            }
            let z = q[j] + row[j] * old;
            let new = if z.abs() <= l1 { 0.0 } else { (z - l1.copysign(z)) / curvature };
            let d = new - old;
            if d != 0.0 {
                beta[j] = new;
                axpy(-d, row, q);
                largest = largest.max(curvature * d * d);
                signs_changed |= (new == 0.0) != (old == 0.0) || new * old < 0.0;
            }
        }
        if largest <= tolerance {
            return Ok(());
        }
        if (!signs_changed || sweep % 4 == 3) && sweep >= next_direct && !direct(h, q, beta, l1, l2) {
            next_direct = sweep + 8;
        }
    }
    Err(not_converged("a penalised path"))
}

/// Solves on the non-zero coordinates, walking to the first sign change where there is one. `false` where the matrix is
/// singular and only coordinate descent is left.
fn direct(h: &Quadratic, q: &mut [f64], beta: &mut [f64], l1: f64, l2: f64) -> bool {
    let mut support: Vec<usize> = (0..beta.len()).filter(|j| beta[*j] != 0.0).collect();
    let k = support.len();
    let mut matrix = vec![0.0; k * k];
    for (a, i) in support.iter().enumerate() {
        for (b, j) in support[..=a].iter().enumerate() {
            matrix[a * k + b] = h.row(*i)[*j];
        }
        matrix[a * k + a] += l2;
    }
    let Some(mut factor) = Cholesky::of(matrix, k) else { return false };
    while !support.is_empty() {
        if factor.pivot_ratio() < 1e-13 {
            return false;
        }
        let mut step: Vec<f64> = support.iter().map(|j| q[*j] - l2 * beta[*j] - l1.copysign(beta[*j])).collect();
        factor.solve(&mut step);
        let mut length: f64 = 1.0;
        let mut leaves = None;
        for (a, (j, d)) in support.iter().zip(&step).enumerate() {
            let to_zero = -beta[*j] / d;
            if to_zero > 0.0 && to_zero < length {
                (length, leaves) = (to_zero, Some(a));
            }
        }
        for (a, (j, d)) in support.iter().zip(&step).enumerate() {
            let d = if leaves == Some(a) { -beta[*j] } else { length * d };
            beta[*j] = if leaves == Some(a) { 0.0 } else { beta[*j] + d };
            axpy(-d, h.row(*j), q);
        }
        // What left takes its row out of the factor; the rest need not be factored anew.
        let Some(a) = leaves else { return true };
        support.remove(a);
        factor.remove(a);
    }
    true
}
