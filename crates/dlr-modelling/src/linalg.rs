//! Dense helpers for small symmetric systems: dot products in a fixed order, Cholesky, and [`Columns`].
//!
//! Everything is row-major in plain vectors, and every sum runs in an order that depends on lengths alone, so results
//! are the same bits on every run. It is not a linear algebra library: only what the solvers of this crate call.

use ndarray::ArrayView2;

/// `Σ a_i b_i`, summed in eight lanes that are added pairwise at the end. Lengths must agree.
#[inline]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    debug_assert_eq!(a.len(), b.len());
    let (head_a, tail_a) = a.as_chunks::<8>();
    let (head_b, tail_b) = b.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (x, y) in head_a.iter().zip(head_b) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = tail_a.iter().zip(tail_b).map(|(x, y)| x * y).sum();
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + tail
}

/// `dot(a, x)` and `dot(b, x)` in one walk over `x`, to the same bits.
#[inline]
fn dot_two(a: &[f64], b: &[f64], x: &[f64]) -> (f64, f64) {
    let ((head_a, tail_a), (head_b, tail_b), (head_x, tail_x)) =
        (a.as_chunks::<8>(), b.as_chunks::<8>(), x.as_chunks::<8>());
    let (mut of_a, mut of_b) = ([0.0; 8], [0.0; 8]);
    for ((p, q), y) in head_a.iter().zip(head_b).zip(head_x) {
        for lane in 0..8 {
            of_a[lane] += p[lane] * y[lane];
            of_b[lane] += q[lane] * y[lane];
        }
    }
    let (mut rest_a, mut rest_b) = (0.0, 0.0);
    for ((p, q), y) in tail_a.iter().zip(tail_b).zip(tail_x) {
        rest_a += p * y;
        rest_b += q * y;
    }
    let join = |l: [f64; 8]| ((l[0] + l[4]) + (l[1] + l[5])) + ((l[2] + l[6]) + (l[3] + l[7]));
    (join(of_a) + rest_a, join(of_b) + rest_b)
}

/// `Σ a_i` in the order of [`dot`].
#[inline]
pub(crate) fn sum(a: &[f64]) -> f64 {
    let (head, tail) = a.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for x in head {
        for lane in 0..8 {
            lanes[lane] += x[lane];
        }
    }
    let tail: f64 = tail.iter().sum();
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + tail
}

/// `y += alpha x`.
#[inline]
pub(crate) fn axpy(alpha: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += alpha * x;
    }
}

/// Largest absolute value; 0 of nothing.
pub(crate) fn max_abs(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()))
}

/// A table with each column contiguous: what coordinate-wise solvers walk over.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    n_rows: usize,
    n_columns: usize,
    values: Vec<f64>,
}

impl Columns {
    /// Copies a table of shape `[n_rows, n_columns]`.
    pub fn from_rows(x: ArrayView2<'_, f64>) -> Self {
        let (n_rows, n_columns) = x.dim();
        let mut values = vec![0.0; n_rows * n_columns];
        for (i, row) in x.outer_iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                values[j * n_rows + i] = *value;
            }
        }
        Columns { n_rows, n_columns, values }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// One column.
    #[inline]
    pub fn column(&self, j: usize) -> &[f64] {
        &self.values[j * self.n_rows..(j + 1) * self.n_rows]
    }

    /// One column, to change.
    #[inline]
    pub fn column_mut(&mut self, j: usize) -> &mut [f64] {
        &mut self.values[j * self.n_rows..(j + 1) * self.n_rows]
    }

    /// The rows at these positions, repeated where asked.
    pub fn rows(&self, positions: &[usize]) -> Self {
        let mut values = Vec::with_capacity(positions.len() * self.n_columns);
        for j in 0..self.n_columns {
            let column = self.column(j);
            values.extend(positions.iter().map(|i| column[*i]));
        }
        Columns { n_rows: positions.len(), n_columns: self.n_columns, values }
    }

    /// The columns at these positions.
    pub fn select(&self, positions: &[usize]) -> Self {
        let mut values = Vec::with_capacity(positions.len() * self.n_rows);
        for j in positions {
            values.extend_from_slice(self.column(*j));
        }
        Columns { n_rows: self.n_rows, n_columns: positions.len(), values }
    }

    /// Centres every column and divides it by its standard deviation (`ddof` 0); a constant column becomes 0.
    /// Gives the means and the deviations that were used (1 for a constant column).
    pub fn standardise(&mut self) -> (Vec<f64>, Vec<f64>) {
        (0..self.n_columns)
            .map(|j| {
                let column = self.column_mut(j);
                let (mean, deviation) = mean_and_deviation(column);
                let scale = if deviation > 0.0 { deviation } else { 1.0 };
                for value in column {
                    *value = if deviation > 0.0 { (*value - mean) / scale } else { 0.0 };
                }
                (mean, scale)
            })
            .unzip()
    }

    /// `K = X Xᵀ`, shape `[n_rows, n_rows]`, row-major.
    pub(crate) fn gram(&self) -> Vec<f64> {
        let n = self.n_rows;
        let mut gram = vec![0.0; n * n];
        for j in 0..self.n_columns {
            rank_one(&mut gram, self.column(j), 1.0);
        }
        gram
    }

    /// `X b + intercept`.
    pub fn margins(&self, intercept: f64, weights: &[f64]) -> Vec<f64> {
        let mut margins = vec![intercept; self.n_rows];
        for (j, weight) in weights.iter().enumerate() {
            if *weight != 0.0 {
                axpy(*weight, self.column(j), &mut margins);
            }
        }
        margins
    }
}

/// `gram += alpha x xᵀ` over the full square.
pub(crate) fn rank_one(gram: &mut [f64], x: &[f64], alpha: f64) {
    let n = x.len();
    for (i, row) in gram.chunks_exact_mut(n).enumerate() {
        axpy(alpha * x[i], x, row);
    }
}

/// Mean and standard deviation with `ddof` 0, by two passes. A column whose values are all the same has exactly 0.
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let first = values.first().copied().unwrap_or(0.0);
    if values.iter().all(|v| *v == first) {
        return (first, 0.0);
    }
    let n = values.len() as f64;
    let mean = sum(values) / n;
    let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
    (mean, (sum(&squares) / n).sqrt())
}

/// The lower factor of a symmetric positive definite matrix.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    n: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors the lower triangle of `matrix` (row-major, `n * n`); `None` where it is not positive definite.
    pub(crate) fn of(mut matrix: Vec<f64>, n: usize) -> Option<Self> {
        // Two rows at a time: each finished row is then read half as often.
        let mut i = 0;
        while i < n {
            let (above, from_i) = matrix.split_at_mut(i * n);
            let n_rows = (n - i).min(2);
            let (row_a, rest) = from_i.split_at_mut(n);
            let mut nothing = [];
            let row_b: &mut [f64] = if n_rows == 2 { &mut rest[..n] } else { &mut nothing };
            for j in 0..i {
                let row_j = &above[j * n..=j * n + j];
                if n_rows == 2 {
                    let (a, b) = dot_two(&row_a[..j], &row_b[..j], &row_j[..j]);
                    row_a[j] = (row_a[j] - a) / row_j[j];
                    row_b[j] = (row_b[j] - b) / row_j[j];
                } else {
                    row_a[j] = (row_a[j] - dot(&row_a[..j], &row_j[..j])) / row_j[j];
                }
            }
            finish_pivot(row_a, i)?;
            if n_rows == 2 {
                row_b[i] = (row_b[i] - dot(&row_b[..i], &row_a[..i])) / row_a[i];
                finish_pivot(row_b, i + 1)?;
            }
            i += n_rows;
        }
        Some(Cholesky { n, lower: matrix })
    }

    /// The factor of the matrix without row and column `k`, by plane rotations: what is left of the rows below is turned
    /// until it is triangular again (Golub and Van Loan, section 6.5).
    pub(crate) fn remove(&mut self, k: usize) {
        let n = self.n;
        self.lower.copy_within((k + 1) * n.., k * n);
        self.lower.truncate((n - 1) * n);
        for t in k..n - 1 {
            let (x, y) = (self.lower[t * n + t], self.lower[t * n + t + 1]);
            let r = x.hypot(y);
            let (c, s) = (x / r, y / r);
            for row in self.lower[t * n..].chunks_exact_mut(n) {
                (row[t], row[t + 1]) = (c * row[t] + s * row[t + 1], c * row[t + 1] - s * row[t]);
            }
        }
        for i in 1..n - 1 {
            self.lower.copy_within(i * n..i * n + n - 1, i * (n - 1));
        }
        self.n = n - 1;
        self.lower.truncate(self.n * self.n);
    }

    /// Smallest over largest pivot, squared: a rough inverse condition number.
    pub(crate) fn pivot_ratio(&self) -> f64 {
        let pivots = (0..self.n).map(|i| self.lower[i * self.n + i]);
        let (low, high) = pivots.fold((f64::INFINITY, 0.0_f64), |(low, high), p| (low.min(p), high.max(p)));
        (low / high).powi(2)
    }

    /// Solves in place.
    pub(crate) fn solve(&self, b: &mut [f64]) {
        let n = self.n;
        for i in 0..n {
            let row = &self.lower[i * n..=i * n + i];
            b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
        }
        for i in (0..n).rev() {
            let row = &self.lower[i * n..=i * n + i];
            b[i] /= row[i];
            let step = -b[i];
            axpy(step, &row[..i], &mut b[..i]);
        }
    }
}

/// The diagonal of row `i`, whose entries before are done; `None` where it would not be the root of a positive number.
fn finish_pivot(row: &mut [f64], i: usize) -> Option<()> {
    let pivot = row[i] - dot(&row[..i], &row[..i]);
    if pivot.is_nan() || pivot <= 0.0 {
        return None;
    }
    row[i] = pivot.sqrt();
    Some(())
}

/// Eigenvalues and vectors of a symmetric matrix, largest first, by Jacobi's rotations.
pub(crate) fn symmetric_eigen(mut a: Vec<f64>, n: usize) -> Vec<(f64, Vec<f64>)> {
    // Row k of `v` is the k-th vector.
    let mut v = vec![0.0; n * n];
    (0..n).for_each(|i| v[i * n + i] = 1.0);
    let total: f64 = dot(&a, &a);
    for _ in 0..60 {
        let off: f64 = (0..n).map(|i| dot(&a[i * n..i * n + i], &a[i * n..i * n + i])).sum();
        if off <= 1e-32 * total {
            break;
        }
        for p in 1..n {
            for q in 0..p {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = 1.0_f64.copysign(theta) / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                rotate(&mut a, n, p, q, c, s);
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
                rotate(&mut v, n, p, q, c, s);
            }
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> = (0..n).map(|k| (a[k * n + k], v[k * n..(k + 1) * n].to_vec())).collect();
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0));
    pairs
}

/// Rows `p` and `q` (`q < p`) turned into each other.
fn rotate(matrix: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    let (above, below) = matrix.split_at_mut(p * n);
    for (x, y) in below[..n].iter_mut().zip(&mut above[q * n..(q + 1) * n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    #[test]
    fn cholesky_solves() {
        let (n, mut rng) = (23, Rng::new(3));
        let x = ndarray::Array2::from_shape_simple_fn((n, 40), || rng.normal());
        let gram = Columns::from_rows(x.view()).gram();
        let truth: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mut b: Vec<f64> = gram.chunks_exact(n).map(|row| dot(row, &truth)).collect();
        Cholesky::of(gram, n).unwrap().solve(&mut b);
        assert!(b.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-9));
        assert!(Cholesky::of(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
    }

    #[test]
    fn a_factor_without_a_row_is_that_of_the_smaller_matrix() {
        for n in [1, 2, 5, 22] {
            let mut rng = Rng::new(n as u64);
            let x = ndarray::Array2::from_shape_simple_fn((n, 40), || rng.normal());
            let gram = Columns::from_rows(x.view()).gram();
            for k in 0..n {
                let mut factor = Cholesky::of(gram.clone(), n).unwrap();
                factor.remove(k);
                let kept: Vec<usize> = (0..n).filter(|i| *i != k).collect();
                let smaller: Vec<f64> =
                    kept.iter().flat_map(|i| kept.iter().map(|j| gram[*i * n + *j]).collect::<Vec<_>>()).collect();
                let truth: Vec<f64> = kept.iter().map(|_| rng.normal()).collect();
                let mut b: Vec<f64> = smaller.chunks_exact(kept.len().max(1)).map(|row| dot(row, &truth)).collect();
                factor.solve(&mut b);
                assert!(b.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-9), "{n} without {k}");
            }
        }
    }

    #[test]
    fn eigenvectors_give_the_matrix_back() {
        let (n, mut rng) = (17, Rng::new(5));
        let x = ndarray::Array2::from_shape_simple_fn((n, 9), || rng.normal());
        let gram = Columns::from_rows(x.view()).gram();
        let pairs = symmetric_eigen(gram.clone(), n);
        for i in 0..n {
            for j in 0..n {
                let sum: f64 = pairs.iter().map(|(value, v)| value * v[i] * v[j]).sum();
                assert!((sum - gram[i * n + j]).abs() < 1e-10);
            }
        }
        assert!(pairs.windows(2).all(|w| w[0].0 >= w[1].0) && pairs[9].0.abs() < 1e-10);
    }
}
