//! A tissue reference for one image: the peak of a smoothed histogram, after WhiteStripe.
//!
//! Shinohara et al., NeuroImage: Clinical 6:9 (2014) take the peak of white matter and the spread around it. In a limb
//! the reference is muscle: the highest peak of a T2-weighted, fat-suppressed image within the body.

use super::{constant, percentile, sample};
use crate::error::parameter;
use dlr_core::{Code, Error, Mask, Result, Volume};

/// Which peak of the histogram is the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TissuePeak {
    /// The highest: the tissue with most voxels.
    #[default]
    Highest,
    /// The last (brightest) of at least a twentieth of the highest: white matter on T1.
    Last,
}

/// What the reference tissue becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TissueScale {
    /// 0 with standard deviation 1, `(x - mean) / sd`: WhiteStripe.
    #[default]
    Sd,
    /// 1, `x / mean`: the signal relative to muscle, as reports of soft-tissue MRI give it. Unlike the standard deviation
    /// of the stripe, it does not depend on the noise of the scanner.
    Mean,
}

/// Parameters of [`tissue_peak`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TissueParams {
    /// Which peak.
    pub peak: TissuePeak,
    /// Half the stripe, as a share of the voxels on either side of the peak.
    pub width: f64,
    /// What the reference tissue becomes.
    pub scale: TissueScale,
}

impl Default for TissueParams {
    /// The highest peak, WhiteStripe's 0.05, and mean 0 with standard deviation 1.
    fn default() -> Self {
        TissueParams { peak: TissuePeak::Highest, width: 0.05, scale: TissueScale::Sd }
    }
}

/// Where the reference tissue lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TissueReference {
    /// Intensity of the peak.
    pub peak: f64,
    /// Mean of the voxels in the stripe around it.
    pub mean: f64,
    /// Standard deviation of these (divided by n).
    pub sd: f64,
    /// Their number.
    pub n_voxels: usize,
}

/// Intensities relative to a reference tissue, which becomes 0 ± 1 or 1; see [`TissueScale`].
///
/// # Errors
/// Those of [`tissue_reference`]; [`Code::Region`] where [`TissueScale::Mean`] meets a tissue whose mean is not above 0.
pub fn tissue_peak(image: &Volume, within: Option<&Mask>, params: &TissueParams) -> Result<Volume> {
    let TissueReference { mean, sd, .. } = tissue_reference(image, within, params.peak, params.width)?;
    let (zero, one) = match params.scale {
        TissueScale::Sd => (mean, sd),
        TissueScale::Mean if mean > 0.0 => (0.0, mean),
        TissueScale::Mean => {
            return Err(Error::new(Code::Region, "no signal can be given relative to the reference tissue")
                .expected("a mean above 0")
                .found(mean)
                .hint("put this step before those that move 0, or use `scale = \"sd\"`"));
        }
    };
    let mut voxels = image.to_f64();
    voxels.mapv_inplace(|v| (v - zero) / one);
    Volume::new(*image.geometry(), voxels)
}

/// Finds the reference tissue.
///
/// The histogram has 512 bins between the 0.1st and 99.9th percentile and is smoothed with a Gaussian of 1.5 % of that
/// range. The stripe runs from the quantile of the peak minus `width` to that plus `width`.
///
/// # Errors
/// [`Code::Parameter`] for a width outside `(0, 0.5]`, [`Code::Region`] for a constant image or stripe, those of an
/// unusable mask or of NaN.
pub fn tissue_reference(
    image: &Volume,
    within: Option<&Mask>,
    which: TissuePeak,
    width: f64,
) -> Result<TissueReference> {
    if !(width > 0.0 && width <= 0.5) {
        return Err(parameter("width", width, "above 0 and at most 0.5"));
    }
    let mut values = sample(image, within)?;
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = (percentile(&values, 0.1), percentile(&values, 99.9));
    if low == high {
        return Err(constant(low));
    }
    let peak = histogram_peak(&values, low, high, which);
    let n = values.len() as f64;
    let quantile = values.partition_point(|v| *v <= peak) as f64 / n;
    let at = |q: f64| percentile(&values, 100.0 * q.clamp(0.0, 1.0));
    let (from, to) = (at(quantile - width), at(quantile + width));
    let stripe = &values[values.partition_point(|v| *v < from)..values.partition_point(|v| *v <= to)];
    let count = stripe.len() as f64;
    let mean = stripe.iter().sum::<f64>() / count;
    let sd = (stripe.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count).sqrt();
    if sd == 0.0 {
        return Err(Error::new(Code::Region, "the reference tissue has one intensity only").found(peak));
    }
    Ok(TissueReference { peak, mean, sd, n_voxels: stripe.len() })
}

fn histogram_peak(sorted: &[f64], low: f64, high: f64, which: TissuePeak) -> f64 {
    const N_BINS: usize = 512;
    let width = (high - low) / N_BINS as f64;
    let mut counts = [0.0; N_BINS];
    for v in sorted.iter().filter(|v| (low..=high).contains(*v)) {
        counts[(((v - low) / width) as usize).min(N_BINS - 1)] += 1.0;
    }
    let sigma = 0.015 * N_BINS as f64;
    let smooth: Vec<f64> = (0..N_BINS)
        .map(|i| {
            let weighted = counts.iter().enumerate().map(|(j, n)| {
                let offset = (i as f64 - j as f64) / sigma;
                n * (-0.5 * offset * offset).exp()
            });
            weighted.sum()
        })
        .collect();
    let highest = smooth.iter().copied().fold(0.0, f64::max);
    let is_peak = |i: &usize| {
        let (before, after) = (smooth.get(i.wrapping_sub(1)), smooth.get(i + 1));
        before.is_none_or(|b| *b < smooth[*i]) && after.is_none_or(|a| *a <= smooth[*i])
    };
    let bin = match which {
        TissuePeak::Highest => smooth.iter().position(|v| *v == highest),
        TissuePeak::Last => (0..N_BINS).rev().filter(|i| smooth[*i] >= highest / 20.0).find(is_peak),
    };
    low + (bin.unwrap_or(0) as f64 + 0.5) * width
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;
    use ndarray::Array3;

    /// 60 % muscle at 300, 25 % fat at 120, 15 % bright tumour at 700.
    fn image(gain: f64) -> Volume {
        let mut rng = Rng::new(8);
        let voxels = Array3::from_shape_fn((10, 40, 40), |_| {
            let (centre, sd) = match rng.uniform() {
                u if u < 0.6 => (300.0, 20.0),
                u if u < 0.85 => (120.0, 15.0),
                _ => (700.0, 60.0),
            };
            gain * (centre + sd * rng.normal())
        });
        Volume::from_array(voxels, [1.0; 3]).unwrap()
    }

    #[test]
    fn finds_muscle_and_the_brightest_tissue() {
        let muscle = tissue_reference(&image(1.0), None, TissuePeak::Highest, 0.05).unwrap();
        assert!((muscle.peak - 300.0).abs() < 6.0 && (muscle.mean - 300.0).abs() < 6.0, "{muscle:?}");
        let bright = tissue_reference(&image(1.0), None, TissuePeak::Last, 0.05).unwrap();
        assert!((bright.peak - 700.0).abs() < 40.0, "{bright:?}");
    }

    #[test]
    fn the_gain_of_the_scanner_cancels() {
        for scale in [TissueScale::Sd, TissueScale::Mean] {
            let at = |gain| {
                tissue_peak(&image(gain), None, &TissueParams { scale, ..TissueParams::default() }).unwrap().to_f64()
            };
            let difference = (&at(1.0) - &at(8.0)).mapv(f64::abs);
            assert!(difference.iter().all(|d| *d < 1e-9));
        }
    }

    #[test]
    fn relative_to_muscle_is_the_ratio_to_its_mean() {
        let params = TissueParams { scale: TissueScale::Mean, ..TissueParams::default() };
        let reference = tissue_reference(&image(1.0), None, params.peak, params.width).unwrap();
        let after = tissue_peak(&image(1.0), None, &params).unwrap().to_f64();
        let off = (&after - &image(1.0).to_f64().mapv(|v| v / reference.mean)).mapv(f64::abs);
        assert!(off.iter().all(|d| *d == 0.0));
        // Moved so that muscle is at 0 or below, there is no ratio.
        let moved = Volume::from_array(image(1.0).to_f64().mapv(|v| v - 400.0), [1.0; 3]).unwrap();
        assert_eq!(tissue_peak(&moved, None, &params).unwrap_err().code(), Code::Region);
    }

    /// The definition: the voxels between the two quantiles around the peak, all of them and no others, become 0 ± 1.
    #[test]
    fn the_stripe_between_the_quantiles_becomes_mean_0_and_sd_1() {
        let image = image(1.0);
        for (which, width) in [(TissuePeak::Highest, 0.05), (TissuePeak::Highest, 0.1), (TissuePeak::Last, 0.02)] {
            let reference = tissue_reference(&image, None, which, width).unwrap();
            let raw: Vec<f64> = image.to_f64().into_iter().collect();
            let after: Vec<f64> =
                tissue_peak(&image, None, &TissueParams { peak: which, width, ..TissueParams::default() })
                    .unwrap()
                    .to_f64()
                    .into_iter()
                    .collect();
            // Ranks by counting, without the order statistics of the code.
            let n = raw.len() as f64;
            let share = |v: f64| raw.iter().filter(|other| **other <= v).count() as f64 / n;
            let peak = share(reference.peak);
            // The interpolated quantile lies between two ranks, so one voxel on either side may fall out or in.
            let stripe: Vec<f64> = after
                .iter()
                .zip(&raw)
                .filter(|(_, v)| (share(**v) - peak).abs() <= width + 0.5 / n)
                .map(|(z, _)| *z)
                .collect();
            let count = stripe.len() as f64;
            assert!((count - reference.n_voxels as f64).abs() <= 2.0, "{count} {reference:?}");
            assert!((count / n - 2.0 * width).abs() <= 2.0 / n, "{count} of {n} is not twice {width}");
            let mean = stripe.iter().sum::<f64>() / count;
            let sd = (stripe.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / count).sqrt();
            // One voxel at the edge of the stripe, 1.7 sd away, moves mean and sd by its share.
            assert!(mean.abs() < 4.0 / count && (sd - 1.0).abs() < 4.0 / count, "{mean} {sd} of {count}");
        }
    }

    #[test]
    fn refusals() {
        let code =
            |image: &Volume, width| tissue_reference(image, None, TissuePeak::Highest, width).unwrap_err().code();
        assert_eq!(code(&image(1.0), 0.0), Code::Parameter);
        let flat = Volume::from_array(Array3::from_elem((2, 2, 2), 1.0), [1.0; 3]).unwrap();
        assert_eq!(code(&flat, 0.05), Code::Region);
    }
}
