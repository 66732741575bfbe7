//! Inputs that several benches share. The benches themselves are in `benches/benches/`, one file per crate.

use dlr_core::{Mask, Result, Volume};
use ndarray::Array3;

/// A textured image and an ellipsoid of about `n_voxels` in it, made from a formula: the same on every machine.
pub fn ellipsoid(n_voxels: usize) -> Result<(Volume, Mask)> {
    let radius = (n_voxels as f64 * 0.75 / std::f64::consts::PI).cbrt();
    let side = (2.0 * radius).ceil() as usize + 12;
    let centre = side as f64 / 2.0;
    let image = Array3::from_shape_fn((side, side, side), |(z, y, x)| {
        let (z, y, x) = (z as f64, y as f64, x as f64);
        (400.0 + 150.0 * (0.31 * x).sin() * (0.17 * y).cos() + 90.0 * (0.23 * z + 0.011 * x * y).sin()).round() as f32
    });
    let mask = Array3::from_shape_fn((side, side, side), |(z, y, x)| {
        [z, y, x].iter().map(|i| (*i as f64 - centre).powi(2)).sum::<f64>() <= radius * radius
    });
    Ok((Volume::from_array(image, [1.0; 3])?, Mask::from_array(mask, [1.0; 3])?))
}
