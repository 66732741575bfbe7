//! Recomputes `shap.json` of the suite `statistics`: linear, kernel and tree SHAP values. Errors are absolute.
//!
//! Tolerances: 1e-10 for linear and kernel values against enumeration, 1e-6 for trees, where the oracle mixes 32-bit
//! thresholds into 64-bit sums. scikit-learn casts rows to 32 bit before it asks a tree; so do we, here only.

use crate::sampling::{Game, explain_game};
use crate::{LinearShap, interactions, interventional, path_dependent};
use dlr_core::conformance::{ReferenceJson, SuiteTable, read_reference};
use dlr_core::{FeatureName, FeatureTable, LinearForm, Result, Tree, TreeEnsemble, TreeScale};
use dlr_evaluation::conformance::{lacks, near};
use dlr_evaluation::probability;
use ndarray::{Array2, Axis};
use serde_json::Value;
use std::path::Path;

/// The file of expected values.
const FILE: &str = "shap.json";

/// The tables of the interpretation part, found beside expected.
///
/// A key or list that is absent, of another kind or of another length is a miss that names it; the other tables are
/// compared all the same.
///
/// # Errors
/// `E0201` or `E0204` where the file itself or the clean tables, on which everything is computed, cannot be read.
pub fn statistics(folder: &Path) -> Result<Vec<SuiteTable>> {
    let json = ReferenceJson::read(folder, FILE)?;
    let features = json.texts("/features")?;
    let (train, test) = (table(folder, "train_clean.csv", &features)?, table(folder, "test_clean.csv", &features)?);
    // "first 12 rows of test_clean", "first 30 rows of train_clean": the tables say in words how many.
    let of_words = |key: &str| first_number(json.text(key)?).ok_or_else(|| lacks(FILE, key));
    let cases = test.rows(&(0..of_words("/explained")?.min(test.n_cases())).collect::<Vec<_>>());
    let background = train.rows(&(0..of_words("/background")?.min(train.n_cases())).collect::<Vec<_>>());
    let of_trees = |which| trees(&json, which, background.values(), cases.values());
    Ok(vec![
        SuiteTable::or_miss("shap: linear and kernel", linear(&json, &train, &background, &cases)),
        SuiteTable::or_miss("shap: rf", of_trees("rf")),
        SuiteTable::or_miss("shap: gbdt", of_trees("gbdt")),
    ])
}

fn linear(
    json: &ReferenceJson,
    train: &FeatureTable,
    background: &FeatureTable,
    cases: &FeatureTable,
) -> Result<SuiteTable> {
    let mut t = SuiteTable::new("shap: linear and kernel");
    let weights = json.n_numbers("/linear/coef", train.names().len())?;
    let intercept = json.number("/linear/intercept")?;
    let form = LinearForm { intercept, weights: train.names().iter().cloned().zip(weights.clone()).collect() };
    let found = LinearShap::default().explain_form(&form, train, cases, 0)?;
    near(&mut t, "linear base", json.number("/linear/base")?, found.base, 1e-10);
    all_near(&mut t, "linear", &rows_of(json, "/linear/values")?, &found.values, 1e-10);
    all_near(&mut t, "linear, by hand", &rows_of(json, "/linear/check")?, &found.values, 1e-10);

    let output = |rows: Array2<f64>| -> Result<Vec<f64>> {
        Ok((rows.dot(&ndarray::ArrayView1::from(&weights)) + intercept).iter().map(|m| probability(*m)).collect())
    };
    let game = Game::of_function(output, background.values().clone(), cases)?;
    let found = explain_game(&game, 100_000, 0)?;
    near(&mut t, "kernel base", json.number("/kernel_probability/base")?, found.attribution.base, 1e-10);
    let exact = rows_of(json, "/kernel_probability/exact_enumeration")?;
    all_near(&mut t, "kernel, enumerated", &exact, &found.attribution.values, 1e-10);
    let of_shap = rows_of(json, "/kernel_probability/kernel")?;
    all_near(&mut t, "kernel, shap", &of_shap, &found.attribution.values, 1e-10);
    Ok(t)
}

fn trees(json: &ReferenceJson, which: &str, background: &Array2<f64>, cases: &Array2<f64>) -> Result<SuiteTable> {
    let mut t = SuiteTable::new(format!("shap: {which}"));
    let ensemble = ensemble(json, which)?;
    let as_single = |x: &Array2<f64>| x.mapv(|v| f64::from(v as f32));
    let (background, cases) = (as_single(background), as_single(cases));
    let (base, values) = path_dependent(&ensemble, &cases)?;
    // A forest's files hold both classes: the second is the positive one.
    let class = |pointer: &str| rows_of(json, &format!("/{which}/{pointer}"));
    let expected_base = json.numbers(&format!("/{which}/base"))?;
    near(&mut t, "path-dependent base", expected_base[expected_base.len() - 1], base, 1e-6);
    all_near(&mut t, "path-dependent", &class("path_dependent")?, &values, 1e-6);
    let (base, values) = interventional(&ensemble, &background, &cases)?;
    let pointer = format!("/{which}/interventional_base");
    let expected_base = json.number(&pointer).or_else(|_| json.numbers(&pointer).map(|v| v[v.len() - 1]))?;
    near(&mut t, "interventional base", expected_base, base, 1e-6);
    all_near(&mut t, "interventional", &class("interventional")?, &values, 1e-6);
    if which == "rf" {
        let expected = class("exact_enumeration_first4_class1")?;
        let n = expected.nrows().min(values.nrows());
        let first = values.select(Axis(0), &(0..n).collect::<Vec<_>>());
        all_near(&mut t, "interventional, enumerated", &expected, &first, 1e-6);
        let found = interactions(&ensemble, &cases)?;
        t.same("interactions: how many", which, json.list("/rf/interactions_class1")?.len(), found.shape()[0]);
        for (i, matrix) in found.outer_iter().enumerate() {
            let expected = rows_of(json, &format!("/{which}/interactions_class1/{i}"))?;
            all_near(&mut t, &format!("interactions of case {i}"), &expected, &matrix.to_owned(), 1e-6);
        }
    } else {
        let expected = json.n_numbers(&format!("/{which}/raw_pred"), cases.nrows())?;
        for (i, expected) in expected.into_iter().enumerate() {
            near(&mut t, &format!("output[{i}]"), expected, crate::ensemble_output(&ensemble, cases.row(i)), 1e-10);
        }
    }
    Ok(t)
}

fn ensemble(json: &ReferenceJson, which: &str) -> Result<TreeEnsemble> {
    let list = json.list(&format!("/{which}/trees"))?;
    // The layout has a boosted ensemble under this key, and a forest under the other.
    let boosted = which == "gbdt";
    let factor = if boosted { json.number(&format!("/{which}/learning_rate"))? } else { 1.0 / list.len() as f64 };
    let n_columns = json.list("/linear/coef")?.len();
    let of_tree = |i: usize| tree(json, &format!("/{which}/trees/{i}"), n_columns, factor);
    let trees = (0..list.len()).map(of_tree).collect::<Result<_>>()?;
    Ok(TreeEnsemble {
        names: (0..n_columns).map(name).collect::<Result<_>>()?,
        base: if boosted { json.number(&format!("/{which}/init_raw"))? } else { 0.0 },
        trees,
        scale: if boosted { TreeScale::LogOdds } else { TreeScale::Probability },
    })
}

fn tree(json: &ReferenceJson, at: &str, n_columns: usize, factor: f64) -> Result<Tree> {
    // scikit-learn writes -1 for the children of a leaf and -2 for its column.
    let index = |v: f64| if v < 0.0 { 0 } else { v as usize };
    let list = |part: &str| json.numbers(&format!("{at}/{part}"));
    let n = list("left")?.len();
    let list = |part: &str| json.n_numbers(&format!("{at}/{part}"), n);
    let children = [list("left")?, list("right")?].concat();
    if children.iter().any(|c| *c >= n as f64) || list("feature")?.iter().any(|f| *f >= n_columns as f64) {
        return Err(lacks(FILE, &format!("{at}: nodes and columns that exist")));
    }
    let value = rows_of(json, &format!("{at}/value"))?;
    if value.nrows() != n || value.ncols() == 0 {
        return Err(lacks(FILE, &format!("{at}/value")));
    }
    Ok(Tree {
        column: list("feature")?.into_iter().map(|f| (f >= 0.0).then_some(f as usize)).collect(),
        threshold: list("threshold")?,
        left: list("left")?.into_iter().map(index).collect(),
        right: list("right")?.into_iter().map(index).collect(),
        value: value.outer_iter().map(|v| factor * v[v.len() - 1]).collect(),
        cover: list("cover")?,
    })
}

fn name(column: usize) -> Result<FeatureName> {
    FeatureName::new("intra", "original", "reference", &format!("F{column}"))
}

/// The named columns of a CSV file.
fn table(folder: &Path, file: &str, features: &[String]) -> Result<FeatureTable> {
    let text = read_reference(folder, file)?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let position = |f: &String| header.iter().position(|h| h == f).ok_or_else(|| lacks(file, f));
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

/// A matrix; of a list of lists of pairs (one per class) the second of each pair.
fn rows_of(json: &ReferenceJson, pointer: &str) -> Result<Array2<f64>> {
    let rows = json.list(pointer)?;
    let mut values = Vec::new();
    for row in rows {
        for cell in row.as_array().ok_or_else(|| lacks(FILE, pointer))? {
            let cell = cell.as_array().and_then(|pair| pair.last()).unwrap_or(cell);
            values.push(cell.as_f64().ok_or_else(|| lacks(FILE, pointer))?);
        }
    }
    let width = rows.first().and_then(Value::as_array).map_or(0, Vec::len);
    if rows.iter().any(|r| r.as_array().map_or(0, Vec::len) != width) {
        return Err(lacks(FILE, pointer));
    }
    Array2::from_shape_vec((rows.len(), width), values).map_err(|_| lacks(FILE, pointer))
}

fn all_near(table: &mut SuiteTable, name: &str, expected: &Array2<f64>, found: &Array2<f64>, tolerance: f64) {
    let on = table.name.clone();
    table.same(&format!("{name}: shape"), &on, format!("{:?}", expected.dim()), format!("{:?}", found.dim()));
    if expected.dim() != found.dim() {
        return;
    }
    for ((i, j), e) in expected.indexed_iter() {
        near(table, &format!("{name}[{i}, {j}]"), *e, found[[i, j]], tolerance);
    }
}
