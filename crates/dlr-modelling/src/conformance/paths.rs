//! Tables about penalised fits: lasso and elastic net paths, their cross-validation, logistic regression.

use super::folder::{Folder, matrix, number, numbers};
use super::{absolute, all};
use crate::Columns;
use crate::glm::{ClassWeight, Family, PathLimits, PathPoint, PathProblem, fit_mle, sigmoid, solve_path};
use crate::models::{InverseStrength, LogisticRegression};
use crate::selection::{CvSettings, FoldMean, PathMeasure, cross_validate};
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use serde_json::Value;

const EXACT: PathLimits = PathLimits { tolerance: 1e-13, max_columns: usize::MAX, max_explained: f64::INFINITY };

fn point(table: &mut SuiteTable, on: &str, found: &PathPoint, coef: &[f64], intercept: f64, tolerance: f64) {
    absolute(table, "intercept", on, intercept, found.intercept, tolerance);
    all(table, "weight", on, coef, &found.dense(coef.len()), tolerance);
}

fn path(table: &mut SuiteTable, on: &str, problem: &PathProblem<'_>, lambdas: &[f64], expected: (&[Vec<f64>], &[f64])) {
    match solve_path(problem, lambdas, EXACT) {
        Err(error) => super::same(table, "path", on, "a solution", error.fact()),
        Ok(points) => {
            for (k, found) in points.iter().enumerate() {
                point(table, &format!("{on}, penalty {k}"), found, &expected.0[k], expected.1[k], 1e-6);
            }
        }
    }
}

pub(super) fn lasso_path(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("lasso_path");
    let (expected, r) = (folder.json("lasso_path.json")?, folder.json("r_oracle.json")?);
    let (y, ones) = (folder.y(), vec![1.0; folder.labels.len()]);
    let problem =
        PathProblem { x: &folder.x, y: &y, weights: &ones, family: Family::Gaussian, l1_ratio: 1.0, intercept: true };
    let lambdas = numbers(&expected["alphas"]);
    let (coef, intercept) = (matrix(&expected["coef"]), numbers(&expected["intercept"]));
    path(&mut table, "scikit-learn", &problem, &lambdas, (&coef, &intercept));
    let g = &r["gaussian"];
    path(&mut table, "glmnet", &problem, &numbers(&g["lambda"]), (&matrix(&g["beta"]), &numbers(&g["a0"])));
    for net in expected["elastic_net"].as_array().into_iter().flatten() {
        let on = format!("elastic net {} {}", net["alpha"], net["l1_ratio"]);
        let problem = PathProblem { l1_ratio: number(&net["l1_ratio"]), ..problem };
        let expected = (vec![numbers(&net["coef"])], numbers(&net["intercept"]));
        path(&mut table, &on, &problem, &[number(&net["alpha"])], (&expected.0, &expected.1));
    }
    Ok(table)
}

fn fold_of(folder: &Folder) -> Result<Vec<usize>> {
    Ok(folder.csv("folds.csv")?.column("fold")?.iter().map(|k| *k as usize - 1).collect())
}

pub(super) fn lasso_cv(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("lasso_cv");
    let expected = folder.json("lasso_cv.json")?;
    let (y, ones) = (folder.y(), vec![1.0; folder.labels.len()]);
    let problem =
        PathProblem { x: &folder.x, y: &y, weights: &ones, family: Family::Gaussian, l1_ratio: 1.0, intercept: true };
    let settings =
        CvSettings { measure: PathMeasure::Deviance, mean: FoldMean::Alike, standardise: false, limits: EXACT };
    let cv = cross_validate(&problem, &numbers(&expected["alphas"]), &fold_of(folder)?, settings)?;
    for (k, row) in matrix(&expected["mse_path"]).iter().enumerate() {
        all(&mut table, "mse", &format!("penalty {k}"), row, &cv.folds[k], 1e-6);
    }
    all(&mut table, "mean", "", &numbers(&expected["mean"]), &cv.mean, 1e-6);
    all(&mut table, "se", "", &numbers(&expected["se"]), &cv.se, 1e-6);
    absolute(&mut table, "alpha_min", "", number(&expected["alpha_min"]), cv.points[cv.best].lambda, 1e-12);
    absolute(&mut table, "alpha_1se", "", number(&expected["alpha_1se"]), cv.points[cv.one_se].lambda, 1e-12);
    let (coef, intercept) = (numbers(&expected["coef"]), number(&expected["intercept"]));
    point(&mut table, "at alpha_min", &cv.points[cv.best], &coef, intercept, 1e-6);
    let n_nonzero = cv.points[cv.best].weights.len();
    super::same(&mut table, "n_nonzero", "at alpha_min", &expected["n_nonzero"], n_nonzero);
    Ok(table)
}

pub(super) fn binomial(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("r_oracle: binomial paths of glmnet");
    let r = folder.json("r_oracle.json")?;
    let (y, ones) = (folder.y(), vec![1.0; folder.labels.len()]);
    let problem =
        PathProblem { x: &folder.x, y: &y, weights: &ones, family: Family::Binomial, l1_ratio: 1.0, intercept: true };
    let b = &r["binomial_l1"];
    let lambdas = numbers(&b["lambda"]);
    path(&mut table, "lasso", &problem, &lambdas, (&matrix(&b["beta"]), &numbers(&b["a0"])));
    let e = &r["binomial_en"];
    let net = PathProblem { l1_ratio: number(&e["alpha"]), ..problem };
    path(&mut table, "elastic net", &net, &numbers(&e["lambda"]), (&matrix(&e["beta"]), &numbers(&e["a0"])));
    let cv = &r["cv_binomial"];
    let folds: Vec<usize> = numbers(&cv["foldid"]).iter().map(|k| *k as usize - 1).collect();
    let n_folds = folds.iter().max().map_or(0, |k| k + 1);
    // With fewer than 10 cases a fold, cv.glmnet answers a question for the AUC with the deviance.
    let auc = if folds.len() < 10 * n_folds { PathMeasure::Deviance } else { PathMeasure::Auc };
    for (measure, prefix) in [(PathMeasure::Deviance, ""), (auc, "auc_")] {
        let settings = CvSettings { measure, mean: FoldMean::Weighted, standardise: false, limits: EXACT };
        let found = cross_validate(&problem, &lambdas, &folds, settings)?;
        let key = |name: &str| cv[format!("{prefix}{name}")].clone();
        let on = format!("cv.glmnet {measure:?}");
        // 2e-6 relative, not 1e-6 absolute, because the oracle is the less exact one: the fits inside cv.glmnet stop at
        // a threshold of 1e-14 (the paths above at 1e-20). Solved with 40 digits, the mean deviance at the smallest penalty
        // is 1.7317326031722; cv.glmnet is off by 1.1e-6 there, ours by less than 1e-9 at every penalty that was solved:
        // data-fixtures/ml_models/prove_cv_glmnet.py, held by the test `cross_validated_deviances_are_exact`.
        for (name, oracle, ours) in [("cvm", key("cvm"), &found.mean), ("cvsd", key("cvsd"), &found.se)] {
            let oracle = numbers(&oracle);
            super::same(&mut table, &format!("{name}: how many"), &on, oracle.len(), ours.len());
            for (k, (e, f)) in oracle.iter().zip(ours).enumerate() {
                table.compare(&format!("{name}[{k}]"), &on, *e, *f, 2e-6);
            }
        }
        absolute(&mut table, "lambda_min", &on, number(&key("lambda_min")), found.points[found.best].lambda, 1e-12);
        absolute(&mut table, "lambda_1se", &on, number(&key("lambda_1se")), found.points[found.one_se].lambda, 1e-12);
    }
    Ok(table)
}

pub(super) fn logistic(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("logistic");
    let expected = folder.json("logistic.json")?;
    for fit in expected["fits"].as_array().into_iter().flatten() {
        one_fit(&mut table, folder, fit);
    }
    penalised_intercept(&mut table, folder, &expected["liblinear_l1_penalised_intercept"])?;
    let mle = &expected["mle_first4"];
    let first: Vec<usize> = (0..numbers(&mle["params"]).len() - 1).collect();
    let found = fit_mle(&folder.x.select(&first), &folder.labels)?;
    let mut within = |name: &str, expected: &Value, found: &[f64]| {
        all(&mut table, name, "mle", &numbers(expected), found, 1e-9);
    };
    within("estimate", &mle["params"], &found.estimates);
    within("standard error", &mle["se"], &found.standard_errors);
    within("p", &mle["p"], &found.p);
    within("log likelihood", &mle["llf"], &[found.log_likelihood]);
    within("likelihood ratio p", &mle["lr_p"], &[found.likelihood_ratio_p]);
    // The null likelihood is largest at the share of positive cases, where it has a closed form: ours. A value of the
    // oracle's optimiser can only lie below it, and does by 2e-9; one above it would prove ours wrong.
    let (oracle, ours) = (number(&mle["llnull"]), found.null_log_likelihood);
    absolute(&mut table, "null log likelihood", "mle", oracle, ours, 1e-8);
    super::same(&mut table, "null log likelihood is the largest", "mle", true, oracle <= ours + 1e-12);
    for (j, bounds) in matrix(&mle["conf_int"]).iter().enumerate() {
        let (low, high) = found.interval(j);
        all(&mut table, "interval", &format!("mle {j}"), bounds, &[low, high], 1e-9);
    }
    Ok(table)
}

fn one_fit(table: &mut SuiteTable, folder: &Folder, fit: &Value) {
    let c = number(&fit["C"]);
    let class_weight = if fit["class_weight"].is_null() { ClassWeight::None } else { ClassWeight::Balanced };
    let l1_ratio = fit["l1_ratio"].as_f64().unwrap_or(0.0);
    let on = format!("{} C={c} {class_weight:?}", fit["penalty"].as_str().unwrap_or("?"));
    let model = LogisticRegression { c: InverseStrength::Fixed(c), l1_ratio, class_weight, n_folds: 5 };
    let found = match model.fit_columns(&folder.x, &folder.labels, c) {
        Ok(found) => found,
        Err(error) => return super::same(table, "fit", &on, "a fit", error.fact()),
    };
    let coef = numbers(&fit["coef"]);
    let proba = numbers(&fit["proba_test"]);
    let margins = folder.x_test.margins(found.intercept, &found.weights);
    match fit["atol"].as_f64() {
        Some(atol) => {
            absolute(table, "intercept", &on, number(&fit["intercept"]), found.intercept, atol);
            all(table, "weight", &on, &coef, &found.weights, atol);
            all(table, "probability", &on, &proba, &margins.iter().map(|f| sigmoid(*f)).collect::<Vec<_>>(), atol);
        }
        None => {
            table.compare("intercept", &on, number(&fit["intercept"]), found.intercept, 1e-7);
            for (k, (e, f)) in coef.iter().zip(&found.weights).enumerate() {
                table.compare(&format!("weight[{k}]"), &on, *e, *f, 1e-7);
            }
            for (k, (e, f)) in proba.iter().zip(&margins).enumerate() {
                table.compare(&format!("probability[{k}]"), &on, *e, sigmoid(*f), 1e-7);
            }
        }
    }
}

/// LIBLINEAR penalises the intercept: one more column, of ones, and no free intercept.
fn penalised_intercept(table: &mut SuiteTable, folder: &Folder, expected: &Value) -> Result<()> {
    let (n, p) = (folder.x.n_rows(), folder.x.n_columns());
    let widened = ndarray::Array2::from_shape_fn((n, p + 1), |(i, j)| if j < p { folder.x.column(j)[i] } else { 1.0 });
    let (x, y, ones) = (Columns::from_rows(widened.view()), folder.y(), vec![1.0; n]);
    let problem =
        PathProblem { x: &x, y: &y, weights: &ones, family: Family::Binomial, l1_ratio: 1.0, intercept: false };
    let lambda = 1.0 / (number(&expected["C"]) * n as f64);
    let found = solve_path(&problem, &[lambda], EXACT)?.remove(0).dense(p + 1);
    let (on, atol) = ("l1, penalised intercept", number(&expected["atol"]));
    absolute(table, "intercept", on, number(&expected["intercept"]), found[p], atol);
    all(table, "weight", on, &numbers(&expected["coef"]), &found[..p], atol);
    Ok(())
}
