//! [`Pca`]: columns become their principal components.

use super::{finite_columns, matching, wrong_parameter};
use crate::linalg::{axpy, dot, mean_and_deviation, symmetric_eigen};
use dlr_core::{FeatureName, FeatureTable, FittedTableStep, Frozen, LinearForm, Result, TableStep, TrainSet};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Principal components of the training rows.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_components` | 10 | 1 and more | components to keep, at most |
/// | `min_explained` | 1 | in (0, 1] | stop once they explain this share of the variance |
/// | `prefix` | `pca` | a part of a name | ROI of the new names: `pca_scores_component_Score_0001` |
///
/// Columns are centred, not scaled: scale them before. The loading of largest size is positive. Components of no
/// variance are never kept. A linear form passes through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pca {
    /// Components to keep, at most.
    pub n_components: usize,
    /// Stop once they explain this share of the variance.
    pub min_explained: f64,
    /// ROI of the new names.
    pub prefix: String,
}

impl Default for Pca {
    fn default() -> Self {
        Pca { n_components: 10, min_explained: 1.0, prefix: "pca".into() }
    }
}

impl TableStep for Pca {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        if self.n_components == 0 {
            return Err(wrong_parameter("n_components", 0, "1 or more"));
        }
        if !(self.min_explained > 0.0 && self.min_explained <= 1.0) {
            return Err(wrong_parameter("min_explained", self.min_explained, "above 0 and at most 1"));
        }
        let mut x = finite_columns(train)?;
        let (n, p) = (x.n_rows(), x.n_columns());
        let means: Vec<f64> = (0..p).map(|j| mean_and_deviation(x.column(j)).0).collect();
        (0..p).for_each(|j| x.column_mut(j).iter_mut().for_each(|v| *v -= means[j]));
        // Components live in the space of rows or of columns, whichever is smaller.
        let components: Vec<(f64, Vec<f64>)> = if p > n {
            symmetric_eigen(x.gram(), n)
                .into_iter()
                .map(|(value, u)| {
                    let scale = 1.0 / value.max(f64::MIN_POSITIVE).sqrt();
                    (value, (0..p).map(|j| dot(x.column(j), &u) * scale).collect())
                })
                .collect()
        } else {
            let mut normal = vec![0.0; p * p];
            for i in 0..p {
                (0..p).for_each(|j| normal[i * p + j] = dot(x.column(i), x.column(j)));
            }
            symmetric_eigen(normal, p)
        };
        let total: f64 = components.iter().map(|(v, _)| v.max(0.0)).sum();
        let mut fitted = FittedPca {
            names: train.names().to_vec(),
            means,
            components: Vec::new(),
            scores: Vec::new(),
            explained: Vec::new(),
        };
        let mut reached = 0.0;
        for (k, (value, mut loading)) in components.into_iter().take(self.n_components).enumerate() {
            if !(value > 1e-12 * total) || reached >= self.min_explained {
                break;
            }
            let largest = loading.iter().fold(0.0_f64, |m, v| if v.abs() > m.abs() { *v } else { m });
            if largest < 0.0 {
                loading.iter_mut().for_each(|v| *v = -*v);
            }
            reached += value / total;
            fitted.explained.push(value / total);
            fitted.components.push(loading);
            let name = FeatureName::new(&self.prefix, "scores", "component", "Score")?;
            fitted.scores.push(name.with_variant(&format!("{:04}", k + 1))?);
        }
        if fitted.components.is_empty() {
            return Err(dlr_core::Error::new(dlr_core::Code::Learning, "no column varies: there is no component"));
        }
        Ok(Box::new(fitted))
    }
}

/// A fitted [`Pca`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedPca {
    /// The columns that are mixed.
    pub names: Vec<FeatureName>,
    /// Their means.
    pub means: Vec<f64>,
    /// Loadings, one row per component.
    pub components: Vec<Vec<f64>>,
    /// Names of the components.
    pub scores: Vec<FeatureName>,
    /// Share of the variance of each.
    pub explained: Vec<f64>,
}

impl FittedPca {
    /// The name under which it freezes.
    pub const KIND: &'static str = "pca";
}

impl FittedTableStep for FittedPca {
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable> {
        let table = matching(table, &self.names)?;
        let mut values = Array2::zeros((table.n_cases(), self.components.len()));
        for (row, mut scores) in table.values().outer_iter().zip(values.outer_iter_mut()) {
            let centred: Vec<f64> = row.iter().zip(&self.means).map(|(v, m)| v - m).collect();
            scores.iter_mut().zip(&self.components).for_each(|(s, loading)| *s = dot(&centred, loading));
        }
        let scores = FeatureTable::new(table.cases().to_vec(), self.scores.clone(), values)?;
        match table.centers() {
            Some(centers) => scores.with_centers(centers.to_vec()),
            None => Ok(scores),
        }
    }

    fn pull_back(&self, form: LinearForm) -> Option<LinearForm> {
        let position: HashMap<_, _> = self.scores.iter().enumerate().map(|(i, name)| (name, i)).collect();
        let mut weights = vec![0.0; self.names.len()];
        for (name, weight) in &form.weights {
            axpy(*weight, &self.components[*position.get(name)?], &mut weights);
        }
        let intercept = form.intercept - dot(&weights, &self.means);
        Some(LinearForm { intercept, weights: self.names.iter().cloned().zip(weights).collect() })
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }

    fn summary(&self) -> String {
        let share: f64 = self.explained.iter().sum();
        format!("pca: {} components of {} columns explain {share:.4}", self.components.len(), self.names.len())
    }
}
