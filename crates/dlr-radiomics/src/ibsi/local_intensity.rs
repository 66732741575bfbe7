//! Local intensity: the mean of a sphere of 1 cm³ around bright voxels, which may reach beyond the region.
//!
//! Voxels beyond the image, and voxels outside the region that are not finite, are left out of the mean.

use crate::{Definition, Family};
use ndarray::{Array3, ArrayView3, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

const F: Family = Family::LocalIntensity;

/// The features of local intensity, in the order of [`local_intensity`].
pub const DEFINITIONS: [Definition; 2] = [
    Definition::new(
        F,
        [
            "LocalPeak",
            "VJGA",
            "I",
            "mean of the 1 cm³ sphere around the brightest voxel; of several the largest mean",
            "the voxel's own intensity where no other centre lies within the sphere",
        ],
    ),
    Definition::new(
        F,
        [
            "GlobalPeak",
            "0F91",
            "I",
            "largest mean of a 1 cm³ sphere around any voxel of the region",
            "the voxel's own intensity where no other centre lies within the sphere",
        ],
    ),
];

/// Radius of a sphere of 1 cm³, `(3 / 4π)^(1/3)` cm, in millimetres.
pub fn radius_mm() -> f64 {
    10.0 * (3.0 / (4.0 * std::f64::consts::PI)).cbrt()
}

/// Voxels `[z, y, x]` by which the image must surround the region.
pub fn margin(spacing_mm: [f64; 3]) -> [usize; 3] {
    spacing_mm.map(|s| (radius_mm() / s).floor() as usize)
}

/// Both peaks, in the order of [`DEFINITIONS`]. `image` and `mask` have one shape; `mask` is the intensity mask and is
/// not empty, `image` reaches [`margin`] beyond it wherever there is an image.
pub fn local_intensity(image: ArrayView3<'_, f64>, mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3]) -> [f64; 2] {
    let rows = sphere_rows(spacing_mm);
    let prefix = Prefix::new(image, margin(spacing_mm)[2]);
    let (nz, ny, _) = image.dim();
    let brightest = image.iter().zip(mask).filter(|(_, m)| **m).map(|(x, _)| *x).fold(f64::NEG_INFINITY, f64::max);
    // Largest mean of each slice, for all voxels and for the brightest ones; a maximum has no order to keep.
    let per_slice = |z: usize| {
        let (mut local, mut global) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for y in 0..ny {
            let inside = mask.slice(s![z, y, ..]);
            let Some(first) = inside.iter().position(|m| *m) else { continue };
            let last = inside.iter().rposition(|m| *m).unwrap_or(first);
            for (mean, x) in prefix.means(&rows, [z, y], first..last + 1).into_iter().zip(first..) {
                if inside[x] {
                    global = global.max(mean);
                    if image[[z, y, x]] == brightest {
                        local = local.max(mean);
                    }
                }
            }
        }
        [local, global]
    };
    (0..nz).into_par_iter().map(per_slice).reduce(|| [f64::NEG_INFINITY; 2], |a, b| [a[0].max(b[0]), a[1].max(b[1])])
}

/// The rows of the sphere: offset in z and y, half length in x.
fn sphere_rows(spacing_mm: [f64; 3]) -> Vec<[isize; 3]> {
    let [mz, my, mx] = margin(spacing_mm).map(|m| m as isize);
    // A centre that lies on the sphere belongs to it, also where squares are rounded.
    let r2 = radius_mm().powi(2) * (1.0 + 1e-12);
    let mut rows = Vec::new();
    for dz in -mz..=mz {
        for dy in -my..=my {
            let rest = r2 - (dz as f64 * spacing_mm[0]).powi(2) - (dy as f64 * spacing_mm[1]).powi(2);
            if rest >= 0.0 {
                rows.push([dz, dy, ((rest.sqrt() / spacing_mm[2]).floor() as isize).min(mx)]);
            }
        }
    }
    rows
}

/// Running sums and counts along x, so that a row of the sphere is one subtraction. Rows are continued by `margin`
/// voxels on both sides, so that neighbouring voxels are neighbouring differences without a case for the ends.
struct Prefix {
    margin: usize,
    sums: Array3<f64>,
    counts: Array3<f64>,
}

impl Prefix {
    fn new(image: ArrayView3<'_, f64>, margin: usize) -> Self {
        let (nz, ny, nx) = image.dim();
        let shape = (nz, ny, nx + 1 + 2 * margin);
        let (mut sums, mut counts) = (Array3::zeros(shape), Array3::zeros(shape));
        for ((row, mut sums), mut counts) in
            image.lanes(Axis(2)).into_iter().zip(sums.lanes_mut(Axis(2))).zip(counts.lanes_mut(Axis(2)))
        {
            let (mut sum, mut count) = (0.0, 0.0);
            for at in margin + 1..nx + 1 + 2 * margin {
                if let Some(value) = row.get(at - margin - 1).filter(|v| v.is_finite()) {
                    sum += value;
                    count += 1.0;
                }
                sums[at] = sum;
                counts[at] = count;
            }
        }
        Prefix { margin, sums, counts }
    }

    /// Means of the spheres around the voxels `along` of row `z`, `y`.
    fn means(&self, rows: &[[isize; 3]], [z, y]: [usize; 2], along: Range<usize>) -> Vec<f64> {
        let (nz, ny, _) = self.sums.dim();
        let n = along.len();
        let (mut sums, mut counts) = (vec![0.0; n], vec![0.0; n]);
        for [dz, dy, half] in rows {
            let (Some(z), Some(y)) = (z.checked_add_signed(*dz), y.checked_add_signed(*dy)) else { continue };
            if z >= nz || y >= ny {
                continue;
            }
            // Entry `x + margin` holds the sum of what lies before voxel `x`.
            let before = along.start + self.margin - *half as usize;
            let behind = along.start + self.margin + *half as usize + 1;
            let add = |to: &mut [f64], prefix: &Array3<f64>| {
                let (low, high) =
                    (prefix.slice(s![z, y, before..before + n]), prefix.slice(s![z, y, behind..behind + n]));
                for ((to, low), high) in to.iter_mut().zip(low).zip(high) {
                    *to += high - low;
                }
            };
            add(&mut sums, &self.sums);
            add(&mut counts, &self.counts);
        }
        sums.iter().zip(counts).map(|(sum, count)| sum / count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_slow_way_and_leaves_nan_out() {
        let spacing = [3.0, 1.5, 2.0];
        let mut image = Array3::from_shape_fn((5, 9, 8), |(z, y, x)| ((z * 37 + y * 11 + x * 5) % 17) as f64);
        image[[1, 2, 3]] = f64::NAN;
        let mask = Array3::from_shape_fn((5, 9, 8), |(z, y, x)| (z + y + x) % 3 == 0 && image[[z, y, x]].is_finite());
        let mean = |c: (usize, usize, usize)| {
            let near = image.indexed_iter().filter(|((z, y, x), v)| {
                let d = [(*z, c.0, 0), (*y, c.1, 1), (*x, c.2, 2)]
                    .map(|(a, b, axis)| ((a as f64 - b as f64) * spacing[axis]).powi(2));
                v.is_finite() && d.iter().sum::<f64>() <= radius_mm().powi(2)
            });
            let (n, sum) = near.fold((0.0, 0.0), |(n, s), (_, v)| (n + 1.0, s + v));
            sum / n
        };
        let inside: Vec<_> = mask.indexed_iter().filter(|(_, m)| **m).map(|(c, _)| c).collect();
        let top = inside.iter().map(|c| image[*c]).fold(f64::NEG_INFINITY, f64::max);
        let global = inside.iter().map(|c| mean(*c)).fold(f64::NEG_INFINITY, f64::max);
        let local = inside.iter().filter(|c| image[**c] == top).map(|c| mean(*c)).fold(f64::NEG_INFINITY, f64::max);
        let found = local_intensity(image.view(), mask.view(), spacing);
        assert!((found[0] - local).abs() < 1e-12 && (found[1] - global).abs() < 1e-12);
    }
}
