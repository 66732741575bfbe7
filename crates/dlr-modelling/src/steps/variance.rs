//! [`VarianceFilter`]: columns that are constant, or nearly so, go.

use super::{Selected, finite_columns, wrong_parameter};
use crate::linalg::mean_and_deviation;
use dlr_core::{FittedTableStep, Result, TableStep, TrainSet};
use serde::{Deserialize, Serialize};

/// Drops columns of no or next to no variance.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `min_variance` | 0 | 0 and more | a column must vary more than this (`ddof` 0), in its own unit |
/// | `near_zero` | true | | also drop by the rule of caret's `nearZeroVar` |
/// | `freq_cut` | 19 | above 1 | most common over second most common value, above which ... |
/// | `unique_cut` | 10 | 0 to 100 | ... and distinct values in percent of rows, at or below which it is near zero |
///
/// A constant column goes always. It is an error where none is left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VarianceFilter {
    /// A column must vary more than this.
    pub min_variance: f64,
    /// Also drop columns of near-zero variance.
    pub near_zero: bool,
    /// Cut on the ratio of the two most common values.
    pub freq_cut: f64,
    /// Cut on the percentage of distinct values.
    pub unique_cut: f64,
}

impl Default for VarianceFilter {
    fn default() -> Self {
        VarianceFilter { min_variance: 0.0, near_zero: true, freq_cut: 19.0, unique_cut: 10.0 }
    }
}

impl TableStep for VarianceFilter {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        if !(self.min_variance >= 0.0 && self.min_variance.is_finite()) {
            return Err(wrong_parameter("min_variance", self.min_variance, "0 or more"));
        }
        let x = finite_columns(train)?;
        let kept: Vec<usize> = (0..x.n_columns())
            .filter(|j| {
                let (_, deviation) = mean_and_deviation(x.column(*j));
                let varies = deviation * deviation > self.min_variance;
                varies && !(self.near_zero && near_zero_variance(x.column(*j), self.freq_cut, self.unique_cut))
            })
            .collect();
        Selected::of(train, "variance", &kept, "")
    }
}

/// The rule of caret's `nearZeroVar`: one value only, or the most common value `freq_cut` times as common as the
/// second and distinct values at most `unique_cut` percent of the rows. NaN counts as a row, not as a value.
pub fn near_zero_variance(column: &[f64], freq_cut: f64, unique_cut: f64) -> bool {
    let mut sorted: Vec<f64> = column.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut counts: Vec<usize> = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    if counts.len() <= 1 {
        return true;
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts[0] as f64 / counts[1] as f64 > freq_cut && 100.0 * counts.len() as f64 / column.len() as f64 <= unique_cut
}
