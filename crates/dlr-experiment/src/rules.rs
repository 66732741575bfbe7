//! The threshold rules that an experiment file can name.

use dlr_core::{Code, Error, Result, Threshold, TrainScores};

enum Rule {
    Youden,
    Sensitivity(f64),
    Fixed(f64),
}

fn parse(rule: &str) -> Result<Rule> {
    let share = |text: &str| text.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
    let parsed = match rule.strip_prefix("sensitivity-") {
        Some(target) => share(target).map(Rule::Sensitivity),
        None if rule == "youden" => Some(Rule::Youden),
        None => share(rule).map(Rule::Fixed),
    };
    parsed.ok_or_else(|| {
        Error::new(Code::UnknownName, "the threshold rule is not known")
            .expected("`youden`, `sensitivity-0.90` (any target from 0 to 1), or a cut from 0 to 1")
            .found(format!("`{rule}`"))
            .hint("`validation.threshold` in the experiment file names it")
    })
}

/// Refuses a rule that [`threshold`] would not know, before anything is computed.
///
/// # Errors
/// [`Code::UnknownName`].
pub(crate) fn check(rule: &str) -> Result<()> {
    parse(rule).map(drop)
}

/// A threshold by the named rule: `youden`, `sensitivity-0.90` (any target), or a fixed cut such as `0.5`.
///
/// # Errors
/// [`Code::UnknownName`] for another name; those of the rule.
pub(crate) fn threshold(rule: &str, scores: &TrainScores) -> Result<Threshold> {
    match parse(rule)? {
        Rule::Youden => scores.threshold(rule, dlr_evaluation::youden),
        Rule::Sensitivity(target) => scores.threshold(rule, dlr_evaluation::target_sensitivity(target)),
        Rule::Fixed(cut) => scores.threshold(rule, dlr_evaluation::fixed_cut(cut)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_rules_are_named() {
        for good in ["youden", "sensitivity-0.90", "0.5", "0", "1"] {
            check(good).unwrap();
        }
        for bad in ["yuden", "sensitivity-", "sensitivity-1.2", "1.5", "NaN", ""] {
            let error = check(bad).unwrap_err();
            assert_eq!(error.code(), Code::UnknownName);
            assert!(error.to_string().contains(&format!("`{bad}`")), "{error}");
        }
    }
}
