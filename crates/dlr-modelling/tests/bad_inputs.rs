//! Inputs that tables bring: each gives a documented result, or an error that names the column or the patient.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{
    CaseRecord, Code, Cohort, Dataset, FeatureName, FeatureTable, Form, Model, Rng, Splitter, TableStep, TrainSet,
};
use dlr_modelling::glm::{Family, PathLimits, PathProblem, fit_mle, penalties, solve_path};
use dlr_modelling::models::{InverseStrength, LogisticRegression, Svm};
use dlr_modelling::selection::{LassoParams, RfeParams};
use dlr_modelling::splitters::StratifiedKFold;
use dlr_modelling::stats::icc;
use dlr_modelling::steps::{CorrelationFilter, Lasso, MedianImputer, Rfe, Smote, StandardScaler, VarianceFilter};
use dlr_modelling::validation::optimism_of_samples;
use dlr_modelling::{Columns, Pipeline};
use ndarray::Array2;

/// 30 patients, 12 positive; `change` alters the values of a normal table of 8 columns.
fn train(change: impl Fn(&mut Array2<f64>)) -> dlr_core::Result<TrainSet> {
    let records: Vec<_> = (0..30).map(|i| CaseRecord::new(format!("p{i:02}"), Some(i < 12))).collect();
    let cases = records.iter().map(|r| r.id.clone()).collect();
    let (cohort, _) = Cohort::enrol(records)?;
    let mut rng = Rng::new(4);
    let mut values = Array2::from_shape_simple_fn((30, 8), || rng.normal());
    (0..12).for_each(|i| values[(i, 0)] += 1.5);
    change(&mut values);
    let names = (0..8).map(|j| FeatureName::new("intra", "original", "sample", &format!("F{j}")).unwrap()).collect();
    Ok(Dataset::new(&FeatureTable::new(cases, names, values)?, &cohort)?.split_roles()?.0)
}

#[test]
fn one_class_only() {
    let records: Vec<_> = (0..6).map(|i| CaseRecord::new(format!("p{i}"), Some(true))).collect();
    let (cohort, _) = Cohort::enrol(records).unwrap();
    assert_eq!(StratifiedKFold::default().folds(&cohort, 0).unwrap_err().code(), Code::Learning);
}

#[test]
fn an_all_missing_column_is_named() {
    let train = train(|x| x.column_mut(3).fill(f64::NAN)).unwrap();
    let error = MedianImputer::default().fit(&train, 0).err().unwrap().to_string();
    assert!(error.contains("intra_original_sample_F3"), "{error}");
    let drop: MedianImputer = toml::from_str("all_missing = \"drop\"").unwrap();
    let kept = drop.fit(&train, 0).unwrap().apply(train.table()).unwrap();
    assert_eq!(kept.n_features(), 7);
}

#[test]
fn infinity_is_named_with_its_patient_in_every_step_and_model() {
    let train = train(|x| x[(5, 2)] = f64::INFINITY).unwrap();
    let steps: Vec<Box<dyn TableStep>> = vec![
        Box::new(MedianImputer::default()),
        Box::new(StandardScaler {}),
        Box::new(VarianceFilter::default()),
        Box::new(CorrelationFilter::default()),
        Box::new(Rfe::default()),
        Box::new(Lasso::default()),
    ];
    for step in steps {
        let error = step.fit(&train, 0).err().unwrap();
        assert_eq!((error.code(), error.case()), (Code::NotFinite, Some("p05")));
        assert!(error.to_string().contains("F2"), "{error}");
    }
    for model in [&LogisticRegression::default() as &dyn Model, &Svm::default()] {
        assert_eq!(model.fit(&train, 0).err().unwrap().code(), Code::NotFinite);
    }
}

#[test]
fn constant_columns_go_and_all_constant_is_refused() {
    let one = train(|x| x.column_mut(1).fill(1e9)).unwrap();
    assert_eq!(VarianceFilter::default().fit(&one, 0).unwrap().apply(one.table()).unwrap().n_features(), 7);
    let scaled = StandardScaler {}.fit(&one, 0).unwrap().apply(one.table()).unwrap();
    assert!(scaled.values().column(1).iter().all(|v| *v == 0.0), "a constant column becomes 0");
    let all = train(|x| x.fill(2.0)).unwrap();
    assert_eq!(VarianceFilter::default().fit(&all, 0).err().unwrap().code(), Code::Learning);
    assert_eq!(Lasso::default().fit(&all, 0).err().unwrap().code(), Code::Learning);
    let guess = LogisticRegression::default().fit(&all, 0).unwrap().predict(all.table()).unwrap();
    assert!(guess.scores().iter().all(|p| (p - 0.4).abs() < 1e-9), "nothing to learn: the prevalence");
}

#[test]
fn separable_classes_are_held_by_the_penalty() {
    let train = train(|x| (0..30).for_each(|i| x[(i, 0)] = if i < 12 { 5.0 } else { -5.0 })).unwrap();
    for c in [1.0, 1e3, 1e6] {
        let model = LogisticRegression { c: InverseStrength::Fixed(c), ..LogisticRegression::default() };
        let fitted = model.fit(&train, 0).unwrap();
        let Form::Linear(form) = fitted.form() else { panic!("logistic regression is linear") };
        assert!(form.weights.iter().all(|(_, w)| w.abs() < 20.0), "weights stay finite at c = {c}");
    }
    Lasso::default().fit(&train, 0).unwrap();
    Rfe::new(RfeParams { n_keep: 2, c: 1e4, ..RfeParams::default() }).fit(&train, 0).unwrap();
}

#[test]
fn of_duplicated_columns_one_stays() {
    let train = train(|x| {
        let first = x.column(0).to_owned();
        (1..4).for_each(|j| x.column_mut(j).assign(&first));
    })
    .unwrap();
    let kept = CorrelationFilter::default().fit(&train, 0).unwrap().apply(train.table()).unwrap();
    assert_eq!(kept.names()[0], train.names()[0], "of equal relevance the first in the table");
    assert_eq!(kept.n_features(), 5);
    // Selection without the filter: no panic, the same answer twice.
    for step in [&Rfe::new(RfeParams { n_keep: 3, ..RfeParams::default() }) as &dyn TableStep, &Lasso::default()] {
        let names = || step.fit(&train, 1).unwrap().apply(train.table()).unwrap().names().to_vec();
        assert_eq!(names(), names());
    }
}

#[test]
fn a_missing_column_is_named_at_prediction() {
    let train = train(|_| {}).unwrap();
    let pipeline = Pipeline::new(vec![Box::new(StandardScaler {})], Box::new(LogisticRegression::default()));
    let fitted = pipeline.fit(&train, 0).unwrap();
    let error = fitted.predict(&train.table().columns(&[0, 1, 2, 3, 4, 5, 6])).unwrap_err();
    assert!(error.to_string().contains("F7"), "{error}");
}

#[test]
fn more_inner_folds_than_patients_are_lowered() {
    let step = Lasso::new(LassoParams { n_folds: 25, ..LassoParams::default() });
    step.fit(&train(|_| {}).unwrap(), 0).unwrap();
}

#[test]
fn made_up_rows_stay_in_training_with_their_patient() {
    let train = train(|_| {}).unwrap();
    let more = Smote::default().resample(&train, 3).unwrap();
    let n_positive = more.labels().iter().filter(|l| **l).count();
    assert_eq!((more.n_cases(), n_positive), (36, 18));
    for (row, label) in more.cohort().rows().iter().zip(more.labels()).skip(30) {
        assert!(*label && train.cohort().row(&row.id).is_some());
    }
    assert_eq!(Smote::default().fit(&more, 3).unwrap().apply(train.table()).unwrap(), *train.table());
}

#[test]
fn unknown_and_impossible_parameters_are_refused() {
    assert!(toml::from_str::<RfeParams>("n_keeep = 3").is_err());
    let params: RfeParams = toml::from_str("step = 0.2\nestimator = \"logistic\"").unwrap();
    assert_eq!(params.n_keep, 50);
    let train = train(|_| {}).unwrap();
    for bad in ["n_keep = 0", "step = 0", "step = 1.5", "c = -1.0"] {
        let params: RfeParams = toml::from_str(bad).unwrap();
        assert_eq!(Rfe::new(params).fit(&train, 0).err().unwrap().code(), Code::Parameter, "{bad}");
    }
}

/// A level that was not seen in training reaches the table as an undefined value (the clinical source says which level);
/// the imputer gives it the training median, and without an imputer column and patient are named.
#[test]
fn a_category_unseen_in_training_is_imputed_or_named() {
    let train = train(|x| x.column_mut(1).iter_mut().for_each(|v| *v = f64::from(u8::from(*v > 0.0)))).unwrap();
    let mut values = train.x().clone();
    values[(4, 1)] = f64::NAN;
    let unseen = train.table().with_values(values).unwrap();
    let imputer = MedianImputer::default().fit(&train, 0).unwrap();
    let filled = imputer.apply(&unseen).unwrap();
    let mut column = train.x().column(1).to_vec();
    column.sort_by(f64::total_cmp);
    assert_eq!(filled.values()[(4, 1)], (column[14] + column[15]) / 2.0);
    let error = LogisticRegression::default().fit(&train, 0).unwrap().predict(&unseen).unwrap_err();
    assert!(error.case() == Some("p04") && error.to_string().contains("F1"), "{error}");
}

/// Without a penalty nothing holds the weights: the fit refuses and says why.
#[test]
fn an_unpenalised_fit_refuses_separable_classes_duplicates_and_one_class() {
    let labels: Vec<bool> = (0..30).map(|i| i < 12).collect();
    let of = |t: &TrainSet, columns: &[usize]| Columns::from_rows(t.x().view()).select(columns);
    let apart = train(|x| (0..30).for_each(|i| x[(i, 0)] = if i < 12 { 5.0 } else { -5.0 })).unwrap();
    let plain = train(|_| {}).unwrap();
    let copies = train(|x| {
        let first = x.column(0).to_owned();
        x.column_mut(1).assign(&first);
    })
    .unwrap();
    assert!(fit_mle(&of(&plain, &[1, 2]), &labels).is_ok());
    for (what, x, labels) in [
        ("separable", of(&apart, &[0, 1]), labels.clone()),
        ("duplicated", of(&copies, &[0, 1]), labels.clone()),
        ("one class", of(&plain, &[0, 1]), vec![true; 30]),
    ] {
        let error = fit_mle(&x, &labels).unwrap_err();
        assert_eq!(error.code(), Code::Learning, "{what}: {error}");
    }
}

/// The penalised path stays finite where the classes are separable, and a constant response has nothing to follow.
#[test]
fn a_path_through_separable_classes_is_finite_and_duplicates_share_it() {
    let labels: Vec<f64> = (0..30).map(|i| f64::from(u8::from(i < 12))).collect();
    let ones = vec![1.0; 30];
    let apart = train(|x| {
        (0..30).for_each(|i| x[(i, 0)] = if i < 12 { 5.0 } else { -5.0 });
        let first = x.column(0).to_owned();
        x.column_mut(1).assign(&first);
    })
    .unwrap();
    let x = Columns::from_rows(apart.x().view());
    for family in [Family::Gaussian, Family::Binomial] {
        let problem = PathProblem { x: &x, y: &labels, weights: &ones, family, l1_ratio: 0.9, intercept: true };
        let path = solve_path(&problem, &penalties(&problem, 30, 1e-3), PathLimits::default()).unwrap();
        assert_eq!(path.len(), 30);
        for point in &path {
            assert!(point.intercept.is_finite() && point.weights.iter().all(|(_, w)| w.is_finite() && w.abs() < 20.0));
        }
        // With a share of ridge the two copies have one weight each, the same.
        let last = path[29].dense(8);
        assert!((last[0] - last[1]).abs() < 1e-4 && last[0] > 0.0, "{family:?}: {last:?}");
    }
}

/// A sample of one class inside or outside tells nothing and is left out; with none left the bootstrap refuses.
#[test]
fn optimism_leaves_samples_of_one_class_out() {
    let labels: Vec<bool> = (0..6).map(|i| i < 2).collect();
    let scores = |_: &[usize]| Ok(vec![0.9, 0.4, 0.5, 0.1, 0.2, 0.3]);
    let one_class = vec![vec![2, 3, 4, 5, 2, 3]];
    let error = optimism_of_samples(&labels, &one_class, scores).unwrap_err();
    assert_eq!(error.code(), Code::Evaluation, "{error}");
    let usable = [one_class, vec![vec![0, 0, 2, 3, 3, 2]]].concat();
    assert_eq!(optimism_of_samples(&labels, &usable, scores).unwrap().n_used, 1);
}

/// A reading without variation, or one that agrees in every digit: no interval, or one of no width; never a panic.
#[test]
fn agreement_of_readings_that_do_not_vary_is_undefined() {
    let flat = icc(Array2::from_elem((6, 2), 3.0).view()).unwrap();
    assert!(flat.two_one.value.is_nan() && flat.two_one.lower.is_nan());
    let equal = icc(Array2::from_shape_fn((6, 2), |(i, _)| i as f64).view()).unwrap();
    assert_eq!(equal.three_one.value, 1.0);
    let error = icc(Array2::from_elem((1, 2), 3.0).view()).unwrap_err();
    assert_eq!(error.code(), Code::Learning);
}
