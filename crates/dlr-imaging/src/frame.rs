//! A fixed grid for networks: resize to a shape, or pad and crop around the centre.
//!
//! Two conventions of resizing exist and give other numbers, so both are named: voxel centres keep the field of view
//! ([`Resize::Trilinear`], [`Resize::Nearest`]), while scipy's `zoom` puts the first and last voxel on each other
//! ([`Resize::ZoomNearest`], order 0, as MedicalNet's demo does).

use crate::error::parameter;
use crate::resample::{AxisMap, Interpolator, Store, apply_axes};
use dlr_core::{Geometry, IndexBox, Mask, Result, Volume};
use ndarray::{Array3, s};

/// How an image is brought to a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// Linear along each axis, borders repeated, the field of view kept.
    Trilinear,
    /// The voxel whose centre is nearest, the field of view kept.
    Nearest,
    /// scipy `ndimage.zoom(order=0)`: index `round(i (n - 1) / (m - 1))`, halves to the upper voxel.
    ZoomNearest,
}

/// More voxels than this are a mistake in a shape or a spacing, not an image: 8 GiB in 64 bits. Holds for every grid made here.
pub const MOST_VOXELS: usize = 1 << 30;

/// Refuses shapes without voxels and those that no memory could hold.
fn checked(shape: [usize; 3]) -> Result<()> {
    let n_voxels = shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
    if n_voxels.is_some_and(|n| (1..=MOST_VOXELS).contains(&n)) {
        return Ok(());
    }
    let expected = format!("at least 1 along each axis and at most {MOST_VOXELS} voxels together");
    Err(parameter("shape", format!("{shape:?}"), &expected))
}

/// The image on `shape` voxels `[z, y, x]`; the spacing changes with it.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for a shape with a 0 or of more than [`MOST_VOXELS`], and for an image without voxels.
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::frame::{Resize, resize};
/// let image = Volume::from_array(ndarray::array![[[0.0, 2.0]]], [1.0, 1.0, 1.0])?;
/// let wide = resize(&image, [1, 1, 4], Resize::Trilinear)?;
/// assert_eq!(wide.to_f64(), ndarray::array![[[0.0, 0.5, 1.5, 2.0]]]);
/// assert_eq!(wide.geometry().spacing_mm(), [1.0, 1.0, 0.5]);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn resize(image: &Volume, shape: [usize; 3], how: Resize) -> Result<Volume> {
    let (geometry, maps) = plan(image.geometry(), shape, how)?;
    Volume::new(geometry, apply_axes(image, &maps, Store::F64))
}

/// A mask resized by the nearest voxel, in the convention of the image it belongs to.
///
/// # Errors
/// As [`resize`].
pub fn resize_mask(mask: &Mask, shape: [usize; 3], how: Resize) -> Result<Mask> {
    let how = if how == Resize::Trilinear { Resize::Nearest } else { how };
    let (geometry, maps) = plan(mask.geometry(), shape, how)?;
    let voxels = mask.voxels();
    let at = |axis: usize, i: usize| maps[axis].nearest(i);
    let resized = Array3::from_shape_fn(shape, |(z, y, x)| match (at(0, z), at(1, y), at(2, x)) {
        (Some(z), Some(y), Some(x)) => voxels[[z, y, x]],
        _ => false,
    });
    Mask::new(geometry, resized)
}

fn plan(from: &Geometry, shape: [usize; 3], how: Resize) -> Result<(Geometry, [AxisMap; 3])> {
    checked(shape)?;
    if from.shape().contains(&0) {
        return Err(parameter("shape", format!("{shape:?}"), "asked of an image with voxels"));
    }
    let n = from.shape();
    let zoom = how == Resize::ZoomNearest;
    let step = |a: usize| match (zoom, shape[a]) {
        (true, 1) => 1.0,
        (true, m) => (n[a] as f64 - 1.0) / (m as f64 - 1.0),
        (false, m) => n[a] as f64 / m as f64,
    };
    let steps = [0, 1, 2].map(step);
    let first = steps.map(|ratio| if zoom { 0.0 } else { 0.5 * ratio - 0.5 });
    let interpolator = if how == Resize::Trilinear { Interpolator::Linear } else { Interpolator::Nearest };
    let maps = [0, 1, 2].map(|a| {
        let at: Vec<f64> = (0..shape[a]).map(|i| first[a] + i as f64 * steps[a]).collect();
        AxisMap::new(interpolator, n[a], 1.0, &at)
    });
    // An axis of one voxel that is zoomed to several has no step; its spacing stays.
    let spacing_mm = [0, 1, 2].map(|a| from.spacing_mm()[a] * if steps[a] > 0.0 { steps[a] } else { 1.0 });
    let geometry = Geometry::new(shape, spacing_mm, from.to_world(first), from.direction())?;
    Ok((geometry, maps))
}

/// The image cut or padded to `shape` with its centre in the centre; `fill` where there was nothing.
///
/// Where the difference is odd, the extra voxel is cut or added at the end. Spacing and positions are kept.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for a shape with a 0 or of more than [`MOST_VOXELS`].
pub fn centre(image: &Volume, shape: [usize; 3], fill: f64) -> Result<Volume> {
    let n = image.geometry().shape();
    centre_at(image, [0, 1, 2].map(|a| n[a] / 2), shape, fill)
}

/// [`centre`] around another voxel, for example the middle of a tumour: it becomes index `shape / 2`.
///
/// # Errors
/// As [`centre`].
pub fn centre_at(image: &Volume, middle: [usize; 3], shape: [usize; 3], fill: f64) -> Result<Volume> {
    let (geometry, source, target) = window(image.geometry(), middle, shape)?;
    let mut voxels = Array3::from_elem(shape, fill);
    if let Some(source) = source {
        voxels.slice_mut(slice(target)).assign(&image.crop_f64(source));
    }
    Volume::new(geometry, voxels)
}

/// The mask cut or padded as [`centre_at`] does with the image; outside is not in it.
///
/// # Errors
/// As [`centre`].
pub fn centre_mask_at(mask: &Mask, middle: [usize; 3], shape: [usize; 3]) -> Result<Mask> {
    let (geometry, source, target) = window(mask.geometry(), middle, shape)?;
    let mut voxels = Array3::from_elem(shape, false);
    if let Some(source) = source {
        voxels.slice_mut(slice(target)).assign(&mask.crop(source).voxels());
    }
    Mask::new(geometry, voxels)
}

type Window = (Geometry, Option<IndexBox>, IndexBox);

fn window(from: &Geometry, middle: [usize; 3], shape: [usize; 3]) -> Result<Window> {
    checked(shape)?;
    let start = [0, 1, 2].map(|a| middle[a] as isize - (shape[a] / 2) as isize);
    let n = from.shape();
    let low = [0, 1, 2].map(|a| start[a].clamp(0, n[a] as isize) as usize);
    let high = [0, 1, 2].map(|a| (start[a] + shape[a] as isize).clamp(0, n[a] as isize) as usize);
    let source = (0..3).all(|a| low[a] < high[a]).then_some(IndexBox { start: low, end: high });
    let target = IndexBox {
        start: [0, 1, 2].map(|a| (low[a] as isize - start[a]).clamp(0, shape[a] as isize) as usize),
        end: [0, 1, 2].map(|a| (high[a] as isize - start[a]).clamp(0, shape[a] as isize) as usize),
    };
    Ok((from.window(start, shape), source, target))
}

fn slice(b: IndexBox) -> ndarray::SliceInfo<[ndarray::SliceInfoElem; 3], ndarray::Ix3, ndarray::Ix3> {
    s![b.start[0]..b.end[0], b.start[1]..b.end[1], b.start[2]..b.end[2]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(shape: [usize; 3]) -> Volume {
        let voxels = Array3::from_shape_fn(shape, |(z, y, x)| (100 * z + 10 * y + x) as f64);
        Volume::from_array(voxels, [2.0, 1.0, 1.0]).unwrap()
    }

    #[test]
    fn zoom_order_0_as_scipy() {
        // scipy.ndimage.zoom(np.arange(7.), n / 7, order=0), scipy 1.17.
        let image = Volume::from_array(Array3::from_shape_fn((1, 1, 7), |(_, _, x)| x as f64), [1.0; 3]).unwrap();
        let at = |n| resize(&image, [1, 1, n], Resize::ZoomNearest).unwrap().to_f64().into_raw_vec_and_offset().0;
        assert_eq!(at(3), [0.0, 3.0, 6.0]);
        assert_eq!(at(4), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(at(10), [0.0, 1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0]);
        assert_eq!(at(5), [0.0, 2.0, 3.0, 5.0, 6.0]);
        assert_eq!(at(1), [0.0]);
    }

    #[test]
    fn the_same_shape_is_the_same_image() {
        let image = ramp([3, 4, 5]);
        for how in [Resize::Trilinear, Resize::Nearest, Resize::ZoomNearest] {
            assert_eq!(resize(&image, [3, 4, 5], how).unwrap(), image, "{how:?}");
        }
        assert_eq!(centre(&image, [3, 4, 5], 0.0).unwrap(), image);
    }

    #[test]
    fn padding_then_cutting_gives_the_image_back_in_its_place() {
        let image = ramp([3, 4, 5]);
        let padded = centre(&image, [8, 4, 9], -1.0).unwrap();
        assert_eq!(padded.to_f64().iter().filter(|v| **v == -1.0).count(), 8 * 4 * 9 - 60);
        assert_eq!(centre(&padded, [3, 4, 5], 0.0).unwrap(), image);
        let far = centre_at(&image, [50, 0, 0], [2, 2, 2], 9.0).unwrap();
        assert!(far.to_f64().iter().all(|v| *v == 9.0));
    }

    #[test]
    fn a_mask_follows_its_image() {
        let voxels = Array3::from_shape_fn((4, 6, 8), |(z, y, x)| z > 0 && y > 2 && x < 5);
        let mask = Mask::from_array(voxels.clone(), [1.0; 3]).unwrap();
        let image = Volume::from_array(voxels.mapv(|v| f64::from(u8::from(v))), [1.0; 3]).unwrap();
        for how in [Resize::Nearest, Resize::ZoomNearest] {
            let resized = resize(&image, [7, 5, 16], how).unwrap().to_f64().mapv(|v| v > 0.5);
            assert_eq!(resize_mask(&mask, [7, 5, 16], how).unwrap().voxels(), resized.view());
        }
        let moved = centre_mask_at(&mask, [1, 3, 2], [3, 3, 3]).unwrap();
        assert_eq!(moved.geometry(), centre_at(&image, [1, 3, 2], [3, 3, 3], 0.0).unwrap().geometry());
    }
}
