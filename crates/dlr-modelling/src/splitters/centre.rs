//! [`LeaveOneCentreOut`]: every centre held out once.

use super::classes;
use dlr_core::{Code, Cohort, Error, Fold, Result, Role, Splitter};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One fold per centre, in sorted order, in one repeat. The seed is not used.
///
/// A patient seen in two centres belongs to the one of the patient's first case, and is held out with it.
///
/// # Errors
/// [`Code::Learning`] for fewer than two centres. A centre without which one class is gone is refused later, by
/// [`dlr_core::Dataset::split`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveOneCentreOut {}

impl Splitter for LeaveOneCentreOut {
    fn folds(&self, cohort: &Cohort, _seed: u64) -> Result<Vec<Vec<Fold>>> {
        classes(cohort)?;
        let mut centre_of: BTreeMap<&str, &str> = BTreeMap::new();
        for row in cohort.rows().iter().filter(|row| row.role == Role::Train) {
            centre_of.entry(&row.patient).or_insert(&row.center);
        }
        let centres: BTreeSet<&str> = centre_of.values().copied().collect();
        if centres.len() < 2 {
            return Err(Error::new(Code::Learning, "leaving one centre out needs training cases of two centres")
                .found(format!("{} centre", centres.len())));
        }
        let folds = centres.iter().map(|centre| {
            let side = |held_out: bool| -> BTreeSet<String> {
                let of_side = centre_of.iter().filter(|(_, c)| (*c == centre) == held_out);
                of_side.map(|(patient, _)| (*patient).to_owned()).collect()
            };
            Fold::new(side(false), side(true))
        });
        Ok(vec![folds.collect::<Result<_>>()?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::CaseRecord;
    use dlr_core::conformance::{check_splitter, sample_cohort};

    #[test]
    fn keeps_the_contract() {
        check_splitter(&LeaveOneCentreOut {}).unwrap();
        assert_eq!(LeaveOneCentreOut {}.folds(&sample_cohort(), 0).unwrap()[0].len(), 2);
    }

    #[test]
    fn one_centre_is_refused() {
        let records = (0..6).map(|i| CaseRecord::new(format!("p{i}"), Some(i < 3))).collect();
        let (cohort, _) = Cohort::enrol(records).unwrap();
        assert_eq!(LeaveOneCentreOut {}.folds(&cohort, 0).unwrap_err().code(), Code::Learning);
    }
}
