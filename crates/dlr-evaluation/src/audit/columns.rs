//! Columns that should not be there, or say what another column says: post-baseline values, and volume in disguise.

use super::{Audit, Status};
use crate::rank::midranks;
use dlr_core::{FeatureName, FeatureTable, Result};

/// Beginnings of words that name what happened after the examination.
const AFTER: [&str; 17] = [
    "recur",
    "relaps",
    "metasta",
    "mets",
    "surviv",
    "death",
    "dead",
    "deceas",
    "followup",
    "outcome",
    "progress",
    "chemo",
    "radiother",
    "treat",
    "therap",
    "resect",
    "response",
];
/// Words that often do.
const PERHAPS: [&str; 6] = ["status", "surgery", "margin", "event", "days", "postop"];

/// Are predictors named after what was known only later? A public project's AUC on the sarcoma collection rose from 0.835
/// to 0.917 with such columns. The value is the number of columns.
///
/// Fails for words such as `recurrence`, `metastasis`, `survival`, `treatment`, and for every name in `denied`; warns for
/// `status`, `surgery`, `days`. Of a feature name such as `clinical_original_table_outcome`, the feature alone may be denied.
pub fn audit_post_baseline<'a>(predictors: impl IntoIterator<Item = &'a str>, denied: &[String]) -> Audit {
    let (mut surely, mut perhaps) = (Vec::new(), Vec::new());
    for name in predictors {
        let feature = name.parse::<FeatureName>().map(|n| n.feature().to_owned());
        if denied.iter().any(|d| d == name || feature.as_ref().is_ok_and(|f| f == d)) {
            surely.push(name.to_owned());
            continue;
        }
        let lower = name.to_lowercase().replace("follow-up", "followup").replace("follow_up", "followup");
        let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.iter().any(|start| word.starts_with(start)));
        if has(&AFTER) {
            surely.push(name.to_owned());
        } else if has(&PERHAPS) {
            perhaps.push(format!("{name}, perhaps"));
        }
    }
    let status = match (surely.is_empty(), perhaps.is_empty()) {
        (false, _) => Status::Fail,
        (true, false) => Status::Warn,
        (true, true) => Status::Pass,
    };
    let sentence = format!(
        "{} predictors are named after what was known only later, {} perhaps are; judged by name alone",
        surely.len(),
        perhaps.len()
    );
    let value = (surely.len() + perhaps.len()) as f64;
    surely.extend(perhaps);
    Audit::new("post-baseline", status, value, sentence).with(surely)
}

/// How many of the selected features only restate volume? The value is their share: |Spearman| with the volume column
/// above 0.90 over the rows of the table.
///
/// Warns for any, fails where all do: the model is then a volume with many names.
///
/// # Errors
/// `E0502` for a missing column.
pub fn audit_restates_volume(table: &FeatureTable, selected: &[FeatureName], volume: &FeatureName) -> Result<Audit> {
    let name = "restates-volume";
    let reference = table.select(std::slice::from_ref(volume))?;
    let reference = reference.values().column(0).to_vec();
    let columns = table.select(selected)?;
    let mut details = Vec::new();
    for (feature, column) in selected.iter().zip(columns.values().columns()) {
        let rho = spearman(&column.to_vec(), &reference);
        if rho.abs() > 0.90 {
            details.push(format!("{feature}: rho {rho:.2}"));
        }
    }
    if selected.is_empty() {
        return Ok(Audit::new(name, Status::NotApplicable, f64::NAN, "no feature was selected".into()));
    }
    let share = details.len() as f64 / selected.len() as f64;
    let status = match details.len() {
        0 => Status::Pass,
        all if all == selected.len() => Status::Fail,
        _ => Status::Warn,
    };
    let sentence = format!(
        "{} of {} selected features restate {volume} (|Spearman| above 0.90; fail where all do)",
        details.len(),
        selected.len()
    );
    Ok(Audit::new(name, status, share, sentence).with(details))
}

/// Spearman's correlation over the rows that both have; NaN where one is constant.
fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b): (Vec<f64>, Vec<f64>) = a.iter().zip(b).filter(|(x, y)| !x.is_nan() && !y.is_nan()).unzip();
    let (a, b) = (midranks(&a), midranks(&b));
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| (p - middle) * (q - middle)).sum::<f64>();
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::sample_dataset;

    #[test]
    fn names_that_betray() {
        let of = |names: &[&str]| audit_post_baseline(names.iter().copied(), &[]);
        let audit = of(&["clinical_Outcome", "Time – diagnosis to last follow-up (days)", "age", "MSKCC type"]);
        assert_eq!((audit.status, audit.value), (Status::Fail, 2.0));
        assert_eq!(of(&["smoking_status"]).status, Status::Warn);
        // Words inside other words do not count.
        assert_eq!(of(&["symptoms", "intra_original_glcm_Contrast", "eventful"]).value, 1.0);
        assert_eq!(of(&["intra_original_firstorder_Entropy", "sex"]).status, Status::Pass);
    }

    #[test]
    fn a_denied_column_fails_whatever_its_name() {
        let denied = ["Ki67".to_owned()];
        let predictors = ["clinical_original_table_Ki67", "clinical_original_table_age"];
        assert_eq!(audit_post_baseline(predictors, &denied).status, Status::Fail);
        assert_eq!(audit_post_baseline(predictors, &["Ki".to_owned()]).status, Status::Pass);
    }

    #[test]
    fn a_copy_of_volume_is_volume() {
        let data = sample_dataset(2);
        let names = data.table().names();
        // Feature 2 is a copy of feature 0; feature 3 is constant.
        let audit = audit_restates_volume(data.table(), &names[2..6], &names[0]).unwrap();
        assert_eq!((audit.status, audit.value), (Status::Warn, 0.25));
        assert_eq!(audit_restates_volume(data.table(), &names[2..3], &names[0]).unwrap().status, Status::Fail);
        assert_eq!(audit_restates_volume(data.table(), &names[4..6], &names[0]).unwrap().status, Status::Pass);
    }
}
