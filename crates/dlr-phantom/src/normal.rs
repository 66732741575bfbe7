//! The normal distribution: stratified residuals, and numbers drawn within bounds.

use dlr_core::Rng;
use statrs::distribution::{ContinuousCDF, Normal};

/// `n` residuals that are standard normal and spread evenly: one in each of `n` strata of equal probability, in random
/// order. Their mean and spread vary far less from sample to sample than those of independent draws.
pub(crate) fn stratified(rng: &mut Rng, n: usize) -> Vec<f64> {
    let mut strata: Vec<usize> = (0..n).collect();
    rng.shuffle(&mut strata);
    strata.into_iter().map(|stratum| quantile((stratum as f64 + rng.uniform()) / n as f64)).collect()
}

/// The standard normal quantile, for probabilities kept away from 0 and 1.
fn quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p.clamp(1e-12, 1.0 - 1e-12))
}

/// The standard normal distribution function.
pub(crate) fn cdf(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Normal with a mean and a standard deviation.
pub(crate) fn draw(rng: &mut Rng, mean: f64, sd: f64) -> f64 {
    mean + sd * rng.normal()
}

/// Uniform between two bounds.
pub(crate) fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.uniform()
}

/// Two independent standard normals from one radius (Box and Muller).
pub(crate) fn pair(rng: &mut Rng) -> (f32, f32) {
    let radius = (-2.0 * (1.0 - rng.uniform()).ln()).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * rng.uniform()).sin_cos();
    ((radius * cos) as f32, (radius * sin) as f32)
}

pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_hold_one_residual_each() {
        let residuals = stratified(&mut Rng::new(3), 49);
        let mut strata: Vec<usize> = residuals.iter().map(|r| (cdf(*r) * 49.0) as usize).collect();
        strata.sort_unstable();
        assert_eq!(strata, (0..49).collect::<Vec<_>>());
        assert!(residuals.iter().sum::<f64>().abs() / 49.0 < 0.05);
    }

    #[test]
    fn quantile_is_that_of_tables() {
        for (p, z) in [(0.5, 0.0), (0.975, 1.959_963_985), (0.01, -2.326_347_874)] {
            assert!((quantile(p) - z).abs() < 1e-8, "{p}: {}", quantile(p));
        }
    }
}
