//! Z-scores: mean 0 and a chosen standard deviation over a region, with values beyond a number of them clipped.

use super::{constant, sample};
use crate::error::positive;
use dlr_core::{Mask, Result, Volume};

/// What the sum of squares is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divisor {
    /// `n`: the standard deviation of the voxels.
    N,
    /// `n - 1`: the estimate that ITK's normalisation, and so pyradiomics, uses.
    NMinus1,
}

/// How z-scores are made.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `scale` | 1.0 | > 0 | the standard deviation afterwards (pyradiomics `normalizeScale`) |
/// | `clip_sd` | none | > 0 | values beyond this many deviations are set there (pyradiomics `removeOutliers`) |
/// | `divisor` | `n - 1` | | of the standard deviation |
#[derive(Debug, Clone, PartialEq)]
pub struct ZScoreParams {
    /// Factor applied last.
    pub scale: f64,
    /// Clipping, in standard deviations, before scaling.
    pub clip_sd: Option<f64>,
    /// Of the sum of squares.
    pub divisor: Divisor,
}

impl Default for ZScoreParams {
    fn default() -> Self {
        ZScoreParams { scale: 1.0, clip_sd: None, divisor: Divisor::NMinus1 }
    }
}

/// `scale · clip((x - mean) / sd)`, with mean and sd over `within` or, without it, over the whole image.
///
/// The order (normalise, clip, scale) is pyradiomics'; without mask, with its scale and outliers, so are the values.
///
/// # Errors
/// [`dlr_core::Code::Region`] where all voxels used are equal, [`dlr_core::Code::Parameter`] for a scale or clip
/// that is not above 0, those of an unusable mask or of NaN.
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::normalise::{ZScoreParams, zscore};
/// let image = Volume::from_array(ndarray::array![[[1.0, 2.0, 3.0]]], [1.0; 3])?;
/// let z = zscore(&image, None, &ZScoreParams { scale: 100.0, ..ZScoreParams::default() })?;
/// assert_eq!(z.to_f64(), ndarray::array![[[-100.0, 0.0, 100.0]]]);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn zscore(image: &Volume, within: Option<&Mask>, params: &ZScoreParams) -> Result<Volume> {
    positive("scale", params.scale)?;
    let limit = params.clip_sd.map(|sd| positive("clip_sd", sd)).transpose()?.unwrap_or(f64::INFINITY);
    let values = sample(image, within)?;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    let divisor = if params.divisor == Divisor::N { n } else { n - 1.0 };
    // A constant image leaves rounding of the mean in the squares, so the values themselves are asked.
    if values.iter().all(|v| *v == values[0]) {
        return Err(constant(values[0]));
    }
    let factor = 1.0 / (squares / divisor).sqrt();
    let mut voxels = image.to_f64();
    voxels.mapv_inplace(|v| ((v - mean) * factor).clamp(-limit, limit) * params.scale);
    Volume::new(*image.geometry(), voxels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::{Code, Rng};
    use ndarray::Array3;

    fn image() -> Volume {
        let mut rng = Rng::new(3);
        Volume::from_array(Array3::from_shape_fn((4, 5, 6), |_| 500.0 + 80.0 * rng.normal()), [1.0; 3]).unwrap()
    }

    #[test]
    fn mean_zero_and_deviation_scale_over_the_mask() {
        let image = image();
        let mask = Mask::from_array(Array3::from_shape_fn((4, 5, 6), |(z, _, _)| z < 2), [1.0; 3]).unwrap();
        let params = ZScoreParams { scale: 100.0, divisor: Divisor::N, ..ZScoreParams::default() };
        let z = sample(&zscore(&image, Some(&mask), &params).unwrap(), Some(&mask)).unwrap();
        let mean = z.iter().sum::<f64>() / 60.0;
        let sd = (z.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 60.0).sqrt();
        assert!(mean.abs() < 1e-10 && (sd - 100.0).abs() < 1e-10, "{mean} {sd}");
    }

    #[test]
    fn clipping_comes_before_scaling() {
        let params = ZScoreParams { scale: 10.0, clip_sd: Some(1.5), ..ZScoreParams::default() };
        let z = zscore(&image(), None, &params).unwrap().to_f64();
        assert_eq!(z.iter().copied().fold(f64::MIN, f64::max), 15.0);
        assert_eq!(z.iter().copied().fold(f64::MAX, f64::min), -15.0);
    }

    #[test]
    fn refusals() {
        let flat = Volume::from_array(Array3::from_elem((2, 2, 2), 0.1), [1.0; 3]).unwrap();
        assert_eq!(zscore(&flat, None, &ZScoreParams::default()).unwrap_err().code(), Code::Region);
        let params = ZScoreParams { scale: 0.0, ..ZScoreParams::default() };
        assert_eq!(zscore(&image(), None, &params).unwrap_err().code(), Code::Parameter);
        let empty = Mask::from_array(Array3::from_elem((4, 5, 6), false), [1.0; 3]).unwrap();
        assert_eq!(zscore(&image(), Some(&empty), &ZScoreParams::default()).unwrap_err().code(), Code::EmptyMask);
        let nan = Volume::from_array(Array3::from_elem((2, 2, 2), f32::NAN), [1.0; 3]).unwrap();
        assert_eq!(zscore(&nan, None, &ZScoreParams::default()).unwrap_err().code(), Code::NotFinite);
    }
}
