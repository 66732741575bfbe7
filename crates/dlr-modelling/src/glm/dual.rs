//! [`Dual`]: Newton's method in the space of cases, for tables with more columns than rows.
//!
//! The weights of an L2-penalised model are `b = Xᵀa`, so all that is needed of the columns is `K = XXᵀ`. At the
//! optimum `a_i = -c_i loss'(f_i)` with `f = Ka + b0`. A column that is dropped changes `K` by a rank of one, which is
//! why recursive elimination from thousands of columns stays cheap. A factor of an earlier system is used again as
//! long as it contracts the residual: the fixed point does not depend on it, only the speed of arriving there.

use super::{Intercept, Loss, not_converged};
use crate::linalg::{Cholesky, axpy, dot, max_abs, rank_one, sum};
use dlr_core::Result;

/// Residual at which a fit counts as exact, as a share of the largest case weight.
const TOLERANCE: f64 = 1e-12;
/// Residual that is accepted when rounding allows no further progress.
const ACCEPTABLE: f64 = 1e-7;
const MAX_STEPS: usize = 500;

struct Factor {
    cholesky: Cholesky,
    root: Vec<f64>,
    /// `B⁻¹ √W`, for the intercept.
    inner: Vec<f64>,
}

/// A fit in the space of cases that can be changed and fitted again from where it was.
pub(crate) struct Dual<'a> {
    gram: Vec<f64>,
    labels: &'a [bool],
    case_weights: Vec<f64>,
    loss: Loss,
    intercept_kind: Intercept,
    a: Vec<f64>,
    intercept: f64,
    margins: Vec<f64>,
    factor: Option<Factor>,
}

impl<'a> Dual<'a> {
    /// A problem with `K = XXᵀ`; the fit starts from 0.
    pub(crate) fn new(
        gram: Vec<f64>,
        labels: &'a [bool],
        case_weights: Vec<f64>,
        loss: Loss,
        intercept_kind: Intercept,
    ) -> Self {
        let n = labels.len();
        let mut dual = Dual {
            gram: Vec::new(),
            labels,
            case_weights,
            loss,
            intercept_kind,
            a: vec![0.0; n],
            intercept: 0.0,
            margins: vec![0.0; n],
            factor: None,
        };
        dual.set_gram(gram);
        dual
    }

    /// Another `K`: recomputed, to shake off the rounding of many changes.
    pub(crate) fn set_gram(&mut self, mut gram: Vec<f64>) {
        if self.intercept_kind == Intercept::Penalised {
            gram.iter_mut().for_each(|k| *k += 1.0);
        }
        self.gram = gram;
    }

    /// Takes a column out of `K`.
    pub(crate) fn remove(&mut self, column: &[f64]) {
        rank_one(&mut self.gram, column, -1.0);
    }

    /// `a`, with `b = Xᵀa`.
    pub(crate) fn coefficients(&self) -> &[f64] {
        &self.a
    }

    /// The intercept.
    pub(crate) fn intercept(&self) -> f64 {
        match self.intercept_kind {
            Intercept::Free => self.intercept,
            Intercept::Penalised => sum(&self.a),
        }
    }

    /// Fits, from where the last fit ended.
    pub(crate) fn solve(&mut self) -> Result<()> {
        let n = self.labels.len();
        let scale = max_abs(&self.case_weights);
        let k_a = self.times_gram(&self.a);
        self.margins = k_a.iter().map(|f| f + self.intercept).collect();
        let mut objective = self.objective(&self.a, &self.margins, self.intercept);
        let (mut previous, mut fresh) = (f64::INFINITY, false);
        let mut curvature = vec![0.0; n];
        let mut residual = vec![0.0; n];
        for _ in 0..MAX_STEPS {
            for i in 0..n {
                let (first, second) = self.loss.derivatives(self.margins[i], self.labels[i]);
                residual[i] = self.a[i] + self.case_weights[i] * first;
                curvature[i] = self.case_weights[i] * second;
            }
            let rho = if self.intercept_kind == Intercept::Free { sum(&self.a) } else { 0.0 };
            let norm = max_abs(&residual).max(rho.abs() / n as f64);
            if norm <= TOLERANCE * scale {
                return Ok(());
            }
            if fresh && norm >= previous && norm <= ACCEPTABLE * scale {
                return Ok(());
            }
            fresh = self.factor.is_none() || norm > 0.1 * previous;
            if fresh {
                self.factor = Some(self.factorise(&curvature, scale)?);
            }
            previous = norm;
            let (da, db) = self.direction(&residual, rho);
            let dk = self.times_gram(&da);
            let mut length = 1.0;
            loop {
                let a: Vec<f64> = self.a.iter().zip(&da).map(|(a, d)| a + length * d).collect();
                let intercept = self.intercept + length * db;
                let margins: Vec<f64> = self.margins.iter().zip(&dk).map(|(f, d)| f + length * (d + db)).collect();
                let reached = self.objective(&a, &margins, intercept);
                if reached <= objective + 1e-9 * objective.abs() {
                    (self.a, self.intercept, self.margins, objective) = (a, intercept, margins, reached);
                    break;
                }
                if !fresh {
                    // An old factor led uphill: take a new one from here.
                    (self.factor, previous) = (None, f64::INFINITY);
                    break;
                }
                length *= 0.5;
                if length < 1e-12 {
                    return if norm <= ACCEPTABLE * scale { Ok(()) } else { Err(not_converged("a penalised fit")) };
                }
            }
        }
        Err(not_converged("a penalised fit"))
    }

    fn objective(&self, a: &[f64], margins: &[f64], intercept: f64) -> f64 {
        let mut total = 0.0;
        for (i, f) in margins.iter().enumerate() {
            total += self.case_weights[i] * self.loss.value(*f, self.labels[i]) + 0.5 * a[i] * (f - intercept);
        }
        total
    }

    /// `B = I + √W K √W`. Weights are floored: the fixed point does not depend on them, and a root of 0 cannot be
    /// divided by.
    fn factorise(&self, curvature: &[f64], scale: f64) -> Result<Factor> {
        let n = curvature.len();
        let root: Vec<f64> = curvature.iter().map(|w| w.max(1e-9 * scale).sqrt()).collect();
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            let (row, k) = (&mut matrix[i * n..=i * n + i], &self.gram[i * n..=i * n + i]);
            for j in 0..=i {
                row[j] = root[i] * k[j] * root[j];
            }
            row[i] += 1.0;
        }
        let cholesky = Cholesky::of(matrix, n).ok_or_else(|| not_converged("a penalised fit"))?;
        let mut inner = root.clone();
        cholesky.solve(&mut inner);
        Ok(Factor { cholesky, root, inner })
    }

    fn direction(&self, residual: &[f64], rho: f64) -> (Vec<f64>, f64) {
        let factor = self.factor.as_ref().expect("a factor was made before");
        let mut u: Vec<f64> = residual.iter().zip(&factor.root).map(|(r, w)| -r / w).collect();
        factor.cholesky.solve(&mut u);
        let db = match self.intercept_kind {
            Intercept::Free => (dot(&factor.root, &u) + rho) / dot(&factor.root, &factor.inner),
            Intercept::Penalised => 0.0,
        };
        axpy(-db, &factor.inner, &mut u);
        u.iter_mut().zip(&factor.root).for_each(|(u, w)| *u *= w);
        (u, db)
    }

    fn times_gram(&self, v: &[f64]) -> Vec<f64> {
        self.gram.chunks_exact(v.len()).map(|row| dot(row, v)).collect()
    }
}
