//! Image and mask on the grid of the manual: its centre on the centre of the old grid, the mask interpolated linearly and
//! cut at 0.5. Only the box around the region is computed.

use super::local_intensity;
use super::params::{Interpolation, Resampling};
use dlr_core::{Code, Error, Geometry, IndexBox, Mask, Result, Roi, Volume};
use dlr_imaging::resample::{Interpolator, MaskRule, Store, centred_grid, resample as resample_image, resample_mask};

/// The region on its new grid, with as much image around it as any feature looks at.
///
/// # Errors
/// [`Code::EmptyMask`] where no new voxel is half covered by the region; a spacing that asks for too many voxels.
pub(crate) fn resample(roi: &Roi<'_>, resampling: Resampling) -> Result<(Volume, Mask)> {
    let old = roi.image().geometry();
    let grid = centred_grid(old, resampling.spacing_mm.map(|s| s.unwrap_or(0.0)))?;
    // Linear interpolation reaches at most one old voxel beyond the region.
    let around = window(old, roi.bounding_box().grown([1; 3], old.shape()), &grid);
    let mask = resample_mask(roi.mask(), &part(&grid, around), MaskRule::Threshold(0.5))?;
    let Some(tight) = mask.bounding_box() else {
        return Err(Error::new(Code::EmptyMask, "the resampled region has no voxel")
            .expected("a region larger than the new voxels")
            .found(format!("{} voxels before resampling", roi.n_voxels()))
            .hint("choose a smaller spacing"));
    };
    let tight = IndexBox {
        start: [0, 1, 2].map(|a| around.start[a] + tight.start[a]),
        end: [0, 1, 2].map(|a| around.start[a] + tight.end[a]),
    };
    let wide = tight.grown(local_intensity::margin(grid.spacing_mm()), grid.shape());
    let target = part(&grid, wide);
    onto(roi.image(), roi.mask(), &target, resampling)
}

/// All of an image and a mask on the new grid: for what looks beyond the region. As they are where nothing is resampled.
///
/// # Errors
/// A spacing that asks for too many voxels.
#[cfg(feature = "conformance")]
pub(crate) fn resample_whole(image: &Volume, mask: &Mask, resampling: Option<Resampling>) -> Result<(Volume, Mask)> {
    let Some(resampling) = resampling else { return Ok((image.clone(), mask.clone())) };
    let grid = centred_grid(image.geometry(), resampling.spacing_mm.map(|s| s.unwrap_or(0.0)))?;
    onto(image, mask, &grid, resampling)
}

fn onto(image: &Volume, mask: &Mask, grid: &Geometry, resampling: Resampling) -> Result<(Volume, Mask)> {
    let interpolator = match resampling.interpolation {
        Interpolation::Linear => Interpolator::Linear,
        Interpolation::CubicSpline => Interpolator::Cubic,
    };
    let store = if resampling.round { Store::Rounded } else { Store::F64 };
    Ok((resample_image(image, grid, interpolator, store)?, resample_mask(mask, grid, MaskRule::Threshold(0.5))?))
}

/// The voxels of `grid` that may lie in a box of the grid `old`. Both grids have the same axes.
fn window(old: &Geometry, region: IndexBox, grid: &Geometry) -> IndexBox {
    let low = grid.to_index(old.to_world(region.start.map(|s| s as f64)));
    let high = grid.to_index(old.to_world(region.end.map(|e| e as f64 - 1.0)));
    let shape = grid.shape();
    IndexBox {
        start: [0, 1, 2].map(|a| ((low[a].floor() - 1.0).max(0.0) as usize).min(shape[a] - 1)),
        end: [0, 1, 2].map(|a| ((high[a].ceil() + 2.0).max(1.0) as usize).min(shape[a])),
    }
}

fn part(grid: &Geometry, region: IndexBox) -> Geometry {
    grid.window(region.start.map(|s| s as isize), region.shape())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cubic_spline_is_held_beyond_the_border_voxels() {
        let image = Volume::from_array(ndarray::array![[[1.0, 4.0, 9.0, 16.0, 25.0]]], [1.0, 1.0, 2.0]).unwrap();
        let mask = Mask::from_array(ndarray::Array3::from_elem((1, 1, 5), true), [1.0, 1.0, 2.0]).unwrap();
        let spacing_mm = [None, None, Some(1.0)];
        let fine = Resampling { spacing_mm, interpolation: Interpolation::CubicSpline, round: false };
        let (fine, inside) = resample(&Roi::new(&image, &mask).unwrap(), fine).unwrap();
        assert_eq!((fine.geometry().shape(), inside.n_voxels()), ([1, 1, 10], 10));
        // New voxels lie a quarter of an old one beyond the centres of the border voxels; mirrored they would be 1.25.
        assert!((fine.get([0, 0, 0]) - 1.0).abs() < 1e-9 && (fine.get([0, 0, 9]) - 25.0).abs() < 1e-9);
    }
}
