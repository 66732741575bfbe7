//! A reference folder from which something was taken away, or in which a value is wrong: never green.
#![allow(clippy::unwrap_used)] // helpers of tests

use data_fixtures::{copied, path};
use dlr_core::conformance::SuiteTable;
use dlr_modelling::conformance::statistics;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A copy of the reference folder that a test may break.
fn copy(name: &str) -> PathBuf {
    copied("ml_reference", &Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
}

/// The misses after `change` was done to `file`, which is mended afterwards.
fn misses_after(folder: &Path, file: &str, change: impl FnOnce(&mut Value)) -> String {
    let text = std::fs::read_to_string(path("ml_reference").join(file)).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    change(&mut json);
    std::fs::write(folder.join(file), json.to_string()).unwrap();
    let tables = statistics(folder).unwrap();
    std::fs::write(folder.join(file), text).unwrap();
    printed(tables)
}

fn printed(tables: Vec<SuiteTable>) -> String {
    tables.iter().filter(|t| !t.is_green()).map(|t| format!("{t}\n")).collect()
}

/// Keys that this part of the suite compares, one or more of every file.
const COMPARED: &[(&str, &str)] = &[
    ("preprocess.json", "/median"),
    ("preprocess.json", "/constant"),
    ("preprocess.json", "/kept_in_clean"),
    ("univariate.json", "/auc"),
    ("univariate.json", "/adjusted/BY"),
    ("univariate.json", "/spearman"),
    ("univariate.json", "/corr_filter/kept"),
    ("icc.json", "/pingouin_icc"),
    ("combat.json", "/neuroCombat/no_eb"),
    ("lasso_path.json", "/coef"),
    ("lasso_path.json", "/alphas"),
    ("lasso_path.json", "/elastic_net/1/coef"),
    ("lasso_cv.json", "/mse_path"),
    ("lasso_cv.json", "/se"),
    ("logistic.json", "/fits/0/coef"),
    ("logistic.json", "/fits/8/proba_test"),
    ("logistic.json", "/liblinear_l1_penalised_intercept/coef"),
    ("logistic.json", "/mle_first4/conf_int"),
    ("rfe.json", "/logistic_l2_C1/1/eliminated_order"),
    ("rfe.json", "/logistic_l2_C1/0/margin_ratio"),
    ("rfe.json", "/linear_svc_sqhinge_C005_penalised_intercept/0/support"),
    ("mrmr.json", "/F"),
    ("r_oracle.json", "/gaussian/beta"),
    ("r_oracle.json", "/binomial_l1/a0"),
    ("r_oracle.json", "/binomial_en/beta"),
    ("r_oracle.json", "/cv_binomial/auc_cvsd"),
    ("r_oracle.json", "/padjust/holm"),
    ("r_oracle.json", "/icc/lower"),
    ("r_oracle.json", "/combat_sva/mean_only"),
    ("misc.json", "/pmsampsize_binary/2/n3"),
    ("optimism.json", "/oob_mean"),
];

#[test]
fn a_key_that_is_taken_away_is_missed_by_name() {
    let folder = copy("reference_keys");
    for (file, pointer) in COMPARED {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let found = misses_after(&folder, file, |json| {
            json.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        });
        assert!(found.contains(file) && found.contains(pointer), "{file} {pointer} is gone, but missed was: {found}");
    }
}

#[test]
fn a_list_that_is_too_short_is_missed() {
    let folder = copy("reference_lists");
    for (file, pointer) in COMPARED {
        let found = misses_after(&folder, file, |json| match json.pointer_mut(pointer).unwrap() {
            Value::Array(list) => drop(list.pop().unwrap()),
            number => *number = Value::from("another kind"),
        });
        assert!(!found.is_empty(), "{file} {pointer} is too short, and nothing was missed");
    }
}

#[test]
fn a_file_that_is_taken_away_is_missed_by_name_and_the_others_are_still_compared() {
    let folder = copy("reference_files");
    let n_tables = statistics(&folder).unwrap().len();
    let mut files: Vec<&str> = COMPARED.iter().map(|(file, _)| *file).collect();
    files.extend(["train.csv", "pvalues.csv", "icc.csv", "combat_in.csv", "folds.csv", "optimism_indices.csv"]);
    files.dedup();
    for file in files {
        std::fs::remove_file(folder.join(file)).unwrap();
        let tables = statistics(&folder).unwrap();
        std::fs::copy(path("ml_reference").join(file), folder.join(file)).unwrap();
        assert_eq!(tables.len(), n_tables);
        assert!(tables.iter().any(SuiteTable::is_green), "{file}");
        let found = printed(tables);
        assert!(found.contains(file), "{file} is gone, but missed was: {found}");
    }
}

#[test]
fn a_wrong_value_is_missed() {
    let folder = copy("reference_values");
    for (file, pointer) in COMPARED {
        let found = misses_after(&folder, file, |json| alter(json.pointer_mut(pointer).unwrap()));
        assert!(!found.is_empty(), "{file} {pointer} is wrong, and nothing was missed");
    }
}

/// Makes the first value of a list, or the value, another one.
fn alter(value: &mut Value) {
    match value {
        Value::Array(list) => alter(list.first_mut().unwrap()),
        Value::Number(n) => *value = Value::from(n.as_f64().unwrap() * 1.001 + 0.001),
        Value::Bool(b) => *b = !*b,
        other => *other = Value::from("another"),
    }
}
