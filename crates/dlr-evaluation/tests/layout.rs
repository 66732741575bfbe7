//! The layout of a reference folder: whatever is taken away from the fixture is missed by name.
#![allow(clippy::unwrap_used)] // helpers of tests

use data_fixtures::copied;
use dlr_evaluation::conformance::layout;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A copy of the reference folder that a test may break.
fn copy(name: &str) -> PathBuf {
    copied("ml_reference", &Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
}

fn files_of(folder: &Path, extension: &str) -> Vec<String> {
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|f| f.ends_with(extension));
    files.sort();
    files
}

/// Every key below `value`: all of an object, and of a list its first and last entry.
fn keys(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v)).collect(),
        Value::Array(list) if list.first().is_some_and(|v| v.is_object() || v.is_array()) => {
            let ends = [0, list.len() - 1];
            ends.iter().map(|i| (i.to_string(), &list[*i])).collect()
        }
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{at}/{key}");
        keys(child, &pointer, found);
        found.push(pointer);
    }
}

/// Misses of the layout after `change` was done to what is at `pointer` of `file`.
fn misses(folder: &Path, file: &str, json: &Value, change: impl Fn(&mut Value)) -> Vec<String> {
    let mut broken = json.clone();
    change(&mut broken);
    std::fs::write(folder.join(file), broken.to_string()).unwrap();
    layout(folder).unwrap().misses.into_iter().map(|m| m.name).collect()
}

#[test]
fn a_key_that_is_taken_away_is_missed_by_name() {
    let folder = copy("layout_keys");
    let mut n_tried = 0;
    for file in files_of(&folder, ".json") {
        let text = std::fs::read_to_string(folder.join(&file)).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut pointers = Vec::new();
        keys(&json, "", &mut pointers);
        for pointer in pointers {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let key = key.replace("~1", "/").replace("~0", "~");
            // What stands in a list is taken away below, as a list that is too short.
            if json.pointer(parent).unwrap().is_array() {
                continue;
            }
            let found = misses(&folder, &file, &json, |broken| {
                broken.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(&key).unwrap();
            });
            // config.json is compared as a whole: with versions.json, which has the same keys.
            let named = if file == "config.json" { file.clone() } else { format!("{file}: {pointer}") };
            assert!(found.iter().any(|miss| miss.starts_with(&named)), "{named} gone, but missed were {found:?}");
            n_tried += 1;
        }
        std::fs::write(folder.join(&file), text).unwrap();
    }
    assert!(n_tried > 400, "only {n_tried} keys were tried");
}

#[test]
fn a_list_that_is_too_short_and_a_value_of_another_kind_are_missed_by_name() {
    let folder = copy("layout_lists");
    // Lists whose length nothing else in the folder states.
    let free = ["/corr_filter/kept", "/eliminated_order/0", "/eliminated_order/"];
    let (mut n_lists, mut n_kinds) = (0, 0);
    for file in files_of(&folder, ".json") {
        let text = std::fs::read_to_string(folder.join(&file)).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut pointers = Vec::new();
        keys(&json, "", &mut pointers);
        for pointer in &pointers {
            let named = if file == "config.json" { file.clone() } else { format!("{file}: /") };
            let names_it = |found: &[String]| found.iter().any(|miss| miss.starts_with(&named));
            if json.pointer(pointer).unwrap().is_array() && !free.iter().any(|f| pointer.contains(f)) {
                let found = misses(&folder, &file, &json, |broken| {
                    broken.pointer_mut(pointer).unwrap().as_array_mut().unwrap().pop().unwrap();
                });
                assert!(names_it(&found), "{file}: {pointer} shortened, but missed were {found:?}");
                n_lists += 1;
            }
            let found = misses(&folder, &file, &json, |broken| {
                *broken.pointer_mut(pointer).unwrap() = serde_json::json!({ "another": "kind" });
            });
            let is_object = json.pointer(pointer).unwrap().is_object();
            assert!(names_it(&found), "{file}: {pointer} of another kind (object: {is_object}), missed were {found:?}");
            n_kinds += 1;
        }
        std::fs::write(folder.join(&file), text).unwrap();
    }
    assert!(n_lists > 200 && n_kinds > 500, "{n_lists} lists, {n_kinds} values");
}

#[test]
fn a_file_that_is_taken_away_and_a_table_that_is_too_short_are_missed_by_name() {
    let folder = copy("layout_files");
    for file in files_of(&folder, ".json").into_iter().chain(files_of(&folder, ".csv")) {
        let text = std::fs::read_to_string(folder.join(&file)).unwrap();
        std::fs::remove_file(folder.join(&file)).unwrap();
        let found = layout(&folder).unwrap();
        if file == "config.json" {
            assert!(found.is_green() && found.to_string().contains("config.json is skipped"), "{found}");
        } else {
            assert!(found.misses.iter().any(|m| m.name == file), "{file} gone: {found}");
        }
        if file.ends_with(".csv") && file != "icc.csv" {
            let (short, _) = text.trim_end().rsplit_once('\n').unwrap();
            std::fs::write(folder.join(&file), short).unwrap();
            let found = layout(&folder).unwrap();
            assert!(found.misses.iter().any(|m| m.name == file), "{file} too short: {found}");
        }
        std::fs::write(folder.join(&file), text).unwrap();
    }
    assert!(layout(&folder).unwrap().is_green(), "as it was");
}
