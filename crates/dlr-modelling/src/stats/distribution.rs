//! Tails of the distributions that the tests need, and the F quantile. A thin layer over statrs.

use statrs::distribution::{ContinuousCDF, FisherSnedecor};
use statrs::function::gamma::gamma_ur;

/// `P(|Z| >= |z|)`. On `libm`, whose `erfc` is right to the last digits; that of statrs is off by 4e-11 here.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// `P(|T| >= |t|)` with `df` degrees of freedom, which need not be whole; to the last digits: that of statrs is off by
/// 2e-12 at 2 000 degrees.
pub(crate) fn student_two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if t == 0.0 || t.is_infinite() {
        return f64::from(u8::from(t == 0.0));
    }
    let (a, b) = (df / 2.0, 0.5);
    let (x, y) = (1.0 / (1.0 + t * t / df), 1.0 / (1.0 + df / (t * t)));
    let front = (-a * (t * t / df).ln_1p()).exp() * y.sqrt() * half_step_of_gamma(a);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, y) / b
    }
}

/// `Γ(a + 1/2) / (Γ(a) √π)`: by its series in `1/a` (Tricomi and Erdélyi 1951), to which small `a` are brought by
/// `Γ(z + 1) = z Γ(z)`. The difference of two logarithms of gamma functions would lose the digits of their size.
fn half_step_of_gamma(a: f64) -> f64 {
    let (mut a, mut factor) = (a, 1.0);
    while a < 100.0 {
        factor *= a / (a + 0.5);
        a += 1.0;
    }
    let z = 1.0 / a;
    let series = 1.0
        + z * (-1.0 / 8.0 + z * (1.0 / 128.0 + z * (5.0 / 1024.0 + z * (-21.0 / 32768.0 + z * (-399.0 / 262_144.0)))));
    factor * (a / std::f64::consts::PI).sqrt() * series
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified method of Lentz.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let guard = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / guard(1.0 + term * d);
            c = guard(1.0 + term / c);
            fraction *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// `P(X >= x)` of chi-squared.
pub(crate) fn chi_squared_tail(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_ur(df / 2.0, x / 2.0) }
}

/// Quantile of the F distribution, by bisection on the log scale to the last bits.
pub(crate) fn f_quantile(q: f64, df1: f64, df2: f64) -> f64 {
    let Ok(f) = FisherSnedecor::new(df1, df2) else { return f64::NAN };
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

#[cfg(test)]
mod tests {
    use super::*;

    // Values of mpmath 1.3 with 40 digits (betainc, gammainc, erfc; quantiles by bisection).
    #[allow(clippy::excessive_precision)] // as the other program printed them
    const STUDENT: &[(f64, f64, f64)] = &[
        (0.01, 1.0, 0.99363401447018348957),
        (0.01, 2.5, 0.9927639943579082577),
        (0.01, 46.0655906596113, 0.99206447040234285659),
        (0.01, 127.0, 0.99203697893231629991),
        (0.01, 2000.0, 0.99202228471392088346),
        (0.5, 1.0, 0.70483276469913345165),
        (0.5, 2.5, 0.65769791986971468933),
        (0.5, 46.0655906596113, 0.61945525858971666854),
        (0.5, 127.0, 0.61794031797730047067),
        (0.5, 2000.0, 0.61713008340284347732),
        (1.7943850291047, 1.0, 0.32367401475875589598),
        (1.7943850291047, 2.5, 0.18870263478552376283),
        (1.7943850291047, 46.0655906596113, 0.079315688018259600438),
        (1.7943850291047, 127.0, 0.075130630637872207289),
        (1.7943850291047, 2000.0, 0.07290270906077711844),
        (3.3, 1.0, 0.18731554186375866322),
        (3.3, 2.5, 0.059402128779444109511),
        (3.3, 46.0655906596113, 0.0018712506134609852259),
        (3.3, 127.0, 0.0012551035087630155642),
        (3.3, 2000.0, 0.00098383388686793211456),
        (9.5, 1.0, 0.066766732861050278259),
        (9.5, 2.5, 0.0050362486724870627512),
        (9.5, 46.0655906596113, 1.9980533055286131894e-12),
        (9.5, 127.0, 1.6979022086337377413e-16),
        (9.5, 2000.0, 5.7653898697606185132e-21),
    ];
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
        let student = worst(STUDENT.iter().map(|(t, df, p)| (student_two_sided(*t, *df) - p).abs()));
        let chi = worst(CHI_SQUARED.iter().map(|(x, df, p)| (chi_squared_tail(*x, *df) - p).abs()));
        let f = worst(F_QUANTILE.iter().map(|(a, b, q)| (f_quantile(0.975, *a, *b) / q - 1.0).abs()));
        let normal = worst(NORMAL.iter().map(|(z, p)| (normal_two_sided(*z) - p).abs()));
        println!("student {student:e}, chi squared {chi:e}, F quantile {f:e}, normal {normal:e}");
        assert!(student < 1e-14 && chi < 1e-14 && f < 1e-13 && normal < 1e-15);
    }
}
