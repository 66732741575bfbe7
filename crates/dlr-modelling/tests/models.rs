//! Neighbours, naive Bayes, boosting and forests against scikit-learn, on the tables of `data-fixtures/ml_reference`.
//!
//! Where each tolerance comes from: `data-fixtures/ml_models/README.md`.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, Form, Model, Role, TrainSet};
use dlr_modelling::glm::ClassWeight;
use dlr_modelling::models::{
    ExtraTrees, ForestParams, GradientBoosting, KNearest, NaiveBayes, NeighbourWeight, RandomForest,
};
use dlr_modelling::stats::auc;
use ndarray::Array2;
use serde_json::Value;

struct Tables {
    train: TrainSet,
    test: FeatureTable,
    test_labels: Vec<bool>,
    expected: Value,
}

fn rows(name: &str) -> (Vec<Vec<f64>>, Vec<bool>) {
    let text = std::fs::read_to_string(data_fixtures::path("ml_reference").join(name)).unwrap();
    let parse = |line: &str| -> Vec<f64> { line.split(',').skip(1).map(|c| c.parse().unwrap()).collect() };
    let all: Vec<Vec<f64>> = text.lines().skip(1).map(parse).collect();
    (all.iter().map(|r| r[1..].to_vec()).collect(), all.iter().map(|r| r[0] == 1.0).collect())
}

fn tables() -> Tables {
    let ((train, labels), (test, test_labels)) = (rows("train_clean.csv"), rows("test_clean.csv"));
    let n = train.len();
    let p = train[0].len();
    let record = |i: usize| CaseRecord {
        role: if i < n { Role::Train } else { Role::External },
        ..CaseRecord::new(format!("p{i:03}"), Some(if i < n { labels[i] } else { test_labels[i - n] }))
    };
    let records: Vec<_> = (0..n + test.len()).map(record).collect();
    let cases = records.iter().map(|r| r.id.clone()).collect();
    let values: Vec<f64> = train.into_iter().chain(test).flatten().collect();
    let values = Array2::from_shape_vec((n + test_labels.len(), p), values).unwrap();
    let names = (0..p).map(|j| FeatureName::new("intra", "original", "sample", &format!("F{j:02}")).unwrap()).collect();
    let (cohort, _) = Cohort::enrol(records).unwrap();
    let data = Dataset::new(&FeatureTable::new(cases, names, values).unwrap(), &cohort).unwrap();
    let (train, external) = data.split_roles().unwrap();
    let text = std::fs::read_to_string(data_fixtures::path("ml_models/ml_models.json")).unwrap();
    Tables { train, test: external.table().clone(), test_labels, expected: serde_json::from_str(&text).unwrap() }
}

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
    let t = tables();
    let settings = t.expected["neighbours"].as_array().unwrap();
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
    let t = tables();
    let settings = t.expected["naive_bayes"].as_array().unwrap();
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
    let t = tables();
    let settings = t.expected["boosting"].as_array().unwrap();
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
    let t = tables();
    let n_ours = 60;
    let settings = t.expected["forests"].as_array().unwrap();
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
