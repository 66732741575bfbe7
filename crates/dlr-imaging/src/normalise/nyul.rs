//! Nyul and Udupa's standard scale: landmarks learned from training images, then a piecewise linear map per image.
//!
//! Nyul, Udupa and Zhang, IEEE Transactions on Medical Imaging 19:143 (2000). It is fitted, so it must see training
//! images only: [`NyulScale::fit`] takes `TrainCases`, which only a split can make.

use super::{percentile, sample};
use crate::error::parameter;
use dlr_core::{Case, Code, Error, Mask, Result, TrainCases, Volume};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The landmarks.
///
/// | name | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `percentiles` | 1, 10, 20, …, 90, 99 | % | increasing, 2 or more | landmarks of each image |
/// | `range` | 0 to 100 | | increasing | where the first and the last landmark go |
///
/// The percentiles are those of Shah et al., Medical Image Analysis 15:267 (2011).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NyulParams {
    /// Landmarks of each image, in percent.
    pub percentiles: Vec<f64>,
    /// Standard values of the first and the last landmark.
    pub range: [f64; 2],
}

impl Default for NyulParams {
    fn default() -> Self {
        let middle = (1..10).map(|i| 10.0 * f64::from(i));
        NyulParams { percentiles: [1.0].into_iter().chain(middle).chain([99.0]).collect(), range: [0.0, 100.0] }
    }
}

/// A learned standard scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Frozen")]
pub struct NyulScale {
    params: NyulParams,
    standard: Vec<f64>,
}

/// A scale as it was written down, before it is believed.
#[derive(Deserialize)]
struct Frozen {
    params: NyulParams,
    standard: Vec<f64>,
}

impl TryFrom<Frozen> for NyulScale {
    type Error = Error;

    fn try_from(frozen: Frozen) -> Result<Self> {
        let Frozen { params, standard } = frozen;
        check(&params)?;
        let ascending = standard.windows(2).all(|w| w[0] <= w[1]) && standard.iter().all(|v| v.is_finite());
        if standard.len() != params.percentiles.len() || !ascending {
            let found = format!("{standard:?}");
            return Err(parameter("standard", found, "one finite value per percentile, not decreasing"));
        }
        Ok(NyulScale { params, standard })
    }
}

impl NyulScale {
    /// Learns the mean landmarks of the training images, each first mapped linearly onto the standard range.
    ///
    /// `region` picks the voxels (the body, as a rule); without one, the whole image. Cases are read in parallel and
    /// averaged in the order of the cohort.
    ///
    /// # Errors
    /// [`Code::Parameter`] for percentiles or a range that do not increase, [`Code::Learning`] without cases,
    /// [`Code::Region`] for an image whose first and last landmark are equal, those of loading.
    pub fn fit(
        params: NyulParams,
        cases: &TrainCases<'_>,
        region: &(dyn Fn(&Case) -> Result<Option<Mask>> + Sync),
    ) -> Result<Self> {
        check(&params)?;
        let landmarks = cases
            .cohort()
            .rows()
            .par_iter()
            .map(|row| {
                let case = cases.load(&row.id)?;
                let mask = region(&case)?;
                image_landmarks(&case.image, mask.as_ref(), &params).map_err(|error| error.for_case(&case.id))
            })
            .collect::<Vec<Result<_>>>();
        // The first failure in the order of the cohort, whichever thread met one first.
        let landmarks = landmarks.into_iter().collect::<Result<Vec<_>>>()?;
        Self::from_landmarks(params, &landmarks)
    }

    fn from_landmarks(params: NyulParams, landmarks: &[Vec<f64>]) -> Result<Self> {
        let [low, high] = params.range;
        if landmarks.is_empty() {
            return Err(Error::new(Code::Learning, "a standard scale needs at least one training image"));
        }
        let last = params.percentiles.len() - 1;
        let mut standard = vec![0.0; last + 1];
        for own in landmarks {
            for (sum, value) in standard.iter_mut().zip(own) {
                *sum += low + (value - own[0]) * (high - low) / (own[last] - own[0]);
            }
        }
        standard.iter_mut().for_each(|sum| *sum /= landmarks.len() as f64);
        Ok(NyulScale { params, standard })
    }

    /// Standard values of the landmarks, in order.
    pub fn standard(&self) -> &[f64] {
        &self.standard
    }

    /// Maps an image onto the scale: linear between landmarks, and beyond them with the slope of the outermost piece.
    ///
    /// Landmarks of the image that coincide (many equal voxels) are skipped.
    ///
    /// # Errors
    /// [`Code::Region`] where the image's first and last landmark are equal; those of an unusable mask or of NaN.
    pub fn apply(&self, image: &Volume, within: Option<&Mask>) -> Result<Volume> {
        let own = image_landmarks(image, within, &self.params)?;
        let mut knots: Vec<(f64, f64)> = Vec::with_capacity(own.len());
        for (x, y) in own.into_iter().zip(self.standard.iter().copied()) {
            if knots.last().is_none_or(|(before, _)| x > *before) {
                knots.push((x, y));
            }
        }
        let mut voxels = image.to_f64();
        voxels.mapv_inplace(|v| {
            let above = knots.partition_point(|(x, _)| *x <= v).clamp(1, knots.len() - 1);
            let ((x0, y0), (x1, y1)) = (knots[above - 1], knots[above]);
            y0 + (v - x0) * (y1 - y0) / (x1 - x0)
        });
        Volume::new(*image.geometry(), voxels)
    }
}

fn check(params: &NyulParams) -> Result<()> {
    let ascending = |v: &[f64]| v.len() >= 2 && v.windows(2).all(|w| w[0] < w[1]) && v.iter().all(|x| x.is_finite());
    if !ascending(&params.percentiles) || params.percentiles[0] < 0.0 || params.percentiles.iter().any(|p| *p > 100.0) {
        let found = format!("{:?}", params.percentiles);
        return Err(parameter("percentiles", found, "two or more increasing numbers between 0 and 100"));
    }
    if !ascending(&params.range) {
        return Err(parameter("range", format!("{:?}", params.range), "two increasing numbers"));
    }
    Ok(())
}

fn image_landmarks(image: &Volume, within: Option<&Mask>, params: &NyulParams) -> Result<Vec<f64>> {
    let mut values = sample(image, within)?;
    values.sort_unstable_by(f64::total_cmp);
    let own: Vec<f64> = params.percentiles.iter().map(|q| percentile(&values, *q)).collect();
    if own[0] == own[own.len() - 1] {
        return Err(super::constant(own[0]));
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::sample_cohort;
    use dlr_core::{CaseSet, Rng};
    use ndarray::Array3;

    /// Gamma-shaped intensities under a gain, an offset and a curve that differ from image to image.
    fn image(seed: u64) -> Volume {
        let mut rng = Rng::new(seed);
        let (gain, offset, curve) = (1.0 + 9.0 * rng.uniform(), 50.0 * rng.uniform(), 0.8 + 0.4 * rng.uniform());
        let voxels = Array3::from_shape_fn((10, 20, 20), |_| {
            let tissue = -(rng.uniform() * rng.uniform()).max(1e-9).ln();
            offset + gain * 100.0 * tissue.powf(curve)
        });
        Volume::from_array(voxels, [1.0; 3]).unwrap()
    }

    #[test]
    fn landmarks_agree_after_mapping_and_the_fit_sees_training_cases_only() {
        let cohort = sample_cohort();
        let seen = std::sync::Mutex::new(Vec::new());
        let load = |id: &str| {
            seen.lock().unwrap().push(id.to_owned());
            let seed = id.bytes().map(u64::from).sum();
            Ok(Case::new(id, id, image(seed)))
        };
        let train = CaseSet::new(&cohort, &load).split_roles();
        let scale = NyulScale::fit(NyulParams::default(), &train, &|_| Ok(None)).unwrap();
        let expected: Vec<_> = train.cohort().rows().iter().map(|row| row.id.clone()).collect();
        let mut seen = seen.lock().unwrap().clone();
        seen.sort();
        assert_eq!(seen, expected);
        // New images, whatever their gain, have the standard landmarks afterwards.
        for seed in 900..903 {
            let mapped = scale.apply(&image(seed), None).unwrap();
            let own = image_landmarks(&mapped, None, &NyulParams::default()).unwrap();
            for (a, b) in own.iter().zip(scale.standard()) {
                assert!((a - b).abs() < 0.5, "{own:?} against {:?}", scale.standard());
            }
        }
        assert_eq!((scale.standard()[0], scale.standard()[10]), (0.0, 100.0));
    }

    #[test]
    fn one_image_maps_its_landmarks_exactly_and_keeps_order() {
        let image = image(7);
        let own = image_landmarks(&image, None, &NyulParams::default()).unwrap();
        let scale = NyulScale::from_landmarks(NyulParams::default(), &[own]).unwrap();
        let mapped = scale.apply(&image, None).unwrap().to_f64();
        let mut pairs: Vec<_> = image.to_f64().into_iter().zip(mapped).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(pairs.windows(2).all(|w| w[0].1 <= w[1].1));
    }

    #[test]
    fn a_frozen_scale_comes_back_and_a_damaged_one_does_not() {
        let own = image_landmarks(&image(7), None, &NyulParams::default()).unwrap();
        let scale = NyulScale::from_landmarks(NyulParams::default(), &[own]).unwrap();
        let text = serde_json::to_string(&scale).unwrap();
        assert_eq!(serde_json::from_str::<NyulScale>(&text).unwrap(), scale);
        let mut damaged = serde_json::to_value(&scale).unwrap();
        damaged["standard"][3] = (-5.0).into();
        assert!(serde_json::from_value::<NyulScale>(damaged).is_err());
    }

    #[test]
    fn refusals() {
        let none: Vec<Vec<f64>> = Vec::new();
        let empty = NyulScale::from_landmarks(NyulParams::default(), &none).unwrap_err();
        assert_eq!(empty.code(), Code::Learning);
        let wrong = NyulParams { percentiles: vec![50.0, 50.0], ..NyulParams::default() };
        assert_eq!(check(&wrong).unwrap_err().code(), Code::Parameter);
        let flat = Volume::from_array(Array3::from_elem((2, 2, 2), 1.0), [1.0; 3]).unwrap();
        assert_eq!(image_landmarks(&flat, None, &NyulParams::default()).unwrap_err().code(), Code::Region);
    }
}
