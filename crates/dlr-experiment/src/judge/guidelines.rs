//! What a run knows of itself, as answers to the reporting guidelines. A fact is stated only where this run did it; its
//! evidence is a file of the run folder.

use crate::{
    config::{ExperimentFile, PipelineSection, Stage},
    judge::NamedAudit,
    outcome::{ModelOutcome, Outcome},
    table_one,
};
use dlr_core::Role;
use dlr_evaluation::{CLEAR, Fact, FilledItem, METRICS, TRIPOD_AI};
use dlr_report::data::Setting;
use std::collections::{BTreeMap, BTreeSet};

const CONFIG: &str = "config.resolved.toml";
const METRICS_FILE: &str = "metrics.json";
const REPORT: &str = "report.html";

/// The three tables, filled in.
pub(crate) fn tables(outcome: &Outcome) -> Vec<(&'static str, &'static str, Vec<FilledItem>)> {
    let facts = facts(outcome);
    [&CLEAR, &METRICS, &TRIPOD_AI].map(|g| (g.name, g.source, g.fill(&facts))).to_vec()
}

/// Facts under construction.
#[derive(Default)]
struct Facts(BTreeMap<String, Fact>);

impl Facts {
    fn say(&mut self, key: &str, text: impl Into<String>, place: &str) {
        self.0.insert(key.to_owned(), Fact::new(text, place));
    }

    fn say_if(&mut self, is_so: bool, key: &str, text: impl Into<String>, place: &str) {
        if is_so {
            self.say(key, text, place);
        }
    }
}

/// Every fact of this run.
pub(crate) fn facts(outcome: &Outcome) -> BTreeMap<String, Fact> {
    let mut facts = Facts::default();
    about_data(outcome, &mut facts);
    about_features(outcome, &mut facts);
    about_pipelines(outcome, &mut facts);
    about_models(outcome, &mut facts);
    about_results(outcome, &mut facts);
    facts.0
}

fn about_data(outcome: &Outcome, facts: &mut Facts) {
    let (file, rows) = (&outcome.file, outcome.cohort.rows());
    let centres: BTreeSet<&str> = rows.iter().map(|row| row.center.as_str()).collect();
    let is_known = !centres.contains("unknown");
    let names = centres.iter().copied().collect::<Vec<_>>().join(", ");
    facts.say_if(is_known, "centres", format!("{} ({names})", count(centres.len(), "centre")), "features.csv");
    facts.say("label", format!("1 is {}, 0 is {}", file.cohort.positive, file.cohort.negative), CONFIG);
    facts.say(
        "flow",
        format!("{} cases found, {} analysed; reasons of exclusion", outcome.n_enrolled.0, rows.len()),
        REPORT,
    );
    let mut variables: Vec<String> =
        table_one::of(outcome).into_iter().flat_map(|t| t.rows).map(|r| r.variable).collect();
    variables.dedup();
    let text = format!("Table 1 of {}, by role and class", variables.join(", "));
    facts.say_if(!variables.is_empty(), "demographics", text, REPORT);
    let (pairs, images) = (outcome.judged.audits.study("duplicates"), outcome.judged.audits.study("duplicate-images"));
    if let (Some(pairs), Some(images)) = (pairs, images) {
        facts.say("duplicates", format!("{}; {}", pairs.sentence, images.sentence), METRICS_FILE);
    }
    let confounding = outcome.judged.audits.study("centre-confounding");
    if let Some(audit) = confounding.filter(|_| centres.len() > 1) {
        facts.say("confounders", format!("the centre was audited: {}", audit.sentence), METRICS_FILE);
    }
    let has_images = !outcome.prepared.image_digests.is_empty();
    facts.say_if(has_images, "imaging-channels", "one image per case", "provenance.json");
}

fn about_features(outcome: &Outcome, facts: &mut Facts) {
    let file = &outcome.file;
    let stages = |name: &'static str| file.features.iter().filter(move |(_, stage)| stage.stage == name);
    let steps: Vec<&str> = file.image.iter().map(|stage| stage.stage.as_str()).collect();
    facts.say_if(!steps.is_empty(), "preprocessing", format!("image steps in order: {}", steps.join(", ")), CONFIG);
    if let Some(resample) = file.image.iter().find(|stage| stage.stage == "resample") {
        facts.say("resampling", format!("resampled; {}", params(resample)), CONFIG);
    }
    let of_radiomics = file.features.iter().filter(|(_, stage)| stage.stage.starts_with("radiomics"));
    let radiomics: Vec<String> = of_radiomics.map(|(block, stage)| format!("{block}: {}", params(stage))).collect();
    facts.say_if(!radiomics.is_empty(), "discretisation", radiomics.join("; "), CONFIG);
    let blocks: Vec<String> =
        file.features.iter().map(|(block, stage)| format!("{block} by `{}`", stage.stage)).collect();
    let text = format!("dlr {}: {}", env!("CARGO_PKG_VERSION"), blocks.join(", "));
    let is_ours = !radiomics.is_empty() || stages("resnet").next().is_some();
    facts.say_if(is_ours, "extraction", text, CONFIG);
    let names = || outcome.prepared.blocks.values().flat_map(|table| table.names());
    let distinct = |of: fn(&dlr_core::FeatureName) -> &str| -> String {
        names().map(of).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    facts.say_if(!radiomics.is_empty(), "image-types", distinct(|n| n.image_type()), "features.json");
    facts.say_if(!radiomics.is_empty(), "feature-classes", distinct(|n| n.family()), "features.json");
    let sizes: Vec<String> = outcome.prepared.blocks.iter().map(|(b, t)| format!("{b} {}", t.n_features())).collect();
    facts.say("feature-count", sizes.join(", "), "features.json");
    facts.say("feature-table", "every feature of every case, with its definition where one is known", "features.csv");
    facts.say("settings", "every parameter of every stage, defaults included; paths are cut to names of files", CONFIG);
    facts.say("pipeline", "every stage in order", CONFIG);
    let clinical: Vec<&String> = stages("clinical").map(|(block, _)| block).collect();
    let columns: Vec<String> = clinical
        .iter()
        .filter_map(|block| outcome.prepared.blocks.get(*block))
        .flat_map(|table| table.names().iter().map(ToString::to_string))
        .collect();
    let text = if columns.is_empty() { "no clinical predictor was used".to_owned() } else { columns.join(", ") };
    let is_told = columns.is_empty() && stages("table").next().is_some();
    facts.say_if(!is_told, "clinical-predictors", text, CONFIG);
    let sections = || outcome.models.iter().chain(&outcome.baselines).map(|m| &m.planned.section);
    let of_clinic = sections().find(|s| s.blocks.iter().all(|block| clinical.contains(&block)));
    if let Some(section) = of_clinic {
        facts.say("clinical-model", format!("`{}` sees clinical columns only", section.name), METRICS_FILE);
    }
}

fn params(stage: &Stage) -> String {
    let text = toml::to_string(&stage.params).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

fn about_pipelines(outcome: &Outcome, facts: &mut Facts) {
    let pipeline = |m: &ModelOutcome| &outcome.file.pipelines[&m.planned.section.pipeline];
    let steps_of = |m: &ModelOutcome| steps_within(&outcome.file, pipeline(m));
    // A property of the study is one that every model has; what only some have is told with their names.
    let who_has = |names: &[&str]| -> Option<String> {
        let found: Vec<Vec<String>> = outcome
            .models
            .iter()
            .map(|m| steps_of(m).into_iter().filter(|step| names.contains(&step.as_str())).collect())
            .collect();
        let having = outcome.models.iter().zip(&found).filter(|(_, found)| !found.is_empty());
        let having: Vec<&str> = having.map(|(m, _)| m.planned.section.name.as_str()).collect();
        let distinct: BTreeSet<&String> = found.iter().flatten().collect();
        let distinct = distinct.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match having.len() {
            0 => None,
            n if n == outcome.models.len() => Some(distinct),
            _ => Some(format!("{distinct} (in models {})", having.join(", "))),
        }
    };
    let mut told = |key: &str, names: &[&str], text: &str| {
        if let Some(found) = who_has(names) {
            facts.say(key, format!("{text}: {found}, fitted inside every training fold"), CONFIG);
        }
    };
    told("missing-data", &["impute"], "missing values");
    told("scaling", &["zscore", "robust"], "scaling");
    told("redundancy", &["correlation", "mrmr"], "redundant columns");
    told("reliability", &["icc"], "columns without agreement");
    told("selection", &["rfe", "rfe-cv", "lasso", "univariate", "mrmr", "boruta", "stability", "pca"], "selection");
    let models: BTreeSet<&str> = outcome.models.iter().map(|m| pipeline(m).model.stage.as_str()).collect();
    let names = models.into_iter().collect::<Vec<_>>().join(", ");
    facts.say("algorithm", format!("{names}; every step and parameter in order"), CONFIG);
    facts.say("tuning", "every parameter, and where one is a list to choose from, the inner folds that choose", CONFIG);
    let m = &outcome.models[0].metrics;
    let measures: BTreeSet<String> = outcome
        .models
        .iter()
        .flat_map(|m| {
            let pipeline = pipeline(m);
            let smote = pipeline.steps.iter().any(|s| s.stage == "smote").then(|| "smote".to_owned());
            let weight = pipeline.model.params.get("class_weight").and_then(|w| w.as_str()).filter(|w| *w != "none");
            smote.into_iter().chain(weight.map(|w| format!("class weights {w}"))).collect::<Vec<_>>()
        })
        .collect();
    let measures: Vec<String> = measures.into_iter().collect();
    let measures = if measures.is_empty() { "no step against imbalance".to_owned() } else { measures.join(", ") };
    facts.say("class-balance", format!("{} of {} training cases are positive; {measures}", m.n_positive, m.n), CONFIG);
}

/// The steps of a pipeline and of those that a late fusion is made of.
fn steps_within(file: &ExperimentFile, pipeline: &PipelineSection) -> Vec<String> {
    let own = pipeline.steps.iter().map(|step| step.stage.clone());
    let blocks = pipeline.model.params.get("blocks").and_then(|blocks| blocks.as_array());
    let inner = blocks.into_iter().flatten().filter_map(|block| file.pipelines.get(block.get("pipeline")?.as_str()?));
    own.chain(inner.flat_map(|inner| steps_within(file, inner))).collect()
}

/// The model that the study declared primary; the first where none is.
fn primary(outcome: &Outcome) -> &ModelOutcome {
    outcome.model(&outcome.file.report.explain).unwrap_or(&outcome.models[0])
}

fn about_models(outcome: &Outcome, facts: &mut Facts) {
    let first = &outcome.models[0].cv;
    let n_repeats = first.repeats.len();
    let n_folds = first.folds.len() / n_repeats.max(1);
    let splitter = &outcome.file.validation.splitter.stage;
    let external = outcome.cohort.rows().iter().filter(|row| row.role == Role::External).count();
    let kept = if external > 0 {
        format!("; {external} external cases were sealed until the models were frozen")
    } else {
        String::new()
    };
    let text = format!("`{splitter}` by patient: {}, {}{kept}", count(n_folds, "fold"), count(n_repeats, "repeat"));
    facts.say("split", text.clone(), CONFIG);
    facts.say("internal-testing", text, "predictions.csv");
    facts.say_if(
        outcome.external.is_some(),
        "external-testing",
        format!("{external} external cases, scored once by frozen models"),
        METRICS_FILE,
    );
    let kinds =
        if outcome.external.is_some() { "cross-validation and external cases" } else { "cross-validation only" };
    facts.say("testing", kinds, METRICS_FILE);
    let names: Vec<&str> = outcome.models.iter().map(|m| m.planned.section.name.as_str()).collect();
    let primary = &outcome.file.report.explain;
    let text = format!("every declared model is reported: {}; primary: {primary}", names.join(", "));
    facts.say_if(names.contains(&primary.as_str()), "model-choice", text, METRICS_FILE);
    let candidates: Vec<String> = outcome
        .models
        .iter()
        .map(|m| format!("{} {}", m.planned.section.name, m.planned.data.table().n_features()))
        .collect();
    facts.say("predictors", format!("candidate columns: {}", candidates.join(", ")), "selected.csv");
    facts.say("model-files", "frozen models, with columns, threshold and hash", "model/config.resolved.toml");
    facts.say(
        "code",
        format!("dlr {}, content hashes of inputs and models", env!("CARGO_PKG_VERSION")),
        "provenance.json",
    );
    facts.say("prediction", "probability, threshold and call of every case", "predictions.csv");
    let rule = &outcome.file.validation.threshold;
    facts.say("threshold", format!("`{rule}` on training or out-of-fold scores only"), METRICS_FILE);
    facts.say_if(
        !outcome.baselines.is_empty(),
        "simple-models",
        outcome.baselines.iter().map(|m| m.planned.section.title.clone()).collect::<Vec<_>>().join(", "),
        METRICS_FILE,
    );
}

fn about_results(outcome: &Outcome, facts: &mut Facts) {
    let judged = &outcome.judged;
    facts.say(
        "metrics",
        "AUC, AUPRC, F1, MCC, sensitivity, specificity, predictive values, beside prevalence and all-positive F1",
        METRICS_FILE,
    );
    facts.say("performance", "every figure with its interval and its counts, per model and setting", METRICS_FILE);
    facts.say(
        "uncertainty",
        "DeLong and bootstrap intervals; prediction sets where both classes could be calibrated",
        METRICS_FILE,
    );
    let lead = judged.get(&primary(outcome).planned.section.name, Setting::TrainCv);
    if let Some(record) = lead.map(|j| &j.calibration) {
        facts.say("calibration", "slope, intercept, ICI, ECE, Brier score and curves", METRICS_FILE);
        facts.say_if(
            !record.recalibrated.is_empty(),
            "recalibration",
            "no model was updated; what Platt and isotonic recalibration would change is reported",
            METRICS_FILE,
        );
    }
    facts.say_if(!judged.comparisons.is_empty(), "comparison", "paired DeLong, Holm", METRICS_FILE);
    let methods: BTreeSet<&str> =
        outcome.models.iter().filter_map(|m| m.explanation.as_ref()).map(|e| e.method.words()).collect();
    let methods: Vec<&str> = methods.into_iter().collect();
    facts.say_if(!methods.is_empty(), "explanation", methods.join(", "), METRICS_FILE);
    facts.say("feature-statistics", "how often each column was selected over all fits", "selected.csv");
    let of_primary = &primary(outcome).planned.section;
    for name in ["events-per-feature", "sample-size"] {
        let is_primary = |a: &&NamedAudit| a.model.as_ref() == Some(&of_primary.name);
        if let Some(audit) = judged.audits.named(name).find(is_primary) {
            facts.say(name, format!("{}: {}", of_primary.title, audit.audit.sentence), METRICS_FILE);
        }
    }
    let checklists = [CLEAR.name, METRICS.name, TRIPOD_AI.name].join(", ");
    facts.say("checklists", format!("{checklists}, filled in as far as a run can"), "guidelines.json");
    let factors: BTreeSet<&str> = judged.subgroups.iter().map(|s| s.analysis.factor.as_str()).collect();
    let factors = factors.into_iter().collect::<Vec<_>>().join(", ");
    // The item asks for clusters: other subgroups do not answer it.
    let by_centre = judged.subgroups.iter().filter(|s| s.analysis.factor == "center");
    let estimated = by_centre.flat_map(|s| &s.analysis.levels).filter(|level| level.refused.is_none()).count();
    facts.say_if(
        estimated > 1,
        "subgroups",
        format!("AUC of {estimated} centres with intervals, interaction, unpaired DeLong"),
        METRICS_FILE,
    );
    let gaps = judged.subgroups.iter().any(|s| s.fairness.as_ref().is_some_and(|f| f.called_positive_gap.is_finite()));
    facts.say_if(gaps, "fairness", format!("gaps between levels of {factors}"), METRICS_FILE);
    let outside = judged.get(&of_primary.name, Setting::External);
    if let Some(record) = outside.and_then(|judged| judged.uncertainty.out_of_distribution.as_ref()) {
        let text = format!(
            "{} external cases are unlike the training cases on the columns that {} uses",
            record.n_unlike, of_primary.title
        );
        facts.say("role-differences", text, METRICS_FILE);
    }
}

fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use dlr_evaluation::fact_keys;

    #[test]
    fn the_steps_of_a_late_fusion_are_those_of_its_blocks() {
        let text = "name = \"n\"\ntitle = \"t\"\nquestion = \"q\"\nseed = 1\n[cohort]\nparams = {}\npositive = \"a\"\nnegative = \"b\"\n\
                    [features.f]\nstage = \"radiomics\"\n[pipelines.inner]\nsteps = [{ stage = \"impute\" }, { stage = \"icc\" }]\n\
                    model = { stage = \"logistic\" }\n[pipelines.outer.model]\nstage = \"stacked\"\n\
                    blocks = [{ name = \"f\", prefixes = [\"f_\"], pipeline = \"inner\" }]\n\
                    [[models]]\nname = \"m\"\ntitle = \"M\"\nblocks = [\"f\"]\npipeline = \"outer\"\n\
                    [validation]\nsplitter = { stage = \"kfold\" }\n";
        let file = crate::ExperimentFile::parse(text, &[]).unwrap();
        assert_eq!(super::steps_within(&file, &file.pipelines["outer"]), ["impute", "icc"]);
    }

    /// A fact under a key that no item asks for would never be read.
    #[test]
    fn every_key_is_one_that_an_item_asks_for() {
        let text = include_str!("guidelines.rs");
        let asked = fact_keys();
        let said = text.split("facts.say").skip(1).filter_map(|rest| rest.split('"').nth(1));
        let told = text.split("told(\"").skip(1).filter_map(|rest| rest.split('"').next());
        for key in said.chain(told).filter(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
            assert!(asked.contains(&key), "`{key}`");
        }
    }
}
