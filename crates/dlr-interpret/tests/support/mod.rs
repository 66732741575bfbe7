//! A small linear model for the contract checks of explainers: the difference of class means, standardised.

use dlr_core::{
    FeatureName, FeatureTable, FittedModel, Form, Frozen, LinearForm, Model, Predictions, Result, TrainSet,
};
use dlr_evaluation::probability;

pub(crate) struct MeanDifference;

pub(crate) struct Fitted(pub(crate) LinearForm);

impl Model for MeanDifference {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedModel>> {
        let mean_of = |column: usize, wanted: Option<bool>| {
            let rows = train.labels().iter().enumerate().filter(|(_, l)| wanted.is_none_or(|w| **l == w));
            let values: Vec<f64> = rows.map(|(row, _)| train.x()[[row, column]]).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let mut intercept = 0.0;
        let mut weights = Vec::new();
        for (column, name) in train.names().iter().enumerate().take(6) {
            let mean = mean_of(column, None);
            let spread = train.x().column(column).iter().map(|v| (v - mean).powi(2)).sum::<f64>();
            let variance = spread / train.n_cases() as f64;
            if variance > 0.0 {
                let weight = (mean_of(column, Some(true)) - mean_of(column, Some(false))) / variance;
                intercept -= weight * mean;
                weights.push((name.clone(), weight));
            }
        }
        Ok(Box::new(Fitted(LinearForm { intercept, weights })))
    }
}

impl FittedModel for Fitted {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let x = table.select(&self.selected())?;
        let margin = |row: ndarray::ArrayView1<'_, f64>| {
            self.0.intercept + row.iter().zip(&self.0.weights).map(|(v, (_, w))| v * w).sum::<f64>()
        };
        let scores = x.values().outer_iter().map(|row| probability(margin(row))).collect();
        Predictions::new(table.cases().to_vec(), scores)
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.0.weights.iter().map(|(name, _)| name.clone()).collect()
    }

    fn form(&self) -> Form {
        Form::Linear(self.0.clone())
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new("mean-difference", &self.0)
    }
}
