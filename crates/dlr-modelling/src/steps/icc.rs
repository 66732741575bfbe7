//! [`IccFilter`]: columns that readers, or perturbed contours, do not agree on go.

use super::{Selected, wrong_parameter};
use crate::stats::{IccForm, icc};
use dlr_core::{Code, Error, FeatureTable, FittedTableStep, Result, TableStep, TrainSet};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Parameters of [`IccFilter`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `form` | `2,1` | `1,1`, `2,1`, `3,1` | which intraclass correlation |
/// | `min_lower` | 0.75 | -1 to 1 | the lower bound of its 95 % interval must be at least this |
///
/// Source: Koo and Li 2016 judge by the interval, not the estimate; 0.75 is their "good".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IccParams {
    /// Which intraclass correlation.
    pub form: IccForm,
    /// The lower bound must be at least this.
    pub min_lower: f64,
}

impl Default for IccParams {
    fn default() -> Self {
        IccParams { form: IccForm::TwoOne, min_lower: 0.75 }
    }
}

/// Keeps the columns on which repeated measurements agree.
///
/// The readings are tables of the same columns, one per reader or perturbation. Only training cases are looked at: a
/// case counts where every reading has it, and a column that is missing or constant in a reading goes.
#[derive(Debug, Clone)]
pub struct IccFilter {
    /// How.
    pub params: IccParams,
    /// One table per reader, two or more.
    pub readings: Vec<FeatureTable>,
}

impl TableStep for IccFilter {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        if !(-1.0..=1.0).contains(&self.params.min_lower) {
            return Err(wrong_parameter("min_lower", self.params.min_lower, "from -1 to 1"));
        }
        let rows: Vec<Vec<usize>> = train
            .table()
            .cases()
            .iter()
            .filter_map(|case| self.readings.iter().map(|t| t.cases().iter().position(|c| c == case)).collect())
            .collect();
        if rows.len() < 2 || self.readings.len() < 2 {
            return Err(Error::new(Code::Learning, "agreement needs two readings of two training cases")
                .found(format!("{} readings of {} training cases", self.readings.len(), rows.len())));
        }
        let lower = |j: usize| -> f64 {
            let name = &train.names()[j];
            let Some(columns) = self.readings.iter().map(|t| t.position(name)).collect::<Option<Vec<usize>>>() else {
                return f64::NAN;
            };
            let ratings = Array2::from_shape_fn((rows.len(), columns.len()), |(i, r)| {
                self.readings[r].values()[(rows[i][r], columns[r])]
            });
            icc(ratings.view()).map_or(f64::NAN, |table| table.form(self.params.form).lower)
        };
        let kept: Vec<usize> = (0..train.names().len()).filter(|j| lower(*j) >= self.params.min_lower).collect();
        Selected::of(train, "icc-filter", &kept, &format!("; judged on {} cases", rows.len()))
    }
}
