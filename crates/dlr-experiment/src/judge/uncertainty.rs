//! Prediction sets with their coverage, and how unlike the training cases each case is.

use super::{View, where_defined};
use crate::{
    bundle::{ALPHA, UNLIKE},
    crossval::{Whose, unlikeness, whole},
    outcome::ModelOutcome,
};
use dlr_core::{Result, Truth};
use dlr_evaluation::{Conformal, ConformalSet, Coverage, NoveltyScore, coverage};
use dlr_report::data::Setting;
use serde::Serialize;
use std::collections::BTreeMap;

/// What can be said of single cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Uncertainty {
    /// Class-conditional prediction sets; `None` where a class has no calibration score.
    pub conformal: Option<ConformalRecord>,
    /// Distance from the training cases on the columns that the model uses; `None` where it uses none.
    pub out_of_distribution: Option<NoveltyRecord>,
    /// By case; goes into `predictions.csv`.
    #[serde(skip)]
    pub by_case: BTreeMap<String, CaseUncertainty>,
}

/// One case.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CaseUncertainty {
    /// Classes that cannot be ruled out.
    pub set: Option<ConformalSet>,
    /// Share of training cases at least as far out; small means unlike them.
    pub novelty_p: Option<f64>,
}

/// Prediction sets over all cases of a setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConformalRecord {
    /// The error rate aimed at.
    pub alpha: f64,
    /// Coverage and size.
    #[serde(flatten)]
    pub coverage: Coverage,
}

/// Distances over all cases of a setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoveltyRecord {
    /// Cases with p below 0.05.
    pub n_unlike: usize,
    /// Their share; about 0.05 where the cases are of the same kind as those of training.
    pub share_unlike: f64,
    /// Median squared distance per column; near 1 for typical cases.
    pub median_distance: f64,
}

pub(super) fn of(model: &ModelOutcome, view: &View<'_>) -> Result<Uncertainty> {
    let sets = where_defined(sets(model, view))?.unwrap_or_default();
    let novelty = novelty(model, view)?;
    let in_order: Vec<ConformalSet> = view.cases.iter().filter_map(|case| sets.get(case).copied()).collect();
    let truth = Truth::new(view.cases.clone(), view.labels.clone())?;
    let conformal = (!in_order.is_empty() && in_order.len() == view.cases.len())
        .then(|| coverage(&in_order, &truth).map(|coverage| ConformalRecord { alpha: ALPHA, coverage }))
        .transpose()?;
    let mut by_case: BTreeMap<String, CaseUncertainty> = BTreeMap::new();
    for (case, set) in sets {
        by_case.entry(case).or_default().set = Some(set);
    }
    for score in &novelty {
        by_case.entry(score.case.clone()).or_default().novelty_p = Some(score.p);
    }
    Ok(Uncertainty { conformal, out_of_distribution: record(&novelty), by_case })
}

fn record(novelty: &[NoveltyScore]) -> Option<NoveltyRecord> {
    if novelty.is_empty() {
        return None;
    }
    let n_unlike = novelty.iter().filter(|score| score.p < UNLIKE).count();
    let mut distances: Vec<f64> = novelty.iter().map(|score| score.distance).collect();
    distances.sort_by(f64::total_cmp);
    let n = distances.len();
    Some(NoveltyRecord {
        n_unlike,
        share_unlike: n_unlike as f64 / n as f64,
        median_distance: f64::midpoint(distances[(n - 1) / 2], distances[n / 2]),
    })
}

/// Outside, the rule is calibrated on the out-of-fold scores of the first repeat; in cross-validation on those of the
/// other folds.
fn sets(model: &ModelOutcome, view: &View<'_>) -> Result<BTreeMap<String, ConformalSet>> {
    if view.setting == Setting::External {
        let rule = Conformal::fit(&model.cv.repeats[0], ALPHA)?;
        return Ok(view.cases.iter().cloned().zip(rule.sets(model.frozen.predictions())).collect());
    }
    let mut sets = BTreeMap::new();
    for (fold, others) in model.cv.folds.iter().filter(|f| f.repeat == 0).zip(&model.cv.without_fold) {
        let rule = Conformal::fit(others, ALPHA)?;
        sets.extend(fold.cases.iter().cloned().zip(fold.scores.iter().map(|score| rule.set(*score))));
    }
    Ok(sets)
}

fn novelty(model: &ModelOutcome, view: &View<'_>) -> Result<Vec<NoveltyScore>> {
    if view.setting == Setting::TrainCv {
        return Ok(model.cv.folds.iter().filter(|f| f.repeat == 0).flat_map(|f| f.novelty.clone()).collect());
    }
    let (train, external) = model.planned.data.split_roles()?;
    let (train, cases) = whole(&train, external.table())?;
    unlikeness(&train, &cases, &model.fitted.selected(), Whose::Frozen)
}
