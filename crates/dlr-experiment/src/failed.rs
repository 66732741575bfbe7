//! [`Failed`]: cases that could not be read or computed, and the one error that names them all.

use crate::progress::Progress;
use dlr_core::{Code, Error};

/// A case that could not be read or computed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The case.
    pub id: String,
    /// Why.
    pub error: Error,
}

impl Failed {
    /// One line for the flow chart: code and fact.
    pub(crate) fn reason(&self) -> String {
        format!("{}: {}", self.error.code().as_str(), self.error.fact())
    }
}

/// One error for all cases that failed: the only one's own, or a count with their names. Each is told to the user.
pub(crate) fn all_failures(failed: &[Failed], n_cases: usize, progress: &dyn Progress) -> Error {
    if let [only] = failed {
        return only.error.clone();
    }
    failed.iter().for_each(|failed| progress.note(&failed.error.to_string()));
    Error::new(Code::CasesFailed, format!("{} of {n_cases} cases failed", failed.len()))
        .found(failed.iter().map(|failed| failed.id.as_str()).collect::<Vec<_>>().join(", "))
        .hint("mend them, or leave them out of the run with `failing = \"exclude\"` under `[cohort]`")
}
