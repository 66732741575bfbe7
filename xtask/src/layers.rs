//! The levels of the crates (docs/architecture.md): arrows go down, and siblings never see each other.

use serde_json::Value;
use std::{collections::BTreeMap, env, path::Path, process::Command};

/// The level of every crate that has one. Helpers of the workspace (xtask, benches, data-fixtures) have none.
const LEVELS: &[(&str, u8)] = &[
    ("dlr-core", 0),
    ("dlr-io", 1),
    ("dlr-imaging", 1),
    ("dlr-modelling", 1),
    ("dlr-evaluation", 1),
    ("dlr-radiomics", 2),
    ("dlr-deep", 2),
    ("dlr-interpret", 2),
    ("dlr-phantom", 2),
    ("dlr-report", 2),
    ("dlr-experiment", 3),
    ("dlr", 4),
];

/// What tests read their fixtures with, also those of its siblings. Never part of a sibling that is built for use.
const READER: &str = "dlr-io";

const HELPERS: &[&str] = &["xtask", "dlr-benches", "data-fixtures"];

/// Every arrow that goes up or sideways, and every crate without a level.
pub(crate) fn problems(root: &Path) -> Result<Vec<String>, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata could not be read: {error}"))?;
    Ok(of_metadata(&metadata))
}

fn of_metadata(metadata: &Value) -> Vec<String> {
    let levels: BTreeMap<_, _> = LEVELS.iter().copied().collect();
    let mut problems = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let level = levels.get(name);
        if level.is_none() && !HELPERS.contains(&name) {
            problems.push(format!("crate {name} has no level: give it one in xtask/src/layers.rs"));
        }
        let Some(level) = level else { continue };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let target = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev";
            match levels.get(target) {
                // A crate's own tests may turn its features on, and read fixtures.
                Some(_) if for_tests && (target == name || target == READER) => {}
                Some(below) if below < level => {}
                Some(below) => problems.push(format!(
                    "arrow {name} (level {level}) -> {target} (level {below}): arrows go down, siblings do not see each other"
                )),
                None if HELPERS.contains(&target) && !for_tests => {
                    problems.push(format!("{name} depends on {target}, which only tests and benches may"));
                }
                None => {}
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, dependency: &str, kind: Value) -> Value {
        json!({"packages": [{"name": name, "dependencies": [{"name": dependency, "kind": kind}]}]})
    }

    #[test]
    fn arrows_go_down_only() {
        assert!(of_metadata(&package("dlr-io", "dlr-core", Value::Null)).is_empty());
        assert!(of_metadata(&package("dlr-io", "ndarray", Value::Null)).is_empty());
        assert_eq!(of_metadata(&package("dlr-core", "dlr-io", Value::Null)).len(), 1, "up");
        assert_eq!(of_metadata(&package("dlr-io", "dlr-imaging", Value::Null)).len(), 1, "sideways");
        assert_eq!(of_metadata(&package("dlr-io", "dlr-imaging", json!("dev"))).len(), 1, "sideways in tests");
        assert!(of_metadata(&package("dlr-imaging", "dlr-io", json!("dev"))).is_empty(), "reading fixtures");
        assert_eq!(of_metadata(&package("dlr-io", "data-fixtures", Value::Null)).len(), 1, "fixtures in the product");
        assert!(of_metadata(&package("dlr-io", "data-fixtures", json!("dev"))).is_empty());
        assert!(of_metadata(&package("dlr-io", "dlr-io", json!("dev"))).is_empty());
        assert_eq!(of_metadata(&package("dlr-new", "ndarray", Value::Null)).len(), 1, "no level");
    }
}
