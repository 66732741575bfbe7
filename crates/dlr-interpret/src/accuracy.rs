//! Local accuracy: contributions must add up to what the model predicts. Asserted, not assumed.

use dlr_core::{Attribution, Code, Error, Result};
use dlr_evaluation::probability;

/// The largest distance between a prediction and what its contributions add up to, as probabilities.
///
/// `predicted` holds the probabilities of the attribution's cases, which is on the log odds; for one on the probability
/// scale use `on_probability_scale`.
///
/// # Errors
/// `E0502` for another number of cases; `E0801` where the distance exceeds `tolerance`, naming the case.
pub fn local_accuracy(
    attribution: &Attribution,
    predicted: &[f64],
    on_probability_scale: bool,
    tolerance: f64,
) -> Result<f64> {
    if predicted.len() != attribution.cases.len() {
        return Err(Error::new(Code::TableMismatch, "one prediction per explained case is needed")
            .expected(attribution.cases.len())
            .found(predicted.len()));
    }
    let mut largest = 0.0;
    for ((row, wanted), case) in attribution.values.outer_iter().zip(predicted).zip(&attribution.cases) {
        let total = attribution.base + row.sum();
        let error = (if on_probability_scale { total } else { probability(total) } - wanted).abs();
        if error.is_nan() || error > tolerance {
            return Err(Error::new(Code::Contract, "contributions do not add up to the prediction")
                .expected(format!("{wanted} within {tolerance:e}"))
                .found(if on_probability_scale { total } else { probability(total) })
                .for_case(case));
        }
        largest = error.max(largest);
    }
    Ok(largest)
}
