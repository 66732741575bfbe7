//! Gaps between groups at the cut that is used: who is called positive, who is missed, who is called for nothing.

use crate::check;
use crate::confusion::Confusion;
use crate::interval::{Interval, wilson};
use dlr_core::{Result, Threshold};
use serde::Serialize;
use std::collections::BTreeSet;

/// One group at the cut.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FairnessGroup {
    /// The group.
    pub level: String,
    /// Counts at the cut.
    pub confusion: Confusion,
    /// Share called positive.
    pub called_positive: f64,
    /// Sensitivity; NaN without positives.
    pub sensitivity: f64,
    /// Its Wilson interval.
    pub sensitivity_ci: Interval,
    /// 1 - specificity; NaN without negatives.
    pub false_positive_rate: f64,
    /// Its Wilson interval.
    pub false_positive_rate_ci: Interval,
    /// Positive predictive value; NaN where nobody is called positive.
    pub ppv: f64,
    /// Mean predicted probability less the share of positives: above 0 the risk is overstated.
    pub mean_excess: f64,
    /// Whether the group is too small to take part in the gaps.
    pub refused: bool,
}

/// Largest differences between groups; NaN for fewer than two usable groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FairnessGaps {
    /// The factor.
    pub factor: String,
    /// The groups in alphabetical order.
    pub groups: Vec<FairnessGroup>,
    /// Of the share called positive (demographic parity).
    pub called_positive_gap: f64,
    /// Of the sensitivity (equal opportunity).
    pub sensitivity_gap: f64,
    /// Of the false positive rate.
    pub false_positive_rate_gap: f64,
    /// The larger of the last two (equalised odds).
    pub equalised_odds_gap: f64,
    /// Of the positive predictive value.
    pub ppv_gap: f64,
    /// Of the mean excess of predicted over observed.
    pub mean_excess_gap: f64,
}

/// Gaps between the levels of a factor at a threshold from training scores. Groups with fewer than `min_per_class`
/// positives or negatives are listed but take no part in the gaps.
///
/// # Errors
/// As [`crate::brier`]; `E0502` where there is not one level per case.
pub fn fairness_gaps(
    factor: &str,
    level_of: &[Option<String>],
    scores: &[f64],
    labels: &[bool],
    threshold: &Threshold,
    min_per_class: usize,
) -> Result<FairnessGaps> {
    let calls: Vec<bool> = scores.iter().map(|score| threshold.calls_positive(*score)).collect();
    fairness_gaps_of_calls(factor, level_of, scores, &calls, labels, min_per_class)
}

/// The same from the calls themselves: in cross-validation every fold has a threshold of its own.
///
/// # Errors
/// As [`fairness_gaps`].
pub fn fairness_gaps_of_calls(
    factor: &str,
    level_of: &[Option<String>],
    scores: &[f64],
    calls: &[bool],
    labels: &[bool],
    min_per_class: usize,
) -> Result<FairnessGaps> {
    check::probabilities_and_labels(scores, labels)?;
    check::same_length(labels.len(), level_of.len())?;
    check::same_length(labels.len(), calls.len())?;
    let names: BTreeSet<&String> = level_of.iter().flatten().collect();
    let mut groups = Vec::new();
    for name in names {
        let inside: Vec<usize> = (0..labels.len()).filter(|i| level_of[*i].as_ref() == Some(name)).collect();
        let s: Vec<f64> = inside.iter().map(|i| scores[*i]).collect();
        let c: Vec<bool> = inside.iter().map(|i| calls[*i]).collect();
        let l: Vec<bool> = inside.iter().map(|i| labels[*i]).collect();
        groups.push(group(name, &s, &c, &l, min_per_class)?);
    }
    let gap = |value: fn(&FairnessGroup) -> f64| {
        let known: Vec<f64> = groups.iter().filter(|g| !g.refused).map(value).filter(|v| !v.is_nan()).collect();
        if known.len() < 2 {
            return f64::NAN;
        }
        known.iter().copied().fold(f64::MIN, f64::max) - known.iter().copied().fold(f64::MAX, f64::min)
    };
    let (sensitivity_gap, false_positive_rate_gap) = (gap(|g| g.sensitivity), gap(|g| g.false_positive_rate));
    Ok(FairnessGaps {
        factor: factor.to_owned(),
        called_positive_gap: gap(|g| g.called_positive),
        sensitivity_gap,
        false_positive_rate_gap,
        equalised_odds_gap: sensitivity_gap.max(false_positive_rate_gap),
        ppv_gap: gap(|g| g.ppv),
        mean_excess_gap: gap(|g| g.mean_excess),
        groups,
    })
}

fn group(name: &str, scores: &[f64], calls: &[bool], labels: &[bool], min_per_class: usize) -> Result<FairnessGroup> {
    let confusion = Confusion::of_calls(calls, labels)?;
    let (m, n) = check::class_counts(labels);
    let total = labels.len() as f64;
    Ok(FairnessGroup {
        level: name.to_owned(),
        confusion,
        called_positive: (confusion.tp + confusion.fp) as f64 / total,
        sensitivity: confusion.sensitivity(),
        sensitivity_ci: wilson(confusion.tp, m, 0.95)?,
        false_positive_rate: 1.0 - confusion.specificity(),
        false_positive_rate_ci: wilson(confusion.fp, n, 0.95)?,
        ppv: confusion.ppv(),
        mean_excess: (scores.iter().sum::<f64>() - m as f64) / total,
        refused: m.min(n) < min_per_class,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::sample_dataset;
    use dlr_core::{Predictions, Threshold};

    fn cut(value: f64) -> Threshold {
        let (train, _) = sample_dataset(1).split_roles().unwrap();
        let predictions = Predictions::new(train.table().cases().to_vec(), vec![0.5; train.n_cases()]).unwrap();
        train.scores(&predictions).unwrap().threshold("fixed", crate::fixed_cut(value)).unwrap()
    }

    #[test]
    fn gaps_between_groups_that_are_large_enough() {
        let group = |name: &str| Some(name.to_owned());
        let level = [group("a"), group("a"), group("b"), group("b"), group("c"), None];
        let scores = [0.9, 0.1, 0.2, 0.8, 0.9, 0.4];
        let labels = [true, false, true, false, true, true];
        let gaps = fairness_gaps("center", &level, &scores, &labels, &cut(0.5), 1).unwrap();
        assert_eq!((gaps.sensitivity_gap, gaps.false_positive_rate_gap, gaps.equalised_odds_gap), (1.0, 1.0, 1.0));
        assert!(gaps.groups[2].refused && !gaps.groups[0].refused);
        let strict = fairness_gaps("center", &level, &scores, &labels, &cut(0.5), 5).unwrap();
        assert!(strict.sensitivity_gap.is_nan());
    }
}
