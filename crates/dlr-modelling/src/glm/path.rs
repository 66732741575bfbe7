//! Lasso and elastic net along a path of penalties, for Gaussian and binomial responses, each with a certificate.
//!
//! Minimises `Σ w_i loss_i + λ (α |b|₁ + (1 - α)/2 |b|²)` with `Σ w_i = 1` and a free intercept, as glmnet writes it
//! (half the squared error, or the negative log likelihood). Each penalty starts from the solution of the one before.
//! A working set of columns is solved exactly by [`super::quadratic`]; the strong rule (Tibshirani et al. 2012) says
//! which of the others to look at; the full gradient then certifies the result by its duality gap.

use super::not_converged;
use super::quadratic::{Quadratic, solve};
use crate::linalg::{Columns, axpy, dot, sum};
use dlr_core::Result;
use serde::{Deserialize, Serialize};

/// Relative gap at which the two objectives differ by rounding alone.
const ROUNDING: f64 = 1e-11;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// A number; half the squared error.
    Gaussian,
    /// 0 or 1; the negative log likelihood of the logistic model.
    #[default]
    Binomial,
}

/// A path to be solved.
#[derive(Debug, Clone, Copy)]
pub struct PathProblem<'a> {
    /// The columns, scaled as the penalty should see them.
    pub x: &'a Columns,
    /// The response, one per row; 0 or 1 for [`Family::Binomial`].
    pub y: &'a [f64],
    /// Case weights, above 0, of any sum.
    pub weights: &'a [f64],
    /// The response's family.
    pub family: Family,
    /// α: 1 is the lasso; must be above 0.
    pub l1_ratio: f64,
    /// Whether there is an intercept that the penalty does not see; without, the margin of a row of zeros is 0.
    pub intercept: bool,
}

/// The solution for one penalty.
#[derive(Debug, Clone, PartialEq)]
pub struct PathPoint {
    /// The penalty.
    pub lambda: f64,
    /// Free intercept.
    pub intercept: f64,
    /// Column and weight of those that are not 0, by column.
    pub weights: Vec<(usize, f64)>,
    /// Duality gap as a share of the loss of the empty model: the objective is no further than this from its optimum.
    pub relative_gap: f64,
    /// Share of the empty model's loss that is explained.
    pub explained: f64,
}

impl PathPoint {
    /// One weight per column.
    pub fn dense(&self, n_columns: usize) -> Vec<f64> {
        let mut dense = vec![0.0; n_columns];
        for (j, weight) in &self.weights {
            dense[*j] = *weight;
        }
        dense
    }

    /// Margins of other rows.
    pub fn margins(&self, x: &Columns) -> Vec<f64> {
        let mut margins = vec![self.intercept; x.n_rows()];
        for (j, weight) in &self.weights {
            axpy(*weight, x.column(*j), &mut margins);
        }
        margins
    }
}

/// When a path may end before its last penalty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathLimits {
    /// Relative duality gap to reach at each penalty.
    pub tolerance: f64,
    /// The path ends with the first point that has more columns than this.
    pub max_columns: usize,
    /// The path ends with the first point that explains more than this share.
    pub max_explained: f64,
}

impl Default for PathLimits {
    fn default() -> Self {
        PathLimits { tolerance: 1e-7, max_columns: usize::MAX, max_explained: f64::INFINITY }
    }
}

/// `n` penalties from the smallest that leaves no column down to `ratio` times that, evenly on the log scale.
pub fn penalties(problem: &PathProblem<'_>, n: usize, ratio: f64) -> Vec<f64> {
    let state = State::new(problem);
    let largest = (0..problem.x.n_columns()).map(|j| dot(problem.x.column(j), &state.u).abs()).fold(0.0, f64::max)
        / problem.l1_ratio;
    let steps = (n.max(2) - 1) as f64;
    (0..n).map(|k| (largest.ln() + ratio.ln() * k as f64 / steps).exp()).map(|l| l.max(f64::MIN_POSITIVE)).collect()
}

/// Whether any column goes with the response by more than rounding: the cosine between column and residual of the empty
/// model is above 1e-12. A path of penalties that are nothing but rounding has no solution worth a name.
pub fn varies_with_response(problem: &PathProblem<'_>) -> bool {
    let u = State::new(problem).u;
    let norm = |v: &[f64]| dot(v, v).sqrt();
    let columns = (0..problem.x.n_columns()).map(|j| problem.x.column(j));
    columns.into_iter().any(|column| dot(column, &u).abs() > 1e-12 * norm(column) * norm(&u))
}

/// Solves for each penalty, in the order given; descending ones are fastest.
///
/// # Errors
/// [`dlr_core::Code::Convergence`] where the gap cannot be closed to the tolerance.
pub fn solve_path(problem: &PathProblem<'_>, lambdas: &[f64], limits: PathLimits) -> Result<Vec<PathPoint>> {
    let mut state = State::new(problem);
    let mut points = Vec::with_capacity(lambdas.len());
    for lambda in lambdas {
        let point = state.solve(*lambda, limits.tolerance)?;
        let full = point.weights.len() > limits.max_columns || point.explained > limits.max_explained;
        points.push(point);
        if full {
            break;
        }
    }
    Ok(points)
}

struct State<'a> {
    problem: PathProblem<'a>,
    weights: Vec<f64>,
    y_mean: f64,
    null_loss: f64,
    intercept: f64,
    beta: Vec<f64>,
    margins: Vec<f64>,
    /// `w_i (y_i - μ_i)`.
    u: Vec<f64>,
    /// `x_jᵀ u` as last computed.
    gradient: Vec<f64>,
    last_lambda: f64,
    loss: f64,
    /// Second derivatives of the loss at the margins.
    second: Vec<f64>,
    /// The quadratic model: weights of the rows, weighted means of its columns, and their matrix.
    curvature: Vec<f64>,
    curvature_total: f64,
    means: Vec<f64>,
    quadratic: Quadratic,
}

impl<'a> State<'a> {
    fn new(problem: &PathProblem<'a>) -> Self {
        let total = sum(problem.weights);
        let weights: Vec<f64> = problem.weights.iter().map(|w| w / total).collect();
        let (n, p) = (problem.x.n_rows(), problem.x.n_columns());
        let y_mean = dot(&weights, problem.y);
        let y_mean = if problem.intercept { y_mean } else { 0.0 };
        let intercept = match problem.family {
            _ if !problem.intercept => 0.0,
            Family::Gaussian => y_mean,
            Family::Binomial => (y_mean / (1.0 - y_mean)).ln(),
        };
        let mut state = State {
            problem: *problem,
            weights,
            y_mean,
            null_loss: 0.0,
            intercept,
            beta: vec![0.0; p],
            margins: vec![intercept; n],
            u: vec![0.0; n],
            gradient: vec![0.0; p],
            last_lambda: f64::INFINITY,
            loss: 0.0,
            second: vec![0.0; n],
            curvature: Vec::new(),
            curvature_total: 0.0,
            means: Vec::new(),
            quadratic: Quadratic::default(),
        };
        state.refresh();
        state.null_loss = state.loss;
        state
    }

    /// Loss and its derivatives at the margins.
    fn refresh(&mut self) {
        self.loss = 0.0;
        for (i, f) in self.margins.iter().enumerate() {
            let (w, y) = (self.weights[i], self.problem.y[i]);
            match self.problem.family {
                Family::Gaussian => {
                    self.u[i] = w * (y - f);
                    self.second[i] = w;
                    self.loss += 0.5 * w * (y - f) * (y - f);
                }
                Family::Binomial => {
                    let e = (-f.abs()).exp();
                    let share = 1.0 / (1.0 + e);
                    let mean = if *f >= 0.0 { share } else { e * share };
                    self.u[i] = w * (y - mean);
                    self.second[i] = w * e * share * share;
                    // ln(1 + exp f) - y f, by the side on which nothing overflows.
                    self.loss += w * (f.max(0.0) + (1.0 + e).ln() - y * f);
                }
            }
        }
    }

    fn penalty(&self, lambda: f64) -> f64 {
        let alpha = self.problem.l1_ratio;
        let weights = self.quadratic.columns.iter().map(|j| self.beta[*j]);
        weights.map(|b| lambda * (alpha * b.abs() + 0.5 * (1.0 - alpha) * b * b)).sum()
    }

    fn solve(&mut self, lambda: f64, tolerance: f64) -> Result<PathPoint> {
        let p = self.problem.x.n_columns();
        let threshold = self.problem.l1_ratio * lambda;
        if self.last_lambda.is_infinite() {
            (0..p).for_each(|j| self.gradient[j] = dot(self.problem.x.column(j), &self.u));
        }
        // The strong rule: these may enter; the rest is looked at once, at the end.
        let strong_from = self.problem.l1_ratio * (2.0 * lambda - self.last_lambda.min(1e300));
        let mut candidates: Vec<usize> =
            (0..p).filter(|j| self.beta[*j] != 0.0 || self.gradient[*j].abs() >= strong_from).collect();
        let mut working: Vec<usize> =
            (0..p).filter(|j| self.beta[*j] != 0.0 || self.gradient[*j].abs() > threshold).collect();
        // A model solved well closes the gap in one round, and a round costs more than a few sweeps.
        let share = if self.problem.family == Family::Gaussian { 1e-3 } else { 0.1 };
        let mut inner = share * tolerance.min(1e-4);
        let mut last_gap = f64::INFINITY;
        for _ in 0..1000 {
            self.solve_working(lambda, &working, inner)?;
            let slack = threshold * (1.0 + 1e-10);
            for j in &candidates {
                self.gradient[*j] = dot(self.problem.x.column(*j), &self.u);
            }
            if self.extend(&mut working, &candidates, slack) {
                continue;
            }
            (0..p).for_each(|j| self.gradient[j] = dot(self.problem.x.column(j), &self.u));
            let all: Vec<usize> = (0..p).collect();
            if self.extend(&mut working, &all, slack) {
                candidates.extend(&working);
                candidates.sort_unstable();
                candidates.dedup();
                continue;
            }
            let gap = self.gap(lambda) / self.null_loss.max(f64::MIN_POSITIVE);
            // A difference of two objectives is no better than their rounding, whatever was asked for.
            let at_rounding = inner < 1e-20 && gap <= ROUNDING;
            if gap <= tolerance || at_rounding {
                self.last_lambda = lambda;
                return Ok(self.point(lambda, gap));
            }
            last_gap = gap;
            inner *= 0.01;
            if inner < 1e-24 {
                break;
            }
        }
        Err(not_converged("a penalised path").found(format!("relative gap {last_gap:e} at penalty {lambda:e}")))
    }

    fn extend(&self, working: &mut Vec<usize>, among: &[usize], slack: f64) -> bool {
        let before = working.len();
        let new: Vec<usize> = among
            .iter()
            .copied()
            .filter(|j| self.gradient[*j].abs() > slack && working.binary_search(j).is_err())
            .collect();
        working.extend(new);
        working.sort_unstable();
        working.len() > before
    }

    fn point(&self, lambda: f64, relative_gap: f64) -> PathPoint {
        let weights = self.beta.iter().enumerate().filter(|(_, b)| **b != 0.0).map(|(j, b)| (j, *b)).collect();
        let explained = if self.null_loss > 0.0 { 1.0 - self.loss / self.null_loss } else { 0.0 };
        PathPoint { lambda, intercept: self.intercept, weights, relative_gap, explained }
    }

    /// Proximal Newton steps on the working columns. The quadratic model is kept from step to step and from penalty to
    /// penalty, and renewed where it has become a poor one; for a Gaussian response it is the problem itself.
    fn solve_working(&mut self, lambda: f64, working: &[usize], inner: f64) -> Result<()> {
        let (l1, l2) = (lambda * self.problem.l1_ratio, lambda * (1.0 - self.problem.l1_ratio));
        let gaussian = self.problem.family == Family::Gaussian;
        let mut previous = f64::INFINITY;
        let mut fresh = self.curvature.is_empty();
        if fresh {
            self.renew();
        }
        self.add_columns(working);
        // Every column whose weight is not 0 is in the model, so its penalty is the penalty.
        let mut objective = self.loss + self.penalty(lambda);
        for _ in 0..200 {
            // While steps are large the model need not be solved to the end; the Gaussian one is the problem itself.
            let needed = 0.01 * inner * self.null_loss;
            let enough = if gaussian { needed } else { needed.max(1e-3 * previous.min(1e-2 * self.null_loss)) };
            let step = self.model_step(l1, l2, enough)?;
            let size: f64 = step.change.iter().zip(&self.curvature).map(|(d, v)| v * d * d).sum();
            let accepted = self.walk(&step, lambda, &mut objective, fresh)?;
            if accepted && (gaussian || size <= inner * self.null_loss) {
                break;
            }
            fresh = !accepted || size > 0.05 * previous;
            previous = size;
            if fresh {
                let columns = self.renew();
                self.add_columns(&columns);
                self.add_columns(working);
            }
        }
        if self.problem.intercept && !gaussian {
            self.settle_intercept();
        }
        Ok(())
    }

    /// Another model, at the margins as they are, of no column yet. Gives the columns that must be in it.
    fn renew(&mut self) -> Vec<usize> {
        self.curvature.clear();
        let floored = self.second.iter().zip(&self.weights).map(|(v, w)| v.max(1e-14 * w));
        self.curvature.extend(floored);
        self.curvature_total = sum(&self.curvature);
        self.means.clear();
        let mut columns = std::mem::take(&mut self.quadratic.columns);
        columns.retain(|j| self.beta[*j] != 0.0);
        columns
    }

    fn add_columns(&mut self, working: &[usize]) {
        let x = self.problem.x;
        let known = self.quadratic.columns.len();
        for j in working {
            if known == 0 || !self.quadratic.columns[..known].contains(j) {
                self.quadratic.columns.push(*j);
                self.means.push(if self.problem.intercept { dot(x.column(*j), &self.curvature) } else { 0.0 });
            }
        }
        self.quadratic.grow();
        let mut weighted = vec![0.0; x.n_rows()];
        for k in known..self.quadratic.columns.len() {
            let column = x.column(self.quadratic.columns[k]);
            weighted.iter_mut().zip(column).zip(&self.curvature).for_each(|((t, v), w)| *t = v * w);
            for l in 0..=k {
                let product = dot(&weighted, x.column(self.quadratic.columns[l]));
                self.quadratic.set(k, l, product - self.means[k] * self.means[l] / self.curvature_total);
            }
        }
    }

    /// Where the model has its minimum, as seen from here.
    fn model_step(&self, l1: f64, l2: f64, tolerance: f64) -> Result<ModelStep> {
        let x = self.problem.x;
        let columns = &self.quadratic.columns;
        let u_total = if self.problem.intercept { sum(&self.u) } else { 0.0 };
        let old: Vec<f64> = columns.iter().map(|j| self.beta[*j]).collect();
        let mut new = old.clone();
        let mut q: Vec<f64> = columns
            .iter()
            .zip(&self.means)
            .map(|(j, m)| dot(x.column(*j), &self.u) - m * u_total / self.curvature_total)
            .collect();
        solve(&self.quadratic, &mut q, &mut new, l1, l2, tolerance)?;
        let moved: Vec<f64> = new.iter().zip(&old).map(|(n, o)| n - o).collect();
        let intercept =
            if self.problem.intercept { (u_total - dot(&self.means, &moved)) / self.curvature_total } else { 0.0 };
        let mut change = vec![intercept; x.n_rows()];
        for (j, d) in columns.iter().zip(&moved).filter(|(_, d)| **d != 0.0) {
            axpy(*d, x.column(*j), &mut change);
        }
        Ok(ModelStep { old, new, intercept, change })
    }

    /// Takes the step, shortened until the objective falls. `false` where an old model's step did not: nothing has
    /// changed then, and a new model is due.
    fn walk(&mut self, step: &ModelStep, lambda: f64, objective: &mut f64, fresh: bool) -> Result<bool> {
        let start = (self.margins.clone(), self.intercept);
        let mut length = 1.0;
        loop {
            self.intercept = start.1 + length * step.intercept;
            self.margins.iter_mut().zip(&start.0).zip(&step.change).for_each(|((m, s), d)| *m = s + length * d);
            for (k, j) in self.quadratic.columns.iter().enumerate() {
                let (old, new) = (step.old[k], step.new[k]);
                self.beta[*j] = if length == 1.0 { new } else { old + length * (new - old) };
            }
            self.refresh();
            let reached = self.loss + self.penalty(lambda);
            if reached <= *objective + 1e-12 * objective.abs() {
                *objective = reached;
                return Ok(true);
            }
            if !fresh {
                length = 0.0;
                self.intercept = start.1;
                self.margins.copy_from_slice(&start.0);
                self.quadratic.columns.iter().zip(&step.old).for_each(|(j, old)| self.beta[*j] = *old);
                self.refresh();
            } else {
                length *= 0.5;
            }
            if length == 0.0 {
                return Ok(false);
            }
            if length < 1e-10 {
                return Err(not_converged("a penalised path"));
            }
        }
    }

    /// The dual is feasible only where `Σ u = 0`: a few Newton steps on the intercept alone.
    fn settle_intercept(&mut self) {
        for _ in 0..5 {
            let total = sum(&self.u);
            let curvature = sum(&self.second);
            if total.abs() <= 1e-16 || curvature <= 0.0 {
                return;
            }
            let d = total / curvature;
            self.intercept += d;
            self.margins.iter_mut().for_each(|f| *f += d);
            self.refresh();
        }
    }

    /// Primal minus dual objective at the dual point `s u`.
    fn gap(&self, lambda: f64) -> f64 {
        let alpha = self.problem.l1_ratio;
        let largest = self.gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        let l1 = lambda * alpha;
        let (s, conjugate) = if alpha < 1.0 {
            let over: f64 = self.gradient.iter().map(|g| (g.abs() - l1).max(0.0).powi(2)).sum();
            (1.0, over / (2.0 * lambda * (1.0 - alpha)))
        } else {
            (if largest > l1 { l1 / largest } else { 1.0 }, 0.0)
        };
        let dual: f64 = match self.problem.family {
            Family::Gaussian => {
                let terms = self.u.iter().zip(self.problem.y).zip(&self.weights);
                terms.map(|((u, y), w)| s * u * (y - self.y_mean) - 0.5 * s * s * u * u / w).sum()
            }
            Family::Binomial => {
                let terms = self.u.iter().zip(&self.weights);
                terms.map(|(u, w)| w * entropy((s * u / w).abs().min(1.0))).sum()
            }
        };
        (self.loss + self.penalty(lambda) - dual + conjugate).max(0.0)
    }
}

/// A step of the model: weights before and after, and how intercept and margins move.
struct ModelStep {
    old: Vec<f64>,
    new: Vec<f64>,
    intercept: f64,
    change: Vec<f64>,
}

fn entropy(t: f64) -> f64 {
    let part = |t: f64| if t > 0.0 { -t * t.ln() } else { 0.0 };
    part(t) + part(1.0 - t)
}
