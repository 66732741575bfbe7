//! Recalibration, learned from training or out-of-fold scores and from nothing else: [`Platt`] and [`Isotonic`].

use crate::check;
use crate::logit::{log_odds, logistic_fit, probability};
use crate::rank::ascending;
use dlr_core::{Code, Error, Predictions, Result, TrainScores};
use serde::{Deserialize, Serialize};

/// `p' = probability(intercept + slope * log odds of p)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Added to the log odds.
    pub intercept: f64,
    /// Multiplies the log odds.
    pub slope: f64,
}

impl Platt {
    /// Fits the line on the log odds, with Platt's smoothed targets `(n_positive + 1) / (n_positive + 2)` and
    /// `1 / (n_negative + 2)`, so that separable scores have a finite slope.
    ///
    /// # Errors
    /// `E0603` for one class only or where all scores are equal.
    pub fn fit(scores: &TrainScores) -> Result<Self> {
        let (p, labels) = (scores.predictions().scores(), scores.truth().labels());
        let (m, n) = both_classes(labels)?;
        let (high, low) = ((m as f64 + 1.0) / (m as f64 + 2.0), 1.0 / (n as f64 + 2.0));
        let targets: Vec<f64> = labels.iter().map(|l| if *l { high } else { low }).collect();
        let margin: Vec<f64> = p.iter().map(|p| log_odds(*p)).collect();
        let fit = logistic_fit(&[vec![1.0; p.len()], margin], &targets, &vec![0.0; p.len()]);
        if fit.coefficients[1].is_nan() {
            return Err(Error::new(Code::Evaluation, "recalibration needs scores that differ")
                .hint("the scores have no recalibration line; keep them as they are"));
        }
        Ok(Platt { intercept: fit.coefficients[0], slope: fit.coefficients[1] })
    }

    /// Recalibrated predictions of the same cases.
    ///
    /// # Errors
    /// Those of [`Predictions::new`]; none for predictions.
    pub fn apply(&self, predictions: &Predictions) -> Result<Predictions> {
        let changed = predictions.scores().iter().map(|p| probability(self.intercept + self.slope * log_odds(*p)));
        Predictions::new(predictions.cases().to_vec(), changed.collect())
    }
}

/// A monotone step-and-line function through pooled shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Scores at which the function is known, ascending.
    pub x: Vec<f64>,
    /// Its values there, not falling.
    pub y: Vec<f64>,
}

impl Isotonic {
    /// Pools adjacent violators (Ayer et al. 1955); tied scores are one point at their mean.
    ///
    /// # Errors
    /// `E0603` for one class only.
    pub fn fit(scores: &TrainScores) -> Result<Self> {
        both_classes(scores.truth().labels())?;
        Self::fit_to(scores.predictions().scores(), scores.truth().labels())
    }

    /// The same on plain slices: the caller answers for what they are. Use [`Isotonic::fit`] in a study.
    ///
    /// # Errors
    /// As [`crate::auc`].
    pub(crate) fn fit_to(scores: &[f64], labels: &[bool]) -> Result<Self> {
        check::scores_and_labels(scores, labels)?;
        // Each block: sum of labels, number of cases, first and last point.
        let mut points: Vec<(f64, f64, f64)> = Vec::new();
        for position in ascending(scores) {
            let y = f64::from(u8::from(labels[position]));
            match points.last_mut() {
                Some((x, sum, n)) if *x == scores[position] => {
                    *sum += y;
                    *n += 1.0;
                }
                _ => points.push((scores[position], y, 1.0)),
            }
        }
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
        for (_, sum, n) in &points {
            let mut block = (*sum, *n, 1);
            while let Some((s, n, k)) = blocks.last().copied()
                && s * block.1 >= block.0 * n
            {
                block = (block.0 + s, block.1 + n, block.2 + k);
                blocks.pop();
            }
            blocks.push(block);
        }
        let (mut x, mut y, mut at) = (Vec::new(), Vec::new(), 0);
        for (sum, n, length) in blocks {
            // The inside of a level stretch says nothing that its ends do not.
            for end in [at, at + length - 1] {
                if x.last() != Some(&points[end].0) {
                    x.push(points[end].0);
                    y.push(sum / n);
                }
            }
            at += length;
        }
        Ok(Isotonic { x, y })
    }

    /// The value at a score, on the line between known points, level outside them.
    pub fn value(&self, score: f64) -> f64 {
        let above = self.x.partition_point(|x| *x < score);
        if above == 0 {
            return self.y[0];
        }
        if above == self.x.len() {
            return self.y[above - 1];
        }
        let (x0, x1, y0, y1) = (self.x[above - 1], self.x[above], self.y[above - 1], self.y[above]);
        y0 + (y1 - y0) * ((score - x0) / (x1 - x0))
    }

    /// Recalibrated predictions of the same cases.
    ///
    /// # Errors
    /// Those of [`Predictions::new`]; none for predictions.
    pub fn apply(&self, predictions: &Predictions) -> Result<Predictions> {
        let changed = predictions.scores().iter().map(|p| self.value(*p).clamp(0.0, 1.0)).collect();
        Predictions::new(predictions.cases().to_vec(), changed)
    }
}

fn both_classes(labels: &[bool]) -> Result<(usize, usize)> {
    match check::class_counts(labels) {
        (0, n) | (n, 0) => {
            Err(Error::new(Code::Evaluation, "recalibration needs both classes")
                .found(format!("{n} cases of one class")))
        }
        counts => Ok(counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isotonic_does_not_fall_and_keeps_the_mean() {
        let scores = [0.1, 0.2, 0.2, 0.4, 0.5, 0.6, 0.9];
        let labels = [false, true, false, false, true, false, true];
        let fit = Isotonic::fit_to(&scores, &labels).unwrap();
        assert!(fit.y.windows(2).all(|w| w[0] <= w[1]));
        let mean: f64 = scores.iter().map(|s| fit.value(*s)).sum();
        assert!((mean - 3.0).abs() < 1e-12);
        assert_eq!((fit.value(-1.0), fit.value(2.0)), (0.0, 1.0));
    }
}
