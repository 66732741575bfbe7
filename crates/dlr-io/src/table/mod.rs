//! [`FeatureColumns`]: a table on its way to a file, as CSV and as Parquet, with the sidecar `features.json`.
//!
//! Numbers in CSV have a '.' and the shortest text that reads back as the same 64 bits; NaN is an empty cell. Text
//! cells that a spreadsheet would run as a formula are given a leading apostrophe. Files appear under their name only
//! when complete.

mod parquet_file;

use crate::atomic;
use dlr_core::{Code, Error, FeatureName, FeatureTable, Result};
use serde::Serialize;
use std::path::Path;

/// Text columns, then number columns, all of one length. Plain data; what the columns mean is the caller's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureColumns {
    /// Name and one text per row, for example the case ID. Text columns come first in the file.
    pub texts: Vec<(String, Vec<String>)>,
    /// Name and one number per row; NaN is "undefined".
    pub numbers: Vec<(String, Vec<f64>)>,
}

impl FeatureColumns {
    /// The cases in a text column named `id`, and one number column per feature.
    pub fn from_table(id: &str, table: &FeatureTable) -> Self {
        let column = |(idx, name): (usize, &FeatureName)| (name.to_string(), table.values().column(idx).to_vec());
        FeatureColumns {
            texts: vec![(id.to_owned(), table.cases().to_vec())],
            numbers: table.names().iter().enumerate().map(column).collect(),
        }
    }

    /// Number of rows.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for columns of different length or two of the same name.
    pub fn n_rows(&self) -> Result<usize> {
        let lengths =
            self.texts.iter().map(|(n, c)| (n, c.len())).chain(self.numbers.iter().map(|(n, c)| (n, c.len())));
        let mut names = std::collections::BTreeSet::new();
        let mut n_rows = None;
        for (name, length) in lengths {
            if !names.insert(name) {
                return Err(Error::new(Code::TableMismatch, format!("two columns are named `{name}`")));
            }
            if *n_rows.get_or_insert(length) != length {
                return Err(Error::new(Code::TableMismatch, format!("column `{name}` has {length} rows"))
                    .expected(n_rows.unwrap_or(0)));
            }
        }
        Ok(n_rows.unwrap_or(0))
    }

    /// The CSV text: a header, one line per row, `\n` at the end of each.
    ///
    /// # Errors
    /// As [`FeatureColumns::n_rows`].
    pub fn to_csv(&self) -> Result<Vec<u8>> {
        let n_rows = self.n_rows()?;
        let mut writer = csv::Writer::from_writer(Vec::new());
        let names = self.texts.iter().map(|(n, _)| n).chain(self.numbers.iter().map(|(n, _)| n));
        let failed = |e: csv::Error| Error::new(Code::FileWrite, format!("table cannot be written as CSV: {e}"));
        writer.write_record(names.map(|n| neutralise(n))).map_err(failed)?;
        for row in 0..n_rows {
            let texts = self.texts.iter().map(|(_, column)| neutralise(&column[row]));
            let numbers = self.numbers.iter().map(|(_, column)| number(column[row]));
            writer.write_record(texts.chain(numbers)).map_err(failed)?;
        }
        writer.into_inner().map_err(|e| Error::new(Code::FileWrite, format!("table cannot be written as CSV: {e}")))
    }

    /// Writes the CSV.
    ///
    /// # Errors
    /// [`Code::TableMismatch`], [`Code::FileWrite`].
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        atomic::write(path, &self.to_csv()?)
    }

    /// Writes Parquet: text columns as UTF-8, numbers as doubles with NaN as null, so that the same table in CSV and
    /// in Parquet reads as the same data frame.
    ///
    /// # Errors
    /// [`Code::TableMismatch`], [`Code::FileWrite`].
    pub fn write_parquet(&self, path: &Path) -> Result<()> {
        self.n_rows()?;
        let bytes = parquet_file::encode(self)
            .map_err(|e| Error::new(Code::FileWrite, format!("table cannot be written as Parquet: {e}")))?;
        atomic::write(path, &bytes)
    }

    /// Reads a Parquet file that [`FeatureColumns::write_parquet`] has written.
    ///
    /// # Errors
    /// [`Code::FileFormat`] for any other file.
    pub fn read_parquet(path: &Path) -> Result<FeatureColumns> {
        parquet_file::decode(path)
    }
}

/// Writes any value as indented JSON with a line feed at the end: `features.json` and its like.
///
/// # Errors
/// [`Code::FileWrite`].
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| Error::new(Code::FileWrite, format!("value cannot be written as JSON: {e}")))?;
    bytes.push(b'\n');
    atomic::write(path, &bytes)
}

/// The shortest decimal text that reads back as the same number; empty for NaN.
fn number(value: f64) -> String {
    match value {
        v if v.is_nan() => String::new(),
        v if v.is_infinite() => if v > 0.0 { "inf" } else { "-inf" }.to_owned(),
        v if v != 0.0 && !(1e-5..1e16).contains(&v.abs()) => format!("{v:e}"),
        v => format!("{v}"),
    }
}

/// A text cell that no spreadsheet takes for a formula: one that begins with `=`, `+`, `-`, `@`, tab or carriage
/// return gets an apostrophe in front, unless it is a number.
pub fn neutralise(text: &str) -> String {
    let acts = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if acts { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> FeatureColumns {
        FeatureColumns {
            texts: vec![("ID".into(), vec!["a".into(), "=HYPERLINK(\"x\")".into(), "c,\"d\"".into()])],
            numbers: vec![
                ("f".into(), vec![0.1, f64::NAN, -1e-300]),
                ("g".into(), vec![1.0 / 3.0, f64::INFINITY, 12_345_678.9]),
            ],
        }
    }

    #[test]
    fn csv_is_exact_and_runs_nothing() {
        let text = String::from_utf8(table().to_csv().unwrap()).unwrap();
        let expected = "ID,f,g\na,0.1,0.3333333333333333\n\"'=HYPERLINK(\"\"x\"\")\",,inf\n\
                        \"c,\"\"d\"\"\",-1e-300,12345678.9\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn parquet_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        table().write_parquet(&path).unwrap();
        let back = FeatureColumns::read_parquet(&path).unwrap();
        assert_eq!(back.texts, table().texts);
        for ((name, a), (other, b)) in back.numbers.iter().zip(&table().numbers) {
            assert_eq!(name, other);
            assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()));
        }
        let empty = FeatureColumns { texts: vec![("ID".into(), vec![])], numbers: vec![("f".into(), vec![])] };
        empty.write_parquet(&path).unwrap();
        assert_eq!(FeatureColumns::read_parquet(&path).unwrap(), empty);
    }

    #[test]
    fn ragged_and_double_columns_are_refused() {
        let mut ragged = table();
        ragged.numbers[0].1.pop();
        assert_eq!(ragged.to_csv().unwrap_err().code(), Code::TableMismatch);
        let mut double = table();
        double.numbers[1].0 = "f".into();
        assert_eq!(double.to_csv().unwrap_err().code(), Code::TableMismatch);
    }

    proptest! {
        #[test]
        fn numbers_read_back_as_the_same_bits(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            prop_assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), bits);
        }
    }
}
