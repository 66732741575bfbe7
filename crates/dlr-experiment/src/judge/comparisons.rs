//! Model against model on the same cases: paired DeLong, corrected for their number, with the legacy measures beside.

use super::View;
use crate::outcome::{ModelOutcome, Outcome};
use dlr_core::Result;
use dlr_evaluation::{delong_paired, holm, reclassification};
use dlr_report::data::{Comparison, Interval, Setting};

/// Each model against those before it and against the baselines, in every setting; pairs that were declared come first
/// and stand as declared. Holm's correction is over the declared comparisons of one setting, or over all where none were
/// declared.
pub(super) fn of(outcome: &Outcome) -> Result<Vec<Comparison>> {
    let mut comparisons: Vec<Comparison> = Vec::new();
    for (index, first) in outcome.models.iter().enumerate() {
        for second in outcome.models[..index].iter().chain(&outcome.baselines) {
            for (a, b) in View::all(first, outcome)?.iter().zip(&View::all(second, outcome)?) {
                comparisons.push(pair(first, second, a, b)?);
            }
        }
    }
    let declared = &outcome.file.report.compare;
    let mut all: Vec<Comparison> = Vec::new();
    for [first, second] in declared {
        let (Some(first), Some(second)) = (named(outcome, first), named(outcome, second)) else { continue };
        for (a, b) in View::all(first, outcome)?.iter().zip(&View::all(second, outcome)?) {
            all.push(pair(first, second, a, b)?);
        }
    }
    let n_declared = all.len();
    let is_declared = |c: &Comparison| {
        declared.iter().any(|[a, b]| (a, b) == (&c.first, &c.second) || (b, a) == (&c.first, &c.second))
    };
    all.extend(comparisons.into_iter().filter(|c| !is_declared(c)));
    if n_declared > 0 {
        all[n_declared..].iter_mut().for_each(|c| c.method = "paired DeLong".into());
    }
    let n_tested = if n_declared > 0 { n_declared } else { all.len() };
    let (tested, _) = all.split_at_mut(n_tested);
    for setting in [Setting::TrainCv, Setting::External] {
        let of_setting: Vec<&mut Comparison> = tested.iter_mut().filter(|c| c.setting == setting).collect();
        let adjusted = holm(&of_setting.iter().map(|c| c.p).collect::<Vec<_>>());
        of_setting.into_iter().zip(adjusted).for_each(|(comparison, p)| comparison.p_adjusted = p);
    }
    Ok(all)
}

fn named<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a ModelOutcome> {
    outcome.models.iter().chain(&outcome.baselines).find(|m| m.planned.section.name == name)
}

fn pair(first: &ModelOutcome, second: &ModelOutcome, a: &View<'_>, b: &View<'_>) -> Result<Comparison> {
    let test = delong_paired(&a.scores, &b.scores, &a.labels)?;
    let legacy = reclassification(&b.scores, &a.scores, &a.labels)?;
    Ok(Comparison {
        first: first.planned.section.name.clone(),
        second: second.planned.section.name.clone(),
        setting: a.setting,
        difference: Interval {
            value: test.difference,
            low: test.interval.low,
            high: test.interval.high,
            method: "DeLong".into(),
        },
        p: test.p,
        method: "paired DeLong, Holm".into(),
        nri_legacy: legacy.nri,
        idi_legacy: legacy.idi,
        ..Comparison::default()
    })
}
