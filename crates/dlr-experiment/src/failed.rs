//! [`Failed`]: cases that could not be read or computed, and the one error that names them all.

use crate::progress::Progress;
use dlr_core::{Code, Error};
use std::collections::BTreeMap;

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

/// One error for all cases that failed. That of the first, where it is the only one or where every case of the cohort
/// fails with the same code: then the fault lies in the experiment file, not in the cases. Else a count with reasons and
/// names, and each error is told to the user.
pub(crate) fn all_failures(failed: &[Failed], n_cases: usize, progress: &dyn Progress) -> Error {
    let mut by_code: BTreeMap<&str, Vec<&Failed>> = BTreeMap::new();
    failed.iter().for_each(|failed| by_code.entry(failed.error.code().as_str()).or_default().push(failed));
    if failed.len() == 1 || failed.len() == n_cases && by_code.len() == 1 {
        let Failed { id, error } = &failed[0];
        return error.clone().for_case(id).and_others(failed.len() - 1);
    }
    failed.iter().for_each(|failed| progress.note(&failed.error.to_string()));
    let reasons = by_code.values().map(|alike| {
        let ids: Vec<&str> = alike.iter().map(|failed| failed.id.as_str()).collect();
        format!("{} ({})", ids.join(", "), alike[0].reason())
    });
    Error::new(Code::CasesFailed, format!("{} of {n_cases} cases failed", failed.len()))
        .expected("cases that can be read and computed")
        .found(reasons.collect::<Vec<_>>().join("; "))
        .hint("mend them, or leave them out of the run with `failing = \"exclude\"` under `[cohort]`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Quiet;

    fn failed(codes: &[Code]) -> Vec<Failed> {
        let one = |(i, code): (usize, &Code)| Failed { id: format!("p{i}"), error: Error::new(*code, "a fact") };
        codes.iter().enumerate().map(one).collect()
    }

    #[test]
    fn what_every_case_fails_of_is_one_error() {
        let alike = failed(&[Code::MissingMask; 3]);
        assert_eq!(all_failures(&alike, 3, &Quiet).to_string(), "E0107 case p0 and 2 others: a fact");
        assert_eq!(all_failures(&alike[..1], 3, &Quiet).to_string(), "E0107 case p0: a fact");
        // Of a larger cohort, or for different reasons, the cases are to blame: each is named, with a reason.
        assert!(all_failures(&alike, 4, &Quiet).to_string().contains("p0, p1, p2 (E0107: a fact)"));
        let text = all_failures(&failed(&[Code::MissingMask, Code::EmptyMask]), 2, &Quiet).to_string();
        assert!(text.contains("p1 (E0104: a fact); p0 (E0107: a fact)") && text.contains("hint: "), "{text}");
    }
}
