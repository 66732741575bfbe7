//! Points on a sphere and spherical harmonics at them, as trimesh and scipy give them to pyradiomics.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;

/// A complex number `[re, im]`.
pub(super) type Complex = [f64; 2];

/// Vertices `[x, y, z]` of an icosahedron whose faces are cut in four `n_subdivisions` times, on a sphere of `radius`.
pub(super) fn icosphere(n_subdivisions: usize, radius: f64) -> Vec<[f64; 3]> {
    let (a, b) = (0.525_731_112_119_133_6, 0.850_650_808_352_04);
    let mut vertices = vec![
        [-a, b, 0.0],
        [a, b, 0.0],
        [-a, -b, 0.0],
        [a, -b, 0.0],
        [0.0, -a, b],
        [0.0, a, b],
        [0.0, -a, -b],
        [0.0, a, -b],
        [b, 0.0, -a],
        [b, 0.0, a],
        [-b, 0.0, -a],
        [-b, 0.0, a],
    ];
    let mut faces: Vec<[usize; 3]> = vec![
        [0, 11, 5],
        [0, 5, 1],
        [0, 1, 7],
        [0, 7, 10],
        [0, 10, 11],
        [1, 5, 9],
        [5, 11, 4],
        [11, 10, 2],
        [10, 7, 6],
        [7, 1, 8],
        [3, 9, 4],
        [3, 4, 2],
        [3, 2, 6],
        [3, 6, 8],
        [3, 8, 9],
        [4, 9, 5],
        [2, 4, 11],
        [6, 2, 10],
        [8, 6, 7],
        [9, 8, 1],
    ];
    for _ in 0..n_subdivisions {
        // Middles in trimesh's order, edges by their larger end: the order in which harmonics are summed.
        let edges: BTreeSet<[usize; 2]> =
            faces.iter().flat_map(|&[p, q, r]| [edge(p, q), edge(q, r), edge(r, p)]).collect();
        let middles: BTreeMap<[usize; 2], usize> = edges.into_iter().zip(vertices.len()..).collect();
        for &[j, i] in middles.keys() {
            vertices.push([0, 1, 2].map(|k| (vertices[i][k] + vertices[j][k]) / 2.0));
        }
        let middle = |i: usize, j: usize| middles[&edge(i, j)];
        let quarters = |&[p, q, r]: &[usize; 3]| {
            let (pq, qr, rp) = (middle(p, q), middle(q, r), middle(r, p));
            [[p, pq, rp], [pq, q, qr], [rp, qr, r], [pq, qr, rp]]
        };
        faces = faces.iter().flat_map(quarters).collect();
        vertices.iter_mut().for_each(|v| onto_sphere(v, radius));
    }
    if n_subdivisions == 0 {
        vertices.iter_mut().for_each(|v| onto_sphere(v, radius));
    }
    vertices
}

/// The ends of an edge, the larger first.
fn edge(i: usize, j: usize) -> [usize; 2] {
    [i.max(j), i.min(j)]
}

/// Moved along its direction, as trimesh does, which is not the same in the last bit as scaled.
fn onto_sphere(v: &mut [f64; 3], radius: f64) {
    let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    *v = v.map(|c| c + c / length * (radius - length));
}

/// The harmonics of degree `n`, orders `-n..=n`, at angles from the pole and around it, in radians.
///
/// The sine from the pole counts by its magnitude: pyradiomics hands over its two angles in the wrong order, so that
/// angles below 0 occur, and scipy takes them this way.
pub(super) fn harmonics(n: usize, polar: f64, azimuth: f64) -> Vec<Complex> {
    let orders = -(n as isize)..=n as isize;
    orders
        .map(|m| {
            let size = legendre(n, m.unsigned_abs(), polar.cos(), polar.sin().abs());
            let sign = if m < 0 && m % 2 != 0 { -1.0 } else { 1.0 };
            let angle = m as f64 * azimuth;
            [sign * size * angle.cos(), sign * size * angle.sin()]
        })
        .collect()
}

/// The associated Legendre function of degree `n` and order `m` with the norm of a harmonic and its alternating sign,
/// by scipy's recursions: patterns whose images are equal in exact arithmetic are ties, and rounding breaks them.
fn legendre(n: usize, m: usize, cos: f64, sin: f64) -> f64 {
    let start = 1.0 / (4.0 * PI);
    let mut value = if m.is_multiple_of(2) { start.sqrt() } else { -(start * 1.5).sqrt() * sin };
    for k in (2 + m % 2..=m).step_by(2).map(|k| k as f64) {
        value *= ((2.0 * k + 1.0) * (2.0 * k - 1.0) / (4.0 * k * (k - 1.0))).sqrt() * sin * sin;
    }
    if n == m {
        return value;
    }
    let (mut before, mut value) = (value, ((2 * m + 3) as f64).sqrt() * cos * value);
    let m = m as f64;
    for k in m as usize + 2..=n {
        let k = k as f64;
        let below = (2.0 * k - 3.0) * (k * k - m * m);
        let back = -(((2.0 * k + 1.0) * ((k - 1.0).powi(2) - m * m)) / below).sqrt();
        let forth = (((2.0 * k + 1.0) * (4.0 * (k - 1.0).powi(2) - 1.0)) / below).sqrt();
        (before, value) = (value, back * before + forth * cos * value);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vertex_lies_on_the_sphere_once() {
        for (n, count) in [(0, 12), (1, 42), (2, 162)] {
            let vertices = icosphere(n, 1.5);
            assert_eq!(vertices.len(), count);
            for (i, v) in vertices.iter().enumerate() {
                assert!((v.iter().map(|c| c * c).sum::<f64>().sqrt() - 1.5).abs() < 1e-14);
                assert!(vertices[..i].iter().all(|w| (0..3).map(|k| (v[k] - w[k]).abs()).sum::<f64>() > 0.1));
            }
        }
    }

    /// scipy 1.17.1: `sph_harm_y(n, m, polar, azimuth)`.
    #[test]
    fn harmonics_as_scipy_has_them() {
        for (n, m, polar, azimuth, re, im) in [
            (1, -1, -2.5, 0.0, 0.206_768_62, 0.0),
            (1, 0, -2.5, 0.0, -0.391_440_78, 0.0),
            (1, 1, -2.5, 0.0, -0.206_768_62, 0.0),
            (2, -1, -2.5, 0.0, -0.370_407_71, 0.0),
            (3, -3, -2.5, 0.0, 0.089_433_64, 0.0),
            (3, 2, -2.5, 0.0, -0.293_253_35, 0.0),
            (2, 1, 0.7, 0.0, -0.380_653_81, 0.0),
            (3, 2, 2.9, 0.0, -0.056_799_79, 0.0),
        ] {
            let [r, i] = harmonics(n, polar, azimuth)[(n as isize + m) as usize];
            assert!((r - re).abs() < 1e-8 && (i - im).abs() < 1e-8, "{n} {m} {polar}: {r} {i}");
        }
        // The sum of squared magnitudes over the orders is (2 n + 1) / 4 pi everywhere.
        for n in 0..6 {
            let total: f64 = harmonics(n, 1.1, -2.0).iter().map(|[r, i]| r * r + i * i).sum();
            assert!((total - (2 * n + 1) as f64 / (4.0 * PI)).abs() < 1e-13);
        }
    }
}
