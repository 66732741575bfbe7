//! [`StandardScaler`] and [`RobustScaler`]: every column centred and divided by a spread of the training rows.

use super::{finite_columns, matching};
use crate::linalg::mean_and_deviation;
use crate::stats::quantile;
use dlr_core::{FeatureName, FeatureTable, FittedTableStep, Frozen, LinearForm, Result, TableStep, TrainSet};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Mean 0 and standard deviation 1 (`ddof` 0) over the training rows, as scikit-learn.
///
/// A constant column is centred and not divided: it becomes 0 in training, and a new value becomes its difference in
/// the unit of the column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardScaler {}

/// Median 0 and interquartile range 1 over the training rows (linear quantiles), as scikit-learn.
///
/// A column whose quartiles are equal is centred and not divided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RobustScaler {}

impl TableStep for StandardScaler {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        FittedScaler::of(train, "standard-scaler", mean_and_deviation)
    }
}

impl TableStep for RobustScaler {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        FittedScaler::of(train, "robust-scaler", |column| {
            let mut sorted = column.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            (quantile(&sorted, 0.5), quantile(&sorted, 0.75) - quantile(&sorted, 0.25))
        })
    }
}

/// A fitted scaler: `(value - centre) / scale`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedScaler {
    /// The columns.
    pub names: Vec<FeatureName>,
    /// What is taken off.
    pub centres: Vec<f64>,
    /// What is divided by; 1 for a constant column.
    pub scales: Vec<f64>,
    /// Which scaler it was.
    pub scaler: String,
}

impl FittedScaler {
    /// The name under which it freezes.
    pub const KIND: &'static str = "scaler";

    fn of(train: &TrainSet, scaler: &str, spread: impl Fn(&[f64]) -> (f64, f64)) -> Result<Box<dyn FittedTableStep>> {
        let x = finite_columns(train)?;
        let (centres, scales) = (0..x.n_columns())
            .map(|j| {
                let (centre, spread) = spread(x.column(j));
                (centre, if spread > 0.0 { spread } else { 1.0 })
            })
            .unzip();
        Ok(Box::new(FittedScaler { names: train.names().to_vec(), centres, scales, scaler: scaler.into() }))
    }
}

impl FittedTableStep for FittedScaler {
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable> {
        let table = matching(table, &self.names)?;
        let mut values = table.values().clone();
        for mut row in values.outer_iter_mut() {
            for ((value, centre), scale) in row.iter_mut().zip(&self.centres).zip(&self.scales) {
                *value = (*value - centre) / scale;
            }
        }
        table.with_values(values)
    }

    fn pull_back(&self, form: LinearForm) -> Option<LinearForm> {
        let position: HashMap<_, _> = self.names.iter().enumerate().map(|(i, name)| (name, i)).collect();
        let mut intercept = form.intercept;
        let mut weights = Vec::with_capacity(form.weights.len());
        for (name, weight) in form.weights {
            let j = *position.get(&name)?;
            intercept -= weight * self.centres[j] / self.scales[j];
            weights.push((name, weight / self.scales[j]));
        }
        Some(LinearForm { intercept, weights })
    }

    fn pull_back_cuts(&self, column: &FeatureName, cuts: &mut [f64]) -> Option<FeatureName> {
        let j = self.names.iter().position(|name| name == column)?;
        let (centre, scale) = (self.centres[j], self.scales[j]);
        cuts.iter_mut().for_each(|cut| *cut = last_up_to(*cut, |value| (value - centre) / scale));
        Some(column.clone())
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }

    fn summary(&self) -> String {
        format!("{}: {} columns", self.scaler, self.names.len())
    }
}

/// The last value that a function does not put above a cut. The function never puts a larger value below a smaller one,
/// so that it can be bisected.
fn last_up_to(cut: f64, f: impl Fn(f64) -> f64) -> f64 {
    if f(f64::MAX) <= cut {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (in_order(-f64::MAX), in_order(f64::MAX));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if f(of_order(middle)) <= cut { low = middle } else { high = middle }
    }
    of_order(low)
}

/// The place of a number among all numbers of its type.
fn in_order(value: f64) -> i128 {
    let bits = i128::from(value.to_bits() & !(1 << 63));
    if value.is_sign_negative() { -bits - 1 } else { bits }
}

/// The number at a place.
fn of_order(place: i128) -> f64 {
    let bits = |place: i128| u64::try_from(place).expect("places lie between the largest numbers of either sign");
    if place < 0 { f64::from_bits(bits(-place - 1) | 1 << 63) } else { f64::from_bits(bits(place)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_pulled_back_to_the_last_value_below_it() {
        let mut rng = dlr_core::Rng::new(5);
        for round in 0..500 {
            let centre = 1000.0 * (rng.uniform() - 0.5) * f64::from(round % 3);
            let scale = 10f64.powf(8.0 * rng.uniform() - 4.0);
            // A whole number on the cut, as ties of training values make them.
            let value = (100.0 * rng.uniform()).floor() - 50.0;
            let scaled = |value: f64| (value - centre) / scale;
            let found = last_up_to(scaled(value), scaled);
            assert!(found >= value && scaled(found) <= scaled(value), "{value} {centre} {scale}");
            assert!(scaled(found.next_up()) > scaled(value), "{value} {centre} {scale}");
        }
    }
}
