//! A [`Leaf`] as a box: the columns on its path, each once, with the interval that leads there.

use dlr_core::{Code, Error, Result, Tree};
use ndarray::ArrayView1;

/// Patterns are bits of a `u64`.
const MAX_COLUMNS: usize = 64;

/// One leaf of one tree.
pub(super) struct Leaf {
    /// Distinct columns on the path.
    pub(super) columns: Vec<usize>,
    /// A row takes the path at a column where `low < value <= high`.
    low: Vec<f64>,
    high: Vec<f64>,
    /// Share of the training rows that take the path at a column when its value is not known.
    pub(super) zero: Vec<f64>,
    /// What the leaf adds.
    pub(super) value: f64,
}

impl Leaf {
    /// Which intervals hold the row, as bits. A NaN is above every cut, as in [`Tree::predict`].
    pub(super) fn pattern(&self, row: ArrayView1<'_, f64>) -> u64 {
        let mut mask = 0;
        for (bit, column) in self.columns.iter().enumerate() {
            let value = row[*column];
            let above = self.low[bit] == f64::NEG_INFINITY || value.is_nan() || value > self.low[bit];
            let below = self.high[bit] == f64::INFINITY || value <= self.high[bit];
            mask |= u64::from(above && below) << bit;
        }
        mask
    }

    /// All intervals hold.
    pub(super) fn full_pattern(&self) -> u64 {
        if self.columns.len() == 64 { u64::MAX } else { (1 << self.columns.len()) - 1 }
    }

    /// The patterns of many rows with how often each occurs, in ascending order.
    pub(super) fn tally<'a>(&self, rows: impl Iterator<Item = ArrayView1<'a, f64>>) -> Vec<(u64, u32)> {
        let mut masks: Vec<u64> = rows.map(|row| self.pattern(row)).collect();
        masks.sort_unstable();
        let mut tally: Vec<(u64, u32)> = Vec::new();
        for mask in masks {
            match tally.last_mut() {
                Some((last, count)) if *last == mask => *count += 1,
                _ => tally.push((mask, 1)),
            }
        }
        tally
    }
}

/// Appends the leaves of a tree.
///
/// # Errors
/// [`Code::Contract`] for arrays of different length, a child or column that does not exist, a cycle, or a split whose
/// cover is not positive.
pub(super) fn leaves(tree: &Tree, n_columns: usize, out: &mut Vec<Leaf>) -> Result<()> {
    let n = tree.column.len();
    let lengths = [tree.threshold.len(), tree.left.len(), tree.right.len(), tree.value.len(), tree.cover.len()];
    if n == 0 || lengths.iter().any(|l| *l != n) {
        return Err(broken("the arrays of a tree differ in length, or are empty"));
    }
    let root = Leaf { columns: vec![], low: vec![], high: vec![], zero: vec![], value: 0.0 };
    let mut stack = vec![(0, root)];
    let mut visited = 0;
    while let Some((node, path)) = stack.pop() {
        visited += 1;
        if visited > n {
            return Err(broken("a node of a tree is reached twice"));
        }
        let Some(column) = tree.column[node] else {
            out.push(Leaf { value: tree.value[node], ..path });
            continue;
        };
        let (left, right) = (tree.left[node], tree.right[node]);
        if column >= n_columns || left >= n || right >= n {
            return Err(broken("a tree names a node or a column that does not exist"));
        }
        if tree.cover[node].is_nan() || tree.cover[node] <= 0.0 {
            return Err(broken("a split of a tree has no cover"));
        }
        for (child, goes_left) in [(right, false), (left, true)] {
            let share = tree.cover[child] / tree.cover[node];
            stack.push((child, path.narrowed(column, tree.threshold[node], goes_left, share)?));
        }
    }
    Ok(())
}

impl Leaf {
    fn narrowed(&self, column: usize, threshold: f64, goes_left: bool, share: f64) -> Result<Leaf> {
        let mut next = Leaf {
            columns: self.columns.clone(),
            low: self.low.clone(),
            high: self.high.clone(),
            zero: self.zero.clone(),
            value: 0.0,
        };
        let at = next.columns.iter().position(|c| *c == column).unwrap_or_else(|| {
            next.columns.push(column);
            next.low.push(f64::NEG_INFINITY);
            next.high.push(f64::INFINITY);
            next.zero.push(1.0);
            next.columns.len() - 1
        });
        if next.columns.len() > MAX_COLUMNS {
            return Err(broken("a path of a tree asks more than 64 columns"));
        }
        next.zero[at] *= share;
        if goes_left {
            next.high[at] = next.high[at].min(threshold);
        } else {
            next.low[at] = next.low[at].max(threshold);
        }
        Ok(next)
    }
}

fn broken(fact: &str) -> Error {
    Error::new(Code::Contract, fact)
}
