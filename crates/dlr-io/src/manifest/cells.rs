//! A CSV as rows of text: byte order mark, delimiter and line numbers, nothing of what the columns mean.

use crate::failure;
use crate::source::Source;
use dlr_core::{Code, Error, Result};
use std::path::Path;

/// A header and its rows, each as long as the header.
pub(super) struct Cells {
    pub(super) header: Vec<String>,
    /// Line number in the file, and the cells.
    pub(super) rows: Vec<(u64, Vec<String>)>,
}

/// A manifest of a million cases is smaller.
const MAX_BYTES: u64 = 256 << 20;

impl Cells {
    pub(super) fn read(path: &Path) -> Result<Cells> {
        let name = failure::base_name(path);
        let bytes = Source::open(path)?.rest(MAX_BYTES)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::new(Code::Manifest, format!("manifest `{name}` is not UTF-8 text")))?;
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).from_reader(text.as_bytes());
        let not_csv = |e: csv::Error| Error::new(Code::Manifest, format!("manifest `{name}`: {e}"));
        let header: Vec<String> = reader.headers().map_err(not_csv)?.iter().map(|h| h.trim().to_owned()).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(not_csv)?;
            let line = record.position().map_or(0, csv::Position::line);
            // Spreadsheets leave rows of empty cells at the end.
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if record.len() != header.len() {
                return Err(Error::new(Code::Manifest, format!("manifest `{name}`, line {line}"))
                    .expected(format!("{} cells", header.len()))
                    .found(record.len())
                    .hint("a text that holds the delimiter must be quoted"));
            }
            rows.push((line, record.iter().map(str::to_owned).collect()));
        }
        Ok(Cells { header, rows })
    }

    pub(super) fn id_column(&self) -> Option<usize> {
        self.header.iter().position(|title| title.eq_ignore_ascii_case("id"))
    }
}

/// The delimiter that the first line holds most of, outside quotes.
fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(d, _)| *d == byte).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    // The first of equals: a single column has none, and is read as commas.
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(d, _)| *d)
}

/// Whether a cell says "not known".
pub(super) fn is_missing(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "" | "na" | "n/a" | "nan" | "null" | "none" | "?")
}
