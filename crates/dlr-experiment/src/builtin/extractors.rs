//! `radiomics`, `radiomics-ibsi` and `resnet`.

use crate::registry::Params;
use dlr_core::{FeatureExtractor, Result};
use dlr_deep::{DeepConfig, DeepExtractor};
use dlr_radiomics::{
    RadiomicsExtractor, Setting,
    ibsi::{IbsiCaseExtractor, IbsiParams},
    pyradiomics::Params as RadiomicsParams,
};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Parameters of the extractors `radiomics` and `radiomics-ibsi`.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `mask` | | the region |
/// | `roi` | the block's name | the first part of the columns |
/// | `params` | pyradiomics' defaults | a parameter file of the profile: `setting`, `imageType`, `featureClass` of pyradiomics, or `bins` (which must be chosen), `aggregations` and so on of `ibsi` |
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RadiomicsStage {
    mask: String,
    roi: Option<String>,
    #[serde(default)]
    params: Table,
}

pub(super) fn radiomics(params: &Params<'_>) -> Result<Box<dyn FeatureExtractor>> {
    let stage: RadiomicsStage = params.read()?;
    let roi = stage.roi.as_deref().unwrap_or(params.block);
    let settings = RadiomicsParams::from_setting(&setting(&Value::Table(stage.params.clone())))?;
    // Every setting, but the classes and image types as the file has them: their order is that of the columns, and a
    // table of TOML would sort them.
    let mut told = stage.params;
    if let Value::Table(all) = value(&settings.to_setting()) {
        told.extend(all.into_iter().filter(|(section, _)| section == "setting" || section == "voxelSetting"));
    }
    params.resolved.borrow_mut().insert("params".into(), Value::Table(told));
    Ok(Box::new(RadiomicsExtractor::new(settings, &[(stage.mask.as_str(), roi)])?))
}

/// The profile `ibsi`, on the original image.
pub(super) fn radiomics_ibsi(params: &Params<'_>) -> Result<Box<dyn FeatureExtractor>> {
    let stage: RadiomicsStage = params.read()?;
    let roi = stage.roi.as_deref().unwrap_or(params.block);
    let settings = IbsiParams::from_setting(&setting(&Value::Table(stage.params)))?;
    Ok(Box::new(IbsiCaseExtractor::new(settings, &[(stage.mask.as_str(), roi)])?))
}

/// A TOML value as the tree that parameter files of any format are read from. TOML has no null: `"null"` stands for it.
fn setting(value: &Value) -> Setting {
    match value {
        Value::String(text) if text == "null" => Setting::Null,
        Value::String(text) => Setting::Text(text.clone()),
        Value::Integer(number) => Setting::Whole(*number),
        Value::Float(number) => Setting::Number(*number),
        Value::Boolean(flag) => Setting::Bool(*flag),
        Value::Datetime(date) => Setting::Text(date.to_string()),
        Value::Array(items) => Setting::List(items.iter().map(setting).collect()),
        Value::Table(table) => Setting::Map(table.iter().map(|(key, v)| (key.clone(), setting(v))).collect()),
    }
}

/// The other way.
fn value(setting: &Setting) -> Value {
    match setting {
        Setting::Null => Value::String("null".into()),
        Setting::Bool(flag) => Value::Boolean(*flag),
        Setting::Number(number) => Value::Float(*number),
        Setting::Whole(number) => Value::Integer(*number),
        Setting::Text(text) => Value::String(text.clone()),
        Setting::List(items) => Value::Array(items.iter().map(value).collect()),
        Setting::Map(entries) => Value::Table(entries.iter().map(|(key, v)| (key.clone(), value(v))).collect()),
    }
}

/// Parameters of the extractor `resnet`: those of [`DeepConfig`], and where the weights come from.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `weights` | `embedded` | `embedded` (brain-MRI pre-training, deepbet) or `random` (the control) |
/// | `weights_seed` | 0 | seed of random weights |
#[derive(Debug, Serialize, Deserialize)]
struct ResNetStage {
    #[serde(default)]
    weights: WeightsFrom,
    #[serde(default)]
    weights_seed: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WeightsFrom {
    #[default]
    Embedded,
    Random,
}

pub(super) fn resnet(params: &Params<'_>) -> Result<Box<dyn FeatureExtractor>> {
    let stage: ResNetStage = params.read()?;
    // What is left is the network's own; it refuses keys that it does not know.
    let mut table = params.table.clone();
    table.remove("weights");
    table.remove("weights_seed");
    let config: DeepConfig = Params { table: &table, ..*params }.read()?;
    Ok(Box::new(match stage.weights {
        WeightsFrom::Embedded => DeepExtractor::embedded(config)?,
        WeightsFrom::Random => DeepExtractor::random(config, stage.weights_seed)?,
    }))
}
