//! Dependence: how many neighbours of a voxel have nearly its grey level (pyradiomics: GLDM, IBSI: NGLDM).

use super::tally::Tally;
use super::{Counts, Extent, Levels, Offset, Stretch};
use dlr_core::Result;
use dlr_core::wide::{Wide, widest};

/// Rank by dependence for each slice (one for [`Extent::Volume`]).
///
/// The dependence of a voxel is 1 plus the number of voxels of the region at `offsets` whose grey level differs by at
/// most `tolerance`. `offsets` go both ways ([`super::all_offsets`]).
///
/// # Errors
/// An offset longer than the margin of `levels`.
pub fn gldm(levels: &Levels, offsets: &[Offset], tolerance: f64, extent: Extent) -> Result<Vec<Counts>> {
    let steps = offsets.iter().map(|o| levels.step(*o)).collect::<Result<Vec<_>>>()?;
    let n_cols = offsets.len() + 1;
    let count = |stretches: &[Stretch]| {
        let tally = widest(Dependence { levels, stretches, steps: &steps, tolerance, n_cols });
        Counts::from_dense(&tally, n_cols)
    };
    Ok(levels.groups(extent).iter().map(|stretches| count(stretches)).collect())
}

/// Counts ranks and dependences into a table of `n_cols` columns.
struct Dependence<'a> {
    levels: &'a Levels,
    stretches: &'a [Stretch],
    steps: &'a [isize],
    tolerance: f64,
    n_cols: usize,
}

impl Wide for Dependence<'_> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run(self) -> Vec<u32> {
        let Dependence { levels, stretches, steps, tolerance, n_cols } = self;
        let mut tally = Tally::new(levels.n_ranks() * n_cols);
        let (mut dependence, mut keys) = (Vec::new(), Vec::new());
        for stretch in stretches {
            dependence.clear();
            dependence.resize(stretch.len(), 0u16);
            let here = &levels.ranks[stretch.range()];
            for step in steps {
                let pairs = here.iter().zip(&levels.ranks[stretch.neighbours(*step)]);
                if tolerance < 1.0 {
                    for (sum, (here, near)) in dependence.iter_mut().zip(pairs) {
                        *sum += u16::from(here == near);
                    }
                } else {
                    let close = |a: u16, b: u16| {
                        b > 0 && (levels.value(u32::from(a)) - levels.value(u32::from(b))).abs() <= tolerance
                    };
                    for (sum, (here, near)) in dependence.iter_mut().zip(pairs) {
                        *sum += u16::from(close(*here, *near));
                    }
                }
            }
            keys.resize(stretch.len(), 0);
            for (key, (rank, dependence)) in keys.iter_mut().zip(here.iter().zip(&dependence)) {
                *key = (u32::from(*rank) - 1) * n_cols as u32 + u32::from(*dependence);
            }
            tally.add(&keys);
        }
        tally.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::all_offsets;
    use ndarray::Array3;

    #[test]
    fn tolerance_is_in_grey_levels_not_in_ranks() {
        let mask = Array3::from_elem((1, 1, 3), true);
        let levels = Levels::new(mask.view(), &[1, 4, 5], 1).unwrap();
        let offsets = all_offsets(&[1], None);
        let strict = gldm(&levels, &offsets, 0.0, Extent::Volume).unwrap();
        assert_eq!(strict[0], Counts::from_pairs(vec![(1, 1), (2, 1), (3, 1)]));
        let loose = gldm(&levels, &offsets, 1.0, Extent::Volume).unwrap();
        assert_eq!(loose[0], Counts::from_pairs(vec![(1, 1), (2, 2), (3, 2)]));
    }
}
