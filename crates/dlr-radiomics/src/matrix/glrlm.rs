//! Runs: how often `j` voxels in a row along an offset share rank `i`.

use super::{Counts, Extent, Levels, Offset};
use dlr_core::Result;

/// The runs of one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    /// Rank by run length.
    pub counts: Counts,
    /// Whether any line along the direction holds two voxels of the region, neighbours or not.
    ///
    /// pyradiomics leaves out a direction without such a line; IBSI does not.
    pub has_line: bool,
}

/// Runs for each slice (one for [`Extent::Volume`]) and each offset: `[slice][offset]`.
///
/// A voxel outside of the region ends a run.
///
/// # Errors
/// An offset longer than the margin of `levels`.
pub fn glrlm(levels: &Levels, offsets: &[Offset], extent: Extent) -> Result<Vec<Vec<Runs>>> {
    let steps = offsets.iter().map(|o| levels.step(*o)).collect::<Result<Vec<_>>>()?;
    let groups = levels.groups(extent);
    let runs = |voxels: &[u32]| {
        steps.iter().zip(offsets).map(|(&step, &offset)| direction(levels, voxels, step, offset)).collect()
    };
    Ok(groups.iter().map(|voxels| runs(voxels)).collect())
}

fn direction(levels: &Levels, voxels: &[u32], step: isize, offset: Offset) -> Runs {
    let ranks = &levels.ranks;
    let longest = levels.shape().into_iter().max().unwrap_or(1);
    let dense = levels.n_ranks() * longest <= 1 << 16;
    let mut table = vec![0u32; if dense { levels.n_ranks() * longest } else { 0 }];
    let mut pairs = Vec::new();
    let mut two_in_a_row = false;
    for &at in voxels {
        let mut at = at as usize;
        let rank = ranks[at];
        let before = ranks[(at as isize - step) as usize];
        two_in_a_row |= before > 0;
        if before == rank {
            continue;
        }
        let mut length = 0;
        while ranks[at] == rank {
            length += 1;
            at = (at as isize + step) as usize;
        }
        if dense {
            table[(rank as usize - 1) * longest + length - 1] += 1;
        } else {
            pairs.push((u32::from(rank), length as u32));
        }
    }
    let counts = if dense { Counts::from_dense(&table, longest) } else { Counts::from_pairs(pairs) };
    Runs { counts, has_line: two_in_a_row || shares_a_line(levels, voxels, offset) }
}

/// Whether two voxels lie on one line along `offset` with a gap between them. Reached only by tiny or thin regions.
fn shares_a_line(levels: &Levels, voxels: &[u32], offset: Offset) -> bool {
    let [_, my, mx] = levels.padded();
    let mut lines: Vec<[isize; 3]> = voxels
        .iter()
        .map(|&at| {
            let at = at as usize;
            let index = [(at / (my * mx)) as isize, (at / mx % my) as isize, (at % mx) as isize];
            let axis = offset.iter().position(|o| *o != 0).unwrap_or(0);
            // The point where the line would cross a fixed plane names the line; unit offsets keep it whole.
            let along = index[axis] / offset[axis];
            [0, 1, 2].map(|a| index[a] - along * offset[a])
        })
        .collect();
    lines.sort_unstable();
    lines.windows(2).any(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, array};

    #[test]
    fn runs_of_a_row() {
        let mask = array![[[true, true, true, false, true]]];
        let levels = Levels::new(mask.view(), &[4, 4, 9, 4], 1).unwrap();
        let runs = &glrlm(&levels, &[[0, 0, 1], [0, 1, 0]], Extent::Volume).unwrap()[0];
        assert_eq!(runs[0].counts, Counts::from_pairs(vec![(1, 2), (2, 1), (1, 1)]));
        assert!(runs[0].has_line && !runs[1].has_line);
        assert_eq!(runs[1].counts.total(), 4.0);
    }

    #[test]
    fn a_line_with_a_gap_is_a_line() {
        let mut mask = Array3::from_elem((1, 1, 3), true);
        mask[[0, 0, 1]] = false;
        let levels = Levels::new(mask.view(), &[1, 1], 1).unwrap();
        let runs = &glrlm(&levels, &[[0, 0, 1], [1, 0, 0]], Extent::Volume).unwrap()[0];
        assert!(runs[0].has_line && !runs[1].has_line);
    }
}
