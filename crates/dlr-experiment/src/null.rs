//! The same pipeline on permuted labels: what it finds where there is nothing to find.

use crate::{
    crossval::{Detail, cross_validate},
    metrics::{auc_within_folds, mean_sd, number},
    pipelines::{Planned, Refit},
    progress::Progress,
};
use dlr_core::{Dataset, Result, Splitter, derive_seed};
use dlr_evaluation::auc;
use dlr_modelling::validation::permutation_p;
use rayon::prelude::*;
use serde::Serialize;

/// Cross-validated areas on permuted labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NullRun {
    /// Number of permutations.
    pub n: usize,
    /// Mean of `auc_within_folds`: near 0.5 for a pipeline that does not leak.
    #[serde(serialize_with = "number")]
    pub mean: f64,
    /// Its standard deviation.
    #[serde(serialize_with = "number")]
    pub sd: f64,
    /// Mean of the area over pooled out-of-fold scores, which lies below 0.5 by construction.
    #[serde(serialize_with = "number")]
    pub mean_pooled: f64,
    /// `(1 + number at least as good as the true labels) / (1 + n)`. Each permutation is one repeat, the true figure the
    /// mean of all: the permuted ones spread more, so this p is rather too large than too small. Undefined where the true
    /// figure is.
    #[serde(serialize_with = "number")]
    pub p: f64,
    /// `auc_within_folds` of each permutation.
    pub auc: Vec<f64>,
}

/// Permutes the labels `n` times and cross-validates each once (one repeat). What learns before the table is fitted
/// again in each fold of each, which costs a pass over the images where its features are not in the cache.
///
/// # Errors
/// Those of cross-validation.
#[allow(clippy::too_many_arguments)] // one place calls it, and each is named there
pub(crate) fn permuted(
    planned: &Planned,
    refit: Refit<'_>,
    splitter: &dyn Splitter,
    rule: &str,
    observed: f64,
    n: usize,
    seed: u64,
    progress: &dyn Progress,
) -> Result<NullRun> {
    let areas = (0..n)
        .into_par_iter()
        .map(|index| {
            let seed = derive_seed(seed, index as u64);
            let cohort = planned.data.cohort().with_permuted_labels(seed);
            let data = Dataset::new(planned.data.table(), &cohort)?;
            let plan: Vec<_> = splitter.folds(&cohort, seed)?.into_iter().take(1).collect();
            let folds = refit.folds(&planned.section, &data);
            let cv = cross_validate(folds.as_ref(), planned.model.as_ref(), &plan, rule, Detail::Scores, seed)?;
            let pooled = &cv.repeats[0];
            let pooled = auc(pooled.predictions().scores(), pooled.truth().labels())?;
            progress.step(&planned.section.name);
            Ok((auc_within_folds(&cv, 0)?, pooled))
        })
        .collect::<Result<Vec<_>>>()?;
    let (within, pooled): (Vec<f64>, Vec<f64>) = areas.into_iter().unzip();
    let (mean, sd) = mean_sd(&within);
    let p = permutation_p(observed, &within);
    Ok(NullRun { n, mean, sd, mean_pooled: mean_sd(&pooled).0, p, auc: within })
}
