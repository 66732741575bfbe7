//! [`Recursion`]: a Gaussian or its second derivative along lines, as ITK's `RecursiveGaussianImageFilter` has it.
//!
//! A causal and an anticausal filter of fourth order, run along the line and added; beyond its ends the line is held
//! constant. Coefficients: R. Deriche, INRIA research report 1893 (1993), as refined by G. Farneback and C.-F. Westin,
//! Journal of Mathematical Imaging and Vision 26 (2006), table for sigma between 1 and 10. Products are summed in
//! ITK's order, so that results agree in the last bit.

use std::ops::Range;

/// Numbers in the widest register of any processor.
const WIDTH: usize = 8;

/// Lines that are filtered side by side: independent, so that the processor can overlap their recursions, and as many as
/// a line of its cache holds of 32 bit numbers.
pub(super) const LANES: usize = 2 * WIDTH;

/// One sample of each line, in registers ([`slice::as_flattened`] gives them by line).
pub(super) type Lanes = [[f64; WIDTH]; 2];

pub(super) const NO_LANES: Lanes = [[0.0; WIDTH]; 2];

/// How far, in standard deviations, a sample still changes a result. The slowest pole decays as `exp(-1.3732 i)` for `i`
/// standard deviations, so what lies beyond is below 1e-16 of it.
pub(super) const REACH_SD: f64 = 27.0;

/// Coefficients for one standard deviation and order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recursion {
    n: [f64; 4],
    m: [f64; 4],
    d: [f64; 4],
    /// What stands for the recursion's past before the line begins, and after it ends.
    before: [f64; 4],
    after: [f64; 4],
}

/// Damped cosines and sines: `(a cos + b sin) exp`, for order 0 and 2, of both pairs of poles.
const W: [f64; 2] = [0.6681, 2.0787];
const L: [f64; 2] = [-1.3932, -1.3732];
const A0: [f64; 2] = [1.3530, -0.3531];
const B0: [f64; 2] = [1.8151, 0.0902];
const A2: [f64; 2] = [-1.3563, 0.3446];
const B2: [f64; 2] = [5.2318, -2.2355];

impl Recursion {
    /// The Gaussian of `sd` voxels, with sum 1.
    pub(super) fn smoothing(sd: f64) -> Self {
        let d = denominator(sd);
        let n = numerator(sd, A0, B0);
        let (sn, sd_sum) = (sum(n), 1.0 + d[0] + d[1] + d[2] + d[3]);
        let alpha = 2.0 * sn / sd_sum - n[0];
        Self::symmetric(n.map(|v| v * (1.0 / alpha)), d)
    }

    /// The second derivative per voxel, times `scale`.
    pub(super) fn second_derivative(sd: f64, scale: f64) -> Self {
        let d = denominator(sd);
        let (d0, d1, d2) = (
            1.0 + d[0] + d[1] + d[2] + d[3],
            d[0] + 2.0 * d[1] + 3.0 * d[2] + 4.0 * d[3],
            d[0] + 4.0 * d[1] + 9.0 * d[2] + 16.0 * d[3],
        );
        let (even, curved) = (numerator(sd, A0, B0), numerator(sd, A2, B2));
        let beta = -(2.0 * sum(curved) - d0 * curved[0]) / (2.0 * sum(even) - d0 * even[0]);
        let n = [0, 1, 2, 3].map(|k| curved[k] + beta * even[k]);
        let moments = |n: [f64; 4]| (sum(n), n[1] + 2.0 * n[2] + 3.0 * n[3], n[1] + 4.0 * n[2] + 9.0 * n[3]);
        let ((even0, even1, even2), (curved0, curved1, curved2)) = (moments(even), moments(curved));
        let (n0, n1, n2) = (curved0 + beta * even0, curved1 + beta * even1, curved2 + beta * even2);
        let mut alpha = n2 * d0 * d0 - d2 * n0 * d0 - 2.0 * n1 * d1 * d0 + 2.0 * d1 * d1 * n0;
        alpha /= d0 * d0 * d0;
        Self::symmetric(n.map(|v| v * (scale / alpha)), d)
    }

    fn symmetric(n: [f64; 4], d: [f64; 4]) -> Self {
        let m = [n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0]];
        let total = 1.0 + d[0] + d[1] + d[2] + d[3];
        let (sn, sm) = (sum(n), sum(m));
        Recursion { n, m, d, before: d.map(|v| v * sn / total), after: d.map(|v| v * sm / total) }
    }

    /// Hidden from the optimiser, which would see that all are the same.
    fn in_registers(&self) -> InRegisters {
        let repeated = |c: [f64; 4]| std::hint::black_box(c.map(|c| [c; WIDTH]));
        let Recursion { n, m, d, before, after } = self;
        InRegisters {
            n: repeated(*n),
            m: repeated(*m),
            d: repeated(*d),
            before: repeated(*before),
            after: repeated(*after),
        }
    }

    /// Filters lines of at least four samples: afterwards `filtered` holds the result at the samples `want`, and nothing
    /// of meaning elsewhere. It is as long as `data`.
    #[inline(always)]
    pub(super) fn run(&self, data: &[Lanes], want: Range<usize>, filtered: &mut [Lanes]) {
        let InRegisters { n, m, d, before, after } = self.in_registers();
        let (n, m, d) = (&n, &m, &d);
        let len = data.len();
        let first = &data[0];
        for i in 0..4_usize {
            let x = |k: usize| &data[i.saturating_sub(k)];
            let mut y = weighted([x(0), x(1), x(2), x(3)], n);
            let past = [1, 2, 3, 4].map(|k| if k <= i { (&filtered[i - k], d[k - 1]) } else { (first, before[k - 1]) });
            subtract(&mut y, past.map(|p| p.0), &past.map(|p| p.1));
            filtered[i] = y;
        }
        let [mut p3, mut p2, mut p1, mut p0] = [0, 1, 2, 3].map(|i| filtered[i]);
        for (x, to) in data[1..want.end.max(4)].windows(4).zip(&mut filtered[4..]) {
            let mut y = weighted([&x[3], &x[2], &x[1], &x[0]], n);
            subtract(&mut y, [&p0, &p1, &p2, &p3], d);
            (p3, p2, p1, p0) = (p2, p1, p0, y);
            *to = y;
        }

        // The causal part stays where it is; the anticausal part keeps only its last four samples and is added to it.
        let last = &data[len - 1];
        let mut past = [*last; 4];
        for back in 0..4_usize {
            let i = len - 1 - back;
            let x = |k: usize| &data[(i + k).min(len - 1)];
            let mut y = weighted([x(1), x(2), x(3), x(4)], m);
            let factors = [0, 1, 2, 3].map(|k| if k < back { d[k] } else { after[k] });
            let values = [0, 1, 2, 3].map(|k| if k < back { past[k] } else { *last });
            subtract(&mut y, [&values[0], &values[1], &values[2], &values[3]], &factors);
            past = [y, past[0], past[1], past[2]];
            if want.contains(&i) {
                add(&mut filtered[i], &y);
            }
        }
        let [mut p0, mut p1, mut p2, mut p3] = past;
        for i in (want.start..len - 4).rev() {
            let x = &data[i + 1..i + 5];
            let mut y = weighted([&x[0], &x[1], &x[2], &x[3]], m);
            subtract(&mut y, [&p0, &p1, &p2, &p3], d);
            (p3, p2, p1, p0) = (p2, p1, p0, y);
            if i < want.end {
                add(&mut filtered[i], &y);
            }
        }
    }
}

/// A coefficient as often as a register holds it. The compiler would else shuffle registers to save multiplications by
/// two coefficients at once, which takes longer.
type Repeated = [f64; WIDTH];

/// The coefficients of a [`Recursion`], repeated.
struct InRegisters {
    n: [Repeated; 4],
    m: [Repeated; 4],
    d: [Repeated; 4],
    before: [Repeated; 4],
    after: [Repeated; 4],
}

#[inline(always)]
fn weighted(x: [&Lanes; 4], c: &[Repeated; 4]) -> Lanes {
    let mut sum = NO_LANES;
    for r in 0..2 {
        for l in 0..WIDTH {
            sum[r][l] = x[0][r][l] * c[0][l] + x[1][r][l] * c[1][l] + x[2][r][l] * c[2][l] + x[3][r][l] * c[3][l];
        }
    }
    sum
}

#[inline(always)]
fn subtract(y: &mut Lanes, x: [&Lanes; 4], c: &[Repeated; 4]) {
    let product = weighted(x, c);
    for r in 0..2 {
        for l in 0..WIDTH {
            y[r][l] -= product[r][l];
        }
    }
}

#[inline(always)]
fn add(sum: &mut Lanes, y: &Lanes) {
    for r in 0..2 {
        for l in 0..WIDTH {
            sum[r][l] += y[r][l];
        }
    }
}

fn sum(n: [f64; 4]) -> f64 {
    n[0] + n[1] + n[2] + n[3]
}

fn denominator(sd: f64) -> [f64; 4] {
    let [cos1, cos2] = W.map(|w| (w / sd).cos());
    let [exp1, exp2] = L.map(|l| (l / sd).exp());
    let d4 = exp1 * exp1 * exp2 * exp2;
    let mut d3 = -2.0 * cos1 * exp1 * exp2 * exp2;
    d3 += -2.0 * cos2 * exp2 * exp1 * exp1;
    let mut d2 = 4.0 * cos2 * cos1 * exp1 * exp2;
    d2 += exp1 * exp1 + exp2 * exp2;
    let d1 = -2.0 * (exp2 * cos2 + exp1 * cos1);
    [d1, d2, d3, d4]
}

fn numerator(sd: f64, [a1, a2]: [f64; 2], [b1, b2]: [f64; 2]) -> [f64; 4] {
    let [sin1, sin2] = W.map(|w| (w / sd).sin());
    let [cos1, cos2] = W.map(|w| (w / sd).cos());
    let [exp1, exp2] = L.map(|l| (l / sd).exp());
    let n0 = a1 + a2;
    let mut n1 = exp2 * (b2 * sin2 - (a2 + 2.0 * a1) * cos2);
    n1 += exp1 * (b1 * sin1 - (a1 + 2.0 * a2) * cos1);
    let mut n2 = (a1 + a2) * cos2 * cos1;
    n2 -= b1 * cos2 * sin1 + b2 * cos1 * sin2;
    n2 *= 2.0 * exp1 * exp2;
    n2 += a2 * exp1 * exp1 + a1 * exp2 * exp2;
    let mut n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2);
    n3 += exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1);
    [n0, n1, n2, n3]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn impulse_response(r: &Recursion, n: usize) -> Vec<f64> {
        let mut data = vec![NO_LANES; n];
        data[n / 2] = [[1.0; WIDTH]; 2];
        let mut filtered = vec![NO_LANES; n];
        r.run(&data, 0..n, &mut filtered);
        filtered.iter().map(|y| y[1][WIDTH - 1]).collect()
    }

    #[test]
    fn moments_are_those_of_the_published_constants() {
        for sd in [1.0, 2.5, 6.0] {
            let n = (2.0 * 30.0 * sd) as usize + 1;
            let moment = |h: &[f64], p: i32| -> f64 {
                h.iter().enumerate().map(|(i, v)| v * (i as f64 - (n / 2) as f64).powi(p)).sum()
            };
            let smooth = impulse_response(&Recursion::smoothing(sd), n);
            assert!((moment(&smooth, 0) - 1.0).abs() < 1e-12);
            assert!(moment(&smooth, 1).abs() < 1e-10);
            // The published constants give 0.938 of the Gaussian's variance at any width (their integral, in a program
            // of its own, gives 0.93802): the smoothing is ITK's, not the Gaussian's.
            assert!((moment(&smooth, 2) / (sd * sd) - 0.938).abs() < 2e-4, "{}", moment(&smooth, 2));
            let curved = impulse_response(&Recursion::second_derivative(sd, 1.0), n);
            assert!(moment(&curved, 0).abs() < 1e-12);
            assert!((moment(&curved, 2) - 2.0).abs() < 1e-9);
            let scaled = impulse_response(&Recursion::second_derivative(sd, 3.0), n);
            assert!(scaled.iter().zip(&curved).all(|(s, c)| (s - 3.0 * c).abs() < 1e-12));
        }
    }

    #[test]
    fn a_constant_line_stays_constant() {
        for n in [4, 5, 9] {
            let data = vec![[[7.0; WIDTH]; 2]; n];
            let mut room = data.clone();
            Recursion::smoothing(3.0).run(&data, 0..n, &mut room);
            assert!(room.iter().all(|y| (y[0][0] - 7.0).abs() < 1e-12));
            Recursion::second_derivative(3.0, 1.0).run(&data, 0..n, &mut room);
            assert!(room.iter().all(|y| y[0][0].abs() < 1e-12));
        }
    }
}
