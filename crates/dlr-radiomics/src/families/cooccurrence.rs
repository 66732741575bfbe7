//! Formulae of the grey level co-occurrence matrix, computed in two passes over the non-zero cells.

use crate::matrix::{Counts, Levels};
use std::collections::BTreeMap;

/// The features of one normalised matrix `p(i,j)`. Entropies are in bits.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "each field is the feature of that name in the IBSI reference manual, GLCM")]
pub struct Cooccurrence {
    pub joint_maximum: f64,
    /// Mean of `i` under `p`.
    pub joint_average: f64,
    pub joint_variance: f64,
    pub joint_entropy: f64,
    pub difference_average: f64,
    pub difference_variance: f64,
    pub difference_entropy: f64,
    pub sum_average: f64,
    pub sum_variance: f64,
    pub sum_entropy: f64,
    pub angular_second_moment: f64,
    pub contrast: f64,
    pub inverse_difference: f64,
    pub normalised_inverse_difference: f64,
    pub inverse_difference_moment: f64,
    pub normalised_inverse_difference_moment: f64,
    pub inverse_variance: f64,
    pub correlation: f64,
    pub autocorrelation: f64,
    pub cluster_tendency: f64,
    pub cluster_shade: f64,
    pub cluster_prominence: f64,
    pub information_correlation_1: f64,
    pub information_correlation_2: f64,
}

impl Cooccurrence {
    /// All features of a table of pairs; `None` for an empty one.
    ///
    /// `n_g` normalises the two normalised inverse differences. `eps` is added inside every logarithm and to the
    /// denominator of the correlation: 0 as the manual has it, `f64::EPSILON` as pyradiomics computes.
    pub fn new(counts: &Counts, levels: &Levels, n_g: f64, eps: f64) -> Option<Self> {
        let total = counts.total();
        if total <= 0.0 {
            return None;
        }
        let n_ranks = levels.n_ranks();
        let (mut px, mut py) = (vec![0.0; n_ranks], vec![0.0; n_ranks]);
        let (mut sums, mut differences) = (Tally::new(levels, 2), Tally::new(levels, 1));
        let (mut maximum, mut energy, mut entropy, mut product) = (0.0f64, 0.0, 0.0, 0.0);
        for cell in counts.cells() {
            let p = cell.n / total;
            let [i, j] = [cell.row, cell.col].map(|rank| levels.values()[rank as usize - 1]);
            px[cell.row as usize - 1] += p;
            py[cell.col as usize - 1] += p;
            sums.add(i + j, p);
            differences.add(i.abs_diff(j), p);
            maximum = maximum.max(p);
            energy += p * p;
            entropy -= p * (p + eps).log2();
            product += p * f64::from(i) * f64::from(j);
        }
        let value = |rank: usize| levels.value(rank as u32 + 1);
        let mean = |p: &[f64]| p.iter().enumerate().map(|(r, p)| value(r) * p).sum::<f64>();
        let (mean_x, mean_y) = (mean(&px), mean(&py));
        let spread =
            |p: &[f64], mean: f64| p.iter().enumerate().map(|(r, p)| p * (value(r) - mean).powi(2)).sum::<f64>();
        let (variance_x, variance_y) = (spread(&px, mean_x), spread(&py, mean_y));
        let covariance = counts
            .cells()
            .iter()
            .map(|c| c.n / total * (levels.value(c.row) - mean_x) * (levels.value(c.col) - mean_y))
            .sum::<f64>();
        let deviations = variance_x.sqrt() * variance_y.sqrt();
        let cluster = |power: i32| sums.mean(|k| (k - mean_x - mean_y).powi(power));
        let sum_average = sums.mean(|k| k);
        let difference_average = differences.mean(|k| k);
        let information = Information::new(counts, total, &px, &py, eps);
        Some(Cooccurrence {
            joint_maximum: maximum,
            joint_average: mean_x,
            joint_variance: variance_x,
            joint_entropy: entropy,
            difference_average,
            difference_variance: differences.mean(|k| (k - difference_average).powi(2)),
            difference_entropy: differences.entropy(eps),
            sum_average,
            sum_variance: sums.mean(|k| (k - sum_average).powi(2)),
            sum_entropy: sums.entropy(eps),
            angular_second_moment: energy,
            contrast: differences.mean(|k| k * k),
            inverse_difference: differences.mean(|k| 1.0 / (1.0 + k)),
            normalised_inverse_difference: differences.mean(|k| 1.0 / (1.0 + k / n_g)),
            inverse_difference_moment: differences.mean(|k| 1.0 / (1.0 + k * k)),
            normalised_inverse_difference_moment: differences.mean(|k| 1.0 / (1.0 + k * k / (n_g * n_g))),
            inverse_variance: differences.mean(|k| if k > 0.0 { 1.0 / (k * k) } else { 0.0 }),
            correlation: if deviations == 0.0 { 1.0 } else { covariance / (deviations + eps) },
            autocorrelation: product,
            cluster_tendency: cluster(2),
            cluster_shade: cluster(3),
            cluster_prominence: cluster(4),
            information_correlation_1: information.first(entropy),
            information_correlation_2: information.second(entropy),
        })
    }
}

/// The entropies behind the two information correlations.
struct Information {
    hx: f64,
    hy: f64,
    hxy1: f64,
    hxy2: f64,
}

impl Information {
    fn new(counts: &Counts, total: f64, px: &[f64], py: &[f64], eps: f64) -> Self {
        let entropy = |p: &[f64]| -p.iter().filter(|p| **p > 0.0).map(|p| p * (p + eps).log2()).sum::<f64>();
        let cross = |c: &crate::matrix::Cell| px[c.row as usize - 1] * py[c.col as usize - 1];
        let hxy1 = -counts.cells().iter().map(|c| c.n / total * (cross(c) + eps).log2()).sum::<f64>();
        let (hx, hy) = (entropy(px), entropy(py));
        // Without eps the sum over all pairs falls apart into the two marginal entropies.
        let hxy2 = if eps == 0.0 { hx + hy } else { product_entropy(px, py, eps) };
        Information { hx, hy, hxy1, hxy2 }
    }

    /// `(HXY - HXY1) / max(HX, HY)`; 0 for a single grey level.
    fn first(&self, hxy: f64) -> f64 {
        let divisor = self.hx.max(self.hy);
        if divisor == 0.0 { 0.0 } else { (hxy - self.hxy1) / divisor }
    }

    /// `sqrt(1 - exp(-2 (HXY2 - HXY)))`; 0 where both entropies are equal, NaN where rounding makes the root imaginary.
    fn second(&self, hxy: f64) -> f64 {
        if self.hxy2 == hxy { 0.0 } else { (1.0 - (-2.0 * (self.hxy2 - hxy)).exp()).sqrt() }
    }
}

fn product_entropy(px: &[f64], py: &[f64], eps: f64) -> f64 {
    let present = |p: &[f64]| p.iter().copied().filter(|p| *p > 0.0).collect::<Vec<_>>();
    let (px, py) = (present(px), present(py));
    let row = |x: f64| py.iter().map(|y| x * y * (x * y + eps).log2()).sum::<f64>();
    -px.iter().map(|x| row(*x)).sum::<f64>()
}

/// Probability by whole number: a table where numbers are small, a map where an outlier makes them large.
enum Tally {
    Table(Vec<f64>),
    Map(BTreeMap<u32, f64>),
}

impl Tally {
    fn new(levels: &Levels, times: usize) -> Self {
        let size = times * levels.max_value() as usize + 1;
        if size <= 1 << 14 { Tally::Table(vec![0.0; size]) } else { Tally::Map(BTreeMap::new()) }
    }

    fn add(&mut self, k: u32, p: f64) {
        match self {
            Tally::Table(table) => table[k as usize] += p,
            Tally::Map(map) => *map.entry(k).or_default() += p,
        }
    }

    fn sum(&self, term: impl Fn(f64, f64) -> f64) -> f64 {
        match self {
            Tally::Table(t) => t.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(k, p)| term(k as f64, *p)).sum(),
            Tally::Map(map) => map.iter().map(|(k, p)| term(f64::from(*k), *p)).sum(),
        }
    }

    fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.sum(|k, p| p * of(k))
    }

    fn entropy(&self, eps: f64) -> f64 {
        -self.sum(|_, p| p * (p + eps).log2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn a_checkerboard() {
        let mask = Array3::from_elem((1, 1, 4), true);
        let levels = Levels::new(mask.view(), &[1, 3, 1, 3], 1).unwrap();
        let pairs = Counts::from_pairs(vec![(1, 2), (2, 1), (1, 2)]).symmetric();
        let f = Cooccurrence::new(&pairs, &levels, 3.0, 0.0).unwrap();
        assert_eq!((f.joint_average, f.contrast, f.difference_average), (2.0, 4.0, 2.0));
        assert_eq!((f.joint_entropy, f.difference_entropy, f.sum_entropy), (1.0, 0.0, 0.0));
        assert_eq!((f.correlation, f.cluster_tendency, f.inverse_variance), (-1.0, 0.0, 0.25));
        assert_eq!((f.information_correlation_1, f.joint_maximum), (-1.0, 0.5));
    }

    #[test]
    fn a_far_outlier_changes_the_bookkeeping_not_the_values() {
        let mask = Array3::from_elem((1, 1, 4), true);
        let far = Levels::new(mask.view(), &[1, 40_000, 1, 1], 1).unwrap();
        let pairs = Counts::from_pairs(vec![(1, 2), (2, 1), (1, 1)]).symmetric();
        let f = Cooccurrence::new(&pairs, &far, 40_000.0, 0.0).unwrap();
        assert!((f.contrast - 2.0 / 3.0 * 39_999f64.powi(2)).abs() < 1e-3);
        assert!((f.difference_average - 2.0 / 3.0 * 39_999.0).abs() < 1e-9);
    }
}
