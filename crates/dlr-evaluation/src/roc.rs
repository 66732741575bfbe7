//! The points of the ROC curve, and a bootstrap band around it: plain data for a figure.

use crate::bootstrap::{Resampler, percentile_interval};
use crate::check;
use crate::interval::Interval;
use crate::rank::ascending;
use dlr_core::{Code, Error, Result};
use serde::Serialize;

/// An ROC curve: one point per distinct score, from the strictest cut (infinite, nobody positive) to the loosest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RocCurve {
    /// False positive rate at each cut; NaN without negatives.
    pub fpr: Vec<f64>,
    /// True positive rate at each cut; NaN without positives.
    pub tpr: Vec<f64>,
    /// Positive at or above this score, in descending order.
    pub threshold: Vec<f64>,
}

/// Cumulated counts from the highest score down: `(threshold, true positives, false positives)`.
pub(crate) fn cumulated(scores: &[f64], labels: &[bool]) -> Vec<(f64, usize, usize)> {
    let mut points = vec![(f64::INFINITY, 0, 0)];
    let (mut tp, mut fp) = (0, 0);
    let order = ascending(scores);
    for (at, position) in order.iter().enumerate().rev() {
        if labels[*position] {
            tp += 1
        } else {
            fp += 1
        }
        if at == 0 || scores[order[at - 1]] != scores[*position] {
            points.push((scores[*position], tp, fp));
        }
    }
    points
}

/// The ROC curve with every distinct score as a cut.
///
/// # Errors
/// As [`crate::auc`].
pub fn roc_curve(scores: &[f64], labels: &[bool]) -> Result<RocCurve> {
    check::scores_and_labels(scores, labels)?;
    let (m, n) = check::class_counts(labels);
    let points = cumulated(scores, labels);
    Ok(RocCurve {
        fpr: points.iter().map(|(_, _, fp)| *fp as f64 / n as f64).collect(),
        tpr: points.iter().map(|(_, tp, _)| *tp as f64 / m as f64).collect(),
        threshold: points.iter().map(|(t, _, _)| *t).collect(),
    })
}

impl RocCurve {
    /// The true positive rate at a false positive rate: the highest that a cut with at most that rate has.
    pub fn tpr_at(&self, fpr: f64) -> f64 {
        self.fpr.iter().zip(&self.tpr).take_while(|(f, _)| **f <= fpr).map(|(_, t)| *t).last().unwrap_or(f64::NAN)
    }
}

/// A pointwise band around an ROC curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RocBand {
    /// False positive rates, evenly spaced from 0 to 1.
    pub fpr: Vec<f64>,
    /// True positive rate of the curve itself.
    pub tpr: Vec<f64>,
    /// Lower bound at each rate.
    pub low: Vec<f64>,
    /// Upper bound at each rate.
    pub high: Vec<f64>,
}

/// A pointwise bootstrap band (percentiles), classes resampled apart, on `n_points` evenly spaced rates.
///
/// # Errors
/// As [`crate::auc`]; `E0603` for one class only, `E0401` for fewer than two points or a level outside `(0, 1)`.
pub fn roc_band(
    scores: &[f64],
    labels: &[bool],
    n_points: usize,
    n_resamples: usize,
    level: f64,
    seed: u64,
) -> Result<RocBand> {
    check::open_share("level", level)?;
    if n_points < 2 {
        return Err(Error::new(Code::Parameter, format!("parameter `n_points` is {n_points}, but must be at least 2")));
    }
    let curve = roc_curve(scores, labels)?;
    let resampler = Resampler::stratified(labels)?;
    let fpr: Vec<f64> = (0..n_points).map(|i| i as f64 / (n_points - 1) as f64).collect();
    let mut at_rate = vec![Vec::with_capacity(n_resamples); n_points];
    let (mut drawn_scores, mut drawn_labels) = (Vec::new(), Vec::new());
    for resample in 0..n_resamples {
        let positions = resampler.draw(seed, resample as u64);
        drawn_scores.clear();
        drawn_labels.clear();
        drawn_scores.extend(positions.iter().map(|p| scores[*p]));
        drawn_labels.extend(positions.iter().map(|p| labels[*p]));
        let drawn = roc_curve(&drawn_scores, &drawn_labels)?;
        for (values, rate) in at_rate.iter_mut().zip(&fpr) {
            values.push(drawn.tpr_at(*rate));
        }
    }
    let band: Vec<Interval> = at_rate.iter_mut().map(|values| percentile_interval(values, level)).collect();
    Ok(RocBand {
        tpr: fpr.iter().map(|rate| curve.tpr_at(*rate)).collect(),
        fpr,
        low: band.iter().map(|b| b.low).collect(),
        high: band.iter().map(|b| b.high).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_small_curve() {
        let curve = roc_curve(&[0.9, 0.5, 0.5, 0.1], &[true, true, false, false]).unwrap();
        assert_eq!(curve.threshold, [f64::INFINITY, 0.9, 0.5, 0.1]);
        assert_eq!(curve.tpr, [0.0, 0.5, 1.0, 1.0]);
        assert_eq!(curve.fpr, [0.0, 0.0, 0.5, 1.0]);
        assert_eq!((curve.tpr_at(0.0), curve.tpr_at(0.49), curve.tpr_at(0.5)), (0.5, 0.5, 1.0));
    }

    #[test]
    fn the_band_holds_the_curve_and_is_the_same_twice() {
        let scores: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 40) / 40.0).collect();
        let labels: Vec<bool> = scores.iter().enumerate().map(|(i, s)| s + 0.1 * (i % 5) as f64 > 0.6).collect();
        let band = roc_band(&scores, &labels, 21, 200, 0.95, 3).unwrap();
        assert_eq!(band, roc_band(&scores, &labels, 21, 200, 0.95, 3).unwrap());
        assert!((0..21).all(|i| band.low[i] <= band.tpr[i] && band.tpr[i] <= band.high[i]));
        assert_eq!(roc_band(&[0.1, 0.2], &[true, true], 5, 10, 0.95, 0).unwrap_err().code(), Code::Evaluation);
    }
}
