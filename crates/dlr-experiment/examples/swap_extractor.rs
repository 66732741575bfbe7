//! A new extractor, from outside: written, checked, registered, and run in an experiment.
//!
//! `cargo run --release --example swap_extractor` runs it on the real sarcoma cohort of this repository.

use dlr_core::{Case, FeatureExtractor, FeatureName, FeatureVector, Result, Undefined, conformance};
use dlr_experiment::{ExperimentFile, Places, Registry, progress::Quiet, run};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Mean intensity inside a region minus mean intensity of the image around it, in units of the image.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeanContrast {
    /// The region.
    mask: String,
}

impl FeatureExtractor for MeanContrast {
    fn names(&self) -> Vec<FeatureName> {
        vec![FeatureName::new("intra", "original", "contrast", "MeanContrast").expect("the parts are plain")]
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        let roi = case.roi(&self.mask)?;
        let inside: f64 = roi.intensities().iter().sum();
        let all: f64 = roi.image().to_f64().iter().sum();
        let (n_inside, n_all) = (roi.n_voxels() as f64, roi.image().geometry().n_voxels() as f64);
        let [name] = <[FeatureName; 1]>::try_from(self.names()).expect("there is one name");
        let mut features = FeatureVector::new();
        if n_inside < n_all {
            features.push(name, inside / n_inside - (all - inside) / (n_all - n_inside));
        } else {
            features.push_undefined(name, Undefined::new("no-surroundings", "the region fills the image"));
        }
        Ok(features)
    }
}

const EXPERIMENT: &str = r#"
name = "swap-extractor"
title = "A single feature of my own"
question = "Does a stage from outside run like one from inside?"
seed = 1
models = [{ name = "mine", title = "Mean contrast", blocks = ["mine"], pipeline = "plain" }]
[cohort]
params = { path = "cohort.csv" }
positive = "high grade"
negative = "low or intermediate grade"
[features.mine]
stage = "mean-contrast"
mask = "mass"
[pipelines.plain]
steps = [{ stage = "zscore" }]
model = { stage = "logistic" }
[validation]
splitter = { stage = "stratified-kfold", n_folds = 5, n_repeats = 2 }
"#;

fn main() -> Result<()> {
    // 1. Does it keep the contract?
    let extractor = MeanContrast { mask: "mass".into() };
    conformance::check_extractor(&extractor, &conformance::sample_case())?;

    // 2. Give it a name that experiment files can use.
    let mut registry = Registry::builtin();
    registry.extractors.add("mean-contrast", |params| Ok(Box::new(params.read::<MeanContrast>()?)));

    // 3. Run it.
    let file = ExperimentFile::parse(EXPERIMENT, &[])?;
    let experiment = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/sts-t1");
    let out = std::env::temp_dir().join(format!("dlr-swap-extractor-{}", std::process::id()));
    let places = Places { experiment: &experiment, out: &out, cache: &out.join(".cache") };
    let finished = run(&file, &registry, &places, &Quiet)?;
    let metrics = &finished.outcome.models[0].metrics;
    println!("{} patients, cross-validated AUC {:.3}", metrics.n, metrics.auc);
    std::fs::remove_dir_all(&out).expect("the folder was made above");
    Ok(())
}
