//! [`RandomForest`] and [`ExtraTrees`]: the mean of many trees, with the importance of each column.

use super::cart::{Grown, Limits, Presorted, grow};
use super::ensemble::FittedTrees;
use crate::glm::ClassWeight;
use crate::linalg::Columns;
use crate::steps::{finite_columns, wrong_parameter};
use dlr_core::{FittedModel, Model, Result, Rng, TrainSet, Tree, TreeScale};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A rule for the number of columns looked at in each node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureRule {
    /// The root of the number of columns, rounded down.
    Sqrt,
    /// Its logarithm to base 2, rounded down.
    Log2,
    /// All.
    All,
}

/// How many columns are looked at in each node: a rule, a count, or a share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MaxFeatures {
    /// By a rule.
    Rule(FeatureRule),
    /// That many.
    Count(usize),
    /// That share, rounded down.
    Share(f64),
}

impl MaxFeatures {
    fn of(self, p: usize) -> Result<usize> {
        let n = match self {
            MaxFeatures::Rule(FeatureRule::Sqrt) => p.isqrt(),
            MaxFeatures::Rule(FeatureRule::Log2) => p.max(1).ilog2() as usize,
            MaxFeatures::Rule(FeatureRule::All) => p,
            MaxFeatures::Count(0) => return Err(wrong_parameter("max_features", 0, "1 or more")),
            MaxFeatures::Count(n) => n,
            MaxFeatures::Share(s) if !(s > 0.0 && s <= 1.0) => {
                return Err(wrong_parameter("max_features", s, "a rule, a count, or a share above 0 and at most 1"));
            }
            MaxFeatures::Share(s) => (s * p as f64) as usize,
        };
        Ok(n.clamp(1, p.max(1)))
    }
}

/// Parameters of a forest.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_trees` | 100 | 1 and more | trees |
/// | `max_features` | `sqrt` | `sqrt`, `log2`, `all`, a count, a share in (0, 1] | columns looked at in each node |
/// | `max_depth` | none | 1 and more | cuts from the root to a leaf |
/// | `min_leaf` | 1 | 1 and more | rows in a leaf |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
///
/// Source of the defaults: scikit-learn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForestParams {
    /// Trees.
    pub n_trees: usize,
    /// Columns looked at in each node.
    pub max_features: MaxFeatures,
    /// Cuts from the root to a leaf.
    pub max_depth: Option<usize>,
    /// Rows in a leaf.
    pub min_leaf: usize,
    /// How much a case counts.
    pub class_weight: ClassWeight,
}

impl Default for ForestParams {
    fn default() -> Self {
        ForestParams {
            n_trees: 100,
            max_features: MaxFeatures::Rule(FeatureRule::Sqrt),
            max_depth: None,
            min_leaf: 1,
            class_weight: ClassWeight::None,
        }
    }
}

/// Random forest (Breiman 2001): each tree grows on a bootstrap sample of the rows, each node on some of the columns.
/// Parameters as [`ForestParams`].
///
/// The prediction is the mean over the trees of the positive share in the leaf, as scikit-learn has it. Rows are drawn
/// one by one, also where a patient has several. Of equally good cuts that of the column met first is taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RandomForest {
    /// How.
    pub params: ForestParams,
}

/// Extremely randomised trees (Geurts, Ernst and Wehenkel 2006): every tree sees all rows, and cuts are drawn at random
/// between the smallest and the largest value. Parameters as [`ForestParams`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExtraTrees {
    /// How.
    pub params: ForestParams,
}

/// A grown forest on plain columns.
#[derive(Debug, Clone)]
pub(crate) struct Forest {
    trees: Vec<Tree>,
    /// Mean decrease of impurity by column; sums to 1, or to 0 where nothing was cut.
    pub(crate) importance: Vec<f64>,
}

impl Forest {
    /// Grows on bootstrap samples, or with `random_cuts` on all rows.
    pub(crate) fn grow(
        x: &Columns,
        labels: &[bool],
        params: &ForestParams,
        random_cuts: bool,
        seed: u64,
    ) -> Result<Self> {
        let at_least_one =
            [("n_trees", params.n_trees), ("min_leaf", params.min_leaf), ("max_depth", params.max_depth.unwrap_or(1))];
        for (name, value) in at_least_one {
            if value == 0 {
                return Err(wrong_parameter(name, 0, "1 or more"));
            }
        }
        let limits = Limits {
            n_tried: params.max_features.of(x.n_columns())?,
            max_depth: params.max_depth.unwrap_or(usize::MAX),
            min_leaf: params.min_leaf,
            random_cuts,
        };
        let data = Presorted::new(x);
        let class_weights = params.class_weight.weights(labels);
        let one = |k: u64| {
            let mut rng = Rng::stream(seed, k);
            let mut weights = class_weights.clone();
            if !random_cuts {
                let mut counts = vec![0.0; labels.len()];
                (0..labels.len()).for_each(|_| counts[rng.below(labels.len())] += 1.0);
                weights.iter_mut().zip(&counts).for_each(|(w, c)| *w *= c);
            }
            grow(&data, labels, &weights, limits, &mut rng)
        };
        let grown: Vec<Grown> = (0..params.n_trees as u64).into_par_iter().map(one).collect();
        let mut importance = vec![0.0; x.n_columns()];
        for tree in &grown {
            let total: f64 = tree.importance.iter().map(|(_, gain)| gain).sum();
            if total > 0.0 {
                tree.importance.iter().for_each(|(j, gain)| importance[*j] += gain / total);
            }
        }
        let total: f64 = importance.iter().sum();
        if total > 0.0 {
            importance.iter_mut().for_each(|v| *v /= total);
        }
        // A leaf gives its share of the mean, so that the trees add up.
        let n = grown.len() as f64;
        let trees = grown.into_iter().map(|g| g.tree).map(|mut tree| {
            tree.value.iter_mut().for_each(|v| *v /= n);
            tree
        });
        Ok(Forest { trees: trees.collect(), importance })
    }

    /// Probabilities of other rows.
    pub(crate) fn scores(&self, x: &Columns) -> Vec<f64> {
        (0..x.n_rows()).map(|i| self.trees.iter().map(|t| t.predict(|j| x.column(j)[i])).sum::<f64>()).collect()
    }

    fn fit(params: &ForestParams, random_cuts: bool, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        let forest = Forest::grow(&finite_columns(train)?, train.labels(), params, random_cuts, seed)?;
        Ok(Box::new(FittedTrees::new(train.names(), 0.0, forest.trees, TreeScale::Probability)))
    }
}

impl Model for RandomForest {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        Forest::fit(&self.params, false, train, seed)
    }
}

impl Model for ExtraTrees {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>> {
        Forest::fit(&self.params, true, train, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best first cut by trying every column and every midpoint.
    fn slow_root(x: &Columns, labels: &[bool]) -> (usize, f64) {
        let gini = |side: &[usize]| {
            let n = side.len() as f64;
            let p = side.iter().filter(|i| labels[**i]).count() as f64 / n;
            n * 2.0 * p * (1.0 - p)
        };
        let mut best = (f64::INFINITY, 0, 0.0);
        for j in 0..x.n_columns() {
            let mut values = x.column(j).to_vec();
            values.sort_by(f64::total_cmp);
            for pair in values.windows(2).filter(|w| w[0] < w[1]) {
                let cut = 0.5 * (pair[0] + pair[1]);
                let (left, right): (Vec<usize>, Vec<usize>) = (0..x.n_rows()).partition(|i| x.column(j)[*i] <= cut);
                let impurity = gini(&left) + gini(&right);
                if impurity < best.0 - 1e-12 {
                    best = (impurity, j, cut);
                }
            }
        }
        (best.1, best.2)
    }

    fn noise(n: usize, p: usize, seed: u64) -> (Columns, Vec<bool>) {
        let mut rng = Rng::new(seed);
        let x = ndarray::Array2::from_shape_simple_fn((n, p), || (rng.normal() * 4.0).round() / 4.0 + rng.normal());
        let labels = (0..n).map(|i| x[(i, 1)] + 0.5 * rng.normal() > 0.0).collect();
        (Columns::from_rows(x.view()), labels)
    }

    #[test]
    fn the_first_cut_is_the_best_there_is() {
        for seed in 0..20 {
            let (x, labels) = noise(37, 4, seed);
            let data = Presorted::new(&x);
            let limits = Limits { n_tried: 4, max_depth: usize::MAX, min_leaf: 1, random_cuts: false };
            let tree = grow(&data, &labels, &[1.0; 37], limits, &mut Rng::new(seed)).tree;
            let (column, threshold) = slow_root(&x, &labels);
            assert_eq!(tree.column[0], Some(column));
            assert!((tree.threshold[0] - threshold).abs() < 1e-12);
            // Grown to the end, a tree of distinct rows knows its training rows; covers add up.
            for (i, label) in labels.iter().enumerate() {
                assert_eq!(tree.predict(|j| x.column(j)[i]), f64::from(u8::from(*label)));
            }
            for k in (0..tree.column.len()).filter(|k| tree.column[*k].is_some()) {
                assert_eq!(tree.cover[k], tree.cover[tree.left[k]] + tree.cover[tree.right[k]]);
            }
        }
    }

    #[test]
    fn both_walks_of_a_node_find_the_same_tree() {
        // In 40 rows some nodes are sorted, some walked; ten copies of the table beside it change which. The tree of the
        // rows of weight 1 must not know of rows of weight 0.
        let (x, labels) = noise(40, 5, 3);
        let rows: Vec<usize> = (0..400).map(|i| i % 40).collect();
        let many: Vec<bool> = rows.iter().map(|i| labels[*i]).collect();
        let weights: Vec<f64> = (0..400).map(|i| f64::from(u8::from(i < 40))).collect();
        let limits = Limits { n_tried: 2, max_depth: usize::MAX, min_leaf: 2, random_cuts: false };
        let few = grow(&Presorted::new(&x), &labels, &[1.0; 40], limits, &mut Rng::new(1)).tree;
        let wide = x.rows(&rows);
        let more = grow(&Presorted::new(&wide), &many, &weights, limits, &mut Rng::new(1)).tree;
        assert_eq!(few, more);
    }

    #[test]
    fn a_forest_is_the_same_for_any_number_of_threads_and_ranks_the_signal_first() {
        let (x, labels) = noise(60, 8, 9);
        let params = ForestParams::default();
        let forest = Forest::grow(&x, &labels, &params, false, 4).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let alone = pool.install(|| Forest::grow(&x, &labels, &params, false, 4).unwrap());
        assert_eq!(forest.trees, alone.trees);
        assert_eq!(forest.importance, alone.importance);
        let best = (0..8).max_by(|a, b| forest.importance[*a].total_cmp(&forest.importance[*b]));
        assert_eq!(best, Some(1));
        assert!((forest.importance.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn class_weights_and_limits_are_kept() {
        let (x, labels) = noise(60, 8, 2);
        let params = ForestParams {
            max_depth: Some(2),
            min_leaf: 5,
            class_weight: ClassWeight::Balanced,
            ..ForestParams::default()
        };
        for random_cuts in [false, true] {
            let forest = Forest::grow(&x, &labels, &params, random_cuts, 1).unwrap();
            for tree in &forest.trees {
                assert!(tree.column.len() <= 7, "two cuts deep");
                // All rows count 60 together in extra trees; a bootstrap sample about that.
                assert!(if random_cuts { (tree.cover[0] - 60.0).abs() < 1e-9 } else { tree.cover[0] > 40.0 });
            }
        }
        for bad in [
            ForestParams { n_trees: 0, ..ForestParams::default() },
            ForestParams { max_features: MaxFeatures::Share(1.5), ..ForestParams::default() },
            ForestParams { max_depth: Some(0), ..ForestParams::default() },
        ] {
            assert_eq!(Forest::grow(&x, &labels, &bad, false, 1).unwrap_err().code(), dlr_core::Code::Parameter);
        }
    }
}
