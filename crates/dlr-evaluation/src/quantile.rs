//! Quantiles by linear interpolation between order statistics (type 7 of Hyndman and Fan; numpy's default).

/// The quantile of ascending values; NaN for none.
pub(crate) fn quantile(ascending: &[f64], share: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    let below = (at.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let part = at - below as f64;
    // The form that numpy takes, so that the last bit agrees too.
    let gap = ascending[above] - ascending[below];
    if part >= 0.5 { ascending[above] - gap * (1.0 - part) } else { ascending[below] + gap * part }
}

/// Mean and standard deviation (divisor `n - 1`; NaN for fewer than two) of the values that are not NaN.
pub(crate) fn mean_sd(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let known: Vec<f64> = values.filter(|v| !v.is_nan()).collect();
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let squares: f64 = known.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, if known.len() < 2 { f64::NAN } else { (squares / (n - 1.0)).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let v = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([quantile(&v, 0.0), quantile(&v, 0.5), quantile(&v, 1.0)], [1.0, 3.0, 8.0]);
        assert!((quantile(&v, 0.9) - 6.8).abs() < 1e-14);
        assert!(quantile(&[], 0.5).is_nan());
        assert_eq!(mean_sd([1.0, f64::NAN, 3.0].into_iter()), (2.0, 2.0f64.sqrt()));
    }
}
