//! [`Report`]: everything that a finished run tells its reader, as plain values without logic.
//!
//! Filled in by `dlr-experiment`, written as `report.json`, and the only input of the renderer. Every struct has
//! `Default` and every field a serde default, so an older `report.json` still reads and a section that was not run is
//! simply empty. Text may hold anything: it is escaped where it is drawn. An undefined number is NaN (JSON `null`).

mod baseline;
mod cam;
mod cohort;
mod comparison;
mod correlation;
mod curves;
mod model;
mod nomogram;
pub mod number;
mod provenance;
mod resampling;
mod selection;
mod shap;
mod text;

pub use baseline::Permutation;
pub use cam::{Cam, CamCase, CamPlane, CamVolumes, MaskSlice, Orientation, Slice};
pub use cohort::{CaseNote, CohortFlow, CohortGroup, CohortTable, CohortTableRow, ExclusionCount};
pub use comparison::{Comparison, Fairness, Subgroup, SubgroupTest};
pub use correlation::CorrelationMap;
pub use curves::{BandPoint, Calibration, CalibrationBin, Confusion, CurvePoint, DecisionCurve, Recalibration};
pub use model::{Interval, ModelResult, RocPoint, Setting, ThresholdUsed};
pub use nomogram::{Nomogram, NomogramAxis};
pub use provenance::{Hash, Provenance, Seed, Timing, Version};
pub use resampling::{LearningCurve, LearningPoint, Optimism};
pub use selection::{EliminationRound, LassoPath, RfeCurve, SelectedFeature, Selection};
pub use shap::{GroupShare, Interaction, Shap, WaterfallCase};
pub use text::{Answers, Audit, Guideline, GuidelineItem, Question, Verdict};

use serde::{Deserialize, Serialize};

/// Everything that a finished run tells its reader. An empty section is left out of the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Heading of the page, for example `High grade in soft-tissue sarcoma, T1 MRI`.
    pub title: String,
    /// What was asked.
    pub question: Question,
    /// The notice at the top; empty means `Research use only. Not for diagnosis or treatment.`
    pub notice: String,
    /// Sentences for the first page that only the run can know; the renderer writes the rest from the numbers.
    pub answers: Answers,
    /// Who took part and who was left out.
    pub cohort: CohortFlow,
    /// Table 1, if it was made.
    pub cohort_table: Option<CohortTable>,
    /// One entry per model and setting (`train_cv`, `external`), the models in the order of the legend.
    pub models: Vec<ModelResult>,
    /// Models that show what is not learned from texture: volume only, random weights. Drawn in grey beside `models`.
    pub baselines: Vec<ModelResult>,
    /// The same pipeline on permuted labels.
    pub permutations: Vec<Permutation>,
    /// Refitted in bootstrap samples of the training patients.
    pub optimism: Vec<Optimism>,
    /// Cross-validated with fewer training patients.
    pub learning_curves: Vec<LearningCurve>,
    /// Model against model.
    pub comparisons: Vec<Comparison>,
    /// Model by subgroup.
    pub subgroups: Vec<Subgroup>,
    /// Level against level.
    pub subgroup_tests: Vec<SubgroupTest>,
    /// Gaps between levels at the cut.
    pub fairness: Vec<Fairness>,
    /// Which features were selected, and how often, per model.
    pub selections: Vec<Selection>,
    /// LASSO paths.
    pub lasso_paths: Vec<LassoPath>,
    /// RFE curves.
    pub rfe_curves: Vec<RfeCurve>,
    /// Correlations among (selected) features.
    pub correlation: Option<CorrelationMap>,
    /// Linear models as rulers.
    pub nomograms: Vec<Nomogram>,
    /// SHAP values, per model.
    pub shap: Vec<Shap>,
    /// Class activation maps.
    pub cam: Option<Cam>,
    /// Checks that ran over the data and the protocol.
    pub audits: Vec<Audit>,
    /// Reporting guidelines with what the software can know filled in.
    pub guidelines: Vec<Guideline>,
    /// The resolved configuration, TOML text.
    pub configuration: String,
    /// Versions, hashes, seeds and times.
    pub provenance: Provenance,
}
