//! Area under the ROC curve with DeLong's variance, its intervals, and the tests that compare two areas.
//!
//! An area is the share of pairs (one positive, one negative case) in which the positive case has the higher score, ties
//! counting one half. Everything here sees ranks only: infinite scores are fine, NaN is refused.

use crate::check;
use crate::distribution::{normal_p, student_p, two_sided_t, two_sided_z};
use crate::interval::Interval;
use crate::rank::midranks;
use dlr_core::Result;
use ndarray::Array2;
use serde::Serialize;

/// The area under the ROC curve, ties counting one half. NaN where the labels are of one class.
///
/// ```
/// let auc = dlr_evaluation::auc(&[0.1, 0.4, 0.4, 0.9], &[false, false, true, true])?;
/// assert_eq!(auc, 0.875);
/// # Ok::<(), dlr_core::Error>(())
/// ```
///
/// # Errors
/// `E0105` for a NaN score, `E0502` for other lengths, `E0603` for no case.
pub fn auc(scores: &[f64], labels: &[bool]) -> Result<f64> {
    check::scores_and_labels(scores, labels)?;
    let (m, n) = check::class_counts(labels);
    let ranks = midranks(scores);
    let sum: f64 = ranks.iter().zip(labels).filter(|(_, label)| **label).map(|(rank, _)| rank).sum();
    Ok((sum - (m * (m + 1)) as f64 / 2.0) / (m as f64 * n as f64))
}

/// How the interval of an area is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalKind {
    /// DeLong's standard error carried to the log odds of the area: stays inside 0 to 1 and covers better near 1.
    /// The default.
    DelongLogit,
    /// Area plus and minus z standard errors of DeLong, cut to 0 to 1: what pROC prints.
    DelongPlain,
    /// Newcombe's score interval (2006, method 5), which needs no variance: taken where DeLong's is 0 or undefined,
    /// that is, for an area of 0 or 1 and for a class of one case.
    Newcombe,
    /// One class only: there is no area.
    Undefined,
}

impl IntervalKind {
    /// For a reader, for example `DeLong, logit scale`.
    pub fn words(self) -> &'static str {
        match self {
            IntervalKind::DelongLogit => "DeLong, logit scale",
            IntervalKind::DelongPlain => "DeLong, plain scale",
            IntervalKind::Newcombe => "Newcombe",
            IntervalKind::Undefined => "undefined",
        }
    }
}

/// Areas of one or more scores of the same cases, with DeLong's covariance between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Delong {
    /// One area per score.
    pub auc: Vec<f64>,
    /// Covariance of the areas; NaN where a class has fewer than two cases.
    pub covariance: Array2<f64>,
    /// Number of positive cases.
    pub n_positive: usize,
    /// Number of negative cases.
    pub n_negative: usize,
}

/// DeLong's areas and covariance, by midranks.
///
/// Source: DeLong, DeLong and Clarke-Pearson 1988; Sun and Xu 2014 for the ranks. Undefined (NaN) for one class only.
///
/// # Errors
/// As [`auc`].
pub fn delong(scores: &[&[f64]], labels: &[bool]) -> Result<Delong> {
    let (m, n) = check::class_counts(labels);
    let mut areas = Vec::with_capacity(scores.len());
    let mut placements = Vec::with_capacity(scores.len());
    for score in scores {
        check::scores_and_labels(score, labels)?;
        let (of_positive, of_negative) = placement_values(score, labels);
        areas.push(of_positive.iter().sum::<f64>() / m as f64);
        placements.push((of_positive, of_negative));
    }
    let covariance = Array2::from_shape_fn((scores.len(), scores.len()), |(i, j)| {
        let ((pi, ni), (pj, nj)) = (&placements[i], &placements[j]);
        covariance_of(pi, pj) / m as f64 + covariance_of(ni, nj) / n as f64
    });
    // The rank formula of `auc` rounds once only; the mean of placements rounds often.
    for (area, score) in areas.iter_mut().zip(scores) {
        *area = auc(score, labels)?;
    }
    Ok(Delong { auc: areas, covariance, n_positive: m, n_negative: n })
}

/// For each positive case the share of negatives below it, and for each negative case the share of positives above it.
fn placement_values(scores: &[f64], labels: &[bool]) -> (Vec<f64>, Vec<f64>) {
    let side = |wanted: bool| -> Vec<f64> {
        scores.iter().zip(labels).filter(|(_, l)| **l == wanted).map(|(s, _)| *s).collect()
    };
    let (positive, negative) = (side(true), side(false));
    let (m, n) = (positive.len() as f64, negative.len() as f64);
    let (all, among_positive, among_negative) = (midranks(scores), midranks(&positive), midranks(&negative));
    let of = |wanted: bool| all.iter().zip(labels).filter(move |(_, l)| **l == wanted).map(|(rank, _)| *rank);
    (
        of(true).zip(&among_positive).map(|(rank, own)| (rank - own) / n).collect(),
        of(false).zip(&among_negative).map(|(rank, own)| 1.0 - (rank - own) / m).collect(),
    )
}

fn covariance_of(a: &[f64], b: &[f64]) -> f64 {
    if a.len() < 2 {
        return f64::NAN;
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / (a.len() - 1) as f64
}

impl Delong {
    /// The standard error of one area; NaN where a class has fewer than two cases.
    pub fn standard_error(&self, index: usize) -> f64 {
        let variance = self.covariance[[index, index]];
        // Rounding can leave a variance just below 0. `f64::max` would make 0 of NaN as well.
        if variance < 0.0 { 0.0 } else { variance.sqrt() }
    }

    /// The interval of one area in the default way ([`IntervalKind::DelongLogit`]), and the way it was made: Newcombe's
    /// where DeLong's variance is 0 or undefined.
    pub fn interval(&self, index: usize, level: f64) -> (Interval, IntervalKind) {
        let variance = self.covariance[[index, index]];
        if self.n_positive == 0 || self.n_negative == 0 {
            (Interval::UNDEFINED, IntervalKind::Undefined)
        } else if variance.is_nan() || variance <= 0.0 || self.auc[index] <= 0.0 || self.auc[index] >= 1.0 {
            (self.interval_of_kind(index, level, IntervalKind::Newcombe), IntervalKind::Newcombe)
        } else {
            (self.interval_of_kind(index, level, IntervalKind::DelongLogit), IntervalKind::DelongLogit)
        }
    }

    /// The interval of one area in a given way; NaN where that way has none.
    pub fn interval_of_kind(&self, index: usize, level: f64, kind: IntervalKind) -> Interval {
        let (area, se, z) = (self.auc[index], self.covariance[[index, index]].sqrt(), two_sided_z(level));
        match kind {
            IntervalKind::DelongPlain => Interval::new(area - z * se, area + z * se).clipped(),
            IntervalKind::DelongLogit => {
                let half = z * se / (area * (1.0 - area));
                let centre = (area / (1.0 - area)).ln();
                let back = |x: f64| 1.0 / (1.0 + (-x).exp());
                Interval::new(back(centre - half), back(centre + half))
            }
            IntervalKind::Newcombe => newcombe(area, self.n_positive, self.n_negative, z),
            IntervalKind::Undefined => Interval::UNDEFINED,
        }
    }

    /// Compares two areas of the same cases.
    pub fn paired_test(&self, first: usize, second: usize, level: f64) -> AucTest {
        let c = &self.covariance;
        let variance = c[[first, first]] + c[[second, second]] - 2.0 * c[[first, second]];
        // Two equal rankings have the difference 0 without error; rounding must not make a test of that.
        let scale = c[[first, first]].max(c[[second, second]]);
        let variance = if variance.abs() <= 1e-14 * scale { 0.0 } else { variance };
        let difference = self.auc[first] - self.auc[second];
        AucTest::normal(difference, variance.sqrt(), level)
    }
}

/// Newcombe's score interval: the areas `t` with `|t - area| <= z * se(t)`, se after Hanley and McNeil with both
/// sample sizes replaced by their mean in the two correction terms.
fn newcombe(area: f64, n_positive: usize, n_negative: usize, z: f64) -> Interval {
    let (m, n) = (n_positive as f64, n_negative as f64);
    let extra = (m + n) / 2.0 - 1.0;
    let inside = |t: f64| {
        let variance = t * (1.0 - t) * (1.0 + extra * (1.0 - t) / (2.0 - t) + extra * t / (1.0 + t)) / (m * n);
        (t - area).powi(2) <= z * z * variance
    };
    let bound = |mut outside: f64, mut within: f64| {
        for _ in 0..200 {
            let middle = (outside + within) / 2.0;
            if inside(middle) { within = middle } else { outside = middle }
        }
        within
    };
    Interval::new(bound(0.0, area), bound(1.0, area))
}

/// The difference of two areas and what it may be worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AucTest {
    /// First minus second area.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Its interval.
    pub interval: Interval,
    /// z, or t where `df` is a number. 0 for two equal rankings.
    pub statistic: f64,
    /// Degrees of freedom of t; `None` for z.
    pub df: Option<f64>,
    /// Two-sided p. 1 for two equal rankings.
    pub p: f64,
}

impl AucTest {
    fn normal(difference: f64, standard_error: f64, level: f64) -> Self {
        let statistic = statistic(difference, standard_error);
        let half = two_sided_z(level) * standard_error;
        AucTest {
            difference,
            standard_error,
            interval: Interval::new(difference - half, difference + half),
            statistic,
            df: None,
            p: normal_p(statistic),
        }
    }
}

fn statistic(difference: f64, standard_error: f64) -> f64 {
    match (difference == 0.0, standard_error == 0.0) {
        (true, true) => 0.0,
        (false, true) => f64::NAN,
        _ => difference / standard_error,
    }
}

/// DeLong's test of two scores of the same cases, with a 95 % interval of the difference.
///
/// # Errors
/// As [`auc`].
pub fn delong_paired(first: &[f64], second: &[f64], labels: &[bool]) -> Result<AucTest> {
    Ok(delong(&[first, second], labels)?.paired_test(0, 1, 0.95))
}

/// DeLong's test of the areas of two groups of different cases, with a 95 % interval of the difference.
///
/// t with Welch's degrees of freedom, each group counted by all its cases, as in pROC.
///
/// # Errors
/// As [`auc`].
pub fn delong_unpaired(first: (&[f64], &[bool]), second: (&[f64], &[bool])) -> Result<AucTest> {
    let (a, b) = (delong(&[first.0], first.1)?, delong(&[second.0], second.1)?);
    let (va, vb) = (a.covariance[[0, 0]], b.covariance[[0, 0]]);
    let df = (va + vb).powi(2) / (va * va / (first.1.len() as f64 - 1.0) + vb * vb / (second.1.len() as f64 - 1.0));
    let (difference, standard_error) = (a.auc[0] - b.auc[0], (va + vb).sqrt());
    let statistic = statistic(difference, standard_error);
    let half = two_sided_t(0.95, df) * standard_error;
    let p = if standard_error == 0.0 { normal_p(statistic) } else { student_p(statistic, df) };
    Ok(AucTest {
        difference,
        standard_error,
        interval: Interval::new(difference - half, difference + half),
        statistic,
        df: Some(df),
        p,
    })
}

/// Hanley and McNeil's variance of an area (1982): from the area and the class sizes alone.
pub fn hanley_mcneil_variance(area: f64, n_positive: usize, n_negative: usize) -> f64 {
    let (m, n) = (n_positive as f64, n_negative as f64);
    let (q1, q2) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    (area * (1.0 - area) + (m - 1.0) * (q1 - area * area) + (n - 1.0) * (q2 - area * area)) / (m * n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Code;
    use proptest::prelude::*;

    fn slow_auc(scores: &[f64], labels: &[bool]) -> f64 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for (p, _) in scores.iter().zip(labels).filter(|(_, l)| **l) {
            for (q, _) in scores.iter().zip(labels).filter(|(_, l)| !**l) {
                won += if p > q {
                    1.0
                } else if p == q {
                    0.5
                } else {
                    0.0
                };
                pairs += 1.0;
            }
        }
        won / pairs
    }

    #[test]
    fn degenerate_inputs() {
        assert!(auc(&[0.1, 0.2], &[true, true]).unwrap().is_nan());
        assert_eq!(auc(&[], &[]).unwrap_err().code(), Code::Evaluation);
        assert_eq!(auc(&[f64::NAN, 0.0], &[true, false]).unwrap_err().code(), Code::NotFinite);
        assert_eq!(auc(&[0.0], &[true, false]).unwrap_err().code(), Code::TableMismatch);
        assert_eq!(auc(&[f64::INFINITY, f64::NEG_INFINITY], &[true, false]).unwrap(), 1.0);
        assert_eq!(auc(&[0.5; 6], &[true, false, true, false, true, false]).unwrap(), 0.5);
    }

    #[test]
    fn perfect_and_single_cases_have_newcombe_intervals() {
        let labels = [false, false, false, true, true, true];
        let perfect = delong(&[&[0.1, 0.2, 0.3, 0.7, 0.8, 0.9]], &labels).unwrap();
        let (interval, kind) = perfect.interval(0, 0.95);
        assert_eq!(kind, IntervalKind::Newcombe);
        assert!(interval.high == 1.0 && interval.low > 0.3 && interval.low < 0.75, "{interval:?}");
        let one = delong(&[&[0.1, 0.9, 0.3]], &[true, false, false]).unwrap();
        assert_eq!(one.interval(0, 0.95).1, IntervalKind::Newcombe);
        let none = delong(&[&[0.1, 0.9]], &[true, true]).unwrap();
        assert_eq!(none.interval(0, 0.95).1, IntervalKind::Undefined);
    }

    #[test]
    fn equal_rankings_are_not_tested() {
        let labels = [true, false, true, false, true];
        let a = [0.9, 0.2, 0.4, 0.5, 0.6];
        let test = delong_paired(&a, &a.map(|s| s * 0.5), &labels).unwrap();
        assert_eq!((test.difference, test.statistic, test.p), (0.0, 0.0, 1.0));
    }

    proptest! {
        #[test]
        fn ranks_give_what_pairs_give(cases in proptest::collection::vec((0u8..12, any::<bool>()), 2..40)) {
            let scores: Vec<f64> = cases.iter().map(|(s, _)| f64::from(*s) / 10.0).collect();
            let labels: Vec<bool> = cases.iter().map(|(_, l)| *l).collect();
            let (fast, slow) = (auc(&scores, &labels).unwrap(), slow_auc(&scores, &labels));
            prop_assert!((fast - slow).abs() < 1e-14 || fast.is_nan() && slow.is_nan());
            let d = delong(&[&scores], &labels).unwrap();
            let (interval, kind) = d.interval(0, 0.95);
            if kind != IntervalKind::Undefined {
                prop_assert!(interval.low <= fast && fast <= interval.high && interval.low >= 0.0 && interval.high <= 1.0);
            }
            let flipped: Vec<f64> = scores.iter().map(|s| -s).collect();
            let mirrored = auc(&flipped, &labels).unwrap();
            prop_assert!(fast.is_nan() || (fast + mirrored - 1.0).abs() < 1e-14);
        }
    }
}
