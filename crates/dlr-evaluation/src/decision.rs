//! Decision curves: net benefit of acting on a prediction, beside acting on everybody and on nobody.

use crate::bootstrap::{Resampler, percentile_interval};
use crate::check;
use dlr_core::{Code, Error, Result};
use serde::Serialize;

/// Net benefit over threshold probabilities. Nobody treated has the net benefit 0 everywhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionCurve {
    /// Threshold probabilities.
    pub threshold: Vec<f64>,
    /// Net benefit of treating those at or above the threshold.
    pub model: Vec<f64>,
    /// Net benefit of treating everybody.
    pub treat_all: Vec<f64>,
    /// Lower bound of the model's; empty without bands.
    pub low: Vec<f64>,
    /// Upper bound of the model's; empty without bands.
    pub high: Vec<f64>,
}

/// The usual threshold probabilities, 0.01 to 0.99 by 0.01.
pub fn decision_thresholds() -> Vec<f64> {
    (1..100).map(|i| f64::from(i) / 100.0).collect()
}

/// Net benefit `tp/n - fp/n * t/(1-t)` at each threshold `t` (Vickers and Elkin 2006).
///
/// # Errors
/// As [`crate::brier`]; `E0401` for a threshold outside `(0, 1)`.
pub fn decision_curve(scores: &[f64], labels: &[bool], thresholds: &[f64]) -> Result<DecisionCurve> {
    check::probabilities_and_labels(scores, labels)?;
    for t in thresholds {
        check::open_share("threshold", *t)?;
    }
    let all: Vec<usize> = (0..scores.len()).collect();
    let (m, n) = check::class_counts(labels);
    let total = scores.len() as f64;
    Ok(DecisionCurve {
        threshold: thresholds.to_vec(),
        model: net_benefits(scores, labels, &all, thresholds),
        treat_all: thresholds.iter().map(|t| m as f64 / total - n as f64 / total * t / (1.0 - t)).collect(),
        low: Vec::new(),
        high: Vec::new(),
    })
}

/// [`decision_curve`] with pointwise bootstrap bands (percentiles). All cases are resampled together, because net benefit
/// depends on the prevalence.
///
/// # Errors
/// As [`decision_curve`]; `E0401` for no resample or a level outside `(0, 1)`.
pub fn decision_curve_with_bands(
    scores: &[f64],
    labels: &[bool],
    thresholds: &[f64],
    n_resamples: usize,
    level: f64,
    seed: u64,
) -> Result<DecisionCurve> {
    check::open_share("level", level)?;
    if n_resamples == 0 {
        return Err(Error::new(Code::Parameter, "parameter `n_resamples` is 0, but must be at least 1"));
    }
    let mut curve = decision_curve(scores, labels, thresholds)?;
    let resampler = Resampler::simple(scores.len())?;
    let mut at_threshold = vec![Vec::with_capacity(n_resamples); thresholds.len()];
    for resample in 0..n_resamples {
        let drawn = net_benefits(scores, labels, &resampler.draw(seed, resample as u64), thresholds);
        for (values, benefit) in at_threshold.iter_mut().zip(drawn) {
            values.push(benefit);
        }
    }
    for values in &mut at_threshold {
        let band = percentile_interval(values, level);
        curve.low.push(band.low);
        curve.high.push(band.high);
    }
    Ok(curve)
}

fn net_benefits(scores: &[f64], labels: &[bool], positions: &[usize], thresholds: &[f64]) -> Vec<f64> {
    let n = positions.len() as f64;
    let at = |t: &f64| {
        let (mut tp, mut fp) = (0usize, 0usize);
        for position in positions {
            if scores[*position] >= *t {
                if labels[*position] { tp += 1 } else { fp += 1 }
            }
        }
        (tp as f64 - fp as f64 * t / (1.0 - t)) / n
    };
    thresholds.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_and_nobody() {
        let (scores, labels) = ([0.9, 0.8, 0.2, 0.6], [true, false, false, true]);
        let curve = decision_curve_with_bands(&scores, &labels, &[0.1, 0.5, 0.95], 300, 0.95, 1).unwrap();
        assert_eq!(curve.model[0], curve.treat_all[0]);
        assert_eq!((curve.model[1], curve.model[2]), (0.25, 0.0));
        assert!((0..3).all(|i| curve.low[i] <= curve.model[i] && curve.model[i] <= curve.high[i]));
        assert_eq!(decision_curve(&scores, &labels, &[1.0]).unwrap_err().code(), Code::Parameter);
    }
}
