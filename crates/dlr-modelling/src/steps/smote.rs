//! [`Smote`]: made-up rows of the smaller class, in training only.

use super::{finite_columns, wrong_parameter};
use crate::linalg::dot;
use dlr_core::{FeatureTable, FittedTableStep, Frozen, LinearForm, Result, Rng, TableStep, TrainSet};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Adds rows between neighbours of the smaller class until it is `ratio` times the larger (Chawla et al. 2002).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_neighbours` | 5 | 1 and more | neighbours (Euclidean) to go towards; fewer where the class is small |
/// | `ratio` | 1 | in (0, 1] | smaller over larger class afterwards |
///
/// Scale the columns before. A made-up row belongs to the patient of the row it starts from, so inner folds keep them
/// together. Rows to be predicted pass unchanged. A class of one row is left as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smote {
    /// Neighbours to go towards.
    pub n_neighbours: usize,
    /// Smaller over larger class afterwards.
    pub ratio: f64,
}

impl Default for Smote {
    fn default() -> Self {
        Smote { n_neighbours: 5, ratio: 1.0 }
    }
}

impl TableStep for Smote {
    fn fit(&self, _train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        Ok(Box::new(Unchanged {}))
    }

    fn resample(&self, train: &TrainSet, seed: u64) -> Result<TrainSet> {
        if self.n_neighbours == 0 {
            return Err(wrong_parameter("n_neighbours", 0, "1 or more"));
        }
        if !(self.ratio > 0.0 && self.ratio <= 1.0) {
            return Err(wrong_parameter("ratio", self.ratio, "above 0 and at most 1"));
        }
        finite_columns(train)?;
        let n_positive = train.labels().iter().filter(|l| **l).count();
        let positive_is_small = 2 * n_positive <= train.n_cases();
        let small: Vec<usize> = (0..train.n_cases()).filter(|i| train.labels()[*i] == positive_is_small).collect();
        let wanted = (self.ratio * (train.n_cases() - small.len()) as f64).round() as usize;
        if small.len() < 2 || wanted <= small.len() {
            return Ok(train.clone());
        }
        let x = train.x();
        let neighbours: Vec<Vec<usize>> = small.iter().map(|i| self.nearest(x, *i, &small)).collect();
        let n_new = wanted - small.len();
        let mut rng = Rng::new(seed);
        let mut values = Array2::zeros((n_new, x.ncols()));
        let mut parents = Vec::with_capacity(n_new);
        for mut row in values.outer_iter_mut() {
            let k = rng.below(small.len());
            let towards = neighbours[k][rng.below(neighbours[k].len())];
            let t = rng.uniform();
            let (from, to) = (x.row(small[k]), x.row(towards));
            row.iter_mut().zip(from.iter().zip(to)).for_each(|(v, (a, b))| *v = a + t * (b - a));
            parents.push(small[k]);
        }
        train.with_synthetic(&values, &parents)
    }
}

impl Smote {
    fn nearest(&self, x: &Array2<f64>, i: usize, among: &[usize]) -> Vec<usize> {
        let mut others: Vec<(f64, usize)> = among
            .iter()
            .filter(|j| **j != i)
            .map(|j| {
                let difference = (&x.row(i) - &x.row(*j)).to_vec();
                (dot(&difference, &difference), *j)
            })
            .collect();
        others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        others.truncate(self.n_neighbours);
        others.into_iter().map(|(_, j)| j).collect()
    }
}

/// What a step fits to that only changes which rows are learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unchanged {}

impl Unchanged {
    /// The name under which it freezes.
    pub const KIND: &'static str = "unchanged";
}

impl FittedTableStep for Unchanged {
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable> {
        Ok(table.clone())
    }

    fn pull_back(&self, form: LinearForm) -> Option<LinearForm> {
        Some(form)
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }
}
