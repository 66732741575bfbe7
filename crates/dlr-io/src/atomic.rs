//! Writing a file so that its final name never holds half of it, whatever happens in between.

use crate::failure;
use dlr_core::{Code, Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk, and renames it.
///
/// The folder must exist. A file that is already there is replaced; a symbolic link there is refused, because the
/// bytes would end up elsewhere.
///
/// # Errors
/// [`Code::FileWrite`]; the temporary file is then removed and an old file at `path` is as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    must_be_no_link(path)?;
    let temporary = beside(path);
    let file = OpenOptions::new().write(true).create_new(true).open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        Ok(file)
    });
    match file {
        Ok(file) => give_name(file, &temporary, path),
        Err(error) => {
            // The first error is the one to report; a leftover is only untidy.
            let _ = fs::remove_file(&temporary);
            Err(failure::writing(path, &error))
        }
    }
}

/// Flushes a complete file to the disk and renames it from its temporary name to `path`.
pub(crate) fn give_name(file: File, temporary: &Path, path: &Path) -> Result<()> {
    let named = must_be_no_link(path).map(|()| file.sync_all().and_then(|()| fs::rename(temporary, path)));
    let failed = match named {
        Ok(Ok(())) => {
            sync_folder(path);
            return Ok(());
        }
        Ok(Err(error)) => failure::writing(path, &error),
        Err(error) => error,
    };
    let _ = fs::remove_file(temporary);
    Err(failed)
}

fn must_be_no_link(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        return Err(Error::new(Code::FileWrite, format!("`{}` is a symbolic link", failure::base_name(path)))
            .hint("remove the link, or write elsewhere"));
    }
    Ok(())
}

/// A name in the same folder (a rename must not cross file systems), unique in this process and among processes.
pub(crate) fn beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{}.{}-{count}.tmp", failure::base_name(path), std::process::id()))
}

/// Makes the rename itself durable. Not every file system can; the file is complete in any case.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_files_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_absent_folder_and_a_link_are_refused_without_naming_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("secret-folder/x.csv"), b"1").unwrap_err();
        assert_eq!(error.code(), Code::FileWrite);
        assert!(!error.to_string().contains("secret-folder"), "{error}");
        #[cfg(unix)]
        {
            let target = folder.path().join("target");
            fs::write(&target, b"kept").unwrap();
            let link = folder.path().join("link.csv");
            std::os::unix::fs::symlink(&target, &link).unwrap();
            assert_eq!(write(&link, b"1").unwrap_err().code(), Code::FileWrite);
            assert_eq!(fs::read(&target).unwrap(), b"kept");
        }
    }
}
