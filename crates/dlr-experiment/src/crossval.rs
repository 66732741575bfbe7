//! Repeated cross-validation of one model: everything is fitted inside the training side of each fold.

use crate::rules;
use dlr_core::{
    Attribution, Code, Dataset, Error, Explainer, FeatureName, FeatureTable, Fold, Form, LinearForm, Model, OutOfFold,
    Result, TrainScores, derive_seed,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// One fold of one repeat: what was predicted for whom, and how.
pub struct FoldResult {
    /// Repeat, from 0.
    pub repeat: usize,
    /// Fold, from 0.
    pub fold: usize,
    /// Held-out cases.
    pub cases: Vec<String>,
    /// Their probabilities.
    pub scores: Vec<f64>,
    /// Their labels.
    pub labels: Vec<bool>,
    /// Whether each is called positive, at the threshold of this fold's training scores.
    pub calls: Vec<bool>,
    /// That threshold.
    pub threshold: f64,
    /// Columns on which this fold's model depends.
    pub selected: Vec<FeatureName>,
    /// The model's linear form, where it has one.
    pub form: Option<LinearForm>,
    /// Attributions of the held-out cases, where an explainer was given and can explain the model.
    pub attribution: Option<Attribution>,
}

/// All folds of all repeats of a model.
pub struct CrossValidation {
    /// In order of repeat, then fold.
    pub folds: Vec<FoldResult>,
    /// Out-of-fold scores of each repeat.
    pub repeats: Vec<TrainScores>,
}

/// Fits and predicts every fold. The same seed gives the same bits for any number of threads.
///
/// # Errors
/// Those of splitting, fitting and predicting.
pub fn cross_validate(
    data: &Dataset,
    model: &dyn Model,
    plan: &[Vec<Fold>],
    threshold: &str,
    explainer: Option<&dyn Explainer>,
    seed: u64,
) -> Result<CrossValidation> {
    let jobs: Vec<(usize, usize, &Fold)> = plan
        .iter()
        .enumerate()
        .flat_map(|(repeat, folds)| folds.iter().enumerate().map(move |(fold, f)| (repeat, fold, f)))
        .collect();
    let folds = jobs
        .par_iter()
        .map(|(repeat, fold, sides)| {
            let part = (*repeat as u64) << 32 | *fold as u64;
            one_fold(data, model, sides, threshold, explainer, derive_seed(seed, part)).map(|result| FoldResult {
                repeat: *repeat,
                fold: *fold,
                ..result
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let repeats = (0..plan.len()).map(|repeat| out_of_fold(data, plan, &folds, repeat)).collect::<Result<Vec<_>>>()?;
    Ok(CrossValidation { folds, repeats })
}

fn one_fold(
    data: &Dataset,
    model: &dyn Model,
    sides: &Fold,
    threshold: &str,
    explainer: Option<&dyn Explainer>,
    seed: u64,
) -> Result<FoldResult> {
    let (train, held_out) = data.split(sides)?;
    let fitted = model.fit(&train, seed)?;
    let cut = rules::threshold(threshold, &train.scores(&fitted.predict(train.table())?)?)?;
    let predictions = fitted.predict(held_out.table())?;
    let form = match fitted.form() {
        Form::Linear(form) => Some(form),
        Form::Trees(_) | Form::Opaque => None,
    };
    let attribution = match explainer {
        Some(explainer) => {
            let medians = medians(train.table());
            let (background, cases) = (filled(train.table(), &medians)?, filled(held_out.table(), &medians)?);
            Some(explainer.explain(fitted.as_ref(), &background, &cases, seed)?)
        }
        None => None,
    };
    Ok(FoldResult {
        repeat: 0,
        fold: 0,
        cases: predictions.cases().to_vec(),
        calls: predictions.scores().iter().map(|s| cut.calls_positive(*s)).collect(),
        scores: predictions.scores().to_vec(),
        labels: held_out.truth().labels().to_vec(),
        threshold: cut.value(),
        selected: fitted.selected(),
        form,
        attribution,
    })
}

/// Training median of each column, 0 for one without a value: what imputation puts in, so that what is explained is
/// what the model saw.
fn medians(train: &FeatureTable) -> Vec<f64> {
    let median = |column: ndarray::ArrayView1<'_, f64>| {
        let mut values: Vec<f64> = column.iter().copied().filter(|v| v.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        match values.len() {
            0 => 0.0,
            n => (values[(n - 1) / 2] + values[n / 2]) / 2.0,
        }
    };
    train.values().columns().into_iter().map(median).collect()
}

fn filled(table: &FeatureTable, medians: &[f64]) -> Result<FeatureTable> {
    let mut values = table.values().clone();
    for (mut column, median) in values.columns_mut().into_iter().zip(medians) {
        column.mapv_inplace(|v| if v.is_nan() { *median } else { v });
    }
    table.with_values(values)
}

fn out_of_fold(data: &Dataset, plan: &[Vec<Fold>], folds: &[FoldResult], repeat: usize) -> Result<TrainScores> {
    let mut collected = OutOfFold::new();
    for result in folds.iter().filter(|f| f.repeat == repeat) {
        let (_, held_out) = data.split(&plan[repeat][result.fold])?;
        collected.add(&held_out, &dlr_core::Predictions::new(result.cases.clone(), result.scores.clone())?)?;
    }
    collected.finish()
}

impl CrossValidation {
    /// Mean out-of-fold probability of each case over the repeats, cases in sorted order, with their labels.
    pub fn mean_scores(&self) -> BTreeMap<String, (f64, bool)> {
        let mut sums: BTreeMap<String, (f64, usize, bool)> = BTreeMap::new();
        for fold in &self.folds {
            for ((case, score), label) in fold.cases.iter().zip(&fold.scores).zip(&fold.labels) {
                let entry = sums.entry(case.clone()).or_insert((0.0, 0, *label));
                entry.0 += score;
                entry.1 += 1;
            }
        }
        sums.into_iter().map(|(case, (sum, n, label))| (case, (sum / n as f64, label))).collect()
    }

    /// In how many fits each column was selected, most often first, then by name.
    pub fn selection_counts(&self) -> Vec<(FeatureName, usize)> {
        let mut counts: BTreeMap<FeatureName, usize> = BTreeMap::new();
        for name in self.folds.iter().flat_map(|f| &f.selected) {
            *counts.entry(name.clone()).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts
    }

    /// The mean linear form of the models that had not seen a case; `None` where they have none.
    pub fn form_blind_to(&self, case: &str) -> Option<LinearForm> {
        let forms: Vec<&LinearForm> =
            self.folds.iter().filter(|f| f.cases.iter().any(|c| c == case)).filter_map(|f| f.form.as_ref()).collect();
        if forms.is_empty() {
            return None;
        }
        let n = forms.len() as f64;
        let mut weights: BTreeMap<FeatureName, f64> = BTreeMap::new();
        for (name, weight) in forms.iter().flat_map(|f| &f.weights) {
            *weights.entry(name.clone()).or_default() += weight / n;
        }
        let intercept = forms.iter().map(|f| f.intercept / n).sum();
        Some(LinearForm { intercept, weights: weights.into_iter().collect() })
    }

    /// Attributions of every case, averaged over the models that had not seen it. A column that a model did not select
    /// counts as 0 there. Values of the columns come from `table`.
    ///
    /// # Errors
    /// [`Code::Evaluation`] where no attributions were made.
    pub fn mean_attribution(&self, table: &FeatureTable) -> Result<Attribution> {
        let parts: Vec<&Attribution> = self.folds.iter().filter_map(|f| f.attribution.as_ref()).collect();
        if parts.is_empty() {
            return Err(Error::new(Code::Evaluation, "this model cannot be explained by the chosen explainer"));
        }
        let mut names: Vec<FeatureName> = parts.iter().flat_map(|a| &a.names).cloned().collect();
        names.sort();
        names.dedup();
        let cases: Vec<String> = self.mean_scores().into_keys().collect();
        let row_of: BTreeMap<&str, usize> = cases.iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect();
        let column_of: BTreeMap<&FeatureName, usize> = names.iter().enumerate().map(|(i, n)| (n, i)).collect();
        let mut values = ndarray::Array2::<f64>::zeros((cases.len(), names.len()));
        let (mut base, mut counts) = (0.0, vec![0usize; cases.len()]);
        for part in &parts {
            base += part.base / parts.len() as f64;
            for (case, row) in part.cases.iter().zip(part.values.outer_iter()) {
                let row_idx = row_of[case.as_str()];
                counts[row_idx] += 1;
                for (name, value) in part.names.iter().zip(row) {
                    values[[row_idx, column_of[name]]] += value;
                }
            }
        }
        for (mut row, count) in values.outer_iter_mut().zip(&counts) {
            row /= *count as f64;
        }
        let row_positions: BTreeMap<_, _> = table.cases().iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect();
        let positions: Vec<usize> = cases.iter().map(|c| row_positions[c.as_str()]).collect();
        let data = table.rows(&positions).select(&names)?.values().clone();
        Ok(Attribution { cases, names, base, values, data })
    }
}
