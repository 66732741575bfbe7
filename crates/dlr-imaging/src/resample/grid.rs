//! The two ways to lay a new grid over an image: IBSI's and pyradiomics'.

use crate::error::parameter;
use crate::frame::MOST_VOXELS;
use dlr_core::{Code, Error, Geometry, IndexBox, Result};

/// Spacing to use where 0 asks to keep the old one (in-plane resampling).
///
/// # Errors
/// [`Code::Parameter`] for a spacing that is negative or not finite.
pub fn new_spacing_mm(old_mm: [f64; 3], wanted_mm: [f64; 3]) -> Result<[f64; 3]> {
    if wanted_mm.iter().any(|s| !s.is_finite() || *s < 0.0) {
        let found = format!("{wanted_mm:?}");
        return Err(parameter("spacing_mm", found, "finite and above 0, or 0 to keep the image's"));
    }
    Ok([0, 1, 2].map(|a| if wanted_mm[a] == 0.0 { old_mm[a] } else { wanted_mm[a] }))
}

/// IBSI's grid: `ceil(n s / s')` voxels along each axis, its centre on the centre of the old grid.
///
/// A spacing of 0 keeps the axis as it is.
///
/// # Errors
/// [`Code::Parameter`] for a spacing that is negative or not finite, [`Code::FileTooLarge`] for more voxels than fit.
///
/// Source: IBSI reference manual, section 2.4, "Image interpolation".
pub fn centred_grid(from: &Geometry, spacing_mm: [f64; 3]) -> Result<Geometry> {
    let (n, old) = (from.shape(), from.spacing_mm());
    let new = new_spacing_mm(old, spacing_mm)?;
    let shape = checked_shape([0, 1, 2].map(|a| ceil_count(n[a] as f64 * old[a] / new[a])))?;
    let first = [0, 1, 2].map(|a| 0.5 * (n[a] as f64 - 1.0) - 0.5 * (shape[a] as f64 - 1.0) * new[a] / old[a]);
    Geometry::new(shape, new, from.to_world(first), from.direction())
}

/// Rounds up, but not because of the last bits: 60 x 3.0 / 0.6 is 300.00000000000006 in 64 bits, and means 300.
fn ceil_count(n: f64) -> f64 {
    let nearest = n.round();
    if (n - nearest).abs() <= 1e-9 * nearest { nearest } else { n.ceil() }
}

fn checked_shape(shape: [f64; 3]) -> Result<[usize; 3]> {
    if shape.iter().product::<f64>() > MOST_VOXELS as f64 {
        return Err(Error::new(Code::FileTooLarge, "the new spacing asks for more voxels than are sensible")
            .expected(format!("at most {MOST_VOXELS} voxels"))
            .found(shape.map(|n| format!("{n:.0}")).join(" x "))
            .hint("spacings are in millimetres"));
    }
    Ok(shape.map(|n| n as usize))
}

/// Where pyradiomics resamples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CornerGrid {
    /// The spacing is the image's already: nothing is interpolated, the image is cut at this box.
    Crop(IndexBox),
    /// The new grid, cut at the region's box plus the padding.
    Grid(Geometry),
}

/// pyradiomics' grid: corners aligned, cut at the region's bounding box plus `pad` new voxels.
///
/// `mask` is the mask's grid, `region` the bounding box of the label on it, `image_spacing_mm` that of the image. A
/// spacing of 0 keeps the axis, and so does an axis on which the region is one voxel thick. Equal spacings (to 1e-5
/// relative plus 1e-8 mm) give a crop.
///
/// # Errors
/// [`Code::Parameter`] for a spacing that is negative or not finite, [`Code::FileTooLarge`] for more voxels than fit.
///
/// Source: pyradiomics, `imageoperations.resampleImage`.
pub fn corner_grid(
    mask: &Geometry,
    image_spacing_mm: [f64; 3],
    region: IndexBox,
    spacing_mm: [f64; 3],
    pad: usize,
) -> Result<CornerGrid> {
    let (n, old) = (mask.shape(), mask.spacing_mm());
    let mut new = new_spacing_mm(old, spacing_mm)?;
    for a in 0..3 {
        if region.shape()[a] == 1 {
            new[a] = old[a];
        }
    }
    // numpy.allclose(image, new) with its default tolerances.
    if (0..3).all(|a| (image_spacing_mm[a] - new[a]).abs() <= 1e-8 + 1e-5 * new[a].abs()) {
        return Ok(CornerGrid::Crop(region.grown([pad; 3], n)));
    }
    let pad = pad as f64;
    let ratio = [0, 1, 2].map(|a| old[a] / new[a]);
    let low = [0, 1, 2].map(|a| ((region.start[a] as f64 - 0.5) * ratio[a] - pad).floor().max(0.0));
    let high = [0, 1, 2].map(|a| {
        let last = (n[a] as f64 * ratio[a]).ceil() - 1.0;
        ((region.end[a] as f64 - 0.5) * ratio[a] + pad).ceil().min(last)
    });
    let shape = checked_shape([0, 1, 2].map(|a| high[a] - low[a] + 1.0))?;
    let first = [0, 1, 2].map(|a| 0.5 * (new[a] - old[a]) / old[a] + low[a] / ratio[a]);
    Ok(CornerGrid::Grid(Geometry::new(shape, new, mask.to_world(first), mask.direction())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ct_phantom_of_ibsi() {
        let from = Geometry::axis_aligned([60, 201, 204], [3.0, 0.9765625, 0.9765625]).unwrap();
        let to = centred_grid(&from, [2.0; 3]).unwrap();
        assert_eq!(to.shape(), [90, 99, 100]);
        let centre = |g: &Geometry| g.to_world(g.shape().map(|n| 0.5 * (n as f64 - 1.0)));
        assert_eq!(centre(&from), centre(&to));
        assert_eq!(centred_grid(&from, [0.0, 2.0, 2.0]).unwrap().shape(), [60, 99, 100]);
    }

    #[test]
    fn rounding_does_not_add_a_slice() {
        for (n, old, new, expected) in [(60, 3.0, 0.6, 300), (7, 0.7, 0.1, 49), (10, 1.0, 3.0, 4)] {
            let from = Geometry::axis_aligned([n, 1, 1], [old, 1.0, 1.0]).unwrap();
            assert_eq!(centred_grid(&from, [new, 0.0, 0.0]).unwrap().shape()[0], expected);
        }
    }

    #[test]
    fn refuses_bad_spacings() {
        let from = Geometry::axis_aligned([4, 4, 4], [1.0; 3]).unwrap();
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(centred_grid(&from, [1.0, bad, 1.0]).unwrap_err().code(), Code::Parameter);
        }
        assert_eq!(centred_grid(&from, [1e-9; 3]).unwrap_err().code(), Code::FileTooLarge);
    }

    #[test]
    fn a_single_slice_is_not_resampled_across() {
        let mask = Geometry::axis_aligned([9, 20, 20], [5.0, 1.0, 1.0]).unwrap();
        let region = IndexBox { start: [4, 5, 5], end: [5, 9, 9] };
        let CornerGrid::Grid(grid) = corner_grid(&mask, mask.spacing_mm(), region, [1.0, 2.0, 2.0], 5).unwrap() else {
            panic!("a grid is needed")
        };
        assert_eq!(grid.spacing_mm(), [5.0, 2.0, 2.0]);
        let same = corner_grid(&mask, mask.spacing_mm(), region, [0.0, 1.000001, 1.0], 2).unwrap();
        assert_eq!(same, CornerGrid::Crop(IndexBox { start: [2, 3, 3], end: [7, 11, 11] }));
    }
}
