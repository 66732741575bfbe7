//! What one leaf gives to a row with a given pattern of bits: the closed forms.

use super::leaf::Leaf;

/// Contributions by pattern, worked out when first asked for.
pub(super) struct Patterns<F> {
    known: Vec<(u64, Vec<f64>)>,
    work_out: F,
}

impl<F: Fn(u64) -> Vec<f64>> Patterns<F> {
    pub(super) fn new(work_out: F) -> Self {
        Patterns { known: Vec::new(), work_out }
    }

    pub(super) fn get(&mut self, mask: u64) -> &[f64] {
        let at = match self.known.binary_search_by_key(&mask, |(m, _)| *m) {
            Ok(at) => at,
            Err(at) => {
                self.known.insert(at, (mask, (self.work_out)(mask)));
                at
            }
        };
        &self.known[at].1
    }
}

/// `k! m! / (k + m + 1)!`: Shapley's weight of `k` present and `m` absent others.
fn weight(k: usize, m: usize) -> f64 {
    // 1 / ((k + m + 1) * binomial(k + m, k)), by factors that stay small.
    let mut w = 1.0 / (k + m + 1) as f64;
    for i in 1..=k {
        w *= i as f64 / (m + i) as f64;
    }
    w
}

/// The sum over subsets `S` of the others of `weight(|S|) * product of (1 in S, zero outside)`, where columns whose
/// interval does not hold cannot be in `S`. `skip` are left out of the product.
fn subset_sum(leaf: &Leaf, mask: u64, skip: [usize; 2], n_others: usize) -> f64 {
    let mut cold = 1.0;
    // Coefficients of the product of (zero + t) over the columns that hold the row: subsets by size. On the stack, because
    // this is the innermost loop of all.
    let mut by_size = [0.0; 65];
    by_size[0] = 1.0;
    let mut n_hot = 0;
    for (bit, zero) in leaf.zero.iter().enumerate() {
        if skip.contains(&bit) {
            continue;
        }
        if mask >> bit & 1 == 0 {
            cold *= zero;
            continue;
        }
        n_hot += 1;
        for k in (1..=n_hot).rev() {
            by_size[k] = by_size[k] * zero + by_size[k - 1];
        }
        by_size[0] *= zero;
    }
    // weight(k, n - k), each from the one before.
    let mut share = 1.0 / (n_others + 1) as f64;
    let mut sum = 0.0;
    for (k, c) in by_size[..=n_hot].iter().enumerate() {
        sum += c * share;
        share *= (k + 1) as f64 / (n_others - k).max(1) as f64;
    }
    cold * sum
}

fn gain(leaf: &Leaf, mask: u64, bit: usize) -> f64 {
    (mask >> bit & 1) as f64 - leaf.zero[bit]
}

/// Path-dependent contributions, one per column of the leaf.
pub(super) fn of_path(leaf: &Leaf, mask: u64) -> Vec<f64> {
    let d = leaf.columns.len();
    let of_bit = |bit| leaf.value * gain(leaf, mask, bit) * subset_sum(leaf, mask, [bit, bit], d - 1);
    (0..d).map(of_bit).collect()
}

/// Path-dependent interaction values, `d * d` in row order.
pub(super) fn pairs_of_path(leaf: &Leaf, mask: u64) -> Vec<f64> {
    let d = leaf.columns.len();
    let single = of_path(leaf, mask);
    let mut pairs = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..i {
            // Shapley's interaction index, split in half between the two corners.
            let both = gain(leaf, mask, i) * gain(leaf, mask, j) * subset_sum(leaf, mask, [i, j], d - 2);
            pairs[i * d + j] = leaf.value * both / 2.0;
            pairs[j * d + i] = pairs[i * d + j];
        }
    }
    for i in 0..d {
        pairs[i * d + i] = single[i] - (0..d).filter(|j| *j != i).map(|j| pairs[i * d + j]).sum::<f64>();
    }
    pairs
}

/// Interventional contributions against background patterns with their counts.
///
/// A leaf is reached by a mix of row and background row exactly where each column's interval holds the one it is taken
/// from. So columns that hold only the row must be taken from it, those that hold only the background row must not.
pub(super) fn against(leaf: &Leaf, mask: u64, background: &[(u64, u32)], n: f64) -> Vec<f64> {
    let full = leaf.full_pattern();
    let mut out = vec![0.0; leaf.columns.len()];
    for (other, count) in background {
        if mask | other != full || mask == *other {
            continue;
        }
        let (needed, barred) = (mask & !other, other & !mask);
        let (a, b) = (needed.count_ones() as usize, barred.count_ones() as usize);
        let scaled = leaf.value * f64::from(*count) / n;
        if a > 0 {
            let up = scaled * weight(a - 1, b);
            bits(needed).for_each(|bit| out[bit] += up);
        }
        if b > 0 {
            let down = scaled * weight(a, b - 1);
            bits(barred).for_each(|bit| out[bit] -= down);
        }
    }
    out
}

fn bits(mask: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |bit| mask >> bit & 1 == 1)
}
