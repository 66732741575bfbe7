//! Calibration by groups: equal-width bins with the expected calibration error, and the test of Hosmer and Lemeshow.

use crate::check;
use crate::distribution::chi_squared_p;
use crate::interval::{Interval, wilson};
use crate::rank::ascending;
use dlr_core::{Code, Error, Result};
use serde::Serialize;

/// One bin of a reliability diagram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Lower edge, included.
    pub from: f64,
    /// Upper edge, excluded except in the last bin.
    pub to: f64,
    /// Number of cases.
    pub n: usize,
    /// Mean predicted probability; NaN for none.
    pub predicted: f64,
    /// Share of positive cases; NaN for none.
    pub observed: f64,
    /// Wilson interval of that share.
    pub observed_ci: Interval,
}

/// Equal-width bins over 0 to 1.
///
/// # Errors
/// As [`crate::brier`]; `E0401` for no bin.
pub fn calibration_bins(scores: &[f64], labels: &[bool], n_bins: usize) -> Result<Vec<CalibrationBin>> {
    check::probabilities_and_labels(scores, labels)?;
    if n_bins == 0 {
        return Err(Error::new(Code::Parameter, "parameter `n_bins` is 0, but must be at least 1"));
    }
    let width = 1.0 / n_bins as f64;
    let edge = |i: usize| if i == n_bins { 1.0 } else { i as f64 * width };
    let bin_of = |p: f64| (0..n_bins).rev().find(|i| p >= edge(*i)).unwrap_or(0);
    let mut sums = vec![(0usize, 0usize, 0.0); n_bins];
    for (p, label) in scores.iter().zip(labels) {
        let (n, positive, predicted) = &mut sums[bin_of(*p)];
        *n += 1;
        *positive += usize::from(*label);
        *predicted += p;
    }
    sums.into_iter()
        .enumerate()
        .map(|(i, (n, positive, predicted))| {
            Ok(CalibrationBin {
                from: edge(i),
                to: edge(i + 1),
                n,
                predicted: predicted / n as f64,
                observed: positive as f64 / n as f64,
                observed_ci: wilson(positive, n, 0.95)?,
            })
        })
        .collect()
}

/// Expected calibration error: mean distance between predicted and observed share over the bins, weighted by cases.
///
/// # Errors
/// As [`calibration_bins`].
pub fn expected_calibration_error(scores: &[f64], labels: &[bool], n_bins: usize) -> Result<f64> {
    let bins = calibration_bins(scores, labels, n_bins)?;
    let n = scores.len() as f64;
    Ok(bins.iter().filter(|b| b.n > 0).map(|b| b.n as f64 / n * (b.observed - b.predicted).abs()).sum())
}

/// The test of Hosmer and Lemeshow. Legacy: it depends on the grouping and says nothing of size or direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HosmerLemeshow {
    /// The statistic.
    pub chi_squared: f64,
    /// Groups less 2. Meant for the data that a model was fitted on; on new data the true count is the groups.
    pub df: f64,
    /// Upper tail.
    pub p: f64,
}

/// Cases sorted by prediction (ties in the order given) and cut into `n_groups` of nearly equal size, the first ones
/// larger.
///
/// NaN where a group has an expected count of exactly 0 or all.
///
/// # Errors
/// As [`crate::brier`]; `E0401` for fewer than 3 groups, `E0603` for fewer cases than groups.
pub fn hosmer_lemeshow(scores: &[f64], labels: &[bool], n_groups: usize) -> Result<HosmerLemeshow> {
    check::probabilities_and_labels(scores, labels)?;
    if n_groups < 3 {
        return Err(Error::new(Code::Parameter, format!("parameter `n_groups` is {n_groups}, but must be at least 3")));
    }
    let n = scores.len();
    if n < n_groups {
        return Err(Error::new(Code::Evaluation, "fewer cases than groups").expected(n_groups).found(n));
    }
    let order = ascending(scores);
    let mut from = 0;
    let mut chi_squared = 0.0;
    for group in 0..n_groups {
        let to = from + n / n_groups + usize::from(group < n % n_groups);
        let members = &order[from..to];
        let observed = members.iter().filter(|p| labels[**p]).count() as f64;
        let expected: f64 = members.iter().map(|p| scores[*p]).sum();
        chi_squared += (observed - expected).powi(2) / (expected * (1.0 - expected / members.len() as f64));
        from = to;
    }
    let df = (n_groups - 2) as f64;
    Ok(HosmerLemeshow { chi_squared, df, p: chi_squared_p(chi_squared, df) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_and_errors() {
        let bins = calibration_bins(&[0.0, 0.3, 0.30000000000000004, 1.0], &[false, false, true, true], 10).unwrap();
        assert_eq!((bins[0].n, bins[2].n, bins[3].n, bins[9].n), (1, 1, 1, 1));
        assert!(bins[5].observed.is_nan());
        assert_eq!(expected_calibration_error(&[0.25, 0.25], &[true, false], 4).unwrap(), 0.25);
        assert_eq!(hosmer_lemeshow(&[0.5; 4], &[true; 4], 10).unwrap_err().code(), Code::Evaluation);
        assert_eq!(hosmer_lemeshow(&[0.5; 4], &[true; 4], 2).unwrap_err().code(), Code::Parameter);
    }
}
