//! `dlr check COHORT.csv`: every problem of every case, nothing computed.

use dlr_core::{Error, Roi};
use dlr_io::{Manifest, read_pair};
use std::path::PathBuf;

/// Arguments of `dlr check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The manifest
    manifest: PathBuf,
}

impl Args {
    /// Reads every file of every case and prints one table of problems.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        let (manifest, mut errors) = Manifest::inspect(&self.manifest)?;
        let missing = manifest.check_files();
        for row in &manifest.rows {
            if missing.iter().any(|e| e.case() == Some(&row.id)) {
                continue;
            }
            for (name, path) in &row.masks {
                errors.extend(problem(&row.image, path, &row.selection).map(|e| e.for_case(&row.id).for_case(name)));
            }
        }
        errors.extend(missing);
        for note in &manifest.notes {
            println!("note: {note}");
        }
        for error in &errors {
            println!("{error}");
        }
        println!("{} cases, {} problems", manifest.rows.len(), errors.len());
        Ok(errors.is_empty())
    }
}

fn problem(image: &std::path::Path, mask: &std::path::Path, selection: &dlr_io::LabelSelection) -> Option<Error> {
    let pair = match read_pair(image, mask, selection) {
        Ok(pair) => pair.value,
        Err(error) => return Some(error),
    };
    Roi::new(&pair.image, &pair.mask).err()
}
