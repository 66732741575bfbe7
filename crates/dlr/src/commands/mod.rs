//! The commands, one file each.

mod check;
mod conformance;
mod experiment;
mod extract;
mod phantom;
mod predict;
mod suggest;
mod threads;

use clap::{Parser, Subcommand};

/// Deep-learning radiomics: from MRI files to an explained, validated model. Research use only.
#[derive(Debug, Parser)]
#[command(name = "dlr", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment file, from its cases to its report
    Experiment(experiment::Args),
    /// Measure features of one image, or of every case of a manifest
    Extract(Box<extract::Args>),
    /// Propose spacing and bin width for a manifest, as a parameter file
    Suggest(suggest::Args),
    /// Predict new patients with a frozen model of a run
    Predict(predict::Args),
    /// Recompute published values and print found beside expected
    Conformance(conformance::Args),
    /// Write the synthetic multi-centre cohort with known truth
    Phantom(phantom::Args),
    /// List every problem of every case of a manifest; compute nothing
    Check(check::Args),
}

impl Cli {
    /// Runs the command. `false` says that it ran and found something wrong, which it has printed.
    ///
    /// # Errors
    /// What stopped it.
    pub fn run(self) -> anyhow::Result<bool> {
        match self.command {
            Command::Experiment(args) => args.run(),
            Command::Extract(args) => args.run(),
            Command::Suggest(args) => args.run(),
            Command::Predict(args) => args.run(),
            Command::Conformance(args) => args.run(),
            Command::Phantom(args) => args.run(),
            Command::Check(args) => args.run(),
        }
    }
}
