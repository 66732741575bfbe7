//! Model against model on the same cases: paired DeLong, corrected for their number, with the legacy measures beside.

use super::View;
use crate::outcome::{ModelOutcome, Outcome};
use dlr_core::Result;
use dlr_evaluation::{delong_paired, holm, reclassification};
use dlr_report::data::{Comparison, Interval, Setting};

/// Each model against those before it and against the baselines, in every setting. Holm's correction is over the
/// comparisons of one setting.
pub(super) fn of(outcome: &Outcome) -> Result<Vec<Comparison>> {
    let mut comparisons: Vec<Comparison> = Vec::new();
    for (index, first) in outcome.models.iter().enumerate() {
        for second in outcome.models[..index].iter().chain(&outcome.baselines) {
            for (a, b) in View::all(first, outcome)?.iter().zip(&View::all(second, outcome)?) {
                comparisons.push(pair(first, second, a, b)?);
            }
        }
    }
    for setting in [Setting::TrainCv, Setting::External] {
        let of_setting: Vec<&mut Comparison> = comparisons.iter_mut().filter(|c| c.setting == setting).collect();
        let adjusted = holm(&of_setting.iter().map(|c| c.p).collect::<Vec<_>>());
        of_setting.into_iter().zip(adjusted).for_each(|(comparison, p)| comparison.p_adjusted = p);
    }
    Ok(comparisons)
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
