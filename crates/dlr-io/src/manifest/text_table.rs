//! [`TextTable`]: a CSV of any columns as text, for feature tables that another program made.

use super::cells::{Cells, is_missing};
use dlr_core::{Code, Error, Result, Value};
use std::path::Path;

/// A header and its rows, each as long as the header. Gzip is recognised by its first bytes; comma, semicolon and tab are
/// told apart by the first line. What the columns mean is the caller's.
///
/// ```no_run
/// let table = dlr_io::TextTable::read(std::path::Path::new("features.csv.gz"))?;
/// let ids = table.column("ID")?;
/// println!("{} rows, the first is {}", table.rows.len(), table.rows[0].1[ids]);
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TextTable {
    /// Names of the columns, in file order.
    pub header: Vec<String>,
    /// Line number in the file, and the cells.
    pub rows: Vec<(u64, Vec<String>)>,
}

impl TextTable {
    /// Reads a table.
    ///
    /// # Errors
    /// `E0201` no such file, `E0301` not a CSV, `E0502` for a column that stands twice.
    pub fn read(path: &Path) -> Result<TextTable> {
        let Cells { header, rows } = Cells::read(path)?;
        let mut sorted: Vec<&String> = header.iter().collect();
        sorted.sort();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::new(Code::TableMismatch, format!("column `{}` stands twice", pair[0])));
        }
        Ok(TextTable { header, rows })
    }

    /// The position of a column.
    ///
    /// # Errors
    /// `E0402` for a column that is not there.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.header.iter().position(|title| title == name).ok_or_else(|| {
            let shown: Vec<&str> = self.header.iter().take(6).map(String::as_str).collect();
            let more = if self.header.len() > 6 { ", ..." } else { "" };
            Error::new(Code::UnknownName, format!("the table has no column `{name}`"))
                .found(format!("{}{more}", shown.join(", ")))
        })
    }

    /// A cell as a value: a number where it reads as one, else text; empty, `NA`, `nan`, `?` and the like are missing.
    pub fn value(cell: &str) -> Value {
        match cell.trim() {
            text if is_missing(text) => Value::Missing,
            text => text.parse().map_or_else(|_| Value::Text(text.to_owned()), Value::Number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_and_packed_and_names_what_is_wrong() {
        use std::io::Write;
        let folder = tempfile::tempdir().unwrap();
        let text = "ID,a,b\np1,1.5,\np2,inf,red\n";
        let (plain, packed) = (folder.path().join("t.csv"), folder.path().join("t.csv.gz"));
        std::fs::write(&plain, text).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), Default::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap();
        let table = TextTable::read(&plain).unwrap();
        assert_eq!(table, TextTable::read(&packed).unwrap());
        assert_eq!((table.column("b").unwrap(), table.rows[1].0), (2, 3));
        assert_eq!(table.column("B").unwrap_err().code(), Code::UnknownName);
        assert_eq!(TextTable::value(" NA "), Value::Missing);
        assert_eq!(TextTable::value("-3e2"), Value::Number(-300.0));
        assert_eq!(TextTable::value("inf"), Value::Number(f64::INFINITY));
        assert_eq!(TextTable::value("red"), Value::Text("red".into()));
        std::fs::write(&plain, "ID,a,a\n1,2,3\n").unwrap();
        assert_eq!(TextTable::read(&plain).unwrap_err().code(), Code::TableMismatch);
    }
}
