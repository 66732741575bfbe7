//! [`SealedLabels`]: external labels, closed until a frozen model is scored. Opening consumes them.

use super::Truth;
use crate::{Code, Error, Predictions, Result};
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

    /// Opens the labels for predictions that frozen models have already made.
    ///
    /// All predictions must be of the same cases in the same order. What is returned besides the truth must be
    /// written into the run's log.
    ///
    /// # Errors
    /// [`Code::Sealed`] where no model is named, the models predict different cases, or a case has no label.
    pub fn open(self, models: &[(ModelHash, &Predictions)]) -> Result<(Truth, Opening)> {
        let Some((_, first)) = models.first() else {
            return Err(Error::new(Code::Sealed, "external labels open only for the predictions of a frozen model"));
        };
        if models.iter().any(|(_, predictions)| predictions.cases() != first.cases()) {
            return Err(Error::new(Code::Sealed, "the frozen models predict different external cases"));
        }
        let label = |id: &String| {
            let missing = || Error::new(Code::Sealed, "the external case has no label").for_case(id);
            self.labels.get(id).copied().ok_or_else(missing)
        };
        let labels = first.cases().iter().map(label).collect::<Result<Vec<_>>>()?;
        let opening =
            Opening { n_cases: labels.len(), models: models.iter().map(|(hash, _)| hash.0.clone()).collect() };
        Ok((Truth::new(first.cases().to_vec(), labels)?, opening))
    }
}

impl fmt::Debug for SealedLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedLabels({} cases)", self.labels.len())
    }
}

/// The content hash of a frozen model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelHash(String);

impl ModelHash {
    /// A hash, as hexadecimal text.
    pub fn new(hex: impl Into<String>) -> Self {
        ModelHash(hex.into())
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The record of an opening: for which models, and how many cases. It goes into `log.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "an opening of external labels must be logged"]
pub struct Opening {
    /// External cases opened.
    pub n_cases: usize,
    /// Hashes of the frozen models that were scored.
    pub models: Vec<String>,
}
