//! Tables as they should not be: each is a documented result or an error that names the column or the case.

use crate::support::{Traps, experiment, json, run_in_folder, table};
use dlr_core::{Code, Error};
use dlr_experiment::{ExperimentFile, Places, Registry, progress::Quiet, run};
use serde_json::Value;
use std::fs;

const LOGISTIC: &str = "{ stage = \"logistic\" }";

/// `metrics.json` of a run, or the error of it.
fn outcome(table: &str, experiment: &str) -> Result<Value, Error> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), table).unwrap();
    let file = ExperimentFile::parse(experiment, &[]).unwrap();
    let (out, cache) = (folder.path().join("runs"), folder.path().join("cache"));
    let places = Places { experiment: folder.path(), out: &out, cache: &cache };
    let finished = run(&file, &Registry::builtin(), &places, &Quiet)?;
    Ok(serde_json::from_str(&fs::read_to_string(finished.folder.join("metrics.json")).unwrap()).unwrap())
}

/// The table with every row's cells changed.
fn changed(change: impl Fn(usize, &mut Vec<String>)) -> String {
    let text = table(Traps::default());
    let mut lines = text.lines();
    let mut out = format!("{}\n", lines.next().unwrap());
    for (i, line) in lines.enumerate() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        change(i, &mut cells);
        out += &format!("{}\n", cells.join(","));
    }
    out
}

/// ID, role, center, age, sex, Target, volume, F0 and so on.
const LABEL: usize = 5;
const F0: usize = 7;

fn refused(table: &str, code: Code) -> Error {
    let error = outcome(table, &experiment(LOGISTIC)).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().lines().count() <= 3, "{error}");
    error
}

#[test]
fn one_class_is_an_error_in_training_and_undefined_outside() {
    let error = refused(&changed(|_, cells| cells[LABEL] = "1".into()), Code::Learning);
    assert!(error.to_string().contains("0 negative, 60 positive"), "{error}");
    let outside = changed(|i, cells| {
        if i >= 60 {
            cells[LABEL] = "1".into();
        }
    });
    let metrics = outcome(&outside, &experiment(LOGISTIC)).unwrap();
    let external = &metrics["models"]["texture"]["external"];
    assert!(external["auc"].is_null() && external["auc_ci_bca"][0].is_null(), "{external}");
    assert_eq!(external["n_positive"], 30);
    // What needs one class only is there all the same.
    assert!(external["sensitivity"].is_number() && external["brier"].is_number());
}

#[test]
fn fewer_patients_than_folds() {
    let few = changed(|_, _| {});
    let few: Vec<&str> = few.lines().take(5).collect();
    let labels = ["1", "0", "1", "0"];
    let mut lines = vec![few[0].to_owned()];
    for (line, label) in few[1..].iter().zip(labels) {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[LABEL] = label;
        lines.push(cells.join(","));
    }
    let error = refused(&format!("{}\n", lines.join("\n")), Code::Learning);
    assert!(error.to_string().contains("fewer patients than folds"), "{error}");
}

#[test]
fn a_column_without_any_value_is_named_or_dropped_as_the_file_says() {
    let empty = changed(|_, cells| cells[F0 + 1] = String::new());
    let error = refused(&empty, Code::Learning);
    assert!(error.to_string().contains("`t_original_glcm_F1`"), "{error}");
    let dropping =
        experiment(LOGISTIC).replace("{ stage = \"impute\" }", "{ stage = \"impute\", all_missing = \"drop\" }");
    assert!(outcome(&empty, &dropping).unwrap()["models"]["texture"]["train_cv"]["auc"].is_number());
}

#[test]
fn constant_and_duplicated_columns_are_harmless() {
    let odd = changed(|_, cells| {
        cells[F0] = "3.5".into();
        cells[F0 + 3] = cells[F0 + 2].clone();
    });
    let metrics = outcome(&odd, &experiment(LOGISTIC)).unwrap();
    assert!(metrics["models"]["texture"]["train_cv"]["auc"].as_f64().unwrap() > 0.7);
}

#[test]
fn infinity_names_column_and_case() {
    let infinite = changed(|i, cells| {
        if i == 7 {
            cells[F0 + 4] = "inf".into();
        }
    });
    let error = refused(&infinite, Code::NotFinite);
    assert_eq!(error.case(), Some("P007"));
    assert!(error.to_string().contains("t_original_glcm_F4"), "{error}");
}

#[test]
fn separable_data_have_a_finite_model_and_no_calibration_line() {
    let separable = changed(|_, cells| cells[F0] = if cells[LABEL] == "1" { "9".into() } else { "-9".into() });
    let metrics = outcome(&separable, &experiment(LOGISTIC)).unwrap();
    let cv = &metrics["models"]["texture"]["train_cv"];
    assert_eq!(cv["auc"], 1.0);
    assert!(cv["calibration"]["slope"].is_null(), "{}", cv["calibration"]);
    assert!(cv["calibration"]["recalibrated"]["platt"]["brier"].is_number());
    assert_eq!(metrics["audits"]["too-good/texture"]["status"], "warn");
}

#[test]
fn ties_in_every_score_are_half_right() {
    // One column of two values, dealt without regard to the label: two distinct scores in each fold.
    let tied = changed(|i, cells| {
        for cell in &mut cells[F0 - 1..] {
            *cell = if i % 2 == 0 { "1" } else { "0" }.into();
        }
    });
    let metrics = outcome(&tied, &experiment(LOGISTIC)).unwrap();
    let auc = metrics["models"]["texture"]["external"]["auc"].as_f64().unwrap();
    assert!((0.2..0.8).contains(&auc), "{auc}");
}

#[test]
fn a_category_that_training_never_had_is_imputed() {
    let unseen = changed(|i, cells| {
        if i >= 60 {
            cells[4] = "Other".into();
        }
    });
    run_in_folder(&unseen, &experiment(LOGISTIC), |finished, folder| {
        assert!(json(folder, "metrics.json")["models"]["all"]["external"]["auc"].is_number());
        let notes = &finished.outcome.prepared.notes;
        assert_eq!(notes.len(), 30, "every external case has a note");
        assert_eq!(notes["P060"], ["`Other` is not among the levels of `sex`: taken as missing"]);
        assert!(fs::read_to_string(folder.join("report.html")).unwrap().contains("taken as missing"));
    });
}

#[test]
fn a_misspelt_category_is_refused_and_a_misspelt_denial_is_audible() {
    let text = experiment(LOGISTIC);
    let error = outcome(&table(Traps::default()), &text.replace("\"Male\"", "\"Mle\"")).unwrap_err();
    assert_eq!(error.code(), Code::LabelValues, "{error}");
    assert!(error.to_string().contains("`Male` is not among the levels of `sex`"), "{error}");
    let audits = |section: &str| {
        let text = text.replace("[report]", &format!("[audits]\n{section}\n[report]"));
        outcome(&table(Traps::default()), &text).unwrap()["audits"]["post-baseline"].clone()
    };
    assert_eq!(audits("post_baseline = [\"sex\"]")["status"], "pass", "a column that no model is given");
    let misspelt = audits("post_baseline = [\"recurence\"]");
    assert_eq!(misspelt["status"], "warn");
    assert!(misspelt["details"][0].as_str().unwrap().starts_with("`recurence`"), "{misspelt}");
}

#[test]
fn a_copied_image_is_found_though_its_patient_is_written_otherwise() {
    let plain = table(Traps::default());
    let source: Vec<String> = plain.lines().nth(4).unwrap().split(',').map(str::to_owned).collect();
    let copied = changed(|i, cells| {
        if i == 80 {
            cells[F0 - 1..].clone_from_slice(&source[F0 - 1..]);
        }
    });
    let metrics = outcome(&copied, &experiment(LOGISTIC)).unwrap();
    let audit = &metrics["audits"]["duplicates"];
    assert_eq!(audit["status"], "fail", "{audit}");
    assert_eq!(audit["details"][0], "P003 and P080");
}

#[test]
fn whole_numbers_lie_on_the_cuts_of_trees_and_are_explained_all_the_same() {
    let whole = changed(|_, cells| {
        for cell in &mut cells[F0 - 1..] {
            *cell = (3.0 * cell.parse::<f64>().unwrap()).round().to_string();
        }
    });
    let forest = experiment("{ stage = \"random-forest\" }").replace("permutations = 4", "permutations = 0");
    for seed in 1..5 {
        let metrics = outcome(&whole, &forest.replace("seed = 4", &format!("seed = {seed}"))).unwrap();
        let method = &metrics["models"]["texture"]["explanation"]["method"];
        assert_eq!(method, "exact TreeSHAP (interventional)");
    }
}
