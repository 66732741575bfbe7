//! Recursive elimination whose number of columns is chosen by inner cross-validation.

use super::rfe::{Elimination, Ranking, RfeParams, eliminate, run};
use crate::linalg::Columns;
use crate::stats::auc;
use dlr_core::{Result, derive_seed};
use rayon::prelude::*;

/// What cross-validated elimination found.
#[derive(Debug, Clone, PartialEq)]
pub struct RfeCvResult {
    /// Numbers of columns that were tried, largest first.
    pub sizes: Vec<usize>,
    /// Area under the curve on the held-out rows, `[n_sizes][n_folds]`; NaN where a fold holds out one class.
    pub folds: Vec<Vec<f64>>,
    /// Mean over the folds, NaN left out.
    pub mean: Vec<f64>,
    /// The size of the best mean; of equal ones the smallest.
    pub n_best: usize,
    /// Elimination on all rows down to that size.
    pub elimination: Elimination,
}

/// Eliminates in every fold down to `params.n_keep`, scores each size on the rows outside, and eliminates on all rows
/// down to the best size. `fold_of` names the fold of each row. Only a forest uses the seed.
///
/// # Errors
/// Those of [`eliminate`].
pub fn rfe_cv(x: &Columns, labels: &[bool], fold_of: &[usize], params: &RfeParams, seed: u64) -> Result<RfeCvResult> {
    let n_folds = fold_of.iter().max().map_or(0, |k| k + 1);
    let scores: Vec<Vec<(usize, f64)>> = (0..n_folds)
        .into_par_iter()
        .map(|k| {
            let (test, train): (Vec<usize>, Vec<usize>) = (0..fold_of.len()).partition(|i| fold_of[*i] == k);
            let pick = |rows: &[usize]| rows.iter().map(|i| labels[*i]).collect::<Vec<bool>>();
            let (x_test, y_test) = (x.rows(&test), pick(&test));
            let mut scores = Vec::new();
            let mut observe = |active: &[usize], ranking: &Ranking| {
                scores.push((active.len(), auc(&ranking.scores(&x_test, active), &y_test)));
            };
            run(&x.rows(&train), &pick(&train), params, derive_seed(seed, 1 + k as u64), Some(&mut observe))?;
            Ok(scores)
        })
        .collect::<Result<_>>()?;
    let sizes: Vec<usize> = scores.first().map(|s| s.iter().map(|(n, _)| *n).collect()).unwrap_or_default();
    let folds: Vec<Vec<f64>> = (0..sizes.len()).map(|k| scores.iter().map(|fold| fold[k].1).collect()).collect();
    let mean: Vec<f64> = folds
        .iter()
        .map(|row| {
            let valid: Vec<f64> = row.iter().copied().filter(|v| !v.is_nan()).collect();
            valid.iter().sum::<f64>() / valid.len() as f64
        })
        .collect();
    let mut best = 0;
    for k in 0..mean.len() {
        if mean[k] >= mean[best] || mean[best].is_nan() {
            best = k;
        }
    }
    let n_best = sizes[best];
    let elimination = eliminate(x, labels, &RfeParams { n_keep: n_best, ..params.clone() }, derive_seed(seed, 0))?;
    Ok(RfeCvResult { sizes, folds, mean, n_best, elimination })
}
