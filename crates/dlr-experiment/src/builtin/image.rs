//! `resample`, `body`, `zscore`, `ring`: the image steps of `dlr-imaging` on cases.

use dlr_core::{Case, Code, Error, ImageStep, Mask, Result};
use dlr_imaging::{
    normalise::{Divisor, ZScoreParams, zscore},
    regions::{BodyParams, body, difference, intersection, ring},
    resample::{Interpolator, MaskRule, Store, centred_grid, resample, resample_mask},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Image and masks onto another spacing, on IBSI's centred grid.
///
/// | name | default | unit | meaning |
/// |---|---|---|---|
/// | `spacing_mm` | | mm | z, y, x; 0 keeps that axis |
/// | `interpolation` | `linear` | | of the image: `nearest`, `linear`, `bspline` |
///
/// Masks are interpolated linearly and cut at 0.5.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResampleStep {
    spacing_mm: [f64; 3],
    #[serde(default)]
    interpolation: Interpolation,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Interpolation {
    Nearest,
    #[default]
    Linear,
    Bspline,
}

impl ImageStep for ResampleStep {
    fn apply(&self, mut case: Case) -> Result<Case> {
        let grid = centred_grid(case.image.geometry(), self.spacing_mm)?;
        let interpolator = match self.interpolation {
            Interpolation::Nearest => Interpolator::Nearest,
            Interpolation::Linear => Interpolator::Linear,
            Interpolation::Bspline => Interpolator::BSpline,
        };
        // Resampling reads beyond the regions, and one NaN would spread: it is refused while it can be named.
        for name in case.masks.keys() {
            case.roi(name)?;
        }
        case.image = resample(&case.image, &grid, interpolator, Store::F64)?;
        case.masks = case
            .masks
            .iter()
            .map(|(name, mask)| Ok((name.clone(), resample_mask(mask, &grid, MaskRule::Threshold(0.5))?)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        Ok(noted(case, format!("resampled to {:?} mm, {:?}", self.spacing_mm, self.interpolation)))
    }
}

/// The patient without the air around, as a mask.
///
/// | name | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | `body` | | the mask that is made |
/// | `threshold` | none | intensity | body is above it; none finds it from the image |
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BodyStep {
    name: String,
    threshold: Option<f64>,
}

impl Default for BodyStep {
    fn default() -> Self {
        BodyStep { name: "body".into(), threshold: None }
    }
}

impl ImageStep for BodyStep {
    fn apply(&self, mut case: Case) -> Result<Case> {
        let mask = body(&case.image, &BodyParams { threshold: self.threshold, ..BodyParams::default() })?;
        case.masks.insert(self.name.clone(), mask);
        Ok(noted(case, format!("mask `{}` made from the image", self.name)))
    }
}

/// Intensities as z-scores.
///
/// | name | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask that mean and standard deviation are taken over; `image` for all voxels |
/// | `scale` | 100 | | the standard deviation afterwards |
/// | `clip_sd` | none | standard deviations | values beyond are set there |
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ZScoreStep {
    within: String,
    scale: f64,
    clip_sd: Option<f64>,
}

impl Default for ZScoreStep {
    fn default() -> Self {
        ZScoreStep { within: "body".into(), scale: 100.0, clip_sd: None }
    }
}

impl ImageStep for ZScoreStep {
    fn apply(&self, mut case: Case) -> Result<Case> {
        let params = ZScoreParams { scale: self.scale, clip_sd: self.clip_sd, divisor: Divisor::NMinus1 };
        let within = if self.within == "image" { None } else { Some(case.mask(&self.within)?) };
        case.image = zscore(&case.image, within, &params)?;
        Ok(noted(case, format!("z-scored within `{}`, scale {}", self.within, self.scale)))
    }
}

/// The ring around a region, by exact distance in millimetres, cut at other masks.
///
/// | name | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | `peri` | | the mask that is made |
/// | `of` | `mass` | | the region in the middle |
/// | `from_mm`, `to_mm` | 0, 10 | mm | distance from the region: above the first, up to the second |
/// | `within` | `["body"]` | | masks that the ring is cut at |
/// | `minus` | `[]` | | masks that are taken out |
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RingStep {
    name: String,
    of: String,
    from_mm: f64,
    to_mm: f64,
    within: Vec<String>,
    minus: Vec<String>,
}

impl Default for RingStep {
    fn default() -> Self {
        RingStep {
            name: "peri".into(),
            of: "mass".into(),
            from_mm: 0.0,
            to_mm: 10.0,
            within: vec!["body".into()],
            minus: Vec::new(),
        }
    }
}

impl ImageStep for RingStep {
    fn apply(&self, mut case: Case) -> Result<Case> {
        let mut region: Mask = ring(case.mask(&self.of)?, self.from_mm, self.to_mm)?;
        for name in &self.within {
            region = intersection(&region, case.mask(name)?)?;
        }
        for name in &self.minus {
            region = difference(&region, case.mask(name)?)?;
        }
        if region.n_voxels() == 0 {
            return Err(Error::new(Code::EmptyMask, format!("the ring `{}` is empty", self.name))
                .hint("the region fills the image, or the masks leave nothing of the ring"));
        }
        case.masks.insert(self.name.clone(), region);
        Ok(noted(case, format!("ring `{}`: {} to {} mm around `{}`", self.name, self.from_mm, self.to_mm, self.of)))
    }
}

fn noted(mut case: Case, line: String) -> Case {
    case.history.push(line);
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::{check_image_step, sample_case};

    #[test]
    fn steps_keep_their_contract() {
        check_image_step(&ResampleStep { spacing_mm: [1.0; 3], interpolation: Interpolation::Linear }).unwrap();
        check_image_step(&BodyStep::default()).unwrap();
        check_image_step(&ZScoreStep { within: "image".into(), ..ZScoreStep::default() }).unwrap();
        check_image_step(&RingStep { within: Vec::new(), to_mm: 4.0, ..RingStep::default() }).unwrap();
    }

    #[test]
    fn a_ring_needs_its_masks_and_some_room() {
        assert_eq!(RingStep::default().apply(sample_case()).unwrap_err().code(), Code::MissingMask);
        let none = RingStep { within: vec!["mass".into()], ..RingStep::default() };
        assert_eq!(none.apply(sample_case()).unwrap_err().code(), Code::EmptyMask);
    }
}
