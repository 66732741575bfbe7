//! Bad tables against every model and every step, table by table: a documented result, or an error that names the column
//! and the patient. Misses are reported all at once.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{
    CaseRecord, Code, Cohort, Dataset, FeatureName, FeatureTable, Model, Result, Rng, Splitter, TableStep, TrainSet,
};
use dlr_modelling::models::{
    Block, ExtraTrees, GradientBoosting, KNearest, Kernel, LogisticRegression, NaiveBayes, RandomForest, Stacked, Svm,
};
use dlr_modelling::selection::{BorutaParams, RfeEstimator, RfeParams, StabilityParams};
use dlr_modelling::splitters::{KFold, LeaveOneCentreOut, StratifiedKFold};
use dlr_modelling::stats::auc;
use dlr_modelling::steps::{
    Boruta, Combat, CorrelationFilter, Lasso, Mrmr, Pca, Rfe, RfeCv, RobustScaler, Smote, StabilitySelection,
    StandardScaler, UnivariateFilter, VarianceFilter,
};
use dlr_modelling::validation::{TuneMeasure, TunedPipeline, cross_validated_auc, permutation_test};
use ndarray::Array2;

fn models() -> Vec<(&'static str, Box<dyn Model>)> {
    let logistic = || Box::new(LogisticRegression::default()) as Box<dyn Model>;
    let blocks = vec![Block { name: "all".into(), prefixes: vec!["intra_".into()], model: logistic() }];
    let model = vec![("a".into(), logistic()), ("b".into(), Box::new(NaiveBayes::default()) as Box<dyn Model>)];
    let tuned = TunedPipeline { steps: Vec::new(), model, n_folds: 3, measure: TuneMeasure::LogLoss };
    vec![
        ("logistic", logistic()),
        ("logistic l1", Box::new(LogisticRegression { l1_ratio: 1.0, ..LogisticRegression::default() })),
        ("svm", Box::new(Svm::default())),
        ("rbf", Box::new(Svm { kernel: Kernel::Rbf, ..Svm::default() })),
        ("forest", Box::new(RandomForest::default())),
        ("extra trees", Box::new(ExtraTrees::default())),
        ("boosting", Box::new(GradientBoosting::default())),
        ("neighbours", Box::new(KNearest::default())),
        ("naive bayes", Box::new(NaiveBayes::default())),
        ("stacked", Box::new(Stacked { blocks, n_folds: 3, c: 1.0 })),
        ("tuned", Box::new(tuned)),
    ]
}

/// Steps that need values; imputation has tests of its own.
fn steps() -> Vec<(&'static str, Box<dyn TableStep>)> {
    let rfe = |estimator| {
        Box::new(Rfe::new(RfeParams { n_keep: 2, estimator, n_trees: 20, ..RfeParams::default() }))
            as Box<dyn TableStep>
    };
    vec![
        ("zscore", Box::new(StandardScaler {})),
        ("robust", Box::new(RobustScaler {})),
        ("variance", Box::new(VarianceFilter::default())),
        ("correlation", Box::new(CorrelationFilter::default())),
        ("univariate", Box::new(UnivariateFilter::default())),
        ("mrmr", Box::new(Mrmr::default())),
        ("pca", Box::new(Pca { n_components: 2, ..Pca::default() })),
        ("smote", Box::new(Smote::default())),
        ("combat", Box::new(Combat::default())),
        ("rfe svm", rfe(RfeEstimator::LinearSvm)),
        ("rfe logistic", rfe(RfeEstimator::Logistic)),
        ("rfe forest", rfe(RfeEstimator::Forest)),
        ("rfe-cv", Box::new(RfeCv::default())),
        ("lasso", Box::new(Lasso::default())),
        (
            "stability",
            Box::new(StabilitySelection::new(StabilityParams { n_samples: 10, ..StabilityParams::default() })),
        ),
        ("boruta", Box::new(Boruta::new(BorutaParams { n_trees: 20, max_rounds: 10, ..BorutaParams::default() }))),
    ]
}

/// 30 patients of two centres, 12 positive; `change` alters the values of a normal table of 8 columns.
fn data(change: impl Fn(&mut Array2<f64>)) -> Dataset {
    let record = |i: usize| CaseRecord {
        center: if i.is_multiple_of(2) { "north" } else { "south" }.into(),
        ..CaseRecord::new(format!("p{i:02}"), Some(i < 12))
    };
    let records: Vec<_> = (0..30).map(record).collect();
    let cases = records.iter().map(|r| r.id.clone()).collect();
    let mut rng = Rng::new(4);
    let mut values = Array2::from_shape_simple_fn((30, 8), || rng.normal());
    (0..12).for_each(|i| values[(i, 0)] += 1.5);
    change(&mut values);
    let names = (0..8).map(|j| FeatureName::new("intra", "original", "sample", &format!("F{j}")).unwrap()).collect();
    let (cohort, _) = Cohort::enrol(records).unwrap();
    Dataset::new(&FeatureTable::new(cases, names, values).unwrap(), &cohort).unwrap()
}

fn train(change: impl Fn(&mut Array2<f64>)) -> TrainSet {
    data(change).split_roles().unwrap().0
}

fn fit_step(step: &dyn TableStep, train: &TrainSet) -> Result<FeatureTable> {
    let train = step.resample(train, 3)?;
    step.fit(&train, 3)?.apply(train.table())
}

#[test]
fn what_is_not_a_number_is_named_with_column_and_patient() {
    let mut misses = Vec::new();
    for bad in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let train = train(|x| x[(5, 2)] = bad);
        let fits = models().into_iter().map(|(name, m)| (name, m.fit(&train, 3).err()));
        let steps = steps().into_iter().map(|(name, s)| (name, fit_step(s.as_ref(), &train).err()));
        for (name, error) in fits.chain(steps) {
            let named = error.is_some_and(|e| {
                e.code() == Code::NotFinite && e.case() == Some("p05") && e.fact().contains("intra_original_sample_F2")
            });
            if !named {
                misses.push(format!("{name} with {bad}"));
            }
        }
        // The same at prediction, after a fit on good rows.
        let good = self::train(|_| {});
        for (name, model) in models() {
            let error = model.fit(&good, 3).unwrap().predict(train.table()).err();
            let unused = name == "logistic l1";
            if !unused && error.is_none_or(|e| e.case() != Some("p05") || !e.fact().contains("F2")) {
                misses.push(format!("{name} predicting {bad}"));
            }
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn tables_without_anything_to_learn_give_the_prevalence_or_say_so() {
    let flat = train(|x| x.fill(2.0));
    let mut misses = Vec::new();
    for (name, model) in models() {
        // Every score is tied: whatever it is, all cases have the same and the area under the curve is a half.
        match model.fit(&flat, 3).and_then(|m| m.predict(flat.table())) {
            Ok(p) if auc(p.scores(), flat.labels()) == 0.5 && (p.scores()[0] - 0.4).abs() < 0.12 => {}
            Ok(p) => misses.push(format!("{name}: {:?}", &p.scores()[..2])),
            Err(error) => misses.push(format!("{name}: {error}")),
        }
    }
    // These drop columns that do not vary, so that none is left; ComBat has no variance to divide by.
    for (name, step) in steps() {
        let result = fit_step(step.as_ref(), &flat);
        let refuses = matches!(name, "variance" | "lasso" | "combat" | "pca");
        match result {
            Err(e) if refuses && e.code() == Code::Learning => {}
            Ok(table) if !refuses && table.values().iter().all(|v| v.is_finite()) => {}
            Ok(_) => misses.push(format!("step {name}: a table")),
            Err(e) => misses.push(format!("step {name}: {e}")),
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn separable_classes_give_finite_scores_that_separate_and_duplicates_change_nothing_random() {
    let apart = train(|x| (0..30).for_each(|i| x[(i, 0)] = if i < 12 { 5.0 } else { -5.0 }));
    let copies = train(|x| {
        let first = x.column(0).to_owned();
        (1..8).for_each(|j| x.column_mut(j).assign(&first));
    });
    let mut misses = Vec::new();
    for (name, model) in models() {
        let scores = |train: &TrainSet| model.fit(train, 3).and_then(|m| m.predict(train.table()));
        match scores(&apart) {
            Ok(p) if auc(p.scores(), apart.labels()) == 1.0 => {}
            Ok(p) => misses.push(format!("{name}: area {}", auc(p.scores(), apart.labels()))),
            Err(error) => misses.push(format!("{name}: {error}")),
        }
        match (scores(&copies), scores(&copies)) {
            (Ok(a), Ok(b)) if a == b => {}
            other => misses.push(format!("{name} on copies: {other:?}")),
        }
    }
    for (name, step) in steps() {
        for table in [&apart, &copies] {
            let (a, b) = (fit_step(step.as_ref(), table), fit_step(step.as_ref(), table));
            match (a, b) {
                (Ok(a), Ok(b)) if a == b && a.values().iter().all(|v| v.is_finite()) => {}
                // Of one centre per class nothing would be left; here both centres have both classes.
                (a, _) => misses.push(format!("step {name}: {a:?}")),
            }
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn one_class_or_too_few_patients_is_an_error_before_anything_is_fitted() {
    let records = |n: usize, n_positive: usize| -> Cohort {
        let one = |i: usize| CaseRecord::new(format!("p{i}"), Some(i < n_positive));
        Cohort::enrol((0..n).map(one).collect()).unwrap().0
    };
    let splitters: [(&str, Box<dyn Splitter>); 3] = [
        ("stratified", Box::new(StratifiedKFold { n_folds: 5, n_repeats: 1 })),
        ("plain", Box::new(KFold { n_folds: 5, n_repeats: 1 })),
        ("centre", Box::new(LeaveOneCentreOut {})),
    ];
    for (name, splitter) in &splitters {
        for (n, n_positive) in [(9, 9), (9, 0), (4, 2)] {
            let error = splitter.folds(&records(n, n_positive), 0).err().unwrap();
            assert_eq!(error.code(), Code::Learning, "{name}: {n} patients, {n_positive} positive");
        }
    }
    let all = data(|_| {});
    let rows: Vec<usize> = (0..12).collect();
    let one_class = all.split_roles().unwrap().0.rows(&rows).err().unwrap();
    assert!(one_class.to_string().contains("12 positive"), "{one_class}");
    // Two patients of a class: inner folds are lowered to two, nothing fails.
    let few = all.split_roles().unwrap().0.rows(&(10..30).collect::<Vec<_>>()).unwrap();
    let failed: Vec<_> =
        models().into_iter().filter_map(|(n, m)| m.fit(&few, 1).err().map(|e| format!("{n}: {e}"))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for step in [&Lasso::default() as &dyn TableStep, &RfeCv::default()] {
        step.fit(&few, 1).unwrap();
    }
}

#[test]
fn ties_in_every_score_give_the_largest_p_and_the_first_choice() {
    let flat = data(|x| x.fill(2.0));
    let (table, cohort) = (flat.table(), flat.cohort());
    let forest = RandomForest::default();
    let test = permutation_test(&forest, table, cohort, &StratifiedKFold { n_folds: 3, n_repeats: 1 }, 9, 1).unwrap();
    // Scores differ from fold to fold by the prevalence alone; no permutation can do better or worse than another.
    assert!(test.p > 0.5, "{test:?}");
    let forests = || {
        vec![
            ("first".to_owned(), Box::new(RandomForest::default()) as Box<dyn Model>),
            ("second".into(), Box::new(RandomForest::default())),
        ]
    };
    let tuned = TunedPipeline { steps: Vec::new(), model: forests(), n_folds: 3, measure: TuneMeasure::Auc };
    let frozen = tuned.fit(&flat.split_roles().unwrap().0, 1).unwrap().freeze().unwrap();
    assert_eq!(frozen.state["chosen"], 0);
}

/// scikit-learn warns where a class has fewer patients than folds; here some folds hold none of it out, inner folds are
/// lowered, and the area is that of all out-of-fold scores together, so that no fold needs both classes.
#[test]
fn a_class_with_fewer_patients_than_folds_is_validated_all_the_same() {
    let all = data(|_| {});
    let of = |n_positive: usize| {
        let rows: Vec<usize> = (12 - n_positive..30).collect();
        let cases: Vec<String> = rows.iter().map(|i| format!("p{i:02}")).collect();
        let records = all.cohort().rows().iter().filter(|r| cases.contains(&r.id));
        let records = records.map(|r| CaseRecord { center: r.center.clone(), ..CaseRecord::new(&r.id, r.label) });
        let (cohort, _) = Cohort::enrol(records.collect()).unwrap();
        Dataset::new(&all.table().rows(&rows), &cohort).unwrap()
    };
    let splitter = StratifiedKFold { n_folds: 5, n_repeats: 2 };
    let three = of(3);
    let folds = splitter.folds(three.cohort(), 0).unwrap();
    let without = folds.iter().flatten().filter(|f| f.test().iter().all(|p| p.as_str() >= "p12")).count();
    assert_eq!(without, 4, "of five folds two hold out no positive patient, in both repeats");
    let mut misses = Vec::new();
    for (name, model) in models() {
        match cross_validated_auc(model.as_ref(), &three, &splitter, 1) {
            Ok(area) if area.is_finite() => {}
            other => misses.push(format!("{name}, three: {other:?}")),
        }
        // Of two, one is left where the other is held out: what needs inner folds says so, the others learn from it.
        match cross_validated_auc(model.as_ref(), &of(2), &splitter, 1) {
            Ok(area) if area.is_finite() => {}
            Err(e) if e.code() == Code::Learning && e.to_string().contains("fewer than two patients") => {}
            other => misses.push(format!("{name}, two: {other:?}")),
        }
    }
    for step in [&Lasso::default() as &dyn TableStep, &RfeCv::default()] {
        for fold in folds.iter().flatten() {
            let (train, _) = three.split(fold).unwrap();
            step.fit(&train, 1).unwrap();
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn more_columns_to_keep_than_there_are_keeps_all_and_says_so() {
    let train = train(|_| {});
    for n_keep in [8, 9, 500] {
        let fitted = Rfe::new(RfeParams { n_keep, ..RfeParams::default() }).fit(&train, 3).unwrap();
        assert_eq!(fitted.apply(train.table()).unwrap(), *train.table());
        let said = fitted.summary();
        assert!(said.contains("8 of 8 columns") && said.contains(&format!("n_keep is {n_keep}")), "{said}");
    }
}
