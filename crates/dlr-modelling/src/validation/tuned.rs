//! [`TunedPipeline`]: a pipeline whose stages have alternatives, of which inner cross-validation chooses.
//!
//! Every combination is judged on the same inner folds of the training patients, steps included, so that what is chosen
//! has seen no row it is judged on. Cross-validated from outside it is nested validation. Combinations that begin with
//! the same steps share their fits.

use crate::pipeline::FittedPipeline;
use crate::splitters::{StratifiedKFold, inner_folds};
use crate::stats::auc;
use crate::{Pipeline, Thaw};
use dlr_core::{
    Code, Error, FeatureName, FeatureTable, FittedModel, FittedTableStep, Form, Frozen, HeldOut, Model, OutOfFold,
    Predictions, Result, Splitter, TableStep, TrainScores, TrainSet, derive_seed,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What chooses among combinations, measured on the pooled scores of the inner folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TuneMeasure {
    /// The largest area under the curve.
    #[default]
    Auc,
    /// The smallest mean negative log likelihood (probabilities held within 1e-15 of 0 and 1).
    LogLoss,
}

impl TuneMeasure {
    /// The larger the better.
    fn score(self, scores: &TrainScores) -> f64 {
        let (p, labels) = (scores.predictions().scores(), scores.truth().labels());
        match self {
            TuneMeasure::Auc => auc(p, labels),
            TuneMeasure::LogLoss => {
                let term = |(p, l): (&f64, &bool)| {
                    let p = p.clamp(1e-15, 1.0 - 1e-15);
                    if *l { p.ln() } else { (1.0 - p).ln() }
                };
                p.iter().zip(labels).map(term).sum::<f64>() / labels.len() as f64
            }
        }
    }
}

/// What a stage may be, each with a name for the log.
pub type Alternatives<T> = Vec<(String, Box<T>)>;

/// Steps and a model, each with one alternative or more.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `steps` | | 1 and more alternatives each | the steps, in order |
/// | `model` | | 1 and more alternatives | the model |
/// | `n_folds` | 5 | 2 and more | inner folds, stratified, by patient; fewer where a class has fewer patients |
/// | `measure` | `auc` | `auc`, `log-loss` | what chooses |
///
/// All combinations are tried; of equally good ones the first in the order of the lists, later stages varying fastest.
/// A combination that cannot be fitted is an error that names it.
pub struct TunedPipeline {
    /// The steps, in order.
    pub steps: Vec<Alternatives<dyn TableStep>>,
    /// The model.
    pub model: Alternatives<dyn Model>,
    /// Inner folds.
    pub n_folds: usize,
    /// What chooses.
    pub measure: TuneMeasure,
}

impl TunedPipeline {
    /// The alternative of each stage, by combination.
    fn combinations(&self) -> Vec<Vec<usize>> {
        let counts = self.steps.iter().map(Vec::len).chain([self.model.len()]);
        counts.fold(vec![Vec::new()], |all, n| {
            all.iter().flat_map(|head| (0..n).map(|k| [&head[..], &[k]].concat())).collect()
        })
    }

    fn name(&self, combination: &[usize]) -> String {
        let steps = self
            .steps
            .iter()
            .map(|alternatives| alternatives.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
        let model = self.model.iter().map(|(name, _)| name.as_str()).collect();
        let named = steps.chain([model]).zip(combination);
        let parts: Vec<&str> = named.map(|(names, k)| names[*k]).filter(|name| !name.is_empty()).collect();
        parts.join(", ")
    }

    /// Predictions of the held-out rows by every combination, in the order of [`TunedPipeline::combinations`].
    fn walk(
        &self,
        train: &TrainSet,
        held_out: &FeatureTable,
        chosen: &mut Vec<usize>,
        seed: u64,
        found: &mut Vec<Predictions>,
    ) -> Result<()> {
        let stage = chosen.len();
        // The seeds are those of a plain pipeline of the same stages.
        let part = derive_seed(seed, stage as u64);
        let failed = |error: Error, chosen: &[usize], k: usize| {
            let mut parts = chosen.to_vec();
            parts.push(k);
            let name = self.name(&parts);
            if name.is_empty() { error } else { error.hint(format!("while tuning, with {name}")) }
        };
        let Some(alternatives) = self.steps.get(stage) else {
            for (k, (_, model)) in self.model.iter().enumerate() {
                let fitted = model.fit(train, part).map_err(|e| failed(e, chosen, k))?;
                found.push(fitted.predict(held_out)?);
            }
            return Ok(());
        };
        for (k, (_, step)) in alternatives.iter().enumerate() {
            let fit = || -> Result<(TrainSet, Box<dyn FittedTableStep>)> {
                let train = step.resample(train, part)?;
                let fitted = step.fit(&train, part)?;
                Ok((train, fitted))
            };
            let (train, fitted) = fit().map_err(|e| failed(e, chosen, k))?;
            let train = train.with_table(fitted.apply(train.table())?)?;
            chosen.push(k);
            self.walk(&train, &fitted.apply(held_out)?, chosen, seed, found)?;
            chosen.pop();
        }
        Ok(())
    }

    /// The score of every combination on the inner folds, the larger the better.
    fn judge(&self, train: &TrainSet, seed: u64) -> Result<Vec<f64>> {
        let n_folds = inner_folds(train.cohort(), self.n_folds, seed)?.into_iter().max().map_or(2, |k| k + 1);
        let folds = StratifiedKFold { n_folds, n_repeats: 1 }.folds(train.cohort(), seed)?.remove(0);
        let done: Vec<(HeldOut, Vec<Predictions>)> = folds
            .par_iter()
            .enumerate()
            .map(|(k, fold)| {
                let (inner, held_out) = train.split(fold)?;
                let mut found = Vec::new();
                self.walk(&inner, held_out.table(), &mut Vec::new(), derive_seed(seed, k as u64), &mut found)?;
                Ok((held_out, found))
            })
            .collect::<Result<_>>()?;
        (0..self.combinations().len())
            .map(|c| {
                let mut collected = OutOfFold::new();
                done.iter().try_for_each(|(held_out, found)| collected.add(held_out, &found[c]))?;
                Ok(self.measure.score(&collected.finish()?))
            })
            .collect()
    }

    /// The fit of one combination on all training rows.
    fn refit(&self, combination: &[usize], train: &TrainSet, seed: u64) -> Result<FittedPipeline> {
        let steps = self.steps.iter().zip(combination).map(|(alternatives, k)| alternatives[*k].1.as_ref());
        let model = &self.model[combination[self.steps.len()]].1;
        Pipeline::fit_borrowed(steps, model.as_ref(), train, seed)
    }
}

impl Model for TunedPipeline {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        if self.model.is_empty() || self.steps.iter().any(Vec::is_empty) {
            return Err(Error::new(Code::Parameter, "a stage to be tuned has no alternative"));
        }
        let combinations = self.combinations();
        if combinations.len() == 1 {
            return Ok(Box::new(self.refit(&combinations[0], train, seed)?));
        }
        let scores = self.judge(train, derive_seed(seed, u64::MAX))?;
        // A score that is not a number (no fold holds out both classes) is the worst.
        let better = |a: f64, b: f64| a > b || b.is_nan() && !a.is_nan();
        let chosen = (0..scores.len()).fold(0, |best, c| if better(scores[c], scores[best]) { c } else { best });
        let tried = combinations.iter().zip(&scores);
        let tried = tried.map(|(c, score)| Tried { name: self.name(c), score: *score }).collect();
        let pipeline = self.refit(&combinations[chosen], train, seed)?;
        Ok(Box::new(FittedTuned { tried, chosen, pipeline }))
    }
}

/// A combination and its score on the inner folds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// What was tuned, for example `n_keep = 20, c = 0.1`.
    pub name: String,
    /// Area under the curve, or mean log likelihood.
    pub score: f64,
}

/// A fitted [`TunedPipeline`]: the pipeline that was chosen, and what it was chosen from.
pub struct FittedTuned {
    /// Every combination, in order.
    pub tried: Vec<Tried>,
    /// Position of the chosen one.
    pub chosen: usize,
    /// Its fit on all training rows.
    pub pipeline: FittedPipeline,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    tried: Vec<Tried>,
    chosen: usize,
    pipeline: Frozen,
}

impl FittedTuned {
    /// The name under which it freezes.
    pub const KIND: &'static str = "tuned";

    /// A frozen one back.
    ///
    /// # Errors
    /// As [`Thaw::model`].
    pub fn thaw(frozen: &Frozen, thaw: &Thaw) -> Result<Self> {
        let State { tried, chosen, pipeline } = frozen.thaw()?;
        Ok(FittedTuned { tried, chosen, pipeline: FittedPipeline::thaw(&pipeline, thaw)? })
    }
}

impl FittedModel for FittedTuned {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        self.pipeline.predict(table)
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.pipeline.selected()
    }

    fn form(&self) -> Form {
        self.pipeline.form()
    }

    fn freeze(&self) -> Result<Frozen> {
        let state = State { tried: self.tried.clone(), chosen: self.chosen, pipeline: self.pipeline.freeze()? };
        Frozen::new(Self::KIND, &state)
    }
}
