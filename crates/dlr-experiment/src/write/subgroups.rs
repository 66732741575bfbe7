//! The subgroups as the report shows them.

use super::report::with;
use crate::outcome::Outcome;
use dlr_report::data::{Fairness, Subgroup, SubgroupTest};

/// A row per level.
pub(super) fn rows(outcome: &Outcome) -> Vec<Subgroup> {
    let mut rows = Vec::new();
    for subgroup in &outcome.judged.subgroups {
        let analysis = &subgroup.analysis;
        let least = analysis.comparisons.iter().map(|c| c.detectable_difference).fold(f64::NAN, f64::min);
        for level in &analysis.levels {
            rows.push(Subgroup {
                model: subgroup.model.clone(),
                setting: subgroup.setting,
                variable: analysis.factor.clone(),
                level: level.level.clone(),
                n_cases: level.n,
                n_positive: level.n_positive,
                auc: with(level.auc, &level.auc_ci, level.auc_ci_kind.words()),
                refused: level.refused.clone().unwrap_or_default(),
                p: analysis.interaction.map_or(f64::NAN, |test| test.p_holm),
                detectable_difference: least,
            });
        }
    }
    rows
}

/// A row per pair of levels.
pub(super) fn tests(outcome: &Outcome) -> Vec<SubgroupTest> {
    let of = |subgroup: &crate::judge::Subgroup| -> Vec<SubgroupTest> {
        let test = |c: &dlr_evaluation::SubgroupComparison| SubgroupTest {
            model: subgroup.model.clone(),
            setting: subgroup.setting,
            variable: subgroup.analysis.factor.clone(),
            first: c.first.clone(),
            second: c.second.clone(),
            difference: with(c.difference, &c.difference_ci, "DeLong, unpaired"),
            p: c.p,
            p_adjusted: c.p_holm,
            detectable_difference: c.detectable_difference,
        };
        subgroup.analysis.comparisons.iter().map(test).collect()
    };
    outcome.judged.subgroups.iter().flat_map(of).collect()
}

/// A row per factor.
pub(super) fn fairness(outcome: &Outcome) -> Vec<Fairness> {
    let of = |subgroup: &crate::judge::Subgroup| {
        let gaps = subgroup.fairness.as_ref()?;
        Some(Fairness {
            model: subgroup.model.clone(),
            setting: subgroup.setting,
            variable: gaps.factor.clone(),
            called_positive_gap: gaps.called_positive_gap,
            sensitivity_gap: gaps.sensitivity_gap,
            false_positive_rate_gap: gaps.false_positive_rate_gap,
            mean_excess_gap: gaps.mean_excess_gap,
        })
    };
    outcome.judged.subgroups.iter().filter_map(of).collect()
}
