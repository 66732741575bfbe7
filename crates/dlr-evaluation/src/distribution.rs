//! The few distribution functions that are needed, on `statrs`, with NaN passed through instead of refused.

use dlr_core::student;
pub(crate) use dlr_core::student::two_sided_p as student_p;
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

/// `t` with `level` of Student's distribution within `-t..t`.
pub(crate) fn two_sided_t(level: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(distribution) => {
            let t = distribution.inverse_cdf(0.5 + level / 2.0);
            if !t.is_finite() || t == 0.0 {
                return t;
            }
            // One Newton step takes statrs' 5e-13 to the last digits.
            t + (student_p(t, df) - (1.0 - level)) / (2.0 * student::density(t, df))
        }
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

    // Values of mpmath 1.3 with 40 digits (betainc, gammainc, erfc; quantiles by bisection).
    #[allow(clippy::excessive_precision)] // as the other program printed them
    const CHI_SQUARED: &[(f64, f64, f64)] = &[
        (0.001, 1.0, 0.97477287936996038828),
        (0.001, 8.0, 0.99999999999999739687),
        (0.001, 40.0, 1.0),
        (0.5, 1.0, 0.47950012218695346232),
        (0.5, 8.0, 0.99986663034948593762),
        (0.5, 40.0, 1.0),
        (2.84089643409668, 1.0, 0.091892934887738596181),
        (2.84089643409668, 8.0, 0.94394175223594751375),
        (2.84089643409668, 40.0, 0.99999999999999988093),
        (5.39110468067846, 1.0, 0.020239653801841054296),
        (5.39110468067846, 8.0, 0.71507249726213860915),
        (5.39110468067846, 40.0, 0.99999999998695592541),
        (30.0, 1.0, 4.3204630578274972948e-8),
        (30.0, 8.0, 0.00021137850346676161976),
        (30.0, 40.0, 0.8752187849674751773),
        (80.0, 1.0, 3.7440973842028987636e-19),
        (80.0, 8.0, 4.8888644651810508962e-14),
        (80.0, 40.0, 0.0001763028977385682789),
    ];
    #[allow(clippy::excessive_precision)] // as the other program printed them
    const BETA_QUANTILE: &[(f64, f64, f64, f64)] = &[
        (0.025, 18.0, 8.0, 0.50612317819374443226),
        (0.975, 19.0, 7.0, 0.87928331149593337667),
        (0.025, 1.0, 50.0, 0.00050622798304082909079),
        (0.975, 50.0, 1.0, 0.99949377201695917048),
        (0.025, 400.0, 3.0, 0.98214454959453497587),
        (0.975, 1000.0, 1000.0, 0.52190528037931620516),
    ];
    #[allow(clippy::excessive_precision)] // as the other program printed them
    const T_QUANTILE: &[(f64, f64)] = &[
        (1.0, 12.706204736174693314),
        (4.0, 2.7764451051977934898),
        (46.0655906596113, 2.0128182593471661983),
        (127.0, 1.9788195347028538104),
        (2000.0, 1.96115082609943765),
    ];
    #[allow(clippy::excessive_precision)] // as the other program printed them
    const NORMAL: &[(f64, f64)] = &[
        (0.1, 0.92034432544594203266),
        (1.2426510518072134, 0.21399644859846272278),
        (2.47, 0.013511305214281294538),
        (6.0, 1.9731752900753962814e-9),
    ];

    fn worst(errors: impl Iterator<Item = f64>) -> f64 {
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn as_many_digits_as_the_oracles_are_compared_with() {
        let chi = worst(CHI_SQUARED.iter().map(|(x, df, p)| (chi_squared_p(*x, *df) - p).abs()));
        let beta = worst(BETA_QUANTILE.iter().map(|(p, a, b, x)| (beta_quantile(*p, *a, *b) - x).abs()));
        let t = worst(T_QUANTILE.iter().map(|(df, t)| (two_sided_t(0.95, *df) / t - 1.0).abs()));
        let normal = worst(NORMAL.iter().map(|(z, p)| (normal_p(*z) - p).abs()));
        println!("chi squared {chi:e}, beta {beta:e}, t {t:e}, normal {normal:e}");
        assert!(chi < 1e-14 && beta < 1e-14 && normal < 1e-15 && t < 1e-13);
    }

    #[test]
    fn nan_passes_through() {
        assert!(normal_p(f64::NAN).is_nan() && normal_quantile(f64::NAN).is_nan());
        assert!(student_p(1.0, 0.0).is_nan() && chi_squared_p(f64::NAN, 1.0).is_nan());
    }
}
