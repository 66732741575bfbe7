//! Local binary patterns in the plane: scikit-image's `local_binary_pattern`, slice by slice.

use super::{Stored, checked, in_place};
use crate::error::{parameter, positive};
use dlr_core::{IndexBox, Result, Volume};
use ndarray::Array3;
use rayon::prelude::*;
use std::f64::consts::PI;

/// What is made of the pattern of neighbours that are at least as bright as the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lbp2dMethod {
    /// The pattern as a binary number.
    Default,
    /// The smallest number that a rotation of the pattern gives.
    Ror,
    /// The number of bright neighbours where at most two changes occur along the circle, else one more than there are
    /// neighbours.
    Uniform,
    /// [`Lbp2dMethod::Uniform`] divided by the variance of the neighbours.
    Var,
}

/// Parameters.
///
/// | parameter | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `radius` | 1 | voxels | above 0, at most 1000 | of the circle; spacing plays no part |
/// | `n_samples` | 8 | | 1 to 1000; 31 for binary numbers | neighbours on the circle |
/// | `method` | uniform | | | |
/// | `flat_axis` | 0 | | 0 to 2 | the axis (`[z, y, x]`) that slices are perpendicular to |
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the table above says what each field is")]
pub struct Lbp2dParams {
    pub radius: f64,
    pub n_samples: usize,
    pub method: Lbp2dMethod,
    pub flat_axis: usize,
}

impl Default for Lbp2dParams {
    fn default() -> Self {
        Lbp2dParams { radius: 1.0, n_samples: 8, method: Lbp2dMethod::Uniform, flat_axis: 0 }
    }
}

/// The pattern of each voxel in the box `at`. Neighbours between voxels are interpolated linearly; those outside of the
/// image are 0.
///
/// In an image of whole numbers the result is whole too (cut towards 0, 0 where [`Lbp2dMethod::Var`] divides by 0),
/// because pyradiomics writes it back into the image; elsewhere a variance of 0 gives NaN.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for a parameter outside its range, [`dlr_core::Code::Shape`] for a box that is empty or
/// leaves the image.
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::filters::pyradiomics::{Lbp2dParams, Stored, lbp_2d, whole};
/// let image = Volume::from_array(ndarray::Array3::from_elem((1, 5, 5), 7.0), [1.0; 3])?;
/// let patterns = lbp_2d(&image, &Lbp2dParams::default(), Stored::Integer, whole(&image))?;
/// assert_eq!(patterns.get([0, 2, 2]), 8.0);
/// // Outside of the image is darker.
/// assert_eq!(patterns.get([0, 0, 2]), 5.0);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn lbp_2d(image: &Volume, params: &Lbp2dParams, stored: Stored, at: IndexBox) -> Result<Volume> {
    let at = checked(at, image)?;
    let radius = positive("radius", params.radius)?;
    if radius > 1000.0 {
        return Err(parameter("radius", radius, "at most 1000 voxels"));
    }
    let is_number = matches!(params.method, Lbp2dMethod::Default | Lbp2dMethod::Ror);
    let most = if is_number { 31 } else { 1000 };
    if params.n_samples == 0 || params.n_samples > most {
        return Err(parameter("n_samples", params.n_samples, &format!("from 1 to {most}")));
    }
    if params.flat_axis > 2 {
        return Err(parameter("flat_axis", params.flat_axis, "0, 1 or 2"));
    }
    let mut margin = [radius.ceil() as usize + 1; 3];
    margin[params.flat_axis] = 0;
    let near = at.grown(margin, image.geometry().shape());
    let mut voxels = image.crop_f64(near).permuted_axes(order(params.flat_axis));
    if !voxels.is_standard_layout() {
        voxels = voxels.as_standard_layout().into_owned();
    }
    let circle = Circle::new(radius as f32, params.n_samples);
    let [_, rows, columns] = order(params.flat_axis).map(|a| at.start[a] - near.start[a]..at.end[a] - near.start[a]);
    let mut patterns = Array3::zeros(order(params.flat_axis).map(|a| at.shape()[a]));
    let slices: Vec<_> = patterns.outer_iter_mut().zip(voxels.outer_iter()).collect();
    slices.into_par_iter().for_each(|(mut target, slice)| {
        let mut neighbours = vec![0.0; params.n_samples];
        for (mut row, r) in target.outer_iter_mut().zip(rows.clone()) {
            for (to, c) in row.iter_mut().zip(columns.clone()) {
                let places = neighbours.iter_mut().zip(&circle.steps);
                places.for_each(|(v, [dr, dc])| *v = bilinear(slice, r as f64 + dr, c as f64 + dc));
                let pattern = pattern(&neighbours, slice[[r, c]], params.method);
                *to = match stored {
                    Stored::Integer if pattern.is_nan() => 0.0,
                    Stored::Integer => pattern.trunc(),
                    Stored::F32 => f64::from(pattern as f32),
                    Stored::F64 => pattern,
                };
            }
        }
    });
    let patterns = patterns.permuted_axes(order(params.flat_axis));
    match stored {
        Stored::F32 => in_place(image, at, patterns.mapv(|v| v as f32)),
        _ => in_place(image, at, patterns),
    }
}

/// The axes with `flat` and the first exchanged, as pyradiomics does; its own inverse.
fn order(flat: usize) -> [usize; 3] {
    let mut axes = [0, 1, 2];
    axes.swap(0, flat);
    axes
}

/// Steps `[row, column]` from the centre to each neighbour.
struct Circle {
    steps: Vec<[f64; 2]>,
}

impl Circle {
    /// scikit-image holds the radius in 32 bit and the steps in five decimals.
    fn new(radius: f32, n_samples: usize) -> Self {
        let radius = f64::from(radius);
        let round = |v: f64| (v * 1e5).round_ties_even() / 1e5;
        let step = |i: usize| {
            let angle = 2.0 * PI * i as f64 / n_samples as f64;
            [round(-radius * angle.sin()), round(radius * angle.cos())]
        };
        Circle { steps: (0..n_samples).map(step).collect() }
    }
}

fn bilinear(slice: ndarray::ArrayView2<'_, f64>, r: f64, c: f64) -> f64 {
    let (r0, c0) = (r.floor(), c.floor());
    let (r1, c1) = (r.ceil(), c.ceil());
    let (dr, dc) = (r - r0, c - c0);
    let value = |r: f64, c: f64| {
        let inside = r >= 0.0 && c >= 0.0;
        if inside { slice.get([r as usize, c as usize]).copied().unwrap_or(0.0) } else { 0.0 }
    };
    let top = (1.0 - dc) * value(r0, c0) + dc * value(r0, c1);
    let bottom = (1.0 - dc) * value(r1, c0) + dc * value(r1, c1);
    (1.0 - dr) * top + dr * bottom
}

fn pattern(neighbours: &[f64], centre: f64, method: Lbp2dMethod) -> f64 {
    let bright = |i: usize| neighbours[i] - centre >= 0.0;
    let n = neighbours.len();
    match method {
        Lbp2dMethod::Default | Lbp2dMethod::Ror => {
            let number = (0..n).fold(0u32, |sum, i| sum | u32::from(bright(i)) << i);
            if method == Lbp2dMethod::Default {
                return f64::from(number);
            }
            let rotated = |i: usize| (number >> i | number << (n - i)) & ((1u64 << n) - 1) as u32;
            f64::from((1..n).map(rotated).chain([number]).min().unwrap_or(number))
        }
        Lbp2dMethod::Uniform | Lbp2dMethod::Var => {
            // The step from the last neighbour back to the first is not looked at.
            let n_changes = (1..n).filter(|&i| bright(i) != bright(i - 1)).count();
            let uniform = if n_changes <= 2 { (0..n).filter(|&i| bright(i)).count() } else { n + 1 } as f64;
            if method == Lbp2dMethod::Uniform {
                return uniform;
            }
            let mean = neighbours.iter().sum::<f64>() / n as f64;
            let variance = neighbours.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n as f64;
            if variance == 0.0 { f64::NAN } else { uniform / variance }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;
    use dlr_core::{Code, Rng};
    use ndarray::s;

    fn noise(shape: [usize; 3]) -> Volume {
        let mut rng = Rng::new(6);
        let voxels = Array3::from_shape_simple_fn(shape, || (9.0 * rng.uniform()).floor());
        Volume::from_array(voxels, [1.0; 3]).unwrap()
    }

    #[test]
    fn a_box_is_the_whole_image_cropped_along_any_axis() {
        let image = noise([7, 9, 11]);
        for flat_axis in 0..3 {
            for method in [Lbp2dMethod::Default, Lbp2dMethod::Ror, Lbp2dMethod::Uniform, Lbp2dMethod::Var] {
                let params = Lbp2dParams { radius: 2.0, n_samples: 9, method, flat_axis };
                let all = lbp_2d(&image, &params, Stored::Integer, whole(&image)).unwrap();
                for at in [IndexBox { start: [3, 3, 4], end: [5, 5, 6] }, IndexBox { start: [0, 0, 0], end: [1, 9, 2] }]
                {
                    let part = lbp_2d(&image, &params, Stored::Integer, at).unwrap();
                    assert_eq!(part, all.crop(at), "{params:?}");
                }
            }
        }
    }

    /// Patterns written out by hand: four neighbours at right, top, left, bottom.
    #[test]
    fn patterns_by_hand() {
        let image = ndarray::array![[[1.0, 9.0, 1.0], [5.0, 5.0, 1.0], [1.0, 6.0, 1.0]]];
        let image = Volume::from_array(image, [1.0; 3]).unwrap();
        let at = |method| {
            let params = Lbp2dParams { n_samples: 4, method, ..Default::default() };
            lbp_2d(&image, &params, Stored::F64, whole(&image)).unwrap().get([0, 1, 1])
        };
        // Right 1 dark, top 9 bright, left 5 bright, bottom 6 bright.
        assert_eq!(at(Lbp2dMethod::Default), 14.0);
        assert_eq!(at(Lbp2dMethod::Ror), 7.0);
        assert_eq!(at(Lbp2dMethod::Uniform), 3.0);
        assert!((at(Lbp2dMethod::Var) - 3.0 / 8.1875).abs() < 1e-12);
    }

    #[test]
    fn degenerate_inputs() {
        let flat = Volume::from_array(Array3::from_elem((1, 1, 1), 4.0), [1.0; 3]).unwrap();
        let params = Lbp2dParams { method: Lbp2dMethod::Var, ..Default::default() };
        assert_eq!(lbp_2d(&flat, &params, Stored::Integer, whole(&flat)).unwrap().get([0; 3]), 0.0);
        let image = noise([2, 5, 5]);
        let flat = Volume::from_array(image.to_f64().slice(s![.., .., ..]).mapv(|_| 3.0), [1.0; 3]).unwrap();
        let found = lbp_2d(&flat, &params, Stored::F64, whole(&flat)).unwrap();
        assert!(found.get([0, 2, 2]).is_nan());
        for bad in [
            Lbp2dParams { radius: 0.0, ..Default::default() },
            Lbp2dParams { n_samples: 0, ..Default::default() },
            Lbp2dParams { n_samples: 32, method: Lbp2dMethod::Ror, ..Default::default() },
            Lbp2dParams { flat_axis: 3, ..Default::default() },
        ] {
            assert_eq!(lbp_2d(&image, &bad, Stored::F64, whole(&image)).unwrap_err().code(), Code::Parameter);
        }
        assert_eq!(order(2), [2, 1, 0]);
    }
}
