//! Paths of the data in this folder, and of the larger reference data that stays outside the repository.
//!
//! Only tests and benches depend on this crate.

use std::path::{Path, PathBuf};

/// A file or folder below `data-fixtures/`, for example `sts-t1/cohort.csv`.
pub fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The files of a folder below `data-fixtures/`, copied into `folder`, where a test may break them.
///
/// # Panics
/// Where a file cannot be read or written.
pub fn copied(relative: &str, folder: &Path) -> PathBuf {
    let done = std::fs::create_dir_all(folder).and_then(|()| {
        std::fs::read_dir(path(relative))?.try_for_each(|entry| {
            let entry = entry?;
            std::fs::copy(entry.path(), folder.join(entry.file_name())).map(drop)
        })
    });
    done.expect("a test can copy its fixtures");
    folder.to_owned()
}

/// A file or folder of the reference data that is not in the repository (its licence or size forbids it).
///
/// Looks in the folder named by `DLR_SHARED`. `None`, with a line on standard error that says so, where that is not
/// set: a test then returns early and the line tells that it was skipped.
pub fn shared(relative: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("DLR_SHARED") else {
        eprintln!("SKIPPED: needs `{relative}` of the shared data; set DLR_SHARED to its folder");
        return None;
    };
    let path = PathBuf::from(root).join(relative);
    assert!(path.exists(), "DLR_SHARED is set, but holds no `{relative}`");
    Some(path)
}
