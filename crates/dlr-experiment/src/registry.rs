//! [`Registry`]: stage names and how to make each from its parameters. Other people's stages are added here.

use crate::{
    config::Stage,
    mistakes::{known, of_parameters},
};
use dlr_core::{
    CaseSource, FeatureExtractor, FeatureLearner, ImageLearner, ImageStep, Model, Result, Splitter, TableStep,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{cell::RefCell, collections::BTreeMap, path::Path};
use toml::{Table, Value};

/// What a factory is given.
pub struct Params<'a> {
    /// The registered name, for messages.
    pub stage: &'a str,
    /// The keys of the stage in the experiment file.
    pub table: &'a Table,
    /// The name under which the stage stands in the file: the feature block's name; empty for other stages.
    pub block: &'a str,
    /// The folder of the experiment file, for relative paths.
    pub folder: &'a Path,
    /// What was read, with every default: see [`Shelf::make_resolved`].
    pub(crate) resolved: &'a RefCell<Table>,
}

impl Params<'_> {
    /// The parameters as a struct; unknown keys are refused if the struct says `deny_unknown_fields`.
    ///
    /// # Errors
    /// [`dlr_core::Code::ParameterFile`] naming the stage and the key.
    pub fn read<T: DeserializeOwned + Serialize>(&self) -> Result<T> {
        let read =
            T::deserialize(Value::Table(self.table.clone())).map_err(|error| of_parameters(self.stage, &error))?;
        if let Ok(Value::Table(table)) = Value::try_from(&read) {
            self.resolved.borrow_mut().extend(table);
        }
        Ok(read)
    }
}

/// Makes a stage from its parameters.
pub type Factory<T> = Box<dyn Fn(&Params<'_>) -> Result<Box<T>> + Send + Sync>;

/// The stages of one seam, by name.
pub struct Shelf<T: ?Sized> {
    seam: &'static str,
    factories: BTreeMap<String, Factory<T>>,
}

impl<T: ?Sized> Shelf<T> {
    fn new(seam: &'static str) -> Self {
        Shelf { seam, factories: BTreeMap::new() }
    }

    /// Adds a stage, or replaces the one of that name.
    pub fn add(&mut self, name: &str, factory: impl Fn(&Params<'_>) -> Result<Box<T>> + Send + Sync + 'static) {
        self.factories.insert(name.to_owned(), Box::new(factory));
    }

    /// The registered names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.factories.keys().map(String::as_str)
    }

    /// Whether there is a stage of that name.
    pub fn has(&self, name: &str) -> bool {
        self.factories.contains_key(name)
    }

    /// What the stages are, for messages.
    pub(crate) fn seam(&self) -> &'static str {
        self.seam
    }

    /// Makes a stage.
    ///
    /// # Errors
    /// [`dlr_core::Code::UnknownName`] with the nearest name; those of the factory.
    pub fn make(&self, stage: &Stage, block: &str, folder: &Path) -> Result<Box<T>> {
        self.make_resolved(stage, block, folder).map(|(made, _)| made)
    }

    /// Makes a stage, and says with which parameters: those of the file, and every default that it took.
    ///
    /// # Errors
    /// As [`Shelf::make`].
    pub fn make_resolved(&self, stage: &Stage, block: &str, folder: &Path) -> Result<(Box<T>, Stage)> {
        known(self.seam, &stage.stage, self.factories.keys())?;
        let resolved = RefCell::new(stage.params.clone());
        let params = Params { stage: &stage.stage, table: &stage.params, block, folder, resolved: &resolved };
        let made = self.factories[&stage.stage](&params)?;
        Ok((made, Stage { stage: stage.stage.clone(), params: resolved.into_inner() }))
    }
}

/// Every stage that an experiment file can name.
pub struct Registry {
    /// Where cases come from.
    pub sources: Shelf<dyn CaseSource>,
    /// Voxels to voxels.
    pub image_steps: Shelf<dyn ImageStep>,
    /// Voxels to voxels, learned from the training images of each fold.
    pub image_learners: Shelf<dyn ImageLearner>,
    /// Cases to numbers.
    pub extractors: Shelf<dyn FeatureExtractor>,
    /// Networks trained inside each fold.
    pub learners: Shelf<dyn FeatureLearner>,
    /// Tables to tables.
    pub table_steps: Shelf<dyn TableStep>,
    /// Classifiers.
    pub models: Shelf<dyn Model>,
    /// Folds.
    pub splitters: Shelf<dyn Splitter>,
}

impl Registry {
    /// A registry with nothing in it.
    pub fn empty() -> Self {
        Registry {
            sources: Shelf::new("case source"),
            image_steps: Shelf::new("image step"),
            image_learners: Shelf::new("image step that learns"),
            extractors: Shelf::new("feature extractor"),
            learners: Shelf::new("feature learner"),
            table_steps: Shelf::new("table step"),
            models: Shelf::new("model"),
            splitters: Shelf::new("splitter"),
        }
    }

    /// A registry with the stages of this workspace.
    pub fn builtin() -> Self {
        let mut registry = Registry::empty();
        crate::builtin::register(&mut registry);
        registry
    }
}
