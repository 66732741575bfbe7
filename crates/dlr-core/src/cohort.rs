//! [`Cohort`]: who takes part, without paths and without images.
//!
//! Labels of external cases are taken out at the door and put into [`SealedLabels`]; a cohort never holds them.

use crate::{Code, Error, Result, Rng, SealedLabels};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

/// What a case is for. A patient has one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Learned from, and split for cross-validation.
    Train,
    /// Scored once, by the frozen model.
    External,
}

impl FromStr for Role {
    type Err = Error;

    /// `train` (or `training`) and `external`, in any case and with blanks around them.
    ///
    /// `test` is refused: some tables write it for the held-out fifth of their own patients, and those are not external.
    ///
    /// # Errors
    /// [`Code::Manifest`] for any other word; the accepted ones are named.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_lowercase().as_str() {
            "train" | "training" => Ok(Role::Train),
            "external" => Ok(Role::External),
            _ => Err(Error::new(Code::Manifest, "the role of a case is not known")
                .expected("`train`, `training` or `external`")
                .found(format!("`{}`", text.trim()))
                .hint(
                    "`external` is for patients of another hospital or time, scored once; folds are made of `train`",
                )),
        }
    }
}

/// A clinical value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A category.
    Text(String),
    /// Not known.
    Missing,
}

/// What a source knows of a case; becomes a row of the cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseRecord {
    /// Identifier, unique in the cohort.
    pub id: String,
    /// The patient.
    pub patient: String,
    /// Train or external.
    pub role: Role,
    /// The hospital.
    pub center: String,
    /// Whether the case is of the positive class; `None` where that is not known.
    pub label: Option<bool>,
    /// Clinical values by column.
    pub clinical: BTreeMap<String, Value>,
}

impl CaseRecord {
    /// A training case of its own patient, center `unknown`, without clinical values.
    pub fn new(id: impl Into<String>, label: Option<bool>) -> Self {
        let id = id.into();
        CaseRecord {
            patient: id.clone(),
            id,
            role: Role::Train,
            center: "unknown".into(),
            label,
            clinical: BTreeMap::new(),
        }
    }
}

/// A case that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The case.
    pub id: String,
    /// One line for the flow chart.
    pub reason: String,
}

/// Who takes part. Labels of external cases are not in here: see [`SealedLabels`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cohort {
    rows: Vec<CaseRecord>,
    exclusions: Vec<Exclusion>,
}

impl Cohort {
    /// Takes the records in, and seals the external labels.
    ///
    /// # Errors
    /// [`Code::DuplicateId`] for an identifier that stands twice, [`Code::PatientOverlap`] for a patient in two roles.
    pub fn enrol(records: Vec<CaseRecord>) -> Result<(Cohort, SealedLabels)> {
        let mut ids = BTreeSet::new();
        let mut roles = BTreeMap::new();
        for record in &records {
            if !ids.insert(&record.id) {
                return Err(Error::new(Code::DuplicateId, "this ID stands twice")
                    .expected("each ID once")
                    .found("it again")
                    .hint("one row per examination; two examinations of one patient share `patient`, not `ID`")
                    .for_case(&record.id));
            }
            if *roles.entry(&record.patient).or_insert(record.role) != record.role {
                return Err(Error::new(Code::PatientOverlap, "the patient of this case is both train and external")
                    .hint("a patient has one role")
                    .for_case(&record.id));
            }
        }
        let mut sealed = BTreeMap::new();
        let rows = records
            .into_iter()
            .map(|mut record| {
                if record.role == Role::External
                    && let Some(label) = record.label.take()
                {
                    sealed.insert(record.id.clone(), label);
                }
                record
            })
            .collect();
        Ok((Cohort { rows, exclusions: Vec::new() }, SealedLabels::new(sealed)))
    }

    /// The cases, in the order of the source. `label` is `None` for every external case.
    pub fn rows(&self) -> &[CaseRecord] {
        &self.rows
    }

    /// The cases that were left out.
    pub fn exclusions(&self) -> &[Exclusion] {
        &self.exclusions
    }

    /// Number of cases.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no case.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One case.
    pub fn row(&self, id: &str) -> Option<&CaseRecord> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The patients of a role, sorted.
    pub fn patients(&self, role: Role) -> BTreeSet<String> {
        self.rows.iter().filter(|row| row.role == role).map(|row| row.patient.clone()).collect()
    }

    /// The same cohort without the cases for which `reason` gives one.
    pub fn excluding(&self, reason: impl Fn(&CaseRecord) -> Option<String>) -> Cohort {
        let mut cohort = Cohort { rows: Vec::new(), exclusions: self.exclusions.clone() };
        for row in &self.rows {
            match reason(row) {
                Some(reason) => cohort.exclusions.push(Exclusion { id: row.id.clone(), reason }),
                None => cohort.rows.push(row.clone()),
            }
        }
        cohort
    }

    /// The same cases without their labels.
    pub(crate) fn unlabelled(&self) -> Cohort {
        let rows = self.rows.iter().map(|row| CaseRecord { label: None, ..row.clone() }).collect();
        Cohort { rows, exclusions: self.exclusions.clone() }
    }

    /// The cases whose patient is in the set.
    pub(crate) fn of_patients(&self, patients: &BTreeSet<String>) -> Cohort {
        let rows = self.rows.iter().filter(|row| patients.contains(&row.patient)).cloned().collect();
        Cohort { rows, exclusions: Vec::new() }
    }

    /// Rows by position, repeated where asked (a bootstrap sample).
    pub(crate) fn at(&self, positions: &[usize]) -> Cohort {
        Cohort { rows: positions.iter().map(|p| self.rows[*p].clone()).collect(), exclusions: Vec::new() }
    }

    /// The same cohort with the training labels dealt out anew among the patients: what a null run learns from.
    ///
    /// Whole patients swap their labels, so two cases of one patient stay equal if they were.
    pub fn with_permuted_labels(&self, seed: u64) -> Cohort {
        let patients: Vec<_> = self.patients(Role::Train).into_iter().collect();
        let label_of = |patient: &String| {
            self.rows.iter().find(|row| row.patient == *patient && row.label.is_some()).and_then(|row| row.label)
        };
        let mut labels: Vec<_> = patients.iter().map(label_of).collect();
        Rng::new(seed).shuffle(&mut labels);
        let dealt: BTreeMap<_, _> = patients.iter().zip(labels).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| match dealt.get(&row.patient) {
                Some(label) if row.role == Role::Train => CaseRecord { label: *label, ..row.clone() },
                _ => row.clone(),
            })
            .collect();
        Cohort { rows, exclusions: self.exclusions.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_one_of_the_accepted_words() {
        for (text, role) in [
            ("train", Role::Train),
            (" Training ", Role::Train),
            ("external", Role::External),
            ("External", Role::External),
        ] {
            assert_eq!(text.parse::<Role>().unwrap(), role, "{text}");
        }
        for text in ["test", "Test", "validation", "extern", ""] {
            let error = text.parse::<Role>().unwrap_err();
            assert_eq!(error.code(), Code::Manifest);
            let message = error.to_string();
            let named = ["`train`", "`training`", "`external`", &format!("found `{text}`")];
            assert!(named.iter().all(|word| message.contains(word)), "{message}");
        }
    }

    #[test]
    fn refuses_duplicates_and_patients_in_two_roles() {
        let a = CaseRecord::new("a", Some(true));
        assert_eq!(Cohort::enrol(vec![a.clone(), a.clone()]).unwrap_err().code(), Code::DuplicateId);
        let again = CaseRecord { id: "b".into(), role: Role::External, ..a.clone() };
        assert_eq!(Cohort::enrol(vec![a, again]).unwrap_err().code(), Code::PatientOverlap);
    }

    #[test]
    fn external_labels_leave_the_cohort() {
        let external = CaseRecord { role: Role::External, ..CaseRecord::new("x", Some(true)) };
        let (cohort, sealed) = Cohort::enrol(vec![CaseRecord::new("t", Some(false)), external]).unwrap();
        assert_eq!(cohort.row("x").unwrap().label, None);
        assert_eq!(cohort.row("t").unwrap().label, Some(false));
        assert_eq!(sealed.n_cases(), 1);
    }

    #[test]
    fn permutation_keeps_the_counts() {
        let records = (0..20).map(|i| CaseRecord::new(format!("p{i:02}"), Some(i < 8))).collect();
        let (cohort, _) = Cohort::enrol(records).unwrap();
        let permuted = cohort.with_permuted_labels(3);
        assert_ne!(permuted, cohort);
        assert_eq!(permuted.rows().iter().filter(|r| r.label == Some(true)).count(), 8);
        assert_eq!(permuted, cohort.with_permuted_labels(3));
    }
}
