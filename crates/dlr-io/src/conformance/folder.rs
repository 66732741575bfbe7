//! What the suites share: listing files in a fixed order, and turning a panic into a miss.

use crate::failure;
use dlr_core::conformance::{Miss, SuiteTable};
use dlr_core::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Entries of a folder by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(folder).map_err(|e| failure::reading(folder, &e))?;
    let mut paths = Vec::new();
    for entry in read {
        paths.push(entry.map_err(|e| failure::reading(folder, &e))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The folder itself and its sub-folders.
pub(super) fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![root.to_owned()];
    folders.extend(entries(root)?.into_iter().filter(|path| path.is_dir()));
    Ok(folders)
}

/// Runs a check that gives the largest relative error, or says what was found instead of what was expected.
pub(super) fn record(table: &mut SuiteTable, name: &str, expected: &str, check: impl FnOnce() -> Result<f64, String>) {
    let outcome = catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| Err("a panic".to_owned()));
    match outcome {
        Ok(error) => table.record(error, None),
        Err(found) => {
            let miss = Miss {
                name: name.to_owned(),
                configuration: table.name.clone(),
                expected: expected.to_owned(),
                found,
                tolerance: "values to 1e-6 relative".to_owned(),
            };
            table.record(0.0, Some(miss));
        }
    }
}

/// An error on one line.
pub(super) fn one_line(error: &Error) -> String {
    error.to_string().replace("\n  ", "; ")
}
