//! Zones: connected voxels of one rank, and how many of them have which size.

use super::{Counts, Extent, Levels, all_offsets};
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
    let steps = all_offsets(&[1], flat).into_iter().map(|o| levels.step(o)).collect::<Result<Vec<_>>>()?;
    let mut ranks = levels.ranks.clone();
    let mut stack = Vec::new();
    Ok(levels.groups(extent).iter().map(|voxels| flood(&mut ranks, voxels, &steps, &mut stack)).collect())
}

/// Flood fill that wipes each zone as it is counted.
fn flood(ranks: &mut [u16], voxels: &[u32], steps: &[isize], stack: &mut Vec<u32>) -> Vec<Zone> {
    let mut zones = Vec::new();
    for &seed in voxels {
        let rank = ranks[seed as usize];
        if rank == 0 {
            continue;
        }
        ranks[seed as usize] = 0;
        stack.push(seed);
        let mut size = 0;
        while let Some(at) = stack.pop() {
            size += 1;
            for step in steps {
                let near = (at as isize + step) as usize;
                if ranks[near] == rank {
                    ranks[near] = 0;
                    stack.push(near as u32);
                }
            }
        }
        zones.push(Zone { rank: u32::from(rank), size });
    }
    zones
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

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
