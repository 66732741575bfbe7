//! Recursive feature elimination, exact: every round is fitted to its optimum before the weakest columns go.
//!
//! Solvers that stop early order small weights by chance; with thousands of columns the selection then depends on the
//! tolerance. Here a fit is exact to rounding, and each round reports by how much the last column that went was weaker
//! than the first that stayed. A random forest can rank the columns instead; its order has chance in it by nature.

use crate::glm::{ClassWeight, Dual, Intercept, Loss, fit_l2};
use crate::linalg::{Columns, dot};
use crate::models::ForestParams;
use crate::models::trees::Forest;
use dlr_core::{Code, Error, Result, derive_seed};
use serde::{Deserialize, Serialize};

/// Whose squared weights, or importances, rank the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RfeEstimator {
    /// L2 logistic regression, free intercept.
    Logistic,
    /// Linear support vector machine with squared hinge and penalised intercept, as LIBLINEAR (`LinearSVC`) has it.
    #[default]
    LinearSvm,
    /// Random forest: mean decrease of impurity, grown anew in every round.
    Forest,
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
/// | `estimator` | `linear-svm` | `linear-svm`, `logistic`, `forest` | whose squared weights, or importances, rank the columns |
/// | `c` | 1 | above 0 | inverse strength of its penalty; not of a forest |
/// | `n_trees` | 100 | 1 and more | trees of a forest |
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
    /// Trees of a forest.
    pub n_trees: usize,
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
            n_trees: 100,
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
    /// Squared weight (or importance) of the weakest column that stayed over that of the strongest that went. Near 1:
    /// chance, or the order of the table, decided.
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
/// `n_keep` is left as it is. Only a forest uses the seed.
///
/// # Errors
/// [`Code::Parameter`] for parameters out of range; [`Code::Convergence`] where a fit does not arrive.
pub fn eliminate(x: &Columns, labels: &[bool], params: &RfeParams, seed: u64) -> Result<Elimination> {
    run(x, labels, params, seed, None)
}

/// A fit on the columns that are left: it ranks them, and scores other rows.
pub(super) enum Ranking {
    /// One weight per column.
    Weights(Vec<f64>),
    /// Trees, whose columns are positions among those that are left.
    Trees(Forest),
}

impl Ranking {
    /// What ranks each column.
    fn strength(&self) -> Vec<f64> {
        match self {
            Ranking::Weights(weights) => weights.iter().map(|w| w * w).collect(),
            Ranking::Trees(forest) => forest.importance.clone(),
        }
    }

    /// Scores of rows with all columns, up to a constant: the order of rows does not depend on it.
    pub(super) fn scores(&self, x: &Columns, active: &[usize]) -> Vec<f64> {
        match self {
            Ranking::Weights(weights) => {
                let mut dense = vec![0.0; x.n_columns()];
                active.iter().zip(weights).for_each(|(j, w)| dense[*j] = *w);
                x.margins(0.0, &dense)
            }
            Ranking::Trees(forest) => forest.scores(&x.select(active)),
        }
    }
}

/// Sees every fit of an elimination, the one on the columns that stay too: columns and their ranking.
pub(super) type Observe<'a> = &'a mut dyn FnMut(&[usize], &Ranking);

/// Fits round after round, keeping what the fits have in common.
struct Fitter<'a> {
    x: &'a Columns,
    labels: &'a [bool],
    params: &'a RfeParams,
    case_weights: Vec<f64>,
    loss: Loss,
    intercept: Intercept,
    /// The fit in the space of cases, where there are more columns than rows.
    dual: Option<Dual<'a>>,
    n_changes: usize,
    seed: u64,
}

impl<'a> Fitter<'a> {
    fn new(x: &'a Columns, labels: &'a [bool], params: &'a RfeParams, seed: u64) -> Self {
        let case_weights: Vec<f64> = params.class_weight.weights(labels).iter().map(|w| w * params.c).collect();
        let (loss, intercept) = match params.estimator {
            RfeEstimator::Logistic | RfeEstimator::Forest => (Loss::Logistic, Intercept::Free),
            RfeEstimator::LinearSvm => (Loss::SquaredHinge, Intercept::Penalised),
        };
        let wide = params.estimator != RfeEstimator::Forest && x.n_columns() > x.n_rows();
        let dual = wide.then(|| Dual::new(x.gram(), labels, case_weights.clone(), loss, intercept));
        Fitter { x, labels, params, case_weights, loss, intercept, dual, n_changes: 0, seed }
    }

    fn rank(&mut self, active: &[usize]) -> Result<Ranking> {
        if self.params.estimator == RfeEstimator::Forest {
            let RfeParams { n_trees, class_weight, .. } = *self.params;
            let forest = ForestParams { n_trees, class_weight, ..ForestParams::default() };
            let seed = derive_seed(self.seed, active.len() as u64);
            return Forest::grow(&self.x.select(active), self.labels, &forest, false, seed).map(Ranking::Trees);
        }
        let weights = match &mut self.dual {
            Some(dual) => {
                dual.solve()?;
                active.iter().map(|j| dot(self.x.column(*j), dual.coefficients())).collect()
            }
            None => {
                let x = self.x.select(active);
                fit_l2(&x, self.labels, &self.case_weights, self.loss, self.intercept)?.weights
            }
        };
        Ok(Ranking::Weights(weights))
    }

    fn remove(&mut self, removed: &[usize], active: &[usize]) {
        let Some(dual) = &mut self.dual else { return };
        self.n_changes += removed.len();
        // Rounding of the changes stays below that of a fresh sum: renew it after as many changes as columns.
        if self.n_changes >= active.len() {
            dual.set_gram(self.x.select(active).gram());
            self.n_changes = 0;
        } else {
            removed.iter().for_each(|j| dual.remove(self.x.column(*j)));
        }
    }
}

pub(super) fn run(
    x: &Columns,
    labels: &[bool],
    params: &RfeParams,
    seed: u64,
    mut observe: Option<Observe<'_>>,
) -> Result<Elimination> {
    params.check()?;
    let n_at_start = x.n_columns();
    let mut fitter = Fitter::new(x, labels, params, seed);
    let mut active: Vec<usize> = (0..n_at_start).collect();
    let mut rounds = Vec::new();
    while active.len() > params.n_keep {
        let ranking = fitter.rank(&active)?;
        if let Some(observe) = &mut observe {
            observe(&active, &ranking);
        }
        let mut strength: Vec<(f64, usize)> = ranking.strength().into_iter().zip(active.iter().copied()).collect();
        let n_drop = params.n_to_drop(n_at_start, active.len());
        let by_strength = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let (_, first_kept, _) = strength.select_nth_unstable_by(n_drop, by_strength);
        let first_kept = first_kept.0;
        let gone = &mut strength[..n_drop];
        gone.sort_unstable_by(by_strength);
        let last_gone = gone[n_drop - 1].0;
        // Both 0 (columns that no tree asks): only their order in the table decided.
        let margin_ratio = if first_kept == last_gone { 1.0 } else { first_kept / last_gone.max(1e-300) };
        let removed: Vec<usize> = gone.iter().map(|(_, j)| *j).collect();
        let mut lookup = removed.clone();
        lookup.sort_unstable();
        active.retain(|j| lookup.binary_search(j).is_err());
        fitter.remove(&removed, &active);
        rounds.push(EliminationRound { removed, margin_ratio });
    }
    if let Some(observe) = &mut observe {
        observe(&active, &fitter.rank(&active)?);
    }
    let mut ranking = vec![1; n_at_start];
    for (k, round) in rounds.iter().enumerate() {
        round.removed.iter().for_each(|j| ranking[*j] = rounds.len() - k + 1);
    }
    Ok(Elimination { kept: active, rounds, ranking })
}
