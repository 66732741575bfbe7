//! Choice of the penalty of a lasso or elastic net by inner cross-validation, and how many columns it may keep.

use crate::glm::{
    ClassWeight, Family, PathLimits, PathPoint, PathProblem, penalties, sigmoid, solve_path, varies_with_response,
};
use crate::linalg::Columns;
use crate::stats::auc;
use dlr_core::{Code, Error, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Which penalty of the path to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LassoRule {
    /// The one with the best mean.
    #[default]
    Min,
    /// The largest whose mean is within one standard error of the best.
    OneSe,
}

/// What cross-validation measures on the held-out rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathMeasure {
    /// Binomial deviance (probabilities held within 1e-5 of 0 and 1, as glmnet does), or squared error.
    #[default]
    Deviance,
    /// Area under the ROC curve of each fold; folds with one class do not count.
    Auc,
}

/// How folds are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoldMean {
    /// By the weight of each fold, as glmnet.
    Weighted,
    /// Each fold alike, as scikit-learn; the standard error with `ddof` 1.
    Alike,
}

/// Parameters of selection by lasso.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `family` | `binomial` | `binomial`, `gaussian` | logistic, or least squares on the label as 0 and 1 |
/// | `n_lambdas` | 100 | 2 and more | penalties on the path |
/// | `lambda_min_ratio` | 0.01 | in (0, 1) | smallest over largest penalty |
/// | `l1_ratio` | 1 | in (0, 1] | 1 is the lasso, below it the elastic net |
/// | `n_folds` | 10 | 2 and more | inner folds, stratified, by patient |
/// | `rule` | `min` | `min`, `one-se` | which penalty |
/// | `measure` | `deviance` | `deviance`, `auc` | what the folds measure |
/// | `max_selected` | 20 | 1 and more | a larger penalty is taken until no more columns than this are kept |
/// | `standardise` | true | | scale the columns inside each fit |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
/// | `tolerance` | 1e-5 | above 0 | relative duality gap |
///
/// Many radiomics studies run scikit-learn's `LassoCV`, which is for numbers, on labels of 0 and 1: that is `gaussian`
/// with a `lambda_min_ratio` of 0.001 and a `max_selected` that does not bind.
///
/// Source of the defaults: PROTOCOL, row 18. Where the chosen penalty keeps nothing, the first point of the path that
/// keeps a column is taken, so that a model can follow; the summary says so. Fewer patients of a class than folds
/// lower the number of folds to that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LassoParams {
    /// What is fitted to the labels.
    pub family: Family,
    /// Penalties on the path.
    pub n_lambdas: usize,
    /// Smallest over largest penalty.
    pub lambda_min_ratio: f64,
    /// 1 is the lasso, below it the elastic net.
    pub l1_ratio: f64,
    /// Inner folds.
    pub n_folds: usize,
    /// Which penalty to take.
    pub rule: LassoRule,
    /// What the folds measure.
    pub measure: PathMeasure,
    /// Cap on the columns kept.
    pub max_selected: usize,
    /// Whether to scale the columns inside each fit.
    pub standardise: bool,
    /// How much a case counts.
    pub class_weight: ClassWeight,
    /// Relative duality gap.
    pub tolerance: f64,
}

impl Default for LassoParams {
    fn default() -> Self {
        LassoParams {
            family: Family::Binomial,
            n_lambdas: 100,
            lambda_min_ratio: 0.01,
            l1_ratio: 1.0,
            n_folds: 10,
            rule: LassoRule::Min,
            measure: PathMeasure::Deviance,
            max_selected: 20,
            standardise: true,
            class_weight: ClassWeight::None,
            tolerance: 1e-5,
        }
    }
}

impl LassoParams {
    pub(crate) fn check(&self) -> Result<()> {
        let unit = |name: &str, value: f64, with_one: bool| {
            if value > 0.0 && (value < 1.0 || with_one && value == 1.0) {
                return Ok(());
            }
            let range = if with_one { "above 0 and at most 1" } else { "between 0 and 1" };
            Err(Error::new(Code::Parameter, format!("parameter `{name}` is {value}, but must be {range}")))
        };
        let at_least = |name: &str, value: usize, low: usize| {
            if value >= low {
                return Ok(());
            }
            Err(Error::new(Code::Parameter, format!("parameter `{name}` is {value}, but must be {low} or more")))
        };
        unit("lambda_min_ratio", self.lambda_min_ratio, false)?;
        unit("l1_ratio", self.l1_ratio, true)?;
        unit("tolerance", self.tolerance, false)?;
        at_least("n_lambdas", self.n_lambdas, 2)?;
        at_least("n_folds", self.n_folds, 2)?;
        at_least("max_selected", self.max_selected, 1)
    }
}

/// A path and how its penalties did on held-out rows.
#[derive(Debug, Clone, PartialEq)]
pub struct PathCv {
    /// The path on all rows.
    pub points: Vec<PathPoint>,
    /// What each fold measured at each penalty, shape `[n_lambdas][n_folds]`; deviance and squared error per case.
    pub folds: Vec<Vec<f64>>,
    /// Mean over the folds by penalty.
    pub mean: Vec<f64>,
    /// Its standard error.
    pub se: Vec<f64>,
    /// Position of the best mean (of equal ones the largest penalty).
    pub best: usize,
    /// Position of the largest penalty within one standard error of the best.
    pub one_se: usize,
}

/// How a path is cross-validated.
#[derive(Debug, Clone, Copy)]
pub struct CvSettings {
    /// What folds measure.
    pub measure: PathMeasure,
    /// How they are averaged.
    pub mean: FoldMean,
    /// Whether columns are scaled inside each fit. Weights of [`PathCv::points`] are then on the scaled columns.
    pub standardise: bool,
    /// When paths end.
    pub limits: PathLimits,
}

/// Solves the path on all rows and on the rows outside each fold; `fold_of` names the fold of each row.
///
/// # Errors
/// Those of [`solve_path`].
pub fn cross_validate(
    problem: &PathProblem<'_>,
    lambdas: &[f64],
    fold_of: &[usize],
    settings: CvSettings,
) -> Result<PathCv> {
    let scaled = |x: &Columns| {
        let mut x = x.clone();
        x.standardise();
        x
    };
    let all = if settings.standardise { Some(scaled(problem.x)) } else { None };
    let whole = PathProblem { x: all.as_ref().unwrap_or(problem.x), ..*problem };
    let points = solve_path(&whole, lambdas, settings.limits)?;
    let lambdas: Vec<f64> = points.iter().map(|p| p.lambda).collect();
    let n_folds = fold_of.iter().max().map_or(0, |k| k + 1);
    let one_fold = |k: usize| -> Result<(Vec<f64>, f64)> {
        let (test, train): (Vec<usize>, Vec<usize>) = (0..fold_of.len()).partition(|i| fold_of[*i] == k);
        fold(problem, &lambdas, &train, &test, settings)
    };
    // Small problems are done in one go: handing them to threads costs more than they do.
    let results: Vec<_> = if problem.x.n_rows() * problem.x.n_columns() > 20_000 {
        (0..n_folds).into_par_iter().map(one_fold).collect::<Result<_>>()?
    } else {
        (0..n_folds).map(one_fold).collect::<Result<_>>()?
    };
    Ok(summarise(points, &results, settings))
}

fn fold(
    problem: &PathProblem<'_>,
    lambdas: &[f64],
    train: &[usize],
    test: &[usize],
    settings: CvSettings,
) -> Result<(Vec<f64>, f64)> {
    let (mut x, mut x_test) = (problem.x.rows(train), problem.x.rows(test));
    if settings.standardise {
        let (means, scales) = x.standardise();
        for j in 0..x_test.n_columns() {
            x_test.column_mut(j).iter_mut().for_each(|v| *v = (*v - means[j]) / scales[j]);
        }
    }
    let pick = |values: &[f64], rows: &[usize]| rows.iter().map(|i| values[*i]).collect::<Vec<f64>>();
    let (y, weights) = (pick(problem.y, train), pick(problem.weights, train));
    let inner = PathProblem { x: &x, y: &y, weights: &weights, ..*problem };
    let limits = PathLimits { tolerance: settings.limits.tolerance, ..PathLimits::default() };
    let points = solve_path(&inner, lambdas, limits)?;
    let (y, weights) = (pick(problem.y, test), pick(problem.weights, test));
    let total: f64 = weights.iter().sum();
    let scores = points.iter().map(|point| {
        let margins = point.margins(&x_test);
        match (settings.measure, problem.family) {
            (PathMeasure::Auc, _) => auc(&margins, &y.iter().map(|y| *y > 0.5).collect::<Vec<_>>()),
            (PathMeasure::Deviance, family) => {
                let terms = margins.iter().zip(&y).zip(&weights).map(|((f, y), w)| w * deviance(family, *f, *y));
                terms.sum::<f64>() / total
            }
        }
    });
    Ok((scores.collect(), total))
}

fn deviance(family: Family, margin: f64, y: f64) -> f64 {
    match family {
        Family::Gaussian => (y - margin) * (y - margin),
        Family::Binomial => {
            let p = sigmoid(margin).clamp(1e-5, 1.0 - 1e-5);
            -2.0 * (y * p.ln() + (1.0 - y) * (1.0 - p).ln())
        }
    }
}

fn summarise(points: Vec<PathPoint>, results: &[(Vec<f64>, f64)], settings: CvSettings) -> PathCv {
    let mut cv = PathCv { points, folds: Vec::new(), mean: Vec::new(), se: Vec::new(), best: 0, one_se: 0 };
    for k in 0..cv.points.len() {
        let scores: Vec<f64> = results.iter().map(|(scores, _)| scores[k]).collect();
        let valid: Vec<(f64, f64)> =
            results.iter().map(|(s, w)| (s[k], *w)).filter(|(score, _)| !score.is_nan()).collect();
        let n = valid.len() as f64;
        let weight = |w: f64| if settings.mean == FoldMean::Weighted { w } else { 1.0 };
        let total: f64 = valid.iter().map(|(_, w)| weight(*w)).sum();
        let mean = valid.iter().map(|(s, w)| weight(*w) * s).sum::<f64>() / total;
        let spread = valid.iter().map(|(s, w)| weight(*w) * (s - mean).powi(2)).sum::<f64>() / total;
        cv.folds.push(scores);
        cv.mean.push(mean);
        cv.se.push((spread / (n - 1.0)).sqrt());
    }
    let cost = |k: usize| if settings.measure == PathMeasure::Auc { -cv.mean[k] } else { cv.mean[k] };
    let best = (0..cv.mean.len()).fold(0, |best, k| if cost(k) < cost(best) { k } else { best });
    let limit = cost(best) + cv.se[best];
    cv.one_se = (0..=best).find(|k| cost(*k) <= limit).unwrap_or(best);
    cv.best = best;
    cv
}

/// Chooses a point for labels, as `params.family` has them: inner cross-validation, the rule, then the cap.
///
/// Gives the position on the path and the cross-validated path; weights are on scaled columns where
/// `params.standardise` is set. `None` where no point keeps any column: none varies with the label by more than rounding.
///
/// # Errors
/// Those of the parameters and of [`cross_validate`].
pub fn choose(
    x: &Columns,
    labels: &[bool],
    fold_of: &[usize],
    params: &LassoParams,
) -> Result<Option<(usize, PathCv)>> {
    params.check()?;
    let y: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
    let weights = params.class_weight.weights(labels);
    let problem =
        PathProblem { x, y: &y, weights: &weights, family: params.family, l1_ratio: params.l1_ratio, intercept: true };
    let mut scaled = x.clone();
    if params.standardise {
        scaled.standardise();
    }
    if !varies_with_response(&PathProblem { x: &scaled, ..problem }) {
        return Ok(None);
    }
    let lambdas = penalties(&PathProblem { x: &scaled, ..problem }, params.n_lambdas, params.lambda_min_ratio);
    let limits = PathLimits { tolerance: params.tolerance, max_columns: params.max_selected, max_explained: 0.999 };
    let settings =
        CvSettings { measure: params.measure, mean: FoldMean::Weighted, standardise: params.standardise, limits };
    let cv = cross_validate(&problem, &lambdas, fold_of, settings)?;
    let count = |k: usize| cv.points[k].weights.len();
    let mut at = match params.rule {
        LassoRule::Min => cv.best,
        LassoRule::OneSe => cv.one_se,
    };
    while at > 0 && count(at) > params.max_selected {
        at -= 1;
    }
    if count(at) == 0 {
        match (0..cv.points.len()).find(|k| count(*k) > 0) {
            Some(first) => at = first,
            None => return Ok(None),
        }
    }
    Ok(Some((at, cv)))
}
