//! [`Interval`], and the intervals of a proportion.

use crate::{check, distribution};
use dlr_core::{Code, Error, Result};
use serde::{Serialize, Serializer, ser::SerializeTuple};

/// Two bounds. Written to JSON as `[low, high]`; NaN where undefined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Interval {
    /// The interval that is not defined.
    pub const UNDEFINED: Interval = Interval { low: f64::NAN, high: f64::NAN };

    /// From the lower to the upper bound.
    pub fn new(low: f64, high: f64) -> Self {
        Interval { low, high }
    }

    /// Whether a value lies inside, bounds included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The same bounds, cut to `[0, 1]`.
    pub fn clipped(self) -> Self {
        Interval { low: self.low.max(0.0), high: self.high.min(1.0) }.or_undefined(self)
    }

    // `f64::max` drops NaN, an undefined bound must stay one.
    fn or_undefined(self, of: Interval) -> Self {
        if of.low.is_nan() || of.high.is_nan() { Interval::UNDEFINED } else { self }
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&self.low)?;
        pair.serialize_element(&self.high)?;
        pair.end()
    }
}

/// Wilson's score interval of `k` in `n`, without continuity correction. Undefined for `n = 0`.
///
/// Source: Wilson 1927; recommended for small `n` by Brown, Cai and DasGupta 2001. The same as R's
/// `prop.test(k, n, correct = FALSE)`.
///
/// # Errors
/// [`Code::Parameter`] for `k > n` or a level outside `(0, 1)`.
pub fn wilson(k: usize, n: usize, level: f64) -> Result<Interval> {
    counted(k, n, level)?;
    if n == 0 {
        return Ok(Interval::UNDEFINED);
    }
    let z2 = distribution::two_sided_z(level).powi(2);
    let (n_, p) = (n as f64, k as f64 / n as f64);
    let centre = (p + z2 / 2.0 / n_) / (1.0 + z2 / n_);
    let half = z2.sqrt() * (p * (1.0 - p) / n_ + z2 / 4.0 / n_ / n_).sqrt() / (1.0 + z2 / n_);
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if k == 0 { 0.0 } else { centre - half };
    let high = if k == n { 1.0 } else { centre + half };
    Ok(Interval::new(low, high))
}

/// Clopper and Pearson's exact interval of `k` in `n`. Undefined for `n = 0`. Never too short, often too wide.
///
/// # Errors
/// As [`wilson`].
pub fn clopper_pearson(k: usize, n: usize, level: f64) -> Result<Interval> {
    counted(k, n, level)?;
    if n == 0 {
        return Ok(Interval::UNDEFINED);
    }
    let tail = (1.0 - level) / 2.0;
    let low = if k == 0 { 0.0 } else { distribution::beta_quantile(tail, k as f64, (n - k + 1) as f64) };
    let high = if k == n { 1.0 } else { distribution::beta_quantile(1.0 - tail, (k + 1) as f64, (n - k) as f64) };
    Ok(Interval::new(low, high))
}

fn counted(k: usize, n: usize, level: f64) -> Result<()> {
    check::open_share("level", level)?;
    if k > n {
        return Err(Error::new(Code::Parameter, format!("{k} of {n} is not a proportion")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_nothing() {
        assert!(wilson(0, 0, 0.95).unwrap().low.is_nan());
        assert_eq!(wilson(0, 10, 0.95).unwrap().low, 0.0);
        assert_eq!(wilson(10, 10, 0.95).unwrap().high, 1.0);
        // The rule of three, exactly: 1 - 0.025^(1/10).
        let exact = clopper_pearson(0, 10, 0.95).unwrap();
        assert!((exact.high - (1.0 - 0.025f64.powf(0.1))).abs() < 1e-12);
        assert_eq!(wilson(3, 2, 0.95).unwrap_err().code(), Code::Parameter);
        assert_eq!(wilson(1, 2, 1.0).unwrap_err().code(), Code::Parameter);
    }

    #[test]
    fn newcombe_1998_table() {
        // Newcombe, Stat Med 1998, table I: 81 of 263, methods 3 (Wilson) and 5 (exact).
        let w = wilson(81, 263, 0.95).unwrap();
        assert!((w.low - 0.2553).abs() < 5e-5 && (w.high - 0.3662).abs() < 5e-5, "{w:?}");
        let c = clopper_pearson(81, 263, 0.95).unwrap();
        assert!((c.low - 0.2527).abs() < 5e-5 && (c.high - 0.3676).abs() < 5e-5, "{c:?}");
    }

    #[test]
    fn json_is_a_pair_and_nan_is_null() {
        assert_eq!(serde_json::to_string(&Interval::new(0.5, 0.75)).unwrap(), "[0.5,0.75]");
        assert_eq!(serde_json::to_string(&Interval::UNDEFINED.clipped()).unwrap(), "[null,null]");
    }
}
