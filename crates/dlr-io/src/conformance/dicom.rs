//! The suite `dicom`.

use super::folder::{entries, folders, one_line, record};
use crate::dicom::{open, rtstruct_names, seg_names, stored};
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Two tables of a folder with an `index.csv`.
///
/// `pixels`: every file with a hash decodes to those stored values (SHA-256 of little-endian 32 bit integers in frame,
/// row, column order, first 16 digits). Transfer syntaxes without a decoder here are misses like any other.
/// `files`: every file that lies in a folder below is read, or refused with an error of at most three lines; nothing
/// panics.
///
/// # Errors
/// For a folder or index that cannot be read.
pub fn dicom(root: &Path) -> Result<Vec<SuiteTable>> {
    let index = root.join("index.csv");
    let not_csv = |e: csv::Error| crate::failure::format(&index, e);
    let mut reader = csv::Reader::from_path(&index).map_err(not_csv)?;
    let header = reader.headers().map_err(not_csv)?.clone();
    let column = |name: &str| header.iter().position(|h| h == name);
    let mut pixels = SuiteTable::new("pixels");
    for row in reader.records() {
        let row = row.map_err(not_csv)?;
        let cell = |name: &str| column(name).and_then(|c| row.get(c)).unwrap_or_default();
        let expected = cell("pixel_sha256");
        if expected.len() != 16 || !expected.bytes().all(|b| b.is_ascii_hexdigit()) {
            continue;
        }
        let path = root.join(cell("file"));
        record(&mut pixels, cell("file"), &format!("{expected} ({})", cell("transfer_syntax")), || {
            hash(&path, expected)
        });
    }
    let mut files = SuiteTable::new("files");
    for folder in all_folders(root)? {
        for path in entries(&folder)?.iter().filter(|p| p.extension().is_some_and(|e| e == "dcm")) {
            let name = crate::failure::base_name(path);
            record(&mut files, &name, "read or refused", || read_or_refused(path));
        }
    }
    Ok(vec![pixels, files])
}

fn all_folders(root: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut all = Vec::new();
    for folder in folders(root)? {
        if folder == root { all.push(folder) } else { all.extend(folders(&folder)?) }
    }
    Ok(all)
}

fn hash(path: &Path, expected: &str) -> Result<f64, String> {
    let pixels = open(path, true).and_then(|object| stored(&object, path)).map_err(|e| one_line(&e))?;
    let mut hasher = Sha256::new();
    pixels.values.iter().for_each(|value| hasher.update(value.to_le_bytes()));
    let found: String = hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    if found == expected { Ok(0.0) } else { Err(found) }
}

fn read_or_refused(path: &Path) -> Result<f64, String> {
    let object = open(path, true);
    let errors = [
        object.as_ref().err().map(ToString::to_string),
        object.as_ref().ok().and_then(|object| stored(object, path).err()).map(|e| e.to_string()),
        rtstruct_names(path).err().map(|e| e.to_string()),
        seg_names(path).err().map(|e| e.to_string()),
    ];
    match errors.into_iter().flatten().find(|text| text.lines().count() > 3) {
        Some(long) => Err(format!("an error of {} lines", long.lines().count())),
        None => Ok(0.0),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn pixels_are_those_of_the_reference() {
        let Some(folder) = data_fixtures::shared("data/dicom") else { return };
        let tables = super::dicom(&folder).unwrap();
        let text: String = tables.iter().map(|table| format!("{table}\n")).collect();
        println!("{text}");
        assert!(tables[1].is_green(), "{text}");
        // JPEG-LS has no decoder in pure Rust yet: refused by name, and the only kind of miss there may be.
        let other: Vec<_> = tables[0].misses.iter().filter(|m| !m.expected.contains("JPEG-LS")).collect();
        assert!(other.is_empty(), "{other:#?}");
    }
}
