//! Recursive feature elimination, exact: every round is fitted to its optimum before the weakest columns go.
//!
//! Solvers that stop early order small weights by chance; with thousands of columns the selection then depends on the
//! tolerance. Here a fit is exact to rounding, and each round reports by how much the last column that went was weaker
//! than the first that stayed.

use crate::glm::{ClassWeight, Dual, Intercept, Loss, fit_l2};
use crate::linalg::{Columns, dot};
use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// Whose squared weights rank the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RfeEstimator {
    /// L2 logistic regression, free intercept.
    Logistic,
    /// Linear support vector machine with squared hinge and penalised intercept, as LIBLINEAR (`LinearSVC`) has it.
    #[default]
    LinearSvm,
}

/// How many columns go in a round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RfeStep {
    /// That many; 1 or more.
    Count(usize),
    /// That share of the columns at the start, rounded down, at least 1; above 0 and below 1.
    Share(f64),
}

/// Parameters of recursive feature elimination.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_keep` | 50 | 1 and more | columns to keep |
/// | `step` | 0.1 | count from 1, or share in (0, 1) of the columns at the start | columns to drop in a round |
/// | `fine_below` | 100 | 0 and more | with no more columns than this, drop one at a time |
/// | `estimator` | `linear-svm` | `linear-svm`, `logistic` | whose squared weights rank the columns |
/// | `c` | 1 | above 0 | inverse strength of its penalty |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
///
/// Source of the defaults: PROTOCOL, row 17. Of equal weights the earlier column goes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RfeParams {
    /// Columns to keep.
    pub n_keep: usize,
    /// Columns to drop in a round.
    pub step: RfeStep,
    /// With no more columns than this, one goes at a time.
    pub fine_below: usize,
    /// Whose squared weights rank the columns.
    pub estimator: RfeEstimator,
    /// Inverse strength of the estimator's penalty.
    pub c: f64,
    /// How much a case counts.
    pub class_weight: ClassWeight,
}

impl Default for RfeParams {
    fn default() -> Self {
        RfeParams {
            n_keep: 50,
            step: RfeStep::Share(0.1),
            fine_below: 100,
            estimator: RfeEstimator::LinearSvm,
            c: 1.0,
            class_weight: ClassWeight::None,
        }
    }
}

impl RfeParams {
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |text: String| Err(Error::new(Code::Parameter, text));
        if self.n_keep == 0 {
            return wrong("parameter `n_keep` is 0, but must be 1 or more".into());
        }
        match self.step {
            RfeStep::Count(0) => return wrong("parameter `step` is 0, but must be 1 or more".into()),
            RfeStep::Share(s) if !(s > 0.0 && s < 1.0) => {
                return wrong(format!("parameter `step` is {s}, but must be a count or a share between 0 and 1"));
            }
            _ => {}
        }
        if !(self.c > 0.0 && self.c.is_finite()) {
            return wrong(format!("parameter `c` is {}, but must be above 0", self.c));
        }
        Ok(())
    }

    fn n_to_drop(&self, n_at_start: usize, n_now: usize) -> usize {
        let wanted = match self.step {
            _ if n_now <= self.fine_below => 1,
            RfeStep::Count(count) => count,
            RfeStep::Share(share) => ((share * n_at_start as f64) as usize).max(1),
        };
        wanted.min(n_now - self.n_keep)
    }
}

/// One round of elimination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EliminationRound {
    /// What went, weakest first.
    pub removed: Vec<usize>,
    /// Squared weight of the weakest column that stayed over that of the strongest that went. Near 1: chance decided.
    pub margin_ratio: f64,
}

/// What recursive elimination did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Elimination {
    /// Columns kept, in table order.
    pub kept: Vec<usize>,
    /// The rounds, in order.
    pub rounds: Vec<EliminationRound>,
    /// 1 for a column that was kept, 2 for those that went in the last round, and so on, as scikit-learn counts.
    pub ranking: Vec<usize>,
}

/// Eliminates columns until `n_keep` are left. Columns should be on one scale. A table with no more columns than
/// `n_keep` is left as it is.
///
/// # Errors
/// [`Code::Parameter`] for parameters out of range; [`Code::Convergence`] where a fit does not arrive.
pub fn eliminate(x: &Columns, labels: &[bool], params: &RfeParams) -> Result<Elimination> {
    run(x, labels, params, None)
}

/// Sees every fit of an elimination, the one on the columns that stay too: columns and their weights.
pub(super) type Observe<'a> = &'a mut dyn FnMut(&[usize], &[f64]);

pub(super) fn run(
    x: &Columns,
    labels: &[bool],
    params: &RfeParams,
    mut observe: Option<Observe<'_>>,
) -> Result<Elimination> {
    params.check()?;
    let n_at_start = x.n_columns();
    let case_weights: Vec<f64> = params.class_weight.weights(labels).iter().map(|w| w * params.c).collect();
    let (loss, intercept) = match params.estimator {
        RfeEstimator::Logistic => (Loss::Logistic, Intercept::Free),
        RfeEstimator::LinearSvm => (Loss::SquaredHinge, Intercept::Penalised),
    };
    let mut active: Vec<usize> = (0..n_at_start).collect();
    let mut rounds = Vec::new();
    let mut dual =
        (n_at_start > x.n_rows()).then(|| Dual::new(x.gram(), labels, case_weights.clone(), loss, intercept));
    let mut n_changes = 0;
    let observed = observe.is_some();
    let mut weights_of = |active: &[usize], dual: &mut Option<Dual<'_>>| -> Result<Vec<f64>> {
        let weights = match dual {
            Some(dual) => {
                dual.solve()?;
                active.iter().map(|j| dot(x.column(*j), dual.coefficients())).collect()
            }
            None => fit_l2(&x.select(active), labels, &case_weights, loss, intercept)?.weights,
        };
        if let Some(observe) = &mut observe {
            observe(active, &weights);
        }
        Ok(weights)
    };
    while active.len() > params.n_keep {
        let weights = weights_of(&active, &mut dual)?;
        let mut strength: Vec<(f64, usize)> = weights.iter().zip(&active).map(|(w, j)| (w * w, *j)).collect();
        let n_drop = params.n_to_drop(n_at_start, active.len());
        let by_strength = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let (_, first_kept, _) = strength.select_nth_unstable_by(n_drop, by_strength);
        let first_kept = first_kept.0;
        let gone = &mut strength[..n_drop];
        gone.sort_unstable_by(by_strength);
        let margin_ratio = first_kept / gone[n_drop - 1].0.max(1e-300);
        let removed: Vec<usize> = gone.iter().map(|(_, j)| *j).collect();
        let mut lookup = removed.clone();
        lookup.sort_unstable();
        active.retain(|j| lookup.binary_search(j).is_err());
        if let Some(dual) = &mut dual {
            n_changes += n_drop;
            // Rounding of the changes stays below that of a fresh sum: renew it after as many changes as columns.
            if n_changes >= active.len() {
                dual.set_gram(x.select(&active).gram());
                n_changes = 0;
            } else {
                removed.iter().for_each(|j| dual.remove(x.column(*j)));
            }
        }
        rounds.push(EliminationRound { removed, margin_ratio });
    }
    if observed {
        weights_of(&active, &mut dual)?;
    }
    let mut ranking = vec![1; n_at_start];
    for (k, round) in rounds.iter().enumerate() {
        round.removed.iter().for_each(|j| ranking[*j] = rounds.len() - k + 1);
    }
    Ok(Elimination { kept: active, rounds, ranking })
}
