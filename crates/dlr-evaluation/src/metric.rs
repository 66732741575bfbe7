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
    named(name, None)
}

/// A metric by its name, at a threshold made from training scores. It refuses (`E0304`) to score a case that the
/// threshold was chosen on.
///
/// # Errors
/// `E0402` for an unknown name.
pub fn metric_at(name: &str, threshold: &Threshold) -> Result<Box<dyn Metric>> {
    named(name, Some(threshold))
}

fn named(name: &str, threshold: Option<&Threshold>) -> Result<Box<dyn Metric>> {
    if let Some((name, score)) = PLAIN.iter().find(|(known, _)| *known == name) {
        return Ok(Box::new(PlainMetric { name, score: *score }));
    }
    if let Some((name, rate)) = RATES.iter().find(|(known, _)| *known == name) {
        return Ok(Box::new(RateMetric { name, rate: *rate, threshold: threshold.cloned() }));
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
    threshold: Option<Threshold>,
}

impl Metric for RateMetric {
    fn name(&self) -> &str {
        self.name
    }

    fn score(&self, predictions: &Predictions, truth: &Truth) -> Result<f64> {
        truth.must_fit(predictions)?;
        let cut = match &self.threshold {
            None => 0.5,
            Some(threshold) => {
                threshold.must_not_have_seen(predictions)?;
                threshold.value()
            }
        };
        Ok((self.rate)(&Confusion::at(predictions.scores(), truth.labels(), cut)?))
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

    #[test]
    fn a_threshold_is_not_judged_on_the_cases_it_was_chosen_on() {
        let (train, _) = dlr_core::conformance::sample_dataset(1).split_roles().unwrap();
        let half = vec![0.5; train.n_cases()];
        let scores = train.scores(&Predictions::new(train.table().cases().to_vec(), half).unwrap()).unwrap();
        let threshold = scores.threshold("fixed", |_, _| Ok(0.5)).unwrap();
        let own = (scores.predictions(), scores.truth());
        let error = metric_at("f1", &threshold).unwrap().score(own.0, own.1).unwrap_err();
        assert_eq!(error.code(), Code::PatientOverlap);
        assert_eq!(crate::evaluate(own.0, own.1, Some(&threshold)).unwrap_err().code(), Code::PatientOverlap);
        let other = |id: &String| format!("{id} of another center");
        let cases: Vec<_> = own.0.cases().iter().map(other).collect();
        let predictions = Predictions::new(cases.clone(), own.0.scores().to_vec()).unwrap();
        let truth = Truth::new(cases, own.1.labels().to_vec()).unwrap();
        assert!(metric_at("f1", &threshold).unwrap().score(&predictions, &truth).unwrap().is_finite());
        assert!(crate::evaluate(&predictions, &truth, Some(&threshold)).is_ok());
    }
}
