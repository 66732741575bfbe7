//! What happens to image and mask before a feature is computed: normalising, resampling or pre-cropping, the checks of
//! the region, re-segmentation. The voxels themselves are changed by `dlr-imaging`; the order is decided here.

use super::{ResegmentMode, Settings};
use crate::families::statistics::sum_of;
use dlr_core::{Code, Error, IndexBox, Mask, Result, Roi, Volume};
use dlr_imaging::filters::pyradiomics::Stored;
use dlr_imaging::normalise::{ZScoreParams, zscore};
use dlr_imaging::resample::{Store, mask_onto, resample_like_pyradiomics};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Image and mask that features are computed on.
pub(crate) struct Prepared<'a> {
    pub(crate) image: Cow<'a, Volume>,
    /// The region as shape sees it.
    pub(crate) shape_mask: Cow<'a, Mask>,
    /// The region after re-segmentation, if there was one and it does not concern shape.
    resegmented: Option<Mask>,
    /// The box of the region after re-segmentation. pyradiomics crops shape to it as well.
    pub(crate) at: IndexBox,
    /// Filled when a filter asks, unless a step of the preparation has decided it.
    stored: OnceLock<Stored>,
}

impl Prepared<'_> {
    /// The region as intensity and texture see it.
    pub(crate) fn mask(&self) -> &Mask {
        self.resegmented.as_ref().unwrap_or(&self.shape_mask)
    }

    /// The number type that the image has in pyradiomics.
    pub(crate) fn stored(&self) -> Stored {
        *self.stored.get_or_init(|| Stored::guess(&self.image))
    }
}

/// Applies the settings in pyradiomics' order.
///
/// Integer images stay integer when they are resampled, as ITK keeps the pixel type of a file. The type is judged by
/// the voxels ([`Store::guess`]): whole numbers are an integer image.
///
/// # Errors
/// Those of [`Roi::new`] and of each step.
pub(crate) fn prepare<'a>(image: &'a Volume, mask: &'a Mask, settings: &Settings) -> Result<Prepared<'a>> {
    let mut mask = Cow::Borrowed(mask);
    if settings.correct_mask && !image.geometry().is_same_grid(mask.geometry()) {
        mask = Cow::Owned(mask_onto(&mask, image.geometry())?);
    }
    let mut region = Roi::new(image, &mask)?.bounding_box();
    let stored = OnceLock::new();
    let mut image = Cow::Borrowed(image);
    let resampled = settings.resampled_pixel_spacing.zip(settings.interpolator);
    let store = match resampled {
        Some(_) if !settings.normalize => Store::guess(&image),
        _ => Store::F64,
    };
    if resampled.is_some() || settings.normalize {
        let _ = stored.set(match store {
            Store::Integer { .. } => Stored::Integer,
            Store::F32 => Stored::F32,
            _ => Stored::F64,
        });
    }
    if settings.normalize {
        let params =
            ZScoreParams { scale: settings.normalize_scale, clip_sd: settings.remove_outliers, ..Default::default() };
        image = Cow::Owned(zscore(&image, None, &params)?);
    }
    if let Some(([x, y, z], interpolator)) = resampled {
        let pad = settings.pad_distance;
        let new = resample_like_pyradiomics(&image, &mask, [z, y, x], interpolator, pad, store)?;
        let Some(found) = new.mask.bounding_box() else {
            return Err(Error::new(Code::EmptyMask, "no voxel of the region is left after resampling")
                .expected("a voxel centre of the new grid inside the region")
                .hint("choose a finer `resampledPixelSpacing`"));
        };
        region = found;
        (image, mask) = (Cow::Owned(new.image), Cow::Owned(new.mask));
    } else if settings.pre_crop {
        let at = region.grown([settings.pad_distance; 3], mask.geometry().shape());
        region = IndexBox {
            start: [0, 1, 2].map(|a| region.start[a] - at.start[a]),
            end: [0, 1, 2].map(|a| region.end[a] - at.start[a]),
        };
        (image, mask) = (Cow::Owned(image.crop(at)), Cow::Owned(mask.crop(at)));
    }
    let mut at = checked(region, &mask, settings)?;
    let mut resegmented = None;
    if settings.resegment_range.is_some() {
        let narrower = resegment(&image, &mask, at, settings)?;
        let Some(found) = narrower.bounding_box() else {
            return Err(Error::new(Code::EmptyMask, "re-segmentation leaves no voxel"));
        };
        at = checked(found, &narrower, settings)?;
        if settings.resegment_shape {
            mask = Cow::Owned(narrower);
        } else {
            resegmented = Some(narrower);
        }
    }
    Ok(Prepared { image, shape_mask: mask, resegmented, at, stored })
}

/// The box of a region that satisfies the size settings.
///
/// # Errors
/// [`Code::Region`] where a size setting is not met.
fn checked(region: IndexBox, mask: &Mask, settings: &Settings) -> Result<IndexBox> {
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
fn resegment(image: &Volume, mask: &Mask, at: IndexBox, settings: &Settings) -> Result<Mask> {
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
