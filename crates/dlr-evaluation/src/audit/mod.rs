//! Audits: questions about the study itself that every run asks. Each answer is a line of the report: pass, warn or fail,
//! with the number and a sentence; where there is nothing to ask, it says that instead of pass.
//!
//! An audit never changes a result and never stops a run; it makes the classic mistakes audible. Bounds are ours where no
//! paper gives one, and stand in the sentence.

mod centre;
mod columns;
mod duplicates;
mod maps;
mod numbers;
mod patients;

pub use centre::{audit_centre_and_label, audit_centre_confounding, audit_centre_from_features};
pub use columns::{audit_post_baseline, audit_restates_volume};
pub use duplicates::{audit_duplicates, audit_equal_images};
pub use maps::{audit_maps_of_random_weights, audit_maps_outside_body};
pub use numbers::{
    audit_events_per_feature, audit_external_drop, audit_permuted_labels, audit_too_good, audit_volume_baseline,
};

pub use patients::audit_patient_labels;

use serde::Serialize;

/// How an audit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The question does not arise here, so nothing was checked.
    NotApplicable,
    /// Looked, and nothing found.
    Pass,
    /// To be looked at and discussed.
    Warn,
    /// The result cannot be believed as it stands.
    Fail,
}

/// The answer of one audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// Its name, for example `centre-from-features`.
    pub name: &'static str,
    /// How it ended.
    pub status: Status,
    /// The number that decided; NaN where the question does not arise.
    pub value: f64,
    /// What was found and by which bound it was judged.
    pub sentence: String,
    /// Names of the columns, cases or centres concerned.
    pub details: Vec<String>,
}

impl Audit {
    fn new(name: &'static str, status: Status, value: f64, sentence: String) -> Self {
        Audit { name, status, value, sentence, details: Vec::new() }
    }

    /// What the reader can do about a warning or a failure; empty where there is nothing to do.
    pub fn advice(&self) -> &'static str {
        if self.status < Status::Warn {
            return "";
        }
        match self.name {
            "centre-from-features" => {
                "validate with one centre left out at a time, or harmonise inside the folds (`combat`)"
            }
            "centre-and-label" | "centre-confounding" => {
                "compare within centres, or leave one centre out at a time; do not harmonise, it would remove the label"
            }
            "duplicates" | "duplicate-images" => {
                "find out whether it is one patient; then give both cases the same `patient`"
            }
            "post-baseline" => "take the columns out, or name them under `audits.vetted` if they were known before",
            "restates-volume" => "read the model beside the one of volume alone; it may say no more than size",
            "volume-baseline" => {
                "do not claim more than volume offers; more cases are needed to show that there is more"
            }
            "events-per-feature" => {
                "do not read meaning into single selected features; take fewer candidates or more cases"
            }
            "sample-size" => "take fewer candidates, or plan for as many patients before the next study",
            "maps-outside-body" => {
                "look at the maps and images of these cases: letters, padding and air must not go with the label; crop or \
                 mask them, or pool deep features inside the body"
            }
            "maps-of-random-weights" => {
                "do not take the maps as a sign of what the network has learned: much of where they look is the shape of \
                 the image and of the network"
            }
            "external-drop" => {
                "look for what goes with the label in the training hospitals alone: scanner, centre, marks in the images"
            }
            "too-good" => "look for a leak: patients in two folds, duplicates, columns known only afterwards",
            "permuted-labels" => "do not use these figures: something outside the folds has seen the labels",
            "patient-labels" => "check the labels; if the lesions do differ, say that they are judged and not patients",
            _ => "",
        }
    }

    fn with(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }
}

/// Columns with mean 0 and standard deviation 1; NaN becomes the mean, a constant column 0. For probes only.
pub(super) fn standardised(x: &ndarray::Array2<f64>) -> ndarray::Array2<f64> {
    let mut z = x.clone();
    for mut column in z.columns_mut() {
        let known: Vec<f64> = column.iter().copied().filter(|v| v.is_finite()).collect();
        let n = known.len() as f64;
        let mean = known.iter().sum::<f64>() / n;
        let sd = (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let usable = sd > 1e-12 * (1.0 + mean.abs());
        column.mapv_inplace(|v| if v.is_finite() && usable { (v - mean) / sd } else { 0.0 });
    }
    z
}
