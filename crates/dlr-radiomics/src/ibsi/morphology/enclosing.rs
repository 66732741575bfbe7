//! The smallest box and the smallest ellipsoid around the mesh. The standard has no consensus value for either.
//!
//! Both are computed from the corners of the convex hull, in millimetres.

use super::axes::eigenvalues;
use super::hull::Hull;
use std::collections::BTreeSet;

/// Sides of the smallest box of any direction around the hull, in mm.
///
/// The smallest among boxes with one side on a face of the hull, which MIRP searches as well; a true minimum may stand on
/// edges only and be some tenths of a percent smaller.
pub fn smallest_box_mm(hull: &Hull, step_mm: [f64; 3]) -> [f64; 3] {
    let corners: Vec<[f64; 3]> = hull.corners().iter().map(|p| to_mm(*p, step_mm)).collect();
    let mut normals = BTreeSet::new();
    for [a, b, c] in hull.triangles() {
        let (u, v) = ([0, 1, 2].map(|k| b[k] - a[k]), [0, 1, 2].map(|k| c[k] - a[k]));
        normals.insert(primitive([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]));
    }
    let boxes = normals.iter().map(|n| {
        // A normal in steps becomes one in mm by the inverse stretch.
        let n = unit([0, 1, 2].map(|a| n[a] as f64 / step_mm[a]));
        let helper = if n[0].abs() < 0.6 { [1.0, 0.0, 0.0] } else { [0.0, 1.0, 0.0] };
        let u = unit(cross(n, helper));
        let v = cross(n, u);
        let heights = corners.iter().map(|p| dot(n, *p));
        let height = heights.clone().fold(f64::MIN, f64::max) - heights.fold(f64::MAX, f64::min);
        let [w, l] = smallest_rectangle(corners.iter().map(|p| [dot(u, *p), dot(v, *p)]).collect());
        [height, w, l]
    });
    boxes.min_by(|a, b| a.iter().product::<f64>().total_cmp(&b.iter().product())).unwrap_or([f64::NAN; 3])
}

/// One direction and its opposite, without common factor, are one normal.
fn primitive(n: [i64; 3]) -> [i64; 3] {
    let gcd = |mut a: i64, mut b: i64| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let divisor = n.iter().fold(0, |g, c| gcd(g, c.abs())).max(1);
    let sign = if n.iter().find(|c| **c != 0).is_some_and(|c| *c < 0) { -1 } else { 1 };
    n.map(|c| sign * c / divisor)
}

/// Sides of the rectangle of least area around points: one side lies on an edge of their hull.
fn smallest_rectangle(mut points: Vec<[f64; 2]>) -> [f64; 2] {
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut ring: Vec<[f64; 2]> = Vec::new();
    for pass in 0..2 {
        let start = ring.len();
        let mut add = |p: [f64; 2]| {
            while ring.len() >= start + 2 && turn(ring[ring.len() - 2], ring[ring.len() - 1], p) <= 0.0 {
                ring.pop();
            }
            ring.push(p);
        };
        if pass == 0 {
            points.iter().for_each(|p| add(*p))
        } else {
            points.iter().rev().for_each(|p| add(*p))
        }
        ring.pop();
    }
    let side = |k: usize| {
        let (a, b) = (ring[k], ring[(k + 1) % ring.len()]);
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        let along = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
        let extent = |d: [f64; 2]| {
            let places = ring.iter().map(|p| p[0] * d[0] + p[1] * d[1]);
            places.clone().fold(f64::MIN, f64::max) - places.fold(f64::MAX, f64::min)
        };
        [extent(along), extent([-along[1], along[0]])]
    };
    (0..ring.len()).map(side).min_by(|a, b| (a[0] * a[1]).total_cmp(&(b[0] * b[1]))).unwrap_or([f64::NAN; 2])
}

fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Full axes of the smallest ellipsoid around the hull, largest first, in mm.
///
/// Weights on the corners are moved towards the farthest and away from the nearest one (Todd and Yildirim 2007) until
/// the ellipsoid is within 1e-7 of the smallest.
pub fn smallest_ellipsoid_mm(hull: &Hull, step_mm: [f64; 3]) -> [f64; 3] {
    const N: f64 = 4.0;
    const TOLERANCE: f64 = 1e-7;
    let points: Vec<[f64; 3]> = hull.corners().iter().map(|p| to_mm(*p, step_mm)).collect();
    // Starting from the middle of the points keeps the lifted matrix well conditioned.
    let middle = [0, 1, 2].map(|a| points.iter().map(|p| p[a]).sum::<f64>() / points.len() as f64);
    let points: Vec<[f64; 3]> = points.iter().map(|p| [0, 1, 2].map(|a| p[a] - middle[a])).collect();
    let mut weights = vec![1.0 / points.len() as f64; points.len()];
    let mut shape = Shape::new(&points, &weights);
    for _ in 0..20_000 {
        let distances: Vec<f64> = points.iter().map(|p| 1.0 + shape.distance2(*p)).collect();
        let far = (0..points.len()).max_by(|a, b| distances[*a].total_cmp(&distances[*b])).unwrap_or(0);
        let near = (0..points.len())
            .filter(|k| weights[*k] > 0.0)
            .min_by(|a, b| distances[*a].total_cmp(&distances[*b]))
            .unwrap_or(0);
        let (above, below) = (distances[far] / N - 1.0, 1.0 - distances[near] / N);
        if above <= TOLERANCE && below <= TOLERANCE {
            break;
        }
        let full = |k: usize| (distances[k] - N) / (N * (distances[k] - 1.0));
        let (k, step) = if above >= below {
            (far, full(far))
        } else {
            let drop = -weights[near] / (1.0 - weights[near]);
            (near, if distances[near] > 1.0 { full(near).max(drop) } else { drop })
        };
        weights.iter_mut().for_each(|w| *w *= 1.0 - step);
        weights[k] = (weights[k] + step).max(0.0);
        shape = Shape::new(&points, &weights);
    }
    // Stretched so that it does enclose every point.
    let farthest = points.iter().map(|p| shape.distance2(*p)).fold(0.0, f64::max);
    eigenvalues(shape.covariance).map(|v| 2.0 * (v.max(0.0) * farthest).sqrt())
}

/// Weighted centre and covariance of points.
struct Shape {
    centre: [f64; 3],
    covariance: [[f64; 3]; 3],
    inverse: [[f64; 3]; 3],
}

impl Shape {
    fn new(points: &[[f64; 3]], weights: &[f64]) -> Self {
        let centre = [0, 1, 2].map(|a| points.iter().zip(weights).map(|(p, w)| w * p[a]).sum::<f64>());
        let mut covariance = [[0.0; 3]; 3];
        for (p, w) in points.iter().zip(weights).filter(|(_, w)| **w > 0.0) {
            let d = [0, 1, 2].map(|a| p[a] - centre[a]);
            for a in 0..3 {
                for b in 0..3 {
                    covariance[a][b] += w * d[a] * d[b];
                }
            }
        }
        let rows = covariance;
        let cofactors = [cross(rows[1], rows[2]), cross(rows[2], rows[0]), cross(rows[0], rows[1])];
        let determinant = dot(rows[0], cofactors[0]);
        let inverse = cofactors.map(|row| row.map(|c| c / determinant));
        Shape { centre, covariance, inverse }
    }

    fn distance2(&self, p: [f64; 3]) -> f64 {
        let d = [0, 1, 2].map(|a| p[a] - self.centre[a]);
        dot(d, self.inverse.map(|row| dot(row, d)))
    }
}

fn to_mm(p: [i64; 3], step_mm: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|a| p[a] as f64 * step_mm[a])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(u: [f64; 3], v: [f64; 3]) -> [f64; 3] {
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = dot(v, v).sqrt();
    v.map(|c| c / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube() -> Hull {
        Hull::new((0..8).map(|k| [k / 4 * 2, k / 2 % 2 * 4, k % 2 * 6]).collect()).unwrap()
    }

    #[test]
    fn a_box_is_its_own_smallest_box() {
        let mut sides = smallest_box_mm(&cube(), [1.0, 1.0, 0.5]);
        sides.sort_unstable_by(f64::total_cmp);
        assert!(sides.iter().zip([2.0, 3.0, 4.0]).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn the_smallest_ellipsoid_of_a_box_has_its_sides_times_the_root_of_three() {
        let axes = smallest_ellipsoid_mm(&cube(), [1.0; 3]);
        assert!(axes.iter().zip([6.0, 4.0, 2.0]).all(|(a, b)| (a - b * 3f64.sqrt()).abs() < 1e-5), "{axes:?}");
    }

    #[test]
    fn an_octahedron_stands_in_a_sphere() {
        let corners = vec![[-3, 0, 0], [3, 0, 0], [0, -3, 0], [0, 3, 0], [0, 0, -3], [0, 0, 3]];
        let axes = smallest_ellipsoid_mm(&Hull::new(corners).unwrap(), [1.0; 3]);
        assert!(axes.iter().all(|a| (a - 6.0).abs() < 1e-5));
    }
}
