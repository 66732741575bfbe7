//! From names in the experiment file to models that can be fitted.

use crate::{
    config::{ExperimentFile, ModelSection},
    prepare::{Prepared, columns_of},
    registry::Registry,
};
use dlr_core::{Cohort, Dataset, Model, Result};
use dlr_modelling::Pipeline;
use std::path::Path;

/// A model of the experiment: what it is called, what it sees, how it is fitted.
pub struct Planned {
    /// Its section of the file.
    pub section: ModelSection,
    /// Its rows and columns.
    pub data: Dataset,
    /// Steps and classifier.
    pub model: Box<dyn Model>,
}

/// Makes the model of a section.
///
/// # Errors
/// Those of the registry, and of joining table and cohort.
pub(crate) fn plan(
    file: &ExperimentFile,
    section: &ModelSection,
    registry: &Registry,
    folder: &Path,
    prepared: &Prepared,
    cohort: &Cohort,
) -> Result<Planned> {
    let pipeline = &file.pipelines[&section.pipeline];
    let steps =
        pipeline.steps.iter().map(|stage| registry.table_steps.make(stage, "", folder)).collect::<Result<Vec<_>>>()?;
    let model = registry.models.make(&pipeline.model, "", folder)?;
    let table = columns_of(prepared, &section.blocks, &section.columns)?;
    Ok(Planned {
        section: section.clone(),
        data: Dataset::new(&table, cohort)?,
        model: Box::new(Pipeline { steps, model }),
    })
}
