//! Frozen models on new cases: the same preparation, the same columns, the same bits as in the run that froze them.

use crate::{
    bundle::{Bundle, UNLIKE},
    cache::{self, Cache},
    config::{ExperimentFile, ModelSection, ShapSection},
    explain::explain,
    failed::Failed,
    images::{Images, Side},
    mistakes::known,
    prepare::Preparation,
    prepared::{Prepared, columns_of},
    progress::Progress,
    registry::Registry,
};
use dlr_core::{Attribution, Code, Error, Form, Frozen, Result};
use dlr_evaluation::{Conformal, ConformalSet, Novelty};
use dlr_modelling::Thaw;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};
use toml::Value;

/// Where prediction reads and writes.
pub struct PredictPlaces<'a> {
    /// The folder `model` of a run, or the run folder.
    pub model: &'a Path,
    /// The manifest of the new cases.
    pub manifest: &'a Path,
    /// Computed features are kept here.
    pub cache: &'a Path,
    /// Tables of the new cases, by feature block, for blocks that are read from a table beside the cohort's own.
    pub tables: &'a BTreeMap<String, PathBuf>,
    /// Where the map of each case is written, where maps are wanted.
    pub maps: Option<&'a Path>,
}

/// What a model says of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePrediction {
    /// The case.
    pub id: String,
    /// The model.
    pub model: String,
    /// Probability of the positive class.
    pub probability: f64,
    /// Whether that is called positive.
    pub called_positive: bool,
    /// The classes that cannot be ruled out at an error rate of 10 % in each class.
    pub set: Option<ConformalSet>,
    /// Share of training cases at least as far from the middle of them; small means unlike them.
    pub novelty_p: Option<f64>,
}

impl CasePrediction {
    /// Whether the case is so unlike those of training that its prediction should not be used.
    pub fn is_unlike_training(&self) -> bool {
        self.novelty_p.is_some_and(|p| p < UNLIKE)
    }
}

/// What models say of new cases.
pub struct PredictedCohort {
    /// Row by row: models in the order of the experiment, cases in the order of the manifest.
    pub rows: Vec<CasePrediction>,
    /// Contributions by model, against a made-up case of training means; none from a model without columns.
    pub attributions: Vec<(String, Attribution)>,
    /// Cut of each model.
    pub thresholds: Vec<(String, f64)>,
    /// What 1 and 0 mean.
    pub classes: (String, String),
    /// What a reader should know of a case: a category that training did not have, a region cut by the image's edge.
    pub notes: BTreeMap<String, Vec<String>>,
    /// Cases that could not be read or computed, in the order of the manifest.
    pub failed: Vec<Failed>,
}

/// Predicts the cases of a manifest by the models named, or by the explained one where none is named.
///
/// # Errors
/// [`Code::FileMissing`] where there is no frozen model, [`Code::UnknownName`] for a model that is not there,
/// [`Code::TableMismatch`] where the features are not those of the run; those of the stages. A failing case is no error:
/// it is listed.
pub fn predict(
    places: &PredictPlaces<'_>,
    models: &[String],
    registry: &Registry,
    thaw: &Thaw,
    progress: &dyn Progress,
) -> Result<PredictedCohort> {
    let folder = model_folder(places.model)?;
    let mut file = experiment_of(&folder)?;
    let wanted = models_wanted(&file, models)?;
    let sections = file.models.iter().chain(&file.baselines);
    let wanted: Vec<ModelSection> = sections.filter(|section| wanted.contains(&section.name)).cloned().collect();
    let blocks: BTreeSet<&str> = wanted.iter().flat_map(|section| &section.blocks).map(String::as_str).collect();
    places.tables.keys().try_for_each(|block| known("feature block", block, file.features.keys()))?;
    of_new_cases(&mut file, places, &blocks)?;
    let mut preparation = Preparation::new(&file, registry, places.manifest.parent().unwrap_or(Path::new("")))?;
    preparation.keep_blocks(&blocks);
    preparation.thaw(&learned_images(&folder)?)?;
    let (cohort, _) = preparation.source().cohort()?;
    let (prepared, failed) =
        preparation.features(Side { cohort: &cohort, fold: None }, &Cache::new(places.cache), progress)?;
    let images = preparation.images(Side { cohort: &cohort, fold: None })?;
    let mut predicted = PredictedCohort {
        rows: Vec::new(),
        attributions: Vec::new(),
        thresholds: Vec::new(),
        classes: (file.cohort.positive.clone(), file.cohort.negative.clone()),
        notes: prepared.notes.clone(),
        failed,
    };
    if predicted.failed.len() == cohort.len() {
        return Ok(predicted);
    }
    for section in &wanted {
        let model = FrozenModel::open(&folder, &section.name, thaw)?;
        let table = model.columns(&prepared, &section.blocks, &section.columns)?;
        model.predict(&section.name, &table, file.seed, &mut predicted)?;
        if let (Some(maps), true) = (places.maps, section.name == file.report.explain) {
            write_maps(maps, &model, &file, registry, &images, table.cases(), progress)?;
        }
    }
    Ok(predicted)
}

/// The states of the image steps that learned in the run; none where no step did.
fn learned_images(folder: &Path) -> Result<Vec<Frozen>> {
    let name = "image-steps.learned.json";
    let text = match fs::read_to_string(folder.join(name)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::new(Code::FileMissing, format!("`{name}` cannot be read")).found(error)),
    };
    serde_json::from_str(&text).map_err(|e| Error::new(Code::FileCorrupt, format!("`{name}` is damaged: {e}")))
}

fn model_folder(given: &Path) -> Result<PathBuf> {
    let inside = given.join("model");
    [inside, given.to_owned()]
        .into_iter()
        .find(|folder| folder.join("config.resolved.toml").is_file() && folder.join("model-card.md").is_file())
        .ok_or_else(|| {
            let name = given.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Error::new(Code::FileMissing, format!("`{name}` holds no frozen model")).expected(
                "the folder `model` of a run, with config.resolved.toml, model-card.md and one file per model",
            )
        })
}

/// The experiment as it was run.
fn experiment_of(folder: &Path) -> Result<ExperimentFile> {
    let text = fs::read_to_string(folder.join("config.resolved.toml"))
        .map_err(|e| Error::new(Code::FileMissing, format!("config.resolved.toml cannot be read: {e}")))?;
    ExperimentFile::parse(&text, &[])
}

/// Puts the new cases in the place of the run's: its source, and the tables that wanted blocks are read from.
fn of_new_cases(file: &mut ExperimentFile, places: &PredictPlaces<'_>, wanted: &BTreeSet<&str>) -> Result<()> {
    let name = places.manifest.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let old = file.cohort.params.get("path").cloned();
    // Sources that do not read a file (a phantom) are replaced by a manifest with the same names of masks.
    if old.is_none() {
        file.cohort.source = "manifest".into();
        file.cohort.params.clear();
    }
    if file.cohort.source == "table" {
        // What is to be predicted is not asked for.
        file.cohort.params.insert("label".into(), "".into());
    }
    file.cohort.params.insert("path".into(), Value::String(name.clone()));
    if file.cohort.source == "manifest" {
        // One patient whose file is missing does not keep the others waiting: that row says so.
        file.cohort.params.insert("absent_files".into(), "fail-case".into());
    }
    for (block, stage) in file.features.iter_mut().filter(|(_, stage)| stage.stage == "table") {
        let path = match places.tables.get(block) {
            Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).to_string_lossy().into_owned(),
            // The table of the cohort holds its features too, and so does that of the new cases.
            None if stage.params.get("path") == old.as_ref() => name.clone(),
            None if wanted.contains(block.as_str()) => {
                return Err(Error::new(Code::FileMissing, format!("block `{block}` is read from a table of its own"))
                    .expected("a table with the same columns of the new cases")
                    .hint(format!("--table {block}=FILE.csv")));
            }
            None => continue,
        };
        stage.params.insert("path".into(), Value::String(path));
    }
    Ok(())
}

fn models_wanted(file: &ExperimentFile, named: &[String]) -> Result<Vec<String>> {
    let all: Vec<String> = file.models.iter().chain(&file.baselines).map(|model| model.name.clone()).collect();
    if named.iter().any(|name| name == "all") {
        return Ok(all);
    }
    named.iter().try_for_each(|name| known("model", name, all.iter()))?;
    if !named.is_empty() {
        return Ok(all.into_iter().filter(|name| named.contains(name)).collect());
    }
    let explained = file.models.iter().find(|model| model.name == file.report.explain);
    Ok(explained.or(file.models.last()).map(|model| model.name.clone()).into_iter().collect())
}

struct FrozenModel {
    bundle: Bundle,
    fitted: Box<dyn dlr_core::FittedModel>,
    novelty: Option<Novelty>,
}

impl FrozenModel {
    fn open(folder: &Path, name: &str, thaw: &Thaw) -> Result<Self> {
        let text = fs::read_to_string(folder.join(format!("{name}.json")))
            .map_err(|e| Error::new(Code::FileMissing, format!("frozen model `{name}.json` cannot be read: {e}")))?;
        let bundle = Bundle::parse(&text)?;
        let configuration = fs::read_to_string(folder.join("config.resolved.toml")).unwrap_or_default();
        if bundle.configuration != cache::key(&[&configuration]) {
            return Err(Error::new(
                Code::FileCorrupt,
                "config.resolved.toml is not the one that the model was frozen with",
            )
            .expected("the file as the run wrote it: it says how new cases are prepared")
            .found("another text")
            .hint("copy the folder `model` of the run again; to prepare cases otherwise, run the experiment anew"));
        }
        let fitted = thaw.model(&bundle.model)?;
        let novelty = bundle.novelty.clone().map(Novelty::thaw).transpose()?;
        Ok(FrozenModel { bundle, fitted, novelty })
    }

    /// The columns that the model was given, of the new cases.
    fn columns(&self, prepared: &Prepared, blocks: &[String], columns: &[String]) -> Result<dlr_core::FeatureTable> {
        let table = columns_of(prepared, blocks, columns)?;
        // A table of the new cases may have more columns, or others in between.
        if let Ok(table) = table.select(&self.bundle.columns) {
            return Ok(table);
        }
        let odd = self.bundle.columns.iter().find(|name| table.position(name).is_none());
        Err(Error::new(Code::TableMismatch, "the features of the new cases are not those that the model learned from")
            .expected(format!("{} columns", self.bundle.columns.len()))
            .found(match odd {
                Some(name) => format!("{} columns, without `{name}`", table.n_features()),
                None => format!("{} columns", table.n_features()),
            })
            .hint("predict with the version of dlr that froze the model"))
    }

    fn predict(
        &self,
        name: &str,
        table: &dlr_core::FeatureTable,
        seed: u64,
        predicted: &mut PredictedCohort,
    ) -> Result<()> {
        let predictions = self.fitted.predict(table)?;
        let filled = self.bundle.filled(table)?;
        let novelty = self.novelty.as_ref().map(|novelty| novelty.score(&filled)).transpose()?;
        let conformal: Option<Conformal> = self.bundle.conformal.map(Conformal::from);
        for (row, (id, probability)) in predictions.cases().iter().zip(predictions.scores()).enumerate() {
            predicted.rows.push(CasePrediction {
                id: id.clone(),
                model: name.to_owned(),
                probability: *probability,
                called_positive: *probability >= self.bundle.threshold.value,
                set: conformal.map(|rule| rule.set(*probability)),
                novelty_p: novelty.as_ref().map(|scores| scores[row].p),
            });
        }
        predicted.thresholds.push((name.to_owned(), self.bundle.threshold.value));
        let explained =
            explain(self.fitted.as_ref(), &self.bundle.background(table)?, &filled, ShapSection::default(), seed)?;
        predicted.attributions.extend(explained.map(|e| (name.to_owned(), e.attribution)));
        Ok(())
    }
}

fn write_maps(
    folder: &Path,
    model: &FrozenModel,
    file: &ExperimentFile,
    registry: &Registry,
    images: &Images<'_>,
    cases: &[String],
    progress: &dyn Progress,
) -> Result<()> {
    let (Some(stage), Form::Linear(form)) = (file.features.get(&file.report.cam_block), model.fitted.form()) else {
        progress.note("no maps: this model has no linear form on a mapped block");
        return Ok(());
    };
    let extractor = registry.extractors.make(stage, &file.report.cam_block, Path::new(""))?;
    dlr_io::make_folder(folder)?;
    progress.stage("maps", cases.len());
    for id in cases {
        if let Some(map) = extractor.saliency(&images.case(id)?, &form)? {
            dlr_io::write_volume(&folder.join(format!("{id}.nii.gz")), &map)?;
        }
        progress.step(id);
    }
    Ok(())
}
