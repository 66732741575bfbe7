//! Rules that choose a cut, to be handed to [`dlr_core::TrainScores::threshold`]: they see training scores only.
//!
//! ```
//! # use dlr_core::*;
//! # let truth = |cases: &[String]| cases.iter().map(|c| c.ends_with('1')).collect::<Vec<_>>();
//! # fn youden_of(scores: &TrainScores) -> Result<Threshold> {
//! scores.threshold("youden", dlr_evaluation::youden)
//! # }
//! # fn sensitive(scores: &TrainScores) -> Result<Threshold> {
//! scores.threshold("sensitivity-0.90", dlr_evaluation::target_sensitivity(0.90))
//! # }
//! ```

use crate::check;
use crate::roc::cumulated;
use dlr_core::{Code, Error, Result};

/// The cut with the largest sensitivity + specificity - 1; of several the highest.
///
/// Infinite where no cut beats calling nobody positive.
///
/// # Errors
/// As [`crate::auc`]; `E0603` for one class only.
pub fn youden(scores: &[f64], labels: &[bool]) -> Result<f64> {
    let (m, n) = both_classes(scores, labels)?;
    let (mut best, mut cut) = (f64::NEG_INFINITY, f64::INFINITY);
    for (threshold, tp, fp) in cumulated(scores, labels) {
        let index = tp as f64 / m as f64 - fp as f64 / n as f64;
        if index > best {
            (best, cut) = (index, threshold);
        }
    }
    Ok(cut)
}

/// A rule: the highest cut with at least the target sensitivity.
///
/// # Errors
/// The rule's: as [`youden`]; `E0401` for a target outside `(0, 1]`.
pub fn target_sensitivity(target: f64) -> impl FnOnce(&[f64], &[bool]) -> Result<f64> {
    move |scores, labels| {
        if !(target > 0.0 && target <= 1.0) {
            return Err(Error::new(
                Code::Parameter,
                format!("parameter `target_sensitivity` is {target}, but must be above 0 and at most 1"),
            ));
        }
        let (m, _) = both_classes(scores, labels)?;
        let reached = cumulated(scores, labels).into_iter().find(|(_, tp, _)| *tp as f64 / m as f64 >= target);
        Ok(reached.expect("the lowest score is a cut with sensitivity 1").0)
    }
}

/// A rule: always this cut, whatever the scores.
pub fn fixed_cut(cut: f64) -> impl FnOnce(&[f64], &[bool]) -> Result<f64> {
    move |_, _| Ok(cut)
}

fn both_classes(scores: &[f64], labels: &[bool]) -> Result<(usize, usize)> {
    check::scores_and_labels(scores, labels)?;
    match check::class_counts(labels) {
        (0, n) | (n, 0) => Err(Error::new(Code::Evaluation, "a threshold needs scores of both classes")
            .found(format!("{n} cases of one class"))),
        counts => Ok(counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f64; 6] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9];
    const LABELS: [bool; 6] = [false, false, true, true, true, true];

    #[test]
    fn rules() {
        assert_eq!(youden(&SCORES, &LABELS).unwrap(), 0.8);
        assert_eq!(target_sensitivity(0.75)(&SCORES, &LABELS).unwrap(), 0.4);
        assert_eq!(target_sensitivity(0.9)(&SCORES, &LABELS).unwrap(), 0.35);
        assert_eq!(target_sensitivity(1.0)(&SCORES, &LABELS).unwrap(), 0.35);
        assert_eq!(fixed_cut(0.5)(&SCORES, &LABELS).unwrap(), 0.5);
    }

    #[test]
    fn useless_and_impossible() {
        assert_eq!(youden(&[0.5; 4], &[true, false, true, false]).unwrap(), f64::INFINITY);
        assert_eq!(youden(&[0.5; 2], &[true, true]).unwrap_err().code(), Code::Evaluation);
        assert_eq!(target_sensitivity(1.5)(&SCORES, &LABELS).unwrap_err().code(), Code::Parameter);
    }
}
