//! Thirteen real tables from end to end, and their nested cross-validated AUC beside that of scikit-learn on the same folds.
//!
//! The tables have no licence that lets them be here: the test reads them from the folder named by `DLR_SHARED` and says so
//! where that is not set. The AUCs of scikit-learn are in `data-fixtures/real_tables`; its script states the protocol.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Cohort, FittedModel, Fold, Model, Result, Role, Splitter, TrainSet, derive_seed};
use dlr_evaluation::auc;
use dlr_experiment::{ExperimentFile, Places, Registry, progress::Quiet, run};
use dlr_modelling::{
    Pipeline,
    models::{InverseStrength, LogisticRegression},
    stats::Adjustment,
    steps::{MedianImputer, StandardScaler, UnivariateFilter, UnivariateTest, VarianceFilter},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

/// How far the AUC may be from that of scikit-learn.
const TOLERANCE: f64 = 0.02;
const GRID: [f64; 4] = [0.01, 0.1, 1.0, 10.0];

/// Rule R of the script: patients sorted by identifier, those of class 0 and then those of class 1 dealt in turn.
#[derive(Serialize, Deserialize)]
struct ByRule {
    n_folds: usize,
}

impl Splitter for ByRule {
    fn folds(&self, cohort: &Cohort, _seed: u64) -> Result<Vec<Vec<Fold>>> {
        let mut label_of: BTreeMap<&str, bool> = BTreeMap::new();
        for row in cohort.rows().iter().filter(|row| row.role == Role::Train) {
            label_of.extend(row.label.map(|label| (row.patient.as_str(), label)));
        }
        let of_class = |class: bool| label_of.iter().filter(move |(_, l)| **l == class).map(|(p, _)| (*p).to_owned());
        let dealt: Vec<String> = of_class(false).chain(of_class(true)).collect();
        let side = |fold: usize, is_test: bool| {
            let inside = dealt.iter().enumerate().filter(|(i, _)| (i % self.n_folds == fold) == is_test);
            inside.map(|(_, patient)| patient.clone()).collect()
        };
        Ok(vec![(0..self.n_folds).map(|k| Fold::new(side(k, false), side(k, true))).collect::<Result<_>>()?])
    }
}

/// The whole protocol as one model: every step is fitted again inside every inner fold.
#[derive(Serialize, Deserialize)]
struct NestedByRule {}

fn pipeline(c: f64) -> Pipeline {
    let filter =
        UnivariateFilter { test: UnivariateTest::Student, adjustment: Adjustment::None, max_p: 1e-300, min_keep: 20 };
    let variance = VarianceFilter { near_zero: false, ..VarianceFilter::default() };
    Pipeline {
        steps: vec![
            Box::new(MedianImputer::default()),
            Box::new(variance),
            Box::new(StandardScaler {}),
            Box::new(filter),
        ],
        model: Box::new(LogisticRegression { c: InverseStrength::Fixed(c), ..LogisticRegression::default() }),
    }
}

impl Model for NestedByRule {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        let folds = ByRule { n_folds: 5 }.folds(train.cohort(), seed)?.remove(0);
        let mut best = (f64::NEG_INFINITY, GRID[0]);
        for c in GRID {
            let mut sum = 0.0;
            for (k, fold) in folds.iter().enumerate() {
                let (inner, held_out) = train.split(fold)?;
                let fitted = pipeline(c).fit(&inner, derive_seed(seed, k as u64))?;
                sum += auc(fitted.predict(held_out.table())?.scores(), held_out.truth().labels())?;
            }
            if sum / 5.0 > best.0 + 1e-12 {
                best = (sum / 5.0, c);
            }
        }
        pipeline(best.1).fit(train, seed)
    }
}

fn registry() -> Registry {
    let mut registry = Registry::builtin();
    registry.splitters.add("by-rule", |params| Ok(Box::new(params.read::<ByRule>()?)));
    registry.models.add("nested-by-rule", |params| Ok(Box::new(params.read::<NestedByRule>()?)));
    registry
}

fn experiment(table: &str, exclude: &str, splitter: &str) -> String {
    format!(
        r#"
name = "real"
title = "{table}"
question = "Is the nested AUC that of scikit-learn?"
seed = 1
models = [{{ name = "nested", title = "Nested", blocks = ["t"], pipeline = "nested" }}]
cohort = {{ source = "table", params = {{ path = "{table}.csv.gz" }}, positive = "1", negative = "0" }}
features = {{ t = {{ stage = "table", path = "{table}.csv.gz", exclude = [{exclude}] }} }}
pipelines = {{ nested = {{ model = {{ stage = "nested-by-rule" }} }} }}
validation = {{ splitter = {splitter} }}
report = {{ explain = "nested" }}
"#
    )
}

/// Runs and gives `metrics.json`.
fn metrics(folder: &Path, table: &str, splitter: &str) -> Value {
    let out = tempfile::tempdir().unwrap();
    let exclude = if table == "STS-grade" { "\"lung_metastasis\"" } else { "" };
    let file = ExperimentFile::parse(&experiment(table, exclude, splitter), &[]).unwrap();
    let places = Places { experiment: folder, out: out.path(), cache: &out.path().join("cache") };
    let finished = run(&file, &registry(), &places, &Quiet).unwrap_or_else(|error| panic!("{table}: {error}"));
    assert!(finished.folder.join("report.html").is_file(), "{table}");
    serde_json::from_str(&fs::read_to_string(finished.folder.join("metrics.json")).unwrap()).unwrap()
}

/// The rows of the fixture: name and the columns after it.
fn expected() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(data_fixtures::path("real_tables/auc.csv")).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|mut cells| (cells.remove(0), cells)).collect()
}

#[test]
fn nested_auc_is_that_of_scikit_learn() {
    let Some(folder) = data_fixtures::shared("data/tables") else { return };
    let rows = expected();
    assert_eq!(rows.len(), 13);
    let mut misses = Vec::new();
    for (table, cells) in rows {
        let metrics = metrics(&folder, &table, "{ stage = \"by-rule\", n_folds = 5 }");
        let found = &metrics["models"]["nested"]["train_cv"];
        let counts = [&found["n"], &found["n_positive"]].map(|v| v.as_u64().unwrap().to_string());
        assert_eq!(counts[..], cells[..2], "{table}");
        for (key, cell) in [("auc", &cells[2]), ("auc_within_folds", &cells[3])] {
            let (found, expected) = (found[key].as_f64().unwrap(), cell.parse::<f64>().unwrap());
            eprintln!("{table:<22} {key:<17} {found:.4}  scikit-learn {expected:.4}");
            if (found - expected).abs() > TOLERANCE {
                misses.push(format!("{table} {key}: {found:.4} against {expected:.4}"));
            }
        }
        for audit in ["duplicates", "post-baseline", "events-per-feature/nested", "volume-baseline/nested"] {
            assert!(metrics["audits"][audit]["status"].is_string() || audit.starts_with("volume"), "{table}: {audit}");
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}

/// The 100 divisions of the WORC study, as its files list them.
#[test]
fn published_divisions_of_two_sarcoma_tables() {
    let Some(folder) = data_fixtures::shared("data/tables") else { return };
    let mut misses = Vec::new();
    for (table, cells) in expected().into_iter().filter(|(_, cells)| !cells[4].is_empty()) {
        let splits = format!("worc_cv_splits_{}.csv.gz", table.trim_start_matches("WORC-"));
        let metrics = metrics(&folder, &table, &format!("{{ stage = \"listed\", path = \"{splits}\" }}"));
        let found = metrics["models"]["nested"]["train_cv"]["auc_within_folds"].as_f64().unwrap();
        let expected: f64 = cells[4].parse().unwrap();
        eprintln!("{table:<22} 100 divisions     {found:.4}  scikit-learn {expected:.4}");
        if (found - expected).abs() > TOLERANCE {
            misses.push(format!("{table}: {found:.4} against {expected:.4}"));
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}
