//! Reading reference tables, plain or gzipped.

use dlr_core::{Code, Error, Result};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// One row, by column name.
pub(super) type Row = BTreeMap<String, String>;

/// All rows of a CSV file (`.csv` or `.csv.gz`).
pub(super) fn read(path: &Path) -> Result<Vec<Row>> {
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let bytes = std::fs::read(path)
        .map_err(|e| Error::new(Code::FileMissing, format!("`{name}` cannot be read")).found(e.kind()))?;
    let mut text = String::new();
    let read = if name.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text)
    } else {
        (&bytes[..]).read_to_string(&mut text)
    };
    read.map_err(|e| Error::new(Code::FileCorrupt, format!("`{name}` is no text")).found(e.kind()))?;
    let bad = |e: csv::Error| Error::new(Code::FileFormat, format!("`{name}` is no table")).found(e);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(bad)?.clone();
    let row = |record: csv::StringRecord| header.iter().zip(&record).map(|(k, v)| (k.into(), v.into())).collect();
    reader.records().map(|record| record.map(row).map_err(bad)).collect()
}

/// A cell, or an error that names the column.
pub(super) fn cell<'a>(row: &'a Row, column: &str) -> Result<&'a str> {
    row.get(column).map(String::as_str).ok_or_else(|| {
        Error::new(Code::FileFormat, format!("a reference table has no column `{column}`"))
            .found(row.keys().cloned().collect::<Vec<_>>().join(", "))
    })
}

/// A cell as a number.
pub(super) fn number(row: &Row, column: &str) -> Result<f64> {
    let text = cell(row, column)?;
    text.parse().map_err(|_| {
        Error::new(Code::FileFormat, format!("column `{column}` of a reference table holds `{text}`"))
            .expected("a number")
    })
}
