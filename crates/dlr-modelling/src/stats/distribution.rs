//! Tails of the distributions that the tests need, and the F quantile. A thin layer over statrs.

pub(crate) use dlr_core::student::two_sided_p as student_two_sided;
use statrs::distribution::{Continuous, ContinuousCDF, FisherSnedecor};
use statrs::function::gamma::gamma_ur;

/// `P(|Z| >= |z|)`. On `libm`, whose `erfc` is right to the last digits; that of statrs is off by 4e-11 here.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// `P(X >= x)` of chi-squared.
pub(crate) fn chi_squared_tail(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_ur(df / 2.0, x / 2.0) }
}

/// Quantile of the F distribution: Newton's steps for the logarithm, inside a bracket that each of them narrows. A step
/// that would leave the bracket, or that gains less than halving, is a bisection.
pub(crate) fn f_quantile(q: f64, df1: f64, df2: f64) -> f64 {
    let Ok(f) = FisherSnedecor::new(df1, df2) else { return f64::NAN };
    let (mut low, mut high) = (-80.0_f64, 80.0_f64);
    let (mut at, mut last_step) = (0.0_f64, f64::INFINITY);
    for _ in 0..200 {
        let x = at.exp();
        let miss = f.cdf(x) - q;
        if miss < 0.0 {
            low = at;
        } else {
            high = at;
        }
        let newton = at - miss / (f.pdf(x) * x);
        let is_gain = newton > low && newton < high && (newton - at).abs() < 0.5 * last_step;
        let next = if is_gain { newton } else { 0.5 * (low + high) };
        last_step = (next - at).abs();
        at = next;
        if last_step <= f64::EPSILON * at.abs() {
            break;
        }
    }
    at.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow obvious way: bisection to the last bits.
    fn bisected(q: f64, df1: f64, df2: f64) -> f64 {
        let f = FisherSnedecor::new(df1, df2).unwrap();
        let (mut low, mut high) = (-80.0_f64, 80.0_f64);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if f.cdf(middle.exp()) < q {
                low = middle;
            } else {
                high = middle;
            }
        }
        (0.5 * (low + high)).exp()
    }

    #[test]
    fn the_quantile_is_that_of_bisection() {
        let mut worst = 0.0_f64;
        for df1 in [0.3, 1.0, 2.0, 7.4, 30.0, 128.0, 1e4] {
            for df2 in [0.4, 1.0, 3.0, 19.6, 128.0, 1e4] {
                for q in [0.001, 0.025, 0.5, 0.9, 0.975, 0.9999] {
                    let (found, expected) = (f_quantile(q, df1, df2), bisected(q, df1, df2));
                    worst = worst.max((found / expected - 1.0).abs());
                }
            }
        }
        assert!(worst < 1e-11, "{worst:e}");
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
    const F_QUANTILE: &[(f64, f64, f64)] = &[
        (24.0, 50.0, 1.9313427551171119341),
        (50.0, 24.0, 2.1067391595840565798),
        (24.0, 48.0, 1.9438397248047785462),
        (24.0, 31.7, 2.1078526556757076423),
        (31.7, 24.0, 2.1957062705301063204),
        (128.0, 128.0, 1.4162660464982266882),
        (3.5, 250.0, 2.98395030760407006),
        (400.0, 400.0, 1.2168627429938525772),
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
        let chi = worst(CHI_SQUARED.iter().map(|(x, df, p)| (chi_squared_tail(*x, *df) - p).abs()));
        let f = worst(F_QUANTILE.iter().map(|(a, b, q)| (f_quantile(0.975, *a, *b) / q - 1.0).abs()));
        let normal = worst(NORMAL.iter().map(|(z, p)| (normal_two_sided(*z) - p).abs()));
        println!("chi squared {chi:e}, F quantile {f:e}, normal {normal:e}");
        assert!(chi < 1e-14 && f < 1e-13 && normal < 1e-15);
    }
}
