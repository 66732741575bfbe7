//! [`SealedLabels`]: external labels, closed until a frozen model is scored. Opening consumes them.

use super::{Predictions, Threshold, Truth};
use crate::{Code, Error, FeatureTable, FittedModel, Frozen, Result};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// The labels of the external cases. They cannot be copied, printed or read; only opened, once.
pub struct SealedLabels {
    labels: BTreeMap<String, bool>,
}

impl SealedLabels {
    pub(crate) fn new(labels: BTreeMap<String, bool>) -> Self {
        SealedLabels { labels }
    }

    /// Number of external cases whose label is known.
    pub fn n_cases(&self) -> usize {
        self.labels.len()
    }

    /// Whether the label of a case is known (not which one).
    pub fn knows(&self, id: &str) -> bool {
        self.labels.contains_key(id)
    }

    /// Opens the labels for what frozen models have already said of the external cases.
    ///
    /// All must have predicted the same cases in the same order. What is returned besides the truth must be written
    /// into the run's log, with the hashes of the models.
    ///
    /// # Errors
    /// [`Code::Sealed`] where no model is given, the models predict different cases, or a case has no label.
    pub fn open(self, models: &[&FrozenPredictions]) -> Result<(Truth, Opening)> {
        let Some(first) = models.first().map(|model| &model.predictions) else {
            return Err(Error::new(Code::Sealed, "external labels open only for the predictions of a frozen model"));
        };
        if models.iter().any(|model| model.predictions.cases() != first.cases()) {
            return Err(Error::new(Code::Sealed, "the frozen models predict different external cases"));
        }
        let label = |id: &String| {
            let missing = || Error::new(Code::Sealed, "the external case has no label").for_case(id);
            self.labels.get(id).copied().ok_or_else(missing)
        };
        let labels = first.cases().iter().map(label).collect::<Result<Vec<_>>>()?;
        let opening = Opening { n_cases: labels.len(), n_models: models.len() };
        Ok((Truth::new(first.cases().to_vec(), labels)?, opening))
    }
}

impl fmt::Debug for SealedLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedLabels({} cases)", self.labels.len())
    }
}

/// What a frozen model said of the external cases, with the threshold that was fixed before.
///
/// Made only by [`ExternalSet::predict`](super::ExternalSet::predict), so that labels never open for made-up scores.
#[derive(Debug, Clone, PartialEq)]
pub struct FrozenPredictions {
    model: Frozen,
    threshold: Threshold,
    predictions: Predictions,
}

impl FrozenPredictions {
    pub(super) fn new(model: &dyn FittedModel, threshold: Threshold, external: &FeatureTable) -> Result<Self> {
        let predictions = model.predict(external)?;
        if predictions.cases() != external.cases() {
            return Err(Error::new(Code::Contract, "the model predicts other cases than it was given"));
        }
        Ok(FrozenPredictions { model: model.freeze()?, threshold, predictions })
    }

    /// The state of the model that predicted.
    pub fn model(&self) -> &Frozen {
        &self.model
    }

    /// Its threshold.
    pub fn threshold(&self) -> &Threshold {
        &self.threshold
    }

    /// Its probabilities; of no case where the cohort has no external one.
    pub fn predictions(&self) -> &Predictions {
        &self.predictions
    }
}

/// The record of an opening: how many labels, for how many models. It goes into `log.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "an opening of external labels must be logged"]
pub struct Opening {
    /// External cases opened.
    pub n_cases: usize,
    /// Frozen models that were scored.
    pub n_models: usize,
}
