//! What finished models are worth beyond their first figures: intervals, calibration, usefulness, uncertainty, comparisons,
//! subgroups and audits. Everything here reads an outcome and changes nothing in it.

mod audits;
mod calibration;
mod comparisons;
pub(crate) mod guidelines;
mod intervals;
pub(crate) mod subgroups;
mod uncertainty;
mod view;

pub use audits::{Audits, NamedAudit};
pub use calibration::{CalibrationRecord, Recalibrated};
pub use intervals::ResampledIntervals;
pub use subgroups::Subgroup;
pub use uncertainty::{CaseUncertainty, ConformalRecord, NoveltyRecord, Uncertainty};
pub use view::View;

use crate::outcome::{ModelOutcome, Outcome};
use dlr_core::{Code, Result, derive_seed};
use dlr_evaluation::{
    DecisionCurve, PrecisionRecall, RocBand, decision_curve_with_bands, decision_thresholds, precision_recall, roc_band,
};
use dlr_report::data::{Comparison, Setting};
use serde::Serialize;
use std::collections::BTreeMap;

/// Resamples of every bootstrap of a run.
pub const N_RESAMPLES: usize = 2000;
/// Resamples of the bands of curves, which have some hundred points each.
pub const N_BAND_RESAMPLES: usize = 500;
/// Points of the band of an ROC curve.
const N_BAND_POINTS: usize = 101;

/// One model in one setting.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// Intervals by bootstrap.
    #[serde(flatten)]
    pub intervals: ResampledIntervals,
    /// Do the probabilities mean what they say?
    pub calibration: CalibrationRecord,
    /// Prediction sets and distance from the training cases.
    #[serde(flatten)]
    pub uncertainty: Uncertainty,
    /// Net benefit over the thresholds, with bands; a figure.
    #[serde(skip)]
    pub decision: Option<DecisionCurve>,
    /// Band around the ROC curve; a figure.
    #[serde(skip)]
    pub roc_band: Option<RocBand>,
    /// Precision over recall; a figure.
    #[serde(skip)]
    pub precision_recall: Option<PrecisionRecall>,
}

/// Everything that is judged, over all models and settings.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// By model, baselines included, then by setting.
    pub models: BTreeMap<String, BTreeMap<Setting, Judgement>>,
    /// Model against model.
    pub comparisons: Vec<Comparison>,
    /// Models within levels of a factor.
    pub subgroups: Vec<Subgroup>,
    /// Checks of the study itself.
    pub audits: Audits,
}

impl Judged {
    /// One model in one setting.
    pub fn get(&self, model: &str, setting: Setting) -> Option<&Judgement> {
        self.models.get(model)?.get(&setting)
    }
}

/// Judges everything.
///
/// # Errors
/// Those of the metrics; what is undefined for these cases is left out, not an error.
pub(crate) fn judge(outcome: &Outcome) -> Result<Judged> {
    let mut models = BTreeMap::new();
    for model in outcome.models.iter().chain(&outcome.baselines) {
        let mut settings = BTreeMap::new();
        for view in View::all(model, outcome)? {
            settings.insert(view.setting, one(outcome, model, &view)?);
        }
        models.insert(model.planned.section.name.clone(), settings);
    }
    Ok(Judged {
        models,
        comparisons: comparisons::of(outcome)?,
        subgroups: subgroups::of(outcome)?,
        audits: audits::of(outcome)?,
    })
}

fn one(outcome: &Outcome, model: &ModelOutcome, view: &View<'_>) -> Result<Judgement> {
    let seed = derive_seed(outcome.file.seed, 0x6a75_6467);
    let thresholds = decision_thresholds();
    Ok(Judgement {
        intervals: intervals::of(view, seed)?,
        calibration: calibration::of(model, view)?,
        uncertainty: uncertainty::of(model, view)?,
        decision: where_defined(decision_curve_with_bands(
            &view.scores,
            &view.labels,
            &thresholds,
            N_BAND_RESAMPLES,
            0.95,
            seed,
        ))?,
        roc_band: where_defined(roc_band(&view.scores, &view.labels, N_BAND_POINTS, N_BAND_RESAMPLES, 0.95, seed))?,
        precision_recall: where_defined(precision_recall(&view.scores, &view.labels))?,
    })
}

/// `None` for what these cases do not define: too few of them, or of one class.
pub(crate) fn where_defined<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.code(), Code::Evaluation | Code::Learning | Code::Parameter) => Ok(None),
        Err(error) => Err(error),
    }
}
