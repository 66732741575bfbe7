//! Boruta: columns that a forest finds more important than the best of their shuffled copies, again and again.

use crate::glm::ClassWeight;
use crate::linalg::Columns;
use crate::models::ForestParams;
use crate::models::trees::Forest;
use dlr_core::{Code, Error, Result, Rng, derive_seed};
use serde::{Deserialize, Serialize};

/// Parameters of Boruta (Kursa and Rudnicki 2010).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `max_rounds` | 100 | 1 and more | forests grown at most |
/// | `n_trees` | 500 | 1 and more | trees of each |
/// | `max_depth` | 7 | 1 and more | cuts from the root to a leaf |
/// | `alpha` | 0.01 | in (0, 1) | level of the two-sided binomial tests, after Bonferroni's correction for the number of columns |
/// | `keep_tentative` | false | | whether columns on which no round decided stay |
/// | `min_keep` | 1 | 1 and more | the columns of most hits stay whatever was decided, so that a model can follow |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
///
/// `max_rounds`, `n_trees` and `alpha` as in the package of the authors; importance is the mean decrease of impurity
/// (theirs is by permutation), for which shallow trees are advised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BorutaParams {
    /// Forests grown at most.
    pub max_rounds: usize,
    /// Trees of each.
    pub n_trees: usize,
    /// Cuts from the root to a leaf.
    pub max_depth: usize,
    /// Level of the tests.
    pub alpha: f64,
    /// Whether undecided columns stay.
    pub keep_tentative: bool,
    /// So many columns stay at least.
    pub min_keep: usize,
    /// How much a case counts.
    pub class_weight: ClassWeight,
}

impl Default for BorutaParams {
    fn default() -> Self {
        BorutaParams {
            max_rounds: 100,
            n_trees: 500,
            max_depth: 7,
            alpha: 0.01,
            keep_tentative: false,
            min_keep: 1,
            class_weight: ClassWeight::None,
        }
    }
}

/// What was decided on a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BorutaDecision {
    /// More important than the best shuffled copy too often for chance.
    Confirmed,
    /// Too seldom for chance.
    Rejected,
    /// Neither, within the rounds allowed.
    Tentative,
}

/// What Boruta found.
#[derive(Debug, Clone, PartialEq)]
pub struct BorutaResult {
    /// Columns kept, in table order.
    pub kept: Vec<usize>,
    /// The decision on each column.
    pub decisions: Vec<BorutaDecision>,
    /// In how many rounds each column beat the best shuffled copy.
    pub hits: Vec<usize>,
    /// Rounds run.
    pub n_rounds: usize,
}

/// Fewest shuffled columns in a round, as in the authors' package.
const MIN_SHADOWS: usize = 5;

/// Runs Boruta.
///
/// # Errors
/// [`Code::Parameter`] for a parameter out of range.
pub fn boruta(x: &Columns, labels: &[bool], params: &BorutaParams, seed: u64) -> Result<BorutaResult> {
    if !(params.alpha > 0.0 && params.alpha < 1.0) {
        let text = format!("parameter `alpha` is {}, but must be between 0 and 1", params.alpha);
        return Err(Error::new(Code::Parameter, text));
    }
    if params.max_rounds == 0 {
        return Err(Error::new(Code::Parameter, "parameter `max_rounds` is 0, but must be 1 or more"));
    }
    let p = x.n_columns();
    let forest = ForestParams {
        n_trees: params.n_trees,
        max_depth: Some(params.max_depth),
        class_weight: params.class_weight,
        ..ForestParams::default()
    };
    let mut decisions = vec![BorutaDecision::Tentative; p];
    let mut hits = vec![0; p];
    let mut importance = vec![0.0; p];
    let mut n_rounds = 0;
    while n_rounds < params.max_rounds && decisions.contains(&BorutaDecision::Tentative) {
        let seed = derive_seed(seed, n_rounds as u64);
        let active: Vec<usize> = (0..p).filter(|j| decisions[*j] != BorutaDecision::Rejected).collect();
        let table = with_shadows(x, &active, &mut Rng::new(derive_seed(seed, 0)));
        let found = Forest::grow(&table, labels, &forest, false, derive_seed(seed, 1))?.importance;
        let (real, shadows) = found.split_at(active.len());
        let best_shadow = shadows.iter().copied().fold(0.0, f64::max);
        for (j, v) in active.iter().zip(real) {
            hits[*j] += usize::from(*v > best_shadow);
            importance[*j] += v;
        }
        n_rounds += 1;
        for j in active {
            if decisions[j] == BorutaDecision::Tentative {
                decisions[j] = decide(hits[j], n_rounds, params.alpha / (2.0 * p as f64));
            }
        }
    }
    let stays =
        |d: BorutaDecision| d == BorutaDecision::Confirmed || params.keep_tentative && d == BorutaDecision::Tentative;
    let mut order: Vec<usize> = (0..p).collect();
    order.sort_by(|a, b| {
        let first = stays(decisions[*b]).cmp(&stays(decisions[*a])).then(hits[*b].cmp(&hits[*a]));
        first.then(importance[*b].total_cmp(&importance[*a]))
    });
    let n_stay = decisions.iter().filter(|d| stays(**d)).count();
    let mut kept = order[..n_stay.max(params.min_keep).min(p)].to_vec();
    kept.sort_unstable();
    Ok(BorutaResult { kept, decisions, hits, n_rounds })
}

/// The active columns and, behind them, shuffled copies.
fn with_shadows(x: &Columns, active: &[usize], rng: &mut Rng) -> Columns {
    let n_shadows = active.len().max(MIN_SHADOWS);
    let columns: Vec<usize> = (0..active.len() + n_shadows).map(|k| active[k % active.len()]).collect();
    let mut table = x.select(&columns);
    (active.len()..columns.len()).for_each(|k| rng.shuffle(table.column_mut(k)));
    table
}

fn decide(hits: usize, n: usize, alpha: f64) -> BorutaDecision {
    if at_least(hits, n) < alpha {
        BorutaDecision::Confirmed
    } else if at_least(n - hits, n) < alpha {
        // As many or fewer hits are, by symmetry, as many or more misses.
        BorutaDecision::Rejected
    } else {
        BorutaDecision::Tentative
    }
}

/// `P(X >= k)` of `n` throws of a fair coin.
fn at_least(k: usize, n: usize) -> f64 {
    // From the probability of n heads downwards, each by the ratio to its neighbour.
    let mut term = (-(n as f64) * std::f64::consts::LN_2).exp();
    let mut total = 0.0;
    for i in (k..=n).rev() {
        total += term;
        term *= i as f64 / (n - i + 1) as f64;
    }
    total.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_the_binomial_distribution() {
        assert_eq!(at_least(0, 7), 1.0);
        assert!((at_least(4, 4) - 0.0625).abs() < 1e-15);
        assert!((at_least(8, 10) - 56.0 / 1024.0).abs() < 1e-15);
        // R: pbinom(59, 100, 0.5, lower.tail = FALSE)
        assert!((at_least(60, 100) - 0.028443966820490395).abs() < 1e-14);
    }

    #[test]
    fn confirms_what_carries_the_label_and_rejects_noise() {
        let mut rng = Rng::new(8);
        let mut x = ndarray::Array2::from_shape_simple_fn((120, 30), || rng.normal());
        let labels: Vec<bool> = (0..120).map(|i| x[(i, 3)] + x[(i, 11)] + 0.4 * rng.normal() > 0.0).collect();
        // A copy is as relevant as its original: Boruta keeps all that is relevant.
        for i in 0..120 {
            x[(i, 20)] = x[(i, 3)];
        }
        let x = Columns::from_rows(x.view());
        let params = BorutaParams { n_trees: 100, max_rounds: 60, ..BorutaParams::default() };
        let found = boruta(&x, &labels, &params, 2).unwrap();
        assert_eq!(found.kept, [3, 11, 20]);
        let n_rejected = found.decisions.iter().filter(|d| **d == BorutaDecision::Rejected).count();
        // Some noise columns follow the label by chance and may stay undecided; none may be confirmed.
        assert!(n_rejected >= 20, "{:?}", found.decisions);
        assert_eq!(found.decisions.iter().filter(|d| **d == BorutaDecision::Confirmed).count(), 3);
        assert_eq!(found, boruta(&x, &labels, &params, 2).unwrap());
    }

    #[test]
    fn of_noise_alone_the_least_that_was_asked_for_stays() {
        let mut rng = Rng::new(3);
        let x = ndarray::Array2::from_shape_simple_fn((60, 10), || rng.normal());
        let labels: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
        let params = BorutaParams { n_trees: 60, max_rounds: 40, min_keep: 2, ..BorutaParams::default() };
        let found = boruta(&Columns::from_rows(x.view()), &labels, &params, 1).unwrap();
        assert_eq!(found.kept.len(), 2);
        assert!(!found.decisions.contains(&BorutaDecision::Confirmed));
        let bad = BorutaParams { alpha: 0.0, ..BorutaParams::default() };
        assert_eq!(boruta(&Columns::from_rows(x.view()), &labels, &bad, 1).unwrap_err().code(), Code::Parameter);
    }
}
