//! Stability selection: columns that a lasso path finds again and again on halves of the patients.

use crate::glm::{Family, PathLimits, PathProblem, penalties, solve_path, varies_with_response};
use crate::linalg::Columns;
use dlr_core::{Code, Error, Result, Rng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Parameters of stability selection (Meinshausen and Bühlmann 2010).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_samples` | 100 | 1 and more | halves of the patients to draw, per class |
/// | `n_enter` | 20 | 1 and more | the first columns to enter each path that count as selected |
/// | `min_frequency` | 0.6 | in (0.5, 1] | share of samples in which a column must be selected |
/// | `min_keep` | 1 | 1 and more | the most frequent columns stay whatever their share, so that a model can follow |
///
/// The expected number of false selections is at most `n_enter² / ((2 min_frequency - 1) n_columns)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StabilityParams {
    /// Halves of the patients to draw.
    pub n_samples: usize,
    /// The first columns to enter a path count as selected.
    pub n_enter: usize,
    /// Share of samples in which a column must be selected.
    pub min_frequency: f64,
    /// So many columns stay at least.
    pub min_keep: usize,
}

impl Default for StabilityParams {
    fn default() -> Self {
        StabilityParams { n_samples: 100, n_enter: 20, min_frequency: 0.6, min_keep: 1 }
    }
}

/// What stability selection found.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// Columns kept, in table order.
    pub kept: Vec<usize>,
    /// Share of the samples in which each column was selected.
    pub frequency: Vec<f64>,
    /// Bound on the expected number of false selections.
    pub false_selections: f64,
}

/// Runs stability selection; `patients` names the patient of each row, whose rows stay together. A patient with rows of
/// both classes counts as positive, as in the splitters, and is drawn or not with all of them.
///
/// # Errors
/// [`Code::Parameter`] for parameters out of range; those of the path.
pub fn stability(
    x: &Columns,
    labels: &[bool],
    patients: &[&str],
    params: &StabilityParams,
    seed: u64,
) -> Result<Stability> {
    if !(params.min_frequency > 0.5 && params.min_frequency <= 1.0) {
        let text =
            format!("parameter `min_frequency` is {}, but must be above 0.5 and at most 1", params.min_frequency);
        return Err(Error::new(Code::Parameter, text));
    }
    if params.n_samples == 0 || params.n_enter == 0 {
        return Err(Error::new(Code::Parameter, "parameters `n_samples` and `n_enter` must be 1 or more"));
    }
    let mut rows_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    patients.iter().enumerate().for_each(|(i, patient)| rows_of.entry(patient).or_default().push(i));
    let mut of_class: [Vec<Vec<usize>>; 2] = Default::default();
    for rows in rows_of.into_values() {
        of_class[usize::from(rows.iter().any(|i| labels[*i]))].push(rows);
    }
    let selected: Vec<Vec<usize>> = (0..params.n_samples as u64)
        .into_par_iter()
        .map(|k| {
            let mut rng = Rng::stream(seed, k);
            let mut rows = Vec::new();
            for class in &of_class {
                let mut drawn: Vec<&Vec<usize>> = class.iter().collect();
                rng.shuffle(&mut drawn);
                rows.extend(drawn[..drawn.len().div_ceil(2)].iter().copied().flatten().copied());
            }
            rows.sort_unstable();
            first_to_enter(x, labels, &rows, params.n_enter)
        })
        .collect::<Result<_>>()?;
    let mut frequency = vec![0.0; x.n_columns()];
    selected.iter().flatten().for_each(|j| frequency[*j] += 1.0);
    frequency.iter_mut().for_each(|f| *f /= params.n_samples as f64);
    let mut order: Vec<usize> = (0..frequency.len()).collect();
    order.sort_by(|a, b| frequency[*b].total_cmp(&frequency[*a]));
    let n_stable = order.iter().take_while(|j| frequency[**j] >= params.min_frequency).count();
    let mut kept = order[..n_stable.max(params.min_keep).min(order.len())].to_vec();
    kept.sort_unstable();
    let false_selections =
        (params.n_enter as f64).powi(2) / ((2.0 * params.min_frequency - 1.0) * x.n_columns() as f64);
    Ok(Stability { kept, frequency, false_selections })
}

fn first_to_enter(x: &Columns, labels: &[bool], rows: &[usize], n_enter: usize) -> Result<Vec<usize>> {
    let mut x = x.rows(rows);
    x.standardise();
    let y: Vec<f64> = rows.iter().map(|i| f64::from(u8::from(labels[*i]))).collect();
    let ones = vec![1.0; rows.len()];
    let problem =
        PathProblem { x: &x, y: &y, weights: &ones, family: Family::Binomial, l1_ratio: 1.0, intercept: true };
    let limits = PathLimits { tolerance: 1e-5, max_columns: n_enter, max_explained: 0.99 };
    let mut entered = Vec::new();
    if !varies_with_response(&problem) {
        return Ok(entered);
    }
    for point in solve_path(&problem, &penalties(&problem, 100, 0.01), limits)? {
        for (j, _) in &point.weights {
            if entered.len() < n_enter && !entered.contains(j) {
                entered.push(*j);
            }
        }
    }
    Ok(entered)
}
