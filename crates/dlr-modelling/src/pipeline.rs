//! [`Pipeline`]: steps and a model, which together are a model.
//!
//! Each step is fitted on what the steps before it made of the training rows. The fitted pipeline takes raw columns,
//! and where every part is linear, or the steps only shift and stretch columns under trees, its form is written on raw
//! columns.

use crate::Thaw;
use crate::models::FittedLinear;
use dlr_core::{
    FeatureName, FeatureTable, FittedModel, FittedTableStep, Form, Frozen, LinearForm, Model, Predictions, Result,
    TableStep, TrainSet, TreeEnsemble, derive_seed,
};
use serde::{Deserialize, Serialize};

/// Steps in order, then a model. Each gets a seed of its own, derived from the pipeline's.
pub struct Pipeline {
    /// The steps, in order.
    pub steps: Vec<Box<dyn TableStep>>,
    /// What learns from the table that they leave.
    pub model: Box<dyn Model>,
}

impl Pipeline {
    /// A pipeline of these steps and this model.
    pub fn new(steps: Vec<Box<dyn TableStep>>, model: Box<dyn Model>) -> Self {
        Pipeline { steps, model }
    }

    /// Fits, and gives the fitted pipeline with its parts.
    ///
    /// # Errors
    /// Those of the parts.
    pub fn fit_parts(&self, train: &TrainSet, seed: u64) -> Result<FittedPipeline> {
        Self::fit_borrowed(self.steps.iter().map(AsRef::as_ref), self.model.as_ref(), train, seed)
    }

    /// [`Pipeline::fit_parts`] of parts that live elsewhere.
    pub(crate) fn fit_borrowed<'a>(
        steps: impl Iterator<Item = &'a dyn TableStep>,
        model: &dyn Model,
        train: &TrainSet,
        seed: u64,
    ) -> Result<FittedPipeline> {
        let mut train = train.clone();
        let mut fitted_steps = Vec::new();
        for (k, step) in steps.enumerate() {
            let seed = derive_seed(seed, k as u64);
            train = step.resample(&train, seed)?;
            let fitted = step.fit(&train, seed)?;
            train = train.with_table(fitted.apply(train.table())?)?;
            fitted_steps.push(fitted);
            if train.names().is_empty() {
                return Ok(FittedPipeline { steps: fitted_steps, model: Box::new(prevalence(&train)) });
            }
        }
        let model = model.fit(&train, derive_seed(seed, fitted_steps.len() as u64))?;
        Ok(FittedPipeline { steps: fitted_steps, model })
    }
}

/// What is left to say where no column is: the share of positive training cases, for everyone.
fn prevalence(train: &TrainSet) -> FittedLinear {
    let share = train.labels().iter().filter(|l| **l).count() as f64 / train.labels().len() as f64;
    FittedLinear { names: Vec::new(), intercept: (share / (1.0 - share)).ln(), weights: Vec::new() }
}

impl Model for Pipeline {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        Ok(Box::new(self.fit_parts(train, seed)?))
    }
}

/// A fitted [`Pipeline`].
pub struct FittedPipeline {
    /// The fitted steps.
    pub steps: Vec<Box<dyn FittedTableStep>>,
    /// The fitted model.
    pub model: Box<dyn FittedModel>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    steps: Vec<Frozen>,
    model: Frozen,
}

impl FittedPipeline {
    /// The name under which it freezes.
    pub const KIND: &'static str = "pipeline";

    /// A frozen pipeline back.
    ///
    /// # Errors
    /// [`dlr_core::Code::UnknownName`] for a part of an unknown kind, [`dlr_core::Code::Contract`] for a broken state.
    pub fn thaw(frozen: &Frozen, thaw: &Thaw) -> Result<Self> {
        let State { steps, model } = frozen.thaw()?;
        Ok(FittedPipeline {
            steps: steps.iter().map(|step| thaw.step(step)).collect::<Result<_>>()?,
            model: thaw.model(&model)?,
        })
    }

    fn pull_back(&self, form: LinearForm) -> Option<LinearForm> {
        self.steps.iter().rev().try_fold(form, |form, step| step.pull_back(form))
    }

    /// Trees that ask raw columns: where every column that is asked is a raw one shifted and stretched, its cuts are
    /// moved with it, and every row falls where it fell. Where a step mixes columns, or turns one around, there is no
    /// such tree.
    fn pull_back_trees(&self, mut trees: TreeEnsemble) -> Option<TreeEnsemble> {
        let mut nodes: Vec<Vec<(usize, usize)>> = vec![Vec::new(); trees.names.len()];
        for (t, tree) in trees.trees.iter().enumerate() {
            for (node, column) in tree.column.iter().enumerate() {
                if let Some(column) = column {
                    nodes[*column].push((t, node));
                }
            }
        }
        for (name, nodes) in trees.names.iter_mut().zip(nodes) {
            let mut cuts: Vec<f64> = nodes.iter().map(|(t, node)| trees.trees[*t].threshold[*node]).collect();
            for step in self.steps.iter().rev() {
                *name = step.pull_back_cuts(name, &mut cuts)?;
            }
            for ((t, node), cut) in nodes.into_iter().zip(cuts) {
                trees.trees[t].threshold[node] = cut;
            }
        }
        Some(trees)
    }

    /// One line per step: what it learned.
    pub fn summary(&self) -> Vec<String> {
        self.steps.iter().map(|step| step.summary()).collect()
    }
}

impl FittedModel for FittedPipeline {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let Some((first, rest)) = self.steps.split_first() else { return self.model.predict(table) };
        let mut table = first.apply(table)?;
        for step in rest {
            table = step.apply(&table)?;
        }
        self.model.predict(&table)
    }

    /// Raw columns: where a step mixes columns (PCA), all those that it mixes.
    fn selected(&self) -> Vec<FeatureName> {
        let names = self.model.selected();
        // Weights without a common measure, so that no two mixed columns cancel.
        let weights = names.iter().enumerate().map(|(i, name)| (name.clone(), ((i + 2) as f64).sqrt())).collect();
        match self.pull_back(LinearForm { intercept: 0.0, weights }) {
            Some(form) => form.weights.into_iter().filter(|(_, w)| *w != 0.0).map(|(name, _)| name).collect(),
            None => names,
        }
    }

    fn form(&self) -> Form {
        match self.model.form() {
            Form::Linear(form) => self.pull_back(form).map_or(Form::Opaque, Form::Linear),
            Form::Trees(trees) => self.pull_back_trees(trees).map_or(Form::Opaque, Form::Trees),
            Form::Opaque => Form::Opaque,
        }
    }

    fn freeze(&self) -> Result<Frozen> {
        let steps = self.steps.iter().map(|step| step.freeze()).collect::<Result<_>>()?;
        Frozen::new(Self::KIND, &State { steps, model: self.model.freeze()? })
    }
}
