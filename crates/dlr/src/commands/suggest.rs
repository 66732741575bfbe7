//! `dlr suggest COHORT.csv`: a parameter file to start from.

use crate::terminal::{ProgressKind, print_error};
use dlr_core::{Error, Result, Roi};
use dlr_io::{Manifest, ManifestRow, read_pair};
use dlr_radiomics::suggest::{CaseSummary, suggest};
use std::path::PathBuf;

/// Arguments of `dlr suggest`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The manifest
    manifest: PathBuf,
    /// How progress is told; `auto` draws a bar on a terminal and is silent elsewhere
    #[arg(long, value_enum, default_value = "auto")]
    progress: ProgressKind,
}

impl Args {
    /// Prints the proposal on standard output and what could not be read on standard error.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        let (manifest, mut errors) = Manifest::inspect(&self.manifest)?;
        let listener = self.progress.silent_elsewhere();
        listener.stage("suggest", manifest.rows.len());
        let mut cases = Vec::new();
        for row in &manifest.rows {
            match summary(row) {
                Ok(found) => cases.push(found),
                Err(error) => errors.push(error.for_case(&row.id)),
            }
            listener.step(&row.id);
        }
        errors.iter().for_each(|error: &Error| print_error(&error.clone().into()));
        if let Some(found) = suggest(&cases) {
            print!("{}", found.to_yaml());
        }
        Ok(errors.is_empty() && !cases.is_empty())
    }
}

/// The first mask of a case stands for it.
fn summary(row: &ManifestRow) -> Result<CaseSummary> {
    let mask = row.masks.values().next().expect("a row without a mask is refused by the manifest");
    let pair = read_pair(&row.image, mask, &row.selection)?.value;
    CaseSummary::new(&Roi::new(&pair.image, &pair.mask)?)
}
