//! [`Outcome`]: everything that a run has found, before it is written down.

use crate::{
    config::ExperimentFile,
    crossval::{CaseExplanations, CrossValidation},
    judge::Judged,
    metrics::CvMetrics,
    null::NullRun,
    pipelines::Planned,
    prepared::Prepared,
    resampling::Resampled,
    trace::Trace,
};
use dlr_core::{Cohort, FittedModel, Frozen, FrozenPredictions, Opening, Truth};
use dlr_evaluation::Scores;
use std::time::Duration;

/// One model after the run.
pub struct ModelOutcome {
    /// What it was asked to be.
    pub planned: Planned,
    /// Every fold.
    pub cv: CrossValidation,
    /// Its figures.
    pub metrics: CvMetrics,
    /// The same pipeline on permuted labels, where that was asked for.
    pub null: Option<NullRun>,
    /// What other samples of patients would make of it; not asked of baselines.
    pub resampled: Option<Resampled>,
    /// Why the held-out cases were predicted so, averaged over the models that had not seen them.
    pub explanation: Option<CaseExplanations>,
    /// How its selectors came to their columns.
    pub trace: Trace,
    /// The model fitted on all training cases.
    pub fitted: Box<dyn FittedModel>,
    /// The same as data, with its threshold from out-of-fold training scores, and what it says of the external cases.
    pub frozen: FrozenPredictions,
    /// Content hash of the frozen model and its threshold.
    pub hash: String,
    /// How good they were, after the labels were opened.
    pub external_scores: Option<Scores>,
}

/// A finished run.
pub struct Outcome {
    /// The experiment.
    pub file: ExperimentFile,
    /// Who took part.
    pub cohort: Cohort,
    /// Cases and patients that the source listed.
    pub n_enrolled: (usize, usize),
    /// Features.
    pub prepared: Prepared,
    /// States of the image steps that learned from all training cases, in the order of the file.
    pub learned_images: Vec<Frozen>,
    /// The models, in the order of the file.
    pub models: Vec<ModelOutcome>,
    /// The baselines, in the order of the file.
    pub baselines: Vec<ModelOutcome>,
    /// External truth and the record of its opening.
    pub external: Option<(Truth, Opening)>,
    /// Intervals, calibration, comparisons, subgroups and audits.
    pub judged: Judged,
    /// Wall time by stage.
    pub timings: Vec<(String, Duration)>,
}

impl Outcome {
    /// A model by name, baselines included.
    pub fn model(&self, name: &str) -> Option<&ModelOutcome> {
        self.models.iter().chain(&self.baselines).find(|m| m.planned.section.name == name)
    }
}
