//! Adapters of the plain functions to the [`Metric`] seam, by name.

use crate::{Confusion, auc, average_precision, brier, calibration_line, log_loss};
use dlr_core::{Code, Error, Metric, Predictions, Result, Threshold, Truth};

type Plain = fn(&[f64], &[bool]) -> Result<f64>;
type Rate = fn(&Confusion) -> f64;

const PLAIN: [(&str, Plain); 6] = [
    ("auc", auc),
    ("auprc", average_precision),
    ("brier", brier),
    ("log_loss", log_loss),
    ("calibration_slope", |scores, labels| Ok(calibration_line(scores, labels)?.slope)),
    ("calibration_intercept", |scores, labels| Ok(calibration_line(scores, labels)?.intercept)),
];

const RATES: [(&str, Rate); 10] = [
    ("f1", Confusion::f1),
    ("f1_macro", Confusion::f1_macro),
    ("accuracy", Confusion::accuracy),
    ("balanced_accuracy", Confusion::balanced_accuracy),
    ("sensitivity", Confusion::sensitivity),
    ("specificity", Confusion::specificity),
    ("ppv", Confusion::ppv),
    ("npv", Confusion::npv),
    ("mcc", Confusion::mcc),
    ("kappa", Confusion::kappa),
];

/// The names that [`metric`] knows, in a stable order.
pub fn metric_names() -> Vec<&'static str> {
    PLAIN.iter().map(|(name, _)| *name).chain(RATES.iter().map(|(name, _)| *name)).collect()
}

/// A metric by its name; those that need a cut take 0.5.
///
/// # Errors
/// `E0402` for an unknown name.
pub fn metric(name: &str) -> Result<Box<dyn Metric>> {
    at_cut(name, 0.5)
}

/// A metric by its name, at a threshold made from training scores.
///
/// # Errors
/// `E0402` for an unknown name.
pub fn metric_at(name: &str, threshold: &Threshold) -> Result<Box<dyn Metric>> {
    at_cut(name, threshold.value())
}

fn at_cut(name: &str, cut: f64) -> Result<Box<dyn Metric>> {
    if let Some((name, score)) = PLAIN.iter().find(|(known, _)| *known == name) {
        return Ok(Box::new(PlainMetric { name, score: *score }));
    }
    if let Some((name, rate)) = RATES.iter().find(|(known, _)| *known == name) {
        return Ok(Box::new(RateMetric { name, rate: *rate, cut }));
    }
    Err(Error::new(Code::UnknownName, format!("there is no metric `{name}`")).expected(metric_names().join(", ")))
}

struct PlainMetric {
    name: &'static str,
    score: Plain,
}

impl Metric for PlainMetric {
    fn name(&self) -> &str {
        self.name
    }

    fn score(&self, predictions: &Predictions, truth: &Truth) -> Result<f64> {
        truth.must_fit(predictions)?;
        (self.score)(predictions.scores(), truth.labels())
    }
}

struct RateMetric {
    name: &'static str,
    rate: Rate,
    cut: f64,
}

impl Metric for RateMetric {
    fn name(&self) -> &str {
        self.name
    }

    fn score(&self, predictions: &Predictions, truth: &Truth) -> Result<f64> {
        truth.must_fit(predictions)?;
        Ok((self.rate)(&Confusion::at(predictions.scores(), truth.labels(), self.cut)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_keeps_the_contract() {
        for name in metric_names() {
            let metric = metric(name).unwrap();
            assert_eq!(metric.name(), name);
            dlr_core::conformance::check_metric(metric.as_ref()).unwrap();
        }
        assert_eq!(metric("aux").err().unwrap().code(), Code::UnknownName);
    }
}
