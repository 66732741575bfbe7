//! Intensity statistics: eighteen numbers of a bag of intensities, in which places play no part.
//!
//! Takes the intensities of the intensity mask, undiscretised. [`Spread`] holds what the intensity histogram needs as
//! well, so that both families mean the same by a percentile.

use crate::{Definition, Family};

const F: Family = Family::Firstorder;

/// The intensity statistics of the reference manual, in the order of [`statistics`]. `x` runs over the `n` voxels.
pub const DEFINITIONS: [Definition; 18] = [
    Definition::new(F, ["Mean", "Q4LE", "I", "μ = Σ x / n", "never"]),
    Definition::new(F, ["Variance", "ECT3", "I²", "σ² = Σ (x - μ)² / n", "0 for a flat region"]),
    Definition::new(F, ["Skewness", "KE2A", "1", "Σ (x - μ)³ / n / σ³", "0 for a flat region"]),
    Definition::new(F, ["Kurtosis", "IPH6", "1", "Σ (x - μ)⁴ / n / σ⁴ - 3", "0 for a flat region"]),
    Definition::new(F, ["Median", "Y12H", "I", "50th percentile", "never"]),
    Definition::new(F, ["Minimum", "1GSF", "I", "smallest x", "never"]),
    Definition::new(F, ["10Percentile", "QG58", "I", "10th percentile, linear between ranks", "never"]),
    Definition::new(F, ["90Percentile", "8DWT", "I", "90th percentile, linear between ranks", "never"]),
    Definition::new(F, ["Maximum", "84IY", "I", "largest x", "never"]),
    Definition::new(F, ["InterquartileRange", "SALO", "I", "P75 - P25", "0 for a flat region"]),
    Definition::new(F, ["Range", "2OJQ", "I", "maximum - minimum", "0 for a flat region"]),
    Definition::new(F, ["MeanAbsoluteDeviation", "4FUA", "I", "Σ |x - μ| / n", "0 for a flat region"]),
    Definition::new(
        F,
        [
            "RobustMeanAbsoluteDeviation",
            "1128",
            "I",
            "mean absolute deviation of P10 <= x <= P90",
            "0 for a flat region; NaN where no value lies between P10 and P90, as for two voxels that differ",
        ],
    ),
    Definition::new(F, ["MedianAbsoluteDeviation", "N72L", "I", "Σ |x - median| / n", "0 for a flat region"]),
    Definition::new(
        F,
        ["CoefficientOfVariation", "7TET", "1", "σ / μ", "0 for a flat region; NaN where the mean is 0"],
    ),
    Definition::new(
        F,
        [
            "QuartileCoefficientOfDispersion",
            "9S40",
            "1",
            "(P75 - P25) / (P75 + P25)",
            "0 for a flat region; NaN where P75 + P25 is 0",
        ],
    ),
    Definition::new(F, ["Energy", "N8CA", "I²", "Σ x²", "never"]),
    Definition::new(F, ["RootMeanSquared", "5ZWQ", "I", "√(Σ x² / n)", "never"]),
];

/// The intensity statistics of at least one intensity, in the order of [`DEFINITIONS`].
pub fn statistics(intensities: &[f64]) -> [f64; 18] {
    let mut sorted = intensities.to_vec();
    let percentiles = percentiles(&mut sorted);
    let ones = || intensities.iter().map(|x| (*x, 1.0));
    let s = Spread::new(ones, percentiles);
    let energy: f64 = sum(ones().map(|(x, _)| x * x));
    [
        s.mean,
        s.variance,
        s.skewness,
        s.kurtosis,
        s.median,
        s.minimum,
        s.p10,
        s.p90,
        s.maximum,
        s.p75 - s.p25,
        s.maximum - s.minimum,
        s.mean_absolute_deviation,
        s.robust_mean_absolute_deviation,
        s.median_absolute_deviation,
        ratio(s.variance.sqrt(), s.mean),
        ratio(s.p75 - s.p25, s.p75 + s.p25),
        energy,
        (energy / s.n).sqrt(),
    ]
}

/// Place and spread of weighted values: of intensities (weight 1) or of grey levels (weight: number of voxels).
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each field is named as its definition")]
pub struct Spread {
    pub n: f64,
    pub mean: f64,
    pub variance: f64,
    pub skewness: f64,
    pub kurtosis: f64,
    pub minimum: f64,
    pub p10: f64,
    pub p25: f64,
    pub median: f64,
    pub p75: f64,
    pub p90: f64,
    pub maximum: f64,
    pub mean_absolute_deviation: f64,
    pub robust_mean_absolute_deviation: f64,
    pub median_absolute_deviation: f64,
}

impl Spread {
    /// From `(value, weight)` pairs, which are walked several times, and the seven percentiles.
    pub fn new<I: Iterator<Item = (f64, f64)>>(values: impl Fn() -> I, percentiles: [f64; 7]) -> Self {
        let [minimum, p10, p25, median, p75, p90, maximum] = percentiles;
        let n = sum(values().map(|(_, w)| w));
        let mean = sum(values().map(|(x, w)| w * x)) / n;
        // A flat region must give exactly 0, whatever rounding does to its mean.
        let central = |power: i32| {
            if minimum == maximum { 0.0 } else { sum(values().map(|(x, w)| w * (x - mean).powi(power))) / n }
        };
        let variance = central(2);
        let (skewness, kurtosis) = if variance > 0.0 {
            (central(3) / variance.powf(1.5), central(4) / (variance * variance) - 3.0)
        } else {
            (0.0, 0.0)
        };
        let within = || values().filter(|(x, _)| (p10..=p90).contains(x));
        let n_within = sum(within().map(|(_, w)| w));
        let deviation = |n: f64, total: f64| if minimum == maximum { 0.0 } else { total / n };
        let robust_mean = sum(within().map(|(x, w)| w * x)) / n_within;
        Spread {
            n,
            mean,
            variance,
            skewness,
            kurtosis,
            minimum,
            p10,
            p25,
            median,
            p75,
            p90,
            maximum,
            mean_absolute_deviation: deviation(n, sum(values().map(|(x, w)| w * (x - mean).abs()))),
            robust_mean_absolute_deviation: deviation(
                n_within,
                sum(within().map(|(x, w)| w * (x - robust_mean).abs())),
            ),
            median_absolute_deviation: deviation(n, sum(values().map(|(x, w)| w * (x - median).abs()))),
        }
    }
}

/// The shares at which percentiles are taken, minimum and maximum included.
pub(crate) const SHARES: [f64; 7] = [0.0, 0.10, 0.25, 0.50, 0.75, 0.90, 1.0];

/// Percentiles at [`SHARES`]: at rank `share * (n - 1)` from 0, linear between neighbouring ranks.
///
/// The manual does not say how to interpolate; its digital phantom (P90 = 4, where MATLAB's rule gives 4.2) does.
fn percentiles(values: &mut [f64]) -> [f64; 7] {
    let n = values.len();
    let mut done = 0;
    SHARES.map(|share| {
        let (rank, fraction) = split_rank(share, n);
        // Everything before `done` is already in its place, which keeps the selections short.
        let tail = &mut values[done.min(rank)..];
        let offset = rank - done.min(rank);
        let (_, low, above) = tail.select_nth_unstable_by(offset, f64::total_cmp);
        let low = *low;
        let high = if fraction > 0.0 { above.iter().copied().fold(f64::INFINITY, f64::min) } else { low };
        done = done.max(rank);
        low + fraction * (high - low)
    })
}

/// Rank and remaining fraction of a share of `n` values.
pub(crate) fn split_rank(share: f64, n: usize) -> (usize, f64) {
    let position = share * (n - 1) as f64;
    let rank = (position.floor() as usize).min(n - 1);
    (rank, if rank + 1 < n { position - rank as f64 } else { 0.0 })
}

/// A quotient that has no value where its denominator is 0.
pub(crate) fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}

/// Sum in blocks of fixed size: less rounding than one long sum, and the same bits on every run.
pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    const BLOCK: usize = 1024;
    let (mut total, mut block, mut n) = (0.0, 0.0, 0);
    for value in values {
        block += value;
        n += 1;
        if n == BLOCK {
            total += block;
            (block, n) = (0.0, 0);
        }
    }
    total + block
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_name(values: &[f64], name: &str) -> f64 {
        statistics(values)[DEFINITIONS.iter().position(|d| d.feature == name).unwrap()]
    }

    #[test]
    fn flat_and_single_regions_have_no_spread() {
        for values in [&[0.1; 7][..], &[3.0]] {
            for name in ["Variance", "Skewness", "Kurtosis", "Range", "MeanAbsoluteDeviation"] {
                assert_eq!(by_name(values, name), 0.0, "{name}");
            }
        }
        assert!(by_name(&[-1.0, 1.0], "CoefficientOfVariation").is_nan());
        assert!(by_name(&[-1.0, 1.0], "QuartileCoefficientOfDispersion").is_nan());
    }

    proptest! {
        #[test]
        fn percentiles_equal_those_of_a_sorted_list(mut values in prop::collection::vec(-1e3..1e3f64, 1..60)) {
            let found = percentiles(&mut values.clone());
            values.sort_by(f64::total_cmp);
            for (share, found) in SHARES.iter().zip(found) {
                let at = share * (values.len() - 1) as f64;
                let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
                prop_assert!((low + (at - at.floor()) * (high - low) - found).abs() < 1e-9);
            }
        }
    }
}
