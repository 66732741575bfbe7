//! Tests of one column between two classes: Mann-Whitney, t, and the F statistic.

use super::basics::midranks;
use super::distribution::{normal_two_sided, student_two_sided};
use crate::linalg::sum;

/// A statistic and its two-sided p-value; both NaN where the test is not defined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestResult {
    /// The statistic.
    pub statistic: f64,
    /// Two-sided p.
    pub p: f64,
}

/// Mann-Whitney's U of the positive class: normal approximation with tie and continuity correction, as SciPy's
/// `method="asymptotic"` and R's `wilcox.test(exact = FALSE)`. A constant column has p 1.
pub fn mann_whitney(values: &[f64], labels: &[bool]) -> TestResult {
    let ranks = midranks(values);
    let n = labels.len() as f64;
    let n1 = labels.iter().filter(|l| **l).count() as f64;
    let n2 = n - n1;
    let rank_sum: f64 = ranks.iter().zip(labels).filter(|(_, l)| **l).map(|(r, _)| r).sum();
    let u1 = rank_sum - n1 * (n1 + 1.0) / 2.0;
    let mut sorted = ranks;
    sorted.sort_unstable_by(f64::total_cmp);
    let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|c| c.len() as f64).map(|t| t * t * t - t).sum();
    let deviation = (n1 * n2 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)))).sqrt();
    let numerator = u1.max(n1 * n2 - u1) - n1 * n2 / 2.0 - 0.5;
    let p = match deviation {
        _ if n1 == 0.0 || n2 == 0.0 => f64::NAN,
        0.0 => 1.0,
        // Within the continuity correction of the middle the upper tail is above a half: p is 1.
        _ if numerator <= 0.0 => 1.0,
        _ => normal_two_sided(numerator / deviation),
    };
    TestResult { statistic: u1, p }
}

struct Moments {
    n: f64,
    mean: f64,
    squares: f64,
}

fn moments(values: &[f64], labels: &[bool], class: bool) -> Moments {
    let side: Vec<f64> = values.iter().zip(labels).filter(|(_, l)| **l == class).map(|(v, _)| *v).collect();
    let n = side.len() as f64;
    let mean = sum(&side) / n;
    let squares: Vec<f64> = side.iter().map(|v| (v - mean) * (v - mean)).collect();
    Moments { n, mean, squares: sum(&squares) }
}

/// Welch's t, positive minus negative class: variances may differ.
pub fn welch_t(values: &[f64], labels: &[bool]) -> TestResult {
    let (a, b) = (moments(values, labels, true), moments(values, labels, false));
    let (va, vb) = (a.squares / (a.n - 1.0) / a.n, b.squares / (b.n - 1.0) / b.n);
    let t = (a.mean - b.mean) / (va + vb).sqrt();
    let df = (va + vb).powi(2) / (va * va / (a.n - 1.0) + vb * vb / (b.n - 1.0));
    TestResult { statistic: t, p: student_two_sided(t, df) }
}

/// Student's t, positive minus negative class: one variance for both.
pub fn student_t(values: &[f64], labels: &[bool]) -> TestResult {
    let (a, b) = (moments(values, labels, true), moments(values, labels, false));
    let df = a.n + b.n - 2.0;
    let variance = (a.squares + b.squares) / df;
    let t = (a.mean - b.mean) / (variance * (1.0 / a.n + 1.0 / b.n)).sqrt();
    TestResult { statistic: t, p: student_two_sided(t, df) }
}

/// F of the one-way analysis of variance: `t²` of [`student_t`]. A constant column gives 0.
pub fn anova_f(values: &[f64], labels: &[bool]) -> f64 {
    let (a, b) = (moments(values, labels, true), moments(values, labels, false));
    let mean = (a.n * a.mean + b.n * b.mean) / (a.n + b.n);
    let between = a.n * (a.mean - mean).powi(2) + b.n * (b.mean - mean).powi(2);
    if between == 0.0 {
        return 0.0;
    }
    between / ((a.squares + b.squares) / (a.n + b.n - 2.0))
}
