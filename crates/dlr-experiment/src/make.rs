//! Table pipelines from their sections: the stages of the registry, and the two that need more of the experiment than
//! their own parameters. `stacked` is made of other pipelines; `icc` reads feature blocks of other readers.

use crate::{
    config::{ExperimentFile, PipelineSection, Stage, TuningSection},
    mistakes::{known, of_parameters},
    prepared::Prepared,
    registry::Registry,
    tune::alternatives,
};
use dlr_core::{Code, Error, FeatureName, FeatureTable, Model, Result, TableStep};
use dlr_modelling::{
    Pipeline,
    models::{Block, Stacked},
    stats::IccForm,
    steps::{IccFilter, IccParams, Unread},
    validation::TunedPipeline,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::Path;
use toml::Value;

/// Late fusion inside late fusion may go this deep.
const DEPTH: usize = 4;

/// The model `stacked`: late fusion of pipelines, joined on their out-of-fold scores.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `blocks` | | `name`, `prefixes` of its columns, and the `pipeline` that learns from them |
/// | `n_folds` | 5 | inner folds, by patient |
/// | `c` | 1 | inverse strength of the joining model's penalty |
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StackedKeys {
    blocks: Vec<BlockKeys>,
    #[serde(default = "five")]
    n_folds: usize,
    #[serde(default = "one")]
    c: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockKeys {
    name: String,
    prefixes: Vec<String>,
    pipeline: String,
}

fn five() -> usize {
    5
}

fn one() -> f64 {
    1.0
}

/// The step `icc`: agreement of readers, each of whom gave the same columns in blocks of their own.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `readings` | | a list per reader: feature blocks that pair up in order with those of the first reader |
/// | `form`, `min_lower` | `2,1`, 0.75 | as [`IccParams`] |
///
/// Columns that no reading holds stay: they do not depend on what a reader drew.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IccKeys {
    readings: Vec<Vec<String>>,
    #[serde(default = "two_one")]
    form: IccForm,
    #[serde(default = "good")]
    min_lower: f64,
}

fn two_one() -> IccForm {
    IccParams::default().form
}

fn good() -> f64 {
    IccParams::default().min_lower
}

/// What pipelines are made from.
#[derive(Clone, Copy)]
pub(crate) struct Maker<'a> {
    pub(crate) file: &'a ExperimentFile,
    pub(crate) registry: &'a Registry,
    pub(crate) folder: &'a Path,
    /// The features, once there are some; without them a pipeline can be made but not fitted.
    pub(crate) prepared: Option<&'a Prepared>,
}

impl Maker<'_> {
    /// Steps and classifier, and the section with every default.
    ///
    /// # Errors
    /// Those of the registry and of the parameters.
    pub(crate) fn pipeline(&self, section: &PipelineSection) -> Result<(Box<dyn Model>, PipelineSection)> {
        self.at_depth(section, 0)
    }

    fn at_depth(&self, section: &PipelineSection, depth: usize) -> Result<(Box<dyn Model>, PipelineSection)> {
        let mut resolved = section.clone();
        let mut steps = Vec::new();
        for stage in &mut resolved.steps {
            steps.push(alternatives(stage, |stage| self.step(stage))?);
        }
        let model = alternatives(&mut resolved.model, |stage| self.model(stage, depth))?;
        let TuningSection { n_folds, measure } = section.tuning;
        if n_folds < 2 {
            return Err(Error::new(Code::Parameter, format!("`tuning.n_folds` is {n_folds}, but must be 2 or more")));
        }
        if model.len() == 1 && steps.iter().all(|step| step.len() == 1) {
            let steps = steps.into_iter().flatten().map(|(_, step)| step).collect();
            let model = model.into_iter().next().expect("there is exactly one").1;
            return Ok((Box::new(Pipeline::new(steps, model)), resolved));
        }
        Ok((Box::new(TunedPipeline { steps, model, n_folds, measure }), resolved))
    }

    /// A table step, and its stage with every default.
    ///
    /// # Errors
    /// Those of the registry and of the parameters.
    pub(crate) fn step(&self, stage: &Stage) -> Result<(Box<dyn TableStep>, Stage)> {
        if stage.stage != "icc" {
            return self.registry.table_steps.make_resolved(stage, "", self.folder);
        }
        let keys: IccKeys = read(stage)?;
        let readings = self.readings(&keys.readings)?;
        let resolved = resolved(stage, &keys);
        let params = IccParams { form: keys.form, min_lower: keys.min_lower, unread: Unread::Keep };
        Ok((Box::new(IccFilter { params, readings }), resolved))
    }

    /// A table per reader, all with the first reader's columns; none before there are features.
    fn readings(&self, readers: &[Vec<String>]) -> Result<Vec<FeatureTable>> {
        for block in readers.iter().flatten() {
            known("feature block", block, self.file.features.keys())?;
        }
        let (Some(prepared), Some(first)) = (self.prepared, readers.first()) else { return Ok(Vec::new()) };
        if let Some(odd) = readers.iter().find(|blocks| blocks.len() != first.len()) {
            return Err(Error::new(Code::ParameterFile, "readers in `readings` have different numbers of blocks")
                .expected(format!("{}, as the first reader", first.len()))
                .found(odd.len()));
        }
        let of_reader = |blocks: &Vec<String>| {
            let mut whole: Option<FeatureTable> = None;
            for (block, named) in blocks.iter().zip(first) {
                let table = named_as(&prepared.blocks[block], &prepared.blocks[named], block)?;
                whole = Some(match whole {
                    Some(left) => left.beside(&table)?,
                    None => table,
                });
            }
            whole.ok_or_else(|| Error::new(Code::ParameterFile, "a reader in `readings` has no block"))
        };
        readers.iter().map(of_reader).collect()
    }

    fn model(&self, stage: &Stage, depth: usize) -> Result<(Box<dyn Model>, Stage)> {
        if stage.stage != "stacked" {
            return self.registry.models.make_resolved(stage, "", self.folder);
        }
        if depth >= DEPTH {
            return Err(Error::new(Code::ParameterFile, "pipelines of `stacked` contain each other")
                .expected(format!("at most {DEPTH} levels")));
        }
        let keys: StackedKeys = read(stage)?;
        let blocks = keys.blocks.iter().map(|block| {
            known("pipeline", &block.pipeline, self.file.pipelines.keys())?;
            let (pipeline, _) = self.at_depth(&self.file.pipelines[&block.pipeline], depth + 1)?;
            let (name, prefixes) = (block.name.clone(), block.prefixes.clone());
            Ok(Block { name, prefixes, model: pipeline })
        });
        let stacked = Stacked { blocks: blocks.collect::<Result<_>>()?, n_folds: keys.n_folds, c: keys.c };
        Ok((Box::new(stacked), resolved(stage, &keys)))
    }
}

/// A block with the columns of another, from which it may differ in the name of the region only.
fn named_as(table: &FeatureTable, named: &FeatureTable, block: &str) -> Result<FeatureTable> {
    let differs = |(own, other): (&FeatureName, &FeatureName)| {
        own.clone().with_roi(other.roi()).map_or(true, |renamed| renamed != *other)
    };
    if table.n_features() != named.n_features() || table.names().iter().zip(named.names()).any(differs) {
        return Err(Error::new(
            Code::TableMismatch,
            format!("block `{block}` does not have the columns of the first reader"),
        )
        .hint("the blocks of all readers need the same extractor and parameters; only the mask differs"));
    }
    FeatureTable::new(table.cases().to_vec(), named.names().to_vec(), table.values().clone())
}

/// The parameters of a stage as a struct.
pub(crate) fn read<T: DeserializeOwned>(stage: &Stage) -> Result<T> {
    T::deserialize(Value::Table(stage.params.clone())).map_err(|error| of_parameters(&stage.stage, &error))
}

fn resolved(stage: &Stage, keys: &impl Serialize) -> Stage {
    let mut resolved = stage.clone();
    if let Ok(Value::Table(table)) = Value::try_from(keys) {
        resolved.params.extend(table);
    }
    resolved
}

#[cfg(test)]
#[path = "make_tests.rs"]
pub(crate) mod tests;
