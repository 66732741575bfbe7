//! Bootstrap optimism and the learning curve of models, against slow and obvious versions.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{
    CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, FittedModel, Model, Result, Rng, Role, Splitter, TrainSet,
    derive_seed,
};
use dlr_modelling::Pipeline;
use dlr_modelling::models::LogisticRegression;
use dlr_modelling::selection::RfeParams;
use dlr_modelling::splitters::StratifiedKFold;
use dlr_modelling::stats::auc;
use dlr_modelling::steps::{Rfe, StandardScaler};
use dlr_modelling::validation::{
    bootstrap_optimism, learning_curve, out_of_fold, patient_samples, with_fewer_patients,
};
use ndarray::Array2;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// 60 cases of 40 patients, every third patient with two more; the first three of 30 columns carry the label.
fn data() -> Dataset {
    let mut rng = Rng::new(17);
    let n = 60;
    let patient = |i: usize| if i < 40 { i } else { (i - 40) % 14 * 3 };
    let label = |patient: usize| patient % 5 < 2;
    let records: Vec<CaseRecord> = (0..n)
        .map(|i| CaseRecord {
            patient: format!("p{:02}", patient(i)),
            role: Role::Train,
            ..CaseRecord::new(format!("c{i:02}"), Some(label(patient(i))))
        })
        .collect();
    let values =
        Array2::from_shape_fn((n, 30), |(i, j)| rng.normal() + if j < 3 && label(patient(i)) { 0.8 } else { 0.0 });
    let names =
        (0..30).map(|j| FeatureName::new("intra", "original", "sample", &format!("F{j:02}")).unwrap()).collect();
    let cases = records.iter().map(|r| r.id.clone()).collect();
    let (cohort, _) = Cohort::enrol(records).unwrap();
    Dataset::new(&FeatureTable::new(cases, names, values).unwrap(), &cohort).unwrap()
}

fn model() -> Pipeline {
    let rfe = Rfe::new(RfeParams { n_keep: 4, ..RfeParams::default() });
    Pipeline::new(vec![Box::new(StandardScaler {}), Box::new(rfe)], Box::new(LogisticRegression::default()))
}

/// Remembers who each fit learned from, and with how many rows.
struct Watched<'a>(&'a dyn Model, Arc<Mutex<Vec<Vec<String>>>>);

impl Model for Watched<'_> {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        let mut patients: Vec<String> = train.cohort().rows().iter().map(|row| row.patient.clone()).collect();
        patients.sort();
        self.1.lock().unwrap().push(patients);
        self.0.fit(train, seed)
    }
}

#[test]
fn optimism_is_that_of_a_plain_loop_and_no_patient_is_on_both_sides() {
    let (train, _) = data().split_roles().unwrap();
    let (n, seed) = (25, 3);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let pipeline = model();
    let found = bootstrap_optimism(&Watched(&pipeline, seen.clone()), &train, n, seed).unwrap();

    // The obvious version: names of patients are drawn, the rows of each are looked up, areas are counted pair by pair.
    let patients: Vec<String> = train.cohort().patients(Role::Train).into_iter().collect();
    let rows_of = |patient: &str| -> Vec<usize> {
        (0..train.n_cases()).filter(|i| train.cohort().rows()[*i].patient == patient).collect()
    };
    let area = |rows: &[usize], scores: &[f64]| {
        let (mut good, mut pairs) = (0.0, 0.0);
        for (i, j) in rows.iter().flat_map(|i| rows.iter().map(move |j| (*i, *j))) {
            if train.labels()[i] && !train.labels()[j] {
                pairs += 1.0;
                good += if scores[i] > scores[j] {
                    1.0
                } else if scores[i] == scores[j] {
                    0.5
                } else {
                    0.0
                };
            }
        }
        good / pairs
    };
    let scores = |rows: &[usize]| {
        let fitted = pipeline.fit(&train.rows(rows).unwrap(), derive_seed(seed, u64::MAX)).unwrap();
        fitted.predict(train.table()).unwrap().scores().to_vec()
    };
    let everyone: Vec<usize> = (0..train.n_cases()).collect();
    let apparent = area(&everyone, &scores(&everyone));
    let (mut optimism, mut outside_area, mut expected_fits) = (0.0, 0.0, vec![fitted_on(&train, &everyone)]);
    for k in 0..n as u64 {
        let mut rng = Rng::stream(seed, k);
        let drawn: Vec<&String> = patients.iter().map(|_| &patients[rng.below(patients.len())]).collect();
        let sample: Vec<usize> = drawn.iter().flat_map(|p| rows_of(p)).collect();
        let inside: BTreeSet<&String> = drawn.into_iter().collect();
        let outside: Vec<usize> = patients.iter().filter(|p| !inside.contains(p)).flat_map(|p| rows_of(p)).collect();
        let s = scores(&sample);
        optimism += (area(&sample, &s) - area(&everyone, &s)) / n as f64;
        outside_area += area(&outside, &s) / n as f64;
        expected_fits.push(fitted_on(&train, &sample));
    }
    assert_eq!(found.n_used, n);
    for (what, a, b) in [
        ("apparent", found.apparent, apparent),
        ("optimism", found.mean_optimism, optimism),
        ("corrected", found.corrected, apparent - optimism),
        ("out of bag", found.out_of_bag, outside_area),
        (".632", found.auc_632, 0.368 * apparent + 0.632 * outside_area),
    ] {
        assert!((a - b).abs() < 1e-12, "{what}: {a}, plainly {b}");
    }
    // Selection among noise: what a fit says of itself is too good, and .632+ lies between the two.
    assert!(
        found.mean_optimism > 0.02 && (found.out_of_bag..found.apparent).contains(&found.auc_632_plus),
        "{found:?}"
    );
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    expected_fits.sort();
    assert_eq!(seen, expected_fits, "each fit learns from its sample and nobody else");
}

fn fitted_on(train: &TrainSet, rows: &[usize]) -> Vec<String> {
    let mut patients: Vec<String> = rows.iter().map(|i| train.cohort().rows()[*i].patient.clone()).collect();
    patients.sort();
    patients
}

#[test]
fn samples_take_whole_patients() {
    let data = data();
    for sample in patient_samples(data.cohort(), 40, 8).unwrap() {
        let mut times: BTreeMap<&str, BTreeMap<usize, usize>> = BTreeMap::new();
        for row in &sample {
            *times.entry(&data.cohort().rows()[*row].patient).or_default().entry(*row).or_default() += 1;
        }
        for (patient, rows) in times {
            let n_rows = data.cohort().rows().iter().filter(|r| r.patient == patient).count();
            let counts: BTreeSet<usize> = rows.values().copied().collect();
            assert!(rows.len() == n_rows && counts.len() == 1, "{patient}: {rows:?} of {n_rows} rows");
        }
    }
    assert!(patient_samples(data.cohort(), 0, 8).is_err());
}

#[test]
fn a_learning_curve_ends_in_the_plain_cross_validation() {
    let data = data();
    let splitter = StratifiedKFold { n_folds: 4, n_repeats: 3 };
    let curve = learning_curve(&model(), &data, &splitter, &[0.3, 0.6, 1.0], 5).unwrap();
    let whole = out_of_fold(&model(), &data, &splitter, 5).unwrap();
    let areas: Vec<f64> = whole.iter().map(|s| auc(s.predictions().scores(), s.truth().labels())).collect();
    assert_eq!(curve[2].auc, areas.iter().sum::<f64>() / areas.len() as f64);
    assert_eq!(curve[2].n_patients, 30.0);
    assert!((curve[0].n_patients - 9.0).abs() <= 1.0, "{curve:?}");
    assert!(curve[0].auc < curve[2].auc, "{curve:?}");
    for bad in [0.0, 1.1, f64::NAN] {
        assert!(learning_curve(&model(), &data, &splitter, &[bad], 5).is_err());
    }
}

#[test]
fn smaller_shares_are_nested_and_keep_the_held_out_patients() {
    let data = data();
    let folds = StratifiedKFold { n_folds: 4, n_repeats: 2 }.folds(data.cohort(), 1).unwrap();
    let [few, more, all] = [0.2, 0.7, 1.0].map(|s| with_fewer_patients(&folds, data.cohort(), s, 9).unwrap());
    assert_eq!(all, folds);
    for (((few, more), all), _) in few.iter().flatten().zip(more.iter().flatten()).zip(folds.iter().flatten()).zip(0..)
    {
        assert!(few.train().is_subset(more.train()) && more.train().is_subset(all.train()));
        assert!(few.train().len() < more.train().len() && more.train().len() < all.train().len());
        assert_eq!(few.test(), all.test());
        let n_positive =
            |fold: &dlr_core::Fold| fold.train().iter().filter(|p| p[1..].parse::<usize>().unwrap() % 5 < 2).count();
        let (a, b) = (n_positive(few), n_positive(all));
        assert!((a as f64 - 0.2 * b as f64).abs() <= 1.0, "drawn per class: {a} of {b}");
    }
}

#[test]
fn resamples_are_the_same_bits_for_any_number_of_threads() {
    let (train, _) = data().split_roles().unwrap();
    let with = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| bootstrap_optimism(&model(), &train, 12, 2).unwrap())
    };
    assert_eq!(with(1), with(3));
}
