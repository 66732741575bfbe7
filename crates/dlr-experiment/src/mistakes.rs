//! What is told of a mistake in an experiment file: a name that is not known, with the nearest that is; a key or value that
//! a stage cannot take.

use dlr_core::{Code, Error, Result};
use std::fmt::Display;

/// Refuses a name that is not among the known ones, and names the nearest.
pub(crate) fn known<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a String>) -> Result<()> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.contains(&name) {
        return Ok(());
    }
    Err(Error::new(Code::UnknownName, format!("{what} `{name}` is not known"))
        .expected(format!("one of {}", names.join(", ")))
        .found(format!("`{name}`"))
        .hint(did_you_mean(name, &names)))
}

/// The parameters of a stage that serde refused.
pub(crate) fn of_parameters(stage: &str, error: &impl Display) -> Error {
    of_keys(&format!("parameters of stage `{stage}`"), &error.to_string())
}

/// A key or value that serde refused, somewhere.
pub(crate) fn of_keys(place: &str, text: &str) -> Error {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("not readable");
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    let (fact, expected) = line.split_once(", expected ").unwrap_or((line, "what the documentation lists"));
    let error = Error::new(Code::ParameterFile, format!("{place}: {fact}"));
    if fact.starts_with("unknown field") {
        let key = quoted(fact);
        let keys: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        return error
            .expected(expected.trim_end_matches(['\n', ' ']))
            .found(format!("`{key}`"))
            .hint(did_you_mean(&key, &keys));
    }
    if fact.starts_with("missing field") {
        let key = quoted(fact);
        return error.expected(format!("a value for `{key}`")).found("none").hint(STAGES);
    }
    error.expected(expected).found(fact).hint(STAGES)
}

/// Where every stage and its keys are listed.
const STAGES: &str =
    "every stage with its keys is listed in docs/stages.md, docs/sources-and-features.md and docs/modelling-stages.md";

fn did_you_mean(name: &str, names: &[&str]) -> String {
    match names.iter().min_by_key(|known| distance(known, name)) {
        // Near, and more alike than not: `sex` is no slip for `age`.
        Some(nearest) if distance(nearest, name) <= 3.min(name.chars().count() / 2) => {
            format!("did you mean `{nearest}`?")
        }
        _ => STAGES.to_owned(),
    }
}

/// Edit distance (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// A category that a training case has and the experiment file does not list is misspelt there, as a rule: the whole
/// column would be missing, and imputed. Given are the training cases of such categories, each with what is said of it.
///
/// # Errors
/// [`Code::LabelValues`] naming the first such case.
pub(crate) fn categories_are_listed(unlisted: &[(String, String)]) -> Result<()> {
    let Some((id, why)) = unlisted.first() else { return Ok(()) };
    Err(Error::new(Code::LabelValues, format!("{why}, and this is a training case"))
        .expected("every category of the training cases under `levels`")
        .found(format!("{} training cases of others", unlisted.len()))
        .hint("list it, or leave the cell empty where the value is not known")
        .for_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_says_what_was_expected_and_found() {
        let names = ["rfe", "lasso"].map(String::from);
        let unknown = known("table step", "rfee", names.iter()).unwrap_err();
        let far = known("table step", "something else", names.iter()).unwrap_err();
        let short = known("column", "sex", ["age".to_owned()].iter()).unwrap_err();
        assert!(!short.to_string().contains("did you mean"), "{short}");
        let key = of_parameters("rfe", &"unknown field `n_keeep`, expected one of `n_keep`, `step`\n");
        let missing = of_parameters("resample", &"missing field `spacing_mm`");
        let kind = of_parameters("rfe", &"invalid type: string \"a\", expected usize\nin `n_keep`");
        for (error, found) in [
            (&unknown, "`rfee`"),
            (&far, "`something else`"),
            (&key, "`n_keeep`"),
            (&missing, "none"),
            (&kind, "invalid"),
        ] {
            let text = error.to_string();
            assert!(text.contains("expected ") && text.contains("hint: "), "{text}");
            assert!(text.contains(&format!("found {found}")), "{text}");
        }
        assert!(unknown.to_string().contains("did you mean `rfe`?"));
        assert!(key.to_string().contains("did you mean `n_keep`?"), "{key}");
    }
}
