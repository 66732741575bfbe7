//! How well the best possible method does: by formula, and on the sample that was drawn.

use crate::{
    latent::{LatentSet, Latents},
    normal,
    subject::Subject,
};
use dlr_core::Role;

/// AUC of the best method that sees the latents of a set, in an endless cohort: `Phi(sqrt(sum of delta² / 2))`.
pub fn bayes_auc(deltas: &Latents, set: LatentSet) -> f64 {
    let squares: f64 = set.latents().iter().map(|latent| deltas.get(*latent).powi(2)).sum();
    normal::cdf((squares / 2.0).sqrt())
}

/// AUC of the log-likelihood ratio of a set among the subjects of a role; NaN where a class is missing.
///
/// No method can expect to rank these very cases better than this.
pub fn sample_oracle(subjects: &[Subject], role: Role, set: LatentSet) -> f64 {
    let of_role = subjects.iter().filter(|subject| subject.role == role);
    let (scores, labels): (Vec<f64>, Vec<bool>) = of_role.map(|s| (s.llr(set), s.is_high)).unzip();
    auc(&scores, &labels)
}

/// Share of pairs (positive, negative) in which the positive has the higher score; ties count half. NaN without pairs.
pub fn auc(scores: &[f64], labels: &[bool]) -> f64 {
    let of = |class: bool| scores.iter().zip(labels).filter(move |(_, l)| **l == class).map(|(s, _)| *s);
    let (mut won, mut pairs) = (0.0, 0.0);
    for positive in of(true) {
        for negative in of(false) {
            won += if positive > negative { 1.0 } else { 0.5 * f64::from(u8::from(positive == negative)) };
            pairs += 1.0;
        }
    }
    won / pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variant;

    #[test]
    fn formula_gives_the_values_of_the_protocol() {
        let main = Variant::Main.deltas();
        let weak = Variant::MainWeak.deltas();
        let table = [
            (&main, LatentSet::Intra, 0.821),
            (&main, LatentSet::Peri, 0.864),
            (&main, LatentSet::Combined, 0.924),
            (&main, LatentSet::All, 0.969),
            (&main, LatentSet::IntraContext, 0.935),
            (&weak, LatentSet::Intra, 0.821),
            (&weak, LatentSet::Peri, 0.814),
            (&weak, LatentSet::Combined, 0.900),
            (&weak, LatentSet::All, 0.950),
        ];
        let misses: Vec<_> = table
            .into_iter()
            .map(|(deltas, set, expected)| (set, expected, bayes_auc(deltas, set)))
            .filter(|(_, expected, found)| (expected - found).abs() > 0.0006)
            .collect();
        assert!(misses.is_empty(), "{misses:?}");
    }

    #[test]
    fn auc_counts_ties_half() {
        assert_eq!(auc(&[1.0, 2.0, 2.0, 3.0], &[false, false, true, true]), 0.875);
        assert!(auc(&[1.0], &[true]).is_nan());
    }
}
