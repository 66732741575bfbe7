//! Calibration of one model in one setting, and what recalibration learned from training scores would change.

use super::{View, where_defined};
use crate::outcome::ModelOutcome;
use dlr_core::{Predictions, Result, TrainScores};
use dlr_evaluation::{
    CalibrationBin, CalibrationCurve, HosmerLemeshow, Interval, Isotonic, Platt, brier, calibration_bins,
    calibration_curve, calibration_line, expected_calibration_error, hosmer_lemeshow,
};
use dlr_report::data::Setting;
use serde::Serialize;
use std::collections::BTreeMap;

/// Bins of the expected calibration error.
const N_BINS: usize = 10;
/// Groups of Hosmer and Lemeshow's test.
const N_GROUPS: usize = 10;
/// Bins of the figure: few, so that each holds some cases.
const N_FIGURE_BINS: usize = 5;

/// Calibration figures; NaN (null) where undefined.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationRecord {
    /// Slope of the recalibration line; 1 is right, below 1 the predictions are too extreme.
    pub slope: f64,
    /// Its Wald interval of 95 %.
    pub slope_ci: Interval,
    /// Intercept; 0 is right.
    pub intercept: f64,
    /// Its Wald interval of 95 %.
    pub intercept_ci: Interval,
    /// Intercept with the slope held at 1.
    pub in_the_large: f64,
    /// Brier score.
    pub brier: f64,
    /// Integrated calibration index: mean distance of the smooth curve from the diagonal.
    pub ici: f64,
    /// 90th percentile of that distance.
    pub e90: f64,
    /// Expected calibration error over ten bins of equal width.
    pub ece: f64,
    /// Hosmer and Lemeshow's test, **legacy**; none for fewer cases than groups.
    pub hosmer_lemeshow_legacy: Option<HosmerLemeshow>,
    /// The same figures after `platt` and `isotonic` recalibration, learned from out-of-fold training scores only; in
    /// cross-validation from those of the other folds of the first repeat.
    pub recalibrated: BTreeMap<&'static str, Recalibrated>,
    /// Bins of the figure.
    #[serde(skip)]
    pub bins: Vec<CalibrationBin>,
    /// Smooth curve of the figure.
    #[serde(skip)]
    pub curve: Option<CalibrationCurve>,
}

/// Calibration after recalibration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Recalibrated {
    /// Slope.
    pub slope: f64,
    /// Intercept.
    pub intercept: f64,
    /// Brier score.
    pub brier: f64,
    /// Integrated calibration index.
    pub ici: f64,
    /// Expected calibration error.
    pub ece: f64,
}

pub(super) fn of(model: &ModelOutcome, view: &View<'_>) -> Result<CalibrationRecord> {
    let (scores, labels) = (&view.scores, &view.labels);
    let line = calibration_line(scores, labels)?;
    let curve = where_defined(calibration_curve(scores, labels))?;
    let mut recalibrated = BTreeMap::new();
    for (name, rule) in RULES {
        if let Some(scored) = where_defined(recalibrate(model, view, rule))? {
            recalibrated.extend(figures(&scored, labels)?.map(|figures| (name, figures)));
        }
    }
    Ok(CalibrationRecord {
        slope: line.slope,
        slope_ci: wald(line.slope, line.slope_se),
        intercept: line.intercept,
        intercept_ci: wald(line.intercept, line.intercept_se),
        in_the_large: line.in_the_large,
        brier: brier(scores, labels)?,
        ici: curve.as_ref().map_or(f64::NAN, |c| c.ici),
        e90: curve.as_ref().map_or(f64::NAN, |c| c.e90),
        ece: expected_calibration_error(scores, labels, N_BINS)?,
        hosmer_lemeshow_legacy: where_defined(hosmer_lemeshow(scores, labels, N_GROUPS))?,
        recalibrated,
        bins: calibration_bins(scores, labels, N_FIGURE_BINS)?,
        curve,
    })
}

fn wald(estimate: f64, standard_error: f64) -> Interval {
    // The 97.5th percentile of the normal distribution.
    let half = 1.959_963_984_540_054 * standard_error;
    Interval::new(estimate - half, estimate + half)
}

/// Learns from training scores and changes predictions.
type Rule = fn(&TrainScores, &Predictions) -> Result<Predictions>;

const RULES: [(&str, Rule); 2] = [
    ("platt", |train, predictions| Platt::fit(train)?.apply(predictions)),
    ("isotonic", |train, predictions| Isotonic::fit(train)?.apply(predictions)),
];

/// The recalibrated scores in the order of the view.
fn recalibrate(model: &ModelOutcome, view: &View<'_>, rule: Rule) -> Result<Vec<f64>> {
    if view.setting == Setting::External {
        return Ok(rule(&model.cv.repeats[0], model.frozen.predictions())?.scores().to_vec());
    }
    let mut by_case = BTreeMap::new();
    for (fold, others) in model.cv.folds.iter().filter(|f| f.repeat == 0).zip(&model.cv.without_fold) {
        let changed = rule(others, &Predictions::new(fold.cases.clone(), fold.scores.clone())?)?;
        by_case.extend(fold.cases.iter().cloned().zip(changed.scores().to_vec()));
    }
    Ok(view.cases.iter().map(|case| by_case.get(case).copied().unwrap_or(f64::NAN)).collect())
}

/// `None` where a case has no recalibrated score.
fn figures(scores: &[f64], labels: &[bool]) -> Result<Option<Recalibrated>> {
    if scores.iter().any(|s| s.is_nan()) {
        return Ok(None);
    }
    let line = calibration_line(scores, labels)?;
    Ok(Some(Recalibrated {
        slope: line.slope,
        intercept: line.intercept,
        brier: brier(scores, labels)?,
        ici: where_defined(calibration_curve(scores, labels))?.map_or(f64::NAN, |c| c.ici),
        ece: expected_calibration_error(scores, labels, N_BINS)?,
    }))
}
