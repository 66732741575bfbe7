//! Scores and truth: [`Predictions`], [`Truth`], and the scores from which a [`Threshold`] may be made.

use super::HeldOut;
use crate::{Code, Error, Result};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One probability of the positive class per case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predictions {
    cases: Vec<String>,
    scores: Vec<f64>,
}

impl Predictions {
    /// Scores in the order of the cases.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for other lengths, [`Code::NotFinite`] for a score outside `[0, 1]`, with the case.
    pub fn new(cases: Vec<String>, scores: Vec<f64>) -> Result<Self> {
        same_length(cases.len(), scores.len())?;
        if let Some(bad) = scores.iter().position(|s| !(0.0..=1.0).contains(s)) {
            return Err(Error::new(Code::NotFinite, "a predicted probability is not a number from 0 to 1")
                .found(scores[bad])
                .for_case(&cases[bad]));
        }
        Ok(Predictions { cases, scores })
    }

    /// Case identifiers.
    pub fn cases(&self) -> &[String] {
        &self.cases
    }

    /// Probabilities of the positive class.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }
}

/// Labels by case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    cases: Vec<String>,
    labels: Vec<bool>,
}

impl Truth {
    /// Labels in the order of the cases.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for other lengths.
    pub fn new(cases: Vec<String>, labels: Vec<bool>) -> Result<Self> {
        same_length(cases.len(), labels.len())?;
        Ok(Truth { cases, labels })
    }

    /// Case identifiers.
    pub fn cases(&self) -> &[String] {
        &self.cases
    }

    /// Whether each case is positive.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// Refuses predictions of other cases, or in another order.
    ///
    /// # Errors
    /// [`Code::TableMismatch`].
    pub fn must_fit(&self, predictions: &Predictions) -> Result<()> {
        if self.cases == predictions.cases {
            return Ok(());
        }
        Err(Error::new(Code::TableMismatch, "predictions and truth are of different cases, or in another order"))
    }
}

/// Scores of training cases with their labels: from the model's own training rows, or out of fold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainScores {
    predictions: Predictions,
    truth: Truth,
}

impl TrainScores {
    pub(super) fn new(predictions: Predictions, truth: Truth) -> Result<Self> {
        truth.must_fit(&predictions)?;
        Ok(TrainScores { predictions, truth })
    }

    /// The scores.
    pub fn predictions(&self) -> &Predictions {
        &self.predictions
    }

    /// The labels.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// A threshold by a rule that sees these scores and labels and nothing else.
    ///
    /// # Errors
    /// Those of the rule; [`Code::Evaluation`] where it returns NaN.
    pub fn threshold(&self, rule: &str, choose: impl FnOnce(&[f64], &[bool]) -> Result<f64>) -> Result<Threshold> {
        let value = choose(self.predictions.scores(), self.truth.labels())?;
        if value.is_nan() {
            return Err(Error::new(Code::Evaluation, format!("threshold rule `{rule}` gave NaN")));
        }
        Ok(Threshold { value, rule: rule.into(), chosen_on: self.truth.cases.iter().cloned().collect() })
    }
}

/// A cut on the score: positive at or above it. Made only from [`TrainScores`], and it remembers of which cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    value: f64,
    rule: String,
    #[serde(skip)]
    chosen_on: BTreeSet<String>,
}

impl Threshold {
    /// The cut.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// How it was chosen, for example `youden`.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Refuses predictions of a case on whose score this threshold was chosen.
    ///
    /// # Errors
    /// [`Code::PatientOverlap`], with the case.
    pub fn must_not_have_seen(&self, predictions: &Predictions) -> Result<()> {
        match predictions.cases.iter().find(|id| self.chosen_on.contains(*id)) {
            None => Ok(()),
            Some(seen) => Err(Error::new(
                Code::PatientOverlap,
                "a threshold is judged on a case that it was chosen on, and would look better than it is",
            )
            .expected("cases that had no part in choosing it")
            .hint("judge it on held-out folds or on external cases")
            .for_case(seen)),
        }
    }

    /// Whether a score is called positive.
    pub fn calls_positive(&self, score: f64) -> bool {
        score >= self.value
    }
}

/// Collects the held-out predictions of all folds of one repeat; every case at most once.
#[derive(Debug, Clone, Default)]
pub struct OutOfFold {
    scored: BTreeMap<String, (f64, bool)>,
}

impl OutOfFold {
    /// Nothing collected yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the predictions of one fold.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] where they are of other cases, [`Code::PatientOverlap`] for a case that was held out
    /// before.
    pub fn add(&mut self, held_out: &HeldOut, predictions: &Predictions) -> Result<()> {
        held_out.truth().must_fit(predictions)?;
        let distinct: BTreeSet<_> = predictions.cases().iter().collect();
        if let Some(twice) = distinct.into_iter().find(|id| self.scored.contains_key(*id)) {
            return Err(Error::new(Code::PatientOverlap, "the case was held out twice in one repeat").for_case(twice));
        }
        for ((id, score), label) in predictions.cases().iter().zip(predictions.scores()).zip(held_out.truth().labels())
        {
            self.scored.insert(id.clone(), (*score, *label));
        }
        Ok(())
    }

    /// All out-of-fold scores, cases in sorted order.
    ///
    /// # Errors
    /// [`Code::Evaluation`] where nothing was added.
    pub fn finish(self) -> Result<TrainScores> {
        if self.scored.is_empty() {
            return Err(Error::new(Code::Evaluation, "no fold was predicted"));
        }
        let cases: Vec<_> = self.scored.keys().cloned().collect();
        let (scores, labels) = self.scored.values().copied().unzip();
        TrainScores::new(Predictions::new(cases.clone(), scores)?, Truth::new(cases, labels)?)
    }
}

fn same_length(n_cases: usize, n_values: usize) -> Result<()> {
    if n_cases == n_values {
        return Ok(());
    }
    Err(Error::new(Code::TableMismatch, "one value per case is needed").expected(n_cases).found(n_values))
}
