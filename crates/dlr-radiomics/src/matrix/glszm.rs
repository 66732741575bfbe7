//! Zones: connected voxels of one rank, and how many of them have which size.

use super::{Counts, Extent, Levels, half_offsets};
use dlr_core::Result;

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
    let steps = half_offsets(&[1], flat).into_iter().map(|o| levels.step(o)).collect::<Result<Vec<_>>>()?;
    let mut forest = Forest { parent: vec![0; levels.ranks.len()], size: vec![0; levels.ranks.len()] };
    Ok(levels.groups(extent).iter().map(|voxels| connect(&levels.ranks, voxels, &steps, &mut forest)).collect())
}

/// Disjoint sets of positions. The root of a set is its first position.
struct Forest {
    parent: Vec<u32>,
    size: Vec<u32>,
}

impl Forest {
    fn root(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let above = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = above;
            at = above;
        }
        at
    }
}

/// Joins each voxel with the neighbours of its rank that come before it, then counts the sets.
fn connect(ranks: &[u16], voxels: &[u32], steps: &[isize], forest: &mut Forest) -> Vec<Zone> {
    for &at in voxels {
        forest.parent[at as usize] = at;
        forest.size[at as usize] = 0;
        let rank = ranks[at as usize];
        let mut root = at;
        for step in steps {
            let before = (at as isize - step) as usize;
            if ranks[before] == rank {
                let other = forest.root(before as u32);
                let (first, later) = (root.min(other), root.max(other));
                forest.parent[later as usize] = first;
                root = first;
            }
        }
    }
    for &at in voxels {
        let root = forest.root(at);
        forest.size[root as usize] += 1;
    }
    let roots = voxels.iter().filter(|&&at| forest.parent[at as usize] == at);
    roots.map(|&at| Zone { rank: u32::from(ranks[at as usize]), size: forest.size[at as usize] }).collect()
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
