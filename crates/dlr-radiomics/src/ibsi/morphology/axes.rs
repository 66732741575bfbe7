//! Principal axes of the voxel centres of a mask, and the ellipsoid that they suggest.

use ndarray::ArrayView3;

/// Centre `[z, y, x]` in mm from the first voxel of the array, and the variances along the principal axes in mm²,
/// largest first. `mask` is not empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrincipalAxes {
    /// Mean of the voxel centres.
    pub centre_mm: [f64; 3],
    /// Eigenvalues of the covariance matrix, largest first, at least 0.
    pub variances_mm2: [f64; 3],
}

impl PrincipalAxes {
    /// Of the voxels in `mask`; the covariance divides by `n - 1`, as the consensus values do. One voxel has none.
    pub fn of(mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3]) -> Self {
        // Whole-number sums are exact, so that the order of voxels cannot show.
        let (mut n, mut first, mut second) = (0i128, [0i128; 3], [[0i128; 3]; 3]);
        for (z, plane) in mask.outer_iter().enumerate() {
            for (y, row) in plane.outer_iter().enumerate() {
                let (mut k, mut sx, mut sxx) = (0i128, 0i128, 0i128);
                for (x, inside) in row.iter().enumerate() {
                    if *inside {
                        let x = x as i128;
                        (k, sx, sxx) = (k + 1, sx + x, sxx + x * x);
                    }
                }
                let (z, y) = (z as i128, y as i128);
                n += k;
                for (sum, add) in first.iter_mut().zip([k * z, k * y, sx]) {
                    *sum += add;
                }
                let add = [[k * z * z, k * z * y, z * sx], [0, k * y * y, y * sx], [0, 0, sxx]];
                for (sums, adds) in second.iter_mut().zip(add) {
                    for (sum, add) in sums.iter_mut().zip(adds) {
                        *sum += add;
                    }
                }
            }
        }
        let mut covariance = [[0.0; 3]; 3];
        for a in 0..3 {
            for b in a..3 {
                let scaled = n * second[a][b] - first[a] * first[b];
                let value = scaled as f64 / (n * (n - 1).max(1)) as f64 * spacing_mm[a] * spacing_mm[b];
                covariance[a][b] = value;
                covariance[b][a] = value;
            }
        }
        let centre_mm = [0, 1, 2].map(|a| first[a] as f64 / n as f64 * spacing_mm[a]);
        let variances = eigenvalues(covariance);
        // What rounding leaves of an axis along which the region has no extent is 0.
        let rounding = 1e-15 * variances.into_iter().fold(0.0, f64::max);
        PrincipalAxes { centre_mm, variances_mm2: variances.map(|v| if v < rounding { 0.0 } else { v }) }
    }

    /// Lengths of the full axes, `4 √λ`, in mm.
    pub fn lengths_mm(&self) -> [f64; 3] {
        self.variances_mm2.map(|v| 4.0 * v.sqrt())
    }
}

/// Eigenvalues of a symmetric matrix, largest first, by Jacobi rotations.
pub(crate) fn eigenvalues(mut m: [[f64; 3]; 3]) -> [f64; 3] {
    for _ in 0..50 {
        let off = m[0][1].powi(2) + m[0][2].powi(2) + m[1][2].powi(2);
        let scale = m[0][0].powi(2) + m[1][1].powi(2) + m[2][2].powi(2);
        if off <= 1e-32 * scale {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q] == 0.0 {
                continue;
            }
            let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let (c, s) = (1.0 / (t * t + 1.0).sqrt(), t / (t * t + 1.0).sqrt());
            for row in &mut m {
                let (a, b) = (row[p], row[q]);
                (row[p], row[q]) = (c * a - s * b, s * a + c * b);
            }
            let (a, b) = (m[p], m[q]);
            m[p] = [0, 1, 2].map(|k| c * a[k] - s * b[k]);
            m[q] = [0, 1, 2].map(|k| s * a[k] + c * b[k]);
        }
    }
    let mut values = [m[0][0], m[1][1], m[2][2]];
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    values
}

/// Volume of an ellipsoid with these full axes, in mm³.
pub fn ellipsoid_volume_mm3(lengths_mm: [f64; 3]) -> f64 {
    std::f64::consts::PI / 6.0 * lengths_mm.iter().product::<f64>()
}

/// Area of an ellipsoid with these full axes (largest first), in mm²: the manual's series of Legendre polynomials, cut
/// after the 20th term as the manual does.
///
/// This is the number behind the consensus values and not the true area: it is exact for a sphere, and some 20 % off
/// for axes of 2 : 1 : 1 (below) and 2 : 2 : 1 (above). NaN for an ellipsoid without thickness.
pub fn ellipsoid_area_mm2(lengths_mm: [f64; 3]) -> f64 {
    let [a, b, c] = lengths_mm.map(|l| l / 2.0);
    if c <= 0.0 {
        return f64::NAN;
    }
    let (alpha, beta) = ((1.0 - (b / a).powi(2)).max(0.0).sqrt(), (1.0 - (c / a).powi(2)).max(0.0).sqrt());
    let (product, mean) = (alpha * beta, (alpha * alpha + beta * beta) / 2.0);
    // q_ν = (αβ)^ν P_ν(mean / αβ) by the three-term recurrence, which needs no division by αβ.
    let (mut q, mut q_next) = (1.0, mean);
    let mut sum = 0.0;
    for nu in 0..=20 {
        let v = f64::from(nu);
        sum += q / (1.0 - 4.0 * v * v);
        let after = ((2.0 * v + 3.0) * mean * q_next - (v + 1.0) * product * product * q) / (v + 2.0);
        (q, q_next) = (q_next, after);
    }
    4.0 * std::f64::consts::PI * a * b * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn a_box_has_the_variances_of_its_sides() {
        let mask = Array3::from_elem((2, 3, 5), true);
        let axes = PrincipalAxes::of(mask.view(), [1.0, 2.0, 1.0]);
        assert_eq!(axes.centre_mm, [0.5, 2.0, 2.0]);
        let expected = [8.0 / 3.0, 2.0, 0.25].map(|v| v * 30.0 / 29.0);
        assert!(axes.variances_mm2.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn a_turned_rod_keeps_its_length() {
        let mask = Array3::from_shape_fn((5, 5, 5), |(z, y, x)| z == y && y == x);
        let axes = PrincipalAxes::of(mask.view(), [1.0; 3]);
        assert!((axes.variances_mm2[0] - 7.5).abs() < 1e-12 && axes.variances_mm2[1] < 1e-12);
    }

    #[test]
    fn the_series_of_a_sphere_and_of_another_ellipsoid() {
        assert!((ellipsoid_area_mm2([2.0; 3]) - 4.0 * std::f64::consts::PI).abs() < 1e-12);
        // b = c: every Legendre polynomial is 1, and the series is Σ e^(2ν) / (1 - 4 ν²).
        let e2 = 1.0 - 0.25f64;
        let series: f64 = (0..=20).map(|v| e2.powi(v) / (1.0 - 4.0 * f64::from(v * v))).sum();
        let found = ellipsoid_area_mm2([4.0, 2.0, 2.0]);
        assert!((found - 4.0 * std::f64::consts::PI * 2.0 * series).abs() < 1e-12);
    }
}
