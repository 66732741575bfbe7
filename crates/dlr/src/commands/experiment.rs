//! `dlr experiment FILE.toml [--set key=value] [--out DIR]`.

use super::threads::Threads;
use crate::terminal::ProgressKind;
use dlr_core::{Code, Error};
use dlr_experiment::{ExperimentFile, Places, Registry, outcome::Outcome, run};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Arguments of `dlr experiment`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The experiment file
    file: PathBuf,
    /// Change one key of the file, for example --set pipelines.paper.model.c=0.1 (may be repeated)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where run folders appear
    #[arg(long, value_name = "DIR", default_value = "runs")]
    out: PathBuf,
    /// Set image, regions and map of the shown patients into the report, for a 3D viewer. Whoever has the report then has
    /// these images
    #[arg(long)]
    viewer: bool,
    /// Where computed features are kept [default: .cache in the folder of runs]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
    /// How progress is told
    #[arg(long, value_enum, default_value = "auto")]
    progress: ProgressKind,
}

impl Args {
    /// Runs the experiment and prints a short table and the place of the report.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&self.file).map_err(|error| {
            Error::new(Code::FileMissing, format!("experiment file `{name}` cannot be read: {error}"))
                .hint("experiments of this repository are in xtask/experiments")
        })?;
        let mut set = self.set;
        set.extend(self.viewer.then(|| "report.viewer=true".to_owned()));
        let file = ExperimentFile::parse(&text, &set)?;
        self.threads.start()?;
        let cache = self.cache.unwrap_or_else(|| self.out.join(".cache"));
        let experiment = self.file.parent().unwrap_or(Path::new(""));
        let places = Places { experiment, out: &self.out, cache: &cache };
        let finished = run(&file, &Registry::builtin(), &places, self.progress.listener().as_ref())?;
        print_table(&finished.outcome);
        println!("\nreport: {}", self.out.join(&file.name).join("report.html").display());
        if !finished.failed.is_empty() {
            let ids: Vec<&str> = finished.failed.iter().map(|failed| failed.id.as_str()).collect();
            eprintln!("left out because they failed: {}", ids.join(", "));
        }
        Ok(finished.failed.is_empty())
    }
}

fn print_table(outcome: &Outcome) {
    let excluded = outcome.cohort.exclusions().len();
    let kept = outcome.cohort.len();
    println!("\n{} cases, {excluded} left out, {kept} take part. Research use only.\n", kept + excluded);
    if let Some(model) = outcome.models.first() {
        let (m, positive) = (&model.metrics, &outcome.file.cohort.positive);
        println!("Training: {} of {} {positive}, prevalence {:.3}.", m.n_positive, m.n, m.prevalence);
        if let Some(e) = &model.external_scores {
            println!("External: {} of {} {positive}, prevalence {:.3}.", e.n_positive, e.n, e.prevalence);
        }
        println!("AUC: of the mean out-of-fold probabilities, 95 % interval by {}.", m.auc_ci_kind.words());
        println!("In folds: mean AUC among cases that one model predicted; permuted: the same on permuted labels.\n");
    }
    let titles = outcome.models.iter().chain(&outcome.baselines).map(|m| m.planned.section.title.chars().count());
    let width = titles.max().unwrap_or(0).max(10);
    println!(
        "{:<width$} {:>22} {:>8} {:>15} {:>6} {:>6} {:>9} {:>9}",
        "model", "AUC (95 % interval)", "F1", "all-positive F1", "sens", "spec", "in folds", "permuted"
    );
    for model in outcome.models.iter().chain(&outcome.baselines) {
        let m = &model.metrics;
        let auc = format!("{:.3} ({:.3}-{:.3})", m.auc, m.auc_ci.low, m.auc_ci.high);
        let null = model.null.as_ref().map_or(String::new(), |n| format!("{:.3}", n.mean));
        println!(
            "{:<width$} {auc:>22} {:>8.3} {:>15.3} {:>6.3} {:>6.3} {:>9.3} {null:>9}",
            model.planned.section.title, m.f1, m.f1_all_positive, m.sensitivity, m.specificity, m.auc_within_folds
        );
        if let Some(e) = &model.external_scores {
            let auc = if e.auc.is_nan() {
                "undefined: one class".to_owned()
            } else {
                format!("{:.3} ({:.3}-{:.3})", e.auc, e.auc_ci.low, e.auc_ci.high)
            };
            println!(
                "{:<width$} {auc:>22} {:>8.3} {:>15.3} {:>6.3} {:>6.3}",
                "  external", e.f1, e.f1_all_positive, e.sensitivity, e.specificity
            );
        }
    }
}
