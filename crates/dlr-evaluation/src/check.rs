//! The door: lengths, emptiness and NaN are checked here once, before any score is compared with a label.

use dlr_core::{Code, Error, Result};

/// Same length, at least one case, no NaN. Infinite scores pass: they have an order.
pub(crate) fn scores_and_labels(scores: &[f64], labels: &[bool]) -> Result<()> {
    same_length(scores.len(), labels.len())?;
    if scores.is_empty() {
        return Err(Error::new(Code::Evaluation, "there is no case to evaluate"));
    }
    if let Some(at) = scores.iter().position(|s| s.is_nan()) {
        return Err(Error::new(Code::NotFinite, format!("the score at position {at} is NaN")));
    }
    Ok(())
}

/// As [`scores_and_labels`], and every score a probability.
pub(crate) fn probabilities_and_labels(scores: &[f64], labels: &[bool]) -> Result<()> {
    scores_and_labels(scores, labels)?;
    if let Some(at) = scores.iter().position(|s| !(0.0..=1.0).contains(s)) {
        return Err(Error::new(Code::NotFinite, format!("the score at position {at} is not a probability"))
            .expected("a number from 0 to 1")
            .found(scores[at]));
    }
    Ok(())
}

pub(crate) fn same_length(expected: usize, found: usize) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::new(Code::TableMismatch, "one value per case is needed").expected(expected).found(found))
}

/// A share strictly between 0 and 1: a level, a target, an alpha.
pub(crate) fn open_share(name: &str, value: f64) -> Result<()> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(Error::new(Code::Parameter, format!("parameter `{name}` is {value}, but must be above 0 and below 1")))
}

/// Number of positive and of negative labels.
pub(crate) fn class_counts(labels: &[bool]) -> (usize, usize) {
    let n_positive = labels.iter().filter(|l| **l).count();
    (n_positive, labels.len() - n_positive)
}
