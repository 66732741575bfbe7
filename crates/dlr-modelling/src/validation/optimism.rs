//! Bootstrap optimism (Harrell) and the .632 and .632+ estimates (Efron and Tibshirani 1997) of the area under the
//! curve.

use crate::stats::auc;
use dlr_core::{Code, Cohort, Error, Model, Result, Rng, TrainSet, derive_seed};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the bootstrap says of an apparent area under the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Optimism {
    /// Area on the rows that the model was fitted on.
    pub apparent: f64,
    /// Mean of (area on the sample - area on all rows).
    pub mean_optimism: f64,
    /// Apparent minus optimism.
    pub corrected: f64,
    /// Mean area on the rows outside each sample.
    pub out_of_bag: f64,
    /// `.368 apparent + .632 out_of_bag`.
    pub auc_632: f64,
    /// Relative overfitting, 0 to 1.
    pub overfitting: f64,
    /// The .632+ estimate; an area of 0.5 is no information.
    pub auc_632_plus: f64,
    /// Samples used; those with one class inside or outside are skipped.
    pub n_used: usize,
}

/// The estimates from given samples. `scores_of(rows)` fits on those rows and scores every row.
///
/// # Errors
/// Those of `scores_of`; [`Code::Evaluation`] where no sample can be used.
pub fn optimism_of_samples(
    labels: &[bool],
    samples: &[Vec<usize>],
    scores_of: impl Fn(&[usize]) -> Result<Vec<f64>> + Sync,
) -> Result<Optimism> {
    let all: Vec<usize> = (0..labels.len()).collect();
    let area = |rows: &[usize], scores: &[f64]| {
        let (s, y): (Vec<f64>, Vec<bool>) = rows.iter().map(|i| (scores[*i], labels[*i])).unzip();
        auc(&s, &y)
    };
    let apparent = area(&all, &scores_of(&all)?);
    let one = |sample: &Vec<usize>| -> Result<Option<(f64, f64)>> {
        let n_positive = sample.iter().filter(|i| labels[**i]).count();
        if n_positive == 0 || n_positive == sample.len() {
            return Ok(None);
        }
        let scores = scores_of(sample)?;
        let mut drawn = vec![false; labels.len()];
        sample.iter().for_each(|i| drawn[*i] = true);
        let outside: Vec<usize> = (0..labels.len()).filter(|i| !drawn[*i]).collect();
        let out_of_bag = area(&outside, &scores);
        Ok((!out_of_bag.is_nan()).then(|| (area(sample, &scores) - area(&all, &scores), out_of_bag)))
    };
    let used: Vec<(f64, f64)> =
        samples.par_iter().map(one).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    if used.is_empty() {
        return Err(Error::new(Code::Evaluation, "no bootstrap sample has both classes inside and outside"));
    }
    let n = used.len() as f64;
    let mean_optimism = used.iter().map(|(o, _)| o).sum::<f64>() / n;
    let out_of_bag = used.iter().map(|(_, b)| b).sum::<f64>() / n;
    let floor = out_of_bag.max(0.5);
    let overfitting = if apparent > floor { ((apparent - floor) / (apparent - 0.5)).min(1.0) } else { 0.0 };
    let weight = 0.632 / (1.0 - 0.368 * overfitting);
    Ok(Optimism {
        apparent,
        mean_optimism,
        corrected: apparent - mean_optimism,
        out_of_bag,
        auc_632: 0.368 * apparent + 0.632 * out_of_bag,
        overfitting,
        auc_632_plus: (1.0 - weight) * apparent + weight * floor,
        n_used: used.len(),
    })
}

/// Bootstrap samples of patients, as rows of the cohort: patients are drawn with replacement, each with all rows, so that
/// no patient is both inside and outside a sample.
///
/// # Errors
/// [`Code::Parameter`] for no sample.
pub fn patient_samples(cohort: &Cohort, n_samples: usize, seed: u64) -> Result<Vec<Vec<usize>>> {
    if n_samples == 0 {
        return Err(Error::new(Code::Parameter, "parameter `n_samples` is 0, but must be 1 or more"));
    }
    let mut rows_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, row) in cohort.rows().iter().enumerate() {
        rows_of.entry(&row.patient).or_default().push(i);
    }
    let patients: Vec<&Vec<usize>> = rows_of.values().collect();
    let draw = |k: u64| {
        let mut rng = Rng::stream(seed, k);
        (0..patients.len()).flat_map(|_| patients[rng.below(patients.len())].clone()).collect()
    };
    Ok((0..n_samples as u64).map(draw).collect())
}

/// The estimates for a model, selection and all: every sample draws patients with replacement and fits anew.
///
/// # Errors
/// Those of the model; [`Code::Parameter`] for no sample.
pub fn bootstrap_optimism(model: &dyn Model, train: &TrainSet, n_samples: usize, seed: u64) -> Result<Optimism> {
    let samples = patient_samples(train.cohort(), n_samples, seed)?;
    optimism_of_samples(train.labels(), &samples, |rows| {
        let fitted = model.fit(&train.rows(rows)?, derive_seed(seed, u64::MAX))?;
        Ok(fitted.predict(train.table())?.scores().to_vec())
    })
}
