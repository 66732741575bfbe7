//! How unlike the training cases a new case is: Mahalanobis distance with a shrunken covariance, and its p value.
//!
//! Columns are standardised by the training rows; the covariance is shrunk towards a multiple of the identity (Ledoit and
//! Wolf 2004), so that it exists for 3 000 columns and 100 rows too; then the distance is computed in the space of rows.
//! With no more columns than rows it is computed in the space of columns. Either way the fitted thing holds no patient's
//! values and can be frozen with a model: in the space of rows it keeps rotated mixtures of all of them.

use crate::linear_algebra::{cholesky, forward};
use dlr_core::{Code, Error, FeatureName, FeatureTable, Result, Rng, TrainSet};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

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

    /// Its state without any row of training. With more columns than rows it scores as before to some six digits, and
    /// thawed always to the same bits.
    pub fn freeze(&self) -> FrozenNovelty {
        let metric = self.metric.clone().mixed();
        let inverse = match &metric.inverse {
            Inverse::OfColumns(factor) => {
                FrozenInverse::OfColumns { factor: factor.outer_iter().map(|row| row.to_vec()).collect() }
            }
            Inverse::OfRows { solved, identity_part, data_part } => FrozenInverse::OfRows {
                // Exact: they were rounded when they were mixed.
                mixed: solved.outer_iter().map(|row| row.iter().map(|v| *v as f32).collect()).collect(),
                identity_part: *identity_part,
                data_part: *data_part,
            },
        };
        FrozenNovelty {
            names: self.names.clone(),
            mean: self.metric.mean.to_vec(),
            sd: self.metric.sd.to_vec(),
            inverse,
            reference: self.reference.clone(),
            shrinkage: self.metric.shrinkage,
        }
    }

    /// A frozen one back.
    ///
    /// # Errors
    /// `E0801` where its parts do not fit each other.
    pub fn thaw(frozen: FrozenNovelty) -> Result<Self> {
        let FrozenNovelty { names, mean, sd, inverse, reference, shrinkage } = frozen;
        let p = names.len();
        let (n_rows, is_whole) = match &inverse {
            FrozenInverse::OfColumns { factor } => (p, factor.len() == p && factor.iter().all(|row| row.len() == p)),
            FrozenInverse::OfRows { mixed, .. } => (mixed.len(), mixed.iter().all(|row| row.len() == p)),
        };
        if mean.len() != p || sd.len() != p || !is_whole || reference.is_empty() {
            return Err(Error::new(Code::Contract, "the frozen distance to the training cases is damaged"));
        }
        let inverse = match inverse {
            FrozenInverse::OfColumns { factor } => {
                Inverse::OfColumns(Array2::from_shape_fn((p, p), |(i, j)| factor[i][j]))
            }
            FrozenInverse::OfRows { mixed, identity_part, data_part } => Inverse::OfRows {
                solved: Array2::from_shape_fn((n_rows, p), |(i, j)| f64::from(mixed[i][j])),
                identity_part,
                data_part,
            },
        };
        let metric = Metric { mean: mean.into(), sd: sd.into(), inverse, shrinkage };
        Ok(Novelty { names, metric, reference })
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

/// A fitted [`Novelty`] as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenNovelty {
    names: Vec<FeatureName>,
    mean: Vec<f64>,
    /// 0 for a column that does not vary.
    sd: Vec<f64>,
    inverse: FrozenInverse,
    reference: Vec<f64>,
    shrinkage: f64,
}

/// The inverse covariance as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum FrozenInverse {
    OfColumns { factor: Vec<Vec<f64>> },
    OfRows { mixed: Vec<Vec<f32>>, identity_part: f64, data_part: f64 },
}

/// Centre, spread and inverse covariance `(a I + b X'X)^-1` of the standardised rows `X`.
#[derive(Debug, Clone)]
struct Metric {
    mean: Array1<f64>,
    /// 0 for a column that does not vary: it has no spread to compare with and counts as equal.
    sd: Array1<f64>,
    inverse: Inverse,
    shrinkage: f64,
}

/// How the inverse is held.
#[derive(Debug, Clone)]
enum Inverse {
    /// Cholesky factor of `a I + b X'X`, shape `[n_features, n_features]`.
    OfColumns(Array2<f64>),
    /// With more columns than rows: `L^-1 X`, `L` the Cholesky factor of `a I + b X X'`, or any rotation of it; `a` and `b`.
    OfRows { solved: Array2<f64>, identity_part: f64, data_part: f64 },
}

impl Metric {
    fn fit(x: &Array2<f64>, positions: &[usize]) -> Result<Self> {
        let rows = x.select(Axis(0), positions);
        let n = rows.nrows() as f64;
        let mean = rows.mean_axis(Axis(0)).expect("the caller has checked that there are rows");
        let mut rows = rows - &mean;
        let sd = rows.map_axis(Axis(0), |c| (c.dot(&c) / n).sqrt());
        let usable = |s: f64, m: f64| s > 1e-12 * (1.0 + m.abs());
        let sd = Array1::from_iter(sd.iter().zip(&mean).map(|(s, m)| if usable(*s, *m) { *s } else { 0.0 }));
        for mut row in rows.outer_iter_mut() {
            standardise(&mut row, &sd);
        }
        let p = sd.iter().filter(|s| **s > 0.0).count() as f64;
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
        let is_tall = rows.ncols() <= rows.nrows();
        let mut inner = if is_tall { rows.t().dot(&rows) } else { gram } * data_part;
        inner.diag_mut().mapv_inplace(|v| v + identity_part);
        let factor = cholesky(&inner)
            .ok_or_else(|| Error::new(Code::Learning, "the covariance of the training cases cannot be inverted"))?;
        let inverse = if is_tall {
            Inverse::OfColumns(factor)
        } else {
            Inverse::OfRows { solved: solved(&factor, rows), identity_part, data_part }
        };
        Ok(Metric { mean, sd, inverse, shrinkage })
    }

    /// The same distances, from mixtures of all rows in place of rows: `L^-1 X` is turned by a rotation that only whoever has
    /// the rows can know, and kept in 32 bit.
    fn mixed(mut self) -> Self {
        if let Inverse::OfRows { solved, .. } = &mut self.inverse {
            let bits = solved.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, value| {
                (hash ^ value.to_bits()).wrapping_mul(0x0000_0100_0000_01b3)
            });
            let (n, mut rng) = (solved.nrows(), Rng::new(bits));
            // As many random reflections as rows turn every row into every other.
            for _ in 0..n {
                let v = Array1::from_iter((0..n).map(|_| rng.normal()));
                let scale = 2.0 / v.dot(&v);
                let along = v.dot(&*solved);
                for (mut row, part) in solved.outer_iter_mut().zip(&v) {
                    row.scaled_add(-scale * part, &along);
                }
            }
            solved.mapv_inplace(|value| f64::from(value as f32));
        }
        self
    }

    /// Squared distance per column.
    fn distance(&self, row: &Array1<f64>) -> f64 {
        let mut z = row - &self.mean;
        standardise(&mut z.view_mut(), &self.sd);
        let p = self.sd.iter().filter(|s| **s > 0.0).count() as f64;
        let square = |half: Vec<f64>| half.iter().map(|h| h * h).sum::<f64>();
        let whole = match &self.inverse {
            Inverse::OfColumns(factor) => square(forward(factor, &z.to_vec())),
            // Woodbury: (aI + bX'X)^-1 = (I - b X' (aI + bXX')^-1 X) / a.
            Inverse::OfRows { solved, identity_part, data_part } => {
                let explained = data_part * square(solved.dot(&z).to_vec());
                (z.dot(&z) - explained).max(0.0) / identity_part
            }
        };
        whole / p
    }
}

/// `L^-1 X`.
fn solved(factor: &Array2<f64>, mut rows: Array2<f64>) -> Array2<f64> {
    for i in 0..rows.nrows() {
        let (before, mut from) = rows.view_mut().split_at(Axis(0), i);
        let mut row = from.row_mut(0);
        for (k, earlier) in before.outer_iter().enumerate() {
            row.scaled_add(-factor[[i, k]], &earlier);
        }
        row /= factor[[i, i]];
    }
    rows
}

fn standardise(row: &mut ndarray::ArrayViewMut1<'_, f64>, sd: &Array1<f64>) {
    row.zip_mut_with(sd, |value, sd| *value = if *sd > 0.0 { *value / sd } else { 0.0 });
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
    fn more_columns_than_rows_give_what_the_plain_formula_gives() {
        let mut rng = Rng::new(4);
        let x = Array2::from_shape_fn((12, 20), |(_, j)| if j == 7 { 3.0 } else { rng.normal() * (j + 1) as f64 });
        let metric = Metric::fit(&x, &(0..12).collect::<Vec<_>>()).unwrap();
        let Inverse::OfRows { identity_part, data_part, .. } = &metric.inverse else { panic!("wide") };
        let mut rows = &x - &metric.mean;
        rows.outer_iter_mut().for_each(|mut row| standardise(&mut row, &metric.sd));
        let covariance = rows.t().dot(&rows) * *data_part + Array2::<f64>::eye(20) * *identity_part;
        let lower = cholesky(&covariance).unwrap();
        let mut z = &x.row(3).to_owned() - &metric.mean;
        standardise(&mut z.view_mut(), &metric.sd);
        let plain = forward(&lower, &z.to_vec()).iter().map(|v| v * v).sum::<f64>() / 19.0;
        assert!((metric.distance(&x.row(3).to_owned()) / plain - 1.0).abs() < 1e-9);
        // Mixed, the distances stay and no row is left as it was.
        let Inverse::OfRows { solved: before, .. } = metric.inverse.clone() else { panic!("wide") };
        let mixed = metric.mixed();
        assert!((mixed.distance(&x.row(3).to_owned()) / plain - 1.0).abs() < 1e-5);
        let Inverse::OfRows { solved: after, .. } = &mixed.inverse else { panic!("wide") };
        for (a, b) in before.outer_iter().flat_map(|a| after.outer_iter().map(move |b| (a.to_owned(), b.to_owned()))) {
            let cosine = a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt();
            assert!(cosine.abs() < 0.95, "{cosine}");
        }
    }

    #[test]
    fn a_wide_one_is_frozen_to_the_same_bits_too() {
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let few: Vec<usize> = (0..5).collect();
        let wide = Novelty {
            names: train.names().to_vec(),
            metric: Metric::fit(train.x(), &few).unwrap(),
            reference: vec![1.0],
        };
        assert!(matches!(wide.metric.inverse, Inverse::OfRows { .. }), "{} columns of 5 rows", train.names().len());
        let text = serde_json::to_string(&wide.freeze()).unwrap();
        let back = Novelty::thaw(serde_json::from_str(&text).unwrap()).unwrap();
        let in_run = Novelty::thaw(wide.freeze()).unwrap().score(train.table()).unwrap();
        assert_eq!(back.score(train.table()).unwrap(), in_run);
        for (a, b) in in_run.iter().zip(wide.score(train.table()).unwrap()) {
            assert!((a.distance - b.distance).abs() < 1e-4 * b.distance.max(1.0), "{a:?} {b:?}");
        }
    }

    #[test]
    fn frozen_and_thawed_it_scores_to_the_same_bits() {
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let novelty = Novelty::fit(&train).unwrap();
        let text = serde_json::to_string(&novelty.freeze()).unwrap();
        let back = Novelty::thaw(serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(back.score(train.table()).unwrap(), novelty.score(train.table()).unwrap());
        let damaged = FrozenNovelty { reference: Vec::new(), ..novelty.freeze() };
        assert_eq!(Novelty::thaw(damaged).unwrap_err().code(), Code::Contract);
    }
}
