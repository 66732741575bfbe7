//! Separable Gaussian filters by direct sums, along one axis at a time.
//!
//! One routine serves two ends: smoothing a picture, and spreading numbers of a coarse lattice over the fine grid
//! (`step` above 1), which is how smooth random fields of any width come at the price of a narrow filter.

use ndarray::{Array3, ArrayView1, Axis};

/// What lies beyond the end of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The other end.
    Wrap,
    /// The same end, mirrored with its last voxel repeated.
    Mirror,
}

/// Where filters end, in standard deviations.
const REACH: f64 = 4.0;

/// Weights of one axis: for each of `step` positions between two lattice points, one weight per lattice point near it.
#[derive(Debug, Clone)]
pub(crate) struct Taps {
    step: usize,
    reach: usize,
    weights: Vec<Vec<f32>>,
}

impl Taps {
    /// A Gaussian of `sigma` fine voxels over a lattice with a point every `step` fine voxels; weights of each position
    /// sum to 1. A sigma of 0 copies.
    pub(crate) fn new(sigma: f64, step: usize) -> Taps {
        let reach = (REACH * sigma / step as f64).ceil() as usize + usize::from(step > 1);
        let weights = (0..step)
            .map(|phase| {
                let raw: Vec<f64> = (0..=2 * reach)
                    .map(|k| {
                        let distance = phase as f64 - step as f64 * (k as f64 - reach as f64);
                        match sigma > 0.0 {
                            true => (-0.5 * (distance / sigma).powi(2)).exp(),
                            false => f64::from(u8::from(distance == 0.0)),
                        }
                    })
                    .collect();
                let sum: f64 = raw.iter().sum();
                raw.into_iter().map(|weight| (weight / sum) as f32).collect()
            })
            .collect();
        Taps { step, reach, weights }
    }

    /// Lattice position that tap `k` of the fine position `i` reads, on a lattice of `n` points.
    fn source(&self, i: usize, k: usize, n: usize, edge: Edge) -> usize {
        let at = (i / self.step + k) as isize - self.reach as isize;
        let n = n as isize;
        (match edge {
            Edge::Wrap => at.rem_euclid(n),
            Edge::Mirror => {
                let folded = at.rem_euclid(2 * n);
                if folded < n { folded } else { 2 * n - 1 - folded }
            }
        }) as usize
    }
}

/// Filters along x, then y, then z; the result has `step` times the voxels along each axis.
pub(crate) fn separable(lattice: &Array3<f32>, taps: &[Taps; 3], edge: Edge) -> Array3<f32> {
    let along_x = rows(lattice, &taps[2], edge);
    let along_y = planes(&along_x, &taps[1], Axis(1), edge);
    planes(&along_y, &taps[0], Axis(0), edge)
}

/// A picture smoothed by `sigma` voxels along z, y, x.
pub(crate) fn smooth(picture: &Array3<f32>, sigma: [f64; 3], edge: Edge) -> Array3<f32> {
    separable(picture, &sigma.map(|s| Taps::new(s, 1)), edge)
}

/// Along x, where neighbours in the sum are neighbours in memory: each row is widened by its edge first.
fn rows(input: &Array3<f32>, taps: &Taps, edge: Edge) -> Array3<f32> {
    let (nz, ny, n) = input.dim();
    let mut out = Array3::zeros((nz, ny, n * taps.step));
    let mut wide = vec![0.0_f32; n + 2 * taps.reach];
    let mut sums = vec![0.0_f32; n];
    let lanes = input.lanes(Axis(2)).into_iter().zip(out.lanes_mut(Axis(2)));
    for (row, mut out) in lanes {
        for (k, slot) in wide.iter_mut().enumerate() {
            *slot = row[taps.source(0, k, n, edge)];
        }
        for (phase, weights) in taps.weights.iter().enumerate() {
            sums.fill(0.0);
            for (k, weight) in weights.iter().enumerate() {
                add(&mut sums, &wide[k..k + n], *weight);
            }
            for (slot, sum) in out.iter_mut().skip(phase).step_by(taps.step).zip(&sums) {
                *slot = *sum;
            }
        }
    }
    out
}

/// Along y or z: whole rows of x are added to each other.
fn planes(input: &Array3<f32>, taps: &Taps, axis: Axis, edge: Edge) -> Array3<f32> {
    let mut shape = input.raw_dim();
    let n = shape[axis.index()];
    shape[axis.index()] = n * taps.step;
    let mut out = Array3::zeros(shape);
    let other = Axis(1 - axis.index());
    for j in 0..input.len_of(other) {
        let (source, mut target) = (input.index_axis(other, j), out.index_axis_mut(other, j));
        for i in 0..n * taps.step {
            let mut row = target.row_mut(i);
            let sums = row.as_slice_mut().expect("rows of x are contiguous in C order");
            for (k, weight) in taps.weights[i % taps.step].iter().enumerate() {
                add(sums, contiguous(&source.row(taps.source(i, k, n, edge))), *weight);
            }
        }
    }
    out
}

fn contiguous<'a>(row: &'a ArrayView1<'_, f32>) -> &'a [f32] {
    row.as_slice().expect("rows of x are contiguous in C order")
}

fn add(sums: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    /// The sum as it is defined, over every voxel and its periodic or mirrored images.
    fn slow(picture: &Array3<f32>, sigma: [f64; 3], edge: Edge) -> Array3<f32> {
        let mut values = picture.mapv(f64::from);
        for (axis, sigma) in sigma.into_iter().enumerate() {
            let n = values.len_of(Axis(axis)) as isize;
            let reach = (4.0 * sigma).ceil() as isize;
            let weight = |d: isize| (-0.5 * (d as f64 / sigma).powi(2)).exp();
            let total: f64 = (-reach..=reach).map(weight).sum();
            let old = values.clone();
            for (index, value) in values.indexed_iter_mut() {
                let index = [index.0, index.1, index.2];
                *value = 0.0;
                for d in -reach..=reach {
                    let mut at = index[axis] as isize + d;
                    match edge {
                        Edge::Wrap => at = at.rem_euclid(n),
                        Edge::Mirror => {
                            while at < 0 || at >= n {
                                at = if at < 0 { -1 - at } else { 2 * n - 1 - at };
                            }
                        }
                    }
                    let mut source = index;
                    source[axis] = at as usize;
                    *value += weight(d) / total * old[source];
                }
            }
        }
        values.mapv(|v| v as f32)
    }

    #[test]
    fn smoothing_is_the_slow_sum() {
        let mut rng = Rng::new(5);
        let picture = Array3::from_shape_fn((5, 9, 12), |_| rng.normal() as f32);
        for edge in [Edge::Wrap, Edge::Mirror] {
            for sigma in [[0.4, 1.5, 0.7], [2.0, 3.3, 5.0]] {
                let (fast, slow) = (smooth(&picture, sigma, edge), slow(&picture, sigma, edge));
                let worst = fast.iter().zip(&slow).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst < 2e-6, "{edge:?} {sigma:?}: {worst}");
            }
        }
    }

    #[test]
    fn a_constant_stays_constant_from_any_lattice() {
        let taps = [Taps::new(2.0, 2), Taps::new(7.0, 4), Taps::new(0.0, 1)];
        let out = separable(&Array3::from_elem((3, 4, 5), 2.0), &taps, Edge::Wrap);
        assert_eq!(out.dim(), (6, 16, 5));
        assert!(out.iter().all(|v| (v - 2.0).abs() < 1e-5));
    }
}
