//! [`Progress`]: what a run tells while it works. Drawing it is the command line's affair.

/// Listens to a run. Called from several threads.
pub trait Progress: Sync {
    /// A stage of the run begins; `total` steps will follow.
    fn stage(&self, name: &str, total: usize);
    /// One step is done, for example one case.
    fn step(&self, what: &str);
    /// Something the reader should know.
    fn note(&self, text: &str);
}

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn stage(&self, _name: &str, _total: usize) {}
    fn step(&self, _what: &str) {}
    fn note(&self, _text: &str) {}
}
