//! Co-occurrence: how often a voxel of rank `i` has a voxel of rank `j` at a given offset.

use super::tally::Tally;
use super::{Counts, Extent, Levels, Offset, Stretch, positions};
use dlr_core::Result;
use dlr_core::wide::{Wide, widest};
use rayon::prelude::*;

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
    let is_dense = levels.n_ranks() <= DENSE_RANKS;
    let count = |stretches: &[Stretch], step: isize| match is_dense {
        true => dense(levels, stretches, step),
        false => sparse(levels, stretches, step),
    };
    let counts = |stretches: &[Stretch]| steps.par_iter().map(|&step| count(stretches, step)).collect();
    Ok(levels.groups(extent).iter().map(|stretches| counts(stretches)).collect())
}

fn dense(levels: &Levels, stretches: &[Stretch], step: isize) -> Counts {
    // Row and column 0 gather the pairs that leave the region, which spares a branch per pair.
    let n = levels.n_ranks() + 1;
    Counts::from_dense_with_margin(&widest(Pairs { ranks: &levels.ranks, stretches, step, n }), n)
}

/// Counts pairs of ranks into a table of `n` by `n`.
struct Pairs<'a> {
    ranks: &'a [u16],
    stretches: &'a [Stretch],
    step: isize,
    n: usize,
}

impl Wide for Pairs<'_> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run(self) -> Vec<u32> {
        let Pairs { ranks, stretches, step, n } = self;
        let mut tally = Tally::new(n * n);
        let mut keys = Vec::new();
        for stretch in stretches {
            let pairs = ranks[stretch.range()].iter().zip(&ranks[stretch.neighbours(step)]);
            keys.resize(stretch.len(), 0);
            for (key, (here, there)) in keys.iter_mut().zip(pairs) {
                *key = u32::from(*here) * n as u32 + u32::from(*there);
            }
            tally.add(&keys);
        }
        tally.finish()
    }
}

fn sparse(levels: &Levels, stretches: &[Stretch], step: isize) -> Counts {
    let ranks = &levels.ranks;
    let pair = |at: usize| (u32::from(ranks[at]), u32::from(ranks[(at as isize + step) as usize]));
    Counts::from_pairs(positions(stretches).map(pair).filter(|(_, there)| *there > 0).collect())
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
            assert_eq!(dense(&levels, &levels.stretches, step), sparse(&levels, &levels.stretches, step));
        }
        let by_slice = glcm(&levels, &half_offsets(&[1], Some(0)), Extent::Slices { axis: 0 }).unwrap();
        let whole = glcm(&levels, &half_offsets(&[1], Some(0)), Extent::Volume).unwrap();
        for offset in 0..4 {
            assert_eq!(Counts::merge(by_slice.iter().map(|s| &s[offset])), whole[0][offset]);
        }
    }
}
