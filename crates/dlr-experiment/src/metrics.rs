//! `metrics.json`: what each model is worth, with nothing in it that differs between two equal runs.

use crate::{
    crossval::{CaseExplanations, CrossValidation},
    judge::Judgement,
    null::NullRun,
    resampling::{LearningPoint, OptimismRun, SampleSizeCheck},
};
use dlr_core::Result;
use dlr_evaluation::{
    Confusion, Interval, IntervalKind, Scores, auc, average_precision, brier, calibration_line, delong,
    f1_all_positive, wilson,
};
use dlr_interpret::{GroupShare, group_shares};
use serde::{Serialize, Serializer};

/// Cross-validated figures of one model.
///
/// `auc` and its DeLong interval belong to the mean out-of-fold probability of each case over the repeats.
/// `auc_within_folds` compares only cases that one and the same model predicted, and is the one to hold against 0.5:
/// pooling the scores of several models pulls the first below 0.5 where there is nothing to learn.
/// Threshold figures are those of the pooled out-of-fold calls of each repeat, averaged over the repeats; each case is
/// called at the threshold that the training scores of its fold gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CvMetrics {
    /// Cases.
    pub n: usize,
    /// Positive cases.
    pub n_positive: usize,
    /// Share of positives.
    #[serde(serialize_with = "number")]
    pub prevalence: f64,
    /// Area under the ROC curve of the mean out-of-fold probabilities.
    #[serde(serialize_with = "number")]
    pub auc: f64,
    /// Its DeLong interval of 95 %.
    pub auc_ci: Interval,
    /// How that was made.
    pub auc_ci_kind: IntervalKind,
    /// Mean over folds of the area among the cases of the fold.
    #[serde(serialize_with = "number")]
    pub auc_within_folds: f64,
    /// Its standard deviation over the repeats.
    #[serde(serialize_with = "number")]
    pub auc_within_folds_sd: f64,
    /// The same of each repeat.
    pub auc_by_repeat: Vec<f64>,
    /// Average precision of the mean out-of-fold probabilities.
    #[serde(serialize_with = "number")]
    pub auprc: f64,
    /// Brier score of the mean out-of-fold probabilities.
    #[serde(serialize_with = "number")]
    pub brier: f64,
    /// Slope of the logistic recalibration line of the mean out-of-fold probabilities.
    #[serde(serialize_with = "number")]
    pub calibration_slope: f64,
    /// Its intercept.
    #[serde(serialize_with = "number")]
    pub calibration_intercept: f64,
    /// F1 of the positive class.
    #[serde(serialize_with = "number")]
    pub f1: f64,
    /// F1 of calling everyone positive, to stand beside it.
    #[serde(serialize_with = "number")]
    pub f1_all_positive: f64,
    /// Mean F1 of both classes.
    #[serde(serialize_with = "number")]
    pub f1_macro: f64,
    /// Sensitivity.
    #[serde(serialize_with = "number")]
    pub sensitivity: f64,
    /// Wilson interval at the mean counts.
    pub sensitivity_ci: Interval,
    /// Specificity.
    #[serde(serialize_with = "number")]
    pub specificity: f64,
    /// Wilson interval at the mean counts.
    pub specificity_ci: Interval,
    /// Positive predictive value.
    #[serde(serialize_with = "number")]
    pub ppv: f64,
    /// Negative predictive value.
    #[serde(serialize_with = "number")]
    pub npv: f64,
    /// Mean of sensitivity and specificity.
    #[serde(serialize_with = "number")]
    pub balanced_accuracy: f64,
    /// Matthews' correlation coefficient.
    #[serde(serialize_with = "number")]
    pub mcc: f64,
    /// Mean of the finite thresholds over folds; a fold whose rule calls nobody positive has none.
    #[serde(serialize_with = "number")]
    pub threshold: f64,
    /// How the thresholds were chosen.
    pub threshold_rule: String,
    /// Mean number of columns that a fold's model depends on.
    #[serde(serialize_with = "number")]
    pub n_selected: f64,
}

/// One model in every setting in which it was judged.
#[derive(Debug, Clone, Serialize)]
pub struct ModelMetrics<'a> {
    /// Cross-validation of the training cases.
    pub train_cv: Judged<'a, CvMetrics>,
    /// The external cases, by the frozen model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<Judged<'a, Scores>>,
    /// The same pipeline on permuted labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permuted: Option<&'a NullRun>,
    /// Patients that were there beside those that Riley's criteria ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_size: Option<&'a SampleSizeCheck>,
    /// Refitted in bootstrap samples of the training patients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimism: Option<&'a OptimismRun>,
    /// Cross-validated with fewer training patients.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub learning_curve: &'a [LearningPoint],
    /// What the predictions of the held-out cases came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<ExplanationMetrics>,
}

/// First figures, and what was judged later, in one flat record.
#[derive(Debug, Clone, Serialize)]
pub struct Judged<'a, T: Serialize> {
    /// First figures.
    #[serde(flatten)]
    pub figures: &'a T,
    /// Intervals, calibration, uncertainty.
    #[serde(flatten)]
    pub judgement: Option<&'a Judgement>,
}

/// SHAP in figures.
#[derive(Debug, Clone, Serialize)]
pub struct ExplanationMetrics {
    /// How the models were explained.
    pub method: &'static str,
    /// On which scale contributions add up.
    pub scale: &'static str,
    /// Largest standard error of a fold's contributions beside its largest contribution; 0 for exact methods.
    #[serde(serialize_with = "number")]
    pub relative_error: f64,
    /// Share of the absolute contributions by group of features.
    pub group_shares: Vec<GroupShare>,
    /// The strongest pairs of columns of trees, at most 20; all that were kept stand in the figure's data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<PairMetrics>,
}

/// How strongly two columns act together.
#[derive(Debug, Clone, Serialize)]
pub struct PairMetrics {
    /// The two columns.
    pub features: [String; 2],
    /// Mean absolute SHAP interaction over the held-out cases, both corners together.
    pub mean_absolute: f64,
}

impl ExplanationMetrics {
    /// Of the explanations of held-out cases.
    pub fn of(explanation: &CaseExplanations) -> Self {
        ExplanationMetrics {
            method: explanation.method.words(),
            scale: if explanation.on_probability { "probability" } else { "log odds" },
            relative_error: explanation.relative_error,
            group_shares: group_shares(&explanation.attribution),
            interactions: explanation
                .interactions
                .iter()
                .take(20)
                .map(|pair| PairMetrics {
                    features: [pair.first.to_string(), pair.second.to_string()],
                    mean_absolute: pair.mean_absolute,
                })
                .collect(),
        }
    }
}

/// JSON has no infinity and no NaN.
pub(crate) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() { serializer.serialize_f64(*value) } else { serializer.serialize_none() }
}

/// Mean and standard deviation (n - 1) of the finite values.
pub(crate) fn mean_sd(values: &[f64]) -> (f64, f64) {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let n = finite.len() as f64;
    let mean = finite.iter().sum::<f64>() / n;
    let variance = finite.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, variance.sqrt())
}

/// Mean over a repeat's folds of the area within each; folds with one class only have none.
pub fn auc_within_folds(cv: &CrossValidation, repeat: usize) -> Result<f64> {
    let folds = cv.folds.iter().filter(|f| f.repeat == repeat);
    let areas = folds.map(|f| auc(&f.scores, &f.labels)).collect::<Result<Vec<_>>>()?;
    Ok(mean_sd(&areas).0)
}

/// The figures of a cross-validation.
///
/// # Errors
/// Those of the metrics.
pub fn of_cross_validation(cv: &CrossValidation, rule: &str) -> Result<CvMetrics> {
    let (scores, labels): (Vec<f64>, Vec<bool>) = cv.mean_scores().into_values().unzip();
    let area = delong(&[&scores], &labels)?;
    let (auc_ci, auc_ci_kind) = area.interval(0, 0.95);
    let line = calibration_line(&scores, &labels)?;
    let by_repeat = (0..cv.repeats.len()).map(|r| auc_within_folds(cv, r)).collect::<Result<Vec<_>>>()?;
    let counts: Vec<Confusion> = (0..cv.repeats.len()).map(|r| counts_of(cv, r)).collect();
    let over_repeats = |rate: fn(&Confusion) -> f64| mean_sd(&counts.iter().map(rate).collect::<Vec<_>>()).0;
    let (within, within_sd) = mean_sd(&by_repeat);
    let n_positive = labels.iter().filter(|l| **l).count();
    let n_negative = labels.len() - n_positive;
    let prevalence = n_positive as f64 / labels.len() as f64;
    let (sensitivity, specificity) = (over_repeats(Confusion::sensitivity), over_repeats(Confusion::specificity));
    let at_mean = |rate: f64, n: usize| wilson((rate * n as f64).round() as usize, n, 0.95);
    let thresholds: Vec<f64> = cv.folds.iter().map(|f| f.threshold).collect();
    let selected: Vec<f64> = cv.folds.iter().map(|f| f.selected.len() as f64).collect();
    Ok(CvMetrics {
        n: labels.len(),
        n_positive,
        prevalence,
        auc: area.auc[0],
        auc_ci,
        auc_ci_kind,
        auc_within_folds: within,
        auc_within_folds_sd: within_sd,
        auc_by_repeat: by_repeat,
        auprc: average_precision(&scores, &labels)?,
        brier: brier(&scores, &labels)?,
        calibration_slope: line.slope,
        calibration_intercept: line.intercept,
        f1: over_repeats(Confusion::f1),
        f1_all_positive: f1_all_positive(prevalence),
        f1_macro: over_repeats(Confusion::f1_macro),
        sensitivity,
        sensitivity_ci: at_mean(sensitivity, n_positive)?,
        specificity,
        specificity_ci: at_mean(specificity, n_negative)?,
        ppv: over_repeats(Confusion::ppv),
        npv: over_repeats(Confusion::npv),
        balanced_accuracy: over_repeats(Confusion::balanced_accuracy),
        mcc: over_repeats(Confusion::mcc),
        threshold: mean_sd(&thresholds).0,
        threshold_rule: rule.to_owned(),
        n_selected: mean_sd(&selected).0,
    })
}

/// The pooled counts of a repeat, each case called at its own fold's threshold.
pub(crate) fn counts_of(cv: &CrossValidation, repeat: usize) -> Confusion {
    let mut counts = Confusion { tp: 0, fp: 0, tn: 0, r#fn: 0 };
    for fold in cv.folds.iter().filter(|f| f.repeat == repeat) {
        for (call, label) in fold.calls.iter().zip(&fold.labels) {
            match (call, label) {
                (true, true) => counts.tp += 1,
                (true, false) => counts.fp += 1,
                (false, false) => counts.tn += 1,
                (false, true) => counts.r#fn += 1,
            }
        }
    }
    counts
}
