//! [`ExperimentFile`]: the TOML file of an experiment as plain data. It knows keys and defaults; what a stage does with
//! its parameters is the registry's affair.

use crate::mistakes::{known, of_keys};
use dlr_core::{Code, Error, Result};
use dlr_interpret::{LinearConvention, TreeConvention};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};
use toml::{Table, Value};

/// A whole experiment. `--set a.b=c` changes one key before it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentFile {
    /// Name of the run folder: letters, digits, `-` and `_`.
    pub name: String,
    /// Title of the report.
    pub title: String,
    /// What is asked, in one sentence.
    pub question: String,
    /// The seed of everything random.
    pub seed: u64,
    /// Who takes part.
    pub cohort: CohortSection,
    /// Image steps, in order.
    #[serde(default)]
    pub image: Vec<ImageStage>,
    /// Feature blocks by name.
    pub features: BTreeMap<String, Stage>,
    /// Table steps and a model, by name: what the models below are made of.
    pub pipelines: BTreeMap<String, PipelineSection>,
    /// The models, in the order of the report.
    pub models: Vec<ModelSection>,
    /// Cheap models that the others must beat, for example volume alone.
    #[serde(default)]
    pub baselines: Vec<ModelSection>,
    /// How models are judged.
    pub validation: ValidationSection,
    /// Factors whose levels are judged apart, for example age, sex and site.
    #[serde(default)]
    pub subgroups: Vec<SubgroupSection>,
    /// What the audits cannot know by themselves.
    #[serde(default)]
    pub audits: AuditSection,
    /// What the report shows.
    #[serde(default)]
    pub report: ReportSection,
}

/// Where the cases come from and what their label means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortSection {
    /// Registered name of the source.
    #[serde(default = "manifest")]
    pub source: String,
    /// Parameters of the source; paths in it are relative to the experiment file.
    pub params: Table,
    /// What label 1 means.
    pub positive: String,
    /// What label 0 means.
    pub negative: String,
    /// Why a case without a label is left out, as the flow chart says it.
    #[serde(default = "no_label")]
    pub unlabelled_reason: String,
    /// What happens where a case cannot be read or computed.
    #[serde(default)]
    pub failing: Failing,
}

/// What happens where a case cannot be read or computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failing {
    /// The run ends with the error, and no run folder appears.
    #[default]
    Stop,
    /// The case is left out, with its error as the reason in the flow chart; the program's exit status says so.
    Exclude,
}

/// A stage: its registered name and its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Registered name.
    pub stage: String,
    /// Everything else in the table.
    #[serde(flatten)]
    pub params: Table,
}

/// An image step.
pub type ImageStage = Stage;

/// Table steps in order, then a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineSection {
    /// Table steps, fitted in this order inside each training fold.
    #[serde(default)]
    pub steps: Vec<Stage>,
    /// The classifier.
    pub model: Stage,
    /// How values are chosen where a stage has a `tune` table.
    #[serde(default)]
    pub tuning: TuningSection,
}

/// How inner cross-validation chooses among the values that stages list under `tune`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuningSection {
    /// Inner folds, stratified, by patient.
    pub n_folds: usize,
    /// `auc` or `log-loss`.
    pub measure: dlr_modelling::validation::TuneMeasure,
}

impl Default for TuningSection {
    fn default() -> Self {
        TuningSection { n_folds: 5, measure: Default::default() }
    }
}

/// A model: which feature blocks it sees, through which pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// Key in `metrics.json`, for example `dlr`.
    pub name: String,
    /// Name in the report.
    pub title: String,
    /// Feature blocks, side by side.
    pub blocks: Vec<String>,
    /// Only these columns of the blocks; all where empty.
    #[serde(default)]
    pub columns: Vec<String>,
    /// A name of `pipelines`.
    pub pipeline: String,
}

/// How models are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationSection {
    /// The splitter of the training patients.
    pub splitter: Stage,
    /// `youden`, or `sensitivity-0.90`: how the threshold is chosen from training scores; or a cut from 0 to 1.
    #[serde(default = "youden", deserialize_with = "text_or_number")]
    pub threshold: String,
    /// How often the labels are permuted for the null run; 0 for none.
    #[serde(default)]
    pub permutations: usize,
    /// Bootstrap samples of patients in which every model is fitted anew, for the optimism of its apparent AUC and its
    /// .632+ estimate; 0 for none.
    #[serde(default)]
    pub optimism: usize,
    /// Shares of the training patients of each fold for a learning curve, in ascending order; empty for none.
    #[serde(default)]
    pub learning_curve: Vec<f64>,
    /// What is expected of a model where the number of patients is judged; costs nothing and is always done.
    #[serde(default)]
    pub sample_size: SampleSizeSection,
}

/// What the criteria of Riley et al. (2019, 2020) need to know before there is a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SampleSizeSection {
    /// Expected R² of Nagelkerke; 0.15 is what they propose where nothing is known.
    pub nagelkerke_r2: f64,
    /// Smallest uniform shrinkage of the coefficients that is accepted.
    pub shrinkage: f64,
}

impl Default for SampleSizeSection {
    fn default() -> Self {
        SampleSizeSection { nagelkerke_r2: 0.15, shrinkage: 0.9 }
    }
}

impl ValidationSection {
    fn check(&self) -> Result<()> {
        let refuse = |key: &str, found: String, range: &str| {
            Err(Error::new(Code::Parameter, format!("`validation.{key}` is {found}")).expected(range))
        };
        let shares = &self.learning_curve;
        let is_share = |share: &f64| *share > 0.0 && *share <= 1.0;
        if !shares.iter().all(is_share) || shares.windows(2).any(|pair| pair[0] >= pair[1]) {
            return refuse("learning_curve", format!("{shares:?}"), "shares above 0 and at most 1, in ascending order");
        }
        let SampleSizeSection { nagelkerke_r2, shrinkage } = self.sample_size;
        if !(shrinkage > 0.0 && shrinkage < 1.0) {
            return refuse("sample_size.shrinkage", shrinkage.to_string(), "between 0 and 1");
        }
        // An R² of Cox and Snell is at most 0.75, and no shrinkage below it can be asked for.
        let limit = (shrinkage / 0.75).min(1.0);
        if !(nagelkerke_r2 > 0.0 && nagelkerke_r2 < limit) {
            return refuse("sample_size.nagelkerke_r2", nagelkerke_r2.to_string(), &format!("between 0 and {limit}"));
        }
        crate::rules::check(&self.threshold)
    }
}

/// A factor of the subgroup analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubgroupSection {
    /// A clinical column of the cohort, or `center`.
    pub column: String,
    /// Where a number is cut in two: a value of the protocol, or `median`, of the training cases only. Text has no cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// A level with fewer positive or negative cases has no estimate, only counts.
    #[serde(default = "ten")]
    pub min_per_class: usize,
}

/// Where a number is cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cut {
    /// At this value: below it, and from it on.
    At(f64),
    /// `median`: that of the training cases.
    Rule(String),
}

/// What the audits cannot know by themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSection {
    /// The column that is the volume of the tumour; found by its name where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Columns known only after the examination, whatever their name says: they must not be predictors.
    pub post_baseline: Vec<String>,
    /// Columns that were checked: known before the examination, whatever their name says.
    pub vetted: Vec<String>,
}

/// A cut may be written as the number that it is.
fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(text),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        other => Err(serde::de::Error::custom(format!("{}, expected a rule or a number", other.type_str()))),
    }
}

fn ten() -> usize {
    10
}

/// What the report shows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSection {
    /// Maps are drawn of this many patients.
    pub cam_cases: usize,
    /// The model whose maps and attributions are shown first.
    pub explain: String,
    /// The feature block whose network is mapped.
    pub cam_block: String,
    /// The mask that is outlined as the tumour.
    pub tumour: String,
    /// The mask that is outlined around it.
    pub ring: Option<String>,
    /// Regions (expressions over masks, as of the step `masks`) in which the maps of all external cases are localised.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub localise: Vec<String>,
    /// Pairs of models, first minus second, that were declared in advance: tested with Holm's correction over them, and told
    /// on the first page. Where empty, every pair is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<[String; 2]>,
    /// Whether image, regions and map of these patients are set into the report for a 3D viewer: whoever has the report
    /// then has the images.
    pub viewer: bool,
    /// How contributions of features are counted.
    pub shap: ShapSection,
}

/// How contributions of features are counted: what leaving a feature out means, and whether pairs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShapSection {
    /// In a linear model: `interventional` or `correlation-dependent`.
    pub linear: LinearConvention,
    /// In a sum of trees: `interventional` or `path-dependent`.
    pub trees: TreeConvention,
    /// Whether interactions of pairs are computed for sums of trees; a linear model has none.
    pub interactions: bool,
}

fn manifest() -> String {
    "manifest".into()
}

fn no_label() -> String {
    "label not available".into()
}

fn youden() -> String {
    "youden".into()
}

impl ExperimentFile {
    /// Reads a file's text, after setting keys: each of `sets` is `key=value`, with dots between nested keys.
    ///
    /// # Errors
    /// [`Code::ParameterFile`] with line and column for bad TOML, an unknown or missing key; [`Code::UnknownName`] for
    /// a model that names a block or pipeline that is not there.
    pub fn parse(text: &str, sets: &[String]) -> Result<Self> {
        let mut table: Table = toml::from_str(text).map_err(|e| unreadable(&e))?;
        for set in sets {
            apply(&mut table, set)?;
        }
        // Where nothing was set, the original text is read, so that messages point at its lines.
        let file: ExperimentFile = if sets.is_empty() {
            toml::from_str(text).map_err(|e| unreadable(&e))?
        } else {
            table.try_into().map_err(|e| unreadable(&e))?
        };
        file.check()?;
        Ok(file)
    }

    /// The file as text, without a path of the machine: of an absolute path only the last part is written.
    ///
    /// # Errors
    /// [`Code::ParameterFile`] where TOML cannot hold it.
    pub fn resolved(&self) -> Result<String> {
        let mut file = self.clone();
        file.cohort.params.iter_mut().for_each(|(_, value)| base_names(value));
        // Where a cohort lies says something of the machine, also from where the experiment file lies.
        if let Some(Value::String(path)) = file.cohort.params.get_mut("path") {
            *path = Path::new(path.as_str()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        file.image.iter_mut().chain(file.features.values_mut()).for_each(|stage| {
            stage.params.iter_mut().for_each(|(_, value)| base_names(value));
        });
        file.validation.splitter.params.iter_mut().for_each(|(_, value)| base_names(value));
        let cut = "# Every parameter of every stage as it ran. Folders are cut off names of files: to run this file again, give them \
                   back,\n# for example with `--set cohort.params.path=FOLDER/cohort.csv`.\n\n";
        toml::to_string_pretty(&file)
            .map(|text| format!("{cut}{text}"))
            .map_err(|e| Error::new(Code::ParameterFile, format!("the resolved configuration cannot be written: {e}")))
    }

    fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err(Error::new(Code::ParameterFile, format!("`name` is `{}`", self.name))
                .expected("letters, digits, `-` and `_`: it becomes the name of a folder"));
        }
        let CohortSection { positive, negative, .. } = &self.cohort;
        if positive.trim().is_empty() || negative.trim().is_empty() || positive.trim() == negative.trim() {
            return Err(Error::new(
                Code::ParameterFile,
                "`cohort.positive` and `cohort.negative` do not name two classes",
            )
            .expected("two different names, as `high grade` and `low grade`")
            .found(format!("`{positive}` and `{negative}`")));
        }
        if self.title.trim().is_empty() {
            return Err(Error::new(Code::ParameterFile, "`title` is empty").expected("a title for the report"));
        }
        let named = self.models.iter().chain(&self.baselines).map(|model| &model.name);
        for name in named.chain(self.features.keys()).chain(self.pipelines.keys()) {
            if name.is_empty() || !name.chars().all(plain) {
                return Err(Error::new(
                    Code::ParameterFile,
                    format!("`{name}` cannot name a model, block or pipeline"),
                )
                .expected("letters, digits, `-` and `_`"));
            }
        }
        let mut names = std::collections::BTreeSet::new();
        for model in self.models.iter().chain(&self.baselines) {
            if !names.insert(&model.name) {
                return Err(Error::new(Code::ParameterFile, format!("two models are named `{}`", model.name)));
            }
            for block in &model.blocks {
                known("feature block", block, self.features.keys())?;
            }
            known("pipeline", &model.pipeline, self.pipelines.keys())?;
        }
        if self.models.is_empty() {
            return Err(Error::new(Code::ParameterFile, "an experiment needs at least one entry in `models`"));
        }
        let report = &self.report;
        let is_mapped = report.cam_cases > 0 || !report.localise.is_empty();
        if is_mapped || !report.cam_block.is_empty() {
            known("feature block", &report.cam_block, self.features.keys())?;
        }
        for pair in &report.compare {
            for name in pair {
                known("model", name, self.models.iter().chain(&self.baselines).map(|m| &m.name))?;
            }
        }
        for region in &report.localise {
            dlr_imaging::regions::RegionExpression::parse(region)
                .map_err(|error| error.hint("`report.localise` in the experiment file has it"))?;
        }
        if is_mapped || !report.explain.is_empty() {
            known("model", &report.explain, self.models.iter().map(|m| &m.name))?;
        }
        self.validation.check()
    }
}

fn base_names(value: &mut Value) {
    match value {
        Value::String(text) if Path::new(text.as_str()).is_absolute() => {
            *text = Path::new(text.as_str()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        Value::Array(items) => items.iter_mut().for_each(base_names),
        Value::Table(table) => table.iter_mut().for_each(|(_, inner)| base_names(inner)),
        _ => {}
    }
}

fn unreadable(error: &toml::de::Error) -> Error {
    let text = error.to_string();
    let place =
        text.lines().next().filter(|line| line.contains("line ")).map(|line| line.replace("TOML parse error ", ""));
    let place = place.map(|place| format!(" {place}")).unwrap_or_default();
    of_keys(&format!("the experiment file{place}"), error.message())
}

fn apply(table: &mut Table, set: &str) -> Result<()> {
    let bad = || Error::new(Code::ParameterFile, format!("`--set {set}` is not understood"));
    let (path, text) = set.split_once('=').ok_or_else(|| bad().expected("key=value"))?;
    // A bare word is a string; everything else is TOML.
    let value = toml::from_str::<Table>(&format!("v = {text}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    let keys: Vec<&str> = path.trim().split('.').collect();
    let (last, parents) = keys.split_last().ok_or_else(bad)?;
    let mut here = Value::Table(std::mem::take(table));
    let mut target = &mut here;
    for key in parents {
        let missing = || bad().hint(format!("there is no `{key}` on the way"));
        target = match target {
            Value::Table(inner) => inner.entry((*key).to_owned()).or_insert_with(|| Value::Table(Table::new())),
            Value::Array(items) => {
                let index: usize = key.parse().map_err(|_| missing())?;
                items.get_mut(index).ok_or_else(missing)?
            }
            _ => return Err(missing()),
        };
    }
    match target {
        Value::Table(inner) => {
            inner.insert((*last).to_owned(), value);
        }
        Value::Array(items) => {
            let slot = last.parse().ok().and_then(|i: usize| items.get_mut(i));
            *slot.ok_or_else(|| bad().hint("the list is shorter"))? = value;
        }
        _ => return Err(bad()),
    }
    if let Value::Table(whole) = here {
        *table = whole;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
name = "demo"
title = "A demonstration"
question = "Does it run?"
seed = 1
cohort = { params = { path = "cohort.csv" }, positive = "high", negative = "low" }
models = [{ name = "intra", title = "Intratumoral", blocks = ["intra"], pipeline = "plain" }]
[[image]]
stage = "resample"
spacing_mm = [1.0, 1.0, 1.0]
[features.intra]
stage = "radiomics"
mask = "mass"
[pipelines.plain]
model = { stage = "logistic", c = 1.0 }
[validation]
splitter = { stage = "stratified-kfold", n_folds = 5 }
"#;

    #[test]
    fn reads_sets_and_writes_itself() {
        let file = ExperimentFile::parse(FILE, &[]).unwrap();
        assert_eq!(file.validation.threshold, "youden");
        let sets = ["seed=7", "pipelines.plain.model.c=0.5", "image.0.stage=n4"].map(String::from);
        let changed = ExperimentFile::parse(FILE, &sets).unwrap();
        assert_eq!(changed.seed, 7);
        assert_eq!(changed.image[0].stage, "n4");
        assert_eq!(changed.pipelines["plain"].model.params["c"].as_float(), Some(0.5));
        assert_eq!(ExperimentFile::parse(&changed.resolved().unwrap(), &[]).unwrap(), changed);
    }

    #[test]
    fn refuses_shares_and_expectations_out_of_range() {
        for (key, value) in [
            ("learning_curve", "[0.5, 0.25]"),
            ("learning_curve", "[0.0, 1.0]"),
            ("learning_curve", "[1.5]"),
            ("sample_size.shrinkage", "1.0"),
            ("sample_size.nagelkerke_r2", "0.0"),
            ("sample_size.nagelkerke_r2", "nan"),
        ] {
            let error = ExperimentFile::parse(FILE, &[format!("validation.{key}={value}")]).unwrap_err();
            assert_eq!(error.code(), Code::Parameter, "{key} = {value}");
            assert!(error.to_string().contains(&format!("validation.{key}")), "{error}");
        }
        let sets = ["validation.learning_curve=[0.5, 1.0]", "validation.optimism=200"].map(String::from);
        let file = ExperimentFile::parse(FILE, &sets).unwrap();
        assert_eq!(ExperimentFile::parse(&file.resolved().unwrap(), &[]).unwrap(), file);
        assert!(file.resolved().unwrap().contains("nagelkerke_r2 = 0.15"));
    }

    #[test]
    fn refuses_with_the_nearest_name() {
        let error = ExperimentFile::parse(&FILE.replace("[\"intra\"]", "[\"inta\"]"), &[]).unwrap_err();
        assert_eq!(error.code(), Code::UnknownName);
        assert!(error.to_string().contains("did you mean `intra`?"), "{error}");
        let error = ExperimentFile::parse(&FILE.replace("seed = 1", "sed = 1"), &[]).unwrap_err();
        assert!(error.to_string().contains("sed"), "{error}");
        assert!(error.to_string().lines().count() <= 3);
        for path in ["/somewhere/private/cohort.csv", "../../private/cohort.csv"] {
            let elsewhere = FILE.replace("\"cohort.csv\"", &format!("{path:?}"));
            let resolved = ExperimentFile::parse(&elsewhere, &[]).unwrap().resolved().unwrap();
            assert!(resolved.contains("\"cohort.csv\"") && !resolved.contains("private"), "{resolved}");
        }
        let escaping = FILE.replace("name = \"intra\"", "name = \"../intra\"");
        assert_eq!(ExperimentFile::parse(&escaping, &[]).unwrap_err().code(), Code::ParameterFile);
        let error = ExperimentFile::parse(&FILE.replace("\"demo\"", "\"../demo\""), &[]).unwrap_err();
        assert_eq!(error.code(), Code::ParameterFile);
    }
}
