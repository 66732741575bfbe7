//! [`Stretch`]: voxels of the region that lie side by side in memory. Their neighbours at a fixed offset do so too, which
//! the compiler turns into wide instructions.

use ndarray::ArrayView1;
use std::borrow::Cow;
use std::ops::Range;

/// At least one position, and those that follow without a gap along x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    first: u32,
    n: u32,
}

impl Stretch {
    /// The stretches of a row of the mask.
    pub(crate) fn of_row<'a>(row: ArrayView1<'a, bool>) -> impl Iterator<Item = Stretch> + 'a {
        let row = row.to_slice().map_or_else(|| Cow::Owned(row.to_vec()), Cow::Borrowed);
        let until = |row: &[bool], from: usize, inside: bool| {
            row[from..].iter().position(|v| *v == inside).map_or(row.len(), |n| from + n)
        };
        let mut at = 0;
        std::iter::from_fn(move || {
            let first = until(&row, at, true);
            at = until(&row, first, false);
            (first < at).then_some(Stretch { first: first as u32, n: (at - first) as u32 })
        })
    }

    /// The same stretch, `start` positions further on.
    pub(crate) fn after(self, start: usize) -> Self {
        Stretch { first: start as u32 + self.first, ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.n as usize
    }

    /// Its positions.
    pub(crate) fn range(&self) -> Range<usize> {
        self.first as usize..(self.first + self.n) as usize
    }

    /// The positions of its neighbours `step` away.
    pub(crate) fn neighbours(&self, step: isize) -> Range<usize> {
        let first = (self.first as isize + step) as usize;
        first..first + self.len()
    }

    /// One stretch for each position.
    pub(crate) fn singles(self) -> impl Iterator<Item = Stretch> {
        (self.first..self.first + self.n).map(|first| Stretch { first, n: 1 })
    }
}

/// All positions, in order.
pub(crate) fn positions(stretches: &[Stretch]) -> impl Iterator<Item = usize> + '_ {
    stretches.iter().flat_map(Stretch::range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    #[test]
    fn rows() {
        let of = |row: &[bool]| Stretch::of_row(arr1(row).view()).map(|s| s.range()).collect::<Vec<_>>();
        assert_eq!(of(&[true, true, false, true, false, false, true, true]), [0..2, 3..4, 6..8]);
        assert_eq!(of(&[false, true, false, true]), [1..2, 3..4]);
        assert_eq!(of(&[false, false]), []);
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn neighbours_and_singles() {
        let stretch = Stretch { first: 2, n: 3 }.after(10);
        assert_eq!((stretch.range(), stretch.neighbours(-5), stretch.len()), (12..15, 7..10, 3));
        let singles: Vec<_> = stretch.singles().collect();
        assert_eq!(positions(&singles).collect::<Vec<_>>(), positions(&[stretch]).collect::<Vec<_>>());
    }
}
