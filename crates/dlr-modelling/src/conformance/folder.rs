//! [`Folder`]: the files of a reference folder as numbers. Reads this one layout and nothing else.

use crate::linalg::Columns;
use dlr_core::conformance::{ReferenceJson, read_reference};
use dlr_core::{Code, Error, Result};
use ndarray::Array2;
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
    file: String,
    pub(super) header: Vec<String>,
    pub(super) values: Array2<f64>,
}

impl Csv {
    pub(super) fn column(&self, name: &str) -> Result<Vec<f64>> {
        let j = self
            .header
            .iter()
            .position(|h| h == name)
            .ok_or_else(|| Error::new(Code::FileFormat, format!("`{}` has no column `{name}`", self.file)))?;
        Ok(self.values.column(j).to_vec())
    }

    /// A column in which nothing may be missing.
    pub(super) fn full_column(&self, name: &str) -> Result<Vec<f64>> {
        let column = self.column(name)?;
        match column.iter().position(|v| v.is_nan()) {
            None => Ok(column),
            Some(row) => {
                Err(Error::new(Code::FileFormat, format!("`{}` has no number in row {row} of `{name}`", self.file)))
            }
        }
    }

    pub(super) fn from(&self, first: usize) -> Columns {
        Columns::from_rows(self.values.slice(ndarray::s![.., first..]))
    }
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        let (train, test) = (read_csv(&path, "train_clean.csv", true)?, read_csv(&path, "test_clean.csv", true)?);
        if train.header[..2] != ["id", "y"] || train.header != test.header {
            return Err(Error::new(Code::FileFormat, "the clean tables do not begin with `id` and `y`, or differ"));
        }
        Ok(Folder {
            path,
            x: train.from(2),
            names: train.header[2..].to_vec(),
            labels: train.full_column("y")?.iter().map(|y| *y == 1.0).collect(),
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

    pub(super) fn json(&self, name: &str) -> Result<ReferenceJson> {
        ReferenceJson::read(&self.path, name)
    }
}

fn read_csv(folder: &Path, name: &str, has_header: bool) -> Result<Csv> {
    let text = read_reference(folder, name)?;
    let mut lines = text.lines().filter(|l| !l.is_empty());
    let header: Vec<String> = match has_header {
        true => lines.next().unwrap_or("").split(',').map(|h| h.trim_matches('"').to_owned()).collect(),
        false => Vec::new(),
    };
    let rows: Vec<Vec<f64>> = lines.map(|l| l.split(',').map(|c| c.parse().unwrap_or(f64::NAN)).collect()).collect();
    let n_columns = rows.first().map_or(0, Vec::len);
    if n_columns == 0 {
        return Err(Error::new(Code::FileFormat, format!("`{name}` has no rows")));
    }
    if rows.iter().any(|r| r.len() != n_columns) || has_header && header.len() != n_columns {
        return Err(Error::new(Code::FileFormat, format!("`{name}` has rows of different lengths")));
    }
    let n_rows = rows.len();
    let values = Array2::from_shape_vec((n_rows, n_columns), rows.concat()).expect("lengths were compared");
    Ok(Csv { file: name.to_owned(), header, values })
}
