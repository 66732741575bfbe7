//! The smooth calibration curve (lowess), and ICI, E50, E90 and Emax read off it.

use crate::check;
use crate::quantile::quantile;
use crate::rank::ascending;
use dlr_core::{Code, Error, Result};
use serde::Serialize;

/// Cleveland's local linear smoother with tricube weights over the nearest `share` of the points, without robustness
/// iterations: the fitted value at each `x`, in the order of `x`.
///
/// The neighbourhood holds `floor(share * n)` points, as in statsmodels' `lowess(frac, it = 0)`. Where the neighbours do
/// not spread, the value is their weighted mean. Where more points than that lie at one `x`, all of them are its
/// neighbours (statsmodels takes those that come first): the value does not depend on the order of the cases.
///
/// # Errors
/// `E0502` for other lengths, `E0105` for a value that is not finite, `E0401` for a share outside `(0, 1]` or one that
/// leaves no neighbour.
pub fn lowess(x: &[f64], y: &[f64], share: f64) -> Result<Vec<f64>> {
    check::same_length(x.len(), y.len())?;
    if x.iter().chain(y).any(|v| !v.is_finite()) {
        return Err(Error::new(Code::NotFinite, "smoothing needs finite values"));
    }
    let n = x.len();
    let n_near = (share * n as f64 + 1e-10) as usize;
    if !(share > 0.0 && share <= 1.0) || n_near == 0 {
        return Err(Error::new(Code::Parameter, format!("a share of {share} of {n} points leaves no neighbour")));
    }
    let order = ascending(x);
    let (xs, ys): (Vec<f64>, Vec<f64>) = order.iter().map(|p| (x[*p], y[*p])).unzip();
    let mut fitted = vec![0.0; n];
    let mut left = 0;
    for (at, position) in order.iter().enumerate() {
        while left + n_near < n && xs[at] > (xs[left] + xs[left + n_near]) / 2.0 {
            left += 1;
        }
        let (mut from, mut to) = (left, left + n_near);
        if xs[from] == xs[at] && xs[to - 1] == xs[at] {
            from = xs.partition_point(|v| *v < xs[at]);
            to = xs.partition_point(|v| *v <= xs[at]);
        }
        fitted[*position] = local_line(xs[at], &xs[from..to], &ys[from..to]);
    }
    Ok(fitted)
}

fn local_line(at: f64, x: &[f64], y: &[f64]) -> f64 {
    let radius = (at - x[0]).max(x[x.len() - 1] - at);
    let tricube = |v: &f64| {
        let distance = if radius > 0.0 { (v - at).abs() / radius } else { 0.0 };
        (1.0 - distance.powi(3)).max(0.0).powi(3)
    };
    let weights: Vec<f64> = x.iter().map(tricube).collect();
    let total: f64 = weights.iter().sum();
    let mean = weights.iter().zip(x).map(|(w, v)| w * v).sum::<f64>() / total;
    let spread = weights.iter().zip(x).map(|(w, v)| w * (v - mean).powi(2)).sum::<f64>() / total;
    let pull = |v: &f64| if spread < 1e-12 { 1.0 } else { 1.0 + (at - mean) * (v - mean) / spread };
    weights.iter().zip(x).zip(y).map(|((w, v), y)| w / total * pull(v) * y).sum()
}

/// The smooth calibration curve and its distance from the diagonal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationCurve {
    /// Predicted probabilities, ascending.
    pub predicted: Vec<f64>,
    /// Smoothed observed share at each.
    pub observed: Vec<f64>,
    /// Integrated calibration index: mean distance over the cases (Austin and Steyerberg 2019).
    pub ici: f64,
    /// Median distance.
    pub e50: f64,
    /// 90th percentile of the distance.
    pub e90: f64,
    /// Largest distance.
    pub emax: f64,
}

/// The lowess curve over two thirds of the cases, and ICI, E50, E90, Emax.
///
/// # Errors
/// As [`crate::brier`]; `E0401` for fewer than two cases.
pub fn calibration_curve(scores: &[f64], labels: &[bool]) -> Result<CalibrationCurve> {
    check::probabilities_and_labels(scores, labels)?;
    let outcome: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
    let smooth = lowess(scores, &outcome, 2.0 / 3.0)?;
    let mut distance: Vec<f64> = smooth.iter().zip(scores).map(|(s, p)| (s - p).abs()).collect();
    let ici = distance.iter().sum::<f64>() / distance.len() as f64;
    distance.sort_by(f64::total_cmp);
    let order = ascending(scores);
    Ok(CalibrationCurve {
        predicted: order.iter().map(|p| scores[*p]).collect(),
        observed: order.iter().map(|p| smooth[*p]).collect(),
        ici,
        e50: quantile(&distance, 0.5),
        e90: quantile(&distance, 0.9),
        emax: quantile(&distance, 1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line_and_ties_a_mean() {
        let x: Vec<f64> = (0..30).map(|i| f64::from(i) / 30.0).collect();
        let y: Vec<f64> = x.iter().map(|v| 0.2 + 0.5 * v).collect();
        for (fit, y) in lowess(&x, &y, 0.5).unwrap().iter().zip(&y) {
            assert!((fit - y).abs() < 1e-12);
        }
        assert_eq!(lowess(&[0.5; 4], &[0.0, 1.0, 1.0, 0.0], 1.0).unwrap(), [0.5; 4]);
        // Of four ties a share of a half has two for neighbours; all four count, in whatever order they come.
        assert_eq!(lowess(&[0.5; 4], &[0.0, 0.0, 1.0, 1.0], 0.5).unwrap(), [0.5; 4]);
        assert_eq!(lowess(&[0.5], &[1.0], 0.5).unwrap_err().code(), Code::Parameter);
        assert_eq!(lowess(&[f64::INFINITY, 0.0], &[1.0, 0.0], 1.0).unwrap_err().code(), Code::NotFinite);
    }
}
