//! What happens to image and mask before a feature is computed: the checks of the region and re-segmentation.

use super::{ResegmentMode, Settings};
use crate::families::statistics::sum_of;
use dlr_core::{Code, Error, IndexBox, Mask, Result, Volume};

/// The box of a region that satisfies the size settings.
///
/// # Errors
/// [`Code::EmptyMask`]; [`Code::Region`] where a size setting is not met.
pub(crate) fn checked_box(mask: &Mask, settings: &Settings) -> Result<IndexBox> {
    let Some(region) = mask.bounding_box() else {
        return Err(Error::new(Code::EmptyMask, "the mask has no voxel"));
    };
    let extent = region.shape();
    let n_dimensions = extent.iter().filter(|n| **n > 1).count();
    if let Some(needed) = settings.minimum_roi_dimensions
        && n_dimensions < needed
    {
        return Err(Error::new(Code::Region, format!("the region has {n_dimensions} dimensions"))
            .expected(format!("at least {needed} (minimumROIDimensions)"))
            .found(format!("a box of {} x {} x {} voxels (z, y, x)", extent[0], extent[1], extent[2])));
    }
    if let Some(needed) = settings.minimum_roi_size {
        let n_voxels = mask.n_voxels();
        if n_voxels as f64 <= needed {
            return Err(Error::new(Code::Region, format!("the region has {n_voxels} voxels"))
                .expected(format!("more than {needed} (minimumROISize)")));
        }
    }
    Ok(region)
}

/// The voxels of `mask` whose intensities lie in the range of the settings, both ends included.
///
/// # Errors
/// [`Code::Parameter`] for a range of no or more than two numbers, [`Code::Region`] where fewer than two voxels remain.
pub(crate) fn resegment(image: &Volume, mask: &Mask, at: IndexBox, settings: &Settings) -> Result<Mask> {
    let range = settings.resegment_range.as_deref().unwrap_or_default();
    if range.is_empty() || range.len() > 2 {
        return Err(Error::new(Code::Parameter, "setting `resegmentRange` has the wrong length")
            .expected("one number or two")
            .found(range.len()));
    }
    let intensities = super::region::Region::new(image, mask, at).intensities;
    let mut range = range.to_vec();
    range.sort_unstable_by(f64::total_cmp);
    let thresholds: Vec<f64> = match settings.resegment_mode {
        ResegmentMode::Absolute => range,
        ResegmentMode::Relative => {
            let largest = intensities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            range.iter().map(|share| largest * share).collect()
        }
        ResegmentMode::Sigma => {
            let n = intensities.len() as f64;
            let mean = sum_of(&intensities, |x| x) / n;
            let deviation = (sum_of(&intensities, |x| (x - mean).powi(2)) / n).sqrt();
            range.iter().map(|times| mean + deviation * times).collect()
        }
    };
    let keeps = |x: f64| x >= thresholds[0] && thresholds.get(1).is_none_or(|high| x <= *high);
    let mut voxels = ndarray::Array3::from_elem(mask.geometry().shape(), false);
    let mut n_kept = 0;
    let mut next = intensities.iter();
    for z in at.start[0]..at.end[0] {
        for y in at.start[1]..at.end[1] {
            for x in at.start[2]..at.end[2] {
                if mask.voxels()[[z, y, x]] && next.next().is_some_and(|value| keeps(*value)) {
                    voxels[[z, y, x]] = true;
                    n_kept += 1;
                }
            }
        }
    }
    if n_kept < 2 {
        return Err(Error::new(
            Code::Region,
            format!("re-segmentation leaves {n_kept} voxels of {}", intensities.len()),
        )
        .expected("at least 2")
        .hint("widen `resegmentRange`"));
    }
    Mask::new(*mask.geometry(), voxels)
}
