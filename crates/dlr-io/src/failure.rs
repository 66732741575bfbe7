//! How failures of the file system become `dlr_core::Error`: one place that decides the code and strips the folder.

use dlr_core::{Code, Error};
use std::io;
use std::path::Path;

/// The last part of a path, for messages: folders may name patients, people or machines.
pub(crate) fn base_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "(no name)".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// An error while opening or reading `path`.
pub(crate) fn reading(path: &Path, error: &io::Error) -> Error {
    let name = base_name(path);
    match error.kind() {
        io::ErrorKind::NotFound => Error::new(Code::FileMissing, format!("file `{name}` does not exist"))
            .expected("a file that can be read")
            .found("nothing of that name")
            .hint("relative paths start at the folder of the manifest"),
        io::ErrorKind::IsADirectory => Error::new(Code::FileMissing, format!("`{name}` is a folder, not a file")),
        io::ErrorKind::PermissionDenied => {
            Error::new(Code::FileMissing, format!("file `{name}` may not be read: permission denied"))
        }
        io::ErrorKind::UnexpectedEof => truncated(path),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => corrupt(path, &error.to_string()),
        io::ErrorKind::OutOfMemory => {
            Error::new(Code::FileTooLarge, format!("`{name}` needs more memory than there is"))
        }
        kind => Error::new(Code::FileMissing, format!("file `{name}` cannot be read: {kind}")),
    }
}

/// A file that ends before its last voxel.
pub(crate) fn truncated(path: &Path) -> Error {
    Error::new(Code::FileTruncated, format!("file `{}` ends early", base_name(path)))
        .expected("as many voxels as its header says")
        .found("fewer")
        .hint("copy or download the file again")
}

/// A file whose voxels end after `found` of `expected` bytes.
pub(crate) fn truncated_after(path: &Path, found: u64, expected: u64) -> Error {
    truncated(path).expected(format!("{expected} bytes of voxels as its header says")).found(found)
}

/// A compressed file with all its voxels, but not the checksum behind them.
pub(crate) fn without_checksum(path: &Path) -> Error {
    truncated(path).expected("a checksum and a length after the compressed voxels").found("all voxels, but not these")
}

/// A file that goes on after its last voxel.
pub(crate) fn too_long(path: &Path, expected: u64) -> Error {
    Error::new(Code::FileTruncated, format!("file `{}` goes on after its last voxel", base_name(path)))
        .expected(format!("{expected} bytes as the header says"))
        .found("more")
        .hint("header and data do not belong together")
}

/// A file whose compressed data or checksum is damaged.
pub(crate) fn corrupt(path: &Path, what: &str) -> Error {
    Error::new(Code::FileCorrupt, format!("file `{}` is damaged", base_name(path)))
        .expected("data that unpack and match their checksum")
        .found(what)
        .hint("copy or download the file again")
}

/// A file that is not what its reader needs.
pub(crate) fn format(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(Code::FileFormat, format!("file `{}`: {what}", base_name(path)))
}

/// A header that claims too much.
pub(crate) fn too_large(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(Code::FileTooLarge, format!("file `{}` claims {what}", base_name(path)))
}

/// An error while writing `path`.
pub(crate) fn writing(path: &Path, error: &io::Error) -> Error {
    not_written(format!("file `{}` cannot be written", base_name(path)), error)
}

/// A place that cannot be written to, with the system's reason, which names no path.
pub fn not_written(fact: impl Into<String>, error: &io::Error) -> Error {
    Error::new(Code::FileWrite, fact)
        .expected("a place that may be written to, with room for it")
        .found(error)
        .hint("name another place")
}

/// Makes a folder and those above it.
///
/// # Errors
/// [`Code::FileWrite`], naming the last folder only.
pub fn make_folder(folder: &Path) -> dlr_core::Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|error| not_written(format!("folder `{}` cannot be made", base_name(folder)), &error))
}
