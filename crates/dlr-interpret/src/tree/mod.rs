//! SHAP values of tree ensembles: path-dependent, interventional, and interactions; exact, on the scale of the ensemble.
//!
//! A leaf is a box: a few columns, each with an interval. What a leaf gives to a row depends only on *which* of its
//! intervals hold the row, a handful of bits. So the contributions of a leaf are worked out once per pattern of bits and
//! handed to every row, and for the interventional values every background row, that shows the pattern.

mod contributions;
mod leaf;
mod strength;

use crate::accuracy::local_accuracy;
use contributions::Patterns;
use dlr_core::{Attribution, Code, Error, Explainer, FeatureTable, FittedModel, Form, Result, TreeEnsemble, TreeScale};
use leaf::{Leaf, leaves};
use ndarray::{Array2, Array3, ArrayView1};
use serde::{Deserialize, Serialize};
pub use strength::{InteractionStrength, interaction_strength};

/// What "leaving a feature out" means for a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TreeConvention {
    /// Draw it from the background rows. The default; credits what the model uses.
    #[default]
    Interventional,
    /// Follow both branches in the proportion of the training rows (the tree's cover). Needs no background.
    PathDependent,
}

/// Explains models whose form is a sum of trees.
///
/// Forests are explained on the probability, boosting on the log odds ([`TreeScale`]). The columns of the attribution are
/// those that some tree asks, in the ensemble's order. A missing value goes right, as in [`dlr_core::Tree::predict`].
#[derive(Debug, Clone, Copy, Default)]
pub struct TreeShap {
    /// What leaving out means.
    pub convention: TreeConvention,
}

impl Explainer for TreeShap {
    fn explain(
        &self,
        model: &dyn FittedModel,
        background: &FeatureTable,
        cases: &FeatureTable,
        _seed: u64,
    ) -> Result<Attribution> {
        let Form::Trees(ensemble) = model.form() else {
            return Err(Error::new(Code::Parameter, "the model is not a sum of trees")
                .hint("explain linear models with LinearShap, any model with KernelShap"));
        };
        let attribution = self.explain_ensemble(&ensemble, background, cases)?;
        let on_probability = ensemble.scale == TreeScale::Probability;
        local_accuracy(&attribution, model.predict(cases)?.scores(), on_probability, 1e-9)?;
        Ok(attribution)
    }
}

impl TreeShap {
    /// Explains rows by an ensemble, without a model: the plain function behind the seam.
    ///
    /// # Errors
    /// `E0502` for a missing column, `E0601` for no background row where one is needed, `E0801` for arrays that are not a
    /// tree.
    pub fn explain_ensemble(
        &self,
        ensemble: &TreeEnsemble,
        background: &FeatureTable,
        cases: &FeatureTable,
    ) -> Result<Attribution> {
        let x = cases.select(&ensemble.names)?.values().clone();
        let (base, values) = match self.convention {
            TreeConvention::PathDependent => path_dependent(ensemble, &x)?,
            TreeConvention::Interventional => {
                interventional(ensemble, background.select(&ensemble.names)?.values(), &x)?
            }
        };
        let asked = asked_columns(ensemble);
        Ok(Attribution {
            cases: cases.cases().to_vec(),
            names: asked.iter().map(|c| ensemble.names[*c].clone()).collect(),
            base,
            values: values.select(ndarray::Axis(1), &asked),
            data: x.select(ndarray::Axis(1), &asked),
        })
    }
}

fn asked_columns(ensemble: &TreeEnsemble) -> Vec<usize> {
    let mut asked = vec![false; ensemble.names.len()];
    for column in ensemble.trees.iter().flat_map(|t| t.column.iter().flatten()) {
        asked[*column] = true;
    }
    (0..asked.len()).filter(|c| asked[*c]).collect()
}

fn ensemble_leaves(ensemble: &TreeEnsemble) -> Result<Vec<Leaf>> {
    let mut all = Vec::new();
    for tree in &ensemble.trees {
        leaves(tree, ensemble.names.len(), &mut all)?;
    }
    Ok(all)
}

/// Base and values, shape `[n_rows, n_columns]`, of rows whose columns are those of the ensemble.
///
/// Source: Lundberg et al. 2020, algorithm 2, summed leaf by leaf.
///
/// # Errors
/// `E0801` for arrays that are not a tree.
pub fn path_dependent(ensemble: &TreeEnsemble, rows: &Array2<f64>) -> Result<(f64, Array2<f64>)> {
    let mut values = Array2::zeros(rows.raw_dim());
    let mut base = ensemble.base;
    for leaf in ensemble_leaves(ensemble)? {
        base += leaf.value * leaf.zero.iter().product::<f64>();
        let mut patterns = Patterns::new(|mask| contributions::of_path(&leaf, mask));
        for (row, mut out) in rows.outer_iter().zip(values.outer_iter_mut()) {
            for (column, v) in leaf.columns.iter().zip(patterns.get(leaf.pattern(row))) {
                out[*column] += v;
            }
        }
    }
    Ok((base, values))
}

/// Base and values with absent features drawn from the background rows.
///
/// # Errors
/// `E0801` for arrays that are not a tree, `E0601` for no background row.
pub fn interventional(
    ensemble: &TreeEnsemble,
    background: &Array2<f64>,
    rows: &Array2<f64>,
) -> Result<(f64, Array2<f64>)> {
    if background.nrows() == 0 {
        return Err(Error::new(Code::Learning, "an explanation needs a background of at least one case"));
    }
    let n = background.nrows() as f64;
    let mut values = Array2::zeros(rows.raw_dim());
    let mut base = ensemble.base;
    for leaf in ensemble_leaves(ensemble)? {
        let seen = leaf.tally(background.outer_iter());
        let full = leaf.full_pattern();
        let held: u32 = seen.iter().filter(|(mask, _)| *mask == full).map(|(_, count)| *count).sum();
        base += leaf.value * f64::from(held) / n;
        let mut patterns = Patterns::new(|mask| contributions::against(&leaf, mask, &seen, n));
        for (row, mut out) in rows.outer_iter().zip(values.outer_iter_mut()) {
            for (column, v) in leaf.columns.iter().zip(patterns.get(leaf.pattern(row))) {
                out[*column] += v;
            }
        }
    }
    Ok((base, values))
}

/// Path-dependent interaction values, shape `[n_rows, n_columns, n_columns]`; each matrix is symmetric, its rows add up to
/// the SHAP values, its diagonal is what is left as a main effect.
///
/// # Errors
/// `E0801` for arrays that are not a tree.
pub fn interactions(ensemble: &TreeEnsemble, rows: &Array2<f64>) -> Result<Array3<f64>> {
    let p = rows.ncols();
    let mut values = Array3::zeros((rows.nrows(), p, p));
    for leaf in ensemble_leaves(ensemble)? {
        let d = leaf.columns.len();
        let mut patterns = Patterns::new(|mask| contributions::pairs_of_path(&leaf, mask));
        for (row, mut out) in rows.outer_iter().zip(values.outer_iter_mut()) {
            let pairs = patterns.get(leaf.pattern(row));
            for (i, a) in leaf.columns.iter().enumerate() {
                for (j, b) in leaf.columns.iter().enumerate() {
                    out[[*a, *b]] += pairs[i * d + j];
                }
            }
        }
    }
    Ok(values)
}

/// What an ensemble says of a row: its base and one leaf of each tree.
pub fn ensemble_output(ensemble: &TreeEnsemble, row: ArrayView1<'_, f64>) -> f64 {
    ensemble.base + ensemble.trees.iter().map(|tree| tree.predict(|column| row[column])).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::{Rng, Tree};

    /// A random tree of a given depth on `p` columns, with covers that add up.
    fn random_tree(rng: &mut Rng, depth: usize, p: usize) -> Tree {
        let mut tree =
            Tree { column: vec![], threshold: vec![], left: vec![], right: vec![], value: vec![], cover: vec![] };
        grow(&mut tree, rng, depth, p, 100.0);
        tree
    }

    fn grow(tree: &mut Tree, rng: &mut Rng, depth: usize, p: usize, cover: f64) -> usize {
        let node = tree.column.len();
        let leaf = depth == 0 || rng.uniform() < 0.15;
        tree.column.push((!leaf).then(|| rng.below(p)));
        tree.threshold.push(rng.normal());
        tree.left.push(0);
        tree.right.push(0);
        tree.value.push(rng.normal());
        tree.cover.push(cover);
        if !leaf {
            let share = 0.1 + 0.8 * rng.uniform();
            tree.left[node] = grow(tree, rng, depth - 1, p, cover * share);
            tree.right[node] = grow(tree, rng, depth - 1, p, cover * (1.0 - share));
        }
        node
    }

    fn ensemble(seed: u64, p: usize) -> (TreeEnsemble, Array2<f64>, Array2<f64>) {
        let mut rng = Rng::new(seed);
        let trees = (0..4).map(|_| random_tree(&mut rng, 5, p)).collect();
        let names = (0..p).map(|i| format!("intra_o_f_x{i}").parse().unwrap()).collect();
        let mut rows = |n: usize| Array2::from_shape_fn((n, p), |_| rng.normal());
        let (x, background) = (rows(6), rows(9));
        (TreeEnsemble { names, base: 0.3, trees, scale: TreeScale::LogOdds }, x, background)
    }

    /// Shapley values by all subsets, from a value function.
    fn slow(p: usize, value: impl Fn(u32) -> f64) -> Vec<f64> {
        let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
        (0..p)
            .map(|i| {
                (0..1u32 << p)
                    .filter(|s| s & (1 << i) == 0)
                    .map(|s| {
                        let k = s.count_ones() as usize;
                        let weight = factorial(k) * factorial(p - k - 1) / factorial(p);
                        weight * (value(s | (1 << i)) - value(s))
                    })
                    .sum()
            })
            .collect()
    }

    /// Expected output of a tree with the columns in `known` given and both branches followed for the rest.
    fn expected(tree: &Tree, node: usize, row: ArrayView1<'_, f64>, known: u32) -> f64 {
        let Some(column) = tree.column[node] else { return tree.value[node] };
        let (l, r) = (tree.left[node], tree.right[node]);
        if known & (1 << column) != 0 {
            return expected(tree, if row[column] <= tree.threshold[node] { l } else { r }, row, known);
        }
        (tree.cover[l] * expected(tree, l, row, known) + tree.cover[r] * expected(tree, r, row, known))
            / tree.cover[node]
    }

    #[test]
    fn path_dependent_equals_all_subsets() {
        let (e, x, _) = ensemble(3, 5);
        let (base, values) = path_dependent(&e, &x).unwrap();
        for (row, found) in x.outer_iter().zip(values.outer_iter()) {
            let value = |s| e.trees.iter().map(|t| expected(t, 0, row, s)).sum::<f64>();
            for (a, b) in slow(5, value).iter().zip(found) {
                assert!((a - b).abs() < 1e-12, "{a} {b}");
            }
            assert!((base + found.sum() - ensemble_output(&e, row)).abs() < 1e-12);
        }
    }

    #[test]
    fn interventional_equals_all_subsets() {
        let (e, x, background) = ensemble(4, 5);
        let (base, values) = interventional(&e, &background, &x).unwrap();
        for (row, found) in x.outer_iter().zip(values.outer_iter()) {
            let value = |s: u32| {
                let mixed = |b: ArrayView1<'_, f64>| {
                    let row = ndarray::Array1::from_shape_fn(5, |c| if s & (1 << c) != 0 { row[c] } else { b[c] });
                    ensemble_output(&e, row.view())
                };
                background.outer_iter().map(mixed).sum::<f64>() / 9.0
            };
            for (a, b) in slow(5, value).iter().zip(found) {
                assert!((a - b).abs() < 1e-12, "{a} {b}");
            }
            assert!((base + found.sum() - ensemble_output(&e, row)).abs() < 1e-12);
        }
    }

    #[test]
    fn interactions_are_symmetric_and_add_up() {
        let (e, x, _) = ensemble(5, 5);
        let (_, values) = path_dependent(&e, &x).unwrap();
        let pairs = interactions(&e, &x).unwrap();
        for (matrix, found) in pairs.outer_iter().zip(values.outer_iter()) {
            for i in 0..5 {
                assert!((matrix.row(i).sum() - found[i]).abs() < 1e-12);
                assert!((0..5).all(|j| (matrix[[i, j]] - matrix[[j, i]]).abs() < 1e-14));
            }
        }
    }

    #[test]
    fn a_missing_value_goes_right_and_a_broken_tree_is_refused() {
        let (mut e, mut x, background) = ensemble(6, 5);
        x[[0, 2]] = f64::NAN;
        let (base, values) = interventional(&e, &background, &x).unwrap();
        assert!((base + values.row(0).sum() - ensemble_output(&e, x.row(0))).abs() < 1e-12);
        assert_eq!(
            interventional(&e, &background.slice(ndarray::s![..0, ..]).to_owned(), &x).unwrap_err().code(),
            Code::Learning
        );
        e.trees[0].left[0] = 0;
        assert_eq!(path_dependent(&e, &x).unwrap_err().code(), Code::Contract);
    }

    #[test]
    fn strengths_are_means_of_the_interactions_of_single_rows() {
        let (mut e, x, _) = ensemble(5, 6);
        // A column that no tree asks must not shift the others.
        e.names.insert(0, "intra_o_f_idle".parse().unwrap());
        e.trees.iter_mut().flat_map(|t| t.column.iter_mut().flatten()).for_each(|c| *c += 1);
        let idle = Array2::from_elem((x.nrows(), 1), f64::NAN);
        let x = ndarray::concatenate(ndarray::Axis(1), &[idle.view(), x.view()]).unwrap();
        let all = interactions(&e, &x).unwrap();
        let cases = (0..x.nrows()).map(|i| format!("c{i}")).collect();
        let table = FeatureTable::new(cases, e.names.clone(), x).unwrap();
        let found = interaction_strength(&e, &table).unwrap();
        let position = |name: &dlr_core::FeatureName| e.names.iter().position(|n| n == name).unwrap();
        for i in 0..e.names.len() {
            for j in i + 1..e.names.len() {
                let expected = all.outer_iter().map(|m| 2.0 * m[[i, j]].abs()).sum::<f64>() / all.dim().0 as f64;
                let pair = found.iter().find(|s| (position(&s.first), position(&s.second)) == (i, j));
                let strength = pair.map_or(0.0, |s| s.mean_absolute);
                assert!((strength - expected).abs() < 1e-12, "{i} and {j}: {strength}, slowly {expected}");
            }
        }
        assert!(found.iter().any(|s| s.mean_absolute > 0.01));
    }
}
