//! [`GradientBoosting`]: a sum of small regression trees on the log odds, grown leaf by leaf from histograms.
//!
//! Friedman 2001 with second derivatives, as LightGBM (Ke et al. 2017) and scikit-learn's histogram booster have it:
//! columns are binned once, each tree cuts where a quadratic model of the deviance falls most. Deterministic: there is
//! no sampling, and of equally good cuts the first column's lowest is taken. It deliberately has no early stopping, no
//! missing-value branch and no categories: imputation is a step, and a cohort of hundreds is too small to stop on.

use super::ensemble::FittedTrees;
use crate::glm::{ClassWeight, sigmoid};
use crate::linalg::Columns;
use crate::steps::{finite_columns, wrong_parameter};
use dlr_core::{FittedModel, Model, Result, TrainSet, Tree, TreeScale};
use serde::{Deserialize, Serialize};

/// Gradient boosting of regression trees for two classes.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_trees` | 100 | 1 and more | trees |
/// | `learning_rate` | 0.1 | in (0, 1] | share of each tree that is added |
/// | `max_leaves` | 8 | 2 and more | leaves of a tree |
/// | `min_leaf` | 5 | 1 and more | rows in a leaf |
/// | `l2` | 0 | 0 and more | penalty on the values of leaves |
/// | `max_bins` | 255 | 2 to 255 | bins of a column; columns with fewer distinct values are cut exactly |
/// | `class_weight` | `none` | `none`, `balanced` | how much a case counts |
///
/// Source of the defaults: scikit-learn's `GradientBoostingClassifier` (100 trees, 0.1, three cuts deep), except
/// `min_leaf`: its 1 follows single patients, the 20 of the histogram booster cuts nothing in a fold of 39.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GradientBoosting {
    /// Trees.
    pub n_trees: usize,
    /// Share of each tree that is added.
    pub learning_rate: f64,
    /// Leaves of a tree.
    pub max_leaves: usize,
    /// Rows in a leaf.
    pub min_leaf: usize,
    /// Penalty on the values of leaves.
    pub l2: f64,
    /// Bins of a column.
    pub max_bins: usize,
    /// How much a case counts.
    pub class_weight: ClassWeight,
}

impl Default for GradientBoosting {
    fn default() -> Self {
        GradientBoosting {
            n_trees: 100,
            learning_rate: 0.1,
            max_leaves: 8,
            min_leaf: 5,
            l2: 0.0,
            max_bins: 255,
            class_weight: ClassWeight::None,
        }
    }
}

/// Least curvature that a side of a cut must hold, as in scikit-learn and LightGBM.
const MIN_CURVATURE: f64 = 1e-3;
/// Added to a curvature before dividing, as scikit-learn does.
const FLOOR: f64 = 1e-15;

impl GradientBoosting {
    fn check(&self) -> Result<()> {
        for (name, value, low) in
            [("n_trees", self.n_trees, 1), ("max_leaves", self.max_leaves, 2), ("min_leaf", self.min_leaf, 1)]
        {
            if value < low {
                return Err(wrong_parameter(name, value, &format!("{low} or more")));
            }
        }
        if !(2..=255).contains(&self.max_bins) {
            return Err(wrong_parameter("max_bins", self.max_bins, "from 2 to 255"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(wrong_parameter("learning_rate", self.learning_rate, "above 0 and at most 1"));
        }
        if !(self.l2 >= 0.0 && self.l2.is_finite()) {
            return Err(wrong_parameter("l2", self.l2, "0 or more"));
        }
        Ok(())
    }

    /// Base and trees on plain columns.
    fn boost(&self, x: &Columns, labels: &[bool]) -> Result<(f64, Vec<Tree>)> {
        self.check()?;
        let weights = self.class_weight.weights(labels);
        let positive: f64 = weights.iter().zip(labels).filter(|(_, l)| **l).map(|(w, _)| w).sum();
        let share = positive / weights.iter().sum::<f64>();
        let base = (share / (1.0 - share)).ln();
        let bins = Bins::new(x, self.max_bins);
        let mut margins = vec![base; labels.len()];
        let mut trees = Vec::with_capacity(self.n_trees);
        for _ in 0..self.n_trees {
            let derivatives: Vec<(f64, f64)> = margins
                .iter()
                .zip(labels)
                .zip(&weights)
                .map(|((f, l), w)| {
                    let p = sigmoid(*f);
                    (w * (p - f64::from(u8::from(*l))), w * p * (1.0 - p))
                })
                .collect();
            let mut growing = Growing { settings: self, bins: &bins, derivatives: &derivatives, nodes: Vec::new() };
            growing.grow();
            trees.push(growing.finish(&weights, &mut margins));
        }
        Ok((base, trees))
    }
}

impl Model for GradientBoosting {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedModel>> {
        let (base, trees) = self.boost(&finite_columns(train)?, train.labels())?;
        Ok(Box::new(FittedTrees::new(train.names(), base, trees, TreeScale::LogOdds)))
    }
}

/// Columns as small numbers, and what value each bin ends at.
struct Bins {
    n_rows: usize,
    codes: Vec<u8>,
    /// Cuts of each column; bin `b` holds values above cut `b - 1` and at most cut `b`.
    cuts: Vec<Vec<f64>>,
}

impl Bins {
    fn new(x: &Columns, max_bins: usize) -> Self {
        let mut codes = Vec::with_capacity(x.n_rows() * x.n_columns());
        let mut cuts = Vec::with_capacity(x.n_columns());
        for j in 0..x.n_columns() {
            let column_cuts = cuts_of(x.column(j), max_bins);
            codes.extend(x.column(j).iter().map(|v| column_cuts.partition_point(|c| c < v) as u8));
            cuts.push(column_cuts);
        }
        Bins { n_rows: x.n_rows(), codes, cuts }
    }

    fn column(&self, j: usize) -> &[u8] {
        &self.codes[j * self.n_rows..(j + 1) * self.n_rows]
    }
}

/// Midpoints of neighbouring values; where there are too many, midpoints at evenly spaced ranks.
fn cuts_of(column: &[f64], max_bins: usize) -> Vec<f64> {
    let mut sorted = column.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let middle = |a: f64, b: f64| {
        let m = 0.5 * a + 0.5 * b;
        if m >= a && m < b { m } else { a }
    };
    if distinct.len() <= max_bins {
        return distinct.windows(2).map(|w| middle(w[0], w[1])).collect();
    }
    let last = sorted.len() - 1;
    let mut cuts: Vec<f64> = (1..max_bins)
        .map(|k| {
            let below = k * last / max_bins;
            middle(sorted[below], sorted[(below + 1).min(last)])
        })
        .collect();
    cuts.dedup();
    // A cut at the largest value would leave its right side empty.
    cuts.retain(|c| *c < sorted[last]);
    cuts
}

/// Sums over the rows of a node or a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    curvature: f64,
    n: usize,
}

impl Sums {
    fn add(&mut self, other: Sums) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.n += other.n;
    }

    fn without(self, part: Sums) -> Sums {
        Sums { gradient: self.gradient - part.gradient, curvature: self.curvature - part.curvature, n: self.n - part.n }
    }
}

struct Node {
    rows: Vec<u32>,
    sums: Sums,
    /// Gain, column and bin of its best cut.
    cut: Option<(f64, usize, usize)>,
    children: Option<(usize, usize)>,
}

struct Growing<'a> {
    settings: &'a GradientBoosting,
    bins: &'a Bins,
    derivatives: &'a [(f64, f64)],
    nodes: Vec<Node>,
}

impl Growing<'_> {
    /// Cuts the leaf whose cut gains most, until there are leaves enough or nothing is gained.
    fn grow(&mut self) {
        self.add((0..self.bins.n_rows as u32).collect());
        for _ in 1..self.settings.max_leaves {
            let mut best: Option<(f64, usize)> = None;
            for (id, node) in self.nodes.iter().enumerate().filter(|(_, n)| n.children.is_none()) {
                if let Some((gain, ..)) = node.cut
                    && best.is_none_or(|(g, _)| gain > g)
                {
                    best = Some((gain, id));
                }
            }
            let Some((_, id)) = best else { break };
            let (_, column, bin) = self.nodes[id].cut.expect("it was chosen for its cut");
            let codes = self.bins.column(column);
            let (left, right) = self.nodes[id].rows.iter().partition(|i| usize::from(codes[**i as usize]) <= bin);
            let (left, right) = (self.add(left), self.add(right));
            self.nodes[id].children = Some((left, right));
        }
    }

    fn add(&mut self, rows: Vec<u32>) -> usize {
        let mut sums = Sums::default();
        for i in &rows {
            let (gradient, curvature) = self.derivatives[*i as usize];
            sums.add(Sums { gradient, curvature, n: 1 });
        }
        let cut = self.best_cut(&rows, sums);
        self.nodes.push(Node { rows, sums, cut, children: None });
        self.nodes.len() - 1
    }

    fn value(&self, sums: Sums) -> f64 {
        -sums.gradient / (sums.curvature + self.settings.l2 + FLOOR)
    }

    fn best_cut(&self, rows: &[u32], all: Sums) -> Option<(f64, usize, usize)> {
        let min_leaf = self.settings.min_leaf;
        if rows.len() < 2 * min_leaf || all.curvature < MIN_CURVATURE {
            return None;
        }
        // Twice the fall of the quadratic model.
        let score = |s: Sums| -s.gradient * self.value(s);
        let before = score(all);
        let mut best: Option<(f64, usize, usize)> = None;
        let mut histogram = [Sums::default(); 256];
        for (column, cuts) in self.bins.cuts.iter().enumerate() {
            let n_bins = cuts.len() + 1;
            histogram[..n_bins].fill(Sums::default());
            let codes = self.bins.column(column);
            for i in rows.iter().map(|i| *i as usize) {
                let (gradient, curvature) = self.derivatives[i];
                histogram[usize::from(codes[i])].add(Sums { gradient, curvature, n: 1 });
            }
            let mut left = Sums::default();
            for (bin, sums) in histogram[..n_bins - 1].iter().enumerate() {
                if sums.n == 0 {
                    continue;
                }
                left.add(*sums);
                let right = all.without(left);
                if left.n < min_leaf || left.curvature < MIN_CURVATURE {
                    continue;
                }
                if right.n < min_leaf || right.curvature < MIN_CURVATURE {
                    break;
                }
                let gain = score(left) + score(right) - before;
                if gain > best.map_or(0.0, |(g, ..)| g) {
                    best = Some((gain, column, bin));
                }
            }
        }
        best
    }

    /// The tree in preorder; adds it to the margins.
    fn finish(&self, weights: &[f64], margins: &mut [f64]) -> Tree {
        let mut tree =
            Tree { column: vec![], threshold: vec![], left: vec![], right: vec![], value: vec![], cover: vec![] };
        let mut open: Vec<(usize, Option<(usize, bool)>)> = vec![(0, None)];
        while let Some((id, parent)) = open.pop() {
            let at = tree.column.len();
            if let Some((parent, is_left)) = parent {
                if is_left { tree.left[parent] = at } else { tree.right[parent] = at }
            }
            let node = &self.nodes[id];
            let value = self.settings.learning_rate * self.value(node.sums);
            let cut = node.children.and(node.cut);
            tree.column.push(cut.map(|(_, column, _)| column));
            tree.threshold.push(cut.map_or(0.0, |(_, column, bin)| self.bins.cuts[column][bin]));
            tree.left.push(0);
            tree.right.push(0);
            tree.value.push(value);
            tree.cover.push(node.rows.iter().map(|i| weights[*i as usize]).sum());
            match node.children {
                Some((left, right)) => {
                    open.push((right, Some((at, false))));
                    open.push((left, Some((at, true))));
                }
                None => node.rows.iter().for_each(|i| margins[*i as usize] += value),
            }
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    fn data(n: usize, seed: u64) -> (Columns, Vec<bool>) {
        let mut rng = Rng::new(seed);
        let x = ndarray::Array2::from_shape_simple_fn((n, 5), || rng.normal());
        let labels = (0..n).map(|i| x[(i, 0)] * x[(i, 1)] + 0.3 * rng.normal() > 0.0).collect();
        (Columns::from_rows(x.view()), labels)
    }

    #[test]
    fn margins_kept_while_boosting_are_those_of_the_trees_and_the_deviance_falls() {
        let (x, labels) = data(300, 5);
        let model = GradientBoosting { max_bins: 32, ..GradientBoosting::default() };
        let (base, trees) = model.boost(&x, &labels).unwrap();
        let deviance = |n: usize| -> f64 {
            let terms = (0..300).map(|i| {
                let margin = base + trees[..n].iter().map(|t| t.predict(|j| x.column(j)[i])).sum::<f64>();
                crate::glm::Loss::Logistic.value(margin, labels[i])
            });
            terms.sum()
        };
        let path: Vec<f64> = (0..=100).step_by(10).map(deviance).collect();
        assert!(path.windows(2).all(|w| w[1] < w[0]), "{path:?}");
        assert!(path[10] < 0.4 * path[0], "products of two columns can be learned: {path:?}");
        for tree in &trees {
            let n_leaves = tree.column.iter().filter(|c| c.is_none()).count();
            assert!((2..=8).contains(&n_leaves) && tree.cover[0] == 300.0);
            assert!(tree.column.iter().zip(&tree.cover).all(|(c, n)| c.is_some() || *n >= 5.0));
        }
    }

    #[test]
    fn few_bins_hold_about_as_many_rows_each() {
        let mut rng = Rng::new(1);
        let column: Vec<f64> = (0..1000).map(|_| rng.normal().exp()).collect();
        let cuts = cuts_of(&column, 10);
        assert_eq!(cuts.len(), 9);
        for w in cuts.windows(2) {
            assert!((90..=110).contains(&column.iter().filter(|v| **v > w[0] && **v <= w[1]).count()));
        }
        assert_eq!(cuts_of(&[2.0, 1.0, 2.0], 255), [1.5]);
        assert!(cuts_of(&[3.0; 9], 255).is_empty());
        let mut tied = vec![0.0; 900];
        tied.extend((0..100).map(f64::from));
        assert!(cuts_of(&tied, 4).iter().all(|c| *c < 99.0));
    }

    #[test]
    fn nothing_to_cut_gives_the_prevalence_and_wrong_parameters_are_refused() {
        let x = Columns::from_rows(ndarray::Array2::ones((10, 2)).view());
        let labels: Vec<bool> = (0..10).map(|i| i < 4).collect();
        let (base, trees) = GradientBoosting::default().boost(&x, &labels).unwrap();
        assert!((sigmoid(base) - 0.4).abs() < 1e-12);
        assert!(trees.iter().all(|t| t.column == [None] && t.value[0].abs() < 1e-9));
        for bad in [
            GradientBoosting { learning_rate: 0.0, ..GradientBoosting::default() },
            GradientBoosting { max_bins: 256, ..GradientBoosting::default() },
            GradientBoosting { max_leaves: 1, ..GradientBoosting::default() },
            GradientBoosting { l2: -1.0, ..GradientBoosting::default() },
        ] {
            assert_eq!(bad.boost(&x, &labels).unwrap_err().code(), dlr_core::Code::Parameter);
        }
    }
}
