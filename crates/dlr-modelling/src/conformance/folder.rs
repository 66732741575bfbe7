//! [`Folder`]: the files of a reference folder as numbers. Reads this one layout and nothing else.

use crate::linalg::Columns;
use dlr_core::{Code, Error, Result};
use ndarray::Array2;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A reference folder with its clean training table.
pub(super) struct Folder {
    path: PathBuf,
    /// The clean training columns.
    pub(super) x: Columns,
    /// Their names.
    pub(super) names: Vec<String>,
    /// Training labels.
    pub(super) labels: Vec<bool>,
    /// The clean test columns.
    pub(super) x_test: Columns,
}

/// A CSV file of numbers; what is not a number is NaN.
pub(super) struct Csv {
    pub(super) header: Vec<String>,
    pub(super) values: Array2<f64>,
}

impl Csv {
    pub(super) fn column(&self, name: &str) -> Result<Vec<f64>> {
        let j = self
            .header
            .iter()
            .position(|h| h == name)
            .ok_or_else(|| Error::new(Code::FileFormat, format!("a reference table has no column `{name}`")))?;
        Ok(self.values.column(j).to_vec())
    }

    pub(super) fn from(&self, first: usize) -> Columns {
        Columns::from_rows(self.values.slice(ndarray::s![.., first..]))
    }
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        let (train, test) = (read_csv(&path, "train_clean.csv", true)?, read_csv(&path, "test_clean.csv", true)?);
        Ok(Folder {
            path,
            x: train.from(2),
            names: train.header[2..].to_vec(),
            labels: train.column("y")?.iter().map(|y| *y == 1.0).collect(),
            x_test: test.from(2),
        })
    }

    /// Training labels as numbers.
    pub(super) fn y(&self) -> Vec<f64> {
        self.labels.iter().map(|l| f64::from(u8::from(*l))).collect()
    }

    pub(super) fn csv(&self, name: &str) -> Result<Csv> {
        read_csv(&self.path, name, true)
    }

    pub(super) fn csv_without_header(&self, name: &str) -> Result<Csv> {
        read_csv(&self.path, name, false)
    }

    pub(super) fn json(&self, name: &str) -> Result<Value> {
        serde_json::from_str(&read(&self.path, name)?)
            .map_err(|e| Error::new(Code::FileFormat, format!("`{name}` is not JSON: {e}")))
    }
}

fn read(folder: &Path, name: &str) -> Result<String> {
    std::fs::read_to_string(folder.join(name))
        .map_err(|e| Error::new(Code::FileMissing, format!("`{name}` of the reference folder cannot be read: {e}")))
}

fn read_csv(folder: &Path, name: &str, has_header: bool) -> Result<Csv> {
    let text = read(folder, name)?;
    let mut lines = text.lines().filter(|l| !l.is_empty());
    let header: Vec<String> = match has_header {
        true => lines.next().unwrap_or("").split(',').map(|h| h.trim_matches('"').to_owned()).collect(),
        false => Vec::new(),
    };
    let rows: Vec<Vec<f64>> = lines.map(|l| l.split(',').map(|c| c.parse().unwrap_or(f64::NAN)).collect()).collect();
    let n_columns = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|r| r.len() != n_columns) {
        return Err(Error::new(Code::FileFormat, format!("`{name}` has rows of different lengths")));
    }
    let n_rows = rows.len();
    let values = Array2::from_shape_vec((n_rows, n_columns), rows.concat()).expect("lengths were compared");
    Ok(Csv { header, values })
}

/// A number; null is NaN, "inf" is infinity.
pub(super) fn number(value: &Value) -> f64 {
    match value {
        Value::String(s) if s == "inf" => f64::INFINITY,
        Value::String(s) if s == "-inf" => f64::NEG_INFINITY,
        Value::Bool(b) => f64::from(u8::from(*b)),
        other => other.as_f64().unwrap_or(f64::NAN),
    }
}

/// A list of numbers; a number alone is a list of one.
pub(super) fn numbers(value: &Value) -> Vec<f64> {
    match value.as_array() {
        Some(items) => items.iter().map(number).collect(),
        None if value.is_null() => Vec::new(),
        None => vec![number(value)],
    }
}

pub(super) fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().map(|rows| rows.iter().map(numbers).collect()).unwrap_or_default()
}

pub(super) fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect()
}
