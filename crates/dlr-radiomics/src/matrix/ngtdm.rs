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
    // 0 is outside of the region and adds nothing, which spares a branch per neighbour.
    let value: Vec<u32> = std::iter::once(0).chain(levels.values().iter().copied()).collect();
    let values: Vec<u32> = levels.ranks.iter().map(|rank| value[usize::from(*rank)]).collect();
    // Sums of grey levels fit into 32 bit unless an outlier makes them huge.
    let is_narrow = u64::from(levels.max_value()) * (offsets.len() as u64) < u64::from(u32::MAX);
    let count = |voxels: &[u32]| {
        let mut sums = Ngtdm { n: vec![0.0; n_ranks], n_with_neighbours: vec![0.0; n_ranks], s: vec![0.0; n_ranks] };
        let (mut total, mut n_near) = (Vec::new(), Vec::new());
        for (first, length) in Levels::stretches(voxels) {
            n_near.clear();
            n_near.resize(length, 0u32);
            total.clear();
            for step in &steps {
                let start = (first as isize + step) as usize;
                for (n, near) in n_near.iter_mut().zip(&values[start..start + length]) {
                    *n += u32::from(*near > 0);
                }
            }
            if is_narrow {
                add_up::<u32>(&values, first, length, &steps, &mut total);
            } else {
                add_up::<u64>(&values, first, length, &steps, &mut total);
            }
            for (k, (total, n_near)) in total.iter().zip(&n_near).enumerate() {
                let rank = usize::from(levels.ranks[first + k]);
                sums.n[rank - 1] += 1.0;
                if *n_near > 0 {
                    sums.n_with_neighbours[rank - 1] += 1.0;
                    sums.s[rank - 1] += (f64::from(values[first + k]) - total / f64::from(*n_near)).abs();
                }
            }
        }
        sums
    };
    Ok(levels.groups(extent).iter().map(|voxels| count(voxels)).collect())
}

/// Sums of the neighbours' grey levels for a stretch of voxels, added as whole numbers of type `T`.
fn add_up<T>(values: &[u32], first: usize, length: usize, steps: &[isize], totals: &mut Vec<f64>)
where
    T: Copy + Default + From<u32> + std::ops::AddAssign + Wide,
{
    let mut sums = vec![T::default(); length];
    for step in steps {
        let start = (first as isize + step) as usize;
        for (sum, near) in sums.iter_mut().zip(&values[start..start + length]) {
            *sum += T::from(*near);
        }
    }
    totals.extend(sums.iter().map(|sum| sum.to_f64()));
}

/// A whole number as a float; exact below 2^53.
trait Wide {
    fn to_f64(self) -> f64;
}

impl Wide for u32 {
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Wide for u64 {
    fn to_f64(self) -> f64 {
        self as f64
    }
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
