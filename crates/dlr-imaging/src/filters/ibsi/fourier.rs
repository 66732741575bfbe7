//! Filters as factors in the frequency domain: real volumes or slices, transformed, multiplied, and transformed back.
//!
//! The transform of a real volume is its own mirror image, so only half of it is kept, and two rows share one complex
//! transform. The memory is that of the volume and as much again. Every line is transformed by one thread.

use super::Dimension;
use ndarray::{Array3, ArrayViewMut2, Axis};
use rayon::prelude::*;
use rustfft::{Fft, FftPlanner, num_complex::Complex};
use std::sync::Arc;

pub(super) type C64 = Complex<f64>;

/// The factor at the frequency with index `[z, y, x]` of the transform.
pub(super) type Transfer<'a> = &'a (dyn Fn([usize; 3]) -> C64 + Sync);

/// Columns that are copied out and transformed together, so that whole cache lines are used.
const BLOCK: usize = 8;

/// Multiplies the transform of every volume (or slice) by the factors of a real filter, in place.
pub(super) fn multiply(real: &mut Array3<f64>, dimension: Dimension, transfer: Transfer<'_>) {
    let (nz, ny, nx) = real.dim();
    let hx = nx / 2 + 1;
    let volume = dimension == Dimension::Volume3d;
    let mut planner = FftPlanner::new();
    let [z, y, x] = [nz, ny, nx].map(|n| Pair::new(&mut planner, n));
    let mut half = Array3::<C64>::zeros((nz, ny, hx));
    let scale = 1.0 / (ny * nx * if volume { nz } else { 1 }) as f64;
    {
        let rows = real.as_slice().expect("C order").par_chunks(ny * nx);
        let slices = half.as_slice_mut().expect("C order").par_chunks_mut(ny * hx);
        slices.zip(rows).for_each(|(half, real)| {
            rows_forward(&x, real, half, nx);
            let mut plane = ArrayViewMut2::from_shape((ny, hx), half).expect("sizes agree");
            if volume {
                columns(&mut plane, |_, column| y.forward(column));
            } else {
                filtered(&mut plane, &y, scale, |k, kx| transfer([0, k, kx]));
            }
        });
    }
    if volume {
        let planes: Vec<_> = half.axis_iter_mut(Axis(1)).collect();
        planes.into_par_iter().enumerate().for_each(|(ky, mut plane)| {
            filtered(&mut plane, &z, scale, |k, kx| transfer([k, ky, kx]));
        });
    }
    let rows = real.as_slice_mut().expect("C order").par_chunks_mut(ny * nx);
    let slices = half.as_slice_mut().expect("C order").par_chunks_mut(ny * hx);
    slices.zip(rows).for_each(|(half, real)| {
        let mut plane = ArrayViewMut2::from_shape((ny, hx), &mut half[..]).expect("sizes agree");
        if volume {
            columns(&mut plane, |_, column| y.inverse(column));
        }
        rows_inverse(&x, half, real, nx);
    });
}

/// The transform of a length, there and back, not scaled.
pub(super) struct Pair {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
}

impl Pair {
    pub(super) fn new(planner: &mut FftPlanner<f64>, n: usize) -> Pair {
        Pair { forward: planner.plan_fft_forward(n), inverse: planner.plan_fft_inverse(n) }
    }

    /// Transforms one line, or several that follow each other.
    pub(super) fn forward(&self, lines: &mut [C64]) {
        self.forward.process(lines);
    }

    /// The way back, without the division by the length.
    pub(super) fn inverse(&self, lines: &mut [C64]) {
        self.inverse.process(lines);
    }
}

/// Forward along the columns, factors, and back; columns whose factors are all 0 are not transformed.
fn filtered(plane: &mut ArrayViewMut2<'_, C64>, fft: &Pair, scale: f64, factor: impl Fn(usize, usize) -> C64) {
    let n = plane.nrows();
    let mut factors = vec![C64::default(); n];
    columns(plane, |kx, lines| {
        for (i, line) in lines.chunks_exact_mut(n).enumerate() {
            factors.iter_mut().enumerate().for_each(|(k, f)| *f = factor(k, kx + i) * scale);
            if factors.iter().all(|f| f.re == 0.0 && f.im == 0.0) {
                line.fill(C64::default());
                continue;
            }
            fft.forward(line);
            line.iter_mut().zip(&factors).for_each(|(v, f)| *v *= f);
            fft.inverse(line);
        }
    });
}

/// Copies out some columns at a time, one after the other, lets `change` work on them, and copies them back.
fn columns(plane: &mut ArrayViewMut2<'_, C64>, mut change: impl FnMut(usize, &mut [C64])) {
    let (n, width) = plane.dim();
    let mut block = vec![C64::default(); BLOCK * n];
    for first in (0..width).step_by(BLOCK) {
        let count = BLOCK.min(width - first);
        let block = &mut block[..count * n];
        for (k, row) in plane.outer_iter().enumerate() {
            (0..count).for_each(|i| block[i * n + k] = row[first + i]);
        }
        change(first, block);
        for (k, mut row) in plane.outer_iter_mut().enumerate() {
            (0..count).for_each(|i| row[first + i] = block[i * n + k]);
        }
    }
}

/// Half transforms of real rows, two at a time: one as the real, one as the imaginary part.
pub(super) fn rows_forward(fft: &Pair, real: &[f64], half: &mut [C64], nx: usize) {
    let hx = nx / 2 + 1;
    let mut line = vec![C64::default(); nx];
    for (real, half) in real.chunks(2 * nx).zip(half.chunks_mut(2 * hx)) {
        let (first, second) = real.split_at(nx);
        let (a, b) = half.split_at_mut(hx);
        for (i, value) in line.iter_mut().enumerate() {
            *value = C64::new(first[i], second.get(i).copied().unwrap_or(0.0));
        }
        fft.forward(&mut line);
        for k in 0..hx {
            let (this, mirrored) = (line[k], line[(nx - k) % nx].conj());
            a[k] = 0.5 * (this + mirrored);
            if let Some(b) = b.get_mut(k) {
                let difference = 0.5 * (this - mirrored);
                *b = C64::new(difference.im, -difference.re);
            }
        }
    }
}

fn rows_inverse(fft: &Pair, half: &[C64], real: &mut [f64], nx: usize) {
    let hx = nx / 2 + 1;
    let mut line = vec![C64::default(); nx];
    for (real, half) in real.chunks_mut(2 * nx).zip(half.chunks(2 * hx)) {
        let (a, b) = half.split_at(hx);
        // The terms that are their own mirror image are real; what else is there belongs to no real filter.
        let own = |k: usize, value: C64| if k == 0 || 2 * k == nx { C64::new(value.re, 0.0) } else { value };
        let b = |k: usize| b.get(k).map_or(C64::default(), |v| own(k, *v));
        let times_i = |v: C64| C64::new(-v.im, v.re);
        for k in 0..hx {
            let (a, b) = (own(k, a[k]), b(k));
            line[k] = a + times_i(b);
            if k > 0 && 2 * k != nx {
                line[nx - k] = a.conj() + times_i(b.conj());
            }
        }
        fft.inverse(&mut line);
        let (first, second) = real.split_at_mut(nx);
        for (i, value) in line.iter().enumerate() {
            first[i] = value.re;
            if let Some(second) = second.get_mut(i) {
                *second = value.im;
            }
        }
    }
}

/// The smallest length of at least `n` whose prime factors are 2, 3 and 5: transforms of such a length are fast.
pub(super) fn fast_length(n: usize) -> usize {
    let smooth = |mut m: usize| {
        for p in [2, 3, 5] {
            while m.is_multiple_of(p) {
                m /= p;
            }
        }
        m == 1
    };
    (n.max(1)..).find(|m| smooth(*m)).expect("powers of 2 go on")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    fn noise(shape: [usize; 3]) -> Array3<f64> {
        let mut rng = Rng::new(7);
        Array3::from_shape_simple_fn(shape, || rng.normal())
    }

    #[test]
    fn a_factor_of_one_gives_the_volume_back() {
        for shape in [[4, 6, 8], [3, 5, 7], [1, 1, 1], [2, 7, 1], [5, 1, 4]] {
            for dimension in [Dimension::Volume3d, Dimension::Slices2d] {
                let before = noise(shape);
                let mut after = before.clone();
                multiply(&mut after, dimension, &|_| C64::new(1.0, 0.0));
                assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-13), "{shape:?} {dimension:?}");
            }
        }
    }

    #[test]
    fn a_phase_moves_the_volume() {
        let shape = [5, 6, 7];
        let before = noise(shape);
        let mut after = before.clone();
        let angle = |k: [usize; 3]| k[0] as f64 / 5.0 + 2.0 * k[1] as f64 / 6.0 + 3.0 * k[2] as f64 / 7.0;
        multiply(&mut after, Dimension::Volume3d, &|k| C64::cis(-std::f64::consts::TAU * angle(k)));
        for ((z, y, x), value) in after.indexed_iter() {
            assert!((value - before[[(z + 4) % 5, (y + 4) % 6, (x + 4) % 7]]).abs() < 1e-13);
        }
    }

    #[test]
    fn fast_lengths_have_small_factors() {
        assert_eq!([1, 7, 11, 129, 200].map(fast_length), [1, 8, 12, 135, 200]);
    }
}
