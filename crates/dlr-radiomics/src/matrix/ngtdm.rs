//! Grey tone difference: how far voxels of each rank lie from the mean of their neighbours.

use super::{Extent, Levels, Offset};
use dlr_core::Result;

/// Sums per rank; entry `r - 1` belongs to rank `r`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ngtdm {
    /// Voxels of each rank.
    pub n: Vec<f64>,
    /// Voxels of each rank that have at least one neighbour in the region: the ones that IBSI counts.
    pub n_with_neighbours: Vec<f64>,
    /// Sum of `|grey level - mean grey level of the neighbours|` over those voxels.
    pub s: Vec<f64>,
}

/// Sums for each slice (one for [`Extent::Volume`]). `offsets` go both ways ([`super::all_offsets`]).
///
/// # Errors
/// An offset longer than the margin of `levels`.
pub fn ngtdm(levels: &Levels, offsets: &[Offset], extent: Extent) -> Result<Vec<Ngtdm>> {
    let steps = offsets.iter().map(|o| levels.step(*o)).collect::<Result<Vec<_>>>()?;
    let n_ranks = levels.n_ranks();
    // Entry 0 is outside of the region and adds nothing, which spares a branch per neighbour.
    let value: Vec<u64> = std::iter::once(0).chain(levels.values().iter().map(|v| u64::from(*v))).collect();
    let count = |voxels: &[u32]| {
        let mut sums = Ngtdm { n: vec![0.0; n_ranks], n_with_neighbours: vec![0.0; n_ranks], s: vec![0.0; n_ranks] };
        for &at in voxels {
            let rank = levels.ranks[at as usize] as usize;
            let (mut total, mut n_near) = (0u64, 0u32);
            for step in &steps {
                let near = levels.ranks[(at as isize + step) as usize];
                total += value[near as usize];
                n_near += u32::from(near > 0);
            }
            sums.n[rank - 1] += 1.0;
            if n_near > 0 {
                sums.n_with_neighbours[rank - 1] += 1.0;
                sums.s[rank - 1] += (value[rank] as f64 - total as f64 / f64::from(n_near)).abs();
            }
        }
        sums
    };
    Ok(levels.groups(extent).iter().map(|voxels| count(voxels)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::all_offsets;
    use ndarray::array;

    #[test]
    fn a_lone_voxel_is_counted_apart() {
        let mask = array![[[true, true, false, true]]];
        let levels = Levels::new(mask.view(), &[1, 3, 3], 1).unwrap();
        let sums = &ngtdm(&levels, &all_offsets(&[1], None), Extent::Volume).unwrap()[0];
        assert_eq!(sums, &Ngtdm { n: vec![1.0, 2.0], n_with_neighbours: vec![1.0, 1.0], s: vec![2.0, 2.0] });
    }
}
