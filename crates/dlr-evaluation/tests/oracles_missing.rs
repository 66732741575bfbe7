//! A reference folder from which something was taken away, or in which a value is wrong: the evaluation part is not green.
#![allow(clippy::unwrap_used)] // helpers of tests

use data_fixtures::{copied, path};
use dlr_core::conformance::SuiteTable;
use dlr_evaluation::conformance::statistics;
use serde_json::Value;
use std::path::{Path, PathBuf};

const FILES: &[&str] = &["discrimination.json", "calibration.json"];
/// Words, and numbers that say how something was made.
const NOT_COMPARED: &[&str] = &[
    "/roc",
    "/rule",
    "/bootstrap/indices",
    "/hosmer_lemeshow/df",
    "/lowess/frac",
    "/lowess/it",
    "/dca/max_abs_diff",
    "/dca/threshold",
    "/youden_train/train_scores",
    "/youden_train/train_y",
    "/nri_idi/old_prob",
];

fn copy(name: &str) -> PathBuf {
    copied("ml_reference", &Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
}

fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, child)| leaves(child, &format!("{at}/{key}"), found)),
        _ => found.push(at.to_owned()),
    }
}

fn alter(value: &mut Value) {
    match value {
        Value::Array(list) => alter(list.last_mut().unwrap()),
        Value::Number(n) => *value = Value::from(n.as_f64().unwrap() * 1.001 + 0.001),
        other => *other = Value::from("another"),
    }
}

#[test]
fn every_value_that_is_wrong_or_gone_is_missed() {
    let folder = copy("oracles_values");
    let mut n_tried = 0;
    for file in FILES {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut pointers = Vec::new();
        leaves(&json, "", &mut pointers);
        pointers.retain(|p| !NOT_COMPARED.iter().any(|n| p == n || p.ends_with("/rule")));
        for pointer in pointers {
            let mut wrong = json.clone();
            alter(wrong.pointer_mut(&pointer).unwrap());
            std::fs::write(folder.join(file), wrong.to_string()).unwrap();
            let tables = statistics(&folder).unwrap();
            assert!(!tables.iter().all(SuiteTable::is_green), "{file} {pointer} is wrong, and nothing was missed");

            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let mut without = json.clone();
            without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
            std::fs::write(folder.join(file), without.to_string()).unwrap();
            let found: String = statistics(&folder).unwrap().iter().map(ToString::to_string).collect();
            assert!(found.contains(&format!("`{pointer}")) && found.contains(file), "{file} {pointer}: {found}");
            n_tried += 1;
        }
        std::fs::write(folder.join(file), text).unwrap();
    }
    assert!(n_tried > 70, "{n_tried}");
}

#[test]
fn a_file_that_is_gone_is_missed_by_name() {
    let folder = copy("oracles_files");
    for file in FILES.iter().chain(&["misc.json", "r_oracle.json", "bootstrap_indices.csv", "pvalues.csv"]) {
        std::fs::remove_file(folder.join(file)).unwrap();
        let found: String = statistics(&folder).unwrap().iter().map(ToString::to_string).collect();
        std::fs::copy(path("ml_reference").join(file), folder.join(file)).unwrap();
        assert!(found.contains("MISS") && found.contains(file), "{file}: {found}");
    }
    std::fs::remove_file(folder.join("scores.csv")).unwrap();
    let error = statistics(&folder).unwrap_err();
    assert!(error.code() == dlr_core::Code::FileMissing && error.to_string().contains("scores.csv"), "{error}");
}
