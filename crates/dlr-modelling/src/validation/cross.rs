//! Cross-validation of a whole model, the choice among models inside it, and its permutation test.

use super::permutation_p;
use crate::splitters::{StratifiedKFold, inner_folds};
use crate::stats::auc;
use dlr_core::{
    Code, Cohort, Dataset, Error, FeatureTable, FittedModel, Fold, Model, OutOfFold, Result, Splitter, TrainScores,
    TrainSet, derive_seed,
};
use rayon::prelude::*;

/// Out-of-fold scores, one set per repeat. Everything in the model is fitted inside each training side.
///
/// # Errors
/// Those of the splitter and the model.
pub fn out_of_fold(model: &dyn Model, data: &Dataset, splitter: &dyn Splitter, seed: u64) -> Result<Vec<TrainScores>> {
    let repeats = splitter.folds(data.cohort(), derive_seed(seed, 0))?;
    let seeds = derive_seed(seed, 1);
    scores_of_folds(model, data, &repeats, seeds)
}

pub(super) fn scores_of_folds(
    model: &dyn Model,
    data: &Dataset,
    repeats: &[Vec<Fold>],
    seed: u64,
) -> Result<Vec<TrainScores>> {
    let jobs: Vec<(usize, usize)> =
        repeats.iter().enumerate().flat_map(|(r, folds)| (0..folds.len()).map(move |k| (r, k))).collect();
    let done: Vec<_> = jobs
        .par_iter()
        .map(|(r, k)| {
            let (train, held_out) = data.split(&repeats[*r][*k])?;
            let fitted = model.fit(&train, derive_seed(seed, (r << 20 | k) as u64))?;
            let predictions = fitted.predict(held_out.table())?;
            Ok((held_out, predictions))
        })
        .collect::<Result<_>>()?;
    let mut collected: Vec<OutOfFold> = repeats.iter().map(|_| OutOfFold::new()).collect();
    for ((r, _), (held_out, predictions)) in jobs.iter().zip(&done) {
        collected[*r].add(held_out, predictions)?;
    }
    collected.into_iter().map(OutOfFold::finish).collect()
}

/// Mean over the repeats of the area under the curve of their out-of-fold scores.
///
/// # Errors
/// As [`out_of_fold`].
pub fn cross_validated_auc(model: &dyn Model, data: &Dataset, splitter: &dyn Splitter, seed: u64) -> Result<f64> {
    Ok(mean_auc(&out_of_fold(model, data, splitter, seed)?))
}

pub(super) fn mean_auc(repeats: &[TrainScores]) -> f64 {
    let areas = repeats.iter().map(|s| auc(s.predictions().scores(), s.truth().labels()));
    areas.sum::<f64>() / repeats.len() as f64
}

/// Chooses among models by inner cross-validation, then fits the chosen one on all rows: nested validation, once
/// it is itself cross-validated.
pub struct Tuned {
    /// Name and model of each candidate, the one to be preferred first.
    pub candidates: Vec<(String, Box<dyn Model>)>,
    /// Inner folds, stratified, by patient.
    pub n_folds: usize,
}

impl Tuned {
    /// The candidate with the largest inner area under the curve; of equal ones the first.
    ///
    /// # Errors
    /// [`Code::Parameter`] without candidates; those of the models.
    pub fn choose(&self, train: &TrainSet, seed: u64) -> Result<usize> {
        if self.candidates.is_empty() {
            return Err(Error::new(Code::Parameter, "there is no candidate to choose from"));
        }
        let n_folds = inner_folds(train.cohort(), self.n_folds, seed)?.into_iter().max().map_or(2, |k| k + 1);
        let folds = StratifiedKFold { n_folds, n_repeats: 1 }.folds(train.cohort(), seed)?.remove(0);
        let mut best = (f64::NEG_INFINITY, 0);
        for (c, (_, model)) in self.candidates.iter().enumerate() {
            let mut collected = OutOfFold::new();
            for (k, fold) in folds.iter().enumerate() {
                let (inner, held_out) = train.split(fold)?;
                let fitted = model.fit(&inner, derive_seed(seed, k as u64))?;
                collected.add(&held_out, &fitted.predict(held_out.table())?)?;
            }
            let area = mean_auc(&[collected.finish()?]);
            if area > best.0 {
                best = (area, c);
            }
        }
        Ok(best.1)
    }
}

impl Model for Tuned {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        let chosen = self.choose(train, derive_seed(seed, 0))?;
        self.candidates[chosen].1.fit(train, derive_seed(seed, 1))
    }
}

/// What a permutation test found.
#[derive(Debug, Clone, PartialEq)]
pub struct PermutationTest {
    /// The cross-validated area under the curve of the true labels.
    pub observed: f64,
    /// That of each permutation.
    pub null: Vec<f64>,
    /// `(1 + #{null >= observed}) / (1 + n)`.
    pub p: f64,
}

/// Runs the whole cross-validated model on labels dealt anew among the training patients.
///
/// # Errors
/// As [`out_of_fold`].
pub fn permutation_test(
    model: &dyn Model,
    table: &FeatureTable,
    cohort: &Cohort,
    splitter: &dyn Splitter,
    n_permutations: usize,
    seed: u64,
) -> Result<PermutationTest> {
    let area = |cohort: &Cohort, seed: u64| cross_validated_auc(model, &Dataset::new(table, cohort)?, splitter, seed);
    let observed = area(cohort, derive_seed(seed, 0))?;
    let null: Vec<f64> = (1..=n_permutations as u64)
        .into_par_iter()
        .map(|k| area(&cohort.with_permuted_labels(derive_seed(seed, k)), derive_seed(seed, k)))
        .collect::<Result<_>>()?;
    Ok(PermutationTest { observed, p: permutation_p(observed, &null), null })
}
