//! [`PhantomConfig`]: which cohort, on which grid, from which seed.

use crate::{change::Change, variant::Variant};
use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// How finely the field of view is sampled. The field of view in millimetres is the scanner's, whatever the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grid {
    /// 16x64x64, for tests.
    Tiny,
    /// 30x128x128, on which the cohort was calibrated.
    #[default]
    Small,
    /// 30x320x320, like a real series.
    Full,
}

impl Grid {
    /// Voxels along z, y, x.
    pub fn shape(self) -> [usize; 3] {
        match self {
            Grid::Tiny => [16, 64, 64],
            Grid::Small => [30, 128, 128],
            Grid::Full => [30, 320, 320],
        }
    }

    /// Spacing over that of the small grid, along z, y, x.
    pub(crate) fn coarseness(self) -> [f64; 3] {
        match self {
            Grid::Tiny => [2.0, 2.0, 2.0],
            Grid::Small => [1.0, 1.0, 1.0],
            Grid::Full => [1.0, 0.4, 0.4],
        }
    }

    /// The grid of that name.
    ///
    /// # Errors
    /// [`Code::UnknownName`] with the names there are.
    pub fn parse(name: &str) -> Result<Grid> {
        match name {
            "tiny" => Ok(Grid::Tiny),
            "small" => Ok(Grid::Small),
            "full" => Ok(Grid::Full),
            _ => Err(Error::new(Code::UnknownName, format!("phantom grid `{name}` is not known"))
                .expected("tiny, small, full")),
        }
    }
}

/// A cohort. The same values give the same cohort, bit for bit.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `variant` | `main` | | which signal and which trap: see [`Variant`] |
/// | `grid` | `small` | `tiny`, `small`, `full` | 16x64x64, 30x128x128, 30x320x320 |
/// | `seed` | 2026 | | everything random |
/// | `n_train` | 129 | 4 or more | training patients, of the scanners A and B |
/// | `n_external` | 74 | 0, or 4 or more | external patients, of the scanner C |
/// | `prevalence` | none: 80 of 129, 45 of 74 | above 0, below 1 | share of high grade in both parts |
/// | `label_errors` | 0 | 0 to 1 | share of high-grade training patients whom biopsy calls low |
/// | `group_series` | true | | two series of a patient carry the patient's name; false hides that, to show a leak |
/// | `truth_masks` | false | | cases bring the truth as masks `truth_tumour`, `truth_vis` ... |
/// | `change` | none | `edh=2` ... | the counterfactual cohort: one cause changed in every image, see [`Change`] |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhantomConfig {
    /// Which signal and which trap.
    pub variant: Variant,
    /// How finely the field of view is sampled.
    pub grid: Grid,
    /// Everything random follows from it.
    pub seed: u64,
    /// Training patients.
    pub n_train: usize,
    /// External patients.
    pub n_external: usize,
    /// Share of high grade, in place of the study's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevalence: Option<f64>,
    /// Share of high-grade training patients who are labelled low.
    pub label_errors: f64,
    /// Whether two series of a patient carry the patient's name.
    pub group_series: bool,
    /// Whether cases bring the truth as masks.
    pub truth_masks: bool,
    /// One cause changed in every image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

impl Default for PhantomConfig {
    fn default() -> Self {
        PhantomConfig {
            variant: Variant::Main,
            grid: Grid::Small,
            seed: 2026,
            n_train: 129,
            n_external: 74,
            prevalence: None,
            label_errors: 0.0,
            group_series: true,
            truth_masks: false,
            change: None,
        }
    }
}

/// More patients of one role than anybody draws, and few enough for any memory.
const MOST_PATIENTS: usize = 100_000;

impl PhantomConfig {
    /// Refuses a cohort that cannot be drawn.
    ///
    /// # Errors
    /// [`Code::Parameter`] naming the parameter.
    pub fn validate(&self) -> Result<()> {
        let odd = |n: usize| n > 0 && n < 4 || n > MOST_PATIENTS;
        if self.n_train == 0 || odd(self.n_train) || odd(self.n_external) {
            return Err(Error::new(
                Code::Parameter,
                format!("a phantom of {} training and {} external patients", self.n_train, self.n_external),
            )
            .expected(format!(
                "at least 4 training patients, and no external ones or at least 4; at most {MOST_PATIENTS} of each"
            )));
        }
        if let Some(p) = self.prevalence
            && !(p > 0.0 && p < 1.0)
        {
            return Err(Error::new(Code::Parameter, format!("parameter `prevalence` is {p}"))
                .expected("a number above 0 and below 1"));
        }
        if !(0.0..=1.0).contains(&self.label_errors) {
            return Err(Error::new(Code::Parameter, format!("parameter `label_errors` is {}", self.label_errors))
                .expected("a number from 0 to 1"));
        }
        Ok(())
    }

    /// How many of `n` patients are of high grade: at least one, and never all.
    pub(crate) fn n_high(&self, n: usize, usual: f64) -> usize {
        ((n as f64 * self.prevalence.unwrap_or(usual)).round() as usize).clamp(1, n.saturating_sub(1).max(1))
    }
}
