//! `dlr phantom OUT_DIR [--variant main] [--grid small] [--seed N] [--dicom]`.

use super::threads::Threads;
use crate::terminal::ProgressKind;
use dlr_experiment::phantom::write_phantom;
use dlr_phantom::{Grid, PhantomConfig, Variant};
use std::path::PathBuf;

/// Arguments of `dlr phantom`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to write; must be empty or not exist yet
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
    /// Training patients
    #[arg(long, default_value_t = 129)]
    n_train: usize,
    /// External patients
    #[arg(long, default_value_t = 74)]
    n_external: usize,
    /// Share of high grade [default: that of the study, 80 of 129 and 45 of 74]
    #[arg(long)]
    prevalence: Option<f64>,
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
            ..PhantomConfig::default()
        };
        self.threads.start()?;
        let progress = self.progress.listener();
        progress.stage("phantom", self.n_train + self.n_external);
        let written = write_phantom(&self.out, &config, self.dicom, |id| progress.step(id))?;
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
