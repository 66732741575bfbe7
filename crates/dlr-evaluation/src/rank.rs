//! Ranks with ties at their middle, and AUCs of many resamples of the same scores in linear time.

/// Positions in ascending order of value. No value may be NaN.
pub(crate) fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Stable, and `partial_cmp` rather than `total_cmp`: -0 and 0 are a tie.
    order.sort_by(|a, b| values[*a].partial_cmp(&values[*b]).unwrap_or(std::cmp::Ordering::Equal));
    order
}

/// Ranks from 1, tied values at the mean of theirs.
pub(crate) fn midranks(values: &[f64]) -> Vec<f64> {
    let order = ascending(values);
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let mut to = from + 1;
        while to < order.len() && values[order[to]] == values[order[from]] {
            to += 1;
        }
        // Ranks from+1 ..= to; their mean is a multiple of one half, so exact.
        let middle = (from + 1 + to) as f64 / 2.0;
        for position in &order[from..to] {
            ranks[*position] = middle;
        }
        from = to;
    }
    ranks
}

/// Scores reduced to the order of their distinct values, so that the AUC of a resample needs no sorting.
pub(crate) struct Ranked {
    level: Vec<usize>,
    n_levels: usize,
    labels: Vec<bool>,
}

impl Ranked {
    pub(crate) fn new(scores: &[f64], labels: &[bool]) -> Self {
        let order = ascending(scores);
        let mut level = vec![0; scores.len()];
        let mut n_levels = 0;
        for (at, position) in order.iter().enumerate() {
            if at > 0 && scores[order[at - 1]] != scores[*position] {
                n_levels += 1;
            }
            level[*position] = n_levels;
        }
        Ranked { level, n_levels: n_levels + 1, labels: labels.to_vec() }
    }

    /// The AUC of the cases at these positions; NaN where they are of one class.
    pub(crate) fn auc(&self, positions: impl IntoIterator<Item = usize>, scratch: &mut Vec<[u32; 2]>) -> f64 {
        scratch.clear();
        scratch.resize(self.n_levels, [0; 2]);
        for position in positions {
            scratch[self.level[position]][usize::from(self.labels[position])] += 1;
        }
        let (mut negatives, mut positives, mut twice_won) = (0u64, 0u64, 0u64);
        for [n, p] in scratch.iter() {
            twice_won += u64::from(*p) * (2 * negatives + u64::from(*n));
            negatives += u64::from(*n);
            positives += u64::from(*p);
        }
        twice_won as f64 / 2.0 / (positives as f64 * negatives as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_middle() {
        assert_eq!(midranks(&[0.3, 0.1, 0.3, -0.0, 0.0]), [4.5, 3.0, 4.5, 1.5, 1.5]);
        assert!(midranks(&[]).is_empty());
    }
}
