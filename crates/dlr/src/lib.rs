//! The command line of `dlr`: it parses arguments, draws progress, prints errors, and calls the crates below.
//!
//! Everything that can be computed is computed there; nothing here knows a stage or a format.

pub mod commands;
pub mod conformance;
pub mod extract;
mod terminal;

use clap::Parser;
use std::process::ExitCode;

/// Runs the program with the arguments of the process. A failure has been printed when this returns.
pub fn main() -> ExitCode {
    match commands::Cli::parse().run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            terminal::print_error(&error);
            ExitCode::FAILURE
        }
    }
}
