//! ITK's label interpolator: the value with the largest Gaussian weight. Not separable, so voxel by voxel.

use super::Store;
use super::axis::gaussian_taps;
use dlr_core::Volume;
use ndarray::Array3;
use rayon::prelude::*;

/// Width in voxels and cutoff in widths, as SimpleITK sets them.
const GAUSSIAN: (f64, f64) = (1.0, 1.0);

/// Voxels outside the image are 0. Of equal weights, the value met first in array order wins.
pub(super) fn resample(image: &Volume, at: &[Vec<f64>; 3], store: Store) -> Array3<f64> {
    let (n, spacing_mm) = (image.geometry().shape(), image.geometry().spacing_mm());
    let taps = [0, 1, 2].map(|a| {
        let of = |c: &f64| {
            let inside = *c >= -0.5 && *c < n[a] as f64 - 0.5;
            if inside { gaussian_taps(*c, n[a], spacing_mm[a], GAUSSIAN).collect() } else { Vec::new() }
        };
        at[a].iter().map(of).collect::<Vec<Vec<(usize, f64)>>>()
    });
    let mut out = Array3::zeros((at[0].len(), at[1].len(), at[2].len()));
    let planes: Vec<_> = out.outer_iter_mut().zip(&taps[0]).collect();
    planes.into_par_iter().for_each_init(Vec::new, |weights: &mut Vec<(f64, f64)>, (mut plane, along_z)| {
        for (mut row, along_y) in plane.outer_iter_mut().zip(&taps[1]) {
            for (out, along_x) in row.iter_mut().zip(&taps[2]) {
                *out = store.apply(heaviest(image, [along_z, along_y, along_x], weights));
            }
        }
    });
    out
}

fn heaviest(image: &Volume, taps: [&[(usize, f64)]; 3], weights: &mut Vec<(f64, f64)>) -> f64 {
    weights.clear();
    let (mut most, mut winner) = (0.0, 0.0);
    for (z, wz) in taps[0] {
        for (y, wy) in taps[1] {
            for (x, wx) in taps[2] {
                let (value, weight) = (image.get([*z, *y, *x]), wx * wy * wz);
                let known = weights.iter().position(|(v, _)| *v == value);
                let at = known.unwrap_or_else(|| {
                    weights.push((value, 0.0));
                    weights.len() - 1
                });
                weights[at].1 += weight;
                if weights[at].1 > most {
                    (most, winner) = (weights[at].1, value);
                }
            }
        }
    }
    winner
}
