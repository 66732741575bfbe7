//! Minimum redundancy, maximum relevance: columns that tell the classes apart and do not repeat each other.

use crate::linalg::{Columns, dot};
use crate::stats::{anova_f, unit};
use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// How relevance and redundancy are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MrmrScheme {
    /// Quotient of F and mean `|r|` (floor 0.001): FCQ.
    #[default]
    Quotient,
    /// Difference of F and mean `|r|`: FCD.
    Difference,
}

/// Parameters of mRMR.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_keep` | 20 | 1 and more | columns to keep |
/// | `scheme` | `quotient` | `quotient`, `difference` | how relevance (F) and redundancy (mean `|Pearson|`) are joined |
///
/// Source: Zhao, Anand, Wang 2019 (FCQ). Of equal scores the earlier column goes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MrmrParams {
    /// Columns to keep.
    pub n_keep: usize,
    /// How relevance and redundancy are joined.
    pub scheme: MrmrScheme,
}

impl Default for MrmrParams {
    fn default() -> Self {
        MrmrParams { n_keep: 20, scheme: MrmrScheme::Quotient }
    }
}

/// Columns in the order in which they were chosen.
///
/// # Errors
/// [`Code::Parameter`] where `n_keep` is 0.
pub fn mrmr(x: &Columns, labels: &[bool], params: &MrmrParams) -> Result<Vec<usize>> {
    if params.n_keep == 0 {
        return Err(Error::new(Code::Parameter, "parameter `n_keep` is 0, but must be 1 or more"));
    }
    let p = x.n_columns();
    // A constant column has no F; it comes last.
    let relevance: Vec<f64> = (0..p).map(|j| anova_f(x.column(j), labels)).collect();
    let units: Vec<Vec<f64>> = (0..p).map(|j| unit(x.column(j))).collect();
    let mut redundancy = vec![0.0; p];
    let mut open = vec![true; p];
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < params.n_keep.min(p) {
        let n = chosen.len() as f64;
        let score = |j: usize| match (chosen.is_empty(), params.scheme) {
            (true, _) => relevance[j],
            (_, MrmrScheme::Quotient) => relevance[j] / (redundancy[j] / n),
            (_, MrmrScheme::Difference) => relevance[j] - redundancy[j] / n,
        };
        let mut best: Option<(f64, usize)> = None;
        for j in (0..p).filter(|j| open[*j]) {
            let s = score(j);
            if best.is_none_or(|(b, _)| s > b) {
                best = Some((s, j));
            }
        }
        let Some((_, j)) = best else { break };
        open[j] = false;
        chosen.push(j);
        for i in (0..p).filter(|i| open[*i]) {
            let r = dot(&units[i], &units[j]).abs();
            redundancy[i] += if params.scheme == MrmrScheme::Quotient { r.max(0.001) } else { r };
        }
    }
    Ok(chosen)
}
