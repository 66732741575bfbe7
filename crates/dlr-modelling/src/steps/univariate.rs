//! [`UnivariateFilter`] and [`Mrmr`]: selection by what each column says of the label.

use super::{Selected, finite_columns, wrong_parameter};
use crate::selection::{MrmrParams, mrmr};
use crate::stats::{Adjustment, adjust, mann_whitney, student_t, welch_t};
use dlr_core::{FittedTableStep, Result, TableStep, TrainSet};
use serde::{Deserialize, Serialize};

/// Which test is made of each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnivariateTest {
    /// Mann-Whitney's U, with tie and continuity correction.
    #[default]
    MannWhitney,
    /// Welch's t.
    Welch,
    /// Student's t.
    Student,
}

/// Keeps columns whose adjusted p is small enough.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `test` | `mann-whitney` | `mann-whitney`, `welch`, `student` | test of each column between the classes |
/// | `adjustment` | `bh` | `none`, `bh`, `by`, `holm`, `bonferroni` | correction for many tests |
/// | `max_p` | 0.05 | in (0, 1] | adjusted p at or below which a column stays |
/// | `min_keep` | 1 | 1 and more | the columns of smallest p stay whatever their p, so that a model can follow |
///
/// Reviewers object to univariable selection as the only one (PROBAST); it is here to be compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnivariateFilter {
    /// Test of each column.
    pub test: UnivariateTest,
    /// Correction for many tests.
    pub adjustment: Adjustment,
    /// Adjusted p at or below which a column stays.
    pub max_p: f64,
    /// So many columns stay at least.
    pub min_keep: usize,
}

impl Default for UnivariateFilter {
    fn default() -> Self {
        UnivariateFilter { test: UnivariateTest::MannWhitney, adjustment: Adjustment::Bh, max_p: 0.05, min_keep: 1 }
    }
}

impl TableStep for UnivariateFilter {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        if !(self.max_p > 0.0 && self.max_p <= 1.0) {
            return Err(wrong_parameter("max_p", self.max_p, "above 0 and at most 1"));
        }
        let x = finite_columns(train)?;
        let test = match self.test {
            UnivariateTest::MannWhitney => mann_whitney,
            UnivariateTest::Welch => welch_t,
            UnivariateTest::Student => student_t,
        };
        let p: Vec<f64> = (0..x.n_columns()).map(|j| test(x.column(j), train.labels()).p).collect();
        let adjusted = adjust(&p, self.adjustment);
        let mut order: Vec<usize> = (0..p.len()).collect();
        // NaN (a constant column) sorts last.
        order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
        let n_small = order.iter().take_while(|j| adjusted[**j] <= self.max_p).count();
        let mut kept = order[..n_small.max(self.min_keep).min(p.len())].to_vec();
        kept.sort_unstable();
        let more = format!("; {n_small} at or below {}", self.max_p);
        Ok(Selected::perhaps_none(train, "univariate-filter", &kept, &more))
    }
}

/// Selection by minimum redundancy and maximum relevance as a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mrmr {
    /// How.
    pub params: MrmrParams,
}

impl Mrmr {
    /// The step for these parameters.
    pub fn new(params: MrmrParams) -> Self {
        Mrmr { params }
    }
}

impl TableStep for Mrmr {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        let mut kept = mrmr(&finite_columns(train)?, train.labels(), &self.params)?;
        kept.sort_unstable();
        Selected::of(train, "mrmr", &kept, "")
    }
}
