//! Two small models for the contract checks of explainers: the difference of class means, and a stump per column.

use dlr_core::{
    FeatureName, FeatureTable, FittedModel, Form, Frozen, LinearForm, Model, Predictions, Result, TrainSet, Tree,
    TreeEnsemble, TreeScale,
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

/// One stump per column at the mean, with the log odds of its two sides: boosting without the boost.
pub(crate) struct Stumps;

pub(crate) struct FittedStumps(pub(crate) TreeEnsemble);

impl Model for Stumps {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedModel>> {
        let names = train.names()[..3].to_vec();
        let trees = (0..names.len())
            .map(|column| {
                let values = train.x().column(column);
                let cut = values.sum() / train.n_cases() as f64;
                let side = |low: bool| {
                    let members = values.iter().zip(train.labels()).filter(|(v, _)| (**v <= cut) == low);
                    members.fold((0.5, 0.5), |(p, n), (_, l)| if *l { (p + 1.0, n) } else { (p, n + 1.0) })
                };
                let ((lp, ln), (rp, rn)) = (side(true), side(false));
                Tree {
                    column: vec![Some(column), None, None],
                    threshold: vec![cut, 0.0, 0.0],
                    left: vec![1, 0, 0],
                    right: vec![2, 0, 0],
                    value: vec![0.0, f64::ln(lp / ln), f64::ln(rp / rn)],
                    cover: vec![lp + ln + rp + rn, lp + ln, rp + rn],
                }
            })
            .collect();
        Ok(Box::new(FittedStumps(TreeEnsemble { names, base: 0.1, trees, scale: TreeScale::LogOdds })))
    }
}

impl FittedModel for FittedStumps {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let x = table.select(&self.0.names)?;
        let scores = x.values().outer_iter().map(|row| probability(dlr_interpret::ensemble_output(&self.0, row)));
        Predictions::new(table.cases().to_vec(), scores.collect())
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.0.names.clone()
    }

    fn form(&self) -> Form {
        Form::Trees(self.0.clone())
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new("stumps", &self.0)
    }
}
