//! From names in the experiment file to models that can be fitted.

use crate::{
    config::{ExperimentFile, ModelSection},
    make::Maker,
    prepare::{Prepared, columns_of},
    registry::Registry,
};
use dlr_core::{Cohort, Dataset, Model, Result};
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
    let maker = Maker { file, registry, folder, prepared: Some(prepared) };
    let (model, _) = maker.pipeline(&file.pipelines[&section.pipeline])?;
    let table = columns_of(prepared, &section.blocks, &section.columns)?;
    Ok(Planned { section: section.clone(), data: Dataset::new(&table, cohort)?, model })
}
