//! [`CorrelationFilter`]: of columns that say the same, one stays.

use super::{Selected, finite_columns, wrong_parameter};
use crate::linalg::{Columns, dot};
use crate::stats::{midranks, relevance, unit};
use dlr_core::{FittedTableStep, Result, TableStep, TrainSet};
use serde::{Deserialize, Serialize};

/// Which correlation is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correlation {
    /// Of ranks, ties sharing their mean.
    #[default]
    Spearman,
    /// Of values.
    Pearson,
}

/// Which of two alike columns is met first, and so stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisitOrder {
    /// The one that tells the classes apart better: `|AUC - 0.5|` over the training rows, descending; ties in table
    /// order.
    #[default]
    Relevance,
    /// The one that stands first in the table.
    Table,
}

/// Drops columns that correlate with one that is kept.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `limit` | 0.95 | in (0, 1] | `|r|` above this is too alike |
/// | `correlation` | `spearman` | `spearman`, `pearson` | which correlation |
/// | `order` | `relevance` | `relevance`, `table` | the tie rule: who is visited first stays |
///
/// Columns are visited in that order, and one is kept if its `|r|` with every column kept so far is at most `limit`.
/// A constant column has a correlation of 0 with all others and stays: the variance filter is for it.
/// Source: PROTOCOL, row 16.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CorrelationFilter {
    /// `|r|` above this is too alike.
    pub limit: f64,
    /// Which correlation.
    pub correlation: Correlation,
    /// Who is visited first.
    pub order: VisitOrder,
}

impl Default for CorrelationFilter {
    fn default() -> Self {
        CorrelationFilter { limit: 0.95, correlation: Correlation::Spearman, order: VisitOrder::Relevance }
    }
}

impl CorrelationFilter {
    /// Positions that stay, in the order in which they were visited.
    pub fn kept(&self, x: &Columns, labels: &[bool]) -> Vec<usize> {
        let p = x.n_columns();
        let ranks: Vec<Vec<f64>> = (0..p).map(|j| midranks(x.column(j))).collect();
        let mut order: Vec<usize> = (0..p).collect();
        if self.order == VisitOrder::Relevance {
            let relevance: Vec<f64> = ranks.iter().map(|r| relevance(r, labels)).collect();
            order.sort_by(|a, b| relevance[*b].total_cmp(&relevance[*a]));
        }
        let mut kept: Vec<usize> = Vec::new();
        let mut units: Vec<Vec<f64>> = Vec::new();
        for j in order {
            let u = match self.correlation {
                Correlation::Spearman => unit(&ranks[j]),
                Correlation::Pearson => unit(x.column(j)),
            };
            // An exact copy may reach 1 + rounding; a limit of 1 keeps it.
            if units.iter().all(|v| dot(&u, v).abs().min(1.0) <= self.limit) {
                kept.push(j);
                units.push(u);
            }
        }
        kept
    }
}

impl TableStep for CorrelationFilter {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        if !(self.limit > 0.0 && self.limit <= 1.0) {
            return Err(wrong_parameter("limit", self.limit, "above 0 and at most 1"));
        }
        let mut kept = self.kept(&finite_columns(train)?, train.labels());
        kept.sort_unstable();
        Selected::of(train, "correlation-filter", &kept, "")
    }
}
