//! The experiment as it will run: every parameter of every stage, defaults included.

use crate::{config::ExperimentFile, images::make, make::Maker, registry::Registry};
use dlr_core::Result;
use std::path::Path;

/// Writes the defaults that each stage takes into its section.
///
/// # Errors
/// Those of the registry and the factories: a file that resolves is one that can be made.
pub(crate) fn resolve(file: &ExperimentFile, registry: &Registry, folder: &Path) -> Result<ExperimentFile> {
    let mut file = file.clone();
    for stage in &mut file.image {
        *stage = make(&registry.image_steps, &registry.image_learners, stage, "", folder)?.1;
    }
    for (block, stage) in &mut file.features {
        *stage = make(&registry.extractors, &registry.learners, stage, block, folder)?.1;
    }
    let maker = Maker { file: &file.clone(), registry, folder, prepared: None };
    for pipeline in file.pipelines.values_mut() {
        *pipeline = maker.pipeline(pipeline)?.1;
    }
    let splitter = &mut file.validation.splitter;
    *splitter = registry.splitters.make_resolved(splitter, "", folder)?.1;
    Ok(file)
}
