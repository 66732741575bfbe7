//! Precision and recall over all cuts, and average precision.

use crate::check;
use crate::roc::cumulated;
use dlr_core::Result;
use serde::Serialize;

/// A precision-recall curve: one point per distinct score, from the strictest cut to the loosest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrecisionRecall {
    /// Share of the positive cases found.
    pub recall: Vec<f64>,
    /// Share of the found cases that are positive.
    pub precision: Vec<f64>,
    /// Positive at or above this score.
    pub threshold: Vec<f64>,
}

/// The precision-recall curve with every distinct score as a cut. Recall is NaN without positive cases.
///
/// # Errors
/// As [`crate::auc`].
pub fn precision_recall(scores: &[f64], labels: &[bool]) -> Result<PrecisionRecall> {
    check::scores_and_labels(scores, labels)?;
    let (m, _) = check::class_counts(labels);
    let points = &cumulated(scores, labels)[1..];
    Ok(PrecisionRecall {
        recall: points.iter().map(|(_, tp, _)| *tp as f64 / m as f64).collect(),
        precision: points.iter().map(|(_, tp, fp)| *tp as f64 / (tp + fp) as f64).collect(),
        threshold: points.iter().map(|(t, _, _)| *t).collect(),
    })
}

/// Average precision: `sum of (recall_i - recall_(i-1)) * precision_i`, without interpolation (as scikit-learn).
///
/// Its chance level is the prevalence. NaN without positive cases.
///
/// # Errors
/// As [`crate::auc`].
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<f64> {
    let curve = precision_recall(scores, labels)?;
    let before = std::iter::once(&0.0).chain(&curve.recall);
    Ok(curve.recall.iter().zip(before).zip(&curve.precision).map(|((now, before), p)| (now - before) * p).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_example_of_scikit_learn() {
        let ap = average_precision(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]).unwrap();
        assert!((ap - 0.833_333_333_333_333_3).abs() < 1e-15);
        assert!(average_precision(&[0.1, 0.4], &[false, false]).unwrap().is_nan());
        assert_eq!(average_precision(&[0.2; 4], &[true, false, false, false]).unwrap(), 0.25);
    }
}
