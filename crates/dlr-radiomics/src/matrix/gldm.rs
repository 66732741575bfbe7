//! Dependence: how many neighbours of a voxel have nearly its grey level (pyradiomics: GLDM, IBSI: NGLDM).

use super::tally::Tally;
use super::{Counts, Extent, Levels, Offset};
use dlr_core::Result;

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
    let count = |voxels: &[u32]| {
        let mut tally = Tally::new(levels.n_ranks() * n_cols);
        let (mut dependence, mut keys) = (Vec::new(), Vec::new());
        for (first, length) in Levels::stretches(voxels) {
            dependence.clear();
            dependence.resize(length, 0u16);
            let here = &levels.ranks[first..first + length];
            for step in &steps {
                let start = (first as isize + step) as usize;
                let near = &levels.ranks[start..start + length];
                if tolerance < 1.0 {
                    for (sum, (here, near)) in dependence.iter_mut().zip(here.iter().zip(near)) {
                        *sum += u16::from(here == near);
                    }
                } else {
                    let close = |a: u16, b: u16| {
                        b > 0 && (levels.value(u32::from(a)) - levels.value(u32::from(b))).abs() <= tolerance
                    };
                    for (sum, (here, near)) in dependence.iter_mut().zip(here.iter().zip(near)) {
                        *sum += u16::from(close(*here, *near));
                    }
                }
            }
            keys.clear();
            let key =
                |(rank, dependence): (&u16, &u16)| (u32::from(*rank) - 1) * n_cols as u32 + u32::from(*dependence);
            keys.extend(here.iter().zip(&dependence).map(key));
            tally.add(&keys);
        }
        Counts::from_dense(&tally.finish(), n_cols)
    };
    Ok(levels.groups(extent).iter().map(|voxels| count(voxels)).collect())
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
