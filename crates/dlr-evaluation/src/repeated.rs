//! Summaries of repeated cross-validation.
//!
//! Two averages of the same scores, both reported because each has a fault. The **pooled** AUC ranks held-out scores of
//! different models against each other. Under no signal it lies *below* 0.5 for small cohorts: leaving a positive case
//! out lowers the prevalence that the model learned, so positives get lower scores than negatives of other folds (the
//! effect is of the order 1 / n). The **mean of folds** is free of that, but noisy and undefined in a fold of one class.

use crate::auc;
use crate::auc::{IntervalKind, delong};
use crate::interval::Interval;
use crate::quantile::mean_sd;
use dlr_core::{Code, Cohort, Error, Predictions, Result, TrainScores, Truth};
use serde::Serialize;
use std::collections::BTreeMap;

/// What one repeat gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepeatScore {
    /// AUC of all held-out scores of the repeat together.
    pub pooled_auc: f64,
    /// Mean of the AUCs of the folds that hold both classes; NaN where none does.
    pub mean_fold_auc: f64,
    /// Folds of one class, which have no AUC.
    pub n_one_class_folds: usize,
}

/// What all repeats gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepeatedScores {
    /// One per repeat, in order.
    pub repeats: Vec<RepeatScore>,
    /// Mean of the pooled AUCs. Biased below 0.5 under no signal.
    pub pooled_auc_mean: f64,
    /// Their standard deviation over the repeats: how much the split matters. Not an error of the AUC.
    pub pooled_auc_sd: f64,
    /// Mean of the fold means.
    pub mean_fold_auc_mean: f64,
    /// Their standard deviation over the repeats.
    pub mean_fold_auc_sd: f64,
    /// AUC of the mean out-of-fold score of each case.
    pub mean_score_auc: f64,
    /// DeLong interval of that AUC. It takes the cases as the sample and the models as given.
    pub mean_score_auc_ci: Interval,
    /// How the interval was made.
    pub mean_score_auc_ci_kind: IntervalKind,
}

/// Summarises repeats, each given as its folds: held-out predictions with their truth.
///
/// # Errors
/// `E0603` for no repeat, `E0502` where predictions and truth differ in their cases, `E0304` for a case held out twice in
/// one repeat.
pub fn summarise_repeats(repeats: &[Vec<(Predictions, Truth)>]) -> Result<RepeatedScores> {
    let scored = repeats.iter().map(|folds| score_repeat(folds)).collect::<Result<Vec<_>>>()?;
    let (predictions, truth) = mean_held_out(repeats)?;
    let area = delong(&[predictions.scores()], truth.labels())?;
    let (interval, kind) = area.interval(0, 0.95);
    let (pooled_auc_mean, pooled_auc_sd) = mean_sd(scored.iter().map(|r| r.pooled_auc));
    let (mean_fold_auc_mean, mean_fold_auc_sd) = mean_sd(scored.iter().map(|r| r.mean_fold_auc));
    Ok(RepeatedScores {
        repeats: scored,
        pooled_auc_mean,
        pooled_auc_sd,
        mean_fold_auc_mean,
        mean_fold_auc_sd,
        mean_score_auc: area.auc[0],
        mean_score_auc_ci: interval,
        mean_score_auc_ci_kind: kind,
    })
}

fn score_repeat(folds: &[(Predictions, Truth)]) -> Result<RepeatScore> {
    let mut seen = BTreeMap::new();
    let (mut scores, mut labels, mut of_folds) = (Vec::new(), Vec::new(), Vec::new());
    for (predictions, truth) in folds {
        truth.must_fit(predictions)?;
        if let Some(twice) = predictions.cases().iter().find(|case| seen.insert((*case).clone(), ()).is_some()) {
            return Err(Error::new(Code::PatientOverlap, "the case was held out twice in one repeat").for_case(twice));
        }
        scores.extend_from_slice(predictions.scores());
        labels.extend_from_slice(truth.labels());
        of_folds.push(auc(predictions.scores(), truth.labels())?);
    }
    let n_one_class_folds = of_folds.iter().filter(|a| a.is_nan()).count();
    let (mean_fold_auc, _) = mean_sd(of_folds.into_iter());
    Ok(RepeatScore { pooled_auc: auc(&scores, &labels)?, mean_fold_auc, n_one_class_folds })
}

/// The mean held-out score of each case over all repeats, cases in sorted order.
///
/// # Errors
/// `E0603` for no case, `E0303` for a case with two labels.
pub fn mean_held_out(repeats: &[Vec<(Predictions, Truth)>]) -> Result<(Predictions, Truth)> {
    let mut sums: BTreeMap<&str, (f64, f64, bool)> = BTreeMap::new();
    for (predictions, truth) in repeats.iter().flatten() {
        truth.must_fit(predictions)?;
        for ((case, score), label) in predictions.cases().iter().zip(predictions.scores()).zip(truth.labels()) {
            let entry = sums.entry(case).or_insert((0.0, 0.0, *label));
            if entry.2 != *label {
                return Err(Error::new(Code::LabelValues, "the case has two labels").for_case(case));
            }
            entry.0 += score;
            entry.1 += 1.0;
        }
    }
    averaged(sums)
}

/// As [`mean_held_out`], from the pooled out-of-fold scores of each repeat.
///
/// # Errors
/// As [`mean_held_out`].
pub fn mean_out_of_fold(repeats: &[TrainScores]) -> Result<(Predictions, Truth)> {
    let folds: Vec<_> = repeats.iter().map(|r| vec![(r.predictions().clone(), r.truth().clone())]).collect();
    mean_held_out(&folds)
}

/// The mean score of each patient, where a patient has several cases: intervals then count patients, not series.
///
/// A patient is positive where all the cases are.
///
/// # Errors
/// `E0502` for a case that the cohort does not know, `E0303` for a patient with cases of both labels.
pub fn by_patient(predictions: &Predictions, truth: &Truth, cohort: &Cohort) -> Result<(Predictions, Truth)> {
    truth.must_fit(predictions)?;
    let mut sums: BTreeMap<&str, (f64, f64, bool)> = BTreeMap::new();
    for ((case, score), label) in predictions.cases().iter().zip(predictions.scores()).zip(truth.labels()) {
        let row = cohort
            .row(case)
            .ok_or_else(|| Error::new(Code::TableMismatch, "the cohort does not know this case").for_case(case))?;
        let entry = sums.entry(&row.patient).or_insert((0.0, 0.0, *label));
        if entry.2 != *label {
            return Err(Error::new(Code::LabelValues, "the patient has cases of both labels").for_case(case));
        }
        entry.0 += score;
        entry.1 += 1.0;
    }
    averaged(sums)
}

fn averaged(sums: BTreeMap<&str, (f64, f64, bool)>) -> Result<(Predictions, Truth)> {
    if sums.is_empty() {
        return Err(Error::new(Code::Evaluation, "there is no held-out score to summarise"));
    }
    let cases: Vec<String> = sums.keys().map(|case| (*case).to_owned()).collect();
    // A mean of numbers up to 1 may round to just above 1.
    let scores = sums.values().map(|(sum, n, _)| (sum / n).clamp(0.0, 1.0)).collect();
    let labels = sums.values().map(|(_, _, label)| *label).collect();
    Ok((Predictions::new(cases.clone(), scores)?, Truth::new(cases, labels)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(ids: &[&str], scores: &[f64], labels: &[bool]) -> (Predictions, Truth) {
        let ids: Vec<String> = ids.iter().map(|s| (*s).into()).collect();
        (Predictions::new(ids.clone(), scores.to_vec()).unwrap(), Truth::new(ids, labels.to_vec()).unwrap())
    }

    #[test]
    fn pooled_and_fold_means_differ() {
        // Perfect in each fold, but the folds sit at other heights.
        let repeat = vec![
            fold(&["a", "b"], &[0.1, 0.2], &[false, true]),
            fold(&["c", "d"], &[0.8, 0.9], &[false, true]),
            fold(&["e"], &[0.5], &[true]),
        ];
        let summary = summarise_repeats(&[repeat.clone(), repeat]).unwrap();
        assert_eq!(summary.mean_fold_auc_mean, 1.0);
        assert_eq!(summary.repeats[0].n_one_class_folds, 1);
        assert!((summary.pooled_auc_mean - 4.0 / 6.0).abs() < 1e-15);
        assert_eq!((summary.pooled_auc_sd, summary.mean_score_auc), (0.0, summary.pooled_auc_mean));
    }

    #[test]
    fn a_model_that_says_the_training_prevalence_is_below_chance_when_pooled() {
        // Leave one out: the score is the prevalence of the others. This is the bias that the module speaks of.
        let labels = [true, false, true, false, true, false];
        let ids = ["a", "b", "c", "d", "e", "f"];
        let folds = (0..6)
            .map(|i| {
                let others = labels.iter().enumerate().filter(|(j, l)| *j != i && **l).count();
                fold(&ids[i..=i], &[others as f64 / 5.0], &labels[i..=i])
            })
            .collect::<Vec<_>>();
        let summary = summarise_repeats(&[folds]).unwrap();
        assert_eq!(summary.pooled_auc_mean, 0.0);
        assert!(summary.mean_fold_auc_mean.is_nan());
    }

    #[test]
    fn refuses_what_cannot_be() {
        assert_eq!(summarise_repeats(&[]).unwrap_err().code(), Code::Evaluation);
        let twice = vec![fold(&["a"], &[0.1], &[true]), fold(&["a"], &[0.1], &[true])];
        assert_eq!(summarise_repeats(&[twice]).unwrap_err().code(), Code::PatientOverlap);
        let two = [vec![fold(&["a"], &[0.1], &[true])], vec![fold(&["a"], &[0.1], &[false])]];
        assert_eq!(summarise_repeats(&two).unwrap_err().code(), Code::LabelValues);
    }
}
