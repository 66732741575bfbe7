//! Neighbour offsets by Chebyshev distance, in the order in which pyradiomics generates them.
//! Deliberately without a grid: an offset that never meets two voxels of the region yields empty counts.

/// A step `[z, y, x]` in voxels.
pub type Offset = [isize; 3];

/// Every offset whose Chebyshev distance is one of `distances`, both ways, none of them along axis `flat` if given.
///
/// Distance 1 gives 26 offsets, 8 in a plane. Order: from `[+d, +d, +d]` down, x fastest.
pub fn all_offsets(distances: &[usize], flat: Option<usize>) -> Vec<Offset> {
    let Some(largest) = distances.iter().max().map(|d| *d as isize) else { return Vec::new() };
    let mut offsets = Vec::new();
    for z in (-largest..=largest).rev() {
        for y in (-largest..=largest).rev() {
            for x in (-largest..=largest).rev() {
                let offset = [z, y, x];
                let distance = offset.iter().map(|o| o.unsigned_abs()).max().unwrap_or(0);
                if distances.contains(&distance) && distance > 0 && flat.is_none_or(|axis| offset[axis] == 0) {
                    offsets.push(offset);
                }
            }
        }
    }
    offsets
}

/// One of each pair of opposite offsets of [`all_offsets`]: 13 for distance 1, 4 in a plane.
pub fn half_offsets(distances: &[usize], flat: Option<usize>) -> Vec<Offset> {
    let mut offsets = all_offsets(distances, flat);
    // The order is descending, so that the second half mirrors the first.
    offsets.truncate(offsets.len() / 2);
    offsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_order() {
        assert_eq!(all_offsets(&[1], None).len(), 26);
        assert_eq!(all_offsets(&[1], Some(0)).len(), 8);
        assert_eq!(half_offsets(&[1, 2], None).len(), 62);
        assert_eq!(half_offsets(&[1], Some(0)), [[0, 1, 1], [0, 1, 0], [0, 1, -1], [0, 0, 1]]);
        let half = half_offsets(&[1, 2], None);
        assert!(half.iter().all(|o| !half.contains(&o.map(|c| -c))));
    }
}
