//! Bootstrap: resampling plans, percentile and BCa intervals, and the AUC of thousands of resamples in linear time.
//!
//! Every resample draws from a stream of its own, so results do not depend on the order or the threads in which they
//! are made.

use crate::check;
use crate::distribution::{normal_cdf, normal_quantile};
use crate::interval::Interval;
use crate::quantile::{mean_sd, quantile};
use crate::rank::Ranked;
use dlr_core::{Code, Error, Result, Rng};
use serde::Serialize;
use std::collections::BTreeMap;

/// Which positions a resample may take.
///
/// What is drawn is a unit: a case, or a patient with all cases of that patient.
#[derive(Debug, Clone)]
pub struct Resampler {
    groups: Vec<Vec<usize>>,
    /// Positions of each unit; `None` where every position is a unit of its own.
    members: Option<Vec<Vec<usize>>>,
}

impl Resampler {
    /// Positions `0..n` with replacement.
    ///
    /// # Errors
    /// `E0603` for no case.
    pub fn simple(n: usize) -> Result<Self> {
        Self::of(vec![(0..n).collect()])
    }

    /// Positives and negatives resampled apart: their numbers stay, as the design of a study fixes them.
    ///
    /// # Errors
    /// `E0603` for one class only.
    pub fn stratified(labels: &[bool]) -> Result<Self> {
        let side = |wanted: bool| (0..labels.len()).filter(|i| labels[*i] == wanted).collect();
        Self::of(vec![side(true), side(false)])
    }

    /// Patients resampled with all their cases, those with a positive case and those without apart.
    ///
    /// # Errors
    /// `E0603` where one of these two kinds of patient is missing, `E0502` for another number of patients than labels.
    pub fn by_patient(patient_of: &[&str], labels: &[bool]) -> Result<Self> {
        check::same_length(labels.len(), patient_of.len())?;
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (position, patient) in patient_of.iter().enumerate() {
            members.entry(patient).or_default().push(position);
        }
        // In order of first appearance, so that one case per patient draws as cases do.
        let mut members: Vec<Vec<usize>> = members.into_values().collect();
        members.sort_by_key(|positions| positions[0]);
        let is_positive = |unit: &usize| members[*unit].iter().any(|position| labels[*position]);
        let (positive, negative) = (0..members.len()).partition(is_positive);
        let resampler = Self::of(vec![positive, negative])?;
        let single = members.iter().all(|positions| positions.len() == 1);
        Ok(Resampler { members: (!single).then_some(members), ..resampler })
    }

    fn of(groups: Vec<Vec<usize>>) -> Result<Self> {
        if groups.iter().any(Vec::is_empty) {
            return Err(Error::new(
                Code::Evaluation,
                "a bootstrap needs cases, of both classes where it is stratified",
            ));
        }
        Ok(Resampler { groups, members: None })
    }

    /// All positions, each once.
    fn all(&self) -> Vec<usize> {
        self.positions(self.groups.iter().flatten().copied())
    }

    fn positions(&self, units: impl Iterator<Item = usize>) -> Vec<usize> {
        match &self.members {
            Some(members) => units.flat_map(|unit| members[unit].iter().copied()).collect(),
            None => units.collect(),
        }
    }

    /// The positions of one resample.
    pub fn draw(&self, seed: u64, resample: u64) -> Vec<usize> {
        let mut positions = Vec::new();
        self.draw_into(seed, resample, &mut positions);
        positions
    }

    pub(crate) fn draw_into(&self, seed: u64, resample: u64, positions: &mut Vec<usize>) {
        let mut rng = Rng::stream(seed, resample);
        positions.clear();
        for group in &self.groups {
            let units = (0..group.len()).map(|_| group[rng.below(group.len())]);
            match &self.members {
                Some(members) => units.for_each(|unit| positions.extend(&members[unit])),
                None => positions.extend(units),
            }
        }
    }

    /// The statistic of every resample, in order; NaN where it is not defined.
    pub fn resample(&self, n_resamples: usize, seed: u64, mut statistic: impl FnMut(&[usize]) -> f64) -> Vec<f64> {
        let mut positions = Vec::new();
        let one = |resample| {
            self.draw_into(seed, resample as u64, &mut positions);
            statistic(&positions)
        };
        (0..n_resamples).map(one).collect()
    }

    /// The statistic with each unit left out once, for [`bca_interval`].
    pub fn jackknife(&self, mut statistic: impl FnMut(&[usize]) -> f64) -> Vec<f64> {
        let units: Vec<usize> = self.groups.iter().flatten().copied().collect();
        (0..units.len())
            .map(|left_out| {
                let rest = units.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, unit)| *unit);
                statistic(&self.positions(rest))
            })
            .collect()
    }
}

/// The interval between two percentiles of the resamples. Sorts them; NaN are left out.
pub fn percentile_interval(resampled: &mut Vec<f64>, level: f64) -> Interval {
    resampled.retain(|v| !v.is_nan());
    resampled.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Interval::new(quantile(resampled, tail), quantile(resampled, 1.0 - tail))
}

/// Efron's bias-corrected and accelerated interval (1987).
///
/// Resamples equal to the estimate count one half for the bias. Where every resample lies on one side of the estimate
/// there is no correction and the interval is undefined; where the jackknife does not vary the acceleration is 0.
pub fn bca_interval(resampled: &mut Vec<f64>, estimate: f64, jackknife: &[f64], level: f64) -> Interval {
    resampled.retain(|v| !v.is_nan());
    resampled.sort_by(f64::total_cmp);
    let below = resampled.partition_point(|v| *v < estimate) as f64;
    let not_above = resampled.partition_point(|v| *v <= estimate) as f64;
    let bias = normal_quantile((below + not_above) / 2.0 / resampled.len() as f64);
    let (mean, _) = mean_sd(jackknife.iter().copied());
    let power = |k: i32| jackknife.iter().filter(|v| !v.is_nan()).map(|v| (mean - v).powi(k)).sum::<f64>();
    let squares = power(2);
    let acceleration = if squares > 0.0 { power(3) / (6.0 * squares.powf(1.5)) } else { 0.0 };
    let at = |share: f64| {
        let z = bias + normal_quantile(share);
        normal_cdf(bias + z / (1.0 - acceleration * z))
    };
    let tail = (1.0 - level) / 2.0;
    let (low, high) = (at(tail), at(1.0 - tail));
    if !bias.is_finite() || low.is_nan() || high.is_nan() {
        return Interval::UNDEFINED;
    }
    Interval::new(quantile(resampled, low), quantile(resampled, high))
}

/// A statistic, its bootstrap distribution in short, and two intervals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bootstrap {
    /// On the cases themselves.
    pub estimate: f64,
    /// Standard deviation of the resamples.
    pub standard_error: f64,
    /// Mean of the resamples less the estimate.
    pub bias: f64,
    /// Percentile interval.
    pub percentile: Interval,
    /// BCa interval.
    pub bca: Interval,
    /// Resamples on which the statistic was defined.
    pub n_used: usize,
}

/// Bootstrap of any statistic of positions.
///
/// # Errors
/// `E0401` for a level outside `(0, 1)` or no resample.
pub fn bootstrap(
    resampler: &Resampler,
    n_resamples: usize,
    level: f64,
    seed: u64,
    mut statistic: impl FnMut(&[usize]) -> f64,
) -> Result<Bootstrap> {
    check::open_share("level", level)?;
    if n_resamples == 0 {
        return Err(Error::new(Code::Parameter, "parameter `n_resamples` is 0, but must be at least 1"));
    }
    let estimate = statistic(&resampler.all());
    let mut resampled = resampler.resample(n_resamples, seed, &mut statistic);
    let jackknife = resampler.jackknife(&mut statistic);
    let (mean, standard_error) = mean_sd(resampled.iter().copied());
    let percentile = percentile_interval(&mut resampled, level);
    let bca = bca_interval(&mut resampled, estimate, &jackknife, level);
    Ok(Bootstrap { estimate, standard_error, bias: mean - estimate, percentile, bca, n_used: resampled.len() })
}

/// Bootstrap of the AUC, classes resampled apart.
///
/// # Errors
/// As [`crate::auc`] and [`bootstrap`]; `E0603` for one class only.
pub fn bootstrap_auc(scores: &[f64], labels: &[bool], n_resamples: usize, level: f64, seed: u64) -> Result<Bootstrap> {
    bootstrap_auc_by(&Resampler::stratified(labels)?, scores, labels, n_resamples, level, seed)
}

/// Bootstrap of the AUC with a resampler of these very cases.
///
/// # Errors
/// As [`crate::auc`] and [`bootstrap`].
pub fn bootstrap_auc_by(
    resampler: &Resampler,
    scores: &[f64],
    labels: &[bool],
    n_resamples: usize,
    level: f64,
    seed: u64,
) -> Result<Bootstrap> {
    check::scores_and_labels(scores, labels)?;
    let ranked = Ranked::new(scores, labels);
    let mut scratch = Vec::new();
    let statistic = |positions: &[usize]| ranked.auc(positions.iter().copied(), &mut scratch);
    bootstrap(resampler, n_resamples, level, seed, statistic)
}

/// The AUC of given resamples, one row of positions each; NaN where a resample is of one class.
///
/// # Errors
/// As [`crate::auc`].
pub fn resampled_auc(scores: &[f64], labels: &[bool], resamples: &[Vec<usize>]) -> Result<Vec<f64>> {
    check::scores_and_labels(scores, labels)?;
    let ranked = Ranked::new(scores, labels);
    let mut scratch = Vec::new();
    Ok(resamples.iter().map(|positions| ranked.auc(positions.iter().copied(), &mut scratch)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<f64>, Vec<bool>) {
        let mut rng = Rng::new(5);
        let labels: Vec<bool> = (0..60).map(|i| i % 3 == 0).collect();
        let scores = labels.iter().map(|l| rng.normal() + if *l { 1.0 } else { 0.0 }).collect();
        (scores, labels)
    }

    #[test]
    fn resamples_by_counting_equal_resamples_by_sorting() {
        let (scores, labels) = sample();
        let resampler = Resampler::simple(60).unwrap();
        let draws: Vec<Vec<usize>> = (0..50).map(|r| resampler.draw(1, r)).collect();
        for (fast, draw) in resampled_auc(&scores, &labels, &draws).unwrap().iter().zip(&draws) {
            let (s, l): (Vec<f64>, Vec<bool>) = draw.iter().map(|p| (scores[*p], labels[*p])).unzip();
            assert!((fast - crate::auc(&s, &l).unwrap()).abs() < 1e-14);
        }
    }

    #[test]
    fn intervals_hold_the_estimate_and_agree_with_delong() {
        let (scores, labels) = sample();
        let b = bootstrap_auc(&scores, &labels, 2000, 0.95, 9).unwrap();
        assert_eq!(b, bootstrap_auc(&scores, &labels, 2000, 0.95, 9).unwrap());
        assert!(b.percentile.contains(b.estimate) && b.bca.contains(b.estimate));
        let se = crate::delong(&[&scores], &labels).unwrap().standard_error(0);
        assert!((b.standard_error / se - 1.0).abs() < 0.1, "{} {se}", b.standard_error);
    }

    #[test]
    fn patients_are_drawn_whole() {
        let labels = [true, true, false, false, true];
        let patients = ["a", "a", "b", "c", "d"];
        let resampler = Resampler::by_patient(&patients, &labels).unwrap();
        for draw in (0..50).map(|r| resampler.draw(3, r)) {
            let count = |position: usize| draw.iter().filter(|p| **p == position).count();
            assert_eq!(count(0), count(1));
            assert_eq!(count(0) + count(4), 2);
            assert_eq!(count(2) + count(3), 2);
        }
        assert_eq!(resampler.jackknife(|positions| positions.len() as f64), [3.0, 4.0, 4.0, 4.0]);
        // One case per patient: the very draws of cases.
        let (scores, labels) = sample();
        let names: Vec<String> = (0..60).map(|i| format!("p{}", 99 - i)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let by_patient = Resampler::by_patient(&names, &labels).unwrap();
        let a = bootstrap_auc_by(&by_patient, &scores, &labels, 50, 0.95, 1).unwrap();
        assert_eq!(a, bootstrap_auc(&scores, &labels, 50, 0.95, 1).unwrap());
        assert_eq!(Resampler::by_patient(&["a", "b"], &[true, true]).unwrap_err().code(), Code::Evaluation);
    }

    #[test]
    fn bca_of_a_mean_matches_a_published_run() {
        // Skewed data: BCa must shift to the right of the percentile interval (Efron and Tibshirani 1993, chapter 14).
        let values: Vec<f64> = (1..=40).map(|i| (f64::from(i) / 8.0).exp()).collect();
        let mean = |p: &[usize]| p.iter().map(|i| values[*i]).sum::<f64>() / p.len() as f64;
        let b = bootstrap(&Resampler::simple(40).unwrap(), 4000, 0.95, 2, mean).unwrap();
        assert!(b.bca.low > b.percentile.low && b.bca.high > b.percentile.high, "{b:?}");
    }

    #[test]
    fn perfect_separation_and_one_class() {
        let b = bootstrap_auc(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true], 100, 0.95, 1).unwrap();
        assert_eq!((b.estimate, b.bca), (1.0, Interval::new(1.0, 1.0)));
        assert_eq!(bootstrap_auc(&[0.1, 0.2], &[true, true], 9, 0.95, 1).unwrap_err().code(), Code::Evaluation);
    }
}
