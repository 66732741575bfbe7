//! Is the study large enough for its features, does the model beat a volume, and is the result too good?

use super::{Audit, Status};
use crate::check;
use crate::delong_paired;
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
    let sentence = format!(
        "{events} events for {n_candidates} candidate features ({per_candidate:.3} each; 10 asked) and {n_selected} selected \
         ones ({per_selected:.1} each; fail below 2); only selection inside every fold keeps such a result honest"
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
        "the model's AUC is {:.3} above that of volume alone (95 % interval {:.3} to {:.3}, p = {:.3})",
        test.difference, test.interval.low, test.interval.high, test.p
    );
    Ok(Audit::new("volume-baseline", status, test.difference, sentence))
}

/// Is an AUC too good for its sample? Warns above 0.95 on fewer than 80 cases: the largest independent tests of sarcoma
/// grade on MRI reach 0.76 to 0.78.
pub fn audit_too_good(auc: f64, n_cases: usize) -> Audit {
    let status = if auc > 0.95 && n_cases < 80 { Status::Warn } else { Status::Pass };
    let sentence = format!("AUC {auc:.3} on {n_cases} cases (above 0.95 on fewer than 80, look for a leak)");
    Audit::new("too-good", status, auc, sentence)
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
