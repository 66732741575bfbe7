//! [`MedianImputer`]: a missing value becomes the median of the training rows.

use super::{matching, wrong_parameter};
use crate::stats::quantile;
use dlr_core::{
    Code, Error, FeatureName, FeatureTable, FittedTableStep, Frozen, LinearForm, Result, TableStep, TrainSet,
};
use serde::{Deserialize, Serialize};

/// What to do with a column that has no value in any training row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllMissing {
    /// An error that names the column.
    #[default]
    Refuse,
    /// The column is dropped; the summary says how many.
    Drop,
}

/// Replaces NaN by the median of the training rows.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `max_missing` | 1 | in (0, 1] | a column with a larger share of missing values is dropped |
/// | `all_missing` | `refuse` | `refuse`, `drop` | a column without any value |
///
/// Infinity is not missing: it is refused, with column and case, in training and later. On rows without a missing
/// value the step is the identity, and as such a linear form passes through it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MedianImputer {
    /// A column with a larger share of missing values is dropped.
    pub max_missing: f64,
    /// A column without any value.
    pub all_missing: AllMissing,
}

impl Default for MedianImputer {
    fn default() -> Self {
        MedianImputer { max_missing: 1.0, all_missing: AllMissing::Refuse }
    }
}

impl TableStep for MedianImputer {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        if !(self.max_missing > 0.0 && self.max_missing <= 1.0) {
            return Err(wrong_parameter("max_missing", self.max_missing, "above 0 and at most 1"));
        }
        refuse_infinity(train.table())?;
        let mut fitted = FittedImputer { names: Vec::new(), medians: Vec::new(), n_missing: 0, n_dropped: 0 };
        let mut present = Vec::with_capacity(train.n_cases());
        for (name, column) in train.names().iter().zip(train.x().columns()) {
            present.clear();
            present.extend(column.iter().copied().filter(|v| !v.is_nan()));
            let n_missing = train.n_cases() - present.len();
            if present.is_empty() && self.all_missing == AllMissing::Refuse {
                return Err(Error::new(Code::Learning, format!("column `{name}` is missing in every training case"))
                    .hint("leave the feature out, or set all_missing = \"drop\""));
            }
            if present.is_empty() || n_missing as f64 > self.max_missing * train.n_cases() as f64 {
                fitted.n_dropped += 1;
                continue;
            }
            present.sort_unstable_by(f64::total_cmp);
            fitted.names.push(name.clone());
            fitted.medians.push(quantile(&present, 0.5));
            fitted.n_missing += n_missing;
        }
        if fitted.names.is_empty() {
            return Err(Error::new(Code::Learning, "imputation leaves no column"));
        }
        Ok(Box::new(fitted))
    }
}

/// A fitted [`MedianImputer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedImputer {
    /// Columns that stay.
    pub names: Vec<FeatureName>,
    /// Their medians.
    pub medians: Vec<f64>,
    /// Missing values in the training rows of those columns.
    pub n_missing: usize,
    /// Columns dropped.
    pub n_dropped: usize,
}

impl FittedImputer {
    /// The name under which it freezes.
    pub const KIND: &'static str = "median-imputer";
}

impl FittedTableStep for FittedImputer {
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable> {
        let table = matching(table, &self.names)?;
        refuse_infinity(&table)?;
        if !table.values().iter().any(|v| v.is_nan()) {
            return Ok(table.into_owned());
        }
        let mut values = table.values().clone();
        for mut row in values.outer_iter_mut() {
            row.iter_mut().zip(&self.medians).filter(|(v, _)| v.is_nan()).for_each(|(v, median)| *v = *median);
        }
        table.with_values(values)
    }

    fn pull_back(&self, form: LinearForm) -> Option<LinearForm> {
        Some(form)
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }

    fn summary(&self) -> String {
        let FittedImputer { names, n_missing, n_dropped, .. } = self;
        format!("median-imputer: {n_missing} values in {} columns imputed, {n_dropped} columns dropped", names.len())
    }
}

fn refuse_infinity(table: &FeatureTable) -> Result<()> {
    match table.values().indexed_iter().find(|(_, v)| v.is_infinite()) {
        None => Ok(()),
        Some(((row, column), value)) => {
            Err(Error::new(Code::NotFinite, format!("column `{}` holds {value}", table.names()[column]))
                .expected("a number, or NaN where it is missing")
                .for_case(&table.cases()[row]))
        }
    }
}
