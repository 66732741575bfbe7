//! Reading the reference files, and comparing by absolute error.

use dlr_core::conformance::{ReferenceJson, SuiteTable, read_reference};
use dlr_core::{Code, Error, Result};
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
        let text = read_reference(path, "scores.csv")?;
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

    pub(super) fn json(&self, name: &str) -> Result<ReferenceJson> {
        ReferenceJson::read(&self.path, name)
    }

    /// A table of numbers; with or without a header line.
    pub(super) fn rows(&self, name: &str) -> Result<Vec<Vec<String>>> {
        Ok(read_reference(&self.path, name)?
            .lines()
            .map(|l| l.split(',').map(|c| c.trim().to_owned()).collect())
            .collect())
    }
}

/// A file that does not hold what it should, or not of that kind.
pub fn lacks(file: &str, what: &str) -> Error {
    Error::new(Code::FileFormat, format!("`{file}` lacks `{what}`, or it is of another kind"))
}

/// Compares within an absolute tolerance; NaN equals NaN.
pub fn near(table: &mut SuiteTable, name: &str, expected: f64, found: f64, tolerance: f64) {
    let on = table.name.clone();
    table.near(name, &on, expected, found, tolerance);
}

/// As [`near`], for lists; another length is a miss.
pub(super) fn all_near(table: &mut SuiteTable, name: &str, expected: &[f64], found: &[f64], tolerance: f64) {
    let on = table.name.clone();
    table.all_near(name, &on, expected, found, tolerance);
}
