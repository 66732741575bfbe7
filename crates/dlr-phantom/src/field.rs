//! Smooth random fields: white noise through a Gaussian filter on a periodic grid, with mean 0 and variance 1.

use crate::{
    filter::{Edge, Taps, separable},
    normal,
};
use dlr_core::{Geometry, Rng};
use ndarray::Array3;

/// A random field with a correlation length, shape `[z, y, x]`: mean 0 and variance 1 over the grid.
///
/// `sigma_mm` is the standard deviation of the Gaussian along every axis; the grid is periodic. Where the Gaussian spans
/// several voxels, the noise lives on a lattice that is no wider than it, and the filter fills in between: the variance
/// then differs from place to place by less than 1 in 5000, and the field costs what a narrow one does.
pub fn gaussian_field(rng: &mut Rng, geometry: &Geometry, sigma_mm: f64) -> Array3<f32> {
    on_lattice(rng, geometry, sigma_mm, sigma_mm)
}

/// The same with the lattice of a field of `lattice_mm`: fields of several widths that share their noise.
///
/// `lattice_mm` must not be above `sigma_mm`.
pub(crate) fn on_lattice(rng: &mut Rng, geometry: &Geometry, sigma_mm: f64, lattice_mm: f64) -> Array3<f32> {
    let (shape, spacing) = (geometry.shape(), geometry.spacing_mm());
    let step = [0, 1, 2].map(|a| step(shape[a], lattice_mm / spacing[a]));
    let taps = [0, 1, 2].map(|a| Taps::new(sigma_mm / spacing[a], step[a]));
    let noise = white(rng, [0, 1, 2].map(|a| shape[a] / step[a]));
    let mut field = separable(&noise, &taps, Edge::Wrap);
    standardise(&mut field);
    field
}

/// The largest divisor of `n` that is not above `most` (and 1 at least).
fn step(n: usize, most: f64) -> usize {
    (1..=n).rev().find(|d| n.is_multiple_of(*d) && *d as f64 <= most).unwrap_or(1)
}

fn white(rng: &mut Rng, shape: [usize; 3]) -> Array3<f32> {
    let mut values = Vec::with_capacity(shape.iter().product::<usize>() + 1);
    while values.len() < shape.iter().product() {
        let (a, b) = normal::pair(rng);
        values.extend([a, b]);
    }
    values.truncate(shape.iter().product());
    Array3::from_shape_vec(shape, values).expect("as many values as the shape has voxels")
}

fn standardise(field: &mut Array3<f32>) {
    let n = field.len() as f64;
    let mean = field.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let variance = field.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
    // A field of one number has no spread; it is 0 then.
    let scale = if variance > 0.0 { variance.sqrt().recip() } else { 0.0 };
    field.mapv_inplace(|v| ((f64::from(v) - mean) * scale) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry() -> Geometry {
        Geometry::axis_aligned([30, 64, 64], [5.0, 1.6, 1.6]).unwrap()
    }

    /// The correlation of a Gaussian-filtered field at distance `d` is `exp(-d² / 4 sigma²)`, on any lattice.
    #[test]
    fn correlation_falls_as_the_filter_says() {
        for (sigma, lag) in [(3.0, 2), (5.0, 3), (9.0, 6), (9.0, 3)] {
            let mut found = 0.0;
            let n_fields = 12;
            for seed in 0..n_fields {
                let field = gaussian_field(&mut Rng::new(seed), &geometry(), sigma);
                let pairs = field.indexed_iter().map(|((z, y, x), v)| v * field[[z, y, (x + lag) % 64]]);
                found += pairs.map(f64::from).sum::<f64>() / field.len() as f64 / n_fields as f64;
            }
            let expected = (-(1.6 * lag as f64).powi(2) / (4.0 * sigma * sigma)).exp();
            assert!((found - expected).abs() < 0.05, "sigma {sigma}, lag {lag}: {found}, expected {expected}");
        }
    }

    /// Over many fields no voxel, on a lattice point or between, varies more than another.
    #[test]
    fn the_lattice_leaves_no_pattern() {
        let grid = Geometry::axis_aligned([4, 16, 16], [5.0, 1.0, 1.0]).unwrap();
        let (n, mut on, mut between) = (1500, 0.0, 0.0);
        for seed in 0..n {
            let noise = white(&mut Rng::new(seed), [4, 4, 4]);
            let taps = [Taps::new(0.8, 1), Taps::new(4.0, 4), Taps::new(4.0, 4)];
            let field = separable(&noise, &taps, Edge::Wrap);
            for z in 0..grid.shape()[0] {
                on += f64::from(field[[z, 4, 8]]).powi(2);
                between += f64::from(field[[z, 6, 10]]).powi(2);
            }
        }
        assert!((on / between - 1.0).abs() < 0.06, "{}", on / between);
    }

    #[test]
    fn mean_zero_and_variance_one_and_the_same_bits() {
        for sigma in [0.5, 2.2, 15.0, 60.0, 500.0] {
            let field = gaussian_field(&mut Rng::new(1), &geometry(), sigma);
            let mean = field.iter().map(|v| f64::from(*v)).sum::<f64>() / field.len() as f64;
            let square = field.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / field.len() as f64;
            assert!(mean.abs() < 1e-4 && (square - 1.0).abs() < 1e-3, "sigma {sigma}: {mean}, {square}");
            assert_eq!(field, gaussian_field(&mut Rng::new(1), &geometry(), sigma));
        }
    }
}
