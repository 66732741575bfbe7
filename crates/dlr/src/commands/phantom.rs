//! `dlr phantom OUT_DIR [--variant main] [--grid small] [--seed N] [--dicom]`.

use super::threads::Threads;
use crate::terminal::ProgressKind;
use dlr_core::Role;
use dlr_experiment::phantom::write_phantom;
use dlr_phantom::{Change, Grid, PhantomConfig, Variant};
use std::path::PathBuf;

/// Arguments of `dlr phantom`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to write; must be empty, not exist yet, or hold a cohort whose writing broke off
    out: PathBuf,
    /// main, main_weak, null, scanner_trap, marker_trap, duplicate_trap, intra_only, peri_only or size_confound
    #[arg(long, default_value = "main")]
    variant: String,
    /// tiny (16x64x64), small (30x128x128) or full (30x320x320)
    #[arg(long, default_value = "small")]
    grid: String,
    /// Everything random follows from it
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// Training patients, at least 4
    #[arg(long, default_value_t = 129)]
    n_train: usize,
    /// External patients: 0, or at least 4
    #[arg(long, default_value_t = 74)]
    n_external: usize,
    /// Share of high grade [default: that of the study, 80 of 129 and 45 of 74]
    #[arg(long)]
    prevalence: Option<f64>,
    /// The counterfactual cohort: the same patients with one cause of the image changed, as edh=2; causes are size, het,
    /// nec, edh, ext, ctx and lob, and base and ae, the brightness of tumour and oedema
    #[arg(long, value_name = "CAUSE=BY")]
    change: Option<Change>,
    /// Write these patients alone: train or external
    #[arg(long)]
    only: Option<Role>,
    /// Write DICOM too: MR series and RTSTRUCT (GTV_Mass, GTV_Edema)
    #[arg(long)]
    dicom: bool,
    #[command(flatten)]
    threads: Threads,
    /// How progress is told
    #[arg(long, value_enum, default_value = "auto")]
    progress: ProgressKind,
}

impl Args {
    /// Writes the cohort and prints what a perfect method would reach on it.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        let config = PhantomConfig {
            variant: Variant::parse(&self.variant)?,
            grid: Grid::parse(&self.grid)?,
            seed: self.seed,
            n_train: self.n_train,
            n_external: self.n_external,
            prevalence: self.prevalence,
            change: self.change,
            ..PhantomConfig::default()
        };
        self.threads.start()?;
        let progress = self.progress.listener();
        let n_cases = match self.only {
            None => self.n_train + self.n_external,
            Some(Role::Train) => self.n_train,
            Some(Role::External) => self.n_external,
        };
        progress.stage("phantom", n_cases);
        let written = write_phantom(&self.out, &config, self.dicom, self.only, |id| progress.step(id))?;
        println!("{} cases of the variant {}. Synthetic: no patient.\n", written.n_cases, config.variant);
        println!("{:<16} {:>10} {:>14} {:>17}", "what is seen", "Bayes AUC", "oracle, train", "oracle, external");
        for row in written.oracle.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let number = |i: usize| cells.get(i).and_then(|c| c.parse::<f64>().ok()).unwrap_or(f64::NAN);
            println!("{:<16} {:>10.3} {:>14.3} {:>17.3}", cells[0], number(1), number(2), number(3));
        }
        println!("\nmanifest: {}", written.manifest.display());
        Ok(true)
    }
}
