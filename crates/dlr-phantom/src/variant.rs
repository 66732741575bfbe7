//! [`Variant`]: the cohorts of the protocol, each with one thing that a sound method must or must not find.

use crate::latent::Latents;
use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A named cohort. Means of the latents lie at `(label - 1/2) * delta`.
///
/// | variant | what differs from `main` | what a sound method shows |
/// |---|---|---|
/// | `main` | | tumour, ring and context each add |
/// | `main_weak` | weaker ring and context | the same, less |
/// | `null` | nothing depends on the label | AUC 0.5 |
/// | `scanner_trap` | weak signal; grade decides the scanner in training, scanners contrast | inflated internal, low external AUC; audits fire |
/// | `marker_trap` | a bright mark in the corner goes with grade in training | maps point at the corner; audits fire |
/// | `duplicate_trap` | 15 patients have two series | splits by patient; the duplicate audit fires |
/// | `intra_only` | ring and context carry nothing | no credit to the ring |
/// | `peri_only` | the tumour carries nothing | intratumoral AUC 0.5 |
/// | `size_confound` | size alone carries grade | no added value over volume |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// The full signal.
    #[default]
    Main,
    /// Weaker ring and context.
    MainWeak,
    /// No signal at all.
    Null,
    /// The scanner gives grade away in training.
    ScannerTrap,
    /// A mark in the corner gives grade away in training.
    MarkerTrap,
    /// Two series of some patients.
    DuplicateTrap,
    /// Only the tumour carries grade.
    IntraOnly,
    /// Only what surrounds the tumour carries grade.
    PeriOnly,
    /// Only size carries grade.
    SizeConfound,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Variant; 9] = [
        Variant::Main,
        Variant::MainWeak,
        Variant::Null,
        Variant::ScannerTrap,
        Variant::MarkerTrap,
        Variant::DuplicateTrap,
        Variant::IntraOnly,
        Variant::PeriOnly,
        Variant::SizeConfound,
    ];

    /// The name in files: `main`, `scanner_trap` ...
    pub fn as_str(self) -> &'static str {
        match self {
            Variant::Main => "main",
            Variant::MainWeak => "main_weak",
            Variant::Null => "null",
            Variant::ScannerTrap => "scanner_trap",
            Variant::MarkerTrap => "marker_trap",
            Variant::DuplicateTrap => "duplicate_trap",
            Variant::IntraOnly => "intra_only",
            Variant::PeriOnly => "peri_only",
            Variant::SizeConfound => "size_confound",
        }
    }

    /// The variant of that name.
    ///
    /// # Errors
    /// [`Code::UnknownName`] with the names there are.
    pub fn parse(name: &str) -> Result<Variant> {
        Variant::ALL.into_iter().find(|variant| variant.as_str() == name).ok_or_else(|| {
            Error::new(Code::UnknownName, format!("phantom variant `{name}` is not known"))
                .expected(Variant::ALL.map(Variant::as_str).join(", "))
        })
    }

    /// Distance of the class means of each latent, in standard deviations.
    pub fn deltas(self) -> Latents {
        let main = [0.65, 0.95, 0.60, 1.30, 0.85, 1.70, 0.0];
        Latents(match self {
            Variant::Main | Variant::MarkerTrap | Variant::DuplicateTrap => main,
            Variant::MainWeak => [0.65, 0.95, 0.60, 1.05, 0.70, 1.45, 0.0],
            Variant::Null => [0.0; 7],
            Variant::ScannerTrap => main.map(|delta| 0.3 * delta),
            Variant::IntraOnly => [0.65, 0.95, 0.60, 0.0, 0.0, 0.0, 0.0],
            Variant::PeriOnly => [0.0, 0.0, 0.0, 1.30, 0.85, 1.70, 0.0],
            Variant::SizeConfound => [1.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        })
    }

    /// Whether site and age go with the label, and tumours of the trunk are larger.
    pub(crate) fn has_clinical_offsets(self) -> bool {
        self != Variant::Null
    }

    /// Share of the training cases of each class (negative, positive) that scanner A took.
    pub(crate) fn share_of_scanner_a(self) -> [f64; 2] {
        if self == Variant::ScannerTrap { [0.1, 0.9] } else { [0.4, 0.4] }
    }

    /// Share of cases of each class (negative, positive) with a mark in the corner: in training, outside.
    pub(crate) fn share_of_marks(self) -> Option<([f64; 2], f64)> {
        (self == Variant::MarkerTrap).then_some(([0.10, 0.85], 0.5))
    }

    /// Training patients with two series.
    pub(crate) fn n_duplicates(self) -> usize {
        if self == Variant::DuplicateTrap { 15 } else { 0 }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
