//! The region whose filtered intensities are described: resampled and re-segmented before the filter, which sees the whole
//! image.

use super::super::super::region::resegment;
use super::super::super::resample::resample_whole;
use super::super::super::statistics::statistics;
use crate::ibsi::IbsiParams;
use dlr_core::{Code, Error, IndexBox, Mask, Result, Volume};
use dlr_imaging::filters::ibsi::Filter;
use ndarray::Array3;

/// An image with its intensity mask.
pub(super) struct Region {
    image: Volume,
    /// On the box.
    inside: Array3<bool>,
    around: IndexBox,
}

impl Region {
    pub(super) fn new(image: &Volume, mask: &Mask, params: &IbsiParams) -> Result<Region> {
        let (image, mask) = resample_whole(image, mask, params.resampling)?;
        let around = mask.bounding_box().ok_or_else(|| Error::new(Code::EmptyMask, "the region has no voxel"))?;
        let mut inside = mask.crop(around).voxels().to_owned();
        resegment(image.crop_f64(around).view(), &mut inside, params);
        Ok(Region { image, inside, around })
    }

    /// The statistics of the filtered intensities, in the order of [`crate::ibsi::statistics::DEFINITIONS`].
    pub(super) fn statistics(&self, filter: Option<&Filter>) -> Result<[f64; 18]> {
        let response = match filter {
            None => self.image.crop_f64(self.around),
            Some(filter) => filter.apply_within(&self.image, self.around)?.into_f64(),
        };
        let values: Vec<f64> = response.iter().zip(&self.inside).filter(|(_, i)| **i).map(|(v, _)| *v).collect();
        if values.is_empty() {
            return Err(Error::new(Code::EmptyMask, "re-segmentation leaves no voxel"));
        }
        Ok(statistics(&values))
    }
}

/// The tags of the statistics in the published tables, in the order of [`Region::statistics`].
const TAGS: [&str; 18] = [
    "stat_mean",
    "stat_var",
    "stat_skew",
    "stat_kurt",
    "stat_median",
    "stat_min",
    "stat_p10",
    "stat_p90",
    "stat_max",
    "stat_iqr",
    "stat_range",
    "stat_mad",
    "stat_rmad",
    "stat_medad",
    "stat_cov",
    "stat_qcod",
    "stat_energy",
    "stat_rms",
];

/// The value with a tag.
pub(super) fn with_tag(values: &[f64; 18], tag: &str) -> Option<f64> {
    TAGS.iter().position(|t| *t == tag).map(|k| values[k])
}
