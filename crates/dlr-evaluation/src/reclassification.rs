//! NRI and IDI of a new prediction over an old one. **Legacy**: asked for by reviewers, but NRI rises for miscalibrated
//! models without any signal (Pencina, Hilden, Kerr). Report them only beside a decision curve.

use crate::check;
use dlr_core::Result;
use serde::Serialize;

/// Improvements of a new prediction over an old one of the same cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reclassification {
    /// Share of positive cases moved up less the share moved down. NaN without positive cases.
    pub nri_events: f64,
    /// Share of negative cases moved down less the share moved up. NaN without negative cases.
    pub nri_nonevents: f64,
    /// Their sum, the category-free net reclassification improvement; from -2 to 2.
    pub nri: f64,
    /// Integrated discrimination improvement: gain in mean prediction of positives less that of negatives.
    pub idi: f64,
}

/// Category-free NRI and IDI.
///
/// # Errors
/// As [`crate::brier`], for either prediction.
pub fn reclassification(old: &[f64], new: &[f64], labels: &[bool]) -> Result<Reclassification> {
    check::probabilities_and_labels(old, labels)?;
    check::probabilities_and_labels(new, labels)?;
    let side = |wanted: bool| -> (f64, f64) {
        let moves: Vec<(f64, f64)> =
            old.iter().zip(new).zip(labels).filter(|(_, l)| **l == wanted).map(|((o, n), _)| (*o, *n)).collect();
        let n = moves.len() as f64;
        let share = |counts: fn(&(f64, f64)) -> bool| moves.iter().filter(|m| counts(m)).count() as f64 / n;
        let gain =
            moves.iter().map(|(_, new)| new).sum::<f64>() / n - moves.iter().map(|(old, _)| old).sum::<f64>() / n;
        (share(|(old, new)| new > old) - share(|(old, new)| new < old), gain)
    };
    let ((up, gain_positive), (up_negative, gain_negative)) = (side(true), side(false));
    Ok(Reclassification {
        nri_events: up,
        nri_nonevents: -up_negative,
        nri: up - up_negative,
        idi: gain_positive - gain_negative,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_right_moves() {
        let r = reclassification(&[0.5; 4], &[0.9, 0.7, 0.2, 0.5], &[true, true, false, false]).unwrap();
        assert_eq!((r.nri_events, r.nri_nonevents, r.nri), (1.0, 0.5, 1.5));
        assert!((r.idi - 0.45).abs() < 1e-15);
        assert!(reclassification(&[0.5], &[0.9], &[true]).unwrap().nri.is_nan());
    }
}
