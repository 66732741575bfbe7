//! Sharpening of log intensities: the histogram is deconvolved, and each intensity moves to its expectation.
//!
//! Sled, Zijdenbos and Evans, IEEE Transactions on Medical Imaging 17:87 (1998), with N4's padding and triangular
//! histogram. `u` is the true log intensity, `v` the observed one; the map is `E(u | v)`.

use super::fft::{Complex, multiply, transform};

/// A piecewise linear map from observed to sharpened log intensity.
pub(super) struct Sharpening {
    low: f64,
    slope: f64,
    expected: Vec<f64>,
}

impl Sharpening {
    /// Learns the map from log intensities that are not all equal.
    pub(super) fn new(values: &[f64], n_bins: usize, fwhm: f64, wiener_noise: f64) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let slope = (high - low) / (n_bins - 1) as f64;
        let histogram = histogram(values, low, slope, n_bins);
        let padded = 2 * n_bins.next_power_of_two();
        let offset = (padded - n_bins) / 2;
        let kernel = gaussian(padded, fwhm / slope);

        // Wiener deconvolution of the histogram by the Gaussian.
        let mut sharp = vec![(0.0, 0.0); padded];
        sharp[offset..offset + n_bins].iter_mut().zip(&histogram).for_each(|(s, h)| s.0 = *h);
        transform(&mut sharp, false);
        for (s, k) in sharp.iter_mut().zip(&kernel) {
            // The kernel is symmetric, so its transform is real but for rounding.
            let gain = k.0 / (k.0 * k.0 + wiener_noise);
            *s = (s.0 * gain, s.1 * gain);
        }
        transform(&mut sharp, true);
        sharp.iter_mut().for_each(|s| *s = (s.0.max(0.0), 0.0));

        // E(u | v) = ∫ u p(u) G(v - u) du / ∫ p(u) G(v - u) du.
        let weighted = |n: usize, s: &Complex| ((low + (n as f64 - offset as f64) * slope) * s.0, 0.0);
        let numerator = convolved(sharp.iter().enumerate().map(|(n, s)| weighted(n, s)).collect(), &kernel);
        let denominator = convolved(sharp, &kernel);
        let expected = (offset..offset + n_bins)
            .map(|n| if denominator[n].0 != 0.0 { numerator[n].0 / denominator[n].0 } else { 0.0 })
            .collect();
        Sharpening { low, slope, expected }
    }

    /// The sharpened value of one that was learned from.
    pub(super) fn apply(&self, value: f64) -> f64 {
        let at = (value - self.low) / self.slope;
        let bin = at.floor() as usize;
        match self.expected.get(bin + 1) {
            Some(above) => self.expected[bin] + (above - self.expected[bin]) * (at - bin as f64),
            None => self.expected[self.expected.len() - 1],
        }
    }
}

/// Each value is shared between the two nearest bins.
fn histogram(values: &[f64], low: f64, slope: f64, n_bins: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n_bins];
    for value in values {
        let at = (value - low) / slope;
        let bin = at.floor() as usize;
        let share = at - bin as f64;
        if bin + 1 < n_bins {
            counts[bin] += 1.0 - share;
            counts[bin + 1] += share;
        } else {
            counts[n_bins - 1] += 1.0;
        }
    }
    counts
}

/// Transform of a Gaussian of the given full width at half maximum, in bins, around bin 0.
fn gaussian(n: usize, fwhm: f64) -> Vec<Complex> {
    let exponent = 4.0 * 2f64.ln() / (fwhm * fwhm);
    let scale = 2.0 * (2f64.ln() / std::f64::consts::PI).sqrt() / fwhm;
    let value = |i: usize| {
        let distance = i.min(n - i) as f64;
        (scale * (-distance * distance * exponent).exp(), 0.0)
    };
    let mut kernel: Vec<Complex> = (0..n).map(value).collect();
    transform(&mut kernel, false);
    kernel
}

fn convolved(mut data: Vec<Complex>, kernel: &[Complex]) -> Vec<Complex> {
    transform(&mut data, false);
    data.iter_mut().zip(kernel).for_each(|(d, k)| *d = multiply(*d, *k));
    transform(&mut data, true);
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    #[test]
    fn blurred_classes_move_together() {
        let mut rng = Rng::new(2);
        let values: Vec<f64> = (0..20_000).map(|i| f64::from(i % 2) + 5.0 + 0.06 * rng.normal()).collect();
        let map = Sharpening::new(&values, 200, 0.15, 0.01);
        let spread = |f: &dyn Fn(f64) -> f64| {
            let offsets = values.iter().enumerate().map(|(i, v)| f(*v) - (i % 2) as f64 - 5.0);
            offsets.map(|d| d * d).sum::<f64>()
        };
        assert!(spread(&|v| map.apply(v)) < 0.35 * spread(&|v| v));
    }

    #[test]
    fn counts_are_kept() {
        let values = [0.0, 0.25, 0.5, 1.0, 0.999];
        let counts = histogram(&values, 0.0, 0.25, 5);
        assert!((counts.iter().sum::<f64>() - 5.0).abs() < 1e-12);
        assert!((counts[3] - 0.004).abs() < 1e-12 && (counts[4] - 1.996).abs() < 1e-12);
    }
}
