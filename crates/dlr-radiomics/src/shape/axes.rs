//! Variances of a region's voxel centres along its principal axes.

use ndarray::ArrayView3;

/// Variances in square millimetres along the principal axes, ascending, of the voxel centres inside `mask`.
///
/// `used` axes take part: all three for a volume, two for a slice, whose third variance is left out of the result.
/// The sums are exact integers, so a flat region has a smallest variance of exactly 0. An empty mask gives NaN.
pub fn principal_variances(mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3], used: &[usize]) -> Vec<f64> {
    let mut n = 0i128;
    let mut sum = [0i128; 3];
    let mut product = [[0i128; 3]; 3];
    for (z, plane) in mask.outer_iter().enumerate() {
        for (y, row) in plane.outer_iter().enumerate() {
            let (mut row_n, mut row_x, mut row_xx) = (0i64, 0i64, 0i64);
            for (x, inside) in row.iter().enumerate() {
                let (x, inside) = (x as i64, i64::from(*inside));
                row_n += inside;
                row_x += inside * x;
                row_xx += inside * x * x;
            }
            if row_n == 0 {
                continue;
            }
            let (z, y) = (z as i128, y as i128);
            let (row_n, row_x, row_xx) = (i128::from(row_n), i128::from(row_x), i128::from(row_xx));
            n += row_n;
            let sums = [z * row_n, y * row_n, row_x];
            let products = [
                [z * z * row_n, z * y * row_n, z * row_x],
                [z * y * row_n, y * y * row_n, y * row_x],
                [z * row_x, y * row_x, row_xx],
            ];
            for a in 0..3 {
                sum[a] += sums[a];
                for b in 0..3 {
                    product[a][b] += products[a][b];
                }
            }
        }
    }
    let mut matrix = [[0.0; 3]; 3];
    for &a in used {
        for &b in used {
            let spread = (n * product[a][b] - sum[a] * sum[b]) as f64;
            matrix[a][b] = spread / (n * n) as f64 * spacing_mm[a] * spacing_mm[b];
        }
    }
    let mut variances = jacobi(matrix);
    // What rounding leaves of an axis along which the region has no extent: its root would look like a length.
    let rounding = 1e-15 * variances.iter().copied().fold(0.0, f64::max);
    variances.iter_mut().filter(|v| **v < rounding).for_each(|v| *v = 0.0);
    // An axis that takes no part has an eigenvalue of exactly 0, and it is one of the smallest.
    variances.sort_unstable_by(f64::total_cmp);
    variances.split_off(3 - used.len())
}

/// Eigenvalues of a symmetric matrix by Jacobi rotations; rounding below 0 is set to 0.
fn jacobi(mut m: [[f64; 3]; 3]) -> Vec<f64> {
    for _ in 0..50 {
        let off = m[0][1].abs() + m[0][2].abs() + m[1][2].abs();
        if off == 0.0 || off.is_nan() {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q] == 0.0 {
                continue;
            }
            let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            let r = 3 - p - q;
            let (pp, qq, pq, rp, rq) = (m[p][p], m[q][q], m[p][q], m[r][p], m[r][q]);
            m[p][p] = pp - t * pq;
            m[q][q] = qq + t * pq;
            (m[p][q], m[q][p]) = (0.0, 0.0);
            (m[r][p], m[p][r]) = (c * rp - s * rq, c * rp - s * rq);
            (m[r][q], m[q][r]) = (s * rp + c * rq, s * rp + c * rq);
        }
    }
    (0..3).map(|i| if m[i][i] < 0.0 { 0.0 } else { m[i][i] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn a_box_has_the_variances_of_its_sides() {
        let mask = Array3::from_elem((2, 3, 5), true);
        let v = principal_variances(mask.view(), [1.0, 1.0, 1.0], &[0, 1, 2]);
        for (found, n) in v.iter().zip([2.0f64, 3.0, 5.0]) {
            assert!((found - (n * n - 1.0) / 12.0).abs() < 1e-14);
        }
        let v = principal_variances(Array3::from_elem((1, 4, 4), true).view(), [9.0, 1.0, 1.0], &[0, 1, 2]);
        assert_eq!(v[0], 0.0);
        assert_eq!(principal_variances(mask.view(), [1.0; 3], &[1, 2]).len(), 2);
    }

    #[test]
    fn an_oblique_rod_has_one_axis() {
        let mask = Array3::from_shape_fn((6, 6, 6), |(z, y, x)| z == y && y == x);
        let v = principal_variances(mask.view(), [1.0, 2.0, 2.0], &[0, 1, 2]);
        assert!(v[0].abs() < 1e-14 && v[1].abs() < 1e-14);
        assert!((v[2] - 9.0 * 35.0 / 12.0).abs() < 1e-12);
    }
}
