//! Cases needed for a binary prediction model (Riley et al. 2019, 2020), and the p-value of a permutation test.

use dlr_core::{Code, Error, Result};
use serde::Serialize;

/// What the three criteria ask for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SampleSize {
    /// Cases for a shrinkage of at least the one asked for.
    pub n_shrinkage: f64,
    /// Cases for a difference of at most 0.05 between apparent and adjusted Nagelkerke R².
    pub n_optimism: f64,
    /// Cases to estimate the prevalence within 0.05.
    pub n_prevalence: f64,
    /// The largest of the three.
    pub n: f64,
    /// Events among them.
    pub events: f64,
    /// Events per candidate parameter.
    pub events_per_parameter: f64,
    /// The largest Cox-Snell R² that this prevalence allows.
    pub max_r2: f64,
}

/// Criteria (i) to (iii) of Riley et al. for a Cox-Snell `r2` that is expected, candidate `parameters`, and a
/// `prevalence`; `shrinkage` is 0.9 in their papers.
///
/// # Errors
/// [`Code::Parameter`] for a value out of range; `r2` must be below what the prevalence allows.
///
/// ```
/// let needed = dlr_modelling::validation::sample_size(0.288, 24.0, 0.174, 0.9)?;
/// assert_eq!(needed.n, 662.0); // Riley et al. 2020, example 1
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn sample_size(r2: f64, parameters: f64, prevalence: f64, shrinkage: f64) -> Result<SampleSize> {
    let refuse = |name: &str, value: f64, range: &str| {
        Err(Error::new(Code::Parameter, format!("parameter `{name}` is {value}, but must be {range}")))
    };
    if !(prevalence > 0.0 && prevalence < 1.0) {
        return refuse("prevalence", prevalence, "between 0 and 1");
    }
    if !(parameters >= 1.0 && parameters.is_finite()) {
        return refuse("parameters", parameters, "1 or more");
    }
    if !(shrinkage > 0.0 && shrinkage < 1.0) {
        return refuse("shrinkage", shrinkage, "between 0 and 1");
    }
    let null = prevalence * prevalence.ln() + (1.0 - prevalence) * (1.0 - prevalence).ln();
    let max_r2 = 1.0 - (2.0 * null).exp();
    if !(r2 > 0.0 && r2 < max_r2.min(shrinkage)) {
        return refuse("r2", r2, &format!("between 0 and {:.4}", max_r2.min(shrinkage)));
    }
    let cases = |s: f64| (parameters / ((s - 1.0) * (1.0 - r2 / s).ln())).ceil();
    let n_shrinkage = cases(shrinkage);
    let n_optimism = cases(r2 / (r2 + 0.05 * max_r2));
    let n_prevalence = ((1.96_f64 / 0.05).powi(2) * prevalence * (1.0 - prevalence)).ceil();
    let n = n_shrinkage.max(n_optimism).max(n_prevalence);
    let events = n * prevalence;
    Ok(SampleSize {
        n_shrinkage,
        n_optimism,
        n_prevalence,
        n,
        events,
        events_per_parameter: events / parameters,
        max_r2,
    })
}

/// The largest number of candidate parameters for which `n` cases meet criteria (i) and (ii); 0 where not even one does.
/// Criterion (iii) does not depend on the parameters.
///
/// # Errors
/// As [`sample_size`].
pub fn supported_parameters(n: usize, r2: f64, prevalence: f64, shrinkage: f64) -> Result<usize> {
    let is_enough = |parameters: usize| -> Result<bool> {
        let needed = sample_size(r2, parameters as f64, prevalence, shrinkage)?;
        Ok(needed.n_shrinkage.max(needed.n_optimism) <= n as f64)
    };
    // What is asked grows with the parameters, so the largest number is found by bisection.
    let (mut low, mut high) = (0, 1);
    while is_enough(high)? {
        (low, high) = (high, 2 * high);
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if is_enough(middle)? { low = middle } else { high = middle }
    }
    Ok(low)
}

/// `(1 + #{null >= observed}) / (1 + #null)`: never 0. NaN where the observed value is NaN or there is no permutation;
/// a permutation without a value counts as one that is at least as good.
pub fn permutation_p(observed: f64, null: &[f64]) -> f64 {
    if observed.is_nan() || null.is_empty() {
        return f64::NAN;
    }
    (1 + null.iter().filter(|v| !(**v < observed)).count()) as f64 / (1 + null.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_parameters_as_the_cases_support() {
        for n in [10, 45, 87, 662, 5000] {
            let most = supported_parameters(n, 0.1, 0.4, 0.9).unwrap();
            let needed = |p: usize| {
                let size = sample_size(0.1, p as f64, 0.4, 0.9).unwrap();
                size.n_shrinkage.max(size.n_optimism)
            };
            assert!(most == 0 || needed(most) <= n as f64, "{n}: {most}");
            assert!(needed(most + 1) > n as f64, "{n}: {most}");
        }
    }

    #[test]
    fn an_undefined_value_is_never_significant() {
        assert_eq!(permutation_p(0.9, &[0.5; 9]), 0.1);
        assert_eq!(permutation_p(0.9, &[0.5, f64::NAN, 0.9]), 0.75);
        assert!(permutation_p(f64::NAN, &[0.5; 9]).is_nan());
        assert!(permutation_p(0.9, &[]).is_nan());
    }
}
