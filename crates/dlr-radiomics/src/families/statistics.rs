//! Statistics of a list of intensities. Percentiles interpolate linearly between order statistics, as numpy does;
//! the manual leaves that choice open.

/// Statistics of at least one intensity. The spread measures divide by the number of voxels.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "each field is the statistic of that name")]
pub struct Statistics {
    pub n: f64,
    pub minimum: f64,
    pub maximum: f64,
    pub mean: f64,
    pub variance: f64,
    /// Third central moment.
    pub m3: f64,
    /// Fourth central moment.
    pub m4: f64,
    pub percentile_10: f64,
    pub percentile_25: f64,
    pub median: f64,
    pub percentile_75: f64,
    pub percentile_90: f64,
    pub mean_absolute_deviation: f64,
    /// Mean absolute deviation of the values from the 10th to the 90th percentile, both included.
    pub robust_mean_absolute_deviation: f64,
}

impl Statistics {
    /// The statistics; `None` without a value.
    pub fn new(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let minimum = values.iter().copied().min_by(f64::total_cmp)?;
        let maximum = values.iter().copied().max_by(f64::total_cmp)?;
        let mean = sum_of(values, |x| x) / n;
        let square = |x: f64| (x - mean) * (x - mean);
        let [p10, p25, p50, p75, p90] = percentiles(values, [10.0, 25.0, 50.0, 75.0, 90.0]);
        let kept = |x: f64| if x < p10 || x > p90 { 0.0 } else { 1.0 };
        let n_kept = sum_of(values, kept);
        let mean_kept = sum_of(values, |x| kept(x) * x) / n_kept;
        Some(Statistics {
            n,
            minimum,
            maximum,
            mean,
            variance: sum_of(values, square) / n,
            m3: sum_of(values, |x| square(x) * (x - mean)) / n,
            m4: sum_of(values, |x| square(x) * square(x)) / n,
            percentile_10: p10,
            percentile_25: p25,
            median: p50,
            percentile_75: p75,
            percentile_90: p90,
            mean_absolute_deviation: sum_of(values, |x| (x - mean).abs()) / n,
            robust_mean_absolute_deviation: sum_of(values, |x| kept(x) * (x - mean_kept).abs()) / n_kept,
        })
    }
}

/// `Σ f(x)` in eight lanes and blocks: the order is fixed, the error small, and the compiler can use wide registers.
pub fn sum_of(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let block = |values: &[f64]| {
        let mut lanes = [0.0; 8];
        let mut chunks = values.chunks_exact(8);
        for chunk in &mut chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += f(*x);
            }
        }
        lanes.iter().sum::<f64>() + chunks.remainder().iter().map(|x| f(*x)).sum::<f64>()
    };
    values.chunks(4096).map(block).sum()
}

/// Percentiles `q` (0 to 100) of at least one value.
pub fn percentiles<const N: usize>(values: &[f64], q: [f64; N]) -> [f64; N] {
    let places = q.map(|q| q / 100.0 * (values.len() - 1) as f64);
    let mut ranks: Vec<usize> = places.iter().flat_map(|p| [p.floor() as usize, p.ceil() as usize]).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut pool = values.to_vec();
    let (mut rest, mut offset) = (&mut pool[..], 0);
    let mut selected = Vec::with_capacity(ranks.len());
    for &rank in &ranks {
        // Each selection leaves the larger values to its right, where the next one searches.
        let (_, value, right) = rest.select_nth_unstable_by(rank - offset, f64::total_cmp);
        selected.push(*value);
        (rest, offset) = (right, rank + 1);
    }
    let at = |rank: f64| selected[ranks.partition_point(|r| *r < rank as usize)];
    places.map(|place| {
        let (low, high, t) = (at(place.floor()), at(place.ceil()), place.fract());
        // numpy's two forms of the interpolation, so that the last bit agrees too.
        if t >= 0.5 { high - (high - low) * (1.0 - t) } else { low + (high - low) * t }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_lists() {
        let s = Statistics::new(&[4.0]).unwrap();
        assert_eq!((s.median, s.percentile_10, s.variance, s.robust_mean_absolute_deviation), (4.0, 4.0, 0.0, 0.0));
        let s = Statistics::new(&[3.0, 1.0, 2.0, 10.0]).unwrap();
        assert_eq!((s.mean, s.median, s.minimum, s.maximum), (4.0, 2.5, 1.0, 10.0));
        assert!((s.percentile_10 - 1.3).abs() < 1e-15 && (s.percentile_90 - 7.9).abs() < 1e-14);
        assert!(Statistics::new(&[]).is_none());
    }

    proptest! {
        #[test]
        fn percentiles_equal_those_of_a_sorted_list(values in prop::collection::vec(-50..50i32, 1..60)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let q = [0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 100.0];
            for (found, q) in percentiles(&values, q).iter().zip(q) {
                let place = q / 100.0 * (sorted.len() - 1) as f64;
                let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
                prop_assert!((found - (low + (high - low) * place.fract())).abs() < 1e-12);
            }
        }
    }
}
