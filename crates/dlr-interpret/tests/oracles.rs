//! The interpretation part of the suite `statistics`, on the oracle tables of the repository.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_interpret::conformance::statistics;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[test]
fn every_oracle_value_is_reproduced() {
    let tables = statistics(&data_fixtures::path("ml_reference")).unwrap();
    for table in &tables {
        println!("{table}");
    }
    assert!(tables.iter().all(|t| t.is_green()), "see the misses above");
}

fn copy(name: &str) -> PathBuf {
    data_fixtures::copied("ml_reference", &Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
}

fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, child)| leaves(child, &format!("{at}/{key}"), found)),
        _ => found.push(at.to_owned()),
    }
}

/// Makes the last number of a list, or the number, another one.
fn alter(value: &mut Value) {
    match value {
        Value::Array(list) => alter(list.last_mut().unwrap()),
        Value::Object(tree) => alter(&mut tree["value"]),
        Value::Number(n) => *value = Value::from(n.as_f64().unwrap() * 1.001 + 0.001),
        other => *other = Value::from("another"),
    }
}

#[test]
fn every_value_that_is_wrong_or_gone_is_missed() {
    let folder = copy("shap_values");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("shap.json")).unwrap()).unwrap();
    let mut pointers = Vec::new();
    leaves(&json, "", &mut pointers);
    // Words, and a number that says how far two oracles are apart.
    pointers
        .retain(|p| !["/split_rule", "/linear/background", "/kernel_probability/max_abs_diff"].contains(&p.as_str()));
    assert!(pointers.len() > 20);
    for pointer in pointers {
        let is_missed = |change: &dyn Fn(&mut Value)| {
            let mut broken = json.clone();
            change(&mut broken);
            std::fs::write(folder.join("shap.json"), broken.to_string()).unwrap();
            match statistics(&folder) {
                Ok(tables) => {
                    let text: String = tables.iter().map(ToString::to_string).collect();
                    (!tables.iter().all(|t| t.is_green())).then_some(text)
                }
                Err(error) => Some(error.to_string()),
            }
        };
        let wrong = is_missed(&|json| alter(json.pointer_mut(&pointer).unwrap()));
        assert!(wrong.is_some(), "{pointer} is wrong, and nothing was missed");
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let gone = is_missed(&|json| drop(json.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key)));
        assert!(gone.as_ref().is_some_and(|text| text.contains(&pointer)), "{pointer} is gone: {gone:?}");
    }
}
