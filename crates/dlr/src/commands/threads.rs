//! `-j N`: how many threads a command uses. Results never depend on it.

use dlr_core::{Code, Error};

/// The argument that all commands share.
#[derive(Debug, clap::Args)]
pub(super) struct Threads {
    /// Threads to use [default: all cores]; the results do not depend on it
    #[arg(short = 'j', long = "threads", alias = "jobs", value_name = "N")]
    threads: Option<usize>,
}

impl Threads {
    /// Starts them; called once, before anything is computed.
    ///
    /// # Errors
    /// [`Code::Parameter`] for 0 threads, or where the system gives none.
    pub(super) fn start(&self) -> dlr_core::Result<()> {
        let Some(n_threads) = self.threads else { return Ok(()) };
        if n_threads == 0 {
            return Err(Error::new(Code::Parameter, "0 threads are asked for").expected("at least 1"));
        }
        rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build_global()
            .map_err(|error| Error::new(Code::Parameter, format!("{n_threads} threads cannot be started: {error}")))
    }
}
