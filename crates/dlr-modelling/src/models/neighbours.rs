//! [`KNearest`]: the share of positive cases among the nearest training rows.

use crate::glm::ClassWeight;
use crate::steps::{finite_columns, matching, must_be_finite, wrong_parameter};
use dlr_core::{FeatureName, FeatureTable, FittedModel, Frozen, Model, Predictions, Result, TrainSet};
use serde::{Deserialize, Serialize};

/// How much a neighbour's vote counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeighbourWeight {
    /// Every neighbour alike.
    #[default]
    Uniform,
    /// By the inverse of the distance; a row at distance 0 outvotes all others.
    Distance,
}

/// k nearest neighbours (Euclidean).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_neighbours` | 5 | 1 and more | neighbours that vote; all rows where there are fewer |
/// | `weights` | `uniform` | `uniform`, `distance` | how much a vote counts |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts, beside that |
///
/// Scale the columns before. Rows that tie for the last places share them, so that the order of the training table does
/// not matter (in scikit-learn it does). The frozen model holds the training rows. Source of the defaults: scikit-learn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KNearest {
    /// Neighbours that vote.
    pub n_neighbours: usize,
    /// How much a vote counts.
    pub weights: NeighbourWeight,
    /// How much a case counts.
    pub class_weight: ClassWeight,
}

impl Default for KNearest {
    fn default() -> Self {
        KNearest { n_neighbours: 5, weights: NeighbourWeight::Uniform, class_weight: ClassWeight::None }
    }
}

impl Model for KNearest {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedModel>> {
        if self.n_neighbours == 0 {
            return Err(wrong_parameter("n_neighbours", 0, "1 or more"));
        }
        finite_columns(train)?;
        Ok(Box::new(FittedNeighbours {
            names: train.names().to_vec(),
            n_neighbours: self.n_neighbours,
            weights: self.weights,
            votes: self.class_weight.weights(train.labels()),
            labels: train.labels().to_vec(),
            rows: train.x().outer_iter().map(|row| row.to_vec()).collect(),
        }))
    }
}

/// A fitted [`KNearest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedNeighbours {
    /// The columns.
    pub names: Vec<FeatureName>,
    /// Neighbours that vote.
    pub n_neighbours: usize,
    /// How much a vote counts.
    pub weights: NeighbourWeight,
    /// Weight of each training row.
    pub votes: Vec<f64>,
    /// Label of each training row.
    pub labels: Vec<bool>,
    /// Training rows as the steps before left them.
    pub rows: Vec<Vec<f64>>,
}

impl FittedNeighbours {
    /// The name under which it freezes.
    pub const KIND: &'static str = "neighbours";

    fn score(&self, row: &[f64]) -> f64 {
        let distance = |other: &[f64]| row.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let mut near: Vec<(f64, usize)> = self.rows.iter().enumerate().map(|(i, r)| (distance(r), i)).collect();
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let k = self.n_neighbours.min(near.len());
        let last = near[k - 1].0;
        let (n_nearer, n_within) = (near.partition_point(|n| n.0 < last), near.partition_point(|n| n.0 <= last));
        // Rows at the distance of the last neighbour share the places that nearer ones leave.
        let share = (k - n_nearer) as f64 / (n_within - n_nearer) as f64;
        near.truncate(n_within);
        let at_zero = near.iter().any(|(d, _)| *d == 0.0);
        let (mut all, mut positive) = (0.0, 0.0);
        for (d, i) in near {
            let vote = match self.weights {
                NeighbourWeight::Uniform => 1.0,
                NeighbourWeight::Distance if at_zero => f64::from(u8::from(d == 0.0)),
                NeighbourWeight::Distance => 1.0 / d.sqrt(),
            } * self.votes[i]
                * if d == last { share } else { 1.0 };
            all += vote;
            positive += if self.labels[i] { vote } else { 0.0 };
        }
        positive / all
    }
}

impl FittedModel for FittedNeighbours {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let table = matching(table, &self.names)?;
        must_be_finite(&table, "a missing value must be imputed first")?;
        let scores = table.values().outer_iter().map(|row| self.score(&row.to_vec()));
        Predictions::new(table.cases().to_vec(), scores.collect())
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.names.clone()
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(weights: NeighbourWeight, votes: Vec<f64>) -> FittedNeighbours {
        FittedNeighbours {
            names: vec!["intra_original_sample_F0".parse().unwrap()],
            n_neighbours: 3,
            weights,
            votes,
            labels: vec![true, false, false, true],
            rows: vec![vec![0.0], vec![1.0], vec![2.0], vec![-2.0]],
        }
    }

    #[test]
    fn votes_by_distance_and_ties_share_the_last_place() {
        let uniform = fitted(NeighbourWeight::Uniform, vec![1.0; 4]);
        // Rows at 2 (negative) and at -2 (positive) are equally far from 0: each has half the third vote.
        assert_eq!(uniform.score(&[0.0]), 0.5);
        let distance = fitted(NeighbourWeight::Distance, vec![1.0; 4]);
        assert_eq!(distance.score(&[0.0]), 1.0);
        let expected = (1.0 / 0.5) / (1.0 / 0.5 + 1.0 / 0.5 + 1.0 / 1.5);
        assert!((distance.score(&[0.5]) - expected).abs() < 1e-15);
        assert_eq!(fitted(NeighbourWeight::Uniform, vec![4.0, 1.0, 1.0, 1.0]).score(&[0.0]), 4.5 / 6.0);
    }
}
