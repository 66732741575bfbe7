//! The oracle tables, within the tolerances of their README; all misses at once.

use dlr_modelling::Columns;
use dlr_modelling::conformance::statistics;
use dlr_modelling::glm::{Family, PathLimits, PathProblem, fit_mle};
use dlr_modelling::selection::{CvSettings, FoldMean, LassoParams, PathMeasure, choose, cross_validate};
use serde_json::Value;

#[test]
fn the_oracle_tables_are_reproduced() {
    let tables = statistics(&data_fixtures::path("ml_reference")).unwrap();
    let text: Vec<_> = tables.iter().map(ToString::to_string).collect();
    println!("{}", text.join("\n"));
    assert!(tables.iter().all(|t| t.is_green()), "{}", text.join("\n"));
}

fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(data_fixtures::path(name)).expect("a fixture")).expect("JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn clean_training_table() -> (Columns, Vec<f64>) {
    let text = std::fs::read_to_string(data_fixtures::path("ml_reference/train_clean.csv")).expect("a fixture");
    let numbers = |l: &str| l.split(',').map(|c| c.parse().expect("a number")).collect::<Vec<f64>>();
    let rows: Vec<Vec<f64>> = text.lines().skip(1).map(numbers).collect();
    let x = ndarray::Array2::from_shape_fn((rows.len(), rows[0].len() - 2), |(i, j)| rows[i][j + 2]);
    (Columns::from_rows(x.view()), rows.iter().map(|r| r[1]).collect())
}

/// The step's own choice on numbers: the grid, the penalty and the weights of `LassoCV` on the same folds.
#[test]
fn a_gaussian_choice_is_that_of_scikit_learn() {
    let expected = json("ml_reference/lasso_cv.json");
    let (x, y) = clean_training_table();
    let labels: Vec<bool> = y.iter().map(|y| *y == 1.0).collect();
    let text = std::fs::read_to_string(data_fixtures::path("ml_reference/folds.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let column = header.iter().position(|h| *h == "fold").unwrap();
    let folds: Vec<usize> =
        text.lines().skip(1).map(|l| l.split(',').nth(column).unwrap().parse::<usize>().unwrap() - 1).collect();
    let alphas = numbers(&expected["alphas"]);
    let params = LassoParams {
        family: Family::Gaussian,
        n_lambdas: alphas.len(),
        lambda_min_ratio: alphas[alphas.len() - 1] / alphas[0],
        max_selected: 1000,
        standardise: false,
        tolerance: 1e-13,
        ..LassoParams::default()
    };
    let (at, cv) = choose(&x, &labels, &folds, &params).unwrap().unwrap();
    for (point, alpha) in cv.points.iter().zip(&alphas) {
        assert!((point.lambda / alpha - 1.0).abs() < 1e-9, "{} is not {alpha}", point.lambda);
    }
    let alpha = expected["alpha_min"].as_f64().unwrap();
    assert!((cv.points[at].lambda / alpha - 1.0).abs() < 1e-9, "{} is not {alpha}", cv.points[at].lambda);
    let coef = numbers(&expected["coef"]);
    for (j, (found, expected)) in cv.points[at].dense(coef.len()).iter().zip(&coef).enumerate() {
        assert!((found - expected).abs() < 1e-6, "weight {j}: {found}, scikit-learn {expected}");
    }
    let binomial = choose(&x, &labels, &folds, &LassoParams { family: Family::Binomial, ..params }).unwrap().unwrap();
    assert_ne!(binomial.1.points[binomial.0].weights, cv.points[at].weights, "the key must make a difference");
}

/// Where ours and cv.glmnet differ by more than 1e-6, a solution with 40 digits says who is right.
#[test]
fn cross_validated_deviances_are_exact() {
    let exact = json("ml_models/cv_binomial_exact.json");
    let cv = &json("ml_reference/r_oracle.json")["cv_binomial"];
    let (x, y) = clean_training_table();
    let ones = vec![1.0; y.len()];
    let problem =
        PathProblem { x: &x, y: &y, weights: &ones, family: Family::Binomial, l1_ratio: 1.0, intercept: true };
    let folds: Vec<usize> = numbers(&cv["foldid"]).iter().map(|k| *k as usize - 1).collect();
    let limits = PathLimits { tolerance: 1e-13, ..PathLimits::default() };
    let settings = CvSettings { measure: PathMeasure::Deviance, mean: FoldMean::Weighted, standardise: false, limits };
    let found = cross_validate(&problem, &numbers(&cv["lambda"]), &folds, settings).unwrap();
    let mut largest_of_glmnet: f64 = 0.0;
    for point in exact["penalties"].as_array().unwrap() {
        let k = point["index"].as_u64().unwrap() as usize;
        for (key, ours) in [("cvm", found.mean[k]), ("cvsd", found.se[k])] {
            let truth: f64 = point[key].as_str().unwrap().parse().unwrap();
            assert!((ours - truth).abs() < 1e-9, "{key} at penalty {k}: {ours}, with 40 digits {truth}");
            largest_of_glmnet = largest_of_glmnet.max((numbers(&cv[key])[k] - truth).abs());
        }
    }
    assert!(largest_of_glmnet > 1e-6, "cv.glmnet is the one that is off: {largest_of_glmnet:e}");
}

/// Where ours and statsmodels differ by more than 1e-9, the closed form with 30 digits says who is right: 46 of 129.
#[test]
fn null_likelihood_is_exact() {
    // mpmath: 46 log(46/129) + 83 log(83/129).
    const EXACT: f64 = -84.034_525_477_039_71;
    let (x, y) = clean_training_table();
    let labels: Vec<bool> = y.iter().map(|y| *y == 1.0).collect();
    let ours = fit_mle(&x.select(&[0, 1, 2, 3]), &labels).unwrap().null_log_likelihood;
    let oracle = json("ml_reference/logistic.json")["mle_first4"]["llnull"].as_f64().unwrap();
    assert!((ours - EXACT).abs() < 1e-12, "{ours} and {EXACT}");
    assert!(EXACT - oracle > 1e-9, "statsmodels is the one that is off: {:e}", EXACT - oracle);
}
