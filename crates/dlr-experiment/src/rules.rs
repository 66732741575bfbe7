//! The threshold rules that an experiment file can name.

use dlr_core::{Code, Error, Result, Threshold, TrainScores};

/// A threshold by the named rule: `youden`, `sensitivity-0.90` (any target), or a fixed cut such as `0.5`.
///
/// # Errors
/// [`Code::UnknownName`] for another name; those of the rule.
pub(crate) fn threshold(rule: &str, scores: &TrainScores) -> Result<Threshold> {
    if rule == "youden" {
        return scores.threshold(rule, dlr_evaluation::youden);
    }
    if let Some(target) = rule.strip_prefix("sensitivity-").and_then(|text| text.parse().ok()) {
        return scores.threshold(rule, dlr_evaluation::target_sensitivity(target));
    }
    match rule.parse::<f64>() {
        Ok(cut) if (0.0..=1.0).contains(&cut) => scores.threshold(rule, dlr_evaluation::fixed_cut(cut)),
        _ => Err(Error::new(Code::UnknownName, format!("threshold rule `{rule}` is not known"))
            .expected("`youden`, `sensitivity-0.90`, or a cut from 0 to 1")),
    }
}
