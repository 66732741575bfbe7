//! Rings around a region, and shells within it, by exact distance in millimetres.

use crate::error::parameter;
use crate::{distance, regions::intersection};
use dlr_core::{Code, Error, Mask, Result};
use ndarray::{Array3, s};

/// Distances this close to a bound count as equal to it: 3 steps of 1.1 mm are 3.3000000000000003 mm in 64 bits, and
/// belong to a ring up to 3.3 mm.
pub const DISTANCE_TOLERANCE_MM: f64 = 1e-6;

/// Voxels whose signed distance to `mass` lies in `(a_mm, b_mm]`.
///
/// Outside the mass the distance is that to the nearest mass voxel centre; inside it is minus the distance to the
/// nearest voxel centre outside. `ring(mass, 0, 10)` is the 10 mm around the mass, without it; `ring(mass, -3, 0)` the
/// outermost part of the mass, less than 3 mm deep; `ring(mass, -3, 3)` both. What leaves the image is cut; an empty
/// result is returned as such.
///
/// # Errors
/// [`Code::Parameter`] for bounds that are not finite or not increasing, [`Code::EmptyMask`] for an empty mass.
///
/// ```
/// use dlr_core::Mask;
/// use ndarray::Array3;
/// let mut voxels = Array3::from_elem((1, 1, 9), false);
/// voxels[[0, 0, 4]] = true;
/// let mass = Mask::from_array(voxels, [1.0, 1.0, 2.0])?;
/// assert_eq!(dlr_imaging::regions::ring(&mass, 0.0, 4.0)?.n_voxels(), 4);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn ring(mass: &Mask, a_mm: f64, b_mm: f64) -> Result<Mask> {
    for (name, value) in [("a_mm", a_mm), ("b_mm", b_mm)] {
        if !value.is_finite() {
            return Err(parameter(name, value, "finite"));
        }
    }
    if a_mm >= b_mm {
        return Err(parameter("b_mm", b_mm, &format!("above `a_mm`, which is {a_mm}")));
    }
    let Some(region) = distance::reach(mass, b_mm) else {
        return Err(Error::new(Code::EmptyMask, "a ring needs a mass with at least one voxel"));
    };
    let near = mass.crop(region);
    // Shells need the far side too; the crop keeps a margin of one voxel outside the mass wherever the image has one.
    let signed_mm = if a_mm < 0.0 || b_mm <= 0.0 { distance::signed(&near) } else { distance::to_mask(&near) };
    let mut voxels = Array3::from_elem(mass.voxels().dim(), false);
    let [z0, y0, x0] = region.start;
    let [z1, y1, x1] = region.end;
    let inside = |d: f64| d > a_mm + DISTANCE_TOLERANCE_MM && d <= b_mm + DISTANCE_TOLERANCE_MM;
    voxels.slice_mut(s![z0..z1, y0..y1, x0..x1]).assign(&signed_mm.mapv(inside));
    Mask::new(*mass.geometry(), voxels)
}

/// The share of a [`ring`] that lies beyond the edge of the image and is therefore cut; 0 where all of it is inside.
///
/// # Errors
/// Those of [`ring`].
///
/// ```
/// use dlr_core::Mask;
/// use ndarray::Array3;
/// let mut voxels = Array3::from_elem((5, 5, 5), false);
/// voxels[[2, 2, 0]] = true;
/// let at_the_edge = Mask::from_array(voxels, [1.0, 1.0, 1.0])?;
/// // Of its six neighbours one is not in the image.
/// assert_eq!(dlr_imaging::regions::ring_beyond_image(&at_the_edge, 0.0, 1.0)?, 1.0 / 6.0);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn ring_beyond_image(mass: &Mask, a_mm: f64, b_mm: f64) -> Result<f64> {
    let (shape, spacing_mm) = (mass.geometry().shape(), mass.geometry().spacing_mm());
    let Some(near) = mass.bounding_box() else { return ring(mass, a_mm, b_mm).map(|_| 0.0) };
    let margin = spacing_mm.map(|s| (b_mm.max(0.0) / s).ceil().min(1e3) as usize + 1);
    if (0..3).all(|a| near.start[a] >= margin[a] && near.end[a] + margin[a] <= shape[a]) {
        return Ok(0.0);
    }
    // The mass with room around it, and how far that grid begins before the image.
    let [nz, ny, nx]: [usize; 3] = std::array::from_fn(|a| near.shape()[a] + 2 * margin[a]);
    let mut voxels = Array3::from_elem((nz, ny, nx), false);
    let [mz, my, mx] = margin;
    voxels.slice_mut(s![mz..nz - mz, my..ny - my, mx..nx - mx]).assign(&mass.crop(near).voxels());
    let whole = ring(&Mask::from_array(voxels, spacing_mm)?, a_mm, b_mm)?;
    let is_inside =
        |at: [usize; 3]| (0..3).all(|a| (margin[a]..margin[a] + shape[a]).contains(&(at[a] + near.start[a])));
    let (mut n_members, mut n_beyond) = (0usize, 0usize);
    for ((z, y, x), _) in whole.voxels().indexed_iter().filter(|(_, member)| **member) {
        n_members += 1;
        n_beyond += usize::from(!is_inside([z, y, x]));
    }
    Ok(n_beyond as f64 / n_members.max(1) as f64)
}

/// [`ring`] cut at a mask, as a rule the body.
///
/// # Errors
/// Those of [`ring`], and [`Code::GridMismatch`].
pub fn ring_within(mass: &Mask, a_mm: f64, b_mm: f64, body: &Mask) -> Result<Mask> {
    intersection(&ring(mass, a_mm, b_mm)?, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    fn ball(radius_mm: f64, spacing_mm: [f64; 3], half_mm: f64) -> Mask {
        let shape = spacing_mm.map(|s| 2 * (half_mm / s).ceil() as usize + 1);
        let voxels = Array3::from_shape_fn(shape, |(z, y, x)| {
            let at = [z, y, x];
            (0..3).map(|a| ((at[a] as f64 - (shape[a] / 2) as f64) * spacing_mm[a]).powi(2)).sum::<f64>()
                <= radius_mm * radius_mm
        });
        Mask::from_array(voxels, spacing_mm).unwrap()
    }

    #[test]
    fn has_the_volume_of_a_spherical_shell() {
        let mass = ball(12.0, [1.0, 0.8, 0.8], 26.0);
        for (a, b) in [(0.0, 5.0), (5.0, 10.0), (0.0, 10.0), (-4.0, 0.0)] {
            let volume = ring(&mass, a, b).unwrap().volume_mm3();
            // Centres count from the outermost mass voxel, so the surface lies between 12 - 1 and 12 + 1.
            let shell = |r: f64| 4.0 / 3.0 * PI * ((r + b).powi(3) - (r + a).powi(3));
            assert!((shell(11.0)..shell(13.0)).contains(&volume), "({a}, {b}]: {volume}");
        }
    }

    #[test]
    fn bounds_are_open_below_and_closed_above_despite_rounding() {
        let mass = ball(0.1, [1.1; 3], 6.0);
        assert_eq!(ring(&mass, 0.0, 3.3).unwrap().bounding_box().unwrap().shape(), [7; 3]);
        assert!(ring(&mass, 3.3, 3.8).unwrap().bounding_box().unwrap().shape().iter().all(|n| *n <= 7));
    }

    #[test]
    fn refuses_what_is_no_ring() {
        let mass = ball(2.0, [1.0; 3], 4.0);
        for (a, b) in [(2.0, 2.0), (3.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            assert_eq!(ring(&mass, a, b).unwrap_err().code(), Code::Parameter, "({a}, {b}]");
        }
        let empty = Mask::from_array(Array3::from_elem((2, 2, 2), false), [1.0; 3]).unwrap();
        assert_eq!(ring(&empty, 0.0, 1.0).unwrap_err().code(), Code::EmptyMask);
    }

    proptest! {
        #[test]
        fn neighbours_partition_and_the_crop_changes_nothing(
            radius in 1.0f64..4.0, spacing_mm in [0.7f64..3.0, 0.7f64..2.0, 0.7f64..2.0], cut in 0.5f64..4.5,
        ) {
            let mass = ball(radius, spacing_mm, 7.0);
            let whole = ring(&mass, -2.0, 5.0).unwrap();
            let (low, high) = (ring(&mass, -2.0, cut).unwrap(), ring(&mass, cut, 5.0).unwrap());
            prop_assert_eq!(low.n_voxels() + high.n_voxels(), whole.n_voxels());
            prop_assert_eq!(&crate::regions::union(&low, &high).unwrap(), &whole);
            let signed_mm = distance::signed(&mass);
            let slow = signed_mm.mapv(|d| d > -2.0 + DISTANCE_TOLERANCE_MM && d <= 5.0 + DISTANCE_TOLERANCE_MM);
            prop_assert_eq!(whole.voxels(), slow.view());
        }
    }
}
