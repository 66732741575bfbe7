//! Local binary patterns in space, by spherical harmonics: J. Banerjee et al., ACCV 2012, as pyradiomics computes them.
//!
//! Samples on a sphere around each voxel of the region, interpolated by a cubic spline, become 1 where they are at
//! least as bright as the voxel. For each degree of harmonics the pattern is projected on them, and the image holds the
//! norm of the projection; one more image holds the kurtosis of the samples. Radii are in voxels.
//!
//! Kept as in pyradiomics: the two angles of the harmonics are exchanged, squares of complex numbers are not squared
//! magnitudes, the real part is taken last, and in an image of whole numbers the samples are rounded to whole numbers.

use super::sphere::{Complex, harmonics, icosphere};
use super::spline::Spline;
use super::{Stored, checked, in_place};
use crate::error::{parameter, positive};
use dlr_core::{IndexBox, Mask, Result, Volume};
use ndarray::Array3;
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;

/// Parameters.
///
/// | parameter | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `n_levels` | 2 | | at least 1 | degrees of harmonics, from 0 |
/// | `radius` | 1 | voxels | above 0 | of the sphere |
/// | `n_subdivisions` | 1 | | 0 to 10 | of the icosahedron that places the samples: 12, 42, 162 … of them |
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the table above says what each field is")]
pub struct Lbp3dParams {
    pub n_levels: usize,
    pub radius: f64,
    pub n_subdivisions: usize,
}

impl Default for Lbp3dParams {
    fn default() -> Self {
        Lbp3dParams { n_levels: 2, radius: 1.0, n_subdivisions: 1 }
    }
}

/// The images of one region: 0 outside of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lbp3dImages {
    /// `lbp-3D-m1` and on, one per degree.
    pub levels: Vec<Volume>,
    /// `lbp-3D-k`: excess kurtosis of the samples; NaN where all samples are equal.
    pub kurtosis: Volume,
}

/// Patterns of the voxels of `mask` in the box `at`.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for a parameter outside its range, [`dlr_core::Code::GridMismatch`] for a mask on
/// another grid, [`dlr_core::Code::Shape`] for a box that is empty or leaves the image.
pub fn lbp_3d(image: &Volume, mask: &Mask, params: &Lbp3dParams, stored: Stored, at: IndexBox) -> Result<Lbp3dImages> {
    let at = checked(at, image)?;
    image.geometry().must_match(mask.geometry(), "mask")?;
    positive("radius", params.radius)?;
    if params.n_levels == 0 {
        return Err(parameter("n_levels", 0, "at least 1"));
    }
    if params.n_subdivisions > 10 {
        return Err(parameter("n_subdivisions", params.n_subdivisions, "at most 10"));
    }
    let sphere = Sphere::new(params);
    let reach = params.radius.ceil() as usize;
    let mut spline = Spline::new(image, at.grown([reach; 3], image.geometry().shape()));
    let [nz, ny, nx] = at.shape();
    let mut images: Vec<_> = (0..=params.n_levels).map(|_| Array3::<f64>::zeros((nz, ny, nx))).collect();
    // One plane of every image at a time, in place: the images are most of the memory. It comes as they are written to, and
    // that of the spline goes, from the last plane on.
    let mut planes: Vec<Vec<_>> = (0..nz).map(|_| Vec::with_capacity(images.len())).collect();
    for image in &mut images {
        image.outer_iter_mut().zip(&mut planes).for_each(|(plane, of_z)| of_z.push(plane));
    }
    let at_once = 2 * rayon::current_num_threads();
    for (batch, planes) in planes.chunks_mut(at_once).enumerate().rev() {
        let first = batch * at_once;
        planes.par_iter_mut().enumerate().for_each_init(
            || vec![0.0; sphere.points.len()],
            |samples, (z, planes)| {
                for (y, x) in (0..ny).flat_map(|y| (0..nx).map(move |x| (y, x))) {
                    let index = [at.start[0] + first + z, at.start[1] + y, at.start[2] + x];
                    if !mask.voxels()[index] {
                        continue;
                    }
                    for (sample, step) in samples.iter_mut().zip(&sphere.points) {
                        let value = spline.at([0, 1, 2].map(|a| index[a] as f64 + step[a]));
                        *sample = match stored {
                            Stored::Integer => value.round(),
                            Stored::F32 => f64::from(value as f32),
                            Stored::F64 => value,
                        };
                    }
                    let centre = image.get(index);
                    for (degree, plane) in planes[..params.n_levels].iter_mut().enumerate() {
                        plane[[y, x]] = sphere.norm(degree, samples, centre);
                    }
                    planes[params.n_levels][[y, x]] = kurtosis(samples);
                }
            },
        );
        // Earlier planes see as far as the radius, and the spline one voxel further.
        spline.forget_beyond(at.start[0] + first + reach + 1);
    }
    drop(planes);
    drop(spline);
    let mut levels = images.into_iter().map(|voxels| in_place(image, at, voxels)).collect::<Result<Vec<_>>>()?;
    let kurtosis = levels.pop().expect("there is one image more than levels");
    Ok(Lbp3dImages { levels, kurtosis })
}

/// Points around a voxel, and the harmonics there.
struct Sphere {
    /// Steps in voxels along the three axes of the array.
    points: Vec<[f64; 3]>,
    /// By degree, by point, by order.
    harmonics: Vec<Vec<Vec<Complex>>>,
}

impl Sphere {
    fn new(params: &Lbp3dParams) -> Self {
        let points = icosphere(params.n_subdivisions, params.radius);
        // The arc cosine in the form that rounds as numpy's vector unit does: many patterns are equal but for rounding,
        // and a percentile between them depends on the last bit. (With the C library's, the robust deviation of m2 on
        // brain1 differs by 0.2 %, here and in pyradiomics' own code alike.)
        let from_pole = |z: f64| FRAC_PI_2 - (z / params.radius).clamp(-1.0, 1.0).asin();
        let angles: Vec<[f64; 2]> = points.iter().map(|[x, y, z]| [y.atan2(*x), from_pole(*z)]).collect();
        let of_degree = |n: usize| angles.iter().map(|[around, from_pole]| harmonics(n, *around, *from_pole)).collect();
        Sphere { harmonics: (0..params.n_levels).map(of_degree).collect(), points }
    }

    /// The norm of the projection of the pattern on the harmonics of one degree.
    fn norm(&self, degree: usize, samples: &[f64], centre: f64) -> f64 {
        let harmonics = &self.harmonics[degree];
        let n_orders = 2 * degree + 1;
        let mut coefficients = vec![[0.0; 2]; n_orders];
        for (y, _) in harmonics.iter().zip(samples).filter(|(_, sample)| **sample >= centre) {
            for (c, [re, im]) in coefficients.iter_mut().zip(y) {
                c[0] += re;
                c[1] += im;
            }
        }
        let mut total = [0.0; 2];
        for y in harmonics {
            let mut f = [0.0; 2];
            for (c, y) in coefficients.iter().zip(y) {
                // Fused as numpy's product of complex numbers is, because rounding breaks the ties between patterns.
                f[0] += c[0].mul_add(y[0], -(c[1] * y[1]));
                f[1] += c[0].mul_add(y[1], c[1] * y[0]);
            }
            total[0] += f[0] * f[0] - f[1] * f[1];
            total[1] += f[0] * f[1] + f[0] * f[1];
        }
        real_part_of_root(total)
    }
}

fn real_part_of_root([re, im]: Complex) -> f64 {
    let size = re.hypot(im);
    if re >= 0.0 {
        ((size + re) / 2.0).sqrt()
    } else {
        // Without the cancellation of two numbers that are nearly opposite.
        im.abs() / (2.0 * ((size - re) / 2.0).sqrt())
    }
}

fn kurtosis(samples: &[f64]) -> f64 {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let moment = |power: i32| samples.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let m2 = moment(2);
    if m2 <= (1e-15 * mean).powi(2) { f64::NAN } else { moment(4) / (m2 * m2) - 3.0 }
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;
    use dlr_core::{Code, Rng};

    fn case(shape: [usize; 3]) -> (Volume, Mask) {
        let mut rng = Rng::new(12);
        let voxels = Array3::from_shape_simple_fn(shape, || (200.0 * rng.uniform()).floor());
        let mask = Array3::from_shape_simple_fn(shape, || rng.uniform() < 0.7);
        (Volume::from_array(voxels, [1.0; 3]).unwrap(), Mask::from_array(mask, [1.0; 3]).unwrap())
    }

    #[test]
    fn degree_0_counts_bright_samples() {
        let (image, mask) = case([5, 6, 7]);
        let params = Lbp3dParams { n_levels: 1, ..Default::default() };
        let found = lbp_3d(&image, &mask, &params, Stored::Integer, whole(&image)).unwrap();
        let unit = 42f64.sqrt() / (4.0 * std::f64::consts::PI);
        for value in found.levels[0].to_f64() {
            let n_bright = value / unit;
            assert!((n_bright - n_bright.round()).abs() < 1e-9 && n_bright < 42.5);
        }
    }

    #[test]
    fn a_box_is_the_whole_image_cropped() {
        let (image, mask) = case([9, 80, 8]);
        let params = Lbp3dParams { radius: 2.0, n_levels: 3, n_subdivisions: 0 };
        let all = lbp_3d(&image, &mask, &params, Stored::F64, whole(&image)).unwrap();
        let at = IndexBox { start: [2, 38, 0], end: [5, 41, 8] };
        let part = lbp_3d(&image, &mask, &params, Stored::F64, at).unwrap();
        for (all, part) in all.levels.iter().chain([&all.kurtosis]).zip(part.levels.iter().chain([&part.kurtosis])) {
            let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
            assert!(all.crop(at).to_f64().iter().zip(&part.to_f64()).all(close));
        }
    }

    #[test]
    fn degenerate_inputs() {
        let flat = Volume::from_array(Array3::from_elem((3, 3, 3), 5.0), [1.0; 3]).unwrap();
        let mask = Mask::from_array(Array3::from_elem((3, 3, 3), true), [1.0; 3]).unwrap();
        let found = lbp_3d(&flat, &mask, &Lbp3dParams::default(), Stored::Integer, whole(&flat)).unwrap();
        assert!(found.kurtosis.get([1, 1, 1]).is_nan());
        let (image, mask) = case([1, 4, 4]);
        assert!(lbp_3d(&image, &mask, &Lbp3dParams::default(), Stored::F64, whole(&image)).is_ok());
        for bad in [
            Lbp3dParams { n_levels: 0, ..Default::default() },
            Lbp3dParams { radius: -1.0, ..Default::default() },
            Lbp3dParams { n_subdivisions: 11, ..Default::default() },
        ] {
            assert_eq!(lbp_3d(&image, &mask, &bad, Stored::F64, whole(&image)).unwrap_err().code(), Code::Parameter);
        }
    }
}
