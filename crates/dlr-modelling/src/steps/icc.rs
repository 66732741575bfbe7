//! [`IccFilter`]: columns that readers, or perturbed contours, do not agree on go.

use super::{Selected, wrong_parameter};
use crate::stats::{IccForm, icc_of_form};
use dlr_core::{Code, Error, FeatureName, FeatureTable, FittedTableStep, Result, TableStep, TrainSet};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Parameters of [`IccFilter`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `form` | `2,1` | `1,1`, `2,1`, `3,1` | which intraclass correlation |
/// | `min_lower` | 0.75 | -1 to 1 | the lower bound of its 95 % interval must be at least this |
/// | `unread` | `drop` | `drop`, `keep` | a column that fewer than two readings have |
///
/// Source: Koo and Li 2016 judge by the interval, not the estimate; 0.75 is their "good".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IccParams {
    /// Which intraclass correlation.
    pub form: IccForm,
    /// The lower bound must be at least this.
    pub min_lower: f64,
    /// What becomes of a column that fewer than two readings have.
    pub unread: Unread,
}

/// What becomes of a column that was not read twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unread {
    /// It goes: nobody knows whether it can be repeated.
    #[default]
    Drop,
    /// It stays: for columns that do not depend on a contour, deep features of the whole image.
    Keep,
}

impl Default for IccParams {
    fn default() -> Self {
        IccParams { form: IccForm::TwoOne, min_lower: 0.75, unread: Unread::Drop }
    }
}

/// Keeps the columns on which repeated measurements agree.
///
/// The readings are tables, one per reader or perturbed contour; a column is judged on the readings that have it. Only
/// training cases are looked at, and of them those that every such reading has. A column that is missing or constant in a
/// reading goes.
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
        let positions: Vec<HashMap<&FeatureName, usize>> =
            self.readings.iter().map(|t| t.names().iter().enumerate().map(|(j, n)| (n, j)).collect()).collect();
        let row_of: Vec<HashMap<&str, usize>> = self
            .readings
            .iter()
            .map(|t| t.cases().iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect())
            .collect();
        let mut kept = Vec::new();
        let (mut n_judged, mut n_cases) = (0, usize::MAX);
        for (j, name) in train.names().iter().enumerate() {
            let columns: Vec<(usize, usize)> =
                positions.iter().enumerate().filter_map(|(r, p)| p.get(name).map(|at| (r, *at))).collect();
            if columns.len() < 2 {
                if self.params.unread == Unread::Keep {
                    kept.push(j);
                }
                continue;
            }
            let rows: Vec<Vec<usize>> = train
                .table()
                .cases()
                .iter()
                .filter_map(|case| columns.iter().map(|(r, _)| row_of[*r].get(case.as_str()).copied()).collect())
                .collect();
            if rows.len() < 2 {
                return Err(Error::new(Code::Learning, format!("agreement on column `{name}` cannot be judged"))
                    .expected("two training cases or more in every reading of it")
                    .found(rows.len()));
            }
            let ratings = Array2::from_shape_fn((rows.len(), columns.len()), |(i, k)| {
                let (reading, column) = columns[k];
                self.readings[reading].values()[(rows[i][k], column)]
            });
            n_judged += 1;
            n_cases = n_cases.min(rows.len());
            if icc_of_form(ratings.view(), self.params.form).is_ok_and(|icc| icc.lower >= self.params.min_lower) {
                kept.push(j);
            }
        }
        if n_judged == 0 {
            return Err(Error::new(Code::Learning, "no column was read twice: agreement cannot be judged")
                .expected("two readings or more with columns of the same names")
                .found(format!("{} readings", self.readings.len())));
        }
        let more = format!("; {n_judged} judged on {n_cases} cases or more");
        Selected::of(train, "icc-filter", &kept, &more)
    }
}
