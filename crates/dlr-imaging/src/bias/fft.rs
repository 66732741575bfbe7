//! A discrete Fourier transform for the 512 points of a padded histogram; nothing more.

/// Real and imaginary part.
pub(super) type Complex = (f64, f64);

/// In-place transform of a power of two, `Σ x_k exp(∓2πi jk / n)`, not normalised; `inverse` takes the plus sign.
pub(super) fn transform(data: &mut [Complex], inverse: bool) {
    let n = data.len();
    debug_assert!(n.is_power_of_two());
    let mut j = 0;
    for i in 1..n {
        let mut bit = n >> 1;
        while j & bit != 0 {
            j ^= bit;
            bit >>= 1;
        }
        j |= bit;
        if i < j {
            data.swap(i, j);
        }
    }
    let sign = if inverse { 1.0 } else { -1.0 };
    let mut length = 2;
    while length <= n {
        let step = sign * std::f64::consts::TAU / length as f64;
        for block in data.chunks_exact_mut(length) {
            let (low, high) = block.split_at_mut(length / 2);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let (sin, cos) = (step * k as f64).sin_cos();
                let t = multiply(*b, (cos, sin));
                *b = (a.0 - t.0, a.1 - t.1);
                *a = (a.0 + t.0, a.1 + t.1);
            }
        }
        length *= 2;
    }
}

pub(super) fn multiply(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    #[test]
    fn equals_the_sum_and_comes_back() {
        let mut rng = Rng::new(1);
        let data: Vec<Complex> = (0..32).map(|_| (rng.normal(), rng.normal())).collect();
        let mut fast = data.clone();
        transform(&mut fast, false);
        for (j, found) in fast.iter().enumerate() {
            let slow = data.iter().enumerate().fold((0.0, 0.0), |sum, (k, x)| {
                let angle = -std::f64::consts::TAU * (j * k) as f64 / 32.0;
                let t = multiply(*x, (angle.cos(), angle.sin()));
                (sum.0 + t.0, sum.1 + t.1)
            });
            assert!((found.0 - slow.0).abs() < 1e-12 && (found.1 - slow.1).abs() < 1e-12);
        }
        transform(&mut fast, true);
        assert!(fast.iter().zip(&data).all(|(a, b)| (a.0 / 32.0 - b.0).abs() < 1e-13));
    }
}
