//! Masks onto another grid.

use super::{AxisMap, Interpolator, Store, apply_axes, axis};
use crate::error::parameter;
use dlr_core::{Geometry, Mask, Result, Volume};
use ndarray::Array3;

/// How a mask is resampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaskRule {
    /// Linear interpolation of 0 and 1, inside at or above this share (IBSI: 0.5).
    Threshold(f64),
    /// The nearest voxel (pyradiomics).
    Nearest,
}

/// The mask on a grid with the same axes; what lies outside the old grid is not in it.
///
/// # Errors
/// [`dlr_core::Code::Geometry`] where the axes differ, [`dlr_core::Code::Parameter`] for a threshold outside `(0, 1]`.
pub fn resample_mask(mask: &Mask, target: &Geometry, rule: MaskRule) -> Result<Mask> {
    let n = mask.geometry().shape();
    if n.contains(&0) {
        return Mask::new(*target, Array3::from_elem(target.shape(), false));
    }
    let at = axis::coordinates(mask.geometry(), target)?;
    let voxels = match rule {
        MaskRule::Threshold(share) => {
            if !(share > 0.0 && share <= 1.0) {
                return Err(parameter("threshold", share, "above 0 and at most 1"));
            }
            let maps = [0, 1, 2].map(|a| AxisMap::new(Interpolator::Linear, n[a], 1.0, &at[a]));
            let image = Volume::new(*mask.geometry(), mask.voxels().mapv(|v| f32::from(u8::from(v))))?;
            // Shares that are equal to the threshold but for rounding are inside: 0.3 + 0.2 is 0.5.
            apply_axes(&image, &maps, Store::F64).mapv(|v| v >= share - 1e-9)
        }
        MaskRule::Nearest => {
            let maps = [0, 1, 2].map(|a| AxisMap::new(Interpolator::Nearest, n[a], 1.0, &at[a]));
            let pick = maps.map(|map| (0..map.len()).map(|i| map.nearest(i)).collect::<Vec<_>>());
            let old = mask.voxels();
            Array3::from_shape_fn(target.shape(), |(z, y, x)| match (pick[0][z], pick[1][y], pick[2][x]) {
                (Some(z), Some(y), Some(x)) => old[[z, y, x]],
                _ => false,
            })
        }
    };
    Mask::new(*target, voxels)
}

/// The mask on any grid, turned as it may be, by the nearest voxel (pyradiomics' `correctMask`).
///
/// # Errors
/// None for valid grids.
pub fn mask_onto(mask: &Mask, target: &Geometry) -> Result<Mask> {
    let (old, n) = (mask.voxels(), mask.geometry().shape());
    let voxels = Array3::from_shape_fn(target.shape(), |(z, y, x)| {
        let at = mask.geometry().to_index(target.to_world([z as f64, y as f64, x as f64]));
        let inside = at.iter().zip(n).all(|(c, n)| *c >= -0.5 && *c < n as f64 - 0.5);
        inside && old[at.map(|c| (c + 0.5).floor() as usize)]
    });
    Mask::new(*target, voxels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::centred_grid;
    use dlr_core::{Code, Rng};

    fn random() -> Mask {
        let mut rng = Rng::new(5);
        Mask::from_array(Array3::from_shape_fn((6, 8, 9), |_| rng.uniform() < 0.5), [3.0, 1.0, 1.2]).unwrap()
    }

    #[test]
    fn its_own_grid_changes_nothing() {
        let mask = random();
        for rule in [MaskRule::Threshold(0.5), MaskRule::Nearest] {
            assert_eq!(resample_mask(&mask, mask.geometry(), rule).unwrap(), mask);
        }
        assert_eq!(mask_onto(&mask, mask.geometry()).unwrap(), mask);
    }

    #[test]
    fn the_general_and_the_separable_copy_agree() {
        let mask = random();
        let grid = centred_grid(mask.geometry(), [1.1, 0.7, 2.3]).unwrap();
        assert_eq!(mask_onto(&mask, &grid).unwrap(), resample_mask(&mask, &grid, MaskRule::Nearest).unwrap());
    }

    #[test]
    fn refuses_a_turned_grid_and_a_bad_threshold() {
        let mask = random();
        let turned =
            Geometry::new([2; 3], [1.0; 3], [0.0; 3], [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).unwrap();
        assert_eq!(resample_mask(&mask, &turned, MaskRule::Nearest).unwrap_err().code(), Code::Geometry);
        let error = resample_mask(&mask, mask.geometry(), MaskRule::Threshold(0.0)).unwrap_err();
        assert_eq!(error.code(), Code::Parameter);
    }
}
