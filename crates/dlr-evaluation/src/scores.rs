//! [`evaluate`]: everything that one model's predictions are worth, in one call and one flat record.

use crate::auc::{IntervalKind, delong};
use crate::calibration::{brier, calibration_line, log_loss};
use crate::check;
use crate::confusion::{Confusion, f1_all_positive};
use crate::interval::{Interval, wilson};
use crate::precision_recall::average_precision;
use dlr_core::{Predictions, Result, Threshold, Truth};
use serde::Serialize;

/// What `metrics.json` holds for one model on one set of cases. Fields never change their order; NaN becomes null.
///
/// Intervals are of 95 %: DeLong on the log odds for the area ([`IntervalKind`] says when another), Wilson for rates.
/// Everything from `threshold` on is NaN (or null) where no threshold was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// Number of cases.
    pub n: usize,
    /// Number of positive cases.
    pub n_positive: usize,
    /// Share of positive cases.
    pub prevalence: f64,
    /// Area under the ROC curve.
    pub auc: f64,
    /// DeLong's standard error of the area.
    pub auc_se: f64,
    /// Its interval.
    pub auc_ci: Interval,
    /// How the interval was made.
    pub auc_ci_kind: IntervalKind,
    /// DeLong's symmetric interval, as pROC prints it.
    pub auc_ci_plain: Interval,
    /// Average precision (area under the precision-recall curve, step rule).
    pub auprc: f64,
    /// Mean squared error of the probabilities.
    pub brier: f64,
    /// 1 - Brier / (prevalence (1 - prevalence)): 0 for a model that always says the prevalence.
    pub brier_scaled: f64,
    /// Mean negative log likelihood; infinite where a certain prediction was wrong.
    pub log_loss: f64,
    /// Slope of the logistic recalibration line; 1 is right, below 1 is over-confident.
    pub calibration_slope: f64,
    /// Its intercept.
    pub calibration_intercept: f64,
    /// Calibration in the large: the intercept with the slope held at 1.
    pub calibration_in_the_large: f64,
    /// F1 of calling everyone positive, to stand beside `f1`.
    pub f1_all_positive: f64,
    /// The cut.
    pub threshold: f64,
    /// How it was chosen.
    pub threshold_rule: Option<String>,
    /// Counts at the cut.
    pub confusion: Option<Confusion>,
    /// F1 of the positive class.
    pub f1: f64,
    /// Mean F1 of both classes.
    pub f1_macro: f64,
    /// Sensitivity.
    pub sensitivity: f64,
    /// Its Wilson interval.
    pub sensitivity_ci: Interval,
    /// Specificity.
    pub specificity: f64,
    /// Its Wilson interval.
    pub specificity_ci: Interval,
    /// Positive predictive value.
    pub ppv: f64,
    /// Its Wilson interval.
    pub ppv_ci: Interval,
    /// Negative predictive value.
    pub npv: f64,
    /// Its Wilson interval.
    pub npv_ci: Interval,
    /// Accuracy.
    pub accuracy: f64,
    /// Its Wilson interval.
    pub accuracy_ci: Interval,
    /// Mean of sensitivity and specificity.
    pub balanced_accuracy: f64,
    /// Matthews' correlation coefficient.
    pub mcc: f64,
    /// Cohen's kappa.
    pub kappa: f64,
}

/// Scores predictions against the truth; threshold metrics only where a threshold is given.
///
/// One class only gives NaN where both are needed, not an error: the record then says so.
///
/// # Errors
/// `E0502` for predictions of other cases, `E0603` for no case at all, `E0304` for a threshold that was chosen on one
/// of these cases.
pub fn evaluate(predictions: &Predictions, truth: &Truth, threshold: Option<&Threshold>) -> Result<Scores> {
    truth.must_fit(predictions)?;
    threshold.map_or(Ok(()), |cut| cut.must_not_have_seen(predictions))?;
    let (scores, labels) = (predictions.scores(), truth.labels());
    check::probabilities_and_labels(scores, labels)?;
    let area = delong(&[scores], labels)?;
    let (auc_ci, auc_ci_kind) = area.interval(0, 0.95);
    let prevalence = area.n_positive as f64 / labels.len() as f64;
    let brier = brier(scores, labels)?;
    let line = calibration_line(scores, labels)?;
    let mut record = Scores {
        n: labels.len(),
        n_positive: area.n_positive,
        prevalence,
        auc: area.auc[0],
        auc_se: area.standard_error(0),
        auc_ci,
        auc_ci_kind,
        auc_ci_plain: area.interval_of_kind(0, 0.95, IntervalKind::DelongPlain),
        auprc: average_precision(scores, labels)?,
        brier,
        brier_scaled: 1.0 - brier / (prevalence * (1.0 - prevalence)),
        log_loss: log_loss(scores, labels)?,
        calibration_slope: line.slope,
        calibration_intercept: line.intercept,
        calibration_in_the_large: line.in_the_large,
        f1_all_positive: f1_all_positive(prevalence),
        ..Scores::without_threshold()
    };
    if record.n_positive == 0 || record.n_positive == record.n {
        record.brier_scaled = f64::NAN;
    }
    if let Some(threshold) = threshold {
        record.fill_at(threshold, Confusion::at_threshold(scores, labels, threshold)?)?;
    }
    Ok(record)
}

impl Scores {
    fn without_threshold() -> Self {
        let (nan, none) = (f64::NAN, Interval::UNDEFINED);
        Scores {
            n: 0,
            n_positive: 0,
            prevalence: nan,
            auc: nan,
            auc_se: nan,
            auc_ci: none,
            auc_ci_kind: IntervalKind::Undefined,
            auc_ci_plain: none,
            auprc: nan,
            brier: nan,
            brier_scaled: nan,
            log_loss: nan,
            calibration_slope: nan,
            calibration_intercept: nan,
            calibration_in_the_large: nan,
            f1_all_positive: nan,
            threshold: nan,
            threshold_rule: None,
            confusion: None,
            f1: nan,
            f1_macro: nan,
            sensitivity: nan,
            sensitivity_ci: none,
            specificity: nan,
            specificity_ci: none,
            ppv: nan,
            ppv_ci: none,
            npv: nan,
            npv_ci: none,
            accuracy: nan,
            accuracy_ci: none,
            balanced_accuracy: nan,
            mcc: nan,
            kappa: nan,
        }
    }

    fn fill_at(&mut self, threshold: &Threshold, counts: Confusion) -> Result<()> {
        let Confusion { tp, fp, tn, r#fn } = counts;
        self.threshold = threshold.value();
        self.threshold_rule = Some(threshold.rule().to_owned());
        self.confusion = Some(counts);
        self.f1 = counts.f1();
        self.f1_macro = counts.f1_macro();
        self.sensitivity = counts.sensitivity();
        self.sensitivity_ci = wilson(tp, tp + r#fn, 0.95)?;
        self.specificity = counts.specificity();
        self.specificity_ci = wilson(tn, tn + fp, 0.95)?;
        self.ppv = counts.ppv();
        self.ppv_ci = wilson(tp, tp + fp, 0.95)?;
        self.npv = counts.npv();
        self.npv_ci = wilson(tn, tn + r#fn, 0.95)?;
        self.accuracy = counts.accuracy();
        self.accuracy_ci = wilson(tp + tn, counts.n(), 0.95)?;
        self.balanced_accuracy = counts.balanced_accuracy();
        self.mcc = counts.mcc();
        self.kappa = counts.kappa();
        Ok(())
    }
}
