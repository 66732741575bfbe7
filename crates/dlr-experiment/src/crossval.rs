//! Repeated cross-validation of one model: everything is fitted inside the training side of each fold.

use crate::{
    config::ShapSection,
    explain::{Explained, Method, explain, is_exact},
    rules,
};
use dlr_core::{
    Attribution, Code, Dataset, Error, FeatureName, FeatureTable, Fold, Form, LinearForm, Model, OutOfFold,
    Predictions, Result, TrainScores, TrainSet, derive_seed,
};
use dlr_evaluation::{Novelty, NoveltyScore};
use dlr_interpret::InteractionStrength;
use rayon::prelude::*;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

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
    /// Why the held-out cases were predicted so. A model whose inside is hidden is asked in the first repeat only.
    pub explained: Option<Explained>,
    /// How unlike the training side each held-out case is, on the selected columns; in the first repeat only.
    pub novelty: Vec<NoveltyScore>,
}

/// How much is asked of each fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Scores and calls: for permuted labels.
    Scores,
    /// Explanations, counted as asked, and unlikeness too.
    Everything(ShapSection),
}

/// All folds of all repeats of a model.
pub struct CrossValidation {
    /// In order of repeat, then fold.
    pub folds: Vec<FoldResult>,
    /// Out-of-fold scores of each repeat.
    pub repeats: Vec<TrainScores>,
    /// Out-of-fold scores of the first repeat without those of one fold, for each fold in order; empty for
    /// [`Detail::Scores`]. What is learned from them has not seen the scores of that fold.
    pub without_fold: Vec<TrainScores>,
}

/// The rows and columns that a fold sees. Where something before the table learns, they differ from fold to fold.
pub trait FoldData: Sync {
    /// What the final model is fitted on; every fold has its rows and columns.
    fn whole(&self) -> &Dataset;
    /// The data of a fold, at least its two sides, made without learning from its held-out patients.
    ///
    /// # Errors
    /// Those of making it.
    fn of(&self, fold: &Fold) -> Result<OfFold<'_>>;
}

/// What one fold learns from and with.
pub struct OfFold<'a> {
    /// Its rows and columns.
    pub data: Cow<'a, Dataset>,
    /// Its model, where that differs from fold to fold before it is fitted; `None` for the one of all folds.
    pub model: Option<Box<dyn Model>>,
}

/// A table in which nothing was learned: the same for every fold.
impl FoldData for Dataset {
    fn whole(&self) -> &Dataset {
        self
    }

    fn of(&self, _fold: &Fold) -> Result<OfFold<'_>> {
        Ok(OfFold { data: Cow::Borrowed(self), model: None })
    }
}

/// Fits and predicts every fold. The same seed gives the same bits for any number of threads.
///
/// # Errors
/// Those of splitting, fitting and predicting.
pub fn cross_validate(
    data: &dyn FoldData,
    model: &dyn Model,
    plan: &[Vec<Fold>],
    threshold: &str,
    detail: Detail,
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
            one_fold(data, model, sides, threshold, (detail, *repeat, *fold), derive_seed(seed, part))
        })
        .collect::<Result<Vec<_>>>()?;
    let all = |repeat| out_of_fold(data.whole(), plan, &folds, repeat, None);
    let repeats = (0..plan.len()).map(all).collect::<Result<Vec<_>>>()?;
    let n_parts = if detail != Detail::Scores && plan[0].len() > 1 { plan[0].len() } else { 0 };
    let without = |fold| out_of_fold(data.whole(), plan, &folds, 0, Some(fold));
    let without_fold = (0..n_parts).map(without).collect::<Result<Vec<_>>>()?;
    Ok(CrossValidation { folds, repeats, without_fold })
}

fn one_fold(
    data: &dyn FoldData,
    model: &dyn Model,
    sides: &Fold,
    threshold: &str,
    (detail, repeat, fold): (Detail, usize, usize),
    seed: u64,
) -> Result<FoldResult> {
    let own = data.of(sides)?;
    let (train, held_out) = own.data.split(sides)?;
    let fitted = own.model.as_deref().unwrap_or(model).fit(&train, seed)?;
    let cut = rules::threshold(threshold, &train.scores(&fitted.predict(train.table())?)?)?;
    let predictions = fitted.predict(held_out.table())?;
    let form = match fitted.form() {
        Form::Linear(form) => Some(form),
        Form::Trees(_) | Form::Opaque => None,
    };
    let selected = fitted.selected();
    let (mut explained, mut novelty) = (None, Vec::new());
    if let Detail::Everything(asked) = detail {
        let (train, cases) = whole(&train, held_out.table())?;
        if is_exact(fitted.as_ref()) || repeat == 0 {
            // Pairs in the first repeat only: there are many of them.
            let asked = ShapSection { interactions: asked.interactions && repeat == 0, ..asked };
            explained = explain(fitted.as_ref(), train.table(), &cases, asked, seed)?;
        }
        if repeat == 0 {
            novelty = unlikeness(&train, &cases, &selected, Whose::OfAFold)?;
        }
    }
    Ok(FoldResult {
        repeat,
        fold,
        cases: predictions.cases().to_vec(),
        calls: predictions.scores().iter().map(|s| cut.calls_positive(*s)).collect(),
        scores: predictions.scores().to_vec(),
        labels: held_out.truth().labels().to_vec(),
        threshold: cut.value(),
        selected,
        form,
        explained,
        novelty,
    })
}

/// How unlike the training rows each row is, on these columns. Nothing is said where a distance cannot be learned: no
/// column, none that varies, or too few rows.
///
/// # Errors
/// Those of the tables.
pub(crate) fn unlikeness(
    train: &TrainSet,
    cases: &FeatureTable,
    columns: &[FeatureName],
    whose: Whose,
) -> Result<Vec<NoveltyScore>> {
    let on_columns = train.with_table(train.table().select(columns)?)?;
    match (Novelty::fit(&on_columns), whose) {
        (Ok(novelty), Whose::OfAFold) => novelty.score(cases),
        (Ok(novelty), Whose::Frozen) => Novelty::thaw(novelty.freeze())?.score(cases),
        (Err(error), _) if error.code() == Code::Learning => Ok(Vec::new()),
        (Err(error), _) => Err(error),
    }
}

/// The model whose distances are asked for: those of the frozen one have the bits that `dlr predict` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// One that is thrown away after its fold.
    OfAFold,
    /// The one that is kept.
    Frozen,
}

/// A training set and a table, the first's medians in place of what is missing in either: explanations and distances
/// need every value.
///
/// # Errors
/// Those of the tables.
pub(crate) fn whole(train: &TrainSet, table: &FeatureTable) -> Result<(TrainSet, FeatureTable)> {
    let medians = medians(train.table());
    Ok((train.with_table(filled(train.table(), &medians)?)?, filled(table, &medians)?))
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

fn out_of_fold(
    data: &Dataset,
    plan: &[Vec<Fold>],
    folds: &[FoldResult],
    repeat: usize,
    without: Option<usize>,
) -> Result<TrainScores> {
    let mut collected = OutOfFold::new();
    for result in folds.iter().filter(|f| f.repeat == repeat && Some(f.fold) != without) {
        let (_, held_out) = data.split(&plan[repeat][result.fold])?;
        collected.add(&held_out, &Predictions::new(result.cases.clone(), result.scores.clone())?)?;
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

    /// Explanations of every case, averaged over the models that had not seen it; `None` where none were made. A column
    /// that a model did not select counts as 0 there. Values of the columns come from `table`.
    ///
    /// # Errors
    /// [`Code::Contract`] where averaged contributions do not add up to the averaged predictions.
    pub fn explanation(&self, table: &FeatureTable) -> Result<Option<CaseExplanations>> {
        let parts: Vec<&Explained> = self.folds.iter().filter_map(|f| f.explained.as_ref()).collect();
        let Some(first) = parts.first() else { return Ok(None) };
        let mut names: Vec<FeatureName> = parts.iter().flat_map(|e| &e.attribution.names).cloned().collect();
        names.sort();
        names.dedup();
        let explained: BTreeSet<&String> = parts.iter().flat_map(|e| &e.attribution.cases).collect();
        let cases: Vec<String> = explained.into_iter().cloned().collect();
        let row_of: BTreeMap<&str, usize> = cases.iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect();
        let column_of: BTreeMap<&FeatureName, usize> = names.iter().enumerate().map(|(i, n)| (n, i)).collect();
        let mut values = ndarray::Array2::<f64>::zeros((cases.len(), names.len()));
        let (mut base_of_case, mut total_of_case) = (vec![0.0; cases.len()], vec![0.0; cases.len()]);
        let (mut base, mut counts) = (0.0, vec![0usize; cases.len()]);
        for Explained { attribution: part, .. } in &parts {
            base += part.base / parts.len() as f64;
            for (case, row) in part.cases.iter().zip(part.values.outer_iter()) {
                let row_idx = row_of[case.as_str()];
                counts[row_idx] += 1;
                base_of_case[row_idx] += part.base;
                total_of_case[row_idx] += part.base + row.sum();
                for (name, value) in part.names.iter().zip(row) {
                    values[[row_idx, column_of[name]]] += value;
                }
            }
        }
        for (row_idx, mut row) in values.outer_iter_mut().enumerate() {
            let count = counts[row_idx] as f64;
            row /= count;
            base_of_case[row_idx] /= count;
            total_of_case[row_idx] /= count;
        }
        adds_up(&cases, &base_of_case, &values, &total_of_case)?;
        let row_positions: BTreeMap<_, _> = table.cases().iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect();
        let positions: Vec<usize> = cases.iter().map(|c| row_positions[c.as_str()]).collect();
        let data = table.rows(&positions).select(&names)?.values().clone();
        Ok(Some(CaseExplanations {
            interactions: strengths(&parts),
            method: first.method,
            on_probability: first.on_probability,
            relative_error: parts.iter().map(|e| e.relative_error).fold(0.0, f64::max),
            attribution: Attribution { cases, names, base, values, data },
            base_of_case,
        }))
    }
}

/// Explanations of the held-out cases of a cross-validation.
#[derive(Debug, Clone)]
pub struct CaseExplanations {
    /// Contributions, averaged over the models blind to each case. `base` is the mean over all models.
    pub attribution: Attribution,
    /// Mean base of the models blind to each case: with it, the contributions of a case add up to its mean prediction.
    pub base_of_case: Vec<f64>,
    /// How the models were explained.
    pub method: Method,
    /// Whether contributions add up to a probability; else to log odds.
    pub on_probability: bool,
    /// Largest standard error of a fold beside its largest contribution; 0 for exact methods.
    pub relative_error: f64,
    /// Pairs of columns of trees with the mean absolute interaction over the held-out cases of the first repeat,
    /// strongest first; empty where nobody asked.
    pub interactions: Vec<InteractionStrength>,
}

/// Means over the held-out cases of all folds; a pair that the trees of a fold do not ask together counts as 0 there.
fn strengths(parts: &[&Explained]) -> Vec<InteractionStrength> {
    let mut sums: BTreeMap<(FeatureName, FeatureName), f64> = BTreeMap::new();
    let mut n_cases = 0;
    for part in parts.iter().filter(|part| !part.interactions.is_empty()) {
        n_cases += part.attribution.cases.len();
        for pair in &part.interactions {
            let mut names = [pair.first.clone(), pair.second.clone()];
            names.sort();
            *sums.entry(names.into()).or_default() += pair.mean_absolute * part.attribution.cases.len() as f64;
        }
    }
    let mut strengths: Vec<InteractionStrength> = sums
        .into_iter()
        .map(|((first, second), sum)| InteractionStrength { first, second, mean_absolute: sum / n_cases as f64 })
        .collect();
    strengths.sort_by(|a, b| b.mean_absolute.total_cmp(&a.mean_absolute));
    strengths
}

/// What was averaged must still add up: a column put in the wrong place would show here.
fn adds_up(cases: &[String], base: &[f64], values: &ndarray::Array2<f64>, total: &[f64]) -> Result<()> {
    for ((case, row), (base, total)) in cases.iter().zip(values.outer_iter()).zip(base.iter().zip(total)) {
        let size: f64 = 1.0 + row.iter().map(|v| v.abs()).sum::<f64>();
        let error = (base + row.sum() - total).abs();
        if error.is_nan() || error > 1e-9 * size {
            return Err(Error::new(Code::Contract, "averaged contributions do not add up to the averaged prediction")
                .expected(total)
                .found(base + row.sum())
                .for_case(case));
        }
    }
    Ok(())
}
