//! Moran's I and Geary's C: how alike voxels are that lie near each other. Exact, over all pairs of voxels.
//!
//! Both are sums over pairs with weight `1 / distance`. Small regions are summed pair by pair. For large ones the
//! sums are convolutions of the masked image with the weights, taken by Fourier transforms that are padded so that
//! nothing wraps around: the same number to about 12 digits, in time that grows with the box and not with its square.

use ndarray::ArrayView3;
use rayon::prelude::*;
use rustfft::{Fft, FftPlanner, num_complex::Complex64};
use std::sync::Arc;

/// Pairs that cost as much as one point of the padded transforms; measured, and not critical.
const PAIRS_PER_POINT: f64 = 20.0;

/// Moran's I and Geary's C of the voxels of `mask`.
///
/// Both NaN for a single voxel and for a flat region.
pub fn autocorrelation(image: ArrayView3<'_, f64>, mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3]) -> [f64; 2] {
    let region = Centred::new(image, mask);
    let n = region.places.len() as f64;
    let spread: f64 = region.values.iter().map(|x| x * x).sum();
    if region.values.len() < 2 || spread == 0.0 || region.is_flat {
        return [f64::NAN; 2];
    }
    let padded: f64 = region.padded_shape().iter().map(|p| *p as f64).product();
    let pairs = n * (n - 1.0) / 2.0;
    let sums = if pairs <= PAIRS_PER_POINT * padded {
        by_pairs(&region, spacing_mm)
    } else {
        by_transform(&region, spacing_mm)
    };
    [n / sums.weight * sums.product / spread, (n - 1.0) / (2.0 * sums.weight) * sums.square / spread]
}

/// Sums over ordered pairs of different voxels, each times the weight of the pair.
#[derive(Debug, Clone, Copy)]
struct PairSums {
    weight: f64,
    /// Of `x_i x_j`.
    product: f64,
    /// Of `(x_i - x_j)²`.
    square: f64,
}

/// The voxels of the region with their mean taken off.
struct Centred {
    shape: [usize; 3],
    places: Vec<[usize; 3]>,
    values: Vec<f64>,
    is_flat: bool,
}

impl Centred {
    fn new(image: ArrayView3<'_, f64>, mask: ArrayView3<'_, bool>) -> Self {
        let (mut places, mut values) = (Vec::new(), Vec::new());
        let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
        for ((z, y, x), inside) in mask.indexed_iter() {
            if *inside {
                let place = [z, y, x];
                low = [0, 1, 2].map(|a| low[a].min(place[a]));
                high = [0, 1, 2].map(|a| high[a].max(place[a]));
                places.push(place);
                values.push(image[place]);
            }
        }
        let mean = super::super::statistics::sum(values.iter().copied()) / values.len().max(1) as f64;
        let is_flat = values.iter().all(|v| *v == values[0]);
        values.iter_mut().for_each(|v| *v -= mean);
        for place in &mut places {
            *place = [0, 1, 2].map(|a| place[a] - low[a]);
        }
        let shape = if places.is_empty() { [0; 3] } else { [0, 1, 2].map(|a| high[a] - low[a] + 1) };
        Centred { shape, places, values, is_flat }
    }

    fn padded_shape(&self) -> [usize; 3] {
        self.shape.map(|n| smooth_length(2 * n - 1))
    }
}

/// The next length with no prime factor above 7, for which transforms are fast.
fn smooth_length(at_least: usize) -> usize {
    let is_smooth = |mut n: usize| {
        for p in [2, 3, 5, 7] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        n == 1
    };
    (at_least.max(1)..).find(|n| is_smooth(*n)).unwrap_or(at_least)
}

fn by_pairs(region: &Centred, spacing_mm: [f64; 3]) -> PairSums {
    let points: Vec<[f64; 3]> = region.places.iter().map(|p| [0, 1, 2].map(|a| p[a] as f64 * spacing_mm[a])).collect();
    let one = |i: usize| {
        let (p, xi) = (points[i], region.values[i]);
        let mut sums = [0.0; 3];
        for (q, xj) in points[i + 1..].iter().zip(&region.values[i + 1..]) {
            let d = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
            let weight = 1.0 / (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
            sums[0] += weight;
            sums[1] += weight * xi * xj;
            sums[2] += weight * (xi - xj) * (xi - xj);
        }
        sums
    };
    // Collected in order before they are added: the same bits for any number of threads.
    let rows: Vec<[f64; 3]> = (0..points.len()).into_par_iter().map(one).collect();
    let [weight, product, square] = [0, 1, 2].map(|k| 2.0 * rows.iter().map(|r| r[k]).sum::<f64>());
    PairSums { weight, product, square }
}

/// `Σ w (x_i - x_j)² = 2 Σ_i x_i² (w * m)_i - 2 Σ_i x_i (w * x)_i` where `m` is 1 in the region: one convolution of
/// `x + i m` gives all three sums.
fn by_transform(region: &Centred, spacing_mm: [f64; 3]) -> PairSums {
    let potential = convolve(region, spacing_mm);
    let [_, ny, nx] = region.shape;
    let (mut weight, mut product, mut second) = (0.0, 0.0, 0.0);
    for ([z, y, x], value) in region.places.iter().zip(&region.values) {
        let at = potential[(z * ny + y) * nx + x];
        weight += at.im;
        product += value * at.re;
        second += value * value * at.im;
    }
    PairSums { weight, product, square: 2.0 * (second - product) }
}

/// `w * (x + i m)` on the box, shape `[z, y, x]`. Transforms along z first, so that each plane of the spectrum is a
/// problem of its own and no array of the fully padded size is ever held.
fn convolve(region: &Centred, spacing_mm: [f64; 3]) -> Vec<Complex64> {
    let [nz, ny, nx] = region.shape;
    let [pz, py, px] = region.padded_shape();
    let plane = ny * nx;
    let mut spectrum = vec![Complex64::default(); pz * plane];
    for ([z, y, x], value) in region.places.iter().zip(&region.values) {
        spectrum[z * plane + y * nx + x] = Complex64::new(*value, 1.0);
    }
    let mut planner = FftPlanner::new();
    along_z(&mut spectrum, plane, planner.plan_fft_forward(pz).as_ref());
    let kernel = kernel_along_z(region.shape, pz, spacing_mm, planner.plan_fft_forward(pz).as_ref());
    let two = Planes::new(&mut planner, [ny, nx], [py, px]);
    let n_kernel = pz / 2 + 1;
    // Planes `k` and `pz - k` share the transform of their kernel.
    let (first, second) = spectrum.split_at_mut(n_kernel * plane);
    let mut partners: Vec<Option<&mut [Complex64]>> = (0..n_kernel).map(|_| None).collect();
    for (k, chunk) in second.chunks_exact_mut(plane).enumerate() {
        partners[pz - (n_kernel + k)] = Some(chunk);
    }
    first.par_chunks_exact_mut(plane).zip(partners).enumerate().for_each(|(k, (one, other))| {
        let weights = two.kernel(&kernel[k * plane..(k + 1) * plane]);
        two.convolve(one, &weights);
        if let Some(other) = other {
            two.convolve(other, &weights);
        }
    });
    along_z(&mut spectrum, plane, planner.plan_fft_inverse(pz).as_ref());
    spectrum.truncate(nz * plane);
    let scale = 1.0 / (pz * py * px) as f64;
    spectrum.iter_mut().for_each(|v| *v *= scale);
    spectrum
}

/// Transforms every column of `data`, whose columns are `stride` apart.
fn along_z(data: &mut [Complex64], stride: usize, fft: &dyn Fft<f64>) {
    const BLOCK: usize = 64;
    let n = fft.len();
    let n_blocks = stride.div_ceil(BLOCK);
    let batch = rayon::current_num_threads() * 4;
    for first in (0..n_blocks).step_by(batch) {
        let blocks = first..(first + batch).min(n_blocks);
        let done: Vec<(usize, usize, Vec<Complex64>)> = blocks
            .into_par_iter()
            .map(|block| {
                let from = block * BLOCK;
                let width = BLOCK.min(stride - from);
                let mut columns = vec![Complex64::default(); n * width];
                for z in 0..n {
                    for (k, value) in data[z * stride + from..][..width].iter().enumerate() {
                        columns[k * n + z] = *value;
                    }
                }
                fft.process(&mut columns);
                (from, width, columns)
            })
            .collect();
        for (from, width, columns) in done {
            for z in 0..n {
                for (k, value) in data[z * stride + from..][..width].iter_mut().enumerate() {
                    *value = columns[k * n + z];
                }
            }
        }
    }
}

/// Transform along z of `1 / distance` for displacements `dy < ny`, `dx < nx`; shape `[pz / 2 + 1, ny, nx]`. The
/// weights are even, so that the transform is real.
fn kernel_along_z([nz, ny, nx]: [usize; 3], pz: usize, spacing_mm: [f64; 3], fft: &dyn Fft<f64>) -> Vec<f64> {
    let (half, plane) = (pz / 2 + 1, ny * nx);
    let column = |at: usize| {
        let (dy, dx) = ((at / nx) as f64 * spacing_mm[1], (at % nx) as f64 * spacing_mm[2]);
        let mut column = vec![Complex64::default(); pz];
        for z in 0..nz {
            let dz = z as f64 * spacing_mm[0];
            let distance = (dz * dz + dy * dy + dx * dx).sqrt();
            if distance > 0.0 {
                column[z].re = 1.0 / distance;
                column[(pz - z) % pz].re = 1.0 / distance;
            }
        }
        fft.process(&mut column);
        column[..half].iter().map(|c| c.re).collect::<Vec<_>>()
    };
    let columns: Vec<Vec<f64>> = (0..plane).into_par_iter().map(column).collect();
    let mut kernel = vec![0.0; half * plane];
    for (at, column) in columns.iter().enumerate() {
        for (k, value) in column.iter().enumerate() {
            kernel[k * plane + at] = *value;
        }
    }
    kernel
}

/// Two-dimensional transforms of planes of `inner` size in a frame of `padded` size, both `[y, x]`.
struct Planes {
    inner: [usize; 2],
    padded: [usize; 2],
    forward: [Arc<dyn Fft<f64>>; 2],
    inverse: [Arc<dyn Fft<f64>>; 2],
}

impl Planes {
    fn new(planner: &mut FftPlanner<f64>, inner: [usize; 2], padded: [usize; 2]) -> Self {
        let forward = padded.map(|n| planner.plan_fft_forward(n));
        let inverse = padded.map(|n| planner.plan_fft_inverse(n));
        Planes { inner, padded, forward, inverse }
    }

    /// The transform, transposed to `[x, y]`. Rows below `n_rows` are all that may be set.
    fn transform(&self, mut frame: Vec<Complex64>, rows: impl Iterator<Item = usize>) -> Vec<Complex64> {
        let [py, px] = self.padded;
        for y in rows {
            self.forward[1].process(&mut frame[y * px..(y + 1) * px]);
        }
        let mut turned = transpose(&frame, py, px);
        self.forward[0].process(&mut turned);
        turned
    }

    /// The real transform of even weights given for non-negative displacements.
    fn kernel(&self, weights: &[f64]) -> Vec<f64> {
        let ([ny, nx], [py, px]) = (self.inner, self.padded);
        let mut frame = vec![Complex64::default(); py * px];
        for y in 0..ny {
            for x in 0..nx {
                let value = Complex64::new(weights[y * nx + x], 0.0);
                for y in [y, (py - y) % py] {
                    for x in [x, (px - x) % px] {
                        frame[y * px + x] = value;
                    }
                }
            }
        }
        let rows = (0..py).filter(|y| *y < ny || *y > py - ny);
        self.transform(frame, rows).into_iter().map(|c| c.re).collect()
    }

    fn convolve(&self, plane: &mut [Complex64], weights: &[f64]) {
        let ([ny, nx], [py, px]) = (self.inner, self.padded);
        let mut frame = vec![Complex64::default(); py * px];
        for (row, target) in plane.chunks_exact(nx).zip(frame.chunks_exact_mut(px)) {
            target[..nx].copy_from_slice(row);
        }
        let mut turned = self.transform(frame, 0..ny);
        turned.iter_mut().zip(weights).for_each(|(value, weight)| *value *= weight);
        self.inverse[0].process(&mut turned);
        let mut back = transpose(&turned, px, py);
        self.inverse[1].process(&mut back[..ny * px]);
        for (row, source) in plane.chunks_exact_mut(nx).zip(back.chunks_exact(px)) {
            row.copy_from_slice(&source[..nx]);
        }
    }
}

fn transpose(data: &[Complex64], rows: usize, columns: usize) -> Vec<Complex64> {
    const TILE: usize = 16;
    let mut turned = vec![Complex64::default(); data.len()];
    for r0 in (0..rows).step_by(TILE) {
        for c0 in (0..columns).step_by(TILE) {
            for r in r0..(r0 + TILE).min(rows) {
                for c in c0..(c0 + TILE).min(columns) {
                    turned[c * rows + r] = data[r * columns + c];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;
    use proptest::prelude::*;

    fn region(shape: (usize, usize, usize), seed: usize) -> (Array3<f64>, Array3<bool>) {
        let hash = |z: usize, y: usize, x: usize| (z * 7919 + y * 104_729 + x * 1_299_709 + seed * 31) % 1009;
        (
            Array3::from_shape_fn(shape, |(z, y, x)| hash(z, y, x) as f64 - 300.0),
            Array3::from_shape_fn(shape, |(z, y, x)| !hash(x, z, y).is_multiple_of(3)),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn transforms_and_pairs_agree(z in 1usize..9, y in 1usize..8, x in 1usize..12, seed in 0usize..50) {
            let (image, mask) = region((z, y, x), seed);
            let region = Centred::new(image.view(), mask.view());
            prop_assume!(region.values.len() > 1);
            let spacing = [3.0, 0.7, 1.1];
            let (a, b) = (by_pairs(&region, spacing), by_transform(&region, spacing));
            let scale = region.values.iter().map(|v| v * v).sum::<f64>() * a.weight;
            prop_assert!((a.weight - b.weight).abs() <= 1e-11 * a.weight);
            prop_assert!((a.product - b.product).abs() <= 1e-11 * scale);
            prop_assert!((a.square - b.square).abs() <= 1e-11 * scale);
        }
    }

    #[test]
    fn one_voxel_and_flat_regions_have_none() {
        let one = Array3::from_elem((1, 1, 1), 5.0);
        let mask = Array3::from_elem((1, 1, 1), true);
        assert!(autocorrelation(one.view(), mask.view(), [1.0; 3]).iter().all(|v| v.is_nan()));
        let flat = Array3::from_elem((2, 2, 2), 0.1);
        let mask = Array3::from_elem((2, 2, 2), true);
        assert!(autocorrelation(flat.view(), mask.view(), [1.0; 3]).iter().all(|v| v.is_nan()));
    }
}
