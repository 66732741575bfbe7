//! The suite `nrrd`.

use super::expectation::{Row, Truth};
use super::folder::{entries, folders, one_line, record};
use super::nifti::read_or_refused;
use crate::image::has_extension;
use crate::{read_volume, read_volume_noted};
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use std::path::{Path, PathBuf};

/// One table per folder below and including `root`.
///
/// With `expect.csv`: each row as it says. Without: files are variants of one volume where their names begin alike, up
/// to the first `_` or `.`. Each must hold the voxels of the plain `.nrrd` of that name; a byte skip below -1
/// (`byteskip_minus_five` in the name) must be refused; files without such a namesake must be read or refused.
///
/// # Errors
/// For a folder or expectation that cannot be read; what an image does is in the tables.
pub fn nrrd(root: &Path) -> Result<Vec<SuiteTable>> {
    let mut tables = Vec::new();
    for folder in folders(root)? {
        let name = if folder == root { "nrrd".to_owned() } else { crate::failure::base_name(&folder) };
        let mut table = SuiteTable::new(name);
        if folder.join("expect.csv").is_file() {
            let truth = Truth::read(&folder.join("expect.json"))?;
            for row in Row::read_all(&folder.join("expect.csv"))? {
                record(&mut table, &row.file, &row.expected, || row.check(&folder, &truth));
            }
        } else {
            for path in entries(&folder)?.iter().filter(|p| has_extension(p, &["nrrd", "nhdr", "nii.gz"])) {
                let name = crate::failure::base_name(path);
                variant(&mut table, &folder, path, &name);
            }
        }
        if table.total > 0 {
            tables.push(table);
        }
    }
    Ok(tables)
}

fn variant(table: &mut SuiteTable, folder: &Path, path: &Path, name: &str) {
    let plain = plain_namesake(folder, name);
    if is_negative_skip(name) {
        record(table, name, "refused", || match read_volume_noted(path) {
            Err(_) => Ok(0.0),
            Ok(noted) => Err(format!("read, with notes {:?}", noted.notes)),
        });
    } else if let Some(plain) = plain {
        record(table, name, "the voxels of the plain file", || {
            let (expected, found) = (read_volume(&plain), read_volume(path));
            match (expected, found) {
                (Ok(expected), Ok(found)) if expected.to_f64() == found.to_f64() => Ok(0.0),
                (Ok(_), Ok(_)) => Err("other voxels".to_owned()),
                (Err(error), _) | (_, Err(error)) => Err(one_line(&error)),
            }
        });
    } else {
        record(table, name, "read or refused", || read_or_refused(path));
    }
}

fn plain_namesake(folder: &Path, name: &str) -> Option<PathBuf> {
    let stem = name.split(['_', '.']).next()?;
    Some(folder.join(format!("{stem}.nrrd"))).filter(|path| path.is_file())
}

/// Byte skip -1 has a meaning; any other negative one has none.
fn is_negative_skip(name: &str) -> bool {
    name.split_once("byteskip_minus_").is_some_and(|(_, rest)| !rest.starts_with("one"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_variant_is_the_same_volume() {
        let mut folders = vec![data_fixtures::path("nrrd_odd")];
        folders.extend(data_fixtures::shared("data/nrrd_odd"));
        for folder in folders {
            let tables = super::nrrd(&folder).unwrap();
            assert!(tables.iter().all(|table| table.is_green() && table.total >= 11), "{}", tables[0]);
        }
    }
}
