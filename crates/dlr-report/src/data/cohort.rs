//! Who took part, who was left out and why, and Table 1.

use super::number;
use serde::{Deserialize, Serialize};

/// The numbers of the flow chart. Cases are counted; where a patient has several, `n_patients` says so.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CohortFlow {
    /// Cases found by the source.
    pub n_enrolled: usize,
    /// Patients found by the source.
    pub n_patients: usize,
    /// Cases left out, by reason, in the order in which the reasons were applied.
    pub exclusions: Vec<ExclusionCount>,
    /// Cases that remain, by role and center.
    pub groups: Vec<CohortGroup>,
    /// What was noted of the image or the regions of a case; cases without a note are not here.
    pub notes: Vec<CaseNote>,
}

/// What a reader should know of one case.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseNote {
    /// The case.
    pub case: String,
    /// The notes, one sentence each.
    pub notes: Vec<String>,
}

/// Cases left out for one reason.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExclusionCount {
    /// The reason, one line.
    pub reason: String,
    /// The cases.
    pub cases: Vec<String>,
}

/// Cases of one role and center.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CohortGroup {
    /// `train` or `external`.
    pub role: String,
    /// The hospital.
    pub center: String,
    /// Cases of the positive class.
    pub n_positive: usize,
    /// Cases of the negative class.
    pub n_negative: usize,
}

/// Table 1: variables by group, with tests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CohortTable {
    /// Headings of the groups, for example `Training (n = 129)`.
    pub groups: Vec<String>,
    /// The rows.
    pub rows: Vec<CohortTableRow>,
    /// Notes under the table.
    pub notes: Vec<String>,
}

/// One line of Table 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CohortTableRow {
    /// The variable, for example `Age (years)`. The same text on consecutive rows is printed once.
    pub variable: String,
    /// The level of a category, or `median (IQR)`; may be empty.
    pub level: String,
    /// One cell per group.
    pub cells: Vec<String>,
    /// p of the test over this variable (NaN: none on this row).
    #[serde(with = "number::one")]
    pub p: f64,
    /// The test, for example `Mann-Whitney U`.
    pub test: String,
}

impl Default for CohortTableRow {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        CohortTableRow {
            variable: String::new(),
            level: String::new(),
            cells: Vec::new(),
            p: f64::NAN,
            test: String::new(),
        }
    }
}
