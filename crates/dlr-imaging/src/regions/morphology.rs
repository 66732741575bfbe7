//! Dilation, erosion and translation in millimetres.
//!
//! The structuring element is the ball of the given radius on the grid: every voxel whose centre is at most that far.
//! Computed by distances, so the cost does not grow with the radius. The image border is no surface: what lies
//! beyond it does not erode.

use super::ring::DISTANCE_TOLERANCE_MM;
use crate::distance;
use crate::error::{not_negative, parameter};
use dlr_core::{IndexBox, Mask, Result};
use ndarray::{Array3, s};

/// Voxels at most `radius_mm` from the mask; radius 0 gives the mask. Empty stays empty.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for a radius that is negative or not finite; so for all functions of this module.
pub fn dilate(mask: &Mask, radius_mm: f64) -> Result<Mask> {
    not_negative("radius_mm", radius_mm)?;
    let Some(region) = distance::reach(mask, radius_mm) else { return Ok(mask.clone()) };
    let near = distance::to_mask(&mask.crop(region)).mapv(|d| d <= radius_mm + DISTANCE_TOLERANCE_MM);
    paste(mask, region, near)
}

/// Voxels of the mask farther than `radius_mm` from every voxel outside it; radius 0 gives the mask.
///
/// # Errors
/// As [`dilate`].
pub fn erode(mask: &Mask, radius_mm: f64) -> Result<Mask> {
    not_negative("radius_mm", radius_mm)?;
    let Some(region) = distance::reach(mask, 0.0) else { return Ok(mask.clone()) };
    let inside = distance::signed(&mask.crop(region));
    paste(mask, region, inside.mapv(|d| d < 0.0 && -d > radius_mm + DISTANCE_TOLERANCE_MM))
}

/// Erosion, then dilation: removes what is thinner than the ball.
///
/// # Errors
/// As [`dilate`].
pub fn open(mask: &Mask, radius_mm: f64) -> Result<Mask> {
    dilate(&erode(mask, radius_mm)?, radius_mm)
}

/// Dilation, then erosion: closes gaps narrower than the ball.
///
/// # Errors
/// As [`dilate`].
pub fn close(mask: &Mask, radius_mm: f64) -> Result<Mask> {
    erode(&dilate(mask, radius_mm)?, radius_mm)
}

/// The mask moved by whole voxels `[z, y, x]`; what leaves the image is lost.
///
/// # Errors
/// None for a valid mask.
pub fn translate(mask: &Mask, shift: [isize; 3]) -> Result<Mask> {
    let voxels = mask.voxels();
    let (nz, ny, nx) = voxels.dim();
    let shape = [nz, ny, nx];
    let moved = Array3::from_shape_fn((nz, ny, nx), |(z, y, x)| {
        let from = [0, 1, 2].map(|a| [z, y, x][a] as isize - shift[a]);
        from.iter().zip(shape).all(|(i, n)| (0..n as isize).contains(i)) && voxels[from.map(|i| i as usize)]
    });
    Mask::new(*mask.geometry(), moved)
}

/// [`translate`] by millimetres along the array axes `[z, y, x]`, rounded to whole voxels (half away from zero).
///
/// # Errors
/// As [`dilate`], for a shift that is not finite.
pub fn translate_mm(mask: &Mask, shift_mm: [f64; 3]) -> Result<Mask> {
    if shift_mm.iter().any(|s| !s.is_finite()) {
        return Err(parameter("shift_mm", format!("{shift_mm:?}"), "finite"));
    }
    let spacing_mm = mask.geometry().spacing_mm();
    translate(mask, [0, 1, 2].map(|a| (shift_mm[a] / spacing_mm[a]).round() as isize))
}

fn paste(mask: &Mask, region: IndexBox, part: Array3<bool>) -> Result<Mask> {
    let mut voxels = Array3::from_elem(mask.voxels().dim(), false);
    let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = region;
    voxels.slice_mut(s![z0..z1, y0..y1, x0..x1]).assign(&part);
    Mask::new(*mask.geometry(), voxels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regions::difference;
    use dlr_core::{Code, Rng};
    use proptest::prelude::*;

    fn blob(seed: u64) -> Mask {
        let mut rng = Rng::new(seed);
        let voxels = Array3::from_shape_fn((7, 9, 9), |(z, y, x)| {
            let inner = (2..5).contains(&z) && (2..7).contains(&y) && (2..7).contains(&x);
            inner && rng.uniform() < 0.9
        });
        Mask::from_array(voxels, [2.0, 1.0, 1.5]).unwrap()
    }

    proptest! {
        #[test]
        fn erosion_is_dilation_of_the_complement(seed in 0u64..50, radius_mm in 0.0f64..4.0) {
            let mask = blob(seed);
            let complement = Mask::new(*mask.geometry(), mask.voxels().mapv(|v| !v)).unwrap();
            let grown = dilate(&complement, radius_mm).unwrap();
            prop_assert_eq!(erode(&mask, radius_mm).unwrap(), difference(&mask, &grown).unwrap());
        }

        #[test]
        fn moving_and_growing_commute(seed in 0u64..50, z in -1isize..2, x in -1isize..2) {
            let mask = blob(seed);
            let a = translate(&dilate(&mask, 1.5).unwrap(), [z, 0, x]).unwrap();
            prop_assert_eq!(a, dilate(&translate(&mask, [z, 0, x]).unwrap(), 1.5).unwrap());
        }
    }

    #[test]
    fn radius_zero_is_the_mask_and_negative_is_refused() {
        let mask = blob(1);
        assert_eq!(dilate(&mask, 0.0).unwrap(), mask);
        assert_eq!(erode(&mask, 0.0).unwrap(), mask);
        assert_eq!(dilate(&mask, -1.0).unwrap_err().code(), Code::Parameter);
        assert_eq!(erode(&mask, f64::NAN).unwrap_err().code(), Code::Parameter);
    }

    #[test]
    fn the_image_border_does_not_erode() {
        let full = Mask::from_array(Array3::from_elem((3, 3, 3), true), [1.0; 3]).unwrap();
        assert_eq!(erode(&full, 5.0).unwrap(), full);
    }

    #[test]
    fn millimetres_become_whole_voxels() {
        let mask = blob(2);
        assert_eq!(translate_mm(&mask, [2.2, 0.4, -1.6]).unwrap(), translate(&mask, [1, 0, -1]).unwrap());
        assert_eq!(translate(&mask, [9, 0, 0]).unwrap().n_voxels(), 0);
    }
}
