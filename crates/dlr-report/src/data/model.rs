//! [`ModelResult`]: how one model did in one setting.

use super::{BandPoint, Calibration, Confusion, CurvePoint, DecisionCurve, number};
use serde::{Deserialize, Serialize};

/// On which cases a figure was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Out-of-fold predictions of the training cases.
    #[default]
    TrainCv,
    /// The external cases, by the frozen model.
    External,
}

/// A value with an interval. Limits are NaN where there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interval {
    /// The estimate.
    #[serde(with = "number::one")]
    pub value: f64,
    /// Lower limit.
    #[serde(with = "number::one")]
    pub low: f64,
    /// Upper limit.
    #[serde(with = "number::one")]
    pub high: f64,
    /// How, for example `DeLong` or `BCa bootstrap, 2000`.
    pub method: String,
}

impl Default for Interval {
    /// Undefined in every part.
    fn default() -> Self {
        Interval { value: f64::NAN, low: f64::NAN, high: f64::NAN, method: String::new() }
    }
}

/// A point of a ROC curve.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RocPoint {
    /// 1 - specificity.
    #[serde(with = "number::one")]
    pub fpr: f64,
    /// Sensitivity.
    #[serde(with = "number::one")]
    pub tpr: f64,
    /// Cases with at least this score are called positive; infinite at (0, 0).
    #[serde(with = "number::one")]
    pub threshold: f64,
}

/// The cut that was used, and how it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ThresholdUsed {
    /// The cut; where folds had their own, their mean.
    #[serde(with = "number::one")]
    pub value: f64,
    /// In words, for example `Youden on out-of-fold training scores`.
    pub rule: String,
}

impl Default for ThresholdUsed {
    /// Undefined.
    fn default() -> Self {
        ThresholdUsed { value: f64::NAN, rule: String::new() }
    }
}

/// How one model did in one setting. Metrics that were not computed are NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelResult {
    /// Short name, as in `metrics.json`: `intra`, `combined`, `dlr`, `volume`.
    pub name: String,
    /// Name for people, for example `Intratumoral`; empty: the short name.
    pub label: String,
    /// What goes in, one line; may be empty.
    pub description: String,
    /// On which cases.
    pub setting: Setting,
    /// Cases scored.
    pub n_cases: usize,
    /// Positive cases among them.
    pub n_positive: usize,
    /// ROC curve from (0, 0) to (1, 1).
    pub roc: Vec<RocPoint>,
    /// Band of sensitivity by `x` = 1 - specificity; may be empty.
    pub roc_band: Vec<BandPoint>,
    /// Area under the ROC curve.
    pub auc: Interval,
    /// The same with an interval by bootstrap.
    pub auc_bootstrap: Interval,
    /// AUC of each repeat of the cross-validation; empty where there are none.
    #[serde(with = "number::list")]
    pub auc_by_repeat: Vec<f64>,
    /// F1 of the positive class at the threshold.
    pub f1: Interval,
    /// Mean F1 of both classes at the threshold.
    pub f1_macro: Interval,
    /// Share of positives.
    #[serde(with = "number::one")]
    pub prevalence: f64,
    /// F1 of calling every case positive.
    #[serde(with = "number::one")]
    pub all_positive_f1: f64,
    /// Sensitivity at the threshold.
    pub sensitivity: Interval,
    /// Specificity at the threshold.
    pub specificity: Interval,
    /// Positive predictive value at the threshold.
    pub ppv: Interval,
    /// Negative predictive value at the threshold.
    pub npv: Interval,
    /// Balanced accuracy at the threshold.
    pub balanced_accuracy: Interval,
    /// Matthews correlation at the threshold.
    pub mcc: Interval,
    /// Brier score.
    pub brier: Interval,
    /// Average precision (area under precision-recall).
    pub average_precision: Interval,
    /// The cut.
    pub threshold: ThresholdUsed,
    /// Counts at the cut.
    pub confusion: Option<Confusion>,
    /// Precision (y) by recall (x); may be empty.
    pub precision_recall: Vec<CurvePoint>,
    /// Calibration.
    pub calibration: Option<Calibration>,
    /// Decision curve.
    pub decision: Option<DecisionCurve>,
}

impl Default for ModelResult {
    /// Nothing known.
    fn default() -> Self {
        ModelResult {
            name: String::new(),
            label: String::new(),
            description: String::new(),
            setting: Setting::TrainCv,
            n_cases: 0,
            n_positive: 0,
            roc: Vec::new(),
            roc_band: Vec::new(),
            auc: Interval::default(),
            auc_bootstrap: Interval::default(),
            auc_by_repeat: Vec::new(),
            f1: Interval::default(),
            f1_macro: Interval::default(),
            prevalence: f64::NAN,
            all_positive_f1: f64::NAN,
            sensitivity: Interval::default(),
            specificity: Interval::default(),
            ppv: Interval::default(),
            npv: Interval::default(),
            balanced_accuracy: Interval::default(),
            mcc: Interval::default(),
            brier: Interval::default(),
            average_precision: Interval::default(),
            threshold: ThresholdUsed::default(),
            confusion: None,
            precision_recall: Vec::new(),
            calibration: None,
            decision: None,
        }
    }
}
