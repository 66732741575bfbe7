//! Intervals by bootstrap of patients, of every figure that has no formula.

use super::{N_RESAMPLES, View, where_defined};
use dlr_core::Result;
use dlr_evaluation::{
    Bootstrap, Confusion, Interval, Resampler, average_precision, bootstrap, bootstrap_auc_by, brier,
};
use dlr_report::data::Setting;
use serde::Serialize;

/// Intervals of 95 %: BCa, or percentile where BCa does not exist. Undefined (null) where a class is missing.
///
/// Patients are drawn whole, positive and negative ones apart, with the same draws for every model. In cross-validation
/// the models are taken as given: the interval is that of another sample of patients, not of another training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResampledIntervals {
    /// Resamples.
    pub n_resamples: usize,
    /// AUC, BCa.
    pub auc_ci_bca: Interval,
    /// AUC, percentile.
    pub auc_ci_percentile: Interval,
    /// Average precision.
    pub auprc_ci: Interval,
    /// Brier score.
    pub brier_ci: Interval,
    /// F1 of the positive class.
    pub f1_ci: Interval,
    /// Mean F1 of both classes.
    pub f1_macro_ci: Interval,
    /// Matthews' correlation.
    pub mcc_ci: Interval,
    /// Balanced accuracy.
    pub balanced_accuracy_ci: Interval,
    /// Positive predictive value; only in cross-validation, where no single table of counts has a Wilson interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ppv_ci: Option<Interval>,
    /// Negative predictive value, as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npv_ci: Option<Interval>,
}

pub(super) fn of(view: &View<'_>, seed: u64) -> Result<ResampledIntervals> {
    let Some(resampler) = where_defined(Resampler::by_patient(&view.patients, &view.labels))? else {
        return Ok(undefined(view.setting));
    };
    let area = bootstrap_auc_by(&resampler, &view.scores, &view.labels, N_RESAMPLES, 0.95, seed)?;
    let of_scores = |metric: fn(&[f64], &[bool]) -> Result<f64>| -> Result<Interval> {
        let statistic = |positions: &[usize]| {
            let (scores, labels): (Vec<f64>, Vec<bool>) =
                positions.iter().map(|p| (view.scores[*p], view.labels[*p])).unzip();
            metric(&scores, &labels).unwrap_or(f64::NAN)
        };
        Ok(best(&bootstrap(&resampler, N_RESAMPLES, 0.95, seed, statistic)?))
    };
    let of_rate = |rate: fn(&Confusion) -> f64| -> Result<Interval> {
        Ok(best(&bootstrap(&resampler, N_RESAMPLES, 0.95, seed, |positions| view.rate(positions, rate))?))
    };
    let is_cv = view.setting == Setting::TrainCv;
    Ok(ResampledIntervals {
        n_resamples: N_RESAMPLES,
        auc_ci_bca: area.bca,
        auc_ci_percentile: area.percentile,
        auprc_ci: of_scores(average_precision)?,
        brier_ci: of_scores(brier)?,
        f1_ci: of_rate(Confusion::f1)?,
        f1_macro_ci: of_rate(Confusion::f1_macro)?,
        mcc_ci: of_rate(Confusion::mcc)?,
        balanced_accuracy_ci: of_rate(Confusion::balanced_accuracy)?,
        ppv_ci: is_cv.then(|| of_rate(Confusion::ppv)).transpose()?,
        npv_ci: is_cv.then(|| of_rate(Confusion::npv)).transpose()?,
    })
}

fn best(bootstrap: &Bootstrap) -> Interval {
    if bootstrap.bca.low.is_nan() { bootstrap.percentile } else { bootstrap.bca }
}

fn undefined(setting: Setting) -> ResampledIntervals {
    let none = Interval::UNDEFINED;
    let of_cv = (setting == Setting::TrainCv).then_some(none);
    ResampledIntervals {
        n_resamples: 0,
        auc_ci_bca: none,
        auc_ci_percentile: none,
        auprc_ci: none,
        brier_ci: none,
        f1_ci: none,
        f1_macro_ci: none,
        mcc_ci: none,
        balanced_accuracy_ci: none,
        ppv_ci: of_cv,
        npv_ci: of_cv,
    }
}
