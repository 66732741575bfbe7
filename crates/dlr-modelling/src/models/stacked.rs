//! [`Stacked`]: late fusion. Each block of columns has its own selection and model; a small model joins their scores.
//!
//! The joining model learns from out-of-fold scores only, so a block that over-fits does not buy itself weight.

use crate::Thaw;
use crate::glm::{Intercept, Loss, fit_l2, sigmoid};
use crate::linalg::Columns;
use crate::splitters::{StratifiedKFold, inner_folds};
use crate::steps::wrong_parameter;
use dlr_core::{
    Code, Error, FeatureName, FeatureTable, FittedModel, Form, Frozen, LinearForm, Model, Predictions, Result,
    Splitter, TrainSet, derive_seed,
};
use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One block of columns with the model that learns from it.
pub struct Block {
    /// Its name, for messages.
    pub name: String,
    /// Beginnings of printed column names, for example `intra_` and `peri_`; a column of any belongs to the block.
    pub prefixes: Vec<String>,
    /// Selection and model of the block.
    pub model: Box<dyn Model>,
}

/// Late fusion (PROTOCOL, section 6): blocks, and an L2 logistic regression on their out-of-fold log odds.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `blocks` | | 1 and more | columns and model of each |
/// | `n_folds` | 5 | 2 and more | inner folds, by patient |
/// | `c` | 1 | above 0 | inverse strength of the penalty of the joining model, on scaled log odds |
pub struct Stacked {
    /// Columns and model of each block.
    pub blocks: Vec<Block>,
    /// Inner folds.
    pub n_folds: usize,
    /// Inverse strength of the penalty of the joining model.
    pub c: f64,
}

impl Block {
    fn columns(&self, table: &FeatureTable) -> Result<FeatureTable> {
        let belongs = |name: &FeatureName| {
            let printed = name.to_string();
            self.prefixes.iter().any(|p| printed.starts_with(p.as_str()))
        };
        let positions: Vec<usize> = (0..table.n_features()).filter(|j| belongs(&table.names()[*j])).collect();
        if positions.is_empty() {
            return Err(Error::new(Code::Learning, format!("block `{}` has no column", self.name))
                .expected(format!("columns that begin with {}", self.prefixes.join(" or "))));
        }
        Ok(table.columns(&positions))
    }

    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        self.model.fit(&train.with_table(self.columns(train.table())?)?, seed)
    }
}

impl Stacked {
    /// Out-of-fold log odds of every block, shape `[n_cases, n_blocks]`.
    fn out_of_fold(&self, train: &TrainSet, seed: u64) -> Result<Array2<f64>> {
        // As many folds as the smaller class allows.
        let n_folds = inner_folds(train.cohort(), self.n_folds, seed)?.into_iter().max().map_or(2, |k| k + 1);
        let folds = StratifiedKFold { n_folds, n_repeats: 1 }.folds(train.cohort(), seed)?.remove(0);
        let parts: Vec<Vec<(String, Vec<f64>)>> = folds
            .par_iter()
            .enumerate()
            .map(|(k, fold)| {
                let (inner, held_out) = train.split(fold)?;
                let mut rows: Vec<(String, Vec<f64>)> =
                    held_out.table().cases().iter().map(|c| (c.clone(), Vec::new())).collect();
                for (b, block) in self.blocks.iter().enumerate() {
                    let fitted = block.fit(&inner, derive_seed(seed, (k * self.blocks.len() + b) as u64))?;
                    let margins = Margins::of(fitted.as_ref()).margins(fitted.as_ref(), held_out.table())?;
                    rows.iter_mut().zip(margins).for_each(|(row, margin)| row.1.push(margin));
                }
                Ok(rows)
            })
            .collect::<Result<_>>()?;
        let by_case: BTreeMap<String, Vec<f64>> = parts.into_iter().flatten().collect();
        let mut z = Array2::zeros((train.n_cases(), self.blocks.len()));
        for (case, mut row) in train.table().cases().iter().zip(z.outer_iter_mut()) {
            row.iter_mut().zip(&by_case[case]).for_each(|(v, m)| *v = *m);
        }
        Ok(z)
    }
}

impl Model for Stacked {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        if self.blocks.is_empty() {
            return Err(wrong_parameter("blocks", "an empty list", "one block or more"));
        }
        if !(self.c > 0.0 && self.c.is_finite()) {
            return Err(wrong_parameter("c", self.c, "above 0"));
        }
        let mut z = Columns::from_rows(self.out_of_fold(train, derive_seed(seed, 0))?.view());
        let (means, scales) = z.standardise();
        let weights = vec![self.c; train.n_cases()];
        let joined = fit_l2(&z, train.labels(), &weights, Loss::Logistic, Intercept::Free)?;
        let mut intercept = joined.intercept;
        let mut block_weights = Vec::new();
        for ((w, m), s) in joined.weights.iter().zip(&means).zip(&scales) {
            intercept -= w * m / s;
            block_weights.push(w / s);
        }
        let blocks = (0..self.blocks.len())
            .into_par_iter()
            .map(|b| self.blocks[b].fit(train, derive_seed(seed, 1 + b as u64)))
            .collect::<Result<Vec<_>>>()?;
        let names = self.blocks.iter().map(|b| b.name.clone()).collect();
        Ok(Box::new(FittedStack::new(names, blocks, intercept, block_weights)))
    }
}

/// How log odds are had from a fitted model: from its linear form where it has one, else from its probability.
struct Margins(Option<LinearForm>);

impl Margins {
    fn of(model: &dyn FittedModel) -> Self {
        match model.form() {
            Form::Linear(form) => Margins(Some(form)),
            _ => Margins(None),
        }
    }

    fn margins(&self, model: &dyn FittedModel, table: &FeatureTable) -> Result<Vec<f64>> {
        let scores = model.predict(table)?;
        let odds = |p: &f64| {
            let p = p.clamp(1e-9, 1.0 - 1e-9);
            (p / (1.0 - p)).ln()
        };
        let from_scores: Vec<f64> = scores.scores().iter().map(odds).collect();
        let Some(form) = &self.0 else { return Ok(from_scores) };
        let positions = form.weights.iter().map(|(name, w)| table.position(name).map(|j| (j, *w)));
        let Some(weights) = positions.collect::<Option<Vec<_>>>() else { return Ok(from_scores) };
        let direct = table
            .values()
            .outer_iter()
            .map(|row| form.intercept + weights.iter().map(|(j, w)| w * row[*j]).sum::<f64>());
        // A value that a step imputes has no place in the form: there the probability speaks.
        Ok(direct.zip(from_scores).map(|(d, s)| if d.is_finite() { d } else { s }).collect())
    }
}

/// A fitted [`Stacked`].
pub struct FittedStack {
    names: Vec<String>,
    blocks: Vec<(Box<dyn FittedModel>, Margins)>,
    intercept: f64,
    weights: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    names: Vec<String>,
    blocks: Vec<Frozen>,
    intercept: f64,
    weights: Vec<f64>,
}

impl FittedStack {
    /// The name under which it freezes.
    pub const KIND: &'static str = "stacked";

    fn new(names: Vec<String>, blocks: Vec<Box<dyn FittedModel>>, intercept: f64, weights: Vec<f64>) -> Self {
        let blocks = blocks.into_iter().map(|b| {
            let margins = Margins::of(b.as_ref());
            (b, margins)
        });
        FittedStack { names, blocks: blocks.collect(), intercept, weights }
    }

    /// A frozen stack back.
    ///
    /// # Errors
    /// As [`Thaw::model`].
    pub fn thaw(frozen: &Frozen, thaw: &Thaw) -> Result<Self> {
        let State { names, blocks, intercept, weights } = frozen.thaw()?;
        let blocks = blocks.iter().map(|b| thaw.model(b)).collect::<Result<_>>()?;
        Ok(Self::new(names, blocks, intercept, weights))
    }

    /// Name and weight of each block, on its log odds.
    pub fn block_weights(&self) -> impl Iterator<Item = (&str, f64)> {
        self.names.iter().map(String::as_str).zip(self.weights.iter().copied())
    }
}

impl FittedModel for FittedStack {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let mut margins = vec![self.intercept; table.n_cases()];
        for ((model, how), weight) in self.blocks.iter().zip(&self.weights) {
            let own = how.margins(model.as_ref(), table)?;
            margins.iter_mut().zip(own).for_each(|(total, m)| *total += weight * m);
        }
        Predictions::new(table.cases().to_vec(), margins.into_iter().map(sigmoid).collect())
    }

    fn selected(&self) -> Vec<FeatureName> {
        let used = self.blocks.iter().zip(&self.weights).filter(|(_, w)| **w != 0.0);
        let mut met = HashSet::new();
        used.flat_map(|((model, _), _)| model.selected()).filter(|name| met.insert(name.clone())).collect()
    }

    fn form(&self) -> Form {
        let mut joined = LinearForm { intercept: self.intercept, weights: Vec::new() };
        let mut place: HashMap<&FeatureName, usize> = HashMap::new();
        for ((_, how), weight) in self.blocks.iter().zip(&self.weights) {
            let Some(form) = &how.0 else { return Form::Opaque };
            joined.intercept += weight * form.intercept;
            for (name, w) in &form.weights {
                let at = *place.entry(name).or_insert(joined.weights.len());
                match joined.weights.get_mut(at) {
                    Some((_, total)) => *total += weight * w,
                    None => joined.weights.push((name.clone(), weight * w)),
                }
            }
        }
        Form::Linear(joined)
    }

    fn freeze(&self) -> Result<Frozen> {
        let blocks = self.blocks.iter().map(|(b, _)| b.freeze()).collect::<Result<_>>()?;
        let state =
            State { names: self.names.clone(), blocks, intercept: self.intercept, weights: self.weights.clone() };
        Frozen::new(Self::KIND, &state)
    }
}
