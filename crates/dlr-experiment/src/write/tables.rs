//! `features.csv` and `.parquet`, `features.json`, `selected.csv`, `predictions.csv`.

use crate::{folder::RunFolder, outcome::Outcome};
use dlr_core::{Result, Role};
use dlr_io::FeatureColumns;
use serde_json::{Map, Value, json};

fn role(role: Role) -> String {
    match role {
        Role::Train => "train".into(),
        Role::External => "external".into(),
    }
}

/// All blocks side by side, one row per case, in cohort order.
pub(super) fn features(outcome: &Outcome, folder: &RunFolder) -> Result<()> {
    let rows = outcome.cohort.rows();
    let mut columns = FeatureColumns {
        texts: vec![
            ("ID".into(), rows.iter().map(|r| r.id.clone()).collect()),
            ("patient".into(), rows.iter().map(|r| r.patient.clone()).collect()),
            ("role".into(), rows.iter().map(|r| role(r.role)).collect()),
            ("center".into(), rows.iter().map(|r| r.center.clone()).collect()),
        ],
        numbers: Vec::new(),
    };
    let mut sidecar = Map::new();
    for (block, table) in &outcome.prepared.blocks {
        for (name, values) in table.names().iter().zip(table.values().columns()) {
            columns.numbers.push((name.to_string(), values.to_vec()));
            sidecar.insert(
                name.to_string(),
                describe(block, outcome.file.features.get(block).map_or("", |s| &s.stage), name),
            );
        }
    }
    columns.write_csv(&folder.path("features.csv")?)?;
    columns.write_parquet(&folder.path("features.parquet")?)?;
    let undefined = &outcome.prepared.undefined;
    folder.write_json("features.json", &json!({ "features": sidecar, "undefined": undefined }))
}

/// Code, definition, aggregation, unit and profile of a column.
fn describe(block: &str, stage: &str, name: &dlr_core::FeatureName) -> Value {
    let mut entry = json!({
        "block": block,
        "roi": name.roi(),
        "image_type": name.image_type(),
        "family": name.family(),
        "feature": name.feature(),
        "variant": name.variant(),
    });
    if let (Value::Object(entry), Some(definition)) = (&mut entry, crate::builtin::definition(stage, name)) {
        entry.extend(definition);
    }
    entry
}

/// Which columns how often.
pub(super) fn selected(outcome: &Outcome, folder: &RunFolder) -> Result<()> {
    let mut models = Vec::new();
    let mut names = Vec::new();
    let (mut counts, mut shares, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for model in &outcome.models {
        let n_fits = model.cv.folds.len() as f64;
        for (name, count) in model.cv.selection_counts() {
            models.push(model.planned.section.name.clone());
            weights.push(super::report::final_weight(model, &name));
            names.push(name.to_string());
            counts.push(count as f64);
            shares.push(count as f64 / n_fits);
        }
    }
    let columns = FeatureColumns {
        texts: vec![("model".into(), models), ("feature".into(), names)],
        numbers: vec![
            ("times_selected".into(), counts),
            ("share_of_fits".into(), shares),
            ("weight_per_sd_in_final_model".into(), weights),
        ],
    };
    columns.write_csv(&folder.path("selected.csv")?)
}

/// One row per model, setting, repeat and case.
pub(super) fn predictions(outcome: &Outcome, folder: &RunFolder) -> Result<()> {
    let mut texts: Vec<(String, Vec<String>)> = ["model", "setting", "ID"].map(|n| (n.to_owned(), Vec::new())).to_vec();
    let names = ["repeat", "fold", "label", "probability", "threshold", "called_positive"];
    let mut numbers: Vec<(String, Vec<f64>)> = names.map(|n| (n.to_owned(), Vec::new())).to_vec();
    let mut push = |model: &str, setting: &str, case: &str, row: [f64; 6]| {
        for (column, text) in texts.iter_mut().zip([model, setting, case]) {
            column.1.push(text.to_owned());
        }
        for (column, value) in numbers.iter_mut().zip(row) {
            column.1.push(value);
        }
    };
    for model in outcome.models.iter().chain(&outcome.baselines) {
        let name = &model.planned.section.name;
        for fold in &model.cv.folds {
            for (i, case) in fold.cases.iter().enumerate() {
                let label = f64::from(u8::from(fold.labels[i]));
                let call = f64::from(u8::from(fold.calls[i]));
                let place = (fold.repeat as f64, fold.fold as f64);
                push(name, "train_cv", case, [place.0, place.1, label, fold.scores[i], fold.threshold, call]);
            }
        }
        let truth = outcome.external.as_ref().map(|(truth, _)| truth.labels());
        for (i, (case, score)) in model.external.cases().iter().zip(model.external.scores()).enumerate() {
            let label = truth.map_or(f64::NAN, |labels| f64::from(u8::from(labels[i])));
            let call = f64::from(u8::from(model.threshold.calls_positive(*score)));
            push(name, "external", case, [f64::NAN, f64::NAN, label, *score, model.threshold.value(), call]);
        }
    }
    FeatureColumns { texts, numbers }.write_csv(&folder.path("predictions.csv")?)
}
