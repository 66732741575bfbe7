//! Tails of the distributions that the tests need, and the F quantile. A thin layer over statrs.

use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};
use statrs::function::gamma::gamma_ur;

/// `P(|Z| >= |z|)`. On `libm`, whose `erfc` is right to the last digits; that of statrs is off by 4e-11 here.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// `P(|T| >= |t|)` with `df` degrees of freedom, which need not be whole.
pub(crate) fn student_two_sided(t: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(distribution) if t.is_finite() => 2.0 * distribution.cdf(-t.abs()),
        Ok(_) if t.is_infinite() => 0.0,
        _ => f64::NAN,
    }
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
