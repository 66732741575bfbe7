//! What stages of an experiment file become: tuned, and stacked.

use super::*;
use dlr_core::{Form, conformance::sample_dataset};

pub(crate) const FILE: &str = r#"
name = "demo"
title = "A demonstration"
question = "Does it run?"
seed = 1
cohort = { params = { path = "cohort.csv" }, positive = "high", negative = "low" }
models = [{ name = "intra", title = "Intratumoral", blocks = ["intra"], pipeline = "tuned" }]
[features.intra]
stage = "radiomics"
mask = "mass"
[validation]
splitter = { stage = "stratified-kfold", n_folds = 5 }

[pipelines.tuned]
steps = [{ stage = "zscore" }, { stage = "rfe", estimator = "logistic", tune = { n_keep = [1, 4], c = [0.1, 1.0] } }]
model = { stage = "logistic", tune = { c = [0.01, 1.0] } }
tuning = { n_folds = 3, measure = "log-loss" }

[pipelines.plain]
steps = [{ stage = "zscore" }]
model = { stage = "logistic", tune = { c = [0.1, 1.0] } }

[pipelines.stacked]
steps = [{ stage = "variance" }]
[pipelines.stacked.model]
stage = "stacked"
n_folds = 3
blocks = [
    { name = "intra", prefixes = ["intra_"], pipeline = "plain" },
    { name = "rim", prefixes = ["peri_"], pipeline = "plain" },
]
"#;

fn parts() -> (ExperimentFile, Registry) {
    (ExperimentFile::parse(FILE, &[]).unwrap(), Registry::builtin())
}

fn maker<'a>((file, registry): &'a (ExperimentFile, Registry)) -> Maker<'a> {
    Maker { file, registry, folder: Path::new("."), prepared: None }
}

#[test]
fn every_combination_is_tried_and_the_choice_freezes() {
    let parts = parts();
    let (model, resolved) = maker(&parts).pipeline(&parts.0.pipelines["tuned"]).unwrap();
    let fitted = model.fit(&sample_dataset(3).split_roles().unwrap().0, 7).unwrap();
    let frozen = fitted.freeze().unwrap();
    assert_eq!(frozen.kind, "tuned");
    let tried = frozen.state["tried"].as_array().unwrap();
    assert_eq!(tried.len(), 8);
    assert_eq!(tried[1]["name"], "c = 0.1, n_keep = 1, c = 1.0");
    assert!(matches!(fitted.form(), Form::Linear(_)));
    // Defaults are written out, the tuned keys stay lists.
    let rfe = &resolved.steps[1].params;
    assert_eq!(rfe["step"].as_float(), Some(0.1));
    assert!(rfe.contains_key("tune") && !rfe.contains_key("n_keep"));
    let again = maker(&parts).pipeline(&resolved).unwrap().0;
    let refitted = again.fit(&sample_dataset(3).split_roles().unwrap().0, 7).unwrap();
    assert_eq!(refitted.freeze().unwrap(), frozen);
}

#[test]
fn a_stack_is_made_of_pipelines_and_these_may_be_tuned() {
    let parts = parts();
    let (model, _) = maker(&parts).pipeline(&parts.0.pipelines["stacked"]).unwrap();
    dlr_core::conformance::check_model(model.as_ref()).unwrap();
}

#[test]
fn what_is_not_understood_is_named() {
    let parts = parts();
    let maker = maker(&parts);
    let stage = |text: &str| -> Stage { toml::from_str(text).unwrap() };
    let step = |text: &str| maker.step(&stage(text)).err().unwrap().to_string();
    assert!(step("stage = \"icc\"\nreadings = [[\"intra\"], [\"intar\"]]").contains("did you mean `intra`?"));
    assert!(step("stage = \"icc\"\nreadings = [[\"intra\"]]\nmin_lowr = 1").contains("min_lowr"));
    let mut scalar = stage("stage = \"logistic\"\ntune = { c = 1.0 }");
    let error = alternatives(&mut scalar, |stage| maker.model(stage, 0)).err().unwrap().to_string();
    assert!(error.contains("c = 1.0"), "{error}");
    let mut section = parts.0.pipelines["tuned"].clone();
    section.tuning.n_folds = 1;
    assert!(maker.pipeline(&section).err().unwrap().to_string().contains("n_folds"));
}

#[test]
fn a_key_of_a_table_in_a_stage_is_tuned_where_it_stands() {
    let parts = parts();
    let section: PipelineSection = toml::from_str(
        "steps = [{ stage = 'rfe-cv', n_folds = 3, rfe = { estimator = 'logistic' }, tune = { rfe.c = [0.1, 1.0], n_folds = [2, 3] } }]\n\
         model = { stage = 'logistic' }\ntuning = { n_folds = 3 }",
    )
    .unwrap();
    let (model, resolved) = maker(&parts).pipeline(&section).unwrap();
    let fitted = model.fit(&sample_dataset(3).split_roles().unwrap().0, 7).unwrap();
    let frozen = fitted.freeze().unwrap();
    let tried: Vec<&str> =
        frozen.state["tried"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(tried.len(), 4);
    assert_eq!(tried[1], "n_folds = 2, rfe.c = 1.0");
    let params = &resolved.steps[0].params;
    assert!(params["rfe"].get("c").is_none() && params.get("n_folds").is_none(), "{params}");
    assert_eq!(params["rfe"]["n_keep"].as_integer(), Some(1), "the default of this step");
    assert_eq!(maker(&parts).pipeline(&resolved).unwrap().1, resolved, "what is written out reads back");
    for wrong in ["{ rfe.c = 0.1 }", "{ rfe.c = [] }", "{ rfe = {} }"] {
        let text = format!("steps = [{{ stage = 'rfe-cv', tune = {wrong} }}]\nmodel = {{ stage = 'logistic' }}");
        let error = maker(&parts).pipeline(&toml::from_str(&text).unwrap()).err().unwrap();
        assert_eq!(error.code(), dlr_core::Code::ParameterFile, "{wrong}");
        assert!(error.to_string().contains("`tune` of stage `rfe-cv`"), "{error}");
    }
    let misspelt = "steps = [{ stage = 'rfe-cv', tune = { rfe.see = [1.0] } }]\nmodel = { stage = 'logistic' }";
    let error = maker(&parts).pipeline(&toml::from_str(misspelt).unwrap()).err().unwrap();
    assert!(error.to_string().contains("see"), "{error}");
}
