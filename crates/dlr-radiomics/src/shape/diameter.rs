//! [`Diameters`]: the longest distances between surface vertices, exactly, without looking at all pairs.
//!
//! The distance from a point is convex, so that its maximum over a set lies on the set's hull. A vertex that is not
//! a corner of the hull of its own z, y or x plane cannot end the longest distance; few vertices are left.

use std::borrow::Cow;

/// Longest distances between vertices in millimetres; 0 where there are none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diameters {
    /// Between any two.
    pub overall_mm: f64,
    /// Between two with the same coordinate along axis z, y, x. Halves of voxels count as planes of their own.
    pub in_plane_mm: [f64; 3],
}

impl Diameters {
    /// Diameters of vertices `[z, y, x]` in half voxels ([`super::Mesh::vertices`]).
    pub fn new(vertices: &[[i32; 3]], spacing_mm: [f64; 3]) -> Self {
        let mut sorted = Cow::Borrowed(vertices);
        // Each once: a vertex is known by its place.
        if !sorted.is_sorted_by(|a, b| a < b) {
            sorted.to_mut().sort_unstable();
            sorted.to_mut().dedup();
        }
        let mut n_hulls = vec![0u8; sorted.len()];
        // Planes lose no corner of another axis's plane here: every axis starts from all vertices.
        let in_plane_mm = [0, 1, 2].map(|axis| {
            let mut longest = 0.0;
            for corners in plane_corners(&sorted, axis) {
                corners.iter().for_each(|corner| n_hulls[corner.index] += 1);
                let corners: Vec<_> = corners.into_iter().map(|corner| corner.at).collect();
                longest = f64::max(longest, longest2(&corners, spacing_mm));
            }
            longest.sqrt()
        });
        let survivors: Vec<_> = sorted.iter().zip(n_hulls).filter(|(_, n)| *n == 3).map(|(v, _)| *v).collect();
        Diameters { overall_mm: longest2(&survivors, spacing_mm).sqrt(), in_plane_mm }
    }
}

/// A vertex and its place in the sorted list.
#[derive(Clone, Copy)]
struct Corner {
    at: [i32; 3],
    index: usize,
}

/// Corners of the convex hull of each plane across `axis`.
fn plane_corners(sorted: &[[i32; 3]], axis: usize) -> Vec<Vec<Corner>> {
    let [u, v] = [[1, 2], [0, 2], [0, 1]][axis];
    let low = sorted.iter().map(|p| p[axis]).min().unwrap_or(0);
    // Dealt out to its plane in order, a list sorted by all coordinates is sorted by the other two in each.
    let mut planes: Vec<Vec<Corner>> = Vec::new();
    for (index, at) in sorted.iter().enumerate() {
        let plane = at[axis].abs_diff(low) as usize;
        if planes.len() <= plane {
            planes.resize_with(plane + 1, Vec::new);
        }
        planes[plane].push(Corner { at: *at, index });
    }
    let corners = |plane: Vec<Corner>| {
        if plane.len() < 3 {
            return plane;
        }
        let mut corners = Vec::new();
        half_hull(plane.iter(), [u, v], &mut corners);
        half_hull(plane.iter().rev(), [u, v], &mut corners);
        corners
    };
    planes.into_iter().map(corners).collect()
}

/// One side of Andrew's monotone chain, without its last point.
fn half_hull<'a>(points: impl Iterator<Item = &'a Corner>, [u, v]: [usize; 2], corners: &mut Vec<Corner>) {
    let start = corners.len();
    for p in points {
        while corners.len() >= start + 2 {
            let (a, b, p) = (corners[corners.len() - 2].at, corners[corners.len() - 1].at, p.at);
            let turn =
                i64::from(b[u] - a[u]) * i64::from(p[v] - a[v]) - i64::from(b[v] - a[v]) * i64::from(p[u] - a[u]);
            if turn > 0 {
                break;
            }
            corners.pop();
        }
        corners.push(*p);
    }
    corners.pop();
}

/// Square of the longest distance. Points are visited from the outside in, and a pair that cannot reach the best so
/// far ends the search.
fn longest2(points: &[[i32; 3]], spacing_mm: [f64; 3]) -> f64 {
    if points.len() < 2 {
        return 0.0;
    }
    let place = |p: &[i32; 3]| [0, 1, 2].map(|a| f64::from(p[a]) * 0.5 * spacing_mm[a]);
    let placed: Vec<[f64; 3]> = points.iter().map(place).collect();
    let centre = [0, 1, 2].map(|a| {
        let (low, high) = placed.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p[a]), h.max(p[a])));
        (low + high) / 2.0
    });
    let mut far: Vec<(f64, [f64; 3])> = placed.into_iter().map(|p| (distance2(p, centre).sqrt(), p)).collect();
    far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut best = 0.0f64;
    for (i, (reach, p)) in far.iter().enumerate() {
        // A little slack, because the bound is a sum of rounded roots.
        let needed = best.sqrt() * (1.0 - 1e-12) - reach;
        if needed > *reach {
            break;
        }
        for (_, q) in far[i + 1..].iter().take_while(|(other, _)| *other >= needed) {
            best = best.max(distance2(*p, *q));
        }
    }
    best
}

fn distance2(a: [f64; 3], b: [f64; 3]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_pairs(vertices: &[[i32; 3]], spacing: [f64; 3]) -> [f64; 4] {
        let mut best = [0.0f64; 4];
        for p in vertices {
            for q in vertices {
                let d = (0..3).map(|a| (f64::from(p[a] - q[a]) * 0.5 * spacing[a]).powi(2)).sum::<f64>().sqrt();
                best[3] = best[3].max(d);
                for a in 0..3 {
                    if p[a] == q[a] {
                        best[a] = best[a].max(d);
                    }
                }
            }
        }
        best
    }

    proptest! {
        #[test]
        fn equals_all_pairs(
            vertices in prop::collection::vec([-4..20i32, -4..20i32, -4..20i32], 0..200),
            spacing in [0.5..4.0f64, 0.5..4.0f64, 0.5..4.0f64]
        ) {
            let found = Diameters::new(&vertices, spacing);
            let expected = all_pairs(&vertices, spacing);
            for (found, expected) in found.in_plane_mm.iter().zip(expected) {
                prop_assert!((found - expected).abs() < 1e-12);
            }
            prop_assert!((found.overall_mm - expected[3]).abs() < 1e-12);
        }
    }
}
