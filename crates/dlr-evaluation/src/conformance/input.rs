//! Reading the reference files, and comparing by absolute error.

use dlr_core::conformance::{Miss, SuiteTable};
use dlr_core::{Code, Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The scores that everything is computed from.
pub(super) struct Folder {
    path: PathBuf,
    pub(super) labels: Vec<bool>,
    pub(super) s: [Vec<f64>; 3],
    pub(super) prob: Vec<f64>,
    pub(super) sex: Vec<String>,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let text = read(path, "scores.csv")?;
        let column = |name: &str| -> Result<Vec<String>> {
            let mut lines = text.lines();
            let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
            let at = header.iter().position(|h| *h == name).ok_or_else(|| lacks("scores.csv", name))?;
            let cell = |line: &str| line.split(',').nth(at).map(str::to_owned).ok_or_else(|| lacks("scores.csv", name));
            lines.map(cell).collect()
        };
        let numbers = |name: &str| -> Result<Vec<f64>> {
            column(name)?.iter().map(|c| c.parse().map_err(|_| lacks("scores.csv", name))).collect()
        };
        Ok(Folder {
            labels: numbers("y")?.iter().map(|y| *y == 1.0).collect(),
            s: [numbers("s1")?, numbers("s2")?, numbers("s3")?],
            prob: numbers("prob")?,
            sex: column("sex")?,
            path: path.to_owned(),
        })
    }

    pub(super) fn json(&self, name: &'static str) -> Result<Json> {
        let value = serde_json::from_str(&read(&self.path, name)?)
            .map_err(|e| Error::new(Code::FileFormat, format!("`{name}` is not JSON: {e}")))?;
        Ok(Json { file: name, value })
    }

    /// A table of numbers; with or without a header line.
    pub(super) fn rows(&self, name: &str) -> Result<Vec<Vec<String>>> {
        Ok(read(&self.path, name)?.lines().map(|l| l.split(',').map(|c| c.trim().to_owned()).collect()).collect())
    }
}

/// The text of a file of a reference folder.
///
/// # Errors
/// `E0201` where it cannot be read.
pub fn read(folder: &Path, name: &str) -> Result<String> {
    std::fs::read_to_string(folder.join(name))
        .map_err(|e| Error::new(Code::FileMissing, format!("`{name}` of the reference folder cannot be read: {e}")))
}

/// A file that does not hold what it should, or not of that kind.
pub fn lacks(file: &str, what: &str) -> Error {
    Error::new(Code::FileFormat, format!("`{file}` lacks `{what}`, or it is of another kind"))
}

/// A JSON file with paths such as `/delong_own/cov/0/1`.
pub(super) struct Json {
    file: &'static str,
    value: Value,
}

impl Json {
    pub(super) fn number(&self, pointer: &str) -> Result<f64> {
        self.value.pointer(pointer).and_then(as_number).ok_or_else(|| lacks(self.file, pointer))
    }

    pub(super) fn numbers(&self, pointer: &str) -> Result<Vec<f64>> {
        let items = self.value.pointer(pointer).and_then(Value::as_array).ok_or_else(|| lacks(self.file, pointer))?;
        items.iter().map(|v| as_number(v).ok_or_else(|| lacks(self.file, pointer))).collect()
    }

    pub(super) fn has(&self, pointer: &str) -> bool {
        self.value.pointer(pointer).is_some_and(|v| !v.is_null())
    }

    pub(super) fn keys(&self, pointer: &str) -> Vec<String> {
        let object = self.value.pointer(pointer).and_then(Value::as_object);
        object.map(|o| o.keys().cloned().collect()).unwrap_or_default()
    }
}

/// null is NaN, "inf" and "-inf" are infinite.
fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(f64::NAN),
        Value::String(text) => text.parse().ok(),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        other => other.as_f64(),
    }
}

/// Compares within an absolute tolerance; NaN equals NaN.
pub fn near(table: &mut SuiteTable, name: &str, expected: f64, found: f64, tolerance: f64) {
    let same = expected == found || expected.is_nan() && found.is_nan();
    let error = if same { 0.0 } else { (found - expected).abs() };
    let error = if error.is_nan() { f64::INFINITY } else { error };
    let miss = (error > tolerance).then(|| Miss {
        name: name.to_owned(),
        configuration: table.name.clone(),
        expected: expected.to_string(),
        found: found.to_string(),
        tolerance: format!("{tolerance:e} absolute"),
    });
    table.record(error, miss);
}

/// As [`near`], for lists; another length is one miss.
pub(super) fn all_near(table: &mut SuiteTable, name: &str, expected: &[f64], found: &[f64], tolerance: f64) {
    if expected.len() != found.len() {
        near(table, &format!("{name}: length"), expected.len() as f64, found.len() as f64, 0.0);
        return;
    }
    for (i, (e, f)) in expected.iter().zip(found).enumerate() {
        near(table, &format!("{name}[{i}]"), *e, *f, tolerance);
    }
}
