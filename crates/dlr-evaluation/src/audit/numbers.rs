//! Is the study large enough for its features, does the model beat a volume, and is the result too good?

use super::{Audit, Status};
use crate::check;
use crate::quantile::mean_sd;
use crate::{delong_paired, delong_unpaired};
use dlr_core::Result;

/// Events (cases of the smaller class) per candidate feature. Passes from 10, warns below; fails where the final model has
/// fewer than 2 events per *selected* feature.
pub fn audit_events_per_feature(labels: &[bool], n_candidates: usize, n_selected: usize) -> Audit {
    let (m, n) = check::class_counts(labels);
    let events = m.min(n) as f64;
    let (per_candidate, per_selected) = (events / n_candidates as f64, events / n_selected as f64);
    let status = match (per_candidate >= 10.0, per_selected < 2.0) {
        (_, true) => Status::Fail,
        (true, false) => Status::Pass,
        (false, false) => Status::Warn,
    };
    let selected = match n_selected {
        0 => "none selected".to_owned(),
        n => format!("{n} selected ones ({per_selected:.1} each; fail below 2)"),
    };
    let sentence = format!(
        "{events} events for {n_candidates} candidate features ({per_candidate:.3} each; 10 asked) and {selected}; only \
         selection inside every fold keeps such a result honest"
    );
    Audit::new("events-per-feature", status, per_candidate, sentence)
}

/// Does the model rank better than volume alone on the same cases? The value is the difference of the AUCs (paired
/// DeLong). Passes where its 95 % interval lies above 0, fails where the difference is not above 0.
///
/// # Errors
/// As [`crate::auc`].
pub fn audit_volume_baseline(model: &[f64], volume_only: &[f64], labels: &[bool]) -> Result<Audit> {
    let test = delong_paired(model, volume_only, labels)?;
    if test.difference.is_nan() {
        let sentence = "the cases are of one class; the model cannot be compared with volume".into();
        return Ok(Audit::new("volume-baseline", Status::Warn, f64::NAN, sentence));
    }
    let status = match (test.difference <= 0.0, test.interval.low > 0.0) {
        (true, _) => Status::Fail,
        (false, true) => Status::Pass,
        (false, false) => Status::Warn,
    };
    let sentence = format!(
        "AUC of the model less that of volume alone: {:+.3} (95 % interval {:+.3} to {:+.3}, p = {:.3}; pass where it lies \
         above 0, fail where the difference does not)",
        test.difference, test.interval.low, test.interval.high, test.p
    );
    Ok(Audit::new("volume-baseline", status, test.difference, sentence))
}

/// Does the model lose outside what it had inside? The value is its cross-validated AUC less that on other patients
/// (unpaired DeLong). Warns where the 95 % interval lies above 0: something that goes with the label in the training
/// hospitals alone (a scanner, a mark, a centre) does that, and so does a leak.
///
/// # Errors
/// As [`crate::auc`].
///
/// ```
/// use dlr_evaluation::{Status, audit_external_drop};
/// let labels: Vec<bool> = (0..40).map(|i| i % 2 == 0).collect();
/// let perfect: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
/// let blind: Vec<f64> = (0..40).map(|i| f64::from(i / 2 % 5)).collect();
/// assert_eq!(audit_external_drop((&perfect, &labels), (&blind, &labels))?.status, Status::Warn);
/// assert_eq!(audit_external_drop((&blind, &labels), (&blind, &labels))?.status, Status::Pass);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn audit_external_drop(inside: (&[f64], &[bool]), outside: (&[f64], &[bool])) -> Result<Audit> {
    let name = "external-drop";
    let test = delong_unpaired(inside, outside)?;
    if test.difference.is_nan() {
        let sentence = "the cases inside or outside are of one class; the two cannot be compared".into();
        return Ok(Audit::new(name, Status::NotApplicable, f64::NAN, sentence));
    }
    let status = if test.interval.low > 0.0 { Status::Warn } else { Status::Pass };
    let sentence = format!(
        "AUC in cross-validation less that on external cases: {:+.3} (95 % interval {:+.3} to {:+.3}; warned where it lies \
         above 0)",
        test.difference, test.interval.low, test.interval.high
    );
    Ok(Audit::new(name, status, test.difference, sentence))
}

/// Is an AUC too good for its sample? Warns above 0.95 on fewer than 80 cases: the largest independent tests of sarcoma
/// grade on MRI reach 0.76 to 0.78.
pub fn audit_too_good(auc: f64, n_cases: usize) -> Audit {
    let status = if auc > 0.95 && n_cases < 80 { Status::Warn } else { Status::Pass };
    let sentence = format!("AUC {auc:.3} on {n_cases} cases (above 0.95 on fewer than 80, look for a leak)");
    Audit::new("too-good", status, auc, sentence)
}

/// Does the pipeline find something in permuted labels? The value is the mean AUC over the permutations.
///
/// Fails where it is farther from 0.5 than 0.05 and than three of its standard errors; few permutations have a mean off
/// 0.5 by chance.
pub fn audit_permuted_labels(areas: &[f64], p: f64) -> Audit {
    let name = "permuted-labels";
    let (mean, sd) = mean_sd(areas.iter().copied());
    if areas.is_empty() || mean.is_nan() {
        return Audit::new(name, Status::Warn, f64::NAN, "no permutation gave an AUC".into());
    }
    let allowed = (3.0 * sd / (areas.len() as f64).sqrt()).max(0.05);
    let status = if (mean - 0.5).abs() <= allowed { Status::Pass } else { Status::Fail };
    let sentence = format!(
        "mean AUC {mean:.3} over {} permutations of the labels (fail beyond 0.5 \u{b1} {allowed:.3}, three standard errors \
         and at least 0.05: the pipeline then leaks); p of the true labels = {p:.3}",
        areas.len()
    );
    Audit::new(name, status, mean, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        let labels: Vec<bool> = (0..129).map(|i| i < 49).collect();
        let audit = audit_events_per_feature(&labels, 3000, 15);
        assert_eq!(audit.status, Status::Warn);
        assert!((audit.value - 49.0 / 3000.0).abs() < 1e-15);
        assert_eq!(audit_events_per_feature(&labels, 3000, 30).status, Status::Fail);
        assert_eq!(audit_events_per_feature(&labels, 4, 4).status, Status::Pass);
        assert_eq!((audit_too_good(0.97, 40).status, audit_too_good(0.97, 400).status), (Status::Warn, Status::Pass));
    }

    #[test]
    fn a_leak_shows_on_permuted_labels() {
        let clean: Vec<f64> = (0..50).map(|i| 0.5 + 0.1 * (f64::from(i) - 24.5) / 25.0).collect();
        let leaky: Vec<f64> = clean.iter().map(|a| a + 0.4).collect();
        assert_eq!(audit_permuted_labels(&clean, 0.5).status, Status::Pass);
        assert_eq!(audit_permuted_labels(&leaky, 0.5).status, Status::Fail);
        // Three permutations far apart say nothing.
        assert_eq!(audit_permuted_labels(&[0.3, 0.7, 0.75], 0.5).status, Status::Pass);
        assert_eq!(audit_permuted_labels(&[], 0.5).status, Status::Warn);
    }

    #[test]
    fn volume_alone_is_hard_to_beat() {
        let labels: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
        let good: Vec<f64> =
            labels.iter().enumerate().map(|(i, l)| f64::from(u8::from(*l)) + (i % 7) as f64 * 0.1).collect();
        let poor: Vec<f64> = (0..60).map(|i| f64::from(i % 11)).collect();
        assert_eq!(audit_volume_baseline(&good, &poor, &labels).unwrap().status, Status::Pass);
        assert_eq!(audit_volume_baseline(&poor, &good, &labels).unwrap().status, Status::Fail);
        assert_eq!(audit_volume_baseline(&poor, &poor, &labels).unwrap().status, Status::Fail);
    }
}
