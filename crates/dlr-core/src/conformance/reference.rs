//! [`ReferenceJson`]: a JSON file of expected values, in which nothing may be missing unnoticed.

use crate::{Code, Error, Result};
use serde_json::Value;
use std::path::Path;

/// A JSON file of a reference folder, read by pointers such as `/delong/cov/0/1`.
///
/// Every reader fails, naming file and pointer, where the value is absent or of another kind: an expected value that is
/// not there must never pass for one that was compared. As a number, null and `"NA"` are NaN, and `"inf"` and `"-inf"` infinite.
#[derive(Debug, Clone)]
pub struct ReferenceJson {
    file: String,
    value: Value,
}

impl ReferenceJson {
    /// Reads `file` of `folder`.
    ///
    /// # Errors
    /// [`Code::FileMissing`] where it cannot be read, [`Code::FileFormat`] where it is not JSON.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        let value = serde_json::from_str(&read_reference(folder, file)?)
            .map_err(|e| Error::new(Code::FileFormat, format!("`{file}` is not JSON: {e}")))?;
        Ok(ReferenceJson { file: file.to_owned(), value })
    }

    /// What is at `pointer`; the whole file for an empty one.
    ///
    /// # Errors
    /// [`Code::FileFormat`] where nothing is there.
    pub fn get(&self, pointer: &str) -> Result<&Value> {
        self.value
            .pointer(pointer)
            .ok_or_else(|| Error::new(Code::FileFormat, format!("`{}` has nothing at `{pointer}`", self.file)))
    }

    /// Whether null stands at `pointer`.
    ///
    /// # Errors
    /// [`Code::FileFormat`] where nothing is there: null is a statement, absence is not.
    pub fn is_null(&self, pointer: &str) -> Result<bool> {
        self.get(pointer).map(Value::is_null)
    }

    /// A number.
    ///
    /// # Errors
    /// [`Code::FileFormat`] where it is absent or of another kind.
    pub fn number(&self, pointer: &str) -> Result<f64> {
        number_of(self.get(pointer)?).ok_or_else(|| self.kind(pointer, "a number"))
    }

    /// A text.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`].
    pub fn text(&self, pointer: &str) -> Result<&str> {
        self.get(pointer)?.as_str().ok_or_else(|| self.kind(pointer, "a text"))
    }

    /// A truth value.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`].
    pub fn truth(&self, pointer: &str) -> Result<bool> {
        self.get(pointer)?.as_bool().ok_or_else(|| self.kind(pointer, "true or false"))
    }

    /// A list.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`].
    pub fn list(&self, pointer: &str) -> Result<&[Value]> {
        self.get(pointer)?.as_array().map(Vec::as_slice).ok_or_else(|| self.kind(pointer, "a list"))
    }

    /// A list of numbers.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`].
    pub fn numbers(&self, pointer: &str) -> Result<Vec<f64>> {
        let items = self.list(pointer)?.iter().map(number_of).collect::<Option<_>>();
        items.ok_or_else(|| self.kind(pointer, "a list of numbers"))
    }

    /// A list of exactly `n` numbers.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`], also for another length.
    pub fn n_numbers(&self, pointer: &str, n: usize) -> Result<Vec<f64>> {
        let items = self.numbers(pointer)?;
        if items.len() != n {
            return Err(self
                .kind(pointer, &format!("a list of {n} numbers"))
                .found(format!("{} numbers", items.len())));
        }
        Ok(items)
    }

    /// A list of texts.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`].
    pub fn texts(&self, pointer: &str) -> Result<Vec<String>> {
        let items = self.list(pointer)?.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>();
        items.ok_or_else(|| self.kind(pointer, "a list of texts"))
    }

    /// Rows of numbers, shape `[n_rows, n_columns]`.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`], also for another shape.
    pub fn matrix(&self, pointer: &str, n_rows: usize, n_columns: usize) -> Result<Vec<Vec<f64>>> {
        let n = self.list(pointer)?.len();
        if n != n_rows {
            return Err(self.kind(pointer, &format!("{n_rows} rows of numbers")).found(format!("{n} rows")));
        }
        (0..n_rows).map(|i| self.n_numbers(&format!("{pointer}/{i}"), n_columns)).collect()
    }

    /// The keys of an object, in order; at least one.
    ///
    /// # Errors
    /// As [`ReferenceJson::number`], also for an object without keys.
    pub fn keys(&self, pointer: &str) -> Result<Vec<String>> {
        let keys: Option<Vec<String>> = self.get(pointer)?.as_object().map(|o| o.keys().cloned().collect());
        keys.filter(|k| !k.is_empty()).ok_or_else(|| self.kind(pointer, "an object with keys"))
    }

    fn kind(&self, pointer: &str, wanted: &str) -> Error {
        Error::new(Code::FileFormat, format!("`{}` does not have {wanted} at `{pointer}`", self.file))
    }
}

/// The text of a file of a reference folder.
///
/// # Errors
/// [`Code::FileMissing`] where it cannot be read; the message has its base name only.
pub fn read_reference(folder: &Path, file: &str) -> Result<String> {
    std::fs::read_to_string(folder.join(file))
        .map_err(|e| Error::new(Code::FileMissing, format!("`{file}` of the reference folder cannot be read: {e}")))
}

/// A number of a reference file; `None` where it is none. R writes `"NA"` and `"Inf"` where Python writes null and `"inf"`.
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(f64::NAN),
        Value::String(text) => match text.as_str() {
            "NA" | "NaN" => Some(f64::NAN),
            "inf" | "Inf" => Some(f64::INFINITY),
            "-inf" | "-Inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        other => other.as_f64(),
    }
}
