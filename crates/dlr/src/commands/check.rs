//! `dlr check COHORT.csv`: every problem of every case, nothing computed.

use dlr_core::Roi;
use dlr_io::{LabelSelection, Manifest, read_pair};
use std::path::{Path, PathBuf};

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
                match problem(&row.image, path, &row.selection) {
                    Ok(notes) => notes.iter().for_each(|note| println!("note: case {}: {note}", row.id)),
                    Err(error) => errors.push(error.for_case(&row.id).for_case(name)),
                }
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

/// What is remarkable about a case that can be used, or why it cannot.
fn problem(image: &Path, mask: &Path, selection: &LabelSelection) -> dlr_core::Result<Vec<String>> {
    let pair = read_pair(image, mask, selection)?;
    Roi::new(&pair.value.image, &pair.value.mask)?;
    Ok(pair.notes)
}
