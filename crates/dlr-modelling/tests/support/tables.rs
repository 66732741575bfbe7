//! The tables that scikit-learn's expected values were computed on.

use dlr_core::{CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, Role, TrainSet};
use ndarray::Array2;
use serde_json::Value;

/// The clean tables of `data-fixtures/ml_reference`, patients `p000` and so on.
pub(crate) struct Tables {
    pub(crate) train: TrainSet,
    pub(crate) test: FeatureTable,
    pub(crate) test_labels: Vec<bool>,
}

fn rows(name: &str) -> (Vec<Vec<f64>>, Vec<bool>) {
    let text = std::fs::read_to_string(data_fixtures::path("ml_reference").join(name)).unwrap();
    let parse = |line: &str| -> Vec<f64> { line.split(',').skip(1).map(|c| c.parse().unwrap()).collect() };
    let all: Vec<Vec<f64>> = text.lines().skip(1).map(parse).collect();
    (all.iter().map(|r| r[1..].to_vec()).collect(), all.iter().map(|r| r[0] == 1.0).collect())
}

pub(crate) fn tables() -> Tables {
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
    Tables { train, test: external.table().clone(), test_labels }
}

/// A JSON file of the fixtures.
pub(crate) fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(data_fixtures::path(name)).unwrap()).unwrap()
}
