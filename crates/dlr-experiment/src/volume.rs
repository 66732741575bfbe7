//! Which column is the volume of the tumour, and the model that sees nothing else: what every other model must beat.

use crate::{
    config::{ExperimentFile, ModelSection, PipelineSection, Stage},
    mistakes::known,
    prepared::Prepared,
};
use dlr_core::{FeatureName, Result};
use toml::{Table, Value};

/// The pipeline of a baseline that the run adds.
const PIPELINE: &str = "volume-alone";
/// Names of volume features, the preferred one first.
const VOLUMES: [&str; 3] = ["VoxelVolume", "MeshVolume", "Volume"];

/// The block and the column of the volume: what `[audits] volume` names, else a volume feature of `intra`, else of any
/// block in alphabetical order. `None` where there is none.
///
/// # Errors
/// [`dlr_core::Code::UnknownName`] where the named column is not there.
pub(crate) fn column(file: &ExperimentFile, prepared: &Prepared) -> Result<Option<(String, FeatureName)>> {
    let columns = || prepared.blocks.iter().flat_map(|(block, table)| table.names().iter().map(move |n| (block, n)));
    let owned = |(block, name): (&String, &FeatureName)| (block.clone(), name.clone());
    if let Some(wanted) = &file.audits.volume {
        let names: Vec<String> = columns().map(|(_, name)| name.to_string()).collect();
        known("column of the volume", wanted, names.iter())?;
        return Ok(columns().find(|(_, name)| name.to_string() == *wanted).map(owned));
    }
    let preferred = VOLUMES.iter().flat_map(|volume| {
        let is_volume =
            move |(_, name): &(&String, &FeatureName)| name.feature() == *volume && name.variant().is_none();
        columns().filter(is_volume)
    });
    let (of_tumour, of_others): (Vec<_>, Vec<_>) = preferred.partition(|(_, name)| name.roi() == "intra");
    Ok(of_tumour.into_iter().chain(of_others).next().map(owned))
}

/// Whether a model sees the volume and nothing else.
pub(crate) fn is_alone(section: &ModelSection, volume: &FeatureName) -> bool {
    section.columns == [volume.to_string()]
}

/// Adds the model of volume alone to the baselines, unless one is there or there is no volume.
///
/// # Errors
/// Those of [`column`].
pub(crate) fn add_baseline(file: &mut ExperimentFile, prepared: &Prepared) -> Result<()> {
    let Some((block, name)) = column(file, prepared)? else { return Ok(()) };
    if file.models.iter().chain(&file.baselines).any(|section| is_alone(section, &name)) {
        return Ok(());
    }
    let is_taken = |name: &str| file.models.iter().chain(&file.baselines).any(|section| section.name == name);
    let model = ["volume", "volume-alone", "volume-alone-2"].into_iter().find(|name| !is_taken(name));
    let Some(model) = model else { return Ok(()) };
    let stage = |stage: &str| Stage { stage: stage.into(), params: Table::new() };
    let balanced = Table::from_iter([("class_weight".to_owned(), Value::String("balanced".into()))]);
    file.pipelines.entry(PIPELINE.into()).or_insert_with(|| PipelineSection {
        tuning: Default::default(),
        steps: vec![stage("impute"), stage("zscore")],
        model: Stage { stage: "logistic".into(), params: balanced },
    });
    file.baselines.push(ModelSection {
        name: model.into(),
        title: "Volume alone".into(),
        blocks: vec![block],
        columns: vec![name.to_string()],
        pipeline: PIPELINE.into(),
    });
    Ok(())
}
