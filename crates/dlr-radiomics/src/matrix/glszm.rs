//! Zones: connected voxels of one rank, and how many of them have which size.

use super::{Counts, Extent, Levels, Offset, Stretch, half_offsets};
use dlr_core::Result;
use dlr_core::wide::{Wide, widest};

/// One connected zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    /// Rank of its grey level.
    pub rank: u32,
    /// Number of voxels.
    pub size: u32,
}

/// Rank by zone size for each slice (one for [`Extent::Volume`]).
///
/// Neighbours touch by face, edge or corner: 26 in a volume, 8 in a slice.
///
/// # Errors
/// A margin of 0 in `levels`.
pub fn glszm(levels: &Levels, extent: Extent) -> Result<Vec<Counts>> {
    let counts = |zones: Vec<Zone>| Counts::from_pairs(zones.iter().map(|z| (z.rank, z.size)).collect());
    Ok(zones(levels, extent)?.into_iter().map(counts).collect())
}

/// The zones themselves for each slice, in the order of their first voxel.
///
/// # Errors
/// A margin of 0 in `levels`.
pub fn zones(levels: &Levels, extent: Extent) -> Result<Vec<Vec<Zone>>> {
    let flat = match extent {
        Extent::Volume => None,
        Extent::Slices { axis } => Some(axis),
    };
    // Half of the neighbours suffice: the other half looks back from the other side.
    let neighbours = Neighbours::new(levels, half_offsets(&[1], flat))?;
    Ok(levels.groups(extent).iter().map(|stretches| connect(&levels.ranks, stretches, &neighbours)).collect())
}

/// The neighbours that come before a voxel, one per bit.
struct Neighbours {
    /// How far back in memory.
    steps: Vec<isize>,
    /// The neighbours that touch it, itself among them: those of its rank are in its zone already.
    touching: Vec<u16>,
}

impl Neighbours {
    /// Those that touch most others are first: one look at them spares most looks at others.
    fn new(levels: &Levels, mut offsets: Vec<Offset>) -> Result<Self> {
        let touch = |a: &Offset, b: &Offset| (0..3).all(|axis| (a[axis] - b[axis]).abs() <= 1);
        let all = offsets.clone();
        offsets.sort_by_key(|a| std::cmp::Reverse(all.iter().filter(|b| touch(a, b)).count()));
        let bits = |a: &Offset| offsets.iter().enumerate().map(|(bit, b)| u16::from(touch(a, b)) << bit).sum();
        Ok(Neighbours {
            touching: offsets.iter().map(bits).collect(),
            steps: offsets.iter().map(|o| levels.step(*o)).collect::<Result<_>>()?,
        })
    }
}

/// Parts of zones, numbered in the order of their first voxel, and which of them have been found to be one.
#[derive(Default)]
struct Sets {
    /// A part of the same zone that came before; the first part is its own.
    parent: Vec<u32>,
    /// Rank and number of voxels; a part that has become another's counts no more.
    zones: Vec<Zone>,
}

impl Sets {
    fn root(&mut self, mut set: u32) -> u32 {
        while self.parent[set as usize] != set {
            let above = self.parent[self.parent[set as usize] as usize];
            self.parent[set as usize] = above;
            set = above;
        }
        set
    }

    /// Makes two parts one, and gives its number.
    fn join(&mut self, a: u32, b: u32) -> u32 {
        let (first, later) = (a.min(b), a.max(b));
        if first != later {
            self.parent[later as usize] = first;
            self.zones[first as usize].size += self.zones[later as usize].size;
        }
        first
    }

    fn new_set(&mut self, rank: u16) -> u32 {
        let set = self.parent.len() as u32;
        self.parent.push(set);
        self.zones.push(Zone { rank: u32::from(rank), size: 0 });
        set
    }
}

/// Joins each voxel with the neighbours of its rank that come before it.
fn connect(ranks: &[u16], stretches: &[Stretch], neighbours: &Neighbours) -> Vec<Zone> {
    let mut sets = Sets::default();
    // The set of each voxel, for as long as a later voxel looks back at it. A power of two makes the place a mask.
    let furthest = neighbours.steps.iter().copied().max().unwrap_or(0) as usize;
    let mut recent = vec![0; (furthest + 1).next_power_of_two()];
    let place = recent.len() - 1;
    let mut alike = Vec::new();
    for &stretch in stretches {
        alike.clear();
        alike.resize(stretch.len(), 0);
        widest(Alike { ranks, stretch, steps: &neighbours.steps, bits: &mut alike });
        for (at, &bits) in stretch.range().zip(&alike) {
            let (mut left, mut set) = (bits, None);
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                let other = sets.root(recent[(at - neighbours.steps[bit] as usize) & place]);
                set = Some(set.map_or(other, |set| sets.join(set, other)));
                left &= !neighbours.touching[bit];
            }
            let set = set.unwrap_or_else(|| sets.new_set(ranks[at]));
            sets.zones[set as usize].size += 1;
            recent[at & place] = set;
        }
    }
    let roots = sets.parent.iter().enumerate().filter(|(set, parent)| *set == **parent as usize);
    roots.map(|(set, _)| sets.zones[set]).collect()
}

/// Sets bit `k` for each voxel of a stretch that has the rank of its neighbour `k`.
struct Alike<'a> {
    ranks: &'a [u16],
    stretch: Stretch,
    steps: &'a [isize],
    bits: &'a mut [u16],
}

impl Wide for Alike<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let here = &self.ranks[self.stretch.range()];
        for (k, step) in self.steps.iter().enumerate() {
            let near = &self.ranks[self.stretch.neighbours(-step)];
            for (bits, (here, near)) in self.bits.iter_mut().zip(here.iter().zip(near)) {
                *bits |= u16::from(here == near) << k;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::all_offsets;
    use ndarray::{Array3, array};

    /// Flood fill from the first voxel of each zone.
    fn slow(levels: &Levels, flat: Option<usize>) -> Counts {
        let mut left: Vec<[isize; 3]> = levels.indices().map(|i| i.map(|c| c as isize)).collect();
        let mut zones = Vec::new();
        while let Some(seed) = left.first().copied() {
            let rank = levels.rank(seed);
            let mut zone = vec![seed];
            left.retain(|v| *v != seed);
            let mut done = 0;
            while done < zone.len() {
                let at = zone[done];
                for o in all_offsets(&[1], flat) {
                    let near = [at[0] + o[0], at[1] + o[1], at[2] + o[2]];
                    if left.contains(&near) && levels.rank(near) == rank {
                        left.retain(|v| *v != near);
                        zone.push(near);
                    }
                }
                done += 1;
            }
            zones.push((u32::from(rank), zone.len() as u32));
        }
        Counts::from_pairs(zones)
    }

    #[test]
    fn equals_flood_fill() {
        let mask = Array3::from_shape_fn((6, 7, 8), |(z, y, x)| (2 * z + 3 * y + x) % 6 != 0);
        let n = mask.iter().filter(|v| **v).count();
        let grey: Vec<u32> = (0..n).map(|i| 1 + (i * i * 7 % 11 / 3) as u32).collect();
        let levels = Levels::new(mask.view(), &grey, 1).unwrap();
        assert_eq!(glszm(&levels, Extent::Volume).unwrap()[0], slow(&levels, None));
        for axis in 0..3 {
            let slices = glszm(&levels, Extent::Slices { axis }).unwrap();
            assert_eq!(Counts::merge(&slices), slow(&levels, Some(axis)));
        }
    }

    #[test]
    fn corners_connect_and_slices_separate() {
        let mask = array![[[true, true], [true, true]], [[true, false], [false, true]]];
        let levels = Levels::new(mask.view(), &[1, 2, 2, 1, 1, 1], 1).unwrap();
        assert_eq!(glszm(&levels, Extent::Volume).unwrap(), [Counts::from_pairs(vec![(1, 4), (2, 2)])]);
        let slices = glszm(&levels, Extent::Slices { axis: 0 }).unwrap();
        assert_eq!(slices[0], Counts::from_pairs(vec![(1, 2), (2, 2)]));
        assert_eq!(slices[1], Counts::from_pairs(vec![(1, 2)]));
    }
}
