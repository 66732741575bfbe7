//! Conformal prediction sets: for each case the classes that cannot be ruled out at a stated error rate.
//!
//! Split conformal with the score `1 - p(true class)`, calibrated on out-of-fold scores, per class (Mondrian): the error
//! rate then holds for positives and for negatives, not only on average. Out-of-fold scores come from models trained on
//! fewer cases than the one that predicts, so the guarantee is approximate (CV+); the coverage found is reported.

use crate::check;
use crate::interval::{Interval, wilson};
use dlr_core::{Code, Error, Predictions, Result, TrainScores, Truth};
use serde::{Deserialize, Serialize};

/// The score that at most a share `alpha` of exchangeable new scores exceeds: the `ceil((n + 1)(1 - alpha))`-th
/// smallest. Infinite where `n` is too small for that, which keeps every class in.
///
/// # Errors
/// `E0401` for an alpha outside `(0, 1)`, `E0603` for no score, `E0105` for NaN.
pub fn conformal_quantile(scores: &[f64], alpha: f64) -> Result<f64> {
    check::open_share("alpha", alpha)?;
    if scores.is_empty() {
        return Err(Error::new(Code::Evaluation, "a conformal quantile needs at least one calibration score"));
    }
    if scores.iter().any(|s| s.is_nan()) {
        return Err(Error::new(Code::NotFinite, "a calibration score is NaN"));
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = ((sorted.len() + 1) as f64 * (1.0 - alpha)).ceil() as usize;
    Ok(sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::INFINITY))
}

/// A calibrated rule. Which classes are kept: those with `p(class) >= 1 - quantile(class)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Conformal {
    /// The error rate aimed at.
    pub alpha: f64,
    /// Largest score kept for the negative class.
    pub quantile_negative: f64,
    /// Largest score kept for the positive class.
    pub quantile_positive: f64,
}

/// The classes that are kept for one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConformalSet {
    /// Negative cannot be ruled out.
    pub negative: bool,
    /// Positive cannot be ruled out.
    pub positive: bool,
}

impl Conformal {
    /// One quantile per class: the error rate holds in each.
    ///
    /// # Errors
    /// As [`conformal_quantile`], for a class without cases too.
    pub fn fit(scores: &TrainScores, alpha: f64) -> Result<Self> {
        let by_class = |wanted| conformal_quantile(&nonconformity(scores, Some(wanted)), alpha);
        Ok(Conformal { alpha, quantile_negative: by_class(false)?, quantile_positive: by_class(true)? })
    }

    /// One quantile for both classes: the error rate holds on average only.
    ///
    /// # Errors
    /// As [`conformal_quantile`].
    pub fn fit_marginal(scores: &TrainScores, alpha: f64) -> Result<Self> {
        let quantile = conformal_quantile(&nonconformity(scores, None), alpha)?;
        Ok(Conformal { alpha, quantile_negative: quantile, quantile_positive: quantile })
    }

    /// The classes kept at one probability of the positive class.
    pub fn set(&self, probability: f64) -> ConformalSet {
        ConformalSet {
            negative: 1.0 - probability >= 1.0 - self.quantile_negative,
            positive: probability >= 1.0 - self.quantile_positive,
        }
    }

    /// The classes kept for each prediction, in order.
    pub fn sets(&self, predictions: &Predictions) -> Vec<ConformalSet> {
        predictions.scores().iter().map(|p| self.set(*p)).collect()
    }
}

/// `1 - p(true class)` of each case, of one class or of both.
pub(crate) fn nonconformity_of(scores: &[f64], labels: &[bool], class: Option<bool>) -> Vec<f64> {
    let kept = scores.iter().zip(labels).filter(|(_, l)| class.is_none_or(|c| c == **l));
    kept.map(|(p, label)| 1.0 - if *label { *p } else { 1.0 - p }).collect()
}

fn nonconformity(scores: &TrainScores, class: Option<bool>) -> Vec<f64> {
    nonconformity_of(scores.predictions().scores(), scores.truth().labels(), class)
}

/// How often the sets held the truth, and how much they said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// Share of cases whose class was kept.
    pub coverage: f64,
    /// Its Wilson interval.
    pub coverage_ci: Interval,
    /// The same among positives; NaN for none.
    pub coverage_positive: f64,
    /// The same among negatives; NaN for none.
    pub coverage_negative: f64,
    /// Share of cases with exactly one class kept: those for which the model commits itself.
    pub single: f64,
    /// Share with both classes kept.
    pub both: f64,
    /// Share with no class kept: unlike anything seen in either class.
    pub empty: f64,
}

/// Coverage of sets on cases with known truth.
///
/// # Errors
/// `E0502` for another number of sets, `E0603` for no case.
pub fn coverage(sets: &[ConformalSet], truth: &Truth) -> Result<Coverage> {
    check::same_length(truth.labels().len(), sets.len())?;
    if sets.is_empty() {
        return Err(Error::new(Code::Evaluation, "there is no prediction set to check"));
    }
    let holds = |(set, label): &(&ConformalSet, &bool)| if **label { set.positive } else { set.negative };
    let covered = sets.iter().zip(truth.labels()).filter(holds).count();
    let within = |class: bool| {
        let of_class: Vec<_> = sets.iter().zip(truth.labels()).filter(|(_, l)| **l == class).collect();
        of_class.iter().filter(|pair| holds(pair)).count() as f64 / of_class.len() as f64
    };
    let n = sets.len() as f64;
    let with_size =
        |size: u8| sets.iter().filter(|s| u8::from(s.negative) + u8::from(s.positive) == size).count() as f64 / n;
    Ok(Coverage {
        coverage: covered as f64 / n,
        coverage_ci: wilson(covered, sets.len(), 0.95)?,
        coverage_positive: within(true),
        coverage_negative: within(false),
        single: with_size(1),
        both: with_size(2),
        empty: with_size(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    #[test]
    fn quantile_ranks() {
        let scores: Vec<f64> = (1..=9).map(f64::from).collect();
        assert_eq!(conformal_quantile(&scores, 0.1).unwrap(), 9.0);
        assert_eq!(conformal_quantile(&scores, 0.5).unwrap(), 5.0);
        assert_eq!(conformal_quantile(&scores, 0.05).unwrap(), f64::INFINITY);
        assert_eq!(conformal_quantile(&[], 0.1).unwrap_err().code(), Code::Evaluation);
    }

    #[test]
    fn coverage_holds_on_exchangeable_scores() {
        // 400 repeats, 60 to calibrate and 60 to test: mean coverage within three standard errors of 0.9 or above.
        let mut total = 0.0;
        for repeat in 0..400 {
            let mut rng = Rng::stream(8, repeat);
            let mut draw = || -> Vec<f64> { (0..60).map(|_| rng.uniform().powi(2)).collect() };
            let quantile = conformal_quantile(&draw(), 0.1).unwrap();
            total += draw().iter().filter(|s| **s <= quantile).count() as f64 / 60.0;
        }
        let mean = total / 400.0;
        assert!((0.895..0.915).contains(&mean), "{mean}");
    }

    #[test]
    fn sets_and_their_coverage() {
        let rule = Conformal { alpha: 0.1, quantile_negative: 0.4, quantile_positive: 0.7 };
        let sets: Vec<_> = [0.1, 0.35, 0.9, 0.2].map(|p| rule.set(p)).to_vec();
        let truth =
            Truth::new(["a", "b", "c", "d"].map(String::from).to_vec(), vec![false, true, false, true]).unwrap();
        let c = coverage(&sets, &truth).unwrap();
        assert_eq!((c.coverage, c.coverage_positive, c.single, c.both), (0.5, 0.5, 0.75, 0.25));
    }
}
