//! [`Levels`]: the grey levels of a cropped region, laid out so that a neighbour is one addition away.
//!
//! Grey levels that no voxel has are left out of the tables: a voxel carries the *rank* of its grey level among those
//! present, and [`Levels::value`] gives the level back. One outlier of a million therefore costs one rank, not a
//! million rows.

use super::Offset;
use super::stretch::{Stretch, positions};
use dlr_core::{Code, Error, Result};
use ndarray::ArrayView3;
use std::borrow::Cow;

/// The most distinct grey levels that a region may have.
pub const MAX_GREY_LEVELS: usize = u16::MAX as usize;

/// A discretised region. Ranks run from 1; 0 is outside the region.
#[derive(Debug, Clone)]
pub struct Levels {
    shape: [usize; 3],
    margin: usize,
    /// Ranks on the crop, with `margin` voxels of 0 on every side so that no neighbour lies outside of memory.
    pub(crate) ranks: Vec<u16>,
    /// Where the region's voxels lie in `ranks`, in array order.
    pub(crate) stretches: Vec<Stretch>,
    n_voxels: usize,
    values: Vec<u32>,
}

impl Levels {
    /// The grey levels `levels` (at least 1, one per voxel of `mask`, in array order) on their grid.
    ///
    /// `margin` is the largest offset that will be looked at.
    ///
    /// # Errors
    /// [`Code::GreyLevels`] for more than [`MAX_GREY_LEVELS`] distinct levels, [`Code::Shape`] where `levels` and
    /// `mask` differ in number, [`Code::EmptyMask`] without a voxel.
    pub fn new(mask: ArrayView3<'_, bool>, levels: &[u32], margin: usize) -> Result<Self> {
        let (nz, ny, nx) = mask.dim();
        let values = distinct(levels);
        if values.is_empty() {
            return Err(Error::new(Code::EmptyMask, "the region has no voxel"));
        }
        if values.len() > MAX_GREY_LEVELS {
            return Err(Error::new(Code::GreyLevels, format!("the region has {} distinct grey levels", values.len()))
                .expected(format!("at most {MAX_GREY_LEVELS}"))
                .hint("choose a larger bin width, or fewer bins"));
        }
        let (my, mx) = (ny + 2 * margin, nx + 2 * margin);
        let n_padded = (nz + 2 * margin) * my * mx;
        if u32::try_from(n_padded).is_err() {
            return Err(
                Error::new(Code::Region, format!("the region's box has {n_padded} voxels")).expected("fewer than 2^32")
            );
        }
        let mut ranks = vec![0u16; n_padded];
        let mut stretches = Vec::new();
        let mut rest = levels;
        let rank_of = RankTable::new(&values);
        for (z, plane) in mask.outer_iter().enumerate() {
            for (y, row) in plane.outer_iter().enumerate() {
                let start = ((z + margin) * my + y + margin) * mx + margin;
                for inside in Stretch::of_row(row) {
                    let (here, later) =
                        rest.split_at_checked(inside.len()).ok_or_else(|| wrong_number(levels.len()))?;
                    rest = later;
                    let stretch = inside.after(start);
                    let ranks = &mut ranks[stretch.range()];
                    ranks.iter_mut().zip(here).for_each(|(rank, level)| *rank = rank_of.rank(*level));
                    stretches.push(stretch);
                }
            }
        }
        if !rest.is_empty() {
            return Err(wrong_number(levels.len()));
        }
        Ok(Levels { shape: [nz, ny, nx], margin, ranks, stretches, n_voxels: levels.len(), values })
    }

    /// Shape `[z, y, x]` of the crop, without margin.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number of voxels in the region.
    pub fn n_voxels(&self) -> usize {
        self.n_voxels
    }

    /// The grey levels that occur, ascending; rank `r` stands for entry `r - 1`.
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// The grey level of a rank, as a number.
    pub fn value(&self, rank: u32) -> f64 {
        f64::from(self.values[rank as usize - 1])
    }

    /// The largest grey level that occurs.
    pub fn max_value(&self) -> u32 {
        self.values.last().copied().unwrap_or(0)
    }

    /// Number of grey levels that occur.
    pub fn n_ranks(&self) -> usize {
        self.values.len()
    }

    /// Rank at `[z, y, x]` of the crop, which may lie up to the margin outside; 0 is not in the region.
    pub fn rank(&self, [z, y, x]: [isize; 3]) -> u16 {
        let m = self.margin as isize;
        let [_, my, mx] = self.padded();
        self.ranks[(((z + m) as usize) * my + (y + m) as usize) * mx + (x + m) as usize]
    }

    /// Index `[z, y, x]` in the crop of each voxel of the region, in array order.
    pub fn indices(&self) -> impl Iterator<Item = [usize; 3]> + '_ {
        let [_, my, mx] = self.padded();
        positions(&self.stretches)
            .map(move |at| [at / (my * mx) - self.margin, at / mx % my - self.margin, at % mx - self.margin])
    }

    /// Shape with margins.
    pub(crate) fn padded(&self) -> [usize; 3] {
        self.shape.map(|n| n + 2 * self.margin)
    }

    /// How far apart in memory two voxels are that lie `offset` apart; refuses offsets beyond the margin.
    pub(crate) fn step(&self, offset: Offset) -> Result<isize> {
        if offset.iter().any(|o| o.unsigned_abs() > self.margin) {
            return Err(Error::new(Code::Parameter, format!("offset {offset:?} is longer than the margin"))
                .expected(format!("at most {} voxels", self.margin)));
        }
        let [_, my, mx] = self.padded().map(|n| n as isize);
        Ok((offset[0] * my + offset[1]) * mx + offset[2])
    }

    /// Where the region's voxels lie, grouped as `extent` asks: each group in array order, empty slices included.
    pub(crate) fn groups(&self, extent: super::Extent) -> Vec<Cow<'_, [Stretch]>> {
        let super::Extent::Slices { axis } = extent else { return vec![Cow::Borrowed(&self.stretches[..])] };
        let mut groups = vec![Vec::new(); self.shape[axis]];
        let [_, my, mx] = self.padded();
        for stretch in &self.stretches {
            let at = stretch.range().start;
            match axis {
                0 => groups[at / (my * mx) - self.margin].push(*stretch),
                1 => groups[at / mx % my - self.margin].push(*stretch),
                _ => stretch.singles().for_each(|one| groups[one.range().start % mx - self.margin].push(one)),
            }
        }
        groups.into_iter().map(Cow::Owned).collect()
    }
}

fn wrong_number(found: usize) -> Error {
    Error::new(Code::Shape, "grey levels and mask differ in number of voxels").found(format!("{found} grey levels"))
}

fn distinct(levels: &[u32]) -> Vec<u32> {
    let max = levels.iter().copied().max().unwrap_or(0) as usize;
    // A table of marks is far cheaper than sorting, as long as it is not far larger than the region.
    if max <= 65_536 + levels.len() {
        let mut seen = vec![false; max + 1];
        for &level in levels {
            seen[level as usize] = true;
        }
        (0..=max).filter(|&level| seen[level]).map(|level| level as u32).collect()
    } else {
        let mut values = levels.to_vec();
        values.sort_unstable();
        values.dedup();
        values
    }
}

/// Grey level to rank.
enum RankTable<'a> {
    Table(Vec<u16>),
    Search(&'a [u32]),
}

impl<'a> RankTable<'a> {
    fn new(values: &'a [u32]) -> Self {
        let max = values[values.len() - 1] as usize;
        if max > 1 << 20 {
            return RankTable::Search(values);
        }
        let mut table = vec![0; max + 1];
        for (index, &value) in values.iter().enumerate() {
            table[value as usize] = index as u16 + 1;
        }
        RankTable::Table(table)
    }

    fn rank(&self, level: u32) -> u16 {
        match self {
            RankTable::Table(table) => table[level as usize],
            RankTable::Search(values) => values.partition_point(|&v| v < level) as u16 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Extent;
    use ndarray::Array3;

    #[test]
    fn ranks_values_and_places() {
        let mut mask = Array3::from_elem((2, 2, 3), true);
        mask[[0, 0, 1]] = false;
        let levels: Vec<u32> = vec![7, 7, 2, 9, 9, 9, 2_000_000, 2, 2, 2, 2];
        let grid = Levels::new(mask.view(), &levels, 1).unwrap();
        assert_eq!(grid.values(), [2, 7, 9, 2_000_000]);
        assert_eq!(grid.rank([0, 0, 0]), 2);
        assert_eq!(grid.rank([0, 0, 1]), 0);
        assert_eq!(grid.rank([-1, 2, 3]), 0);
        assert_eq!(grid.rank([1, 0, 0]), 3);
        assert_eq!(grid.rank([1, 0, 1]), 4);
        assert_eq!(grid.indices().nth(1), Some([0, 0, 2]));
        assert_eq!(grid.groups(Extent::Slices { axis: 2 }).iter().map(|g| g.len()).collect::<Vec<_>>(), [4, 3, 4]);
        assert!(grid.step([0, 2, 0]).is_err());
    }

    #[test]
    fn refuses_too_many_grey_levels() {
        let mask = Array3::from_elem((1, 300, 300), true);
        let levels: Vec<u32> = (1..=90_000).collect();
        assert_eq!(Levels::new(mask.view(), &levels, 1).unwrap_err().code(), Code::GreyLevels);
        assert_eq!(Levels::new(mask.view(), &levels[..5], 1).unwrap_err().code(), Code::Shape);
    }
}
