//! Co-occurrence: how often a voxel of rank `i` has a voxel of rank `j` at a given offset.

use super::tally::Tally;
use super::{Counts, Extent, Levels, Offset};
use dlr_core::Result;

/// Above this number of ranks a table per direction costs more than sorting the pairs.
const DENSE_RANKS: usize = 512;

/// Counts for each slice (one for [`Extent::Volume`]) and each offset: `[slice][offset]`, one way only.
///
/// Add the transpose ([`Counts::symmetric`]) to count both ways. Only pairs with both voxels in the region count.
///
/// # Errors
/// An offset longer than the margin of `levels`.
pub fn glcm(levels: &Levels, offsets: &[Offset], extent: Extent) -> Result<Vec<Vec<Counts>>> {
    let steps = offsets.iter().map(|o| levels.step(*o)).collect::<Result<Vec<_>>>()?;
    let count = |voxels: &[u32], step: isize| {
        if levels.n_ranks() <= DENSE_RANKS { dense(levels, voxels, step) } else { sparse(levels, voxels, step) }
    };
    Ok(levels.groups(extent).iter().map(|voxels| steps.iter().map(|&step| count(voxels, step)).collect()).collect())
}

fn dense(levels: &Levels, voxels: &[u32], step: isize) -> Counts {
    let ranks = &levels.ranks;
    // Row and column 0 gather the pairs that leave the region, which spares a branch per pair.
    let n = levels.n_ranks() + 1;
    let mut tally = Tally::new(n * n);
    let mut keys = Vec::new();
    for (first, length) in Levels::stretches(voxels) {
        let near = (first as isize + step) as usize;
        let pairs = ranks[first..first + length].iter().zip(&ranks[near..near + length]);
        keys.clear();
        keys.extend(pairs.map(|(here, there)| u32::from(*here) * n as u32 + u32::from(*there)));
        tally.add(&keys);
    }
    Counts::from_dense_with_margin(&tally.finish(), n)
}

fn sparse(levels: &Levels, voxels: &[u32], step: isize) -> Counts {
    let ranks = &levels.ranks;
    let pair = |&at: &u32| (u32::from(ranks[at as usize]), u32::from(ranks[(at as isize + step) as usize]));
    Counts::from_pairs(voxels.iter().map(pair).filter(|(_, there)| *there > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::half_offsets;
    use ndarray::Array3;

    #[test]
    fn dense_and_sparse_agree() {
        let mask = Array3::from_shape_fn((3, 4, 5), |(z, y, x)| (z + 2 * y + x) % 5 != 0);
        let n = mask.iter().filter(|v| **v).count();
        let levels: Vec<u32> = (0..n).map(|i| 1 + (i * i % 7) as u32).collect();
        let levels = Levels::new(mask.view(), &levels, 2).unwrap();
        for offset in half_offsets(&[1, 2], None) {
            let step = levels.step(offset).unwrap();
            assert_eq!(dense(&levels, &levels.voxels, step), sparse(&levels, &levels.voxels, step));
        }
        let by_slice = glcm(&levels, &half_offsets(&[1], Some(0)), Extent::Slices { axis: 0 }).unwrap();
        let whole = glcm(&levels, &half_offsets(&[1], Some(0)), Extent::Volume).unwrap();
        for offset in 0..4 {
            assert_eq!(Counts::merge(by_slice.iter().map(|s| &s[offset])), whole[0][offset]);
        }
    }
}
