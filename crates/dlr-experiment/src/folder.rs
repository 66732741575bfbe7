//! [`RunFolder`]: a run's results appear under their final name all at once, or not at all.

use crate::cache::make_folder;
use dlr_core::{Code, Error, Result};
use serde::Serialize;
use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// Files by which the folder of a run is known.
const MARKS: [&str; 2] = ["config.resolved.toml", "log.jsonl"];

/// A folder being filled. Dropped without [`RunFolder::publish`], it is removed.
pub(crate) struct RunFolder {
    staging: PathBuf,
    target: PathBuf,
    published: bool,
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
        let staging = out.join(format!(".{name}.{}.part", std::process::id()));
        let _ = fs::remove_dir_all(&staging);
        make_folder(&staging)?;
        Ok(RunFolder { staging, target, published: false })
    }

    /// Writes a file; folders in its name are made.
    ///
    /// # Errors
    /// [`Code::FileWrite`].
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        let path = self.path(name)?;
        fs::write(path, bytes).map_err(|e| Error::new(Code::FileWrite, format!("`{name}` cannot be written: {e}")))
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
        let failed =
            |e: std::io::Error| Error::new(Code::FileWrite, format!("the run folder cannot be put in place: {e}"));
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
