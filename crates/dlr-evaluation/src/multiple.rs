//! Holm's correction for several tests of one question, and McNemar's test of two sets of calls.

use crate::distribution::chi_squared_p;
use dlr_core::{Code, Error, Result};
use serde::Serialize;

/// Holm's step-down p values, in the order given. NaN stays NaN and is not counted as a test.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|i| !p[*i].is_nan()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![f64::NAN; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, position) in order.iter().enumerate() {
        largest = largest.max((order.len() - rank) as f64 * p[*position]).min(1.0);
        adjusted[*position] = largest;
    }
    adjusted
}

/// McNemar's test of two sets of calls on the same cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct McNemar {
    /// Cases called positive by the second only.
    pub second_only: usize,
    /// Cases called positive by the first only.
    pub first_only: usize,
    /// Chi-squared with continuity correction, 1 degree of freedom.
    pub chi_squared: f64,
    /// Upper tail; 1 where the calls never differ.
    pub p: f64,
}

/// McNemar's test with continuity correction, as R's `mcnemar.test`.
///
/// # Errors
/// `E0502` for other lengths.
pub fn mcnemar(first: &[bool], second: &[bool]) -> Result<McNemar> {
    if first.len() != second.len() {
        return Err(Error::new(Code::TableMismatch, "two sets of calls of the same cases are needed")
            .expected(first.len())
            .found(second.len()));
    }
    let differing = |a: bool| first.iter().zip(second).filter(|(f, s)| **f == a && **s != a).count();
    let (first_only, second_only) = (differing(true), differing(false));
    let total = (first_only + second_only) as f64;
    let gap = (first_only as f64 - second_only as f64).abs();
    // R subtracts the correction also where the gap is 0; here a gap of 0 is no evidence at all.
    let chi_squared = if gap == 0.0 { 0.0 } else { (gap - 1.0).powi(2) / total };
    Ok(McNemar { second_only, first_only, chi_squared, p: chi_squared_p(chi_squared, 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_of_r() {
        // R: p.adjust(c(.01,.04,.03,.005), "holm")
        let found = holm(&[0.01, 0.04, f64::NAN, 0.03, 0.005]);
        for (f, e) in found.iter().zip([0.03, 0.06, f64::NAN, 0.06, 0.02]) {
            assert!((f - e).abs() < 1e-15 || f.is_nan() && e.is_nan());
        }
    }

    #[test]
    fn equal_calls() {
        let m = mcnemar(&[true, false], &[true, false]).unwrap();
        assert_eq!((m.p, m.chi_squared), (1.0, 0.0));
        assert_eq!(mcnemar(&[true], &[]).unwrap_err().code(), Code::TableMismatch);
    }
}
