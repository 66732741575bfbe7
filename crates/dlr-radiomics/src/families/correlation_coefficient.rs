//! The maximal correlation coefficient of a co-occurrence matrix: the root of the second largest eigenvalue of
//! `Q(i,j) = Σ_k p(i,k) p(j,k) / (px(i) py(k))`.
//!
//! `Q` is similar to `A Aᵀ` with `A(i,k) = p(i,k) / sqrt(px(i) py(k))`, which is symmetric, so that its eigenvalues are
//! real and found by tridiagonalisation and bisection.

use crate::matrix::Counts;

/// The coefficient; 1 for a single grey level, NaN for an empty table. `eps` is added to the denominator of `Q`.
pub fn maximal_correlation_coefficient(counts: &Counts, n_ranks: usize, eps: f64) -> f64 {
    let total = counts.total();
    if total <= 0.0 {
        return f64::NAN;
    }
    if n_ranks < 2 {
        return 1.0;
    }
    let (mut px, mut py) = (vec![0.0; n_ranks], vec![0.0; n_ranks]);
    for c in counts.cells() {
        px[c.row as usize - 1] += c.n / total;
        py[c.col as usize - 1] += c.n / total;
    }
    // Rows are kept dense: the product of two rows is what costs. `eps` makes the product unsymmetric by a share of
    // eps / p²; the antisymmetric part moves eigenvalues only by its square, so the mean of both triangles is taken.
    let mut a = vec![0.0; n_ranks * n_ranks];
    let mut damped = a.clone();
    for c in counts.cells() {
        let (i, k) = (c.row as usize - 1, c.col as usize - 1);
        let product = px[i] * py[k];
        a[i * n_ranks + k] = c.n / total / product.sqrt();
        damped[i * n_ranks + k] = a[i * n_ranks + k] * (product / (product + eps));
    }
    let row = |m: &'_ [f64], i: usize| -> Vec<f64> { m[i * n_ranks..(i + 1) * n_ranks].to_vec() };
    let mut s = vec![0.0; n_ranks * n_ranks];
    for i in 0..n_ranks {
        let (a_i, damped_i) = (row(&a, i), row(&damped, i));
        for j in 0..=i {
            let (a_j, damped_j) = (&a[j * n_ranks..][..n_ranks], &damped[j * n_ranks..][..n_ranks]);
            let value = 0.5 * (dot(&damped_i, a_j) + dot(&a_i, damped_j));
            s[i * n_ranks + j] = value;
            s[j * n_ranks + i] = value;
        }
    }
    let (diagonal, beside) = tridiagonal(s, n_ranks);
    let second = second_largest(&diagonal, &beside);
    // What rounding leaves of 0 beside a largest eigenvalue of 1: its root would look like a correlation.
    if second < 4.0 * n_ranks as f64 * f64::EPSILON { 0.0 } else { second.sqrt() }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (mut xs, mut ys) = (a.chunks_exact(4), b.chunks_exact(4));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for lane in 0..4 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    lanes[0] + lanes[1] + lanes[2] + lanes[3] + rest
}

/// Householder reduction of a symmetric matrix: diagonal and the entries beside it.
fn tridiagonal(mut m: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; n.saturating_sub(1)];
    for k in 0..n.saturating_sub(1) {
        let rest = k + 1..n;
        let mut v: Vec<f64> = rest.clone().map(|i| m[i * n + k]).collect();
        let norm = dot(&v, &v).sqrt();
        if dot(&v[1..], &v[1..]) == 0.0 {
            beside[k] = v[0];
            continue;
        }
        let alpha = if v[0] > 0.0 { -norm } else { norm };
        beside[k] = alpha;
        v[0] -= alpha;
        let scale = 2.0 / dot(&v, &v);
        let size = v.len();
        // M <- M - v wᵀ - w vᵀ on the remaining square.
        let p: Vec<f64> = rest.clone().map(|i| scale * dot(&m[i * n + k + 1..i * n + n], &v)).collect();
        let half = 0.5 * scale * dot(&p, &v);
        let w: Vec<f64> = p.iter().zip(&v).map(|(p, v)| p - half * v).collect();
        for i in 0..size {
            let (vi, wi) = (v[i], w[i]);
            let line = &mut m[(k + 1 + i) * n + k + 1..(k + 1 + i) * n + n];
            for (entry, (v, w)) in line.iter_mut().zip(v.iter().zip(&w)) {
                *entry -= vi * w + wi * v;
            }
        }
    }
    ((0..n).map(|i| m[i * n + i]).collect(), beside)
}

/// Second largest eigenvalue of a tridiagonal matrix, by bisection on Sturm counts.
fn second_largest(diagonal: &[f64], beside: &[f64]) -> f64 {
    let n = diagonal.len();
    let radius =
        |i: usize| (if i > 0 { beside[i - 1].abs() } else { 0.0 }) + if i + 1 < n { beside[i].abs() } else { 0.0 };
    let mut high = (0..n).map(|i| diagonal[i] + radius(i)).fold(f64::NEG_INFINITY, f64::max);
    let mut low = (0..n).map(|i| diagonal[i] - radius(i)).fold(f64::INFINITY, f64::min);
    let n_at_least = |x: f64| {
        let mut count = 0;
        let mut d = 1.0;
        for i in 0..n {
            let coupling = if i > 0 { beside[i - 1] * beside[i - 1] } else { 0.0 };
            d = diagonal[i] - x - if coupling == 0.0 { 0.0 } else { coupling / d };
            if d == 0.0 {
                d = f64::MIN_POSITIVE;
            }
            count += usize::from(d > 0.0);
        }
        count
    };
    loop {
        let middle = 0.5 * (low + high);
        if !(low < middle && middle < high) || high - low < 1e-16 {
            return middle;
        }
        if n_at_least(middle) >= 2 { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_eigenvalues() {
        // Eigenvalues of the path matrix [-1 2 -1] are 2 - 2 cos(k π / (n + 1)).
        let n = 7;
        let mut m = vec![0.0; n * n];
        for i in 0..n {
            m[i * n + i] = 2.0;
            if i + 1 < n {
                m[i * n + i + 1] = -1.0;
                m[(i + 1) * n + i] = -1.0;
            }
        }
        // Mixed by a reflection, so that it has to be reduced again.
        let v: Vec<f64> = (0..n).map(|i| 1.0 + i as f64).collect();
        let scale = 2.0 / dot(&v, &v);
        let h: Vec<f64> =
            (0..n * n).map(|at| f64::from(u8::from(at / n == at % n)) - scale * v[at / n] * v[at % n]).collect();
        let times = |a: &[f64], b: &[f64]| -> Vec<f64> {
            (0..n * n).map(|at| (0..n).map(|k| a[at / n * n + k] * b[k * n + at % n]).sum()).collect()
        };
        let (d, e) = tridiagonal(times(&times(&h, &m), &h), n);
        let expected = 2.0 - 2.0 * (6.0 * std::f64::consts::PI / 8.0).cos();
        assert!((second_largest(&d, &e) - expected).abs() < 1e-13);
    }

    #[test]
    fn two_grey_levels_have_their_correlation() {
        // For a 2 x 2 table the coefficient is the absolute correlation: p = [[.4, .1], [.1, .4]] gives 0.6.
        let counts = Counts::from_dense(&[4, 1, 1, 4], 2);
        assert!((maximal_correlation_coefficient(&counts, 2, 0.0) - 0.6).abs() < 1e-14);
        assert_eq!(maximal_correlation_coefficient(&counts, 1, 0.0), 1.0);
        // Two levels that never meet correlate fully.
        let apart = Counts::from_dense(&[4, 0, 0, 4], 2);
        assert!((maximal_correlation_coefficient(&apart, 2, 0.0) - 1.0).abs() < 1e-14);
    }
}
