//! The border of a mask on one slice as closed polygons along the edges of its voxels.
//!
//! Every edge between a voxel inside and one outside is walked once, so the even-odd rule gives back exactly these
//! voxels, holes included; corners lie half way between voxel centres, so no centre is on a line.

use ndarray::ArrayView2;
use std::collections::BTreeMap;

/// A corner, in half steps: `[2 * row, 2 * column]`, both odd.
type Corner = [isize; 2];

/// Polygons of `[row, column]` in voxels; each has at least four points and is not closed by a repeated one.
pub(super) fn outlines(plane: ArrayView2<'_, bool>) -> Vec<Vec<[f64; 2]>> {
    let mut edges = edges(plane);
    let mut polygons = Vec::new();
    while let Some(start) = edges.keys().next().copied() {
        let mut corners = vec![start];
        let mut here = take(&mut edges, start, None);
        let mut direction = [here[0] - start[0], here[1] - start[1]];
        while here != start {
            let next = take(&mut edges, here, Some(direction));
            let turned = [next[0] - here[0], next[1] - here[1]];
            if turned != direction {
                corners.push(here);
            }
            (here, direction) = (next, turned);
        }
        polygons.push(corners.into_iter().map(|corner| corner.map(|half| half as f64 / 2.0)).collect());
    }
    polygons
}

/// Directed edges by their start, the inside always on the same hand.
fn edges(plane: ArrayView2<'_, bool>) -> BTreeMap<Corner, Vec<Corner>> {
    let (n_rows, n_columns) = plane.dim();
    let is_inside = |row: isize, column: isize| {
        row >= 0
            && column >= 0
            && (row as usize) < n_rows
            && (column as usize) < n_columns
            && plane[[row as usize, column as usize]]
    };
    let mut edges: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    for ((row, column), _) in plane.indexed_iter().filter(|(_, inside)| **inside) {
        let (r, c) = (row as isize, column as isize);
        let [top, bottom, left, right] = [2 * r - 1, 2 * r + 1, 2 * c - 1, 2 * c + 1];
        let sides = [
            ((r - 1, c), [top, left], [top, right]),
            ((r, c + 1), [top, right], [bottom, right]),
            ((r + 1, c), [bottom, right], [bottom, left]),
            ((r, c - 1), [bottom, left], [top, left]),
        ];
        for ((other_row, other_column), from, to) in sides {
            if !is_inside(other_row, other_column) {
                edges.entry(from).or_default().push(to);
            }
        }
    }
    edges
}

/// Takes an edge that leaves a corner. Where two do, the one that turns towards the inside: voxels that touch at a
/// corner only get outlines of their own.
fn take(edges: &mut BTreeMap<Corner, Vec<Corner>>, from: Corner, direction: Option<[isize; 2]>) -> Corner {
    let leaving = edges.get_mut(&from).expect("borders are closed: what comes in goes out");
    let wanted = direction.map(|[row, column]| [from[0] + column, from[1] - row]);
    let position = leaving.iter().position(|to| Some(*to) == wanted).unwrap_or(0);
    let to = leaving.swap_remove(position);
    if leaving.is_empty() {
        edges.remove(&from);
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    /// Even-odd by counting crossings of a ray to the right, as slowly as it is defined.
    fn fill(polygons: &[Vec<[f64; 2]>], dim: (usize, usize)) -> Array2<bool> {
        Array2::from_shape_fn(dim, |(row, column)| {
            let crossings = polygons.iter().flat_map(|polygon| {
                polygon.iter().zip(polygon.iter().cycle().skip(1)).filter(move |(a, b)| {
                    let (low, high) = (a[0].min(b[0]), a[0].max(b[0]));
                    a[1] == b[1] && a[1] > column as f64 && low < row as f64 && row as f64 <= high
                })
            });
            crossings.count() % 2 == 1
        })
    }

    #[test]
    fn a_square_has_four_corners_and_a_hole_its_own_outline() {
        let mut plane = Array2::from_elem((5, 5), true);
        assert_eq!(outlines(plane.view()), [[[-0.5, -0.5], [-0.5, 4.5], [4.5, 4.5], [4.5, -0.5]]]);
        plane[[2, 2]] = false;
        assert_eq!(outlines(plane.view()).len(), 2);
        assert!(outlines(Array2::from_elem((3, 3), false).view()).is_empty());
    }

    proptest! {
        #[test]
        fn outlines_hold_exactly_their_voxels(cells in proptest::collection::vec(any::<bool>(), 42)) {
            let plane = Array2::from_shape_vec((6, 7), cells).unwrap();
            let polygons = outlines(plane.view());
            prop_assert!(polygons.iter().all(|p| p.len() >= 4));
            prop_assert_eq!(fill(&polygons, plane.dim()), plane);
        }
    }
}
