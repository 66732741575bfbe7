//! A nomogram of a linear model as plain data: points per feature, and the probability of a sum of points.

use dlr_core::{Code, Error, FeatureName, FeatureTable, LinearForm, Result};
use dlr_evaluation::probability;
use serde::Serialize;

/// One feature's axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NomogramAxis {
    /// The feature.
    pub name: FeatureName,
    /// Values at the ticks, ascending, over the range of the cases.
    pub value: Vec<f64>,
    /// Points at the ticks; 0 at the end that lowers the prediction most.
    pub points: Vec<f64>,
}

/// A nomogram: read points off each axis, add them, read the probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nomogram {
    /// Axes by range of points, longest first. The longest has 100 points.
    pub axes: Vec<NomogramAxis>,
    /// Totals at the ticks of the last axis.
    pub total_points: Vec<f64>,
    /// Predicted probability at each total.
    pub probability: Vec<f64>,
    /// Log odds of 0 points.
    pub intercept: f64,
    /// Log odds of one point.
    pub per_point: f64,
}

/// A nomogram over the range that each feature has among the cases, with `n_ticks` ticks per axis.
///
/// Features with weight 0 or without a range have no axis; a constant one goes into the intercept.
///
/// # Errors
/// `E0401` for fewer than two ticks, `E0502` for a missing column, `E0105` for a value that is not finite, `E0601` where
/// no feature has a range.
pub fn nomogram(form: &LinearForm, cases: &FeatureTable, n_ticks: usize) -> Result<Nomogram> {
    if n_ticks < 2 {
        return Err(Error::new(Code::Parameter, format!("parameter `n_ticks` is {n_ticks}, but must be at least 2")));
    }
    let names: Vec<FeatureName> = form.weights.iter().map(|(name, _)| name.clone()).collect();
    let table = cases.select(&names)?;
    if table.values().iter().any(|v| !v.is_finite()) {
        return Err(Error::new(Code::NotFinite, "a nomogram needs finite values"));
    }
    let mut intercept = form.intercept;
    let mut ranges = Vec::new();
    for ((name, weight), column) in form.weights.iter().zip(table.values().columns()) {
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if *weight == 0.0 || low > high {
            continue;
        }
        // 0 points stand where the feature lowers the log odds most.
        intercept += weight * if *weight > 0.0 { low } else { high };
        if high > low {
            ranges.push((name.clone(), *weight, low, high));
        }
    }
    let longest = ranges.iter().map(|(_, w, low, high)| w.abs() * (high - low)).fold(0.0, f64::max);
    if longest == 0.0 {
        return Err(Error::new(Code::Learning, "no feature of the model varies among the cases"));
    }
    let per_point = longest / 100.0;
    ranges.sort_by(|a, b| (b.1.abs() * (b.3 - b.2)).total_cmp(&(a.1.abs() * (a.3 - a.2))).then_with(|| a.0.cmp(&b.0)));
    let steps = |low: f64, high: f64| -> Vec<f64> {
        (0..n_ticks).map(|i| low + (high - low) * i as f64 / (n_ticks - 1) as f64).collect()
    };
    let axis = |(name, weight, low, high): (FeatureName, f64, f64, f64)| {
        let value = steps(low, high);
        let from = if weight > 0.0 { low } else { high };
        let points = value.iter().map(|v| weight * (v - from) / per_point).collect();
        NomogramAxis { name, value, points }
    };
    let axes: Vec<NomogramAxis> = ranges.into_iter().map(axis).collect();
    let most: f64 = axes.iter().map(|a| a.points.iter().copied().fold(0.0, f64::max)).sum();
    let total_points = steps(0.0, most);
    let probability = total_points.iter().map(|t| probability(intercept + per_point * t)).collect();
    Ok(Nomogram { axes, total_points, probability, intercept, per_point })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn points_give_the_prediction_back() {
        let names: Vec<FeatureName> = ["a_o_f_x", "a_o_f_y", "a_o_f_z"].map(|n| n.parse().unwrap()).to_vec();
        let values = array![[0.0, 5.0, 7.0], [2.0, 1.0, 7.0], [1.0, 3.0, 7.0]];
        let t = FeatureTable::new(["p", "q", "r"].map(String::from).to_vec(), names.clone(), values).unwrap();
        let form = LinearForm { intercept: -1.0, weights: names.into_iter().zip([1.5, -0.5, 0.25]).collect() };
        let n = nomogram(&form, &t, 3).unwrap();
        assert_eq!(n.axes.len(), 2);
        assert_eq!(n.axes[0].points, [0.0, 50.0, 100.0]);
        // Case r: the middle of both axes.
        let total: f64 = n.axes.iter().map(|a| a.points[1]).sum();
        let margin: f64 = -1.0 + 1.5 - 1.5 + 1.75;
        assert!((n.intercept + n.per_point * total - margin).abs() < 1e-12);
        assert!((n.probability[1] - probability(margin)).abs() < 1e-12);
        assert_eq!(nomogram(&form, &t.rows(&[0]), 3).unwrap_err().code(), Code::Learning);
    }
}
