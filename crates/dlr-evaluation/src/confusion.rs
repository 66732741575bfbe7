//! [`Confusion`]: the four counts at a cut, and every rate that is made of them.
//!
//! A rate whose denominator is 0 is NaN, never 0: with no positive case there is no sensitivity.

use crate::check;
use dlr_core::{Result, Threshold};
use serde::Serialize;

/// Counts at a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Positive, called positive.
    pub tp: usize,
    /// Negative, called positive.
    pub fp: usize,
    /// Negative, called negative.
    pub tn: usize,
    /// Positive, called negative.
    pub r#fn: usize,
}

impl FromIterator<(bool, bool)> for Confusion {
    /// Pairs of call and label.
    fn from_iter<I: IntoIterator<Item = (bool, bool)>>(pairs: I) -> Self {
        let mut counts = Confusion { tp: 0, fp: 0, tn: 0, r#fn: 0 };
        for pair in pairs {
            match pair {
                (true, true) => counts.tp += 1,
                (true, false) => counts.fp += 1,
                (false, false) => counts.tn += 1,
                (false, true) => counts.r#fn += 1,
            }
        }
        counts
    }
}

impl Confusion {
    /// Counts with `score >= cut` called positive.
    ///
    /// # Errors
    /// As [`crate::auc`].
    pub fn at(scores: &[f64], labels: &[bool], cut: f64) -> Result<Self> {
        check::scores_and_labels(scores, labels)?;
        Ok(scores.iter().map(|score| *score >= cut).zip(labels.iter().copied()).collect())
    }

    /// Counts of calls that were made elsewhere, for example each at the threshold of its fold.
    ///
    /// # Errors
    /// `E0502` for other lengths.
    pub fn of_calls(calls: &[bool], labels: &[bool]) -> Result<Self> {
        check::same_length(labels.len(), calls.len())?;
        Ok(calls.iter().copied().zip(labels.iter().copied()).collect())
    }

    /// Counts at a threshold that was made from training scores.
    ///
    /// # Errors
    /// As [`crate::auc`].
    pub fn at_threshold(scores: &[f64], labels: &[bool], threshold: &Threshold) -> Result<Self> {
        Self::at(scores, labels, threshold.value())
    }

    /// All cases.
    pub fn n(&self) -> usize {
        self.tp + self.fp + self.tn + self.r#fn
    }

    /// Share of the positive cases that are called positive. NaN without positive cases.
    pub fn sensitivity(&self) -> f64 {
        ratio(self.tp, self.tp + self.r#fn)
    }

    /// Share of the negative cases that are called negative. NaN without negative cases.
    pub fn specificity(&self) -> f64 {
        ratio(self.tn, self.tn + self.fp)
    }

    /// Share of those called positive that are. NaN where nobody is called positive.
    pub fn ppv(&self) -> f64 {
        ratio(self.tp, self.tp + self.fp)
    }

    /// Share of those called negative that are. NaN where nobody is called negative.
    pub fn npv(&self) -> f64 {
        ratio(self.tn, self.tn + self.r#fn)
    }

    /// Share called rightly.
    pub fn accuracy(&self) -> f64 {
        ratio(self.tp + self.tn, self.n())
    }

    /// Mean of sensitivity and specificity.
    pub fn balanced_accuracy(&self) -> f64 {
        (self.sensitivity() + self.specificity()) / 2.0
    }

    /// F1 of the positive class, `2 tp / (2 tp + fp + fn)`. NaN where nobody is positive or called so.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.tp, 2 * self.tp + self.fp + self.r#fn)
    }

    /// F1 of the negative class.
    pub fn f1_negative(&self) -> f64 {
        ratio(2 * self.tn, 2 * self.tn + self.fp + self.r#fn)
    }

    /// Mean of the F1 of both classes.
    pub fn f1_macro(&self) -> f64 {
        (self.f1() + self.f1_negative()) / 2.0
    }

    /// Matthews' correlation coefficient. 0 where everyone is called the same (its limit, Chicco and Jurman 2020); NaN
    /// where the truth is of one class.
    pub fn mcc(&self) -> f64 {
        let [tp, fp, tn, fn_] = [self.tp, self.fp, self.tn, self.r#fn].map(|c| c as f64);
        if self.tp + self.r#fn == 0 || self.tn + self.fp == 0 {
            return f64::NAN;
        }
        let called = (tp + fp) * (tn + fn_);
        if called == 0.0 {
            return 0.0;
        }
        (tp * tn - fp * fn_) / (called.sqrt() * ((tp + fn_) * (tn + fp)).sqrt())
    }

    /// Cohen's kappa between truth and call. NaN where chance agreement is already 1.
    pub fn kappa(&self) -> f64 {
        let [tp, fp, tn, fn_, n] = [self.tp, self.fp, self.tn, self.r#fn, self.n()].map(|c| c as f64);
        let by_chance = ((tp + fp) * (tp + fn_) + (tn + fn_) * (tn + fp)) / (n * n);
        if by_chance >= 1.0 {
            return f64::NAN;
        }
        ((tp + tn) / n - by_chance) / (1.0 - by_chance)
    }
}

/// F1 of the rule that calls everyone positive: `2p / (1 + p)` at prevalence `p`. An F1 means little beside a high one.
pub fn f1_all_positive(prevalence: f64) -> f64 {
    2.0 * prevalence / (1.0 + prevalence)
}

fn ratio(k: usize, n: usize) -> f64 {
    if n == 0 { f64::NAN } else { k as f64 / n as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_table() {
        let c = Confusion { tp: 17, fp: 7, tn: 42, r#fn: 8 };
        assert_eq!((c.sensitivity(), c.specificity(), c.n()), (0.68, 42.0 / 49.0, 74));
        assert!((c.f1() - 34.0 / 49.0).abs() < 1e-15);
        assert!((f1_all_positive(0.80) - 8.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn undefined_is_nan() {
        let all_positive = Confusion { tp: 3, fp: 2, tn: 0, r#fn: 0 };
        assert!(all_positive.npv().is_nan() && all_positive.mcc() == 0.0 && all_positive.kappa() == 0.0);
        let one_class = Confusion { tp: 3, fp: 0, tn: 0, r#fn: 0 };
        assert!(one_class.specificity().is_nan() && one_class.mcc().is_nan() && one_class.kappa().is_nan());
        assert!(Confusion { tp: 0, fp: 0, tn: 4, r#fn: 0 }.f1().is_nan());
        // An infinite cut calls nobody positive.
        assert_eq!(Confusion::at(&[0.3, 1.0], &[true, false], f64::INFINITY).unwrap().fp, 0);
    }
}
