//! Every model within the levels of each factor that the experiment file names.

use super::{View, where_defined};
use crate::{
    config::{Cut, SubgroupSection},
    mistakes::known,
    outcome::Outcome,
};
use dlr_core::{Code, Cohort, Error, Result, Role, Value};
use dlr_evaluation::{
    FairnessGaps, SubgroupAnalysis, SubgroupParams, adjust_by_holm, clinical_levels, fairness_gaps_of_calls,
    subgroup_analysis,
};
use dlr_report::data::Setting;
use serde::Serialize;
use std::collections::BTreeSet;

/// One factor of one model in one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subgroup {
    /// The model.
    pub model: String,
    /// On which cases.
    pub setting: Setting,
    /// Where a number was cut; none for text.
    pub cut: Option<f64>,
    /// Where the cut came from: `protocol` or `training median`.
    pub cut_from: Option<&'static str>,
    /// Areas, tests between levels, test of interaction. Holm's correction is over the factors of the model in this
    /// setting.
    #[serde(flatten)]
    pub analysis: SubgroupAnalysis,
    /// Gaps between the levels at the cut that is used; in cross-validation at the calls of the first repeat.
    pub fairness: Option<FairnessGaps>,
}

/// Refuses a factor that the cohort does not have, or a cut that cannot be made, before anything is computed.
pub(crate) fn check(sections: &[SubgroupSection], cohort: &Cohort) -> Result<()> {
    let columns: BTreeSet<String> = cohort.rows().iter().flat_map(|row| row.clinical.keys().cloned()).collect();
    let names: Vec<String> = columns.into_iter().chain(["center".to_owned()]).collect();
    for (i, section) in sections.iter().enumerate() {
        known("subgroup column", &section.column, names.iter())
            .map_err(|error| error.found(format!("`{}` in entry {} of `subgroups`", section.column, i + 1)))?;
        cut(cohort, section)?;
        if section.min_per_class < 2 {
            let fact = format!("`min_per_class` of subgroup `{}` is {}", section.column, section.min_per_class);
            return Err(Error::new(Code::Parameter, fact).expected("2 or more"));
        }
    }
    Ok(())
}

pub(super) fn of(outcome: &Outcome) -> Result<Vec<Subgroup>> {
    let mut all = Vec::new();
    for model in &outcome.models {
        for view in View::all(model, outcome)? {
            let mut subgroups = Vec::new();
            for section in &outcome.file.subgroups {
                subgroups.push(one(outcome, &model.planned.section.name, &view, section)?);
            }
            let mut analyses: Vec<SubgroupAnalysis> = subgroups.iter().map(|s| s.analysis.clone()).collect();
            adjust_by_holm(&mut analyses);
            for (mut subgroup, analysis) in subgroups.into_iter().zip(analyses) {
                subgroup.analysis = analysis;
                all.push(subgroup);
            }
        }
    }
    Ok(all)
}

fn one(outcome: &Outcome, model: &str, view: &View<'_>, section: &SubgroupSection) -> Result<Subgroup> {
    let (cut, cut_from) = cut(&outcome.cohort, section)?;
    let levels = clinical_levels(&outcome.cohort, &view.cases, &section.column, cut)?;
    let params = SubgroupParams { min_per_class: section.min_per_class, ..SubgroupParams::default() };
    let analysis = subgroup_analysis(&section.column, &levels, &view.scores, &view.labels, &params)?;
    let calls: Vec<bool> = view.calls[0].iter().map(|call| call.unwrap_or_default()).collect();
    let n_least = section.min_per_class;
    let complete = view.calls[0].iter().all(Option::is_some);
    let fairness = || fairness_gaps_of_calls(&section.column, &levels, &view.scores, &calls, &view.labels, n_least);
    Ok(Subgroup {
        model: model.to_owned(),
        setting: view.setting,
        cut,
        cut_from,
        analysis,
        fairness: if complete { where_defined(fairness())? } else { None },
    })
}

/// The cut of a factor and where it came from. A cut never comes from the cases that are judged: it is written in the
/// protocol, or the median of the training cases.
fn cut(cohort: &Cohort, section: &SubgroupSection) -> Result<(Option<f64>, Option<&'static str>)> {
    match &section.cut {
        None => Ok((None, None)),
        Some(Cut::At(value)) => Ok((Some(*value), Some("protocol"))),
        Some(Cut::Rule(rule)) if rule == "median" => {
            let rows = cohort.rows().iter().filter(|row| row.role == Role::Train);
            let mut values: Vec<f64> = rows
                .filter_map(|row| match row.clinical.get(&section.column) {
                    Some(Value::Number(v)) if v.is_finite() => Some(*v),
                    _ => None,
                })
                .collect();
            values.sort_by(f64::total_cmp);
            let Some(last) = values.len().checked_sub(1) else {
                return Err(Error::new(
                    Code::LabelValues,
                    format!("no training case has a number in column `{}`, so there is no median", section.column),
                )
                .expected("a column of numbers")
                .found("text or empty cells")
                .hint("leave `cut` out: each text is then a level of its own"));
            };
            Ok((Some(f64::midpoint(values[last / 2], values[last.div_ceil(2)])), Some("training median")))
        }
        Some(Cut::Rule(rule)) => {
            Err(Error::new(Code::ParameterFile, format!("the cut of subgroup `{}` is `{rule}`", section.column))
                .expected("a number, or `median` (of the training cases)"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::sample_cohort;

    fn section(cut: Option<Cut>) -> SubgroupSection {
        SubgroupSection { column: "age".into(), cut, min_per_class: 10 }
    }

    #[test]
    fn the_cut_is_of_the_protocol_or_of_the_training_cases() {
        let cohort = sample_cohort();
        assert_eq!(cut(&cohort, &section(Some(Cut::At(60.0)))).unwrap(), (Some(60.0), Some("protocol")));
        let median = |cohort: &Cohort| cut(cohort, &section(Some(Cut::Rule("median".into())))).unwrap().0.unwrap();
        let of_training = median(&cohort);
        // The external cases say nothing: without them the cut is the same, whatever their ages.
        let without = cohort.excluding(|row| (row.role == Role::External).then(|| "external".into()));
        assert_eq!(of_training.to_bits(), median(&without).to_bits());
        assert_eq!(cut(&cohort, &section(Some(Cut::Rule("mean".into())))).unwrap_err().code(), Code::ParameterFile);
        let weight = SubgroupSection { column: "weight".into(), ..section(Some(Cut::Rule("median".into()))) };
        assert_eq!(cut(&cohort, &weight).unwrap_err().code(), Code::LabelValues);
    }

    #[test]
    fn what_the_cohort_does_not_have_is_refused_at_the_start() {
        let cohort = sample_cohort();
        let with =
            |column: &str, min_per_class| SubgroupSection { column: column.into(), min_per_class, ..section(None) };
        check(&[section(Some(Cut::At(60.0))), with("center", 5)], &cohort).unwrap();
        let error = check(&[with("center", 5), with("agee", 5)], &cohort).unwrap_err();
        assert_eq!(error.code(), Code::UnknownName);
        let text = error.to_string();
        assert!(text.contains("did you mean `age`?") && text.contains("entry 2") && text.contains("expected one of"));
        assert_eq!(check(&[with("age", 1)], &cohort).unwrap_err().code(), Code::Parameter);
        assert!(check(&[section(Some(Cut::Rule("mean".into())))], &cohort).is_err());
    }

    #[test]
    fn sections_are_read_from_a_file() {
        let read = |text: &str| toml::from_str::<SubgroupSection>(text);
        assert_eq!(read("column = \"age\"\ncut = 60").unwrap().cut, Some(Cut::At(60.0)));
        assert_eq!(read("column = \"age\"\ncut = \"median\"").unwrap().cut, Some(Cut::Rule("median".into())));
        assert_eq!(read("column = \"sex\"").unwrap(), SubgroupSection { column: "sex".into(), ..section(None) });
        assert!(read("colum = \"sex\"").is_err());
    }
}
