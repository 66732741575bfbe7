//! Ranks with ties, correlations, the area under the ROC curve, and linear quantiles.

use crate::linalg::{dot, mean_and_deviation, sum};

/// Ranks from 1, ties sharing their mean. NaN is not allowed.
pub fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        let rank = (start + 1 + end) as f64 / 2.0;
        order[start..end].iter().for_each(|i| ranks[*i] = rank);
        start = end;
    }
    ranks
}

/// Area under the ROC curve: the share of (positive, negative) pairs in order, ties counting half. NaN with one class.
pub fn auc(scores: &[f64], labels: &[bool]) -> f64 {
    auc_of_ranks(&midranks(scores), labels)
}

fn auc_of_ranks(ranks: &[f64], labels: &[bool]) -> f64 {
    let (rank_sum, n_positive) = positive_ranks(ranks, labels);
    let n_negative = labels.len() as f64 - n_positive;
    (rank_sum - n_positive * (n_positive + 1.0) / 2.0) / (n_positive * n_negative)
}

fn positive_ranks(ranks: &[f64], labels: &[bool]) -> (f64, f64) {
    let (mut rank_sum, mut n_positive) = (0.0, 0.0);
    for (rank, label) in ranks.iter().zip(labels) {
        if *label {
            rank_sum += rank;
            n_positive += 1.0;
        }
    }
    (rank_sum, n_positive)
}

/// `|AUC - 0.5|` times the number of pairs: a multiple of a half, so that equal relevance is equal to the last bit.
pub(crate) fn relevance(ranks: &[f64], labels: &[bool]) -> f64 {
    let (rank_sum, n_positive) = positive_ranks(ranks, labels);
    (rank_sum - n_positive * (labels.len() + 1) as f64 / 2.0).abs()
}

/// Centred and divided by its norm, so that a dot product of two is their correlation; 0 for a constant.
pub(crate) fn unit(values: &[f64]) -> Vec<f64> {
    let (mean, deviation) = mean_and_deviation(values);
    if deviation == 0.0 {
        return vec![0.0; values.len()];
    }
    let mut unit: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let rest = sum(&unit) / values.len() as f64;
    unit.iter_mut().for_each(|v| *v -= rest);
    let norm = dot(&unit, &unit).sqrt();
    unit.iter_mut().for_each(|v| *v /= norm);
    unit
}

/// Pearson's correlation; 0 where one side is constant.
pub fn pearson(a: &[f64], b: &[f64]) -> f64 {
    dot(&unit(a), &unit(b))
}

/// Spearman's correlation, with mid-ranks; 0 where one side is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
    pearson(&midranks(a), &midranks(b))
}

/// Quantile by linear interpolation between order statistics (type 7 of R, the default of NumPy). `sorted` ascending.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let position = q * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let t = position - below as f64;
    // NumPy's form of the interpolation, exact at both ends.
    let difference = sorted[above] - sorted[below];
    if t < 0.5 { sorted[below] + difference * t } else { sorted[above] - difference * (1.0 - t) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_area_with_ties() {
        assert_eq!(midranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(auc(&[0.1, 0.4, 0.4, 0.8], &[false, true, false, true]), 0.875);
        assert!(auc(&[0.1, 0.4], &[true, true]).is_nan());
    }

    #[test]
    fn quantiles_of_numpy() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.25), 1.75);
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.5), 3.0);
    }
}
