//! [`layout`]: whether a folder holds every file and every key of the suite `statistics`, each of its kind and size.
//!
//! What is expected stands in `layout.txt`, whose first lines say how to read it. The tables of the suite compare values;
//! this one sees to it that none is left out because it is not there.

use dlr_core::conformance::{ReferenceJson, SuiteTable, number_of, read_reference};
use dlr_core::{Code, Error, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const LAYOUT: &str = include_str!("layout.txt");

/// One comparison per file, table and key of the layout, of the whole suite and not of this crate's part only.
///
/// # Errors
/// [`Code::FileMissing`] where there is no such folder. A file that is not there is a miss.
pub fn layout(folder: &Path) -> Result<SuiteTable> {
    if !folder.is_dir() {
        return Err(Error::new(Code::FileMissing, "the reference folder is not there"));
    }
    let mut check = Check { table: SuiteTable::new("layout"), sizes: BTreeMap::new() };
    check.table.notes.push("every file and key of the layout, its kind and its size; values are compared below".into());
    check.sizes_of_config(folder);
    let mut json = None;
    for line in LAYOUT.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (word, rest) = line.split_once(' ').expect("every line of the layout has a kind and a name");
        match word {
            "file" => json = check.open(folder, rest),
            "table" => check.csv(folder, rest),
            kind => check.key(json.as_ref().map(|json| (json, rest)), kind),
        }
    }
    Ok(check.table)
}

struct Check {
    table: SuiteTable,
    /// Sizes by name, as far as they have been met.
    sizes: BTreeMap<String, usize>,
}

struct Opened {
    file: String,
    json: ReferenceJson,
}

impl Check {
    /// The sizes that versions.json repeats from config.json. Without it they are taken from where they are first met;
    /// that the file is missing is a miss of its own.
    fn sizes_of_config(&mut self, folder: &Path) {
        self.compare_configs(folder);
        let Ok(config) = ReferenceJson::read(folder, "versions.json") else { return };
        for (name, pointer) in [
            ("n", "/n"),
            ("nt", "/nt"),
            ("p", "/p"),
            ("raters", "/raters"),
            ("k_folds", "/folds"),
            ("batches", "/nb/0"),
        ] {
            if let Ok(size) = config.number(&format!("/config{pointer}")) {
                self.sizes.insert(name.into(), size as usize);
            }
        }
        if let Ok(sizes) = config.numbers("/config/nb/1") {
            self.sizes.insert("b".into(), sizes.iter().sum::<f64>() as usize);
        }
    }

    /// Where config.json is there, it must be the one that the folder was made with.
    fn compare_configs(&mut self, folder: &Path) {
        let file = "config.json";
        if !folder.join(file).exists() {
            let why =
                "config.json is skipped: the generator does not write it into its folder; versions.json repeats it";
            return self.table.notes.push(why.into());
        }
        let of =
            |file: &str, pointer: &str| match ReferenceJson::read(folder, file).and_then(|j| j.get(pointer).cloned()) {
                Ok(value) => value.to_string(),
                Err(error) => error.fact().to_owned(),
            };
        self.table.same(file, "as versions.json has it", of("versions.json", "/config"), of(file, ""));
    }

    fn open(&mut self, folder: &Path, file: &str) -> Option<Opened> {
        let json = ReferenceJson::read(folder, file);
        self.table.same(file, "file", "JSON", json.as_ref().map_or_else(|e| e.fact().to_owned(), |_| "JSON".into()));
        Some(Opened { file: file.to_owned(), json: json.ok()? })
    }

    fn csv(&mut self, folder: &Path, line: &str) {
        let parts: Vec<&str> = line.split(' ').collect();
        let (file, columns) = (parts[0], parts.get(3).map_or_else(Vec::new, |c| c.split(',').collect()));
        let text = match read_reference(folder, file) {
            Ok(text) => text,
            Err(error) => return self.table.same(file, "file", "a table", error.fact()),
        };
        let mut rows: Vec<Vec<&str>> = text
            .lines()
            .filter(|l| !l.is_empty())
            .map(|l| l.split(',').map(|c| c.trim_matches('"')).collect())
            .collect();
        let width = rows.first().map_or(0, Vec::len);
        self.table.same(file, "cells in every row", true, rows.iter().all(|r| r.len() == width));
        if !columns.is_empty() && !rows.is_empty() {
            let header = rows.remove(0);
            for column in columns {
                self.table.same(&format!("{file}: {column}"), "column", true, header.contains(&column));
            }
        }
        for (what, size, found) in [("rows", parts[1], rows.len()), ("columns", parts[2], width)] {
            let is_right = self.has_size(size, "", found);
            let wanted = size_in_words(size, &self.sizes);
            self.table.same(file, what, &wanted, if is_right { wanted.clone() } else { found.to_string() });
        }
    }

    fn key(&mut self, place: Option<(&Opened, &str)>, kind: &str) {
        // A file that cannot be read is one miss, not one for each of its keys.
        let Some((opened, pattern)) = place else { return };
        let (pattern, exception) =
            pattern.split_once(" | unless ").map_or((pattern, None), |(p, e)| (p, e.split_once(' ')));
        let (name, dims) = kind.split_once('[').map_or((kind, ""), |(name, dims)| (name, dims.trim_end_matches(']')));
        let dims: Vec<&str> = dims.split("][").filter(|d| !d.is_empty()).collect();
        for (pointer, scope) in places(&opened.json, pattern) {
            if exception.is_some_and(|(key, text)| sibling(&opened.json, &pointer, key) == Some(text)) {
                continue;
            }
            let dims: Vec<String> = dims.iter().map(|d| stated_size(&opened.json, &pointer, d)).collect();
            let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
            let fault = match opened.json.get(&pointer) {
                Err(_) if name.ends_with('?') && parent_is_null(&opened.json, &pointer) => {
                    let note = format!("{}: {pointer} is not there, because what it belongs to is null", opened.file);
                    self.table.notes.push(note);
                    continue;
                }
                Err(_) => Some("absent".to_owned()),
                Ok(Value::Null) if name.ends_with('?') => None,
                Ok(value) => self.fault(value, name.trim_end_matches('?'), &dims, &scope),
            };
            let wanted = dims.iter().fold(name.to_owned(), |w, d| format!("{w}[{}]", size_in_words(d, &self.sizes)));
            let found = fault.unwrap_or_else(|| wanted.clone());
            self.table.same(&format!("{}: {pointer}", opened.file), "key", wanted, found);
        }
    }

    /// What is wrong with a value, in words.
    fn fault(&mut self, value: &Value, kind: &str, dims: &[&str], scope: &str) -> Option<String> {
        if let Some((first, rest)) = dims.split_first() {
            let Some(items) = value.as_array() else { return Some(kind_in_words(value).into()) };
            if !self.has_size(first, scope, items.len()) {
                return Some(format!("{} entries", items.len()));
            }
            let mut faults = items.iter().enumerate().filter_map(|(i, item)| {
                let fault = if kind == "list" { None } else { self.fault(item, kind, rest, scope) };
                fault.map(|fault| format!("{fault} in entry {i}"))
            });
            return faults.next();
        }
        let is_right = match kind {
            "number" => number_of(value).is_some(),
            "text" => value.is_string(),
            "truth" => value.is_boolean(),
            "object" => value.is_object(),
            other => unreachable!("the layout has no kind `{other}`"),
        };
        (!is_right).then(|| kind_in_words(value).into())
    }

    /// Whether `found` is the size of that name, which it becomes where the name is new.
    fn has_size(&mut self, size: &str, scope: &str, found: usize) -> bool {
        match (size, size.strip_suffix('+'), size.parse::<usize>()) {
            ("*", ..) => found > 0,
            (_, Some(least), _) => found >= least.parse().expect("a number stands before the plus"),
            (.., Ok(exact)) => found == exact,
            _ => {
                let (name, more) = size.split_once('+').map_or((size, 0), |(name, more)| {
                    (name, more.parse::<usize>().expect("a number stands behind the plus"))
                });
                let name = if name.starts_with('_') { format!("{scope}{name}") } else { name.to_owned() };
                found >= more && *self.sizes.entry(name).or_insert(found - more) == found - more
            }
        }
    }
}

/// `n+2` as `n+2 = 131`, where it is known.
fn size_in_words(size: &str, sizes: &BTreeMap<String, usize>) -> String {
    let (name, more) = size.split_once('+').unwrap_or((size, "0"));
    match (sizes.get(name), more.parse::<usize>()) {
        (Some(known), Ok(more)) => format!("{size} = {}", known + more),
        _ => size.to_owned(),
    }
}

fn kind_in_words(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn parent_is_null(json: &ReferenceJson, pointer: &str) -> bool {
    pointer.rsplit_once('/').is_some_and(|(parent, _)| json.is_null(parent).unwrap_or(false))
}

/// The size `=KEY` as the number that stands under that key; any other as it is.
fn stated_size(json: &ReferenceJson, pointer: &str, size: &str) -> String {
    let number = |key| json.number(&format!("{}/{key}", pointer.rsplit_once('/')?.0)).ok();
    size.strip_prefix('=').map_or(size.to_owned(), |key| number(key).map_or("*".into(), |n| format!("{n}")))
}

/// The text under another key of the entry that `pointer` belongs to.
fn sibling<'a>(json: &'a ReferenceJson, pointer: &str, key: &str) -> Option<&'a str> {
    let (parent, _) = pointer.rsplit_once('/')?;
    json.text(&format!("{parent}/{key}")).ok()
}

/// The pointers that a pattern stands for, each with the entry that its own sizes belong to.
fn places(json: &ReferenceJson, pattern: &str) -> Vec<(String, String)> {
    let Some((list, rest)) = pattern.split_once("/*") else { return vec![(pattern.to_owned(), String::new())] };
    let n = json.list(list).map_or(0, <[Value]>::len);
    (0..n).map(|i| (format!("{list}/{i}{rest}"), format!("{list}/{i} "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_is_an_error_and_an_empty_one_lacks_every_file() {
        let error = layout(&data_fixtures::path("no-such-folder")).unwrap_err();
        assert_eq!(error.code(), Code::FileMissing);
        let empty = layout(&data_fixtures::path("src")).unwrap();
        let files = LAYOUT.lines().filter(|l| l.starts_with("file ") || l.starts_with("table ")).count();
        assert_eq!((empty.total, empty.misses.len()), (files, files), "{empty}");
        assert!(empty.to_string().contains("config.json is skipped"));
    }

    #[test]
    fn the_folder_of_the_repository_is_complete() {
        let table = layout(&data_fixtures::path("ml_reference")).unwrap();
        assert!(table.is_green(), "{table}");
    }
}
