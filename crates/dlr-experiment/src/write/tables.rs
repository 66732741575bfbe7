//! `features.csv` and `.parquet`, `features.json`, `selected.csv`, `predictions.csv`.

use crate::{folder::RunFolder, judge::guidelines, outcome::Outcome};
use dlr_core::{CaseRecord, Result, Role};
use dlr_evaluation::ItemStatus;
use dlr_io::FeatureColumns;
use dlr_report::data::Setting;
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
            ("patient".into(), patient_numbers(rows)),
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
    let (undefined, notes) = (&outcome.prepared.undefined, &outcome.prepared.notes);
    folder.write_json("features.json", &json!({ "features": sidecar, "undefined": undefined, "notes": notes }))
}

/// Patients by number, in the order in which they are met: which cases are one patient's, and not who that is.
fn patient_numbers(rows: &[CaseRecord]) -> Vec<String> {
    let mut met: Vec<&str> = Vec::new();
    rows.iter()
        .map(|row| {
            let at = met.iter().position(|patient| *patient == row.patient).unwrap_or_else(|| {
                met.push(&row.patient);
                met.len() - 1
            });
            format!("{}", at + 1)
        })
        .collect()
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
        let of_final = super::report::final_weights(model);
        for (name, count) in model.cv.selection_counts() {
            models.push(model.planned.section.name.clone());
            weights.push(of_final.get(&name).copied().unwrap_or(f64::NAN));
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

/// Every round of the last recursive elimination of each final model, a row per column that went; no file where no model
/// eliminates.
pub(super) fn elimination(outcome: &Outcome, folder: &RunFolder) -> Result<()> {
    let (mut models, mut names) = (Vec::new(), Vec::new());
    let (mut round_numbers, mut left, mut margins) = (Vec::new(), Vec::new(), Vec::new());
    for model in &outcome.models {
        for (k, round) in model.trace.rounds.iter().enumerate() {
            for name in &round.removed {
                models.push(model.planned.section.name.clone());
                names.push(name.to_string());
                round_numbers.push((k + 1) as f64);
                left.push(round.n_left as f64);
                margins.push(round.margin_ratio);
            }
        }
    }
    if models.is_empty() {
        return Ok(());
    }
    let columns = FeatureColumns {
        texts: vec![("model".into(), models), ("removed".into(), names)],
        numbers: vec![
            ("round".into(), round_numbers),
            ("features_left".into(), left),
            ("margin_ratio".into(), margins),
        ],
    };
    columns.write_csv(&folder.path("elimination.csv")?)
}

/// CLEAR, METRICS and TRIPOD+AI: what this run answers, what it could have answered, what only the author can.
pub(super) fn guidelines(outcome: &Outcome, folder: &RunFolder) -> Result<()> {
    let tables = guidelines::tables(outcome);
    let mut json = Map::new();
    let mut texts: Vec<(String, Vec<String>)> =
        ["guideline", "number", "item", "status", "answer", "place"].map(|n| (n.to_owned(), Vec::new())).to_vec();
    for (name, source, items) in &tables {
        json.insert((*name).to_owned(), json!({ "source": source, "items": items }));
        for item in items {
            let status = match item.status {
                ItemStatus::Filled => "filled",
                ItemStatus::NotInThisRun => "not in this run",
                ItemStatus::ForTheAuthor => "for the author",
            };
            let cells = [name, item.number, item.text, status, item.answer.as_str(), item.place.as_str()];
            texts.iter_mut().zip(cells).for_each(|(column, cell)| column.1.push(cell.to_owned()));
        }
    }
    folder.write_json("guidelines.json", &json)?;
    FeatureColumns { texts, numbers: Vec::new() }.write_csv(&folder.path("guidelines.csv")?)
}

/// One row per model, setting, repeat and case.
pub(super) fn predictions(outcome: &Outcome, folder: &RunFolder) -> Result<()> {
    let mut texts: Vec<(String, Vec<String>)> = ["model", "setting", "ID"].map(|n| (n.to_owned(), Vec::new())).to_vec();
    // The last three say what is known of a case beyond its probability: in cross-validation of the first repeat.
    let names = [
        "repeat",
        "fold",
        "label",
        "probability",
        "threshold",
        "called_positive",
        "set_has_negative",
        "set_has_positive",
        "novelty_p",
    ];
    let mut numbers: Vec<(String, Vec<f64>)> = names.map(|n| (n.to_owned(), Vec::new())).to_vec();
    let mut push = |model: &str, setting: &str, case: &str, row: [f64; 9]| {
        for (column, text) in texts.iter_mut().zip([model, setting, case]) {
            column.1.push(text.to_owned());
        }
        for (column, value) in numbers.iter_mut().zip(row) {
            column.1.push(value);
        }
    };
    for model in outcome.models.iter().chain(&outcome.baselines) {
        let name = &model.planned.section.name;
        let beyond = |setting: Setting, repeat: usize, case: &str| -> [f64; 3] {
            let judgement = outcome.judged.get(name, setting).filter(|_| repeat == 0);
            let known = judgement.and_then(|j| j.uncertainty.by_case.get(case)).copied().unwrap_or_default();
            let has = |kept: Option<bool>| kept.map_or(f64::NAN, |kept| f64::from(u8::from(kept)));
            let set = known.set;
            [has(set.map(|s| s.negative)), has(set.map(|s| s.positive)), known.novelty_p.unwrap_or(f64::NAN)]
        };
        for fold in &model.cv.folds {
            for (i, case) in fold.cases.iter().enumerate() {
                let label = f64::from(u8::from(fold.labels[i]));
                let call = f64::from(u8::from(fold.calls[i]));
                let place = (fold.repeat as f64, fold.fold as f64);
                let [negative, positive, novelty] = beyond(Setting::TrainCv, fold.repeat, case);
                let row = [place.0, place.1, label, fold.scores[i], fold.threshold, call, negative, positive, novelty];
                push(name, "train_cv", case, row);
            }
        }
        let truth = outcome.external.as_ref().map(|(truth, _)| truth.labels());
        for (i, (case, score)) in
            model.frozen.predictions().cases().iter().zip(model.frozen.predictions().scores()).enumerate()
        {
            let label = truth.map_or(f64::NAN, |labels| f64::from(u8::from(labels[i])));
            let call = f64::from(u8::from(model.frozen.threshold().calls_positive(*score)));
            let [negative, positive, novelty] = beyond(Setting::External, 0, case);
            let cut = model.frozen.threshold().value();
            push(name, "external", case, [f64::NAN, f64::NAN, label, *score, cut, call, negative, positive, novelty]);
        }
    }
    FeatureColumns { texts, numbers }.write_csv(&folder.path("predictions.csv")?)
}
