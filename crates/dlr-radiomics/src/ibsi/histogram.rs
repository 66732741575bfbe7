//! Intensity histogram: statistics of the grey levels after discretisation, and of the histogram itself.
//!
//! Takes the grey level of each voxel of the intensity mask and the number of levels that the discretisation has; the
//! empty levels count for the gradient.

use super::statistics::{SHARES, Spread, ratio, split_rank};
use crate::{Definition, Family};
use dlr_core::{Code, Error, Result};

const F: Family = Family::IntensityHistogram;

/// More grey levels than this are a mistake in the bin width, and are refused.
pub const MAX_LEVELS: u32 = 1 << 22;

/// The features of the intensity histogram, in the order of [`histogram`]. `i` are grey levels, `h` their counts,
/// `p = h / n`.
pub const DEFINITIONS: [Definition; 23] = [
    Definition::new(F, ["Mean", "X6K6", "level", "μ = Σ i p", "never"]),
    Definition::new(F, ["Variance", "CH89", "level²", "σ² = Σ (i - μ)² p", "0 for one grey level"]),
    Definition::new(F, ["Skewness", "88K1", "1", "Σ (i - μ)³ p / σ³", "0 for one grey level"]),
    Definition::new(F, ["Kurtosis", "C3I7", "1", "Σ (i - μ)⁴ p / σ⁴ - 3", "0 for one grey level"]),
    Definition::new(F, ["Median", "WIFQ", "level", "50th percentile", "never"]),
    Definition::new(F, ["Minimum", "1PR8", "level", "lowest grey level that occurs", "never"]),
    Definition::new(F, ["10Percentile", "GPMT", "level", "10th percentile, linear between ranks", "never"]),
    Definition::new(F, ["90Percentile", "OZ0C", "level", "90th percentile, linear between ranks", "never"]),
    Definition::new(F, ["Maximum", "3NCY", "level", "highest grey level that occurs", "never"]),
    Definition::new(
        F,
        ["Mode", "AMMC", "level", "most frequent level; of several the one nearest to the mean", "never"],
    ),
    Definition::new(F, ["InterquartileRange", "WR0O", "level", "P75 - P25", "0 for one grey level"]),
    Definition::new(F, ["Range", "5Z3W", "level", "maximum - minimum", "0 for one grey level"]),
    Definition::new(F, ["MeanAbsoluteDeviation", "D2ZX", "level", "Σ |i - μ| p", "0 for one grey level"]),
    Definition::new(
        F,
        [
            "RobustMeanAbsoluteDeviation",
            "WRZB",
            "level",
            "mean absolute deviation of P10 <= i <= P90",
            "0 for one grey level; NaN where no level lies between P10 and P90, as for two voxels that differ",
        ],
    ),
    Definition::new(F, ["MedianAbsoluteDeviation", "4RNL", "level", "Σ |i - median| p", "0 for one grey level"]),
    Definition::new(F, ["CoefficientOfVariation", "CWYJ", "1", "σ / μ", "0 for one grey level"]),
    Definition::new(
        F,
        ["QuartileCoefficientOfDispersion", "SLWD", "1", "(P75 - P25) / (P75 + P25)", "0 for one grey level"],
    ),
    Definition::new(F, ["Entropy", "TLU2", "bit", "-Σ p log2 p", "0 for one grey level"]),
    Definition::new(F, ["Uniformity", "BJ5W", "1", "Σ p²", "1 for one grey level"]),
    Definition::new(
        F,
        [
            "MaximumGradient",
            "12CE",
            "1",
            "largest h'(i), h' = (h(i+1) - h(i-1)) / 2",
            "NaN for a single bin; 0 for one grey level in the first of several",
        ],
    ),
    Definition::new(
        F,
        ["MaximumGradientLevel", "8E6O", "level", "lowest i with the largest h'", "NaN for a single bin"],
    ),
    Definition::new(F, ["MinimumGradient", "VQB3", "1", "smallest h'(i)", "NaN for a single bin"]),
    Definition::new(
        F,
        ["MinimumGradientLevel", "RHQZ", "level", "lowest i with the smallest h'", "NaN for a single bin"],
    ),
];

/// The features of the histogram of `levels` (at least one, each in `1..=n_levels`), in the order of [`DEFINITIONS`].
///
/// # Errors
/// [`Code::GreyLevels`] for more than [`MAX_LEVELS`].
pub fn histogram(levels: &[u32], n_levels: u32) -> Result<[f64; 23]> {
    if n_levels > MAX_LEVELS {
        return Err(Error::new(Code::GreyLevels, format!("the histogram would have {n_levels} grey levels"))
            .expected(format!("at most {MAX_LEVELS}"))
            .hint("choose a larger bin width"));
    }
    let mut h = vec![0.0; n_levels as usize];
    for level in levels {
        h[*level as usize - 1] += 1.0;
    }
    let n = levels.len() as f64;
    let occupied: Vec<(f64, f64)> =
        h.iter().enumerate().filter(|(_, c)| **c > 0.0).map(|(i, c)| ((i + 1) as f64, *c)).collect();
    let s = Spread::new(|| occupied.iter().copied(), percentiles(&occupied, levels.len()));
    let p = || occupied.iter().map(|(_, c)| c / n);
    let [max_gradient, max_at, min_gradient, min_at] = gradient_extremes(&h);
    Ok([
        s.mean,
        s.variance,
        s.skewness,
        s.kurtosis,
        s.median,
        s.minimum,
        s.p10,
        s.p90,
        s.maximum,
        mode(&occupied, s.mean),
        s.p75 - s.p25,
        s.maximum - s.minimum,
        s.mean_absolute_deviation,
        s.robust_mean_absolute_deviation,
        s.median_absolute_deviation,
        ratio(s.variance.sqrt(), s.mean),
        ratio(s.p75 - s.p25, s.p75 + s.p25),
        p().map(|p| -p * p.log2()).sum::<f64>() + 0.0,
        p().map(|p| p * p).sum(),
        max_gradient,
        max_at,
        min_gradient,
        min_at,
    ])
}

/// As for intensities, read from the cumulated histogram.
fn percentiles(occupied: &[(f64, f64)], n: usize) -> [f64; 7] {
    let value_at = |rank: usize| {
        let mut below = 0.0;
        for (level, count) in occupied {
            below += count;
            if (rank as f64) < below {
                return *level;
            }
        }
        occupied[occupied.len() - 1].0
    };
    SHARES.map(|share| {
        let (rank, fraction) = split_rank(share, n);
        let low = value_at(rank);
        if fraction > 0.0 { low + fraction * (value_at(rank + 1) - low) } else { low }
    })
}

fn mode(occupied: &[(f64, f64)], mean: f64) -> f64 {
    let most = occupied.iter().map(|(_, c)| *c).fold(0.0, f64::max);
    let among = occupied.iter().filter(|(_, c)| *c == most).map(|(level, _)| *level);
    among.fold(f64::INFINITY, |best, level| if (level - mean).abs() < (best - mean).abs() { level } else { best })
}

/// Largest gradient and its level, smallest gradient and its level: central differences, one-sided at the ends.
fn gradient_extremes(h: &[f64]) -> [f64; 4] {
    let last = h.len() - 1;
    if last == 0 {
        return [f64::NAN; 4];
    }
    let gradient = |i: usize| match i {
        0 => h[1] - h[0],
        i if i == last => h[last] - h[last - 1],
        i => (h[i + 1] - h[i - 1]) / 2.0,
    };
    let (mut max, mut min) = ((f64::NEG_INFINITY, 0), (f64::INFINITY, 0));
    for i in 0..=last {
        let g = gradient(i);
        if g > max.0 {
            max = (g, i + 1);
        }
        if g < min.0 {
            min = (g, i + 1);
        }
    }
    [max.0, max.1 as f64, min.0, min.1 as f64]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_name(levels: &[u32], n: u32, name: &str) -> f64 {
        histogram(levels, n).unwrap()[DEFINITIONS.iter().position(|d| d.feature == name).unwrap()]
    }

    #[test]
    fn a_tie_of_the_mode_goes_to_the_level_nearest_to_the_mean() {
        assert_eq!(by_name(&[1, 1, 5, 5, 9], 9, "Mode"), 5.0);
        assert_eq!(by_name(&[1, 3], 3, "Mode"), 1.0);
    }

    #[test]
    fn one_bin_has_no_gradient_and_one_level_no_spread() {
        assert!(by_name(&[1, 1], 1, "MaximumGradient").is_nan());
        assert_eq!(by_name(&[3, 3], 6, "MaximumGradient"), 1.0);
        assert_eq!(by_name(&[3, 3], 6, "Entropy"), 0.0);
        assert_eq!(by_name(&[3, 3], 6, "Variance"), 0.0);
    }

    #[test]
    fn refuses_absurd_numbers_of_levels() {
        assert_eq!(histogram(&[1], MAX_LEVELS + 1).unwrap_err().code(), Code::GreyLevels);
    }
}
