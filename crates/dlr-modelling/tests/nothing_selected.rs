//! Where no column goes with the label, a pipeline predicts the share of positive cases; it does not stop a run.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, Form, Model, TrainSet};
use dlr_modelling::models::LogisticRegression;
use dlr_modelling::steps::{Lasso, StandardScaler};
use dlr_modelling::{Pipeline, Thaw};
use ndarray::Array2;

/// 24 patients, 8 of them positive; two columns that are the same in both classes.
fn balanced() -> TrainSet {
    let records: Vec<CaseRecord> = (0..24).map(|i| CaseRecord::new(format!("p{i:02}"), Some(i < 8))).collect();
    let cases = records.iter().map(|r| r.id.clone()).collect();
    let (cohort, _) = Cohort::enrol(records).unwrap();
    let names = ["a", "b"].map(|n| FeatureName::new("x", "original", "glcm", n).unwrap());
    let x = Array2::from_shape_fn((24, 2), |(i, j)| f64::from(u8::from(i % 2 == j)));
    let table = FeatureTable::new(cases, names.to_vec(), x).unwrap();
    Dataset::new(&table, &cohort).unwrap().split_roles().unwrap().0
}

#[test]
fn a_pipeline_without_a_column_gives_the_prevalence_and_freezes() {
    let train = balanced();
    let pipeline = Pipeline::new(
        vec![Box::new(StandardScaler {}), Box::new(Lasso::default()), Box::new(StandardScaler {})],
        Box::new(LogisticRegression::default()),
    );
    for seed in 0..4 {
        let fitted = pipeline.fit(&train, seed).unwrap();
        assert!(fitted.selected().is_empty());
        let scores = fitted.predict(train.table()).unwrap().scores().to_vec();
        assert!(scores.iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-12), "{scores:?}");
        assert!(matches!(fitted.form(), Form::Linear(form) if form.weights.is_empty()));
        let thawed = Thaw::default().model(&fitted.freeze().unwrap()).unwrap();
        assert_eq!(thawed.predict(train.table()).unwrap().scores(), scores);
    }
}
