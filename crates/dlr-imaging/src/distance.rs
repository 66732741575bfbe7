//! Exact Euclidean distance to a mask, in millimetres, on grids with unequal spacings.
//!
//! Distances run between voxel centres. The transform is separable (Felzenszwalb and Huttenlocher, Theory of
//! Computing 8, 2012): steps along z are counted, then the lower envelope of parabolas is taken along y and along x.
//! Two parabolas that meet within a tiny margin are both kept and both tried, so that the result is bit for bit the
//! minimum over all mask voxels of `sqrt((Δz²s_z² + Δy²s_y²) + Δx²s_x²)`.

use dlr_core::{Geometry, IndexBox, Mask};
use ndarray::{Array3, ArrayViewMut2, Axis};
use rayon::prelude::*;

/// Envelope boundaries (in voxels) closer than this are treated as one; rounding is many times smaller.
const MARGIN_VOXELS: f64 = 1e-7;

/// Distance of every voxel centre to the nearest voxel centre of `mask`, in mm; shape `[z, y, x]`.
///
/// 0 inside the mask, infinity everywhere for an empty mask.
///
/// ```
/// use dlr_core::Mask;
/// use ndarray::Array3;
/// let mut voxels = Array3::from_elem((3, 3, 3), false);
/// voxels[[0, 0, 0]] = true;
/// let distance = dlr_imaging::distance::to_mask(&Mask::from_array(voxels, [3.0, 1.0, 2.0])?);
/// assert_eq!(distance[[1, 0, 2]], 5.0);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn to_mask(mask: &Mask) -> Array3<f64> {
    let mut squared = squared_to(mask.voxels().view(), mask.geometry().spacing_mm(), true);
    let planes: Vec<_> = squared.outer_iter_mut().collect();
    planes.into_par_iter().for_each(|mut plane| plane.mapv_inplace(f64::sqrt));
    squared
}

/// Signed distance: outside the mask as [`to_mask`]; inside, minus the distance to the nearest voxel centre outside.
///
/// Only voxels of the image count as outside: a mask that fills the image is at minus infinity.
pub fn signed(mask: &Mask) -> Array3<f64> {
    let spacing_mm = mask.geometry().spacing_mm();
    let mut outside = squared_to(mask.voxels().view(), spacing_mm, true);
    let inside = squared_to(mask.voxels().view(), spacing_mm, false);
    ndarray::Zip::from(&mut outside).and(&inside).for_each(|out, inner| *out = out.sqrt() - inner.sqrt());
    outside
}

/// The part of the grid that can lie within `reach_mm` of the mask; `None` for an empty mask.
pub fn reach(mask: &Mask, reach_mm: f64) -> Option<IndexBox> {
    let geometry: &Geometry = mask.geometry();
    let margin = geometry.spacing_mm().map(|s| (reach_mm.max(0.0) / s).ceil().min(1e9) as usize + 1);
    mask.bounding_box().map(|region| region.grown(margin, geometry.shape()))
}

/// Squared distance in mm² to the voxels that equal `target`.
fn squared_to(voxels: ndarray::ArrayView3<'_, bool>, spacing_mm: [f64; 3], target: bool) -> Array3<f64> {
    let (nz, ny, nx) = voxels.dim();
    let mut squared = Array3::from_elem((nz, ny, nx), f64::INFINITY);
    // Along z: count steps to the nearest target. Rows of y are independent of each other.
    let rows_per_task = ny.div_ceil(64).max(1);
    let tasks: Vec<_> = squared
        .axis_chunks_iter_mut(Axis(1), rows_per_task)
        .zip(voxels.axis_chunks_iter(Axis(1), rows_per_task))
        .collect();
    tasks.into_par_iter().for_each(|(mut squared, voxels)| {
        let step2 = spacing_mm[0] * spacing_mm[0];
        let (_, rows, nx) = squared.dim();
        let mut count = vec![f64::INFINITY; nx];
        for y in 0..rows {
            count.fill(f64::INFINITY);
            for z in 0..nz {
                let source = voxels.slice(ndarray::s![z, y, ..]);
                let mut out = squared.slice_mut(ndarray::s![z, y, ..]);
                for ((n, v), out) in count.iter_mut().zip(source).zip(out.iter_mut()) {
                    *n = if *v == target { 0.0 } else { *n + 1.0 };
                    *out = *n;
                }
            }
            count.fill(f64::INFINITY);
            for z in (0..nz).rev() {
                let mut out = squared.slice_mut(ndarray::s![z, y, ..]);
                for (n, out) in count.iter_mut().zip(out.iter_mut()) {
                    *n = out.min(*n + 1.0);
                    *out = *n * *n * step2;
                }
            }
        }
    });
    let planes: Vec<_> = squared.outer_iter_mut().collect();
    planes.into_par_iter().for_each_init(
        || Envelope::new(ny.max(nx)),
        |envelope, mut plane| {
            along_columns(&mut plane, spacing_mm[1], envelope);
            for mut row in plane.outer_iter_mut() {
                envelope.transform(row.as_slice_mut().expect("planes are in C order"), spacing_mm[2]);
            }
        },
    );
    squared
}

/// Columns are gathered eight at a time, so that every cache line is read once.
fn along_columns(plane: &mut ArrayViewMut2<'_, f64>, spacing_mm: f64, envelope: &mut Envelope) {
    const BLOCK: usize = 8;
    let (ny, nx) = plane.dim();
    let mut columns = vec![0.0; BLOCK * ny];
    for x0 in (0..nx).step_by(BLOCK) {
        let width = BLOCK.min(nx - x0);
        for y in 0..ny {
            for x in 0..width {
                columns[x * ny + y] = plane[[y, x0 + x]];
            }
        }
        for column in columns.chunks_exact_mut(ny).take(width) {
            envelope.transform(column, spacing_mm);
        }
        for y in 0..ny {
            for x in 0..width {
                plane[[y, x0 + x]] = columns[x * ny + y];
            }
        }
    }
}

/// Scratch for the lower envelope of one line.
struct Envelope {
    /// Sites on the envelope, left to right, and their heights.
    site: Vec<f64>,
    height: Vec<f64>,
    /// Where each site begins to be the lowest.
    from: Vec<f64>,
}

impl Envelope {
    fn new(n: usize) -> Self {
        Envelope { site: Vec::with_capacity(n), height: Vec::with_capacity(n), from: Vec::with_capacity(n) }
    }

    /// `line[p] = min over q of line[q] + (p - q)² s²`.
    fn transform(&mut self, line: &mut [f64], spacing_mm: f64) {
        let step2 = spacing_mm * spacing_mm;
        let scale = 0.5 / step2;
        self.site.clear();
        self.height.clear();
        self.from.clear();
        for (q, &height) in line.iter().enumerate() {
            if height == f64::INFINITY {
                continue;
            }
            let q = q as f64;
            let mut from = f64::NEG_INFINITY;
            while let (Some(&site), Some(&below), Some(&begins)) =
                (self.site.last(), self.height.last(), self.from.last())
            {
                from = (height - below) * scale / (q - site) + 0.5 * (q + site);
                if from > begins - MARGIN_VOXELS {
                    break;
                }
                self.site.pop();
                self.height.pop();
                self.from.pop();
                from = f64::NEG_INFINITY;
            }
            self.site.push(q);
            self.height.push(height);
            self.from.push(from);
        }
        if self.site.is_empty() {
            return;
        }
        let mut k = 0;
        for (p, out) in line.iter_mut().enumerate() {
            let p = p as f64;
            while k + 1 < self.from.len() && self.from[k + 1] < p - 2.0 * MARGIN_VOXELS {
                k += 1;
            }
            let mut best = squared_step(p - self.site[k], step2) + self.height[k];
            let mut j = k + 1;
            while j < self.from.len() && self.from[j] <= p + 2.0 * MARGIN_VOXELS {
                best = best.min(squared_step(p - self.site[j], step2) + self.height[j]);
                j += 1;
            }
            *out = best;
        }
    }
}

fn squared_step(n: f64, step2: f64) -> f64 {
    n * n * step2
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;
    use proptest::prelude::*;

    /// The definition, over all pairs.
    fn brute_force(mask: &Mask, target: bool) -> Array3<f64> {
        let [sz, sy, sx] = mask.geometry().spacing_mm().map(|s| s * s);
        let sites: Vec<_> = mask.voxels().indexed_iter().filter(|(_, v)| **v == target).map(|(i, _)| i).collect();
        Array3::from_shape_fn(mask.voxels().dim(), |(z, y, x)| {
            let square = |a: usize, b: usize, s2: f64| (a as f64 - b as f64) * (a as f64 - b as f64) * s2;
            let squared =
                |(qz, qy, qx): &(usize, usize, usize)| square(x, *qx, sx) + (square(y, *qy, sy) + square(z, *qz, sz));
            sites.iter().map(squared).fold(f64::INFINITY, f64::min).sqrt()
        })
    }

    fn random_mask(shape: [usize; 3], spacing_mm: [f64; 3], share: f64, seed: u64) -> Mask {
        let mut rng = Rng::new(seed);
        Mask::from_array(Array3::from_shape_fn(shape, |_| rng.uniform() < share), spacing_mm).unwrap()
    }

    proptest! {
        #[test]
        fn equals_brute_force_bit_for_bit(
            shape in [1usize..9, 1usize..12, 1usize..14],
            spacing_mm in [0.2f64..6.0, 0.2f64..6.0, 0.2f64..6.0],
            round in any::<bool>(), share in 0.0f64..0.6, seed in any::<u64>(),
        ) {
            // Round spacings make many exact ties, odd ones none.
            let spacing_mm = spacing_mm.map(|s| if round { (s * 2.0).ceil() / 2.0 } else { s });
            let mask = random_mask(shape, spacing_mm, share, seed);
            let expected = brute_force(&mask, true);
            prop_assert_eq!(to_mask(&mask), expected.clone());
            let inner = brute_force(&mask, false);
            if mask.n_voxels() > 0 && mask.n_voxels() < mask.voxels().len() {
                prop_assert_eq!(signed(&mask), &expected - &inner);
            }
        }
    }

    #[test]
    fn empty_is_infinitely_far() {
        let mask = random_mask([3, 4, 5], [1.0; 3], -1.0, 1);
        assert!(to_mask(&mask).iter().all(|d| *d == f64::INFINITY));
        assert!(reach(&mask, 5.0).is_none());
    }

    #[test]
    fn the_same_bits_on_one_and_on_five_threads() {
        let mask = random_mask([20, 30, 40], [5.2, 0.52, 0.52], 0.01, 3);
        let on = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| signed(&mask));
        assert_eq!(on(1), on(5));
    }
}
