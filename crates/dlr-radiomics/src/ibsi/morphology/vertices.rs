//! The vertices of the surface mesh from which its convex hull can be made.
//!
//! Of each row of vertices along x only the two ends can be corners of the hull, so that a region of a million voxels
//! hands some ten thousand points on. All vertices lie half-way between two voxel centres.

use ndarray::ArrayView3;

/// The vertices of the mesh that can be corners of its convex hull, in half voxels `[z, y, x]` (voxel centres are
/// even): the first and the last of each row along x.
pub fn extreme_vertices(mask: ArrayView3<'_, bool>) -> Vec<[i64; 3]> {
    let (nz, ny, _) = mask.dim();
    let (rows, stride) = (2 * nz + 1, 2 * ny + 1);
    let mut ends = vec![(i64::MAX, i64::MIN); rows * stride];
    // Half positions run from -1; the table from 0.
    let mut put = |z2: usize, y2: usize, first: i64, last: i64| {
        let end = &mut ends[z2 * stride + y2];
        *end = (end.0.min(first), end.1.max(last));
    };
    let set = |z: isize, y: isize, x: usize| {
        z >= 0 && y >= 0 && (z as usize) < nz && (y as usize) < ny && mask[[z as usize, y as usize, x]]
    };
    for (z, plane) in mask.outer_iter().enumerate() {
        for (y, row) in plane.outer_iter().enumerate() {
            let Some(first) = row.iter().position(|v| *v) else { continue };
            let last = row.iter().rposition(|v| *v).unwrap_or(first);
            put(2 * z + 1, 2 * y + 1, 2 * first as i64 - 1, 2 * last as i64 + 1);
            for (dz, dy) in [(-1isize, 0isize), (1, 0), (0, -1), (0, 1)] {
                let (z2, y2) = ((2 * z + 1).wrapping_add_signed(dz), (2 * y + 1).wrapping_add_signed(dy));
                let open = |x: &usize| row[*x] && !set(z as isize + dz, y as isize + dy, *x);
                if let Some(first) = (first..=last).find(open) {
                    let last = (first..=last).rev().find(open).unwrap_or(first);
                    put(z2, y2, 2 * first as i64, 2 * last as i64);
                }
            }
        }
    }
    let mut points = Vec::new();
    for (at, (first, last)) in ends.into_iter().enumerate().filter(|(_, (first, last))| first <= last) {
        let (z2, y2) = ((at / stride) as i64 - 1, (at % stride) as i64 - 1);
        points.push([z2, y2, first]);
        if last > first {
            points.push([z2, y2, last]);
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Mesh;
    use ndarray::Array3;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn they_are_the_ends_of_each_row_of_the_mesh(bits in prop::collection::vec(prop::bool::ANY, 60)) {
            let mask = Array3::from_shape_vec((3, 4, 5), bits).unwrap();
            let mut ends: BTreeMap<[i64; 2], (i64, i64)> = BTreeMap::new();
            for v in Mesh::new(mask.view(), [1.0; 3]).vertices {
                let [z, y, x] = v.map(i64::from);
                let end = ends.entry([z, y]).or_insert((x, x));
                *end = (end.0.min(x), end.1.max(x));
            }
            let mut expected: Vec<[i64; 3]> = ends.iter().flat_map(|([z, y], (a, b))| [[*z, *y, *a], [*z, *y, *b]]).collect();
            expected.dedup();
            prop_assert_eq!(extreme_vertices(mask.view()), expected);
        }
    }
}
