//! [`Shard`]: a part of a cohort for one machine of many, and putting the tables of all parts together again.
//!
//! Parts are runs of neighbouring rows, so that tables one behind the other are the table of the whole.

use super::{Format, Sidecar};
use dlr_core::{Code, Error, Result};
use dlr_io::{FeatureColumns, atomic};
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The `i`-th of `n` parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    i: usize,
    n: usize,
}

impl Shard {
    /// Its rows among `n_rows`: parts differ by at most one row.
    pub fn range(self, n_rows: usize) -> Range<usize> {
        n_rows * (self.i - 1) / self.n..n_rows * self.i / self.n
    }

    /// Whether it is the first part.
    pub fn is_first(self) -> bool {
        self.i == 1
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
        match parts {
            Some((i, n)) if 1 <= i && i <= n => Ok(Shard { i, n }),
            _ => Err(Error::new(Code::Parameter, format!("`{text}` is no shard"))
                .expected("I/N with I from 1 to N, for example 2/7")),
        }
    }
}

/// Puts tables of all shards together, in the order given, and their sidecars.
///
/// # Errors
/// [`Code::TableMismatch`] for tables with other columns or of other parameters, and those of reading and writing.
pub fn merge(shards: &[PathBuf], out: &Path) -> Result<()> {
    let format = Format::of(out)?;
    for shard in shards {
        if Format::of(shard)? != format {
            return Err(Error::new(Code::TableMismatch, format!("shard `{}` is of another format", base_name(shard)))
                .expected(format!("as `{}`", base_name(out))));
        }
    }
    let sidecars: Vec<Value> = shards.iter().map(|path| Sidecar::read_of(path)).collect::<Result<_>>()?;
    let sidecar = Sidecar::merge(&sidecars, shards)?;
    match format {
        Format::Csv => atomic::write(out, &merged_csv(shards)?)?,
        Format::Parquet => merged_parquet(shards)?.write_parquet(out)?,
        Format::Json => {
            let mut rows = Vec::new();
            for path in shards {
                let text = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
                match serde_json::from_slice(&text) {
                    Ok(Value::Array(part)) => rows.extend(part),
                    _ => return Err(not_a_table(path)),
                }
            }
            dlr_io::write_json(out, &rows)?;
        }
    }
    sidecar.write_beside(out, false)
}

/// Lines are kept as they are: the same bytes as those of the table that was not cut.
fn merged_csv(shards: &[PathBuf]) -> Result<Vec<u8>> {
    let mut merged: Vec<u8> = Vec::new();
    let mut header: Option<Vec<u8>> = None;
    for path in shards {
        let text = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
        // Our column names hold no line feed: a manifest with one is refused when it is read.
        let end = text.iter().position(|b| *b == b'\n').ok_or_else(|| not_a_table(path))? + 1;
        match &header {
            None => {
                header = Some(text[..end].to_vec());
                merged.extend(&text);
            }
            Some(first) if first[..] == text[..end] => merged.extend(&text[end..]),
            Some(_) => return Err(other_columns(path)),
        }
    }
    Ok(merged)
}

fn merged_parquet(shards: &[PathBuf]) -> Result<FeatureColumns> {
    let mut merged: Option<FeatureColumns> = None;
    for path in shards {
        let part = FeatureColumns::read_parquet(path)?;
        let Some(all) = &mut merged else {
            merged = Some(part);
            continue;
        };
        let names = |table: &FeatureColumns| {
            table.texts.iter().map(|(n, _)| n.clone()).chain(table.numbers.iter().map(|(n, _)| n.clone())).collect()
        };
        let (have, more): (Vec<String>, Vec<String>) = (names(all), names(&part));
        if have != more {
            return Err(other_columns(path));
        }
        all.texts.iter_mut().zip(part.texts).for_each(|((_, cells), (_, more))| cells.extend(more));
        all.numbers.iter_mut().zip(part.numbers).for_each(|((_, cells), (_, more))| cells.extend(more));
    }
    merged.ok_or_else(|| Error::new(Code::Parameter, "no shard to put together"))
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::FileMissing, format!("shard `{}` cannot be read: {}", base_name(path), error.kind()))
}

fn not_a_table(path: &Path) -> Error {
    Error::new(Code::FileFormat, format!("shard `{}` is no table of `dlr extract`", base_name(path)))
}

fn other_columns(path: &Path) -> Error {
    Error::new(Code::TableMismatch, format!("shard `{}` has other columns than the first", base_name(path)))
        .hint("shards must come from one manifest and one parameter file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_part() {
        for n_rows in [0, 1, 5, 7, 100] {
            for n in [1, 2, 3, 7] {
                let ranges: Vec<_> =
                    (1..=n).map(|i| format!("{i}/{n}").parse::<Shard>().unwrap().range(n_rows)).collect();
                assert_eq!(ranges.iter().cloned().flatten().collect::<Vec<_>>(), (0..n_rows).collect::<Vec<_>>());
            }
        }
        for bad in ["0/2", "3/2", "1", "a/b", "-1/2", "1/0"] {
            assert_eq!(bad.parse::<Shard>().unwrap_err().code(), Code::Parameter, "{bad}");
        }
    }
}
