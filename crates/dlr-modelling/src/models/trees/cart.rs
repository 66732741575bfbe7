//! One classification tree by Gini impurity (Breiman et al. 1984), grown on weighted rows of presorted columns.
//!
//! Columns are sorted once per table, not once per node: a node walks a column in its order and skips rows of other
//! nodes; small nodes sort their own few rows. Cuts are exact (midpoints between neighbouring values) or, for extremely
//! randomised trees, drawn between the smallest and the largest value. Nothing here draws rows or averages trees.

use crate::linalg::Columns;
use dlr_core::{Rng, Tree};

/// Each column's rows in ascending order, ties by row, and the place of each row in it.
pub(super) struct Presorted<'a> {
    pub(super) x: &'a Columns,
    order: Vec<u32>,
    place: Vec<u32>,
}

impl<'a> Presorted<'a> {
    pub(super) fn new(x: &'a Columns) -> Self {
        let (n, p) = (x.n_rows(), x.n_columns());
        let mut order = vec![0_u32; n * p];
        let mut place = vec![0_u32; n * p];
        for j in 0..p {
            let column = x.column(j);
            let sorted = &mut order[j * n..(j + 1) * n];
            sorted.iter_mut().enumerate().for_each(|(i, row)| *row = i as u32);
            sorted.sort_unstable_by(|a, b| column[*a as usize].total_cmp(&column[*b as usize]).then(a.cmp(b)));
            for (k, row) in sorted.iter().enumerate() {
                place[j * n + *row as usize] = k as u32;
            }
        }
        Presorted { x, order, place }
    }

    fn order(&self, j: usize) -> &[u32] {
        let n = self.x.n_rows();
        &self.order[j * n..(j + 1) * n]
    }

    fn place(&self, j: usize) -> &[u32] {
        let n = self.x.n_rows();
        &self.place[j * n..(j + 1) * n]
    }
}

/// How a tree grows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Columns looked at in each node.
    pub(super) n_tried: usize,
    pub(super) max_depth: usize,
    /// Rows that each side of a cut must hold.
    pub(super) min_leaf: usize,
    /// Whether cuts are drawn instead of searched.
    pub(super) random_cuts: bool,
}

/// A tree with the decrease of weighted impurity that each column brought.
pub(super) struct Grown {
    pub(super) tree: Tree,
    pub(super) importance: Vec<(usize, f64)>,
}

#[derive(Clone, Copy)]
struct Cut {
    column: usize,
    threshold: f64,
    /// `Σ_sides (positive² + negative²) / weight`: the larger, the purer.
    purity: f64,
}

struct Node {
    start: usize,
    end: usize,
    depth: usize,
    /// Parent and whether this is its left child; none for the root.
    parent: Option<(usize, bool)>,
}

/// Grows a tree. `weights` holds the weight of each row, 0 for rows that were not drawn.
pub(super) fn grow(data: &Presorted<'_>, labels: &[bool], weights: &[f64], limits: Limits, rng: &mut Rng) -> Grown {
    let rows: Vec<u32> = (0..labels.len() as u32).filter(|i| weights[*i as usize] > 0.0).collect();
    let mut grower = Grower {
        data,
        labels,
        weights,
        limits,
        stamp: vec![0; labels.len()],
        columns: (0..data.x.n_columns() as u32).collect(),
        keys: Vec::new(),
        rows,
    };
    grower.run(rng)
}

struct Grower<'a> {
    data: &'a Presorted<'a>,
    labels: &'a [bool],
    weights: &'a [f64],
    limits: Limits,
    /// Node to which a row belongs, plus one, as last stamped.
    stamp: Vec<u32>,
    columns: Vec<u32>,
    keys: Vec<u64>,
    rows: Vec<u32>,
}

/// Weight and positive weight.
#[derive(Clone, Copy, Default)]
struct Mass {
    total: f64,
    positive: f64,
}

impl Mass {
    fn add(&mut self, weight: f64, label: bool) {
        self.total += weight;
        if label {
            self.positive += weight;
        }
    }

    fn without(self, part: Mass) -> Mass {
        Mass { total: self.total - part.total, positive: self.positive - part.positive }
    }

    fn purity(self) -> f64 {
        let negative = self.total - self.positive;
        (self.positive * self.positive + negative * negative) / self.total
    }
}

impl Grower<'_> {
    fn run(&mut self, rng: &mut Rng) -> Grown {
        let mut tree =
            Tree { column: vec![], threshold: vec![], left: vec![], right: vec![], value: vec![], cover: vec![] };
        let mut importance = Vec::new();
        let mut open = vec![Node { start: 0, end: self.rows.len(), depth: 0, parent: None }];
        while let Some(node) = open.pop() {
            let id = tree.column.len();
            if let Some((parent, is_left)) = node.parent {
                if is_left { tree.left[parent] = id } else { tree.right[parent] = id }
            }
            let mut mass = Mass::default();
            let mut n_positive = 0;
            for i in &self.rows[node.start..node.end] {
                self.stamp[*i as usize] = id as u32 + 1;
                mass.add(self.weights[*i as usize], self.labels[*i as usize]);
                n_positive += usize::from(self.labels[*i as usize]);
            }
            let n = node.end - node.start;
            let pure = n_positive == 0 || n_positive == n;
            let stop = pure || node.depth >= self.limits.max_depth || n < 2 * self.limits.min_leaf;
            let cut = if stop { None } else { self.best_cut(&node, id, mass, rng) };
            tree.column.push(cut.map(|c| c.column));
            tree.threshold.push(cut.map_or(0.0, |c| c.threshold));
            tree.left.push(0);
            tree.right.push(0);
            // A pure leaf is exactly 0 or 1, whatever the weights add up to.
            tree.value.push(if n_positive == n { 1.0 } else { mass.positive / mass.total });
            tree.cover.push(mass.total);
            if let Some(cut) = cut {
                importance.push((cut.column, (cut.purity - mass.purity()).max(0.0)));
                let column = self.data.x.column(cut.column);
                let rows = &mut self.rows[node.start..node.end];
                // Stable, so that rows stay in ascending order in every node.
                let (left, right): (Vec<u32>, Vec<u32>) =
                    rows.iter().partition(|i| column[**i as usize] <= cut.threshold);
                rows[..left.len()].copy_from_slice(&left);
                rows[left.len()..].copy_from_slice(&right);
                let middle = node.start + left.len();
                let child =
                    |start, end, is_left| Node { start, end, depth: node.depth + 1, parent: Some((id, is_left)) };
                open.push(child(middle, node.end, false));
                open.push(child(node.start, middle, true));
            }
        }
        Grown { tree, importance }
    }

    /// The best cut among columns in random order: `n_tried` of them, and on until one can be cut at all.
    fn best_cut(&mut self, node: &Node, id: usize, mass: Mass, rng: &mut Rng) -> Option<Cut> {
        let p = self.columns.len();
        let mut best: Option<Cut> = None;
        let mut any_varies = false;
        for k in 0..p {
            if k >= self.limits.n_tried && any_varies {
                break;
            }
            self.columns.swap(k, k + rng.below(p - k));
            let column = self.columns[k] as usize;
            let (varies, cut) = if self.limits.random_cuts {
                self.drawn_cut(node, column, mass, rng)
            } else {
                self.searched_cut(node, id, column, mass)
            };
            any_varies |= varies;
            if let Some(cut) = cut
                && best.is_none_or(|b| cut.purity > b.purity)
            {
                best = Some(cut);
            }
        }
        best
    }

    /// Whether the column varies in the node, and its best cut.
    fn searched_cut(&mut self, node: &Node, id: usize, column: usize, mass: Mass) -> (bool, Option<Cut>) {
        let rows = &self.rows[node.start..node.end];
        let (n, n_all) = (rows.len(), self.labels.len());
        let mut scan = Scan {
            values: self.data.x.column(column),
            labels: self.labels,
            weights: self.weights,
            mass,
            n,
            min_leaf: self.limits.min_leaf,
            left: Mass::default(),
            n_left: 0,
            previous: f64::NAN,
            varies: false,
            best: None,
        };
        // Sorting costs some n log n, walking all rows n_all.
        if n * (usize::BITS - n.leading_zeros()) as usize * 2 < n_all {
            let place = self.data.place(column);
            self.keys.clear();
            self.keys.extend(rows.iter().map(|i| u64::from(place[*i as usize]) << 32 | u64::from(*i)));
            self.keys.sort_unstable();
            for key in &self.keys {
                scan.take((*key & 0xFFFF_FFFF) as usize);
            }
        } else {
            let stamp = id as u32 + 1;
            for i in self.data.order(column) {
                if self.stamp[*i as usize] == stamp {
                    scan.take(*i as usize);
                }
            }
        }
        (scan.varies, scan.best.map(|(threshold, purity)| Cut { column, threshold, purity }))
    }

    fn drawn_cut(&self, node: &Node, column: usize, mass: Mass, rng: &mut Rng) -> (bool, Option<Cut>) {
        let rows = &self.rows[node.start..node.end];
        let values = self.data.x.column(column);
        let (low, high) = rows.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), i| {
            (low.min(values[*i as usize]), high.max(values[*i as usize]))
        });
        if low == high {
            return (false, None);
        }
        let drawn = low + rng.uniform() * (high - low);
        // The largest value must go right, and a difference that overflows must not give infinity.
        let threshold = if drawn >= low && drawn < high { drawn } else { low };
        let (mut left, mut n_left) = (Mass::default(), 0);
        for i in rows.iter().map(|i| *i as usize).filter(|i| values[*i] <= threshold) {
            left.add(self.weights[i], self.labels[i]);
            n_left += 1;
        }
        if n_left < self.limits.min_leaf || rows.len() - n_left < self.limits.min_leaf {
            return (true, None);
        }
        (true, Some(Cut { column, threshold, purity: left.purity() + mass.without(left).purity() }))
    }
}

/// A walk over the rows of a node in the order of one column.
struct Scan<'a> {
    values: &'a [f64],
    labels: &'a [bool],
    weights: &'a [f64],
    mass: Mass,
    n: usize,
    min_leaf: usize,
    left: Mass,
    n_left: usize,
    previous: f64,
    varies: bool,
    best: Option<(f64, f64)>,
}

impl Scan<'_> {
    #[inline]
    fn take(&mut self, i: usize) {
        let value = self.values[i];
        if self.n_left > 0 && value > self.previous {
            self.varies = true;
            if self.n_left >= self.min_leaf && self.n - self.n_left >= self.min_leaf {
                let purity = self.left.purity() + self.mass.without(self.left).purity();
                if self.best.is_none_or(|(_, b)| purity > b) {
                    // Halves first: a sum could overflow. Where the middle rounds to the larger value, the smaller cuts.
                    let middle = 0.5 * self.previous + 0.5 * value;
                    let threshold = if middle >= self.previous && middle < value { middle } else { self.previous };
                    self.best = Some((threshold, purity));
                }
            }
        }
        self.left.add(self.weights[i], self.labels[i]);
        self.n_left += 1;
        self.previous = value;
    }
}
