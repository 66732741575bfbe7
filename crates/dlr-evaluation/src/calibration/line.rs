//! Brier score, log loss, and the logistic recalibration line of Cox.

use crate::check;
use crate::logit::{log_odds, logistic_fit};
use dlr_core::Result;
use serde::Serialize;

/// Mean squared difference between probability and outcome.
///
/// # Errors
/// `E0105` where a score is not a probability, `E0502` for other lengths, `E0603` for no case.
pub fn brier(scores: &[f64], labels: &[bool]) -> Result<f64> {
    check::probabilities_and_labels(scores, labels)?;
    let squared = scores.iter().zip(labels).map(|(p, l)| (p - f64::from(u8::from(*l))).powi(2));
    Ok(squared.sum::<f64>() / scores.len() as f64)
}

/// Mean negative log likelihood. Infinite where a prediction of 0 or 1 was wrong.
///
/// # Errors
/// As [`brier`].
pub fn log_loss(scores: &[f64], labels: &[bool]) -> Result<f64> {
    check::probabilities_and_labels(scores, labels)?;
    let of_case = |(p, label): (&f64, &bool)| if *label { -p.ln() } else { -(-p).ln_1p() };
    Ok(scores.iter().zip(labels).map(of_case).sum::<f64>() / scores.len() as f64)
}

/// `log odds of the outcome = intercept + slope * log odds of the prediction`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationLine {
    /// 1 is right; below 1 the predictions are too extreme.
    pub slope: f64,
    /// 0 is right.
    pub intercept: f64,
    /// Standard error of the slope.
    pub slope_se: f64,
    /// Standard error of the intercept.
    pub intercept_se: f64,
    /// The intercept with the slope held at 1: above 0 the predictions are too low on the whole.
    pub in_the_large: f64,
}

/// Fits the recalibration line by maximum likelihood (Cox 1958; rms' `val.prob`).
///
/// Probabilities are clipped to `1e-12 ..= 1 - 1e-12`. NaN where there is no maximum: one class only, all predictions
/// equal, or predictions that separate the classes.
///
/// # Errors
/// As [`brier`].
pub fn calibration_line(scores: &[f64], labels: &[bool]) -> Result<CalibrationLine> {
    check::probabilities_and_labels(scores, labels)?;
    let margin: Vec<f64> = scores.iter().map(|p| log_odds(*p)).collect();
    let outcome: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
    let ones = vec![1.0; scores.len()];
    let large = logistic_fit(std::slice::from_ref(&ones), &outcome, &margin);
    let line = logistic_fit(&[ones, margin], &outcome, &vec![0.0; scores.len()]);
    Ok(CalibrationLine {
        slope: line.coefficients[1],
        intercept: line.coefficients[0],
        slope_se: line.standard_error(1),
        intercept_se: line.standard_error(0),
        in_the_large: large.coefficients[0],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Code;

    #[test]
    fn degenerate_predictions_are_nan() {
        let labels = [true, false, true, false];
        for scores in [[0.5; 4], [0.9, 0.1, 0.8, 0.2], [1.0, 0.0, 1.0, 0.0]] {
            assert!(calibration_line(&scores, &labels).unwrap().slope.is_nan(), "{scores:?}");
        }
        assert!(calibration_line(&[0.2, 0.4], &[true, true]).unwrap().in_the_large.is_nan());
        assert_eq!(brier(&[1.2], &[true]).unwrap_err().code(), Code::NotFinite);
        assert_eq!(log_loss(&[0.0], &[true]).unwrap(), f64::INFINITY);
        assert_eq!(log_loss(&[1.0], &[true]).unwrap(), 0.0);
    }
}
