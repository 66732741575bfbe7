//! The body mask: the patient without the air around.
//!
//! Made for MR, where air is 0 or noise and fat-suppressed tissue is dark. It is no segmentation of organs.

use super::{Connectivity, close, fill_holes, fill_holes_by_slice, largest_component};
use crate::error::{not_negative, parameter};
use dlr_core::{Code, Error, Mask, Result, Volume};

/// How the body is found.
///
/// | name | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `threshold` | none | intensity | finite | body is above it; none takes [`body_threshold`] |
/// | `closing_mm` | 0.0 | mm | ≥ 0 | closes gaps in the skin before holes are filled |
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BodyParams {
    /// Intensity above which a voxel may be body; `None` finds it from the image.
    pub threshold: Option<f64>,
    /// Radius of the closing before holes are filled.
    pub closing_mm: f64,
}

/// Share of the median tissue intensity below which a voxel is air.
const AIR_SHARE: f64 = 0.2;

/// The largest component above the threshold, with its holes filled in 3D and in each slice.
///
/// Order: threshold, largest component (faces), closing, filling by slice (marrow and vessels leave the image through
/// its end slices), filling in 3D. A crop without any air gives nearly all of the image.
///
/// # Errors
/// [`Code::Region`] for a constant image or a threshold that no voxel exceeds, [`Code::NotFinite`] for NaN or
/// infinity, [`Code::Parameter`] for a threshold that is not finite or a negative closing.
pub fn body(image: &Volume, params: &BodyParams) -> Result<Mask> {
    not_negative("closing_mm", params.closing_mm)?;
    let threshold = match params.threshold {
        Some(value) if !value.is_finite() => return Err(parameter("threshold", value, "finite")),
        Some(value) => value,
        None => body_threshold(image)?,
    };
    let above = Mask::new(*image.geometry(), image.to_f64().mapv(|v| v > threshold))?;
    if above.n_voxels() == 0 {
        return Err(Error::new(Code::Region, "no voxel is brighter than the threshold of the body")
            .found(format!("threshold {threshold}")));
    }
    let mut mask = largest_component(&above, Connectivity::Faces)?;
    if params.closing_mm > 0.0 {
        mask = close(&mask, params.closing_mm)?;
    }
    fill_holes(&fill_holes_by_slice(&mask)?)
}

/// The intensity that separates air from tissue.
///
/// 0.2 of the median of the voxels above it, found by repetition from the mean downwards (the clip level of Cox's
/// 3dClipLevel with a smaller share, because fat-suppressed tissue has a quarter of the signal of muscle). Images
/// with negative values are first raised to begin at 0.
///
/// # Errors
/// [`Code::Region`] for a constant image, [`Code::NotFinite`] for NaN or infinity.
pub fn body_threshold(image: &Volume) -> Result<f64> {
    let mut values: Vec<f64> = image.to_f64().into_iter().collect();
    if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
        return Err(Error::new(Code::NotFinite, "the image holds NaN or infinity").found(bad));
    }
    values.sort_unstable_by(f64::total_cmp);
    let (Some(&lowest), Some(&highest)) = (values.first(), values.last()) else {
        return Err(Error::new(Code::Region, "the image has no voxels"));
    };
    if lowest == highest {
        return Err(Error::new(Code::Region, "a constant image has no body").found(format!("{lowest} everywhere")));
    }
    let base = lowest.min(0.0);
    let mut threshold = values.iter().map(|v| v - base).sum::<f64>() / values.len() as f64 * AIR_SHARE;
    // The threshold settles within a few rounds; the bound only guards against a cycle of two.
    for _ in 0..100 {
        let first = values.partition_point(|v| v - base <= threshold);
        let next = AIR_SHARE * (values[first + (values.len() - first) / 2] - base);
        if next == threshold {
            break;
        }
        threshold = next;
    }
    Ok(threshold + base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;
    use ndarray::Array3;

    /// A limb: muscle 400, a rim of suppressed fat 110, dark bone, Rician air.
    fn limb(noise: f64) -> (Volume, Mask) {
        let shape = (8, 48, 48);
        let mut rng = Rng::new(4);
        let radius = |y: usize, x: usize| (y as f64 - 23.5).hypot(x as f64 - 23.5);
        let image = Array3::from_shape_fn(shape, |(_, y, x)| {
            let signal = match radius(y, x) {
                r if r < 4.0 => 0.0,
                r if r < 15.0 => 400.0,
                r if r < 20.0 => 130.0,
                _ => 0.0,
            };
            (signal + noise * rng.normal()).hypot(noise * rng.normal()) as f32
        });
        let truth = Array3::from_shape_fn(shape, |(_, y, x)| radius(y, x) < 20.0);
        (Volume::from_array(image, [5.0, 1.0, 1.0]).unwrap(), Mask::from_array(truth, [5.0, 1.0, 1.0]).unwrap())
    }

    #[test]
    fn a_limb_in_noisy_and_in_silent_air() {
        for noise in [0.0, 16.0] {
            let (image, truth) = limb(noise);
            let found = body(&image, &BodyParams::default()).unwrap();
            let both = super::super::intersection(&found, &truth).unwrap().n_voxels();
            let dice = 2.0 * both as f64 / (found.n_voxels() + truth.n_voxels()) as f64;
            assert!(dice > 0.97, "noise {noise}: dice {dice}");
        }
    }

    #[test]
    fn a_crop_without_air_is_all_body() {
        let mut rng = Rng::new(1);
        let image = Array3::from_shape_fn((6, 20, 20), |_| 300.0 + 40.0 * rng.normal() as f32);
        let found = body(&Volume::from_array(image, [1.0; 3]).unwrap(), &BodyParams::default()).unwrap();
        assert_eq!(found.n_voxels(), 6 * 20 * 20);
    }

    #[test]
    fn refuses_a_constant_image_nan_and_a_threshold_above_all() {
        let code = |values: [f32; 2], threshold| {
            let image = Array3::from_shape_fn((2, 2, 2), |(z, _, _)| values[z]);
            body(&Volume::from_array(image, [1.0; 3]).unwrap(), &BodyParams { threshold, closing_mm: 0.0 })
                .unwrap_err()
                .code()
        };
        assert_eq!(code([3.0, 3.0], None), Code::Region);
        assert_eq!(code([3.0, f32::NAN], None), Code::NotFinite);
        assert_eq!(code([3.0, 4.0], Some(9.0)), Code::Region);
        assert_eq!(code([3.0, 4.0], Some(f64::NAN)), Code::Parameter);
    }
}
