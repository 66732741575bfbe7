//! Selection with chance in it, against slow, obvious versions and on signals that are known.
#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "support/tables.rs"]
mod tables;

use dlr_core::{Form, Model, Rng, TrainSet, Tree, derive_seed};
use dlr_modelling::Columns;
use dlr_modelling::glm::{Family, PathLimits, PathProblem, penalties, solve_path};
use dlr_modelling::models::{ForestParams, RandomForest};
use dlr_modelling::selection::{RfeEstimator, RfeParams, RfeStep, StabilityParams, eliminate, stability};
use ndarray::Array2;
use std::collections::BTreeSet;
use tables::{json, tables};

/// Decrease of the Gini impurity at every node, from what the leaves hold: nothing of the growing is used.
fn gini_decrease(tree: &Tree, n_trees: f64, importance: &mut [f64]) {
    /// Weight of all rows and of the positive ones below a node.
    fn mass(tree: &Tree, node: usize, n_trees: f64) -> (f64, f64) {
        if tree.column[node].is_none() {
            return (tree.cover[node], tree.cover[node] * tree.value[node] * n_trees);
        }
        let (left, right) = (mass(tree, tree.left[node], n_trees), mass(tree, tree.right[node], n_trees));
        (left.0 + right.0, left.1 + right.1)
    }
    let impurity = |(all, positive): (f64, f64)| {
        let p = positive / all;
        all * (1.0 - p * p - (1.0 - p) * (1.0 - p))
    };
    let mut own = vec![0.0; importance.len()];
    for node in 0..tree.column.len() {
        if let Some(column) = tree.column[node] {
            let of = |node: usize| impurity(mass(tree, node, n_trees));
            own[column] += of(node) - of(tree.left[node]) - of(tree.right[node]);
        }
    }
    let total: f64 = own.iter().sum();
    if total > 0.0 {
        importance.iter_mut().zip(own).for_each(|(all, own)| *all += own / total);
    }
}

fn importance_of(train: &TrainSet, columns: &[usize], n_trees: usize, seed: u64) -> Vec<f64> {
    let train = train.with_table(train.table().columns(columns)).unwrap();
    let forest = RandomForest { params: ForestParams { n_trees, ..ForestParams::default() } };
    let Form::Trees(form) = forest.fit(&train, seed).unwrap().form() else { panic!("a forest has trees") };
    let mut importance = vec![0.0; columns.len()];
    form.trees.iter().for_each(|tree| gini_decrease(tree, n_trees as f64, &mut importance));
    importance
}

#[test]
fn elimination_by_a_forest_is_what_the_slow_version_does() {
    let t = tables();
    let train = t.train.with_table(t.train.table().columns(&(0..16).collect::<Vec<_>>())).unwrap();
    let (n_trees, n_keep, seed) = (25, 4, 11);
    let params = RfeParams {
        n_keep,
        step: RfeStep::Count(3),
        fine_below: 6,
        estimator: RfeEstimator::Forest,
        n_trees,
        ..RfeParams::default()
    };
    let x = Columns::from_rows(train.x().view());
    let found = eliminate(&x, train.labels(), &params, seed).unwrap();

    let mut left: Vec<usize> = (0..16).collect();
    for round in &found.rounds {
        let importance = importance_of(&train, &left, n_trees, derive_seed(seed, left.len() as u64));
        let mut order: Vec<usize> = (0..left.len()).collect();
        order.sort_by(|a, b| importance[*a].total_cmp(&importance[*b]).then(a.cmp(b)));
        let n_drop = if left.len() <= 6 { 1 } else { 3 }.min(left.len() - n_keep);
        let removed: Vec<usize> = order[..n_drop].iter().map(|k| left[*k]).collect();
        assert_eq!(removed, round.removed, "with {} columns left", left.len());
        let margin = importance[order[n_drop]] / importance[order[n_drop - 1]];
        assert!((round.margin_ratio / margin - 1.0).abs() < 1e-9, "{} and {margin}", round.margin_ratio);
        left.retain(|j| !removed.contains(j));
    }
    assert_eq!(found.kept, left);
    // Rounds of 16, 13, 10, 7 columns lose three (of 7: down to 4).
    assert_eq!(found.rounds.iter().map(|r| r.removed.len()).collect::<Vec<_>>(), [3, 3, 3, 3]);
    let again = eliminate(&x, train.labels(), &params, seed).unwrap();
    assert_eq!(found, again, "one seed, one result");
    assert_ne!(found.rounds, eliminate(&x, train.labels(), &params, seed + 1).unwrap().rounds);
}

#[test]
fn elimination_by_a_forest_finds_a_signal() {
    let mut rng = Rng::new(3);
    let labels: Vec<bool> = (0..80).map(|i| i % 2 == 0).collect();
    // Column 7 acts only through its size: no linear machine sees it.
    let values = Array2::from_shape_fn((80, 20), |(i, j)| match (j, labels[i]) {
        (2, true) => rng.normal() + 2.0,
        (7, true) => 3.0 * rng.normal(),
        (7, false) => 0.3 * rng.normal(),
        _ => rng.normal(),
    });
    let x = Columns::from_rows(values.view());
    let params = RfeParams { n_keep: 2, estimator: RfeEstimator::Forest, n_trees: 60, ..RfeParams::default() };
    for seed in 0..5 {
        assert_eq!(eliminate(&x, &labels, &params, seed).unwrap().kept, [2, 7], "seed {seed}");
    }
}

/// Halves of the patients, class by class, and the first columns to enter the path of each half.
fn slow_stability(x: &Columns, labels: &[bool], patients: &[&str], params: &StabilityParams, seed: u64) -> Vec<f64> {
    let names: BTreeSet<&str> = patients.iter().copied().collect();
    let is_positive = |name: &str| (0..labels.len()).any(|i| patients[i] == name && labels[i]);
    let mut frequency = vec![0.0; x.n_columns()];
    for k in 0..params.n_samples as u64 {
        let mut rng = Rng::stream(seed, k);
        let mut drawn: BTreeSet<&str> = BTreeSet::new();
        for class in [false, true] {
            let mut of_class: Vec<&str> = names.iter().copied().filter(|n| is_positive(n) == class).collect();
            rng.shuffle(&mut of_class);
            drawn.extend(&of_class[..of_class.len().div_ceil(2)]);
        }
        let rows: Vec<usize> = (0..labels.len()).filter(|i| drawn.contains(patients[*i])).collect();
        let mut half = x.rows(&rows);
        half.standardise();
        let y: Vec<f64> = rows.iter().map(|i| if labels[*i] { 1.0 } else { 0.0 }).collect();
        let ones = vec![1.0; rows.len()];
        let problem =
            PathProblem { x: &half, y: &y, weights: &ones, family: Family::Binomial, l1_ratio: 1.0, intercept: true };
        // The path far enough and to more digits than the fast version asks for.
        let limits = PathLimits { tolerance: 1e-9, max_columns: 3 * params.n_enter, max_explained: 0.99 };
        let path = solve_path(&problem, &penalties(&problem, 100, 0.01), limits).unwrap();
        let mut entered: Vec<usize> = Vec::new();
        for point in &path {
            let new: Vec<usize> = point.weights.iter().map(|(j, _)| *j).filter(|j| !entered.contains(j)).collect();
            entered.extend(new);
        }
        entered.iter().take(params.n_enter).for_each(|j| frequency[*j] += 1.0);
    }
    frequency.iter_mut().for_each(|f| *f /= params.n_samples as f64);
    frequency
}

#[test]
fn stability_selection_is_what_the_slow_version_does_and_finds_a_signal() {
    let mut rng = Rng::new(8);
    // 90 patients, every ninth with a second row, of the other class.
    let mut patients: Vec<String> = (0..90).map(|i| format!("p{i:02}")).collect();
    let mut labels: Vec<bool> = (0..90).map(|i| i % 3 == 0).collect();
    for i in (0..90).step_by(9) {
        patients.push(format!("p{i:02}"));
        labels.push(false);
    }
    let signal = [4, 40, 77];
    let values = Array2::from_shape_fn((labels.len(), 120), |(i, j)| {
        rng.normal() + if signal.contains(&j) && labels[i] { 1.6 } else { 0.0 }
    });
    let x = Columns::from_rows(values.view());
    let names: Vec<&str> = patients.iter().map(String::as_str).collect();
    let params = StabilityParams { n_samples: 40, n_enter: 8, min_frequency: 0.85, min_keep: 1 };
    let found = stability(&x, &labels, &names, &params, 5).unwrap();
    assert_eq!(found.kept, signal, "{:?}", found.frequency);
    let slow = slow_stability(&x, &labels, &names, &params, 5);
    let most = found.frequency.iter().zip(&slow).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("largest difference of a frequency {most}");
    assert!(most < 1e-9, "{most}");
    assert!((found.false_selections - 64.0 / (0.7 * 120.0)).abs() < 1e-12);
}

/// A patient with rows of both classes was drawn once for each: with one of the two drawn, the row of the other class was
/// not left out with the patient. Now a half holds all rows of a patient or none.
#[test]
fn a_patient_with_both_classes_is_drawn_as_one() {
    let mut rng = Rng::new(2);
    // Every patient has a negative and a positive row: all count as positive, and a half has as many of each class.
    let names: Vec<String> = (0..40).map(|i| format!("p{:02}", i / 2)).collect();
    let labels: Vec<bool> = (0..40).map(|i| i % 2 == 0).collect();
    let values = Array2::from_shape_fn((40, 10), |(i, j)| rng.normal() + if j == 6 && labels[i] { 3.0 } else { 0.0 });
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let params = StabilityParams { n_samples: 20, n_enter: 2, ..StabilityParams::default() };
    let x = Columns::from_rows(values.view());
    let found = stability(&x, &labels, &names, &params, 1).unwrap();
    assert_eq!(found.frequency, slow_stability(&x, &labels, &names, &params, 1));
    assert!(found.kept.contains(&6));
}

#[test]
fn the_tables_are_those_of_the_oracle() {
    let t = tables();
    let expected = json("ml_reference/config.json");
    assert_eq!(expected["n"].as_u64().unwrap() as usize, t.train.n_cases());
    assert_eq!(expected["nt"].as_u64().unwrap() as usize, t.test_labels.len());
    assert_eq!(t.test.n_cases(), t.test_labels.len());
}
