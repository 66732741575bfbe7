//! [`RunFolder`]: a run's results appear under their final name all at once, or not at all.
//!
//! A run fills a hidden folder and holds a lock on it. The lock goes when the process goes, however it ends, so the next
//! run of that name can tell what a killed one left behind from what another one is filling now.

use dlr_core::{Code, Error, Result};
use dlr_io::{make_folder, not_written};
use serde::Serialize;
use std::{
    fs::{self, File},
    path::{Component, Path, PathBuf},
};

/// Files by which the folder of a run is known.
const MARKS: [&str; 2] = ["config.resolved.toml", "log.jsonl"];

/// A folder being filled. Dropped without [`RunFolder::publish`], it is removed.
pub(crate) struct RunFolder {
    staging: PathBuf,
    target: PathBuf,
    published: bool,
    /// Held while the folder is being filled; `None` on systems that cannot lock a folder.
    _lock: Option<File>,
}

impl RunFolder {
    /// Starts a folder that will become `out/name`. What is there now stays until the new one is complete.
    ///
    /// # Errors
    /// [`Code::FileWrite`].
    pub(crate) fn start(out: &Path, name: &str) -> Result<Self> {
        make_folder(out)?;
        let target = out.join(name);
        if target.symlink_metadata().is_ok_and(|m| m.file_type().is_symlink()) {
            return Err(Error::new(Code::FileWrite, format!("`{name}` is a link, not a folder of a run")));
        }
        // Publishing replaces what is there: only ever a run, never somebody's folder of the same name.
        let is_empty = fs::read_dir(&target).map(|mut entries| entries.next().is_none()).unwrap_or(true);
        if target.exists() && !is_empty && !MARKS.iter().all(|mark| target.join(mark).is_file()) {
            return Err(Error::new(
                Code::FileWrite,
                format!("`{name}` is there already and is not the folder of a run"),
            )
            .hint("give the experiment another name, or another place with --out"));
        }
        clear_what_killed_runs_left(out, name, &target);
        let staging = out.join(format!(".{name}.{}.part", std::process::id()));
        let _ = fs::remove_dir_all(&staging);
        make_folder(&staging)?;
        let lock = lock(&staging);
        Ok(RunFolder { staging, target, published: false, _lock: lock })
    }

    /// Writes a file; folders in its name are made.
    ///
    /// # Errors
    /// [`Code::FileWrite`].
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        let path = self.path(name)?;
        fs::write(path, bytes).map_err(|e| not_written(format!("`{name}` cannot be written"), &e))
    }

    /// Writes a value as indented JSON.
    ///
    /// # Errors
    /// [`Code::FileWrite`].
    pub(crate) fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|e| Error::new(Code::FileWrite, format!("`{name}` cannot be written as JSON: {e}")))?;
        text.push('\n');
        self.write(name, text)
    }

    /// Where a file of this run is written now, its folder made.
    ///
    /// # Errors
    /// [`Code::FileWrite`].
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf> {
        let is_inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_inside {
            return Err(Error::new(Code::FileWrite, format!("`{name}` does not lie in the run folder")));
        }
        let path = self.staging.join(name);
        make_folder(path.parent().unwrap_or(&self.staging))?;
        Ok(path)
    }

    /// Gives the folder its final name, in place of an older run of that name.
    ///
    /// # Errors
    /// [`Code::FileWrite`]; the older run is then still there.
    pub(crate) fn publish(mut self) -> Result<PathBuf> {
        let failed = |e: std::io::Error| not_written("the run folder cannot be put in place", &e);
        let old = self.staging.with_extension("old");
        let _ = fs::remove_dir_all(&old);
        let had_old = self.target.exists();
        if had_old {
            fs::rename(&self.target, &old).map_err(failed)?;
        }
        if let Err(error) = fs::rename(&self.staging, &self.target) {
            if had_old {
                let _ = fs::rename(&old, &self.target);
            }
            return Err(failed(error));
        }
        let _ = fs::remove_dir_all(&old);
        self.published = true;
        Ok(self.target.clone())
    }
}

/// Locks a folder for this process; `None` where another holds it, or the system cannot.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// Removes half-filled folders whose run was killed, and puts an older run back that was on its way out just then.
fn clear_what_killed_runs_left(out: &Path, name: &str, target: &Path) {
    let entries = fs::read_dir(out).into_iter().flatten().flatten().map(|entry| entry.path());
    let left = |path: &Path, ending: &str| {
        let file = path.file_name().and_then(|f| f.to_str()).unwrap_or_default();
        let number = file.strip_prefix(&format!(".{name}.")).and_then(|rest| rest.strip_suffix(ending));
        number.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let (parts, rest): (Vec<_>, Vec<_>) = entries.partition(|path| left(path, ".part"));
    let at_work: Vec<PathBuf> = parts
        .into_iter()
        .filter(|part| {
            let is_dead = lock(part).is_some();
            if is_dead {
                let _ = fs::remove_dir_all(part);
            }
            !is_dead
        })
        .collect();
    for old in rest.into_iter().filter(|path| left(path, ".old")) {
        if at_work.contains(&old.with_extension("part")) {
            continue;
        }
        // Killed between the two renames of `publish`: the older run is whole, and is all there is.
        if target.exists() || fs::rename(&old, target).is_err() {
            let _ = fs::remove_dir_all(&old);
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_dir_all(&self.staging);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appears_whole_or_not_at_all() {
        let out = tempfile::tempdir().unwrap();
        let run = RunFolder::start(out.path(), "demo").unwrap();
        run.write("figures/roc.svg", "one").unwrap();
        assert!(!out.path().join("demo").exists());
        drop(run);
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);

        for text in ["one", "two"] {
            let run = RunFolder::start(out.path(), "demo").unwrap();
            run.write("figures/roc.svg", text).unwrap();
            MARKS.iter().for_each(|mark| run.write(mark, "").unwrap());
            run.publish().unwrap();
            assert_eq!(fs::read_to_string(out.path().join("demo/figures/roc.svg")).unwrap(), text);
            assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_and_a_run_at_work_is_not() {
        let out = tempfile::tempdir().unwrap();
        // Numbers that no process of this machine has; their folders carry no lock, as after `kill -9`.
        for left in [".demo.4000000001.part", ".demo.4000000002.old"] {
            fs::create_dir(out.path().join(left)).unwrap();
        }
        fs::write(out.path().join(".demo.4000000002.old/report.html"), "older").unwrap();
        for other in [".demo.notes.part", ".demonstration.4000000001.part"] {
            fs::create_dir(out.path().join(other)).unwrap();
        }
        let at_work = out.path().join(".demo.4000000003.part");
        fs::create_dir(&at_work).unwrap();
        let held = lock(&at_work).expect("this system locks folders");
        let run = RunFolder::start(out.path(), "demo");
        assert_eq!(fs::read_to_string(out.path().join("demo/report.html")).unwrap(), "older");
        assert!(run.is_ok() && at_work.is_dir());
        assert!(!out.path().join(".demo.4000000001.part").exists());
        assert!(
            out.path().join(".demo.notes.part").is_dir() && out.path().join(".demonstration.4000000001.part").is_dir()
        );
        drop(held);
    }

    #[test]
    fn never_replaces_what_is_no_run_and_never_leaves_its_folder() {
        let out = tempfile::tempdir().unwrap();
        fs::create_dir(out.path().join("mine")).unwrap();
        fs::write(out.path().join("mine/thesis.txt"), "years").unwrap();
        assert_eq!(RunFolder::start(out.path(), "mine").err().unwrap().code(), Code::FileWrite);
        assert!(out.path().join("mine/thesis.txt").is_file());
        let run = RunFolder::start(out.path(), "demo").unwrap();
        for name in ["../escaped", "model/../../escaped", "/escaped"] {
            assert_eq!(run.write(name, "").unwrap_err().code(), Code::FileWrite, "{name}");
        }
    }
}
