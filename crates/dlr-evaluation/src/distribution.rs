//! The few distribution functions that are needed, on `statrs`, with NaN passed through instead of refused.

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use statrs::function::{beta::checked_beta_reg, gamma::checked_gamma_ur, gamma::ln_gamma};

/// The quantile of the standard normal distribution.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() {
        return f64::NAN;
    }
    let normal = Normal::standard();
    let z = normal.inverse_cdf(p);
    if !z.is_finite() || z.abs() > 8.0 {
        return z;
    }
    // One Newton step takes the approximation of statrs (1e-11) to the last digits, on the tail that keeps them.
    let excess = if z < 0.0 { normal_cdf(z) - p } else { (1.0 - p) - normal_cdf(-z) };
    z - excess / normal.pdf(z)
}

/// The cumulative standard normal distribution. On `libm`, whose `erfc` is right to the last digit; that of statrs is
/// off by 1e-12, which is what p values here are compared with.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// `z` with `level` of the standard normal distribution within `-z..z`.
pub(crate) fn two_sided_z(level: f64) -> f64 {
    normal_quantile(0.5 + level / 2.0)
}

/// The two-sided p of a standard normal statistic.
pub(crate) fn normal_p(z: f64) -> f64 {
    2.0 * normal_cdf(-z.abs())
}

/// The two-sided p of Student's t with `df` degrees of freedom (any positive number).
pub(crate) fn student_p(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    checked_beta_reg(df / 2.0, 0.5, df / (df + t * t)).unwrap_or(f64::NAN)
}

/// `t` with `level` of Student's distribution within `-t..t`.
pub(crate) fn two_sided_t(level: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(t) => t.inverse_cdf(0.5 + level / 2.0),
        Err(_) => f64::NAN,
    }
}

/// The upper tail of chi-squared with `df` degrees of freedom.
pub(crate) fn chi_squared_p(statistic: f64, df: f64) -> f64 {
    if statistic.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if statistic <= 0.0 { 1.0 } else { checked_gamma_ur(df / 2.0, statistic / 2.0).unwrap_or(f64::NAN) }
}

/// The quantile of the beta distribution, by bisection and Newton on the regularised incomplete beta function.
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let cdf = |x: f64| checked_beta_reg(a, b, x).unwrap_or(f64::NAN);
    let (mut low, mut high) = (0.0, 1.0);
    while high - low > 1e-4 {
        let middle = (low + high) / 2.0;
        if cdf(middle) < p { low = middle } else { high = middle }
    }
    let mut x = (low + high) / 2.0;
    let ln_norm = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    for _ in 0..20 {
        let density = (ln_norm + (a - 1.0) * x.ln() + (b - 1.0) * (1.0 - x).ln()).exp();
        let step = (cdf(x) - p) / density;
        x = (x - step).clamp(low, high);
        if step.abs() < 1e-16 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn against_known_values() {
        // Values of R's qnorm, pnorm, pchisq, pt and qt, and closed forms of the beta quantile.
        let pairs = [
            (two_sided_z(0.95), 1.959963984540054),
            (normal_p(1.5), 0.133614402537716),
            (chi_squared_p(3.841458820694124, 1.0), 0.05),
            (student_p(2.0, 1.0), 1.0 - 2.0 * 2f64.atan() / std::f64::consts::PI),
            (student_p(2.0, 4.0), 0.116116523516815),
            (two_sided_t(0.95, 4.0), 2.776445105197793),
            (beta_quantile(0.5, 2.0, 2.0), 0.5),
            (beta_quantile(0.025, 1.0, 10.0), 1.0 - 0.975f64.powf(0.1)),
        ];
        for (found, expected) in pairs {
            assert!((found - expected).abs() < 1e-12, "found {found}, expected {expected}");
        }
    }

    #[test]
    fn nan_passes_through() {
        assert!(normal_p(f64::NAN).is_nan() && normal_quantile(f64::NAN).is_nan());
        assert!(student_p(1.0, 0.0).is_nan() && chi_squared_p(f64::NAN, 1.0).is_nan());
    }
}
