//! Recomputes `shap.json` of the suite `statistics`: linear, kernel and tree SHAP values. Errors are absolute.
//!
//! Tolerances: 1e-10 for linear and kernel values against enumeration, 1e-6 for trees, where the oracle mixes 32-bit
//! thresholds into 64-bit sums. scikit-learn casts rows to 32 bit before it asks a tree; so do we, here only.

use crate::sampling::{Game, explain_game};
use crate::{LinearShap, interactions, interventional, path_dependent};
use dlr_core::conformance::SuiteTable;
use dlr_core::{Code, Error, FeatureName, FeatureTable, LinearForm, Result, Tree, TreeEnsemble, TreeScale};
use dlr_evaluation::conformance::{lacks, near, read};
use dlr_evaluation::probability;
use ndarray::{Array2, Axis};
use serde_json::Value;
use std::path::Path;

/// The file of expected values.
const FILE: &str = "shap.json";

/// The tables of the interpretation part, found beside expected.
///
/// # Errors
/// `E0201` for a missing file, `E0204` for one that is not of this layout; those of the functions that are checked.
pub fn statistics(folder: &Path) -> Result<Vec<SuiteTable>> {
    let json: Value = serde_json::from_str(&read(folder, "shap.json")?)
        .map_err(|e| Error::new(Code::FileFormat, format!("`shap.json` is not JSON: {e}")))?;
    let features = json["features"].as_array().ok_or_else(|| lacks(FILE, "features"))?;
    let features: Vec<&str> = features.iter().filter_map(Value::as_str).collect();
    let (train, test) = (table(folder, "train_clean.csv", &features)?, table(folder, "test_clean.csv", &features)?);
    // "first 12 rows of test_clean", "first 30 rows of train_clean": the numbers are read from the values themselves.
    let n = rows_of(&json, "/linear/values")?.nrows();
    let n_background = json["background"].as_str().and_then(first_number).ok_or_else(|| lacks(FILE, "background"))?;
    let cases = test.rows(&(0..n.min(test.n_cases())).collect::<Vec<_>>());
    let background = train.rows(&(0..n_background.min(train.n_cases())).collect::<Vec<_>>());
    Ok(vec![
        linear(&json, &train, &background, &cases)?,
        trees(&json, "rf", background.values(), cases.values())?,
        trees(&json, "gbdt", background.values(), cases.values())?,
    ])
}

fn linear(json: &Value, train: &FeatureTable, background: &FeatureTable, cases: &FeatureTable) -> Result<SuiteTable> {
    let mut t = SuiteTable::new("shap: linear and kernel");
    let weights = numbers(json, "/linear/coef")?;
    let intercept = number(json, "/linear/intercept")?;
    let form = LinearForm { intercept, weights: train.names().iter().cloned().zip(weights.clone()).collect() };
    let found = LinearShap::default().explain_form(&form, train, cases, 0)?;
    near(&mut t, "linear base", number(json, "/linear/base")?, found.base, 1e-10);
    all_near(&mut t, "linear", &rows_of(json, "/linear/values")?, &found.values, 1e-10);

    let output = |rows: &Array2<f64>| -> Result<Vec<f64>> {
        Ok((rows.dot(&ndarray::ArrayView1::from(&weights)) + intercept).iter().map(|m| probability(*m)).collect())
    };
    let game = Game::of_function(output, background.values().clone(), cases)?;
    let found = explain_game(&game, 100_000, 0)?;
    near(&mut t, "kernel base", number(json, "/kernel_probability/base")?, found.attribution.base, 1e-10);
    let exact = rows_of(json, "/kernel_probability/exact_enumeration")?;
    all_near(&mut t, "kernel", &exact, &found.attribution.values, 1e-10);
    Ok(t)
}

fn trees(json: &Value, which: &str, background: &Array2<f64>, cases: &Array2<f64>) -> Result<SuiteTable> {
    let mut t = SuiteTable::new(format!("shap: {which}"));
    let ensemble = ensemble(json, which)?;
    let as_single = |x: &Array2<f64>| x.mapv(|v| f64::from(v as f32));
    let (background, cases) = (as_single(background), as_single(cases));
    let (base, values) = path_dependent(&ensemble, &cases)?;
    // A forest's files hold both classes: the second is the positive one.
    let class = |pointer: &str| rows_of(json, &format!("/{which}/{pointer}"));
    let expected_base = numbers(json, &format!("/{which}/base"))?;
    near(&mut t, "path-dependent base", expected_base[expected_base.len() - 1], base, 1e-6);
    all_near(&mut t, "path-dependent", &class("path_dependent")?, &values, 1e-6);
    let (base, values) = interventional(&ensemble, &background, &cases)?;
    let pointer = format!("/{which}/interventional_base");
    let expected_base = number(json, &pointer).or_else(|_| numbers(json, &pointer).map(|v| v[v.len() - 1]))?;
    near(&mut t, "interventional base", expected_base, base, 1e-6);
    all_near(&mut t, "interventional", &class("interventional")?, &values, 1e-6);
    if json[which]["exact_enumeration_first4_class1"].is_array() {
        let expected = class("exact_enumeration_first4_class1")?;
        let first = values.select(Axis(0), &(0..expected.nrows()).collect::<Vec<_>>());
        all_near(&mut t, "interventional, enumerated", &expected, &first, 1e-6);
    }
    if let Some(expected) = json[which]["interactions_class1"].as_array() {
        let found = interactions(&ensemble, &cases)?;
        for (i, matrix) in found.outer_iter().enumerate().take(expected.len()) {
            let expected = rows_of(json, &format!("/{which}/interactions_class1/{i}"))?;
            all_near(&mut t, &format!("interactions of case {i}"), &expected, &matrix.to_owned(), 1e-6);
        }
    }
    if json[which]["raw_pred"].is_array() {
        for (i, expected) in numbers(json, &format!("/{which}/raw_pred"))?.into_iter().enumerate() {
            near(&mut t, &format!("output[{i}]"), expected, crate::ensemble_output(&ensemble, cases.row(i)), 1e-10);
        }
    }
    Ok(t)
}

fn ensemble(json: &Value, which: &str) -> Result<TreeEnsemble> {
    let list = json[which]["trees"].as_array().ok_or_else(|| lacks(FILE, "trees"))?;
    let boosted = json[which]["learning_rate"].is_number();
    let factor = if boosted { number(json, &format!("/{which}/learning_rate"))? } else { 1.0 / list.len() as f64 };
    let trees = (0..list.len()).map(|i| tree(json, &format!("/{which}/trees/{i}"), factor)).collect::<Result<_>>()?;
    Ok(TreeEnsemble {
        names: (0..numbers(json, "/linear/coef")?.len()).map(name).collect::<Result<_>>()?,
        base: if boosted { number(json, &format!("/{which}/init_raw"))? } else { 0.0 },
        trees,
        scale: if boosted { TreeScale::LogOdds } else { TreeScale::Probability },
    })
}

fn tree(json: &Value, at: &str, factor: f64) -> Result<Tree> {
    // scikit-learn writes -1 for the children of a leaf and -2 for its column.
    let index = |v: f64| if v < 0.0 { 0 } else { v as usize };
    let list = |part: &str| numbers(json, &format!("{at}/{part}"));
    Ok(Tree {
        column: list("feature")?.into_iter().map(|f| (f >= 0.0).then_some(f as usize)).collect(),
        threshold: list("threshold")?,
        left: list("left")?.into_iter().map(index).collect(),
        right: list("right")?.into_iter().map(index).collect(),
        value: rows_of(json, &format!("{at}/value"))?.outer_iter().map(|v| factor * v[v.len() - 1]).collect(),
        cover: list("cover")?,
    })
}

fn name(column: usize) -> Result<FeatureName> {
    FeatureName::new("intra", "original", "reference", &format!("F{column}"))
}

/// The named columns of a CSV file.
fn table(folder: &Path, file: &str, features: &[&str]) -> Result<FeatureTable> {
    let text = read(folder, file)?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let position = |f: &&str| header.iter().position(|h| h == f).ok_or_else(|| lacks(file, f));
    let columns = features.iter().map(position).collect::<Result<Vec<_>>>()?;
    let mut values = Vec::new();
    let mut ids = Vec::new();
    for (row_idx, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        for column in &columns {
            values.push(cells.get(*column).and_then(|c| c.trim().parse().ok()).ok_or_else(|| lacks(file, "numbers"))?);
        }
        ids.push(format!("row-{row_idx}"));
    }
    let values = Array2::from_shape_vec((ids.len(), columns.len()), values).map_err(|_| lacks(file, "numbers"))?;
    FeatureTable::new(ids, (0..columns.len()).map(name).collect::<Result<_>>()?, values)
}

fn first_number(text: &str) -> Option<usize> {
    text.split_whitespace().find_map(|word| word.parse().ok())
}

fn number(json: &Value, pointer: &str) -> Result<f64> {
    json.pointer(pointer).and_then(Value::as_f64).ok_or_else(|| lacks(FILE, pointer))
}

fn numbers(json: &Value, pointer: &str) -> Result<Vec<f64>> {
    let items = json.pointer(pointer).and_then(Value::as_array).ok_or_else(|| lacks(FILE, pointer))?;
    items.iter().map(|v| v.as_f64().ok_or_else(|| lacks(FILE, pointer))).collect()
}

/// A matrix; of a list of lists of pairs (one per class) the second of each pair.
fn rows_of(json: &Value, pointer: &str) -> Result<Array2<f64>> {
    let rows = json.pointer(pointer).and_then(Value::as_array).ok_or_else(|| lacks(FILE, pointer))?;
    let mut values = Vec::new();
    for row in rows {
        for cell in row.as_array().ok_or_else(|| lacks(FILE, pointer))? {
            let cell = cell.as_array().and_then(|pair| pair.last()).unwrap_or(cell);
            values.push(cell.as_f64().ok_or_else(|| lacks(FILE, pointer))?);
        }
    }
    let width = if rows.is_empty() { 0 } else { values.len() / rows.len() };
    Array2::from_shape_vec((rows.len(), width), values).map_err(|_| lacks(FILE, pointer))
}

fn all_near(table: &mut SuiteTable, name: &str, expected: &Array2<f64>, found: &Array2<f64>, tolerance: f64) {
    if expected.dim() != found.dim() {
        near(table, &format!("{name}: rows"), expected.nrows() as f64, f64::NAN, 0.0);
        return;
    }
    for ((i, j), e) in expected.indexed_iter() {
        near(table, &format!("{name}[{i}, {j}]"), *e, found[[i, j]], tolerance);
    }
}
