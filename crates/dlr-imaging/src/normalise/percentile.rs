//! Percentile clipping and min-max scaling.

use super::{constant, sample};
use crate::error::parameter;
use dlr_core::{Mask, Result, Volume};

/// The `q`-th percentile (0 to 100) of values sorted upwards, interpolated linearly between order statistics: numpy's
/// default, Hyndman and Fan's type 7.
///
/// NaN for no values.
pub fn percentile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = (q / 100.0).clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (at - below as f64)
}

/// Sets what lies beyond two percentiles to them; percentiles over `within`, or over the whole image.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] unless `0 ≤ low < high ≤ 100`; those of an unusable mask or of NaN.
pub fn clip_percentiles(image: &Volume, within: Option<&Mask>, low: f64, high: f64) -> Result<Volume> {
    let (from, to) = bounds(image, within, low, high)?;
    let mut voxels = image.to_f64();
    voxels.mapv_inplace(|v| v.clamp(from, to));
    Volume::new(*image.geometry(), voxels)
}

/// Scales so that the two percentiles become 0 and 1, clipping beyond; 0 and 100 are the minimum and the maximum.
///
/// # Errors
/// As [`clip_percentiles`], and [`dlr_core::Code::Region`] where both percentiles are equal.
pub fn min_max(image: &Volume, within: Option<&Mask>, low: f64, high: f64) -> Result<Volume> {
    let (from, to) = bounds(image, within, low, high)?;
    if from == to {
        return Err(constant(from));
    }
    let mut voxels = image.to_f64();
    voxels.mapv_inplace(|v| (v.clamp(from, to) - from) / (to - from));
    Volume::new(*image.geometry(), voxels)
}

fn bounds(image: &Volume, within: Option<&Mask>, low: f64, high: f64) -> Result<(f64, f64)> {
    // Written so that NaN is refused too.
    if !(0.0 <= low && low < high && high <= 100.0) {
        return Err(parameter("percentiles", format!("{low} and {high}"), "increasing, between 0 and 100"));
    }
    let mut values = sample(image, within)?;
    values.sort_unstable_by(f64::total_cmp);
    Ok((percentile(&values, low), percentile(&values, high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Code;
    use ndarray::Array3;

    #[test]
    fn percentiles_as_numpy() {
        // numpy.percentile([1, 2, 4, 8], [0, 10, 50, 75, 100])
        let values = [1.0, 2.0, 4.0, 8.0];
        let expected = [1.0, 1.3, 3.0, 5.0, 8.0];
        for (q, expected) in [0.0, 10.0, 50.0, 75.0, 100.0].into_iter().zip(expected) {
            assert!((percentile(&values, q) - expected).abs() < 1e-15);
        }
        assert!(percentile(&[], 50.0).is_nan());
    }

    #[test]
    fn ranges_after_clipping_and_scaling() {
        let image = Volume::from_array(Array3::from_shape_fn((1, 1, 101), |(_, _, x)| x as f32), [1.0; 3]).unwrap();
        let clipped = clip_percentiles(&image, None, 5.0, 90.0).unwrap();
        assert_eq!([clipped.get([0, 0, 0]), clipped.get([0, 0, 50]), clipped.get([0, 0, 100])], [5.0, 50.0, 90.0]);
        let scaled = min_max(&image, None, 0.0, 100.0).unwrap();
        assert_eq!([scaled.get([0, 0, 0]), scaled.get([0, 0, 50]), scaled.get([0, 0, 100])], [0.0, 0.5, 1.0]);
        for (low, high) in [(5.0, 5.0), (-1.0, 50.0), (1.0, 101.0), (f64::NAN, 50.0)] {
            assert_eq!(min_max(&image, None, low, high).unwrap_err().code(), Code::Parameter);
        }
        let flat = Volume::from_array(Array3::from_elem((2, 2, 2), 7.0), [1.0; 3]).unwrap();
        assert_eq!(min_max(&flat, None, 0.0, 100.0).unwrap_err().code(), Code::Region);
        assert_eq!(clip_percentiles(&flat, None, 1.0, 99.0).unwrap().get([1, 1, 1]), 7.0);
    }
}
