//! How unlike the training cases a new case is: Mahalanobis distance with a shrunken covariance, and its p value.
//!
//! Columns are standardised by the training rows; the covariance is shrunk towards a multiple of the identity (Ledoit and
//! Wolf 2004), so that it exists for 3 000 columns and 100 rows too; then the distance is computed in the space of rows.

use crate::linear_algebra::{cholesky, forward};
use dlr_core::{Code, Error, FeatureName, FeatureTable, Result, TrainSet};
use ndarray::{Array1, Array2, Axis};
use serde::Serialize;

/// Distances of the training rows are taken with the row's own part left out, in this many parts.
const N_PARTS: usize = 10;

/// Fitted on training rows; scores any rows with the same columns.
#[derive(Debug, Clone)]
pub struct Novelty {
    names: Vec<FeatureName>,
    metric: Metric,
    /// Distances of training rows from models that had not seen them, ascending.
    reference: Vec<f64>,
}

/// How unlike the training cases one case is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoveltyScore {
    /// The case.
    pub case: String,
    /// Squared distance divided by the number of columns; near 1 for a typical case.
    pub distance: f64,
    /// `(1 + training cases at least as far) / (1 + training cases)`: small means out of distribution.
    pub p: f64,
}

impl Novelty {
    /// Learns centre, spread and shrunken covariance of the training rows.
    ///
    /// # Errors
    /// `E0601` for fewer than 4 rows or no column that varies, `E0105` for a value that is not finite.
    pub fn fit(train: &TrainSet) -> Result<Self> {
        let x = train.x();
        let n = x.nrows();
        if n < 4 {
            return Err(
                Error::new(Code::Learning, "a distance to the training cases needs at least 4 of them").found(n)
            );
        }
        finite(train.table())?;
        let every: Vec<usize> = (0..n).collect();
        let metric = Metric::fit(x, &every)?;
        let mut reference = Vec::with_capacity(n);
        for part in 0..N_PARTS.min(n) {
            let (own, others): (Vec<usize>, Vec<usize>) = every.iter().partition(|i| *i % N_PARTS.min(n) == part);
            let without = Metric::fit(x, &others)?;
            reference.extend(own.iter().map(|row| without.distance(&x.row(*row).to_owned())));
        }
        reference.sort_by(f64::total_cmp);
        Ok(Novelty { names: train.names().to_vec(), metric, reference })
    }

    /// Scores rows.
    ///
    /// # Errors
    /// `E0502` for a missing column, `E0105` for a value that is not finite.
    pub fn score(&self, table: &FeatureTable) -> Result<Vec<NoveltyScore>> {
        let table = table.select(&self.names)?;
        finite(&table)?;
        let n = self.reference.len();
        let of_row = |(row, case): (ndarray::ArrayView1<'_, f64>, &String)| {
            let distance = self.metric.distance(&row.to_owned());
            let farther = n - self.reference.partition_point(|r| *r < distance);
            NoveltyScore { case: case.clone(), distance, p: (1 + farther) as f64 / (1 + n) as f64 }
        };
        Ok(table.values().outer_iter().zip(table.cases()).map(of_row).collect())
    }

    /// The share of shrinkage that was taken: 0 none, 1 the identity.
    pub fn shrinkage(&self) -> f64 {
        self.metric.shrinkage
    }
}

fn finite(table: &FeatureTable) -> Result<()> {
    match table.values().indexed_iter().find(|(_, v)| !v.is_finite()) {
        Some(((row, column), value)) => {
            Err(Error::new(Code::NotFinite, format!("feature `{}` has no finite value", table.names()[column]))
                .found(value)
                .for_case(&table.cases()[row]))
        }
        None => Ok(()),
    }
}

/// `(a I + b X'X)^-1` of standardised rows, held by the Cholesky factor of `a I + b X X'`.
#[derive(Debug, Clone)]
struct Metric {
    mean: Array1<f64>,
    sd: Array1<f64>,
    rows: Array2<f64>,
    factor: Array2<f64>,
    identity_part: f64,
    data_part: f64,
    shrinkage: f64,
}

impl Metric {
    fn fit(x: &Array2<f64>, positions: &[usize]) -> Result<Self> {
        let rows = x.select(Axis(0), positions);
        let n = rows.nrows() as f64;
        let mean = rows.mean_axis(Axis(0)).expect("the caller has checked that there are rows");
        let mut rows = rows - &mean;
        // A constant column has no spread to compare with: it stays at 0.
        let sd = rows.map_axis(Axis(0), |c| (c.dot(&c) / n).sqrt());
        let usable = |s: f64, m: f64| s > 1e-12 * (1.0 + m.abs());
        let sd = Array1::from_iter(sd.iter().zip(&mean).map(|(s, m)| if usable(*s, *m) { *s } else { f64::INFINITY }));
        rows /= &sd;
        let p = sd.iter().filter(|s| s.is_finite()).count() as f64;
        if p == 0.0 {
            return Err(Error::new(Code::Learning, "no column varies among the training cases"));
        }
        let gram = rows.dot(&rows.t());
        let squares: f64 = gram.iter().map(|g| g * g).sum::<f64>() / (n * n);
        let fourth: f64 = gram.diag().iter().map(|g| g * g).sum::<f64>();
        let trace = gram.diag().sum() / n;
        let scale = trace / p;
        // Ledoit and Wolf, as scikit-learn writes it, every sum over columns taken over rows instead.
        let spread = (squares - 2.0 * scale * trace + p * scale * scale) / p;
        let noise = ((fourth / n - squares) / (p * n)).min(spread);
        let shrinkage = if spread > 0.0 { (noise / spread).clamp(0.0, 1.0) } else { 1.0 };
        let identity_part = (shrinkage * scale).max(1e-6 * scale);
        let data_part = (1.0 - shrinkage) / n;
        let mut inner = gram * data_part;
        inner.diag_mut().mapv_inplace(|v| v + identity_part);
        let factor = cholesky(&inner)
            .ok_or_else(|| Error::new(Code::Learning, "the covariance of the training cases cannot be inverted"))?;
        Ok(Metric { mean, sd, rows, factor, identity_part, data_part, shrinkage })
    }

    /// Squared distance per column.
    fn distance(&self, row: &Array1<f64>) -> f64 {
        let z = (row - &self.mean) / &self.sd;
        let p = self.sd.iter().filter(|s| s.is_finite()).count() as f64;
        // Woodbury: (aI + bX'X)^-1 = (I - b X' (aI + bXX')^-1 X) / a.
        let half = forward(&self.factor, &self.rows.dot(&z).to_vec());
        let explained = self.data_part * half.iter().map(|h| h * h).sum::<f64>();
        (z.dot(&z) - explained).max(0.0) / self.identity_part / p
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;
    use dlr_core::conformance::sample_dataset;

    #[test]
    fn far_cases_are_far_and_training_like_cases_are_not() {
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let novelty = Novelty::fit(&train).unwrap();
        let near = novelty.score(train.table()).unwrap();
        let far = train.table().with_values(train.x() + 50.0).unwrap();
        assert!(novelty.score(&far).unwrap().iter().all(|s| s.p < 0.05 && s.distance > 10.0));
        assert!(near.iter().filter(|s| s.p < 0.05).count() <= 3);
        assert!((0.0..=1.0).contains(&novelty.shrinkage()));
    }

    #[test]
    fn equals_the_plain_formula() {
        let mut rng = Rng::new(4);
        let x = Array2::from_shape_fn((30, 4), |(_, j)| rng.normal() * (j + 1) as f64);
        let metric = Metric::fit(&x, &(0..30).collect::<Vec<_>>()).unwrap();
        let covariance =
            metric.rows.t().dot(&metric.rows) * metric.data_part + Array2::<f64>::eye(4) * metric.identity_part;
        let lower = cholesky(&covariance).unwrap();
        let z = (&x.row(3).to_owned() - &metric.mean) / &metric.sd;
        let plain = forward(&lower, &z.to_vec()).iter().map(|v| v * v).sum::<f64>() / 4.0;
        assert!((metric.distance(&x.row(3).to_owned()) / plain - 1.0).abs() < 1e-10);
    }
}
