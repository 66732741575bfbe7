//! The little linear algebra that is needed: Cholesky of small symmetric matrices. Bigger problems do not live here.

use ndarray::Array2;

/// The lower Cholesky factor; `None` where the matrix is not positive definite within rounding.
pub(crate) fn cholesky(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let mut lower = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| lower[[i, k]] * lower[[j, k]]).sum();
            let rest = matrix[[i, j]] - dot;
            if i == j {
                if rest.is_nan() || rest <= 1e-13 * matrix[[i, i]].abs() {
                    return None;
                }
                lower[[i, i]] = rest.sqrt();
            } else {
                lower[[i, j]] = rest / lower[[j, j]];
            }
        }
    }
    Some(lower)
}

/// Solves `L y = b`.
pub(crate) fn forward(lower: &Array2<f64>, b: &[f64]) -> Vec<f64> {
    let mut y = b.to_vec();
    for i in 0..y.len() {
        let dot: f64 = (0..i).map(|k| lower[[i, k]] * y[k]).sum();
        y[i] = (y[i] - dot) / lower[[i, i]];
    }
    y
}

/// Solves `L L' x = b`.
pub(crate) fn solve(lower: &Array2<f64>, b: &[f64]) -> Vec<f64> {
    let mut x = forward(lower, b);
    for i in (0..x.len()).rev() {
        let dot: f64 = (i + 1..x.len()).map(|k| lower[[k, i]] * x[k]).sum();
        x[i] = (x[i] - dot) / lower[[i, i]];
    }
    x
}
