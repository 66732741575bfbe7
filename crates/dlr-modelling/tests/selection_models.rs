//! Support vector machines with their probabilities, components, RFECV, late fusion, ComBat with a reference batch and the
//! ICC filter against scikit-learn, neuroCombat and psych.
//!
//! Where the values and tolerances come from: `data-fixtures/ml_models/README.md`.
#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "support/tables.rs"]
mod tables;

use dlr_core::{
    CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, FittedModel, Fold, Form, Model, Role, Splitter, TableStep,
    TrainSet, derive_seed,
};
use dlr_modelling::Columns;
use dlr_modelling::glm::{ClassWeight, Intercept, Loss, fit_l2};
use dlr_modelling::harmonise::{CombatMode, fit_combat};
use dlr_modelling::models::{Block, InverseStrength, Kernel, LogisticRegression, Stacked, Svm};
use dlr_modelling::selection::{RfeEstimator, RfeParams, RfeStep, rfe_cv};
use dlr_modelling::splitters::StratifiedKFold;
use dlr_modelling::stats::IccForm;
use dlr_modelling::steps::{IccFilter, IccParams, Pca, Unread};
use ndarray::{Array1, Array2};
use serde_json::Value;
use tables::{Tables, json, tables};

fn expected() -> Value {
    json("ml_models/selection_models.json")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn largest_difference(expected: &[f64], found: &[f64]) -> f64 {
    assert_eq!(expected.len(), found.len());
    expected.iter().zip(found).map(|(e, f)| (e - f).abs()).fold(0.0, f64::max)
}

fn log_odds(model: &dyn FittedModel, table: &FeatureTable) -> Vec<f64> {
    model.predict(table).unwrap().scores().iter().map(|p| (p / (1.0 - p)).ln()).collect()
}

fn fold_of(train: &TrainSet, folds: &[Fold]) -> Vec<usize> {
    let fold = |patient: &str| folds.iter().position(|f| f.test().contains(patient)).unwrap();
    train.cohort().rows().iter().map(|row| fold(&row.patient)).collect()
}

/// The oracle was fitted on the folds that are dealt here.
#[test]
fn folds_are_those_of_the_oracle() {
    let t = tables();
    assert_eq!(t.test.n_cases(), t.test_labels.len());
    let folds = json("ml_models/inner_folds.json");
    let of_svm = &StratifiedKFold { n_folds: 5, n_repeats: 2 }.folds(t.train.cohort(), 0).unwrap()[1];
    let of_stack = &StratifiedKFold { n_folds: 5, n_repeats: 1 }.folds(t.train.cohort(), derive_seed(0, 0)).unwrap()[0];
    for (name, own) in [("svm", of_svm), ("stacked", of_stack)] {
        let own: Vec<f64> = fold_of(&t.train, own).iter().map(|k| *k as f64).collect();
        assert_eq!(numbers(&folds[name]), own, "{name}");
    }
}

#[test]
fn machines_and_their_cross_fitted_probabilities_are_those_of_scikit_learn() {
    let t = tables();
    let all = expected();
    let settings = all["svm"].as_array().unwrap();
    assert_eq!(settings.len(), 4);
    for setting in settings {
        let model = Svm {
            kernel: if setting["kernel"] == "rbf" { Kernel::Rbf } else { Kernel::Linear },
            c: setting["C"].as_f64().unwrap(),
            gamma: setting["gamma"].as_f64(),
            class_weight: if setting["class_weight"] == "balanced" { ClassWeight::Balanced } else { ClassWeight::None },
            n_folds: 5,
        };
        let found = log_odds(model.fit(&t.train, 0).unwrap().as_ref(), &t.test);
        let difference = largest_difference(&numbers(&setting["log_odds"]), &found);
        println!("{model:?}: {difference:e}");
        assert!(difference < 1e-5, "{model:?}: {difference:e}");
    }
}

#[test]
fn components_are_those_of_scikit_learn() {
    let t = tables();
    let all = expected();
    for setting in all["pca"].as_array().unwrap() {
        let n_rows = setting["n_rows"].as_u64().unwrap() as usize;
        let train = t.train.rows(&(0..n_rows).collect::<Vec<_>>()).unwrap();
        let fitted = Pca { n_components: 10, ..Pca::default() }.fit(&train, 0).unwrap();
        let frozen = fitted.freeze().unwrap().state;
        let explained = largest_difference(&numbers(&setting["explained"]), &numbers(&frozen["explained"]));
        let loading = largest_difference(&numbers(&setting["first_loading"]), &numbers(&frozen["components"][0]));
        let scores = fitted.apply(&t.test.rows(&(0..20).collect::<Vec<_>>())).unwrap();
        let scores = largest_difference(
            &matrix(&setting["scores_test"]).concat(),
            &scores.values().iter().copied().collect::<Vec<_>>(),
        );
        println!("{n_rows} rows: explained {explained:e}, loading {loading:e}, scores {scores:e}");
        assert!(explained < 1e-12 && loading < 1e-11 && scores < 1e-10);
    }
}

#[test]
fn rfecv_has_the_curve_and_the_number_of_scikit_learn() {
    let t = tables();
    let x = Columns::from_rows(t.train.x().view());
    let text = std::fs::read_to_string(data_fixtures::path("ml_reference/folds.csv")).unwrap();
    let fold_of: Vec<usize> =
        text.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().parse::<usize>().unwrap() - 1).collect();
    let all = expected();
    for setting in all["rfecv"].as_array().unwrap() {
        let step = setting["step"].as_u64().unwrap() as usize;
        let params = RfeParams {
            n_keep: 1,
            step: RfeStep::Count(step),
            fine_below: 0,
            estimator: RfeEstimator::Logistic,
            ..RfeParams::default()
        };
        let found = rfe_cv(&x, t.train.labels(), &fold_of, &params, 0).unwrap();
        let mut sizes: Vec<f64> = found.sizes.iter().map(|n| *n as f64).collect();
        sizes.reverse();
        assert_eq!(numbers(&setting["n_features"]), sizes, "step {step}");
        let mut mean = found.mean.clone();
        mean.reverse();
        let of_mean = largest_difference(&numbers(&setting["mean"]), &mean);
        let smallest: Vec<f64> = found.folds.iter().rev().take(10).flatten().copied().collect();
        let of_folds = largest_difference(&matrix(&setting["folds_at_10_sizes"]).concat(), &smallest);
        println!("step {step}: mean {of_mean:e}, folds {of_folds:e}, best {}", found.n_best);
        assert!(of_mean < 1e-12 && of_folds < 1e-12);
        assert_eq!(setting["n_best"].as_u64().unwrap() as usize, found.n_best);
        let kept: Vec<f64> = found.elimination.kept.iter().map(|j| *j as f64).collect();
        assert_eq!(numbers(&setting["kept"]), kept);
    }
}

/// The first 20 columns as block `early`, the others as block `late`.
fn in_two_blocks(t: &Tables, n_first: usize) -> (TrainSet, FeatureTable) {
    let names: Vec<FeatureName> = (0..t.train.names().len())
        .map(|j| {
            let roi = if j < n_first { "early" } else { "late" };
            FeatureName::new(roi, "original", "sample", &format!("F{j:02}")).unwrap()
        })
        .collect();
    let renamed = |table: &FeatureTable| {
        FeatureTable::new(table.cases().to_vec(), names.clone(), table.values().clone()).unwrap()
    };
    (t.train.with_table(renamed(t.train.table())).unwrap(), renamed(&t.test))
}

fn logistic(c: f64) -> LogisticRegression {
    LogisticRegression { c: InverseStrength::Fixed(c), l1_ratio: 0.0, class_weight: ClassWeight::None, n_folds: 5 }
}

fn stack(c_of_blocks: f64) -> Stacked {
    let block = |name: &str| Block {
        name: name.into(),
        prefixes: vec![format!("{name}_")],
        model: Box::new(logistic(c_of_blocks)),
    };
    Stacked { blocks: vec![block("early"), block("late")], n_folds: 5, c: 1.0 }
}

#[test]
fn late_fusion_is_that_of_scikit_learn_on_the_same_folds() {
    let (t, all) = (tables(), expected());
    let e = &all["stacked"];
    let (train, test) = in_two_blocks(&t, e["first_block"].as_u64().unwrap() as usize);
    let fitted = stack(e["c"].as_f64().unwrap()).fit(&train, 0).unwrap();
    let odds = largest_difference(&numbers(&e["log_odds"]), &log_odds(fitted.as_ref(), &test));
    let weights = numbers(&fitted.freeze().unwrap().state["weights"]);
    let weights = largest_difference(&numbers(&e["block_weights"]), &weights);
    println!("log odds {odds:e}, weights of the blocks {weights:e}");
    assert!(odds < 1e-8 && weights < 1e-8);
}

/// Late fusion as PROTOCOL, section 6, tells it, one step after the other.
#[test]
fn late_fusion_is_what_the_slow_version_does() {
    let t = tables();
    let (train, test) = in_two_blocks(&t, 20);
    let margin = |model: &dyn FittedModel, row: &[f64], names: &[FeatureName]| {
        let Form::Linear(form) = model.form() else { panic!("a logistic regression is linear") };
        let value = |name: &FeatureName| row[names.iter().position(|n| n == name).unwrap()];
        form.intercept + form.weights.iter().map(|(name, w)| w * value(name)).sum::<f64>()
    };
    let columns = |block: &str| -> Vec<usize> {
        (0..train.names().len()).filter(|j| train.names()[*j].to_string().starts_with(block)).collect()
    };
    let of_block = |set: &TrainSet, block: &str| {
        logistic(0.3).fit(&set.with_table(set.table().columns(&columns(block))).unwrap(), 0).unwrap()
    };
    let splitter = StratifiedKFold { n_folds: 5, n_repeats: 1 };
    let folds = splitter.folds(train.cohort(), derive_seed(0, 0)).unwrap().remove(0);
    let mut z = Array2::zeros((train.n_cases(), 2));
    for fold in &folds {
        let (inner, _) = train.split(fold).unwrap();
        for (b, block) in ["early_", "late_"].into_iter().enumerate() {
            let model = of_block(&inner, block);
            for (i, row) in train.cohort().rows().iter().enumerate() {
                if fold.test().contains(&row.patient) {
                    z[(i, b)] = margin(model.as_ref(), &train.x().row(i).to_vec(), train.names());
                }
            }
        }
    }
    let (means, sds) = (z.mean_axis(ndarray::Axis(0)).unwrap(), z.std_axis(ndarray::Axis(0), 0.0));
    let scaled = (&z - &means) / &sds;
    let ones = vec![1.0; train.n_cases()];
    let x = Columns::from_rows(scaled.view());
    let joined = fit_l2(&x, train.labels(), &ones, Loss::Logistic, Intercept::Free).unwrap();
    let blocks = [of_block(&train, "early_"), of_block(&train, "late_")];
    let slow: Vec<f64> = (0..test.n_cases())
        .map(|i| {
            let row = test.values().row(i).to_vec();
            let own: Array1<f64> = blocks.iter().map(|m| margin(m.as_ref(), &row, test.names())).collect();
            joined.intercept + ((own - &means) / &sds).iter().zip(&joined.weights).map(|(v, w)| v * w).sum::<f64>()
        })
        .collect();
    let found = log_odds(stack(0.3).fit(&train, 0).unwrap().as_ref(), &test);
    let difference = largest_difference(&slow, &found);
    println!("{difference:e}");
    assert!(difference < 1e-11, "{difference:e}");
}

#[test]
fn combat_with_a_reference_batch_is_that_of_neurocombat() {
    let text = std::fs::read_to_string(data_fixtures::path("ml_reference/combat_in.csv")).unwrap();
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|l| l.split(',').map(|c| c.parse().unwrap()).collect()).collect();
    let of = |first: usize, n: usize| {
        Columns::from_rows(Array2::from_shape_fn((rows.len(), n), |(i, j)| rows[i][first + j]).view())
    };
    let (x, covariates) = (of(2, rows[0].len() - 2), of(1, 1));
    let batch: Vec<String> = rows.iter().map(|r| format!("{}", r[0])).collect();
    let all = expected();
    let settings = all["combat_reference"].as_array().unwrap();
    assert_eq!(settings.len(), 4);
    for setting in settings {
        let mode: CombatMode = serde_json::from_value(setting["mode"].clone()).unwrap();
        let reference = setting["reference"].as_str().unwrap();
        let fit = fit_combat(&x, &batch, &covariates, mode, Some(reference)).unwrap();
        let mut worst = 0.0_f64;
        for (i, row) in matrix(&setting["data"]).iter().enumerate() {
            let b = fit.batch(&batch[i]).unwrap();
            for (j, value) in row.iter().enumerate() {
                let found = fit.value(x.column(j)[i], j, b, &[covariates.column(0)[i]]);
                worst = worst.max((found - value).abs());
                assert!(batch[i] != reference || (found - x.column(j)[i]).abs() < 1e-12, "the reference stays");
            }
        }
        println!("{mode:?}: {worst:e}");
        assert!(worst < 1e-8, "{mode:?}: {worst:e}");
    }
}

/// The filter keeps a column where psych's lower bound reaches the limit, to the ninth digit, and drops it beyond.
#[test]
fn the_icc_filter_cuts_at_the_lower_bound_of_psych() {
    let text = std::fs::read_to_string(data_fixtures::path("ml_reference/icc.csv")).unwrap();
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|l| l.split(',').map(|c| c.parse().unwrap()).collect()).collect();
    let records: Vec<CaseRecord> = (0..rows.len())
        .map(|i| CaseRecord { role: Role::Train, ..CaseRecord::new(format!("p{i:02}"), Some(i % 2 == 0)) })
        .collect();
    let cases: Vec<String> = records.iter().map(|r| r.id.clone()).collect();
    let name = FeatureName::new("intra", "original", "sample", "F0").unwrap();
    let reading = |k: usize| {
        let values = Array2::from_shape_fn((rows.len(), 1), |(i, _)| rows[i][k]);
        FeatureTable::new(cases.clone(), vec![name.clone()], values).unwrap()
    };
    let readings: Vec<FeatureTable> = (0..rows[0].len()).map(reading).collect();
    let (cohort, _) = Cohort::enrol(records).unwrap();
    let (train, _) = Dataset::new(&readings[0], &cohort).unwrap().split_roles().unwrap();
    let r = json("ml_reference/r_oracle.json");
    let kinds: Vec<&str> = r["icc"]["type"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    for (form, kind) in [(IccForm::OneOne, "ICC1"), (IccForm::TwoOne, "ICC2"), (IccForm::ThreeOne, "ICC3")] {
        let lower = numbers(&r["icc"]["lower"])[kinds.iter().position(|k| *k == kind).unwrap()];
        for (min_lower, is_kept) in [(lower - 1e-9, true), (lower + 1e-9, false)] {
            let params = IccParams { form, min_lower, unread: Unread::Drop };
            let step = IccFilter { params, readings: readings.clone() };
            let kept = step.fit(&train, 0).and_then(|f| f.apply(train.table())).is_ok_and(|t| t.n_features() == 1);
            assert_eq!(kept, is_kept, "{kind}: lower bound {lower}, limit {min_lower}");
        }
    }
}
