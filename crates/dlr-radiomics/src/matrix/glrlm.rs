//! Runs: how often `j` voxels in a row along an offset share rank `i`.

use super::tally::Tally;
use super::{Counts, Extent, Levels, Offset, Stretch, positions};
use dlr_core::Result;
use dlr_core::wide::{Wide, widest};
use rayon::prelude::*;

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
    let room = || vec![1u32; levels.ranks.len()];
    let along = |stretches: &[Stretch], (&step, &offset): (&isize, &Offset), lengths: &mut Vec<u32>| {
        direction(levels, stretches, step, offset, lengths)
    };
    let groups = levels.groups(extent);
    if let [all] = &groups[..] {
        let directions = steps.par_iter().zip(offsets);
        return Ok(vec![directions.map_init(room, |lengths, way| along(all, way, lengths)).collect()]);
    }
    let each = groups.par_iter().map_init(room, |lengths, stretches| {
        steps.iter().zip(offsets).map(|way| along(stretches, way, lengths)).collect()
    });
    Ok(each.collect())
}

/// Above this many cells a table of rank by length costs more than sorting the runs.
const DENSE_CELLS: usize = 1 << 18;

/// Voxels are visited in memory order, so that each knows the length of the run up to it. `lengths` is scratch.
fn direction(levels: &Levels, stretches: &[Stretch], step: isize, offset: Offset, lengths: &mut [u32]) -> Runs {
    // Runs are the same both ways; forward is the way of memory.
    let walk = Walk { ranks: &levels.ranks, stretches, step: step.abs(), lengths };
    let n_cols = levels.shape().into_iter().max().unwrap_or(1) + 1;
    let n_cells = (levels.n_ranks() + 1) * n_cols;
    let two_in_a_row;
    let counts = if n_cells <= DENSE_CELLS {
        // Row and column 0 stay empty: ranks and lengths begin at 1.
        let (table, found) = widest(Table { walk, n_cols, n_cells });
        two_in_a_row = found;
        Counts::from_dense_with_margin(&table, n_cols)
    } else {
        let mut pairs = Vec::new();
        two_in_a_row = walk.each(|rank, length| pairs.push((rank as u32, length)));
        Counts::from_pairs(pairs)
    };
    Runs { counts, has_line: two_in_a_row || shares_a_line(levels, stretches, offset) }
}

/// The voxels, the way to the next voxel of the line, and room for the length of the run up to each voxel.
struct Walk<'a> {
    ranks: &'a [u16],
    stretches: &'a [Stretch],
    step: isize,
    lengths: &'a mut [u32],
}

impl Walk<'_> {
    /// Calls `end_of_run` with rank and length of every run; returns whether two voxels are neighbours.
    fn each(self, mut end_of_run: impl FnMut(usize, u32)) -> bool {
        let Walk { ranks, stretches, step, lengths } = self;
        stretches.iter().for_each(|stretch| lengths[stretch.range()].fill(1));
        let mut two_in_a_row = false;
        for at in positions(stretches) {
            let there = at + step as usize;
            let (rank, next, length) = (ranks[at], ranks[there], lengths[at]);
            two_in_a_row |= next > 0;
            if next == rank {
                lengths[there] = length + 1;
            } else {
                end_of_run(usize::from(rank), length);
            }
        }
        two_in_a_row
    }
}

/// The runs as a table of `n_cols` columns, and whether two voxels are neighbours.
struct Table<'a> {
    walk: Walk<'a>,
    n_cols: usize,
    n_cells: usize,
}

impl Wide for Table<'_> {
    type Output = (Vec<u32>, bool);

    /// Voxels of a stretch are worked on side by side: none is the neighbour of another, except along x.
    #[inline(always)]
    fn run(self) -> Self::Output {
        let Table { walk: Walk { ranks, stretches, step, lengths }, n_cols, n_cells } = self;
        let mut tally = Tally::new(n_cells);
        let mut keys = Vec::new();
        let mut neighbour = 0;
        stretches.iter().for_each(|stretch| lengths[stretch.range()].fill(1));
        for stretch in stretches {
            let there = stretch.neighbours(step);
            if there.start < stretch.range().end {
                keys.clear();
                for at in stretch.range() {
                    let (rank, next, length) = (ranks[at], ranks[at + step as usize], lengths[at]);
                    neighbour |= next;
                    if next == rank {
                        lengths[at + step as usize] = length + 1;
                    } else {
                        keys.push(u32::from(rank) * n_cols as u32 + length);
                    }
                }
            } else {
                let (past, future) = lengths.split_at_mut(there.start);
                let here = ranks[stretch.range()].iter().zip(&past[stretch.range()]);
                let next = ranks[there].iter().zip(future);
                // Key 0 gathers the voxels at which no run ends.
                keys.resize(stretch.len(), 0);
                for (key, ((rank, length), (next, length_there))) in keys.iter_mut().zip(here.zip(next)) {
                    let goes_on = u32::from(next == rank);
                    *length_there = 1 + goes_on * length;
                    neighbour |= next;
                    *key = (1 - goes_on) * (u32::from(*rank) * n_cols as u32 + length);
                }
            }
            tally.add(&keys);
        }
        (tally.finish(), neighbour > 0)
    }
}

/// Whether two voxels lie on one line along `offset` with a gap between them. Reached only by tiny or thin regions.
fn shares_a_line(levels: &Levels, stretches: &[Stretch], offset: Offset) -> bool {
    let [_, my, mx] = levels.padded();
    let mut lines: Vec<[isize; 3]> = positions(stretches)
        .map(|at| {
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
    use crate::matrix::half_offsets;
    use ndarray::{Array3, array};

    /// From the first voxel of each run on, as the definition reads.
    fn slow(levels: &Levels, offset: Offset) -> Counts {
        let rank = |i: [usize; 3], k: isize| {
            let at = [0, 1, 2].map(|a| i[a] as isize + k * offset[a]);
            let inside = (0..3).all(|a| (0..levels.shape()[a] as isize).contains(&at[a]));
            if inside { levels.rank(at) } else { 0 }
        };
        let first = levels.indices().filter(|&i| rank(i, -1) != rank(i, 0));
        let run = |i| (u32::from(rank(i, 0)), (1..).take_while(|&k| rank(i, k) == rank(i, 0)).count() as u32 + 1);
        Counts::from_pairs(first.map(run).collect())
    }

    #[test]
    fn equals_walking_each_run_both_ways_and_by_slice() {
        let mask = Array3::from_shape_fn((4, 5, 6), |(z, y, x)| (z + 3 * y + x) % 7 != 0);
        let n = mask.iter().filter(|v| **v).count();
        let grey: Vec<u32> = (0..n).map(|i| 1 + (i * i % 3) as u32).collect();
        let levels = Levels::new(mask.view(), &grey, 1).unwrap();
        for offset in half_offsets(&[1], None) {
            let back = offset.map(|o| -o);
            let found = &glrlm(&levels, &[offset, back], Extent::Volume).unwrap()[0];
            assert_eq!(found[0].counts, slow(&levels, offset));
            assert_eq!(found[1].counts, found[0].counts);
        }
        let in_plane = half_offsets(&[1], Some(1));
        let slices = glrlm(&levels, &in_plane, Extent::Slices { axis: 1 }).unwrap();
        for (at, offset) in in_plane.iter().enumerate() {
            assert_eq!(Counts::merge(slices.iter().map(|s| &s[at].counts)), slow(&levels, *offset));
        }
    }

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
