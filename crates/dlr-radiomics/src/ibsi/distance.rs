//! Zones by their distance from the border of the region, for the distance zone matrix.
//!
//! Distance is counted in steps from voxel to voxel through faces until outside is reached: 1 at the border. It belongs
//! to the morphological mask; zones belong to the intensity mask. Beyond the image is outside.

use crate::matrix::{Counts, Extent, Levels, Stretch, all_offsets, positions};
use dlr_core::Result;
use ndarray::{Array3, ArrayView3};

/// Steps from each voxel of `mask` to the nearest voxel outside, 0 outside; steps stay in the slice if `extent` does.
///
/// Two sweeps over the array, exact for distances of this kind.
pub fn to_border(mask: ArrayView3<'_, bool>, extent: Extent) -> Array3<u32> {
    let shape = [mask.dim().0, mask.dim().1, mask.dim().2];
    let axes: Vec<usize> = (0..3).filter(|axis| !matches!(extent, Extent::Slices { axis: a } if a == *axis)).collect();
    let mut distance = mask.mapv(|inside| if inside { u32::MAX - 1 } else { 0 });
    let neighbour = |distance: &Array3<u32>, mut at: [usize; 3], axis: usize, forward: bool| {
        let next = if forward { at[axis] + 1 } else { at[axis].wrapping_sub(1) };
        if next >= shape[axis] {
            return 0;
        }
        at[axis] = next;
        distance[at]
    };
    let [nz, ny, nx] = shape;
    for forward in [false, true] {
        for k in 0..nz * ny * nx {
            let k = if forward { nz * ny * nx - 1 - k } else { k };
            let at = [k / (ny * nx), k / nx % ny, k % nx];
            if distance[at] > 0 {
                let near = axes.iter().map(|axis| neighbour(&distance, at, *axis, forward)).min().unwrap_or(0);
                distance[at] = distance[at].min(near + 1);
            }
        }
    }
    distance
}

/// Rank by distance for each slice (one for [`Extent::Volume`]): a zone counts with the smallest distance of its voxels.
///
/// `distances` has the shape of `levels`.
///
/// # Errors
/// `levels` without a margin.
pub fn zones(levels: &Levels, distances: ArrayView3<'_, u32>, extent: Extent) -> Result<Vec<Counts>> {
    let flat = match extent {
        Extent::Volume => None,
        Extent::Slices { axis } => Some(axis),
    };
    let steps = all_offsets(&[1], flat).into_iter().map(|o| levels.step(o)).collect::<Result<Vec<_>>>()?;
    let mut ranks = levels.ranks.clone();
    let mut depth = vec![0; ranks.len()];
    for (index, at) in levels.indices().zip(positions(&levels.stretches)) {
        depth[at] = distances[index];
    }
    let mut stack = Vec::new();
    let mut flood = |stretches: &[Stretch]| {
        let mut pairs = Vec::new();
        for seed in positions(stretches) {
            let rank = ranks[seed];
            if rank == 0 {
                continue;
            }
            let mut nearest = u32::MAX;
            ranks[seed] = 0;
            stack.push(seed);
            while let Some(at) = stack.pop() {
                nearest = nearest.min(depth[at]);
                for step in &steps {
                    let near = (at as isize + step) as usize;
                    if ranks[near] == rank {
                        ranks[near] = 0;
                        stack.push(near);
                    }
                }
            }
            pairs.push((u32::from(rank), nearest));
        }
        Counts::from_pairs(pairs)
    };
    Ok(levels.groups(extent).iter().map(|stretches| flood(stretches)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_of_a_cube_lies_deepest() {
        let distance = to_border(Array3::from_elem((5, 5, 5), true).view(), Extent::Volume);
        assert_eq!((distance[[2, 2, 2]], distance[[0, 2, 2]], distance[[1, 2, 3]]), (3, 1, 2));
        let slices = to_border(Array3::from_elem((1, 5, 5), true).view(), Extent::Slices { axis: 0 });
        assert_eq!(slices[[0, 2, 2]], 3);
    }

    proptest! {
        #[test]
        fn equals_the_nearest_voxel_outside(bits in prop::collection::vec(prop::bool::weighted(0.85), 60)) {
            let mask = Array3::from_shape_vec((3, 4, 5), bits).unwrap();
            let found = to_border(mask.view(), Extent::Volume);
            for ((z, y, x), inside) in mask.indexed_iter() {
                let mut nearest = if *inside { u32::MAX } else { 0 };
                for a in -1..4i32 { for b in -1..5i32 { for c in -1..6i32 {
                    let at = [a, b, c].map(|v| v as usize);
                    if !mask.get(at).copied().unwrap_or(false) {
                        let d = a.abs_diff(z as i32) + b.abs_diff(y as i32) + c.abs_diff(x as i32);
                        nearest = nearest.min(d);
                    }
                }}}
                prop_assert_eq!(found[[z, y, x]], nearest);
            }
        }
    }
}
