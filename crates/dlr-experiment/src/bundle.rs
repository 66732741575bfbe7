//! [`Bundle`]: a frozen model as one JSON file, with all that `dlr predict` needs to use it on somebody new: its columns,
//! its threshold, and what is needed to say how sure it is and why. It holds no row of a training patient.

use crate::{cache, crossval::whole, outcome::ModelOutcome};
use dlr_core::{Code, Error, FeatureName, FeatureTable, Frozen, Result};
use dlr_evaluation::{Conformal, FrozenNovelty, Novelty};
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The error rate that prediction sets aim at, in each class.
pub(crate) const ALPHA: f64 = 0.1;

/// A case with a smaller p is called unlike the training cases.
pub(crate) const UNLIKE: f64 = 0.05;

/// A frozen model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The version of dlr that froze it.
    pub dlr: String,
    /// Content hash of the model and its threshold, as the log names it.
    pub hash: String,
    /// Feature blocks, side by side.
    pub blocks: Vec<String>,
    /// The columns that it was given, in order.
    pub columns: Vec<FeatureName>,
    /// The cut, from out-of-fold training scores.
    pub threshold: Cut,
    /// Class-conditional prediction sets, from out-of-fold training scores; `None` where a class has too few.
    pub conformal: Option<Sets>,
    /// Distance to the training cases on the columns that it uses; `None` where none can be learned.
    pub novelty: Option<FrozenNovelty>,
    /// A made-up reference case on the columns that it uses.
    pub reference: Vec<Reference>,
    /// Digest of the configuration beside it, which prepares new cases.
    pub configuration: String,
    /// Steps and classifier.
    pub model: Frozen,
}

/// A cut on the probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Positive at or above it.
    #[serde(with = "number")]
    pub value: f64,
    /// How it was chosen.
    pub rule: String,
}

/// A [`Conformal`] rule as plain data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sets {
    /// The error rate aimed at, in each class.
    pub alpha: f64,
    /// Largest score kept for the negative class.
    #[serde(with = "number")]
    pub quantile_negative: f64,
    /// Largest score kept for the positive class.
    #[serde(with = "number")]
    pub quantile_positive: f64,
}

impl From<Sets> for Conformal {
    fn from(Sets { alpha, quantile_negative, quantile_positive }: Sets) -> Self {
        Conformal { alpha, quantile_negative, quantile_positive }
    }
}

/// What is known of a column over the training cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The column.
    pub name: FeatureName,
    /// Its median: what stands in for a missing value in explanations and distances.
    pub median: f64,
    /// Its mean with medians filled in: what an explanation compares with.
    pub mean: f64,
}

impl Bundle {
    /// Freezes a model of a run.
    ///
    /// # Errors
    /// Those of the tables.
    pub(crate) fn of(model: &ModelOutcome, configuration: &str) -> Result<Self> {
        let (train, _) = model.planned.data.split_roles()?;
        let selected = model.fitted.selected();
        let on_selected = train.with_table(train.table().select(&selected)?)?;
        let (filled, _) = whole(&on_selected, on_selected.table())?;
        let none = on_selected.table().rows(&[0]).with_values(Array2::from_elem((1, selected.len()), f64::NAN))?;
        let (_, medians) = whole(&on_selected, &none)?;
        let means = filled.x().mean_axis(Axis(0)).expect("a training set has rows");
        let learned = |result: Result<_>| match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if [Code::Learning, Code::Evaluation].contains(&error.code()) => Ok(None),
            Err(error) => Err(error),
        };
        let novelty = learned(Novelty::fit(&filled).map(|novelty| novelty.freeze()))?;
        let reference = selected.iter().zip(medians.values().row(0)).zip(&means);
        Ok(Bundle {
            dlr: env!("CARGO_PKG_VERSION").into(),
            hash: model.hash.clone(),
            blocks: model.planned.section.blocks.clone(),
            columns: model.planned.data.table().names().to_vec(),
            threshold: Cut { value: model.frozen.threshold().value(), rule: model.frozen.threshold().rule().into() },
            conformal: match Conformal::fit(&model.cv.repeats[0], ALPHA) {
                Ok(Conformal { alpha, quantile_negative, quantile_positive }) => {
                    Some(Sets { alpha, quantile_negative, quantile_positive })
                }
                Err(error) if error.code() == Code::Evaluation => None,
                Err(error) => return Err(error),
            },
            novelty,
            reference: reference
                .map(|((name, median), mean)| Reference { name: name.clone(), median: *median, mean: *mean })
                .collect(),
            configuration: cache::key(&[configuration]),
            model: model.frozen.model().clone(),
        })
    }

    /// Its text, with a checksum over everything in it.
    ///
    /// # Errors
    /// [`Code::FileWrite`] where a value cannot be written as JSON.
    pub fn to_json(&self) -> Result<Value> {
        let mut value = serde_json::to_value(self)
            .map_err(|e| Error::new(Code::FileWrite, format!("a model cannot be written: {e}")))?;
        value["check"] = cache::key(&[&value.to_string()]).into();
        Ok(value)
    }

    /// A bundle from its text.
    ///
    /// # Errors
    /// [`Code::FileCorrupt`] for a text that is not a bundle or was changed since.
    pub fn parse(text: &str) -> Result<Self> {
        let damaged = |why: String| {
            Error::new(Code::FileCorrupt, format!("the frozen model cannot be used: {why}"))
                .hint("model files are written by an experiment and are not to be edited")
        };
        let mut value: Value = serde_json::from_str(text).map_err(|e| damaged(e.to_string()))?;
        let check = value.as_object_mut().and_then(|fields| fields.shift_remove("check"));
        if check != Some(cache::key(&[&value.to_string()]).into()) {
            return Err(damaged("its checksum does not fit its content".into()));
        }
        serde_json::from_value(value).map_err(|e| damaged(e.to_string()))
    }

    /// The columns of a table that the model uses, with medians where a value is missing, as it sees them.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for a missing column.
    pub(crate) fn filled(&self, table: &FeatureTable) -> Result<FeatureTable> {
        let mut values = table.values().clone();
        for reference in &self.reference {
            let position = table
                .position(&reference.name)
                .ok_or_else(|| Error::new(Code::TableMismatch, format!("column `{}` is missing", reference.name)))?;
            values.column_mut(position).mapv_inplace(|v| if v.is_nan() { reference.median } else { v });
        }
        table.with_values(values)
    }

    /// The reference case in the columns of a table, 0 in those that the model does not use.
    ///
    /// # Errors
    /// Those of the table.
    pub(crate) fn background(&self, table: &FeatureTable) -> Result<FeatureTable> {
        let mut values = Array2::zeros((1, table.n_features()));
        for reference in &self.reference {
            if let Some(position) = table.position(&reference.name) {
                values[[0, position]] = reference.mean;
            }
        }
        FeatureTable::new(vec!["reference".into()], table.names().to_vec(), values)
    }
}

/// JSON has no infinity: a cut that nobody reaches is the word `inf`.
mod number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number {
        Finite(f64),
        Word(String),
    }

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() { Number::Finite(*value) } else { Number::Word(value.to_string()) }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::Finite(value) => Ok(value),
            Number::Word(word) if word == "inf" => Ok(f64::INFINITY),
            Number::Word(word) if word == "-inf" => Ok(f64::NEG_INFINITY),
            Number::Word(word) => Err(D::Error::custom(format!("`{word}` is not a number"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        Bundle {
            dlr: "0".into(),
            hash: "h".into(),
            configuration: "c".into(),
            blocks: vec!["intra".into()],
            columns: vec!["intra_original_shape_Sphericity".parse().unwrap()],
            threshold: Cut { value: f64::INFINITY, rule: "youden".into() },
            conformal: Some(Sets { alpha: 0.1, quantile_negative: f64::INFINITY, quantile_positive: 0.1 + 0.2 }),
            novelty: None,
            reference: Vec::new(),
            model: Frozen::new("demo", &0.1).unwrap(),
        }
    }

    #[test]
    fn text_gives_the_same_bundle_back_and_a_changed_text_is_refused() {
        let text = serde_json::to_string_pretty(&bundle().to_json().unwrap()).unwrap();
        assert_eq!(Bundle::parse(&text).unwrap(), bundle());
        for changed in [text.replace("0.30000000000000004", "0.3"), text.replace("youden", "0.5"), "{}".into()] {
            assert_ne!(changed, text);
            assert_eq!(Bundle::parse(&changed).unwrap_err().code(), Code::FileCorrupt);
        }
    }
}
