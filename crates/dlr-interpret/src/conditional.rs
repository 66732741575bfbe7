//! Shapley weights of a linear model where absent features are expected given the present ones, under normality.
//!
//! `v(S) = w . E[x | x_S]` is linear in `x - mean`, so the Shapley values are too: one matrix for all cases. It is summed
//! over all subsets (a walk that adds one feature at a time by a sweep of the covariance), or over permutations where
//! there are too many subsets. Nothing here knows a model or a table.

use dlr_core::Rng;
use ndarray::{Array1, Array2, Axis};

/// Up to here all subsets are visited.
const EXACT_UP_TO: usize = 16;
/// Permutations above, each with its reverse.
const N_PERMUTATIONS: usize = 2_000;

/// The matrix `M` with `phi = M (x - mean)`, shape `[n_features, n_features]`.
pub(crate) fn conditional_weights(background: &Array2<f64>, weights: &Array1<f64>, seed: u64) -> Array2<f64> {
    let n = weights.len();
    let mean = background.mean_axis(Axis(0)).expect("the caller has checked that there is a row");
    let centred = background - &mean;
    let covariance = centred.t().dot(&centred) / background.nrows() as f64;
    let mut total = Array2::zeros((n, n));
    if n <= EXACT_UP_TO {
        let mut walk = Walk { weights, total: &mut total, share: subset_shares(n) };
        walk.visit(&Known::nothing(covariance), 0);
    } else {
        let mut rng = Rng::new(seed);
        let mut order: Vec<usize> = (0..n).collect();
        for _ in 0..N_PERMUTATIONS {
            rng.shuffle(&mut order);
            add_permutation(order.iter().copied(), &covariance, weights, &mut total);
            add_permutation(order.iter().rev().copied(), &covariance, weights, &mut total);
        }
        total /= 2.0 * N_PERMUTATIONS as f64;
    }
    total
}

/// What is known once the features in a set are: the conditional covariance of the rest, and how all features are
/// expected from those known.
#[derive(Clone)]
struct Known {
    members: Vec<bool>,
    /// Conditional covariance given the members (rows and columns of members are 0).
    rest: Array2<f64>,
    /// `E[x | x_S] - mean = expected (x - mean)`; columns outside the set are 0.
    expected: Array2<f64>,
}

impl Known {
    fn nothing(covariance: Array2<f64>) -> Self {
        let n = covariance.nrows();
        Known { members: vec![false; n], rest: covariance, expected: Array2::zeros((n, n)) }
    }

    /// The same with one more feature known.
    fn with(&self, added: usize) -> Self {
        let mut next = self.clone();
        next.members[added] = true;
        let spread = self.rest[[added, added]];
        // A feature that the known ones determine adds nothing. Its own value is still its own.
        if spread <= 1e-12 {
            return next;
        }
        let gain = self.rest.column(added).mapv(|c| c / spread);
        // What is new in the added feature is its distance from what was expected of it.
        let mut news = self.expected.row(added).mapv(|e| -e);
        news[added] += 1.0;
        for (i, g) in gain.iter().enumerate().filter(|(_, g)| **g != 0.0) {
            for j in 0..news.len() {
                next.expected[[i, j]] += g * news[j];
                next.rest[[i, j]] -= g * self.rest[[added, j]];
            }
        }
        for j in 0..news.len() {
            next.rest[[added, j]] = 0.0;
            next.rest[[j, added]] = 0.0;
        }
        next
    }

    /// `v(S)` as a row of weights on `x - mean`.
    fn value(&self, weights: &Array1<f64>) -> Array1<f64> {
        weights.dot(&self.expected)
    }
}

/// Shapley's weight of a subset of `k` of the other features: `k! (n - k - 1)! / n!`.
fn subset_shares(n: usize) -> Vec<f64> {
    let mut shares = vec![1.0 / n as f64; n];
    for k in 1..n {
        shares[k] = shares[k - 1] * k as f64 / (n - k) as f64;
    }
    shares
}

struct Walk<'a> {
    weights: &'a Array1<f64>,
    total: &'a mut Array2<f64>,
    share: Vec<f64>,
}

impl Walk<'_> {
    /// Visits this set and all that add features from `first` on: every subset once.
    fn visit(&mut self, known: &Known, first: usize) {
        let value = known.value(self.weights);
        let size = known.members.iter().filter(|m| **m).count();
        // phi_i gains +share[k - 1] v(S) for each set with i in it and -share[k] v(S) for each without.
        for (i, member) in known.members.iter().enumerate() {
            let factor = if *member { self.share[size - 1] } else { -self.share[size] };
            self.total.row_mut(i).scaled_add(factor, &value);
        }
        for added in first..known.members.len() {
            self.visit(&known.with(added), added + 1);
        }
    }
}

fn add_permutation(
    order: impl Iterator<Item = usize>,
    covariance: &Array2<f64>,
    weights: &Array1<f64>,
    total: &mut Array2<f64>,
) {
    let mut known = Known::nothing(covariance.clone());
    let mut before = Array1::zeros(weights.len());
    for added in order {
        known = known.with(added);
        let value = known.value(weights);
        let mut row = total.row_mut(added);
        row += &(&value - &before);
        before = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_add_up_to_the_weights_and_permutations_come_near() {
        let mut rng = Rng::new(3);
        let background = Array2::from_shape_fn((60, 5), |_| rng.normal());
        let mixed = Array2::from_shape_fn((60, 5), |(i, j)| background[[i, j]] + 0.8 * background[[i, (j + 1) % 5]]);
        let weights = Array1::from(vec![1.0, -0.5, 0.3, 0.0, 2.0]);
        let exact = conditional_weights(&mixed, &weights, 0);
        for (sum, weight) in exact.sum_axis(Axis(0)).iter().zip(&weights) {
            assert!((sum - weight).abs() < 1e-12);
        }
        let centred = &mixed - &mixed.mean_axis(Axis(0)).unwrap();
        let covariance = centred.t().dot(&centred) / 60.0;
        let mut sampled = Array2::zeros((5, 5));
        let mut order: Vec<usize> = (0..5).collect();
        for _ in 0..3000 {
            rng.shuffle(&mut order);
            add_permutation(order.iter().copied(), &covariance, &weights, &mut sampled);
        }
        sampled /= 3000.0;
        assert!((&sampled - &exact).iter().all(|d| d.abs() < 0.03), "{sampled} {exact}");
    }
}
