//! Patients whose cases carry both labels: two lesions that differ, or an error of the table.

use super::{Audit, Status};
use dlr_core::{Cohort, Role};
use std::collections::BTreeMap;

/// Does a training patient have cases of both classes? The value is the number of such patients.
///
/// Warns for any: where the label is of the patient it is an error of the table, and where it is of the lesion, areas and
/// intervals count lesions.
pub fn audit_patient_labels(cohort: &Cohort) -> Audit {
    let name = "patient-labels";
    let mut cases_of: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
    for row in cohort.rows().iter().filter(|row| row.role == Role::Train) {
        if let Some(label) = row.label {
            cases_of.entry(&row.patient).or_default().push((&row.id, label));
        }
    }
    if cases_of.values().all(|cases| cases.len() < 2) {
        return Audit::new(name, Status::NotApplicable, f64::NAN, "every patient has one labelled case".into());
    }
    let both = cases_of.values().filter(|cases| cases.iter().any(|(_, label)| *label != cases[0].1));
    let details: Vec<String> =
        both.map(|cases| cases.iter().map(|(id, _)| *id).collect::<Vec<_>>().join(" and ")).collect();
    let status = if details.is_empty() { Status::Pass } else { Status::Warn };
    let sentence = format!("{} of {} patients have cases of both classes", details.len(), cases_of.len());
    Audit::new(name, status, details.len() as f64, sentence).with(details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::CaseRecord;
    use dlr_core::conformance::sample_cohort;

    /// The first cases of the sample, of one patient each or of the same.
    fn cohort(n_patients: usize, labels: &[bool]) -> Cohort {
        let sample = sample_cohort();
        let rows = sample.rows().iter().filter(|row| row.role == Role::Train).zip(labels).enumerate();
        let rows = rows.map(|(i, (row, label))| CaseRecord {
            patient: format!("q{}", i % n_patients),
            label: Some(*label),
            ..row.clone()
        });
        Cohort::enrol(rows.collect()).unwrap().0
    }

    #[test]
    fn both_labels_of_a_patient_are_told() {
        assert_eq!(audit_patient_labels(&cohort(4, &[true, false, true, false])).status, Status::NotApplicable);
        assert_eq!(audit_patient_labels(&cohort(2, &[true, false, true, false])).status, Status::Pass);
        let audit = audit_patient_labels(&cohort(2, &[true, false, false, false]));
        assert_eq!((audit.status, audit.value, audit.details.len()), (Status::Warn, 1.0, 1));
    }
}
