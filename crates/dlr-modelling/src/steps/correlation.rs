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
        let mut units = Units::default();
        for j in order {
            let u = match self.correlation {
                Correlation::Spearman => unit(&ranks[j]),
                Correlation::Pearson => unit(x.column(j)),
            };
            if units.admit(u, self.limit) {
                kept.push(j);
            }
        }
        kept
    }
}

/// Rows at which a product of two columns may be given up, see [`Units::admit`].
const STOPS: [usize; 2] = [16, 48];

/// A column on the unit sphere, and how long the part of it is that lies behind each stop.
struct UnitColumn {
    values: Vec<f64>,
    behind: [f64; 2],
}

/// The columns kept so far. Their first rows lie side by side, because most pairs need no more.
#[derive(Default)]
struct Units {
    heads: Vec<f64>,
    columns: Vec<UnitColumn>,
}

impl Units {
    /// Adds a column unless its `|r|` with one of the others is above the limit.
    ///
    /// What the rows behind a stop can add to a product is at most the product of their lengths (Cauchy and Schwarz), so
    /// most pairs are known to be below the limit after a few rows. Pairs near it are multiplied to the end: the answer
    /// is the same as without stops.
    fn admit(&mut self, values: Vec<f64>, limit: f64) -> bool {
        let n = values.len();
        let behind = STOPS.map(|stop| {
            let tail = &values[stop.min(n)..];
            dot(tail, tail).sqrt()
        });
        let new = UnitColumn { values, behind };
        let stop = STOPS[0].min(n);
        // Far above the rounding of a product, far below what a limit is given to.
        let sure = limit - 1e-9;
        for (head, old) in self.heads.chunks_exact(stop.max(1)).zip(&self.columns) {
            if dot(head, &new.values[..stop]).abs() + old.behind[0] * new.behind[0] < sure {
                continue;
            }
            let stop = STOPS[1].min(n);
            if dot(&old.values[..stop], &new.values[..stop]).abs() + old.behind[1] * new.behind[1] < sure {
                continue;
            }
            // An exact copy may reach 1 + rounding; a limit of 1 keeps it.
            if dot(&old.values, &new.values).abs().min(1.0) > limit {
                return false;
            }
        }
        self.heads.extend_from_slice(&new.values[..stop]);
        self.columns.push(new);
        true
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

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    /// Every pair multiplied to the end.
    fn slow(x: &Columns, limit: f64) -> Vec<usize> {
        let mut kept: Vec<usize> = Vec::new();
        for j in 0..x.n_columns() {
            let u = unit(x.column(j));
            if kept.iter().all(|k| dot(&u, &unit(x.column(*k))).abs().min(1.0) <= limit) {
                kept.push(j);
            }
        }
        kept
    }

    #[test]
    fn stops_do_not_change_what_is_kept() {
        for (n, seed) in [(5, 1), (16, 2), (40, 3), (129, 4)] {
            let mut rng = Rng::new(seed);
            let factors = ndarray::Array2::from_shape_simple_fn((n, 6), || rng.normal());
            let x = ndarray::Array2::from_shape_fn((n, 150), |(i, j)| {
                if j == 100 { 3.0 } else { factors[(i, j % 6)] + 0.1 * (1 + j % 9) as f64 * rng.normal() }
            });
            let x = Columns::from_rows(x.view());
            for limit in [0.5, 0.8, 0.95, 1.0] {
                let filter = CorrelationFilter { limit, correlation: Correlation::Pearson, order: VisitOrder::Table };
                assert_eq!(filter.kept(&x, &vec![true; n]), slow(&x, limit), "{n} rows, limit {limit}");
            }
        }
    }
}
