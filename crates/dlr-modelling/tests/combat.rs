//! ComBat as a step: what it takes off, what it refuses, and that a thawed one does the same.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{CaseRecord, Code, Cohort, Dataset, FeatureName, FeatureTable, Model, Rng, Role, TableStep, TrainSet};
use dlr_modelling::harmonise::CombatMode;
use dlr_modelling::models::LogisticRegression;
use dlr_modelling::splitters::LeaveOneCentreOut;
use dlr_modelling::steps::{Combat, StandardScaler, UnseenCentre};
use dlr_modelling::{Pipeline, Thaw};
use ndarray::Array2;

/// 60 training cases of two centres, the second shifted and stretched, and 12 external ones of `external_center`.
fn split(external_center: &str) -> (TrainSet, FeatureTable) {
    let mut rng = Rng::new(9);
    let values = Array2::from_shape_fn((72, 5), |(i, _)| {
        let v = rng.normal() + if i % 2 == 0 { 0.8 } else { 0.0 };
        if (20..60).contains(&i) { 3.0 + 1.5 * v } else { v }
    });
    let record = |i: usize| CaseRecord {
        center: if i >= 60 {
            external_center
        } else if i < 20 {
            "north"
        } else {
            "south"
        }
        .into(),
        role: if i < 60 { Role::Train } else { Role::External },
        ..CaseRecord::new(format!("p{i:02}"), Some(i.is_multiple_of(2)))
    };
    let records: Vec<_> = (0..72).map(record).collect();
    let cases = records.iter().map(|r| r.id.clone()).collect();
    let names = (0..5).map(|j| FeatureName::new("intra", "original", "sample", &format!("F{j}")).unwrap()).collect();
    let (cohort, _) = Cohort::enrol(records).unwrap();
    let data = Dataset::new(&FeatureTable::new(cases, names, values).unwrap(), &cohort).unwrap();
    let (train, external) = data.split_roles().unwrap();
    (train, external.table().clone())
}

fn mean_of(table: &FeatureTable, center: &str, column: usize) -> f64 {
    let rows: Vec<usize> = (0..table.n_cases()).filter(|i| table.centers().unwrap()[*i] == center).collect();
    rows.iter().map(|i| table.values()[(*i, column)]).sum::<f64>() / rows.len() as f64
}

#[test]
fn centres_meet_and_external_rows_of_a_known_centre_follow() {
    let (train, external) = split("south");
    for mode in [CombatMode::Parametric, CombatMode::Nonparametric, CombatMode::NoEb] {
        let fitted = Combat { mode, ..Combat::default() }.fit(&train, 0).unwrap();
        let (inner, outer) = (fitted.apply(train.table()).unwrap(), fitted.apply(&external).unwrap());
        for j in 0..5 {
            let before = mean_of(train.table(), "south", j) - mean_of(train.table(), "north", j);
            let after = mean_of(&inner, "south", j) - mean_of(&inner, "north", j);
            // Without empirical Bayes nothing is left; with it each column is drawn towards the others, and of five columns
            // and twenty rows something is.
            let left = if mode == CombatMode::NoEb { 1e-9 } else { 0.35 * before };
            assert!(before > 2.0 && after.abs() < left, "{mode:?}: {before} to {after}");
            assert!(mean_of(&outer, "south", j) < mean_of(&external, "south", j) - 0.3);
        }
    }
    let fitted = Combat { reference: Some("north".into()), ..Combat::default() }.fit(&train, 0).unwrap();
    let kept = fitted.apply(train.table()).unwrap();
    for (before, after) in train.x().outer_iter().zip(kept.values().outer_iter()).take(20) {
        assert!(before.iter().zip(after).all(|(b, a)| (b - a).abs() < 1e-12), "the reference stays as it is");
    }
}

#[test]
fn a_centre_that_was_not_seen_is_refused_by_name_or_left() {
    let (train, external) = split("east");
    let refused = Combat::default().fit(&train, 0).unwrap().apply(&external).unwrap_err();
    assert_eq!((refused.code(), refused.case()), (Code::Learning, Some("p60")));
    assert!(refused.to_string().contains("`east`") && refused.to_string().contains("north, south"), "{refused}");
    let left = Combat { unseen: UnseenCentre::Unchanged, ..Combat::default() }.fit(&train, 0).unwrap();
    assert_eq!(left.apply(&external).unwrap(), external);
    let nameless = FeatureTable::new(external.cases().to_vec(), external.names().to_vec(), external.values().clone());
    let refused = Combat::default().fit(&train, 0).unwrap().apply(&nameless.unwrap()).unwrap_err();
    assert!(refused.to_string().contains("does not say which centre"), "{refused}");
}

#[test]
fn what_combat_cannot_learn_from_is_said() {
    let (train, _) = split("south");
    let fit = |step: Combat, train: &TrainSet| step.fit(train, 0).err().unwrap().to_string();
    let unknown = fit(Combat { reference: Some("west".into()), ..Combat::default() }, &train);
    assert!(unknown.contains("`west`") && unknown.contains("north, south"), "{unknown}");
    // One value per centre: constant within each, though not over both.
    let mut values = train.x().clone();
    (0..60).for_each(|i| values[(i, 3)] = if i < 20 { 1.0 } else { 2.0 });
    let flat = train.with_table(train.table().with_values(values).unwrap()).unwrap();
    assert!(fit(Combat::default(), &flat).contains("intra_original_sample_F3"));
    let one_centre = train.rows(&(20..60).collect::<Vec<_>>()).unwrap();
    let alone = fit(Combat::default(), &one_centre);
    assert!(
        alone.contains("`south` only") && alone.contains("two batches") && alone.contains("leave ComBat out"),
        "{alone}"
    );
    let lonely = train.rows(&(19..60).collect::<Vec<_>>()).unwrap();
    let lonely = fit(Combat::default(), &lonely);
    assert!(lonely.contains("`north` has one row") && lonely.contains("mean-only"), "{lonely}");
}

#[test]
fn a_thawed_pipeline_with_combat_predicts_the_same_bits_and_says_centre_by_centre() {
    let (train, external) = split("north");
    let model = Pipeline::new(
        vec![Box::new(Combat::default()), Box::new(StandardScaler {})],
        Box::new(LogisticRegression::default()),
    );
    let fitted = model.fit(&train, 1).unwrap();
    let text = serde_json::to_string(&fitted.freeze().unwrap()).unwrap();
    let thawed = Thaw::default().model(&serde_json::from_str(&text).unwrap()).unwrap();
    let scores = fitted.predict(&external).unwrap();
    assert_eq!(thawed.predict(&external).unwrap(), scores);
    let elsewhere = external.clone().with_centers(vec!["south".into(); 12]).unwrap();
    assert_ne!(fitted.predict(&elsewhere).unwrap(), scores);
    // Leaving a centre out leaves one to learn from: ComBat cannot, and says so.
    let cohort = train.cohort().clone();
    let data = Dataset::new(train.table(), &cohort).unwrap();
    let error = dlr_modelling::validation::cross_validated_auc(&model, &data, &LeaveOneCentreOut {}, 0).unwrap_err();
    assert!(error.to_string().contains("two batches"), "{error}");
}
