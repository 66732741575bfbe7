//! Statistics of a list of intensities. Percentiles interpolate linearly between order statistics, as numpy does;
//! the manual leaves that choice open.

use dlr_core::wide::{Wide, widest};

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
        if values.is_empty() {
            return None;
        }
        let (minimum, maximum) = range(values);
        let mean = sum_of(values, |x| x) / n;
        let [p10, p25, p50, p75, p90] = percentiles(values, [10.0, 25.0, 50.0, 75.0, 90.0]);
        let kept = |x: f64| if x < p10 || x > p90 { 0.0 } else { 1.0 };
        let [square, cube, fourth, absolute, n_kept, sum_kept] = sums_of(values, |x| {
            let (d, kept) = (x - mean, kept(x));
            [d * d, d * d * d, d * d * (d * d), d.abs(), kept, kept * x]
        });
        let mean_kept = sum_kept / n_kept;
        Some(Statistics {
            n,
            minimum,
            maximum,
            mean,
            variance: square / n,
            m3: cube / n,
            m4: fourth / n,
            percentile_10: p10,
            percentile_25: p25,
            median: p50,
            percentile_75: p75,
            percentile_90: p90,
            mean_absolute_deviation: absolute / n,
            robust_mean_absolute_deviation: sum_of(values, |x| kept(x) * (x - mean_kept).abs()) / n_kept,
        })
    }
}

/// `Σ f(x)`, as [`sums_of`] adds.
pub fn sum_of(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    sums_of(values, |x| [f(x)])[0]
}

/// `Σ f(x)` for several `f` at once, in eight lanes and blocks: the order is fixed, the error small, and the processor's
/// wide registers are used.
pub fn sums_of<const N: usize>(values: &[f64], f: impl Fn(f64) -> [f64; N]) -> [f64; N] {
    widest(Sums { values, f })
}

struct Sums<'a, F> {
    values: &'a [f64],
    f: F,
}

impl<const N: usize, F: Fn(f64) -> [f64; N]> Wide for Sums<'_, F> {
    type Output = [f64; N];

    #[inline(always)]
    fn run(self) -> [f64; N] {
        let mut total = [0.0; N];
        for block in self.values.chunks(4096) {
            let mut lanes = [[0.0; 8]; N];
            let (eights, rest) = block.as_chunks::<8>();
            for eight in eights {
                for l in 0..8 {
                    let terms = (self.f)(eight[l]);
                    for k in 0..N {
                        lanes[k][l] += terms[k];
                    }
                }
            }
            let rest = rest.iter().map(|x| (self.f)(*x)).fold([0.0; N], plus);
            total = plus(total, plus(lanes.map(|lane| lane.iter().sum()), rest));
        }
        total
    }
}

#[inline(always)]
fn plus<const N: usize>(a: [f64; N], b: [f64; N]) -> [f64; N] {
    std::array::from_fn(|k| a[k] + b[k])
}

/// Smallest and largest of at least one value.
fn range(values: &[f64]) -> (f64, f64) {
    widest(Range(values))
}

struct Range<'a>(&'a [f64]);

impl Wide for Range<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run(self) -> (f64, f64) {
        let (mut low, mut high) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
        let (eights, rest) = self.0.as_chunks::<8>();
        for eight in eights {
            for l in 0..8 {
                low[l] = if eight[l] < low[l] { eight[l] } else { low[l] };
                high[l] = if eight[l] > high[l] { eight[l] } else { high[l] };
            }
        }
        let low = low.iter().chain(rest).copied().fold(f64::INFINITY, f64::min);
        (low, high.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// Percentiles `q` (0 to 100) of at least one value.
pub fn percentiles<const N: usize>(values: &[f64], q: [f64; N]) -> [f64; N] {
    let places = q.map(|q| q / 100.0 * (values.len() - 1) as f64);
    let mut ranks: Vec<usize> = places.iter().flat_map(|p| [p.floor() as usize, p.ceil() as usize]).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let selected = order_statistics(values, &ranks);
    let at = |rank: f64| selected[ranks.partition_point(|r| *r < rank as usize)];
    places.map(|place| {
        let (low, high, t) = (at(place.floor()), at(place.ceil()), place.fract());
        // numpy's two forms of the interpolation, so that the last bit agrees too.
        if t >= 0.5 { high - (high - low) * (1.0 - t) } else { low + (high - low) * t }
    })
}

/// The values at these ranks (ascending, from 0) of the sorted list.
///
/// Values are counted in equal bins, and only those in the bin of a rank are looked at further.
fn order_statistics(values: &[f64], ranks: &[usize]) -> Vec<f64> {
    const N_BINS: usize = 4096;
    let (low, high) = range(values);
    let per_unit = N_BINS as f64 / (high - low);
    if !per_unit.is_finite() || values.len() < N_BINS {
        return select(&mut values.to_vec(), ranks);
    }
    // Rounding keeps the order: a larger value is never in a lower bin.
    let bin = |x: f64| (((x - low) * per_unit) as usize).min(N_BINS - 1);
    let bins: Vec<u16> = values.iter().map(|x| bin(*x) as u16).collect();
    let mut counts = vec![0usize; N_BINS];
    bins.iter().for_each(|bin| counts[usize::from(*bin)] += 1);
    let mut selected = Vec::with_capacity(ranks.len());
    let (mut below, mut ranks) = (0, ranks);
    for (bin, count) in counts.into_iter().enumerate() {
        let (here, later) = ranks.split_at(ranks.partition_point(|rank| *rank < below + count));
        if !here.is_empty() {
            let mut pool: Vec<f64> =
                values.iter().zip(&bins).filter(|(_, b)| usize::from(**b) == bin).map(|(x, _)| *x).collect();
            selected.extend(select(&mut pool, &here.iter().map(|rank| rank - below).collect::<Vec<_>>()));
        }
        (below, ranks) = (below + count, later);
    }
    selected
}

/// The values at these ranks (ascending, from 0), by partial sorting.
fn select(pool: &mut [f64], ranks: &[usize]) -> Vec<f64> {
    let (mut rest, mut offset) = (pool, 0);
    let mut selected = Vec::with_capacity(ranks.len());
    for &rank in ranks {
        // Each selection leaves the larger values to its right, where the next one searches.
        let (_, value, right) = rest.select_nth_unstable_by(rank - offset, f64::total_cmp);
        selected.push(*value);
        (rest, offset) = (right, rank + 1);
    }
    selected
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
