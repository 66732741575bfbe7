//! [`View`]: one model's scores in one setting, in the shape that every judgement takes.

use crate::outcome::{ModelOutcome, Outcome};
use dlr_core::{Cohort, Result};
use dlr_evaluation::Confusion;
use dlr_report::data::Setting;
use std::collections::BTreeMap;

/// Scores, labels and calls of one model in one setting, cases in one order.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// Where.
    pub setting: Setting,
    /// The cases: sorted in cross-validation, in cohort order outside.
    pub cases: Vec<String>,
    /// The patient of each.
    pub patients: Vec<&'a str>,
    /// Probabilities; in cross-validation the mean out-of-fold probability over the repeats.
    pub scores: Vec<f64>,
    /// Whether each is positive.
    pub labels: Vec<bool>,
    /// Whether each was called positive, once per repeat; `None` where a repeat did not hold the case out.
    pub calls: Vec<Vec<Option<bool>>>,
}

impl<'a> View<'a> {
    /// The settings in which a model was judged.
    ///
    /// # Errors
    /// None for models of the outcome.
    pub(crate) fn all(model: &ModelOutcome, outcome: &'a Outcome) -> Result<Vec<View<'a>>> {
        let mut views = vec![View::cross_validated(model, &outcome.cohort)];
        views.extend(View::external(model, outcome));
        Ok(views)
    }

    /// The out-of-fold predictions of the training cases.
    pub(crate) fn cross_validated(model: &ModelOutcome, cohort: &'a Cohort) -> View<'a> {
        let means = model.cv.mean_scores();
        let row_of: BTreeMap<&str, usize> = means.keys().enumerate().map(|(i, case)| (case.as_str(), i)).collect();
        let mut calls = vec![vec![None; means.len()]; model.cv.repeats.len()];
        for fold in &model.cv.folds {
            for (case, call) in fold.cases.iter().zip(&fold.calls) {
                calls[fold.repeat][row_of[case.as_str()]] = Some(*call);
            }
        }
        let cases: Vec<String> = means.keys().cloned().collect();
        let (scores, labels) = means.into_values().unzip();
        View { setting: Setting::TrainCv, patients: patients(cohort, &cases), cases, scores, labels, calls }
    }

    /// The predictions of the frozen model on the external cases, where there are any.
    pub(crate) fn external(model: &ModelOutcome, outcome: &'a Outcome) -> Option<View<'a>> {
        let (truth, _) = outcome.external.as_ref()?;
        let scores = model.frozen.predictions().scores().to_vec();
        let calls = vec![scores.iter().map(|score| Some(model.frozen.threshold().calls_positive(*score))).collect()];
        let cases = model.frozen.predictions().cases().to_vec();
        let labels = truth.labels().to_vec();
        Some(View {
            setting: Setting::External,
            patients: patients(&outcome.cohort, &cases),
            cases,
            scores,
            labels,
            calls,
        })
    }

    /// A rate of the counts at the cut, of the cases at these positions: the mean over the repeats that define it.
    pub(crate) fn rate(&self, positions: &[usize], rate: fn(&Confusion) -> f64) -> f64 {
        let (mut sum, mut n) = (0.0, 0.0);
        for calls in &self.calls {
            let counts: Confusion =
                positions.iter().filter_map(|p| calls[*p].map(|call| (call, self.labels[*p]))).collect();
            let value = rate(&counts);
            if value.is_finite() {
                sum += value;
                n += 1.0;
            }
        }
        sum / n
    }
}

fn patients<'a>(cohort: &'a Cohort, cases: &[String]) -> Vec<&'a str> {
    let of: BTreeMap<&str, &str> = cohort.rows().iter().map(|row| (row.id.as_str(), row.patient.as_str())).collect();
    cases.iter().map(|case| of.get(case.as_str()).copied().unwrap_or_default()).collect()
}
