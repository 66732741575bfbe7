//! Grey tone difference: how far voxels of each rank lie from the mean of their neighbours.

use super::{Extent, Levels, Offset, Stretch};
use dlr_core::Result;
use dlr_core::wide::{Wide, widest};

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
    // The narrowest numbers that hold the sum of all neighbours: as many of them as possible fit into a register.
    let largest = u64::from(levels.max_value()) * (offsets.len() as u64).max(1);
    Ok(match largest {
        0..=0xffff => sums::<u16>(levels, &steps, extent),
        0x1_0000..=0xffff_ffff => sums::<u32>(levels, &steps, extent),
        _ => sums::<u64>(levels, &steps, extent),
    })
}

fn sums<T: Tone>(levels: &Levels, steps: &[isize], extent: Extent) -> Vec<Ngtdm> {
    // 0 is outside of the region and adds nothing, which spares a branch per neighbour.
    let value: Vec<T> = std::iter::once(0).chain(levels.values().iter().copied()).map(T::of).collect();
    let values: Vec<T> = levels.ranks.iter().map(|rank| value[usize::from(*rank)]).collect();
    let n_ranks = levels.n_ranks();
    let of_group = |stretches: &[Stretch]| {
        let mut sums = Ngtdm { n: vec![0.0; n_ranks], n_with_neighbours: vec![0.0; n_ranks], s: vec![0.0; n_ranks] };
        let mut near = Near::default();
        for &stretch in stretches {
            widest(Differences { values: &values, stretch, steps, near: &mut near });
            for (k, rank) in levels.ranks[stretch.range()].iter().enumerate() {
                let rank = usize::from(*rank) - 1;
                sums.n[rank] += 1.0;
                if near.n[k] > T::default() {
                    sums.n_with_neighbours[rank] += 1.0;
                    sums.s[rank] += near.difference[k];
                }
            }
        }
        sums
    };
    levels.groups(extent).iter().map(|stretches| of_group(stretches)).collect()
}

/// What is known of the neighbours of each voxel of a stretch.
#[derive(Default)]
struct Near<T> {
    n: Vec<T>,
    sum: Vec<T>,
    /// Between the voxel and the mean of its neighbours; NaN without one.
    difference: Vec<f64>,
}

/// Fills [`Near`] for one stretch.
struct Differences<'a, T> {
    values: &'a [T],
    stretch: Stretch,
    steps: &'a [isize],
    near: &'a mut Near<T>,
}

impl<T: Tone> Wide for Differences<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Near { n, sum, difference } = self.near;
        for numbers in [&mut *n, &mut *sum] {
            numbers.clear();
            numbers.resize(self.stretch.len(), T::default());
        }
        for step in self.steps {
            let near = &self.values[self.stretch.neighbours(*step)];
            for ((n, sum), near) in n.iter_mut().zip(&mut *sum).zip(near) {
                *n += T::of(u32::from(*near > T::default()));
                *sum += *near;
            }
        }
        difference.resize(self.stretch.len(), 0.0);
        let here = &self.values[self.stretch.range()];
        for (difference, (here, (n, sum))) in difference.iter_mut().zip(here.iter().zip(n.iter().zip(&*sum))) {
            *difference = (here.to_f64() - sum.to_f64() / n.to_f64()).abs();
        }
    }
}

/// A whole number that holds grey levels and sums of them.
trait Tone: Copy + Default + PartialOrd + std::ops::AddAssign {
    /// A number that fits.
    fn of(value: u32) -> Self;
    /// Exact below 2^53.
    fn to_f64(self) -> f64;
}

impl Tone for u16 {
    #[inline(always)]
    fn of(value: u32) -> Self {
        value as u16
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Tone for u32 {
    #[inline(always)]
    fn of(value: u32) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Tone for u64 {
    #[inline(always)]
    fn of(value: u32) -> Self {
        u64::from(value)
    }
    #[inline(always)]
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
