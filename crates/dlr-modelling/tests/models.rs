//! Neighbours, naive Bayes, boosting and forests against scikit-learn, on the tables of `data-fixtures/ml_reference`.
//!
//! Where each tolerance comes from: `data-fixtures/ml_models/README.md`.
#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "support/tables.rs"]
mod tables;

use dlr_core::{Form, Model};
use dlr_modelling::glm::ClassWeight;
use dlr_modelling::models::{
    ExtraTrees, ForestParams, GradientBoosting, KNearest, NaiveBayes, NeighbourWeight, RandomForest,
};
use dlr_modelling::stats::auc;
use serde_json::Value;
use tables::{json, tables};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn largest_difference(expected: &[f64], found: &[f64]) -> f64 {
    assert_eq!(expected.len(), found.len());
    expected.iter().zip(found).map(|(e, f)| (e - f).abs()).fold(0.0, f64::max)
}

fn class_weight(setting: &Value) -> ClassWeight {
    if setting["class_weight"] == "balanced" || setting["balanced"] == true {
        ClassWeight::Balanced
    } else {
        ClassWeight::None
    }
}

#[test]
fn neighbours_vote_as_in_scikit_learn() {
    let (t, expected) = (tables(), json("ml_models/ml_models.json"));
    let settings = expected["neighbours"].as_array().unwrap();
    assert_eq!(settings.len(), 6);
    for setting in settings {
        let weights = match setting["weights"].as_str().unwrap() {
            "uniform" => NeighbourWeight::Uniform,
            _ => NeighbourWeight::Distance,
        };
        let n_neighbours = setting["k"].as_u64().unwrap() as usize;
        let model = KNearest { n_neighbours, weights, class_weight: ClassWeight::None };
        let found = model.fit(&t.train, 0).unwrap().predict(&t.test).unwrap();
        let difference = largest_difference(&numbers(&setting["proba"]), found.scores());
        assert!(difference < 1e-12, "k = {n_neighbours}, {weights:?}: {difference:e}");
    }
}

#[test]
fn naive_bayes_is_that_of_scikit_learn() {
    let (t, expected) = (tables(), json("ml_models/ml_models.json"));
    let settings = expected["naive_bayes"].as_array().unwrap();
    assert_eq!(settings.len(), 4);
    for setting in settings {
        let model =
            NaiveBayes { smoothing: setting["smoothing"].as_f64().unwrap(), class_weight: class_weight(setting) };
        let found = model.fit(&t.train, 0).unwrap().predict(&t.test).unwrap();
        let expected: Vec<f64> = numbers(&setting["log_odds"]).iter().map(|odds| 1.0 / (1.0 + (-odds).exp())).collect();
        let difference = largest_difference(&expected, found.scores());
        assert!(difference < 1e-12, "{model:?}: {difference:e}");
    }
}

#[test]
fn boosting_follows_the_histogram_booster_of_scikit_learn() {
    let (t, expected) = (tables(), json("ml_models/ml_models.json"));
    let settings = expected["boosting"].as_array().unwrap();
    assert_eq!(settings.len(), 3);
    for setting in settings {
        let count = |key: &str| setting[key].as_u64().unwrap() as usize;
        let model = GradientBoosting {
            n_trees: count("max_iter"),
            max_leaves: count("max_leaf_nodes"),
            min_leaf: count("min_samples_leaf"),
            l2: setting["l2_regularization"].as_f64().unwrap(),
            class_weight: class_weight(setting),
            ..GradientBoosting::default()
        };
        let fitted = model.fit(&t.train, 0).unwrap();
        let Form::Trees(form) = fitted.form() else { panic!("boosting is a sum of trees") };
        for (table, key) in [(t.train.table(), "log_odds_train"), (&t.test, "log_odds_test")] {
            let table = table.select(&form.names).unwrap();
            let odds: Vec<f64> = table
                .values()
                .outer_iter()
                .map(|row| form.base + form.trees.iter().map(|tree| tree.predict(|j| row[j])).sum::<f64>())
                .collect();
            let difference = largest_difference(&numbers(&setting[key]), &odds);
            assert!(difference < 1e-4, "{model:?}, {key}: {difference:e}");
        }
    }
}

#[test]
fn forests_do_as_well_as_those_of_scikit_learn() {
    let (t, expected) = (tables(), json("ml_models/ml_models.json"));
    let n_ours = 60;
    let settings = expected["forests"].as_array().unwrap();
    assert_eq!(settings.len(), 4);
    let mut misses = Vec::new();
    for setting in settings {
        let params = ForestParams {
            max_depth: setting["max_depth"].as_u64().map(|d| d as usize),
            min_leaf: setting["min_samples_leaf"].as_u64().unwrap_or(1) as usize,
            class_weight: class_weight(setting),
            ..ForestParams::default()
        };
        let model: Box<dyn Model> = match setting["kind"].as_str().unwrap() {
            "random-forest" => Box::new(RandomForest { params }),
            _ => Box::new(ExtraTrees { params }),
        };
        let areas: Vec<f64> = (0..n_ours)
            .map(|seed| {
                let scores = model.fit(&t.train, seed).unwrap().predict(&t.test).unwrap();
                auc(scores.scores(), &t.test_labels)
            })
            .collect();
        let mean = areas.iter().sum::<f64>() / n_ours as f64;
        let sd = (areas.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / (n_ours - 1) as f64).sqrt();
        let number = |key: &str| setting[key].as_f64().unwrap();
        let error = number("auc_sd") * (1.0 / n_ours as f64 + 1.0 / number("n_seeds")).sqrt();
        let line = format!(
            "{} {:?}: scikit-learn {:.4} (sd {:.4}), ours {mean:.4} (sd {sd:.4}), standard error {error:.4}",
            setting["kind"],
            setting["max_depth"],
            number("auc_mean"),
            number("auc_sd")
        );
        println!("{line}");
        let spread = sd / number("auc_sd");
        if (mean - number("auc_mean")).abs() > 4.0 * error || !(1.0 / 1.6..1.6).contains(&spread) {
            misses.push(line);
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
