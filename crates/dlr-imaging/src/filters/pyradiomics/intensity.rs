//! The filters that change each voxel by itself: square, square root, logarithm and exponential, each scaled so that
//! the largest magnitude of the image stays what it is.

use super::{checked, in_place};
use dlr_core::{Code, Error, IndexBox, Result, Volume, Voxels};
use rayon::prelude::*;

/// A function of the intensity `x`, given the largest magnitude `m` of the whole image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rescaling {
    /// `(x / sqrt m)²`
    Square,
    /// `sqrt (m |x|)`, with the sign of `x`
    SquareRoot,
    /// `log (|x| + 1) m / log (m + 1)`, with the sign of `x`
    Logarithm,
    /// `exp (x log m / m)`
    Exponential,
}

/// The largest magnitude of all voxels, as [`rescaled`] needs it.
pub fn largest_magnitude(image: &Volume) -> f64 {
    // Largest and smallest, because an absolute value in between keeps the compiler from comparing side by side.
    let of_both = |(low, high): (f64, f64)| (-low).max(high);
    match image.voxels() {
        Voxels::F32(a) => {
            let a = a.as_slice().expect("voxels of a volume are in one piece");
            let extremes = |part: &[f32]| {
                part.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
                    (if *v < l { *v } else { l }, if *v > h { *v } else { h })
                })
            };
            let parts = a.par_chunks(1 << 16).map(extremes).map(|(l, h)| of_both((l.into(), h.into())));
            parts.reduce(|| 0.0, f64::max)
        }
        Voxels::F64(a) => {
            let a = a.as_slice().expect("voxels of a volume are in one piece");
            a.par_chunks(1 << 16).map(|part| part.iter().fold(0f64, |m, v| m.max(v.abs()))).reduce(|| 0.0, f64::max)
        }
    }
}

/// The box `at` under a rescaling, where `largest` is the [`largest_magnitude`] of the image.
///
/// # Errors
/// [`Code::NotFinite`] where `largest` is 0 and the rescaling divides by it; [`Code::Shape`] for a box that is empty or
/// leaves the image.
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::filters::pyradiomics::{Rescaling, largest_magnitude, rescaled, whole};
/// let image = Volume::from_array(ndarray::array![[[-4.0, 0.0, 100.0]]], [1.0; 3])?;
/// let root = rescaled(&image, Rescaling::SquareRoot, largest_magnitude(&image), whole(&image))?;
/// assert_eq!(root.to_f64(), ndarray::array![[[-20.0, 0.0, 100.0]]]);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn rescaled(image: &Volume, how: Rescaling, largest: f64, at: IndexBox) -> Result<Volume> {
    let mut voxels = image.crop_f64(checked(at, image)?);
    if largest == 0.0 && how != Rescaling::SquareRoot {
        return Err(Error::new(Code::NotFinite, "every voxel of the image is 0, so that it has no scale")
            .expected("an image with at least one intensity other than 0"));
    }
    match how {
        Rescaling::Square => {
            let scale = 1.0 / largest.sqrt();
            voxels.mapv_inplace(|x| (scale * x) * (scale * x));
        }
        Rescaling::SquareRoot => voxels.mapv_inplace(|x| match x {
            x if x > 0.0 => (x * largest).sqrt(),
            x if x < 0.0 => -(-x * largest).sqrt(),
            _ => x,
        }),
        Rescaling::Logarithm => {
            let scale = largest / (largest + 1.0).ln();
            voxels.mapv_inplace(|x| match x {
                x if x > 0.0 => (x + 1.0).ln() * scale,
                x if x < 0.0 => -(1.0 - x).ln() * scale,
                _ => x * scale,
            });
        }
        Rescaling::Exponential => {
            let scale = largest.ln() / largest;
            voxels.mapv_inplace(|x| (scale * x).exp());
        }
    }
    in_place(image, at, voxels)
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;
    use ndarray::{Array3, array};

    #[test]
    fn the_largest_magnitude_keeps_its_place() {
        let values = array![[[-250.0, -3.0, 0.0, 1.0, 100.0]]];
        let image = Volume::from_array(values.clone(), [1.0; 3]).unwrap();
        let largest = largest_magnitude(&image);
        assert_eq!(largest, 250.0);
        assert_eq!(largest_magnitude(&Volume::from_array(values.mapv(|v| v as f32), [1.0; 3]).unwrap()), 250.0);
        let at = |how| rescaled(&image, how, largest, whole(&image)).unwrap().to_f64();
        assert!((at(Rescaling::Square)[[0, 0, 0]] - 250.0).abs() < 1e-12);
        assert!((at(Rescaling::SquareRoot)[[0, 0, 0]] + 250.0).abs() < 1e-12);
        assert!((at(Rescaling::Logarithm)[[0, 0, 0]] + 250.0).abs() < 1e-12);
        assert!((at(Rescaling::Exponential)[[0, 0, 0]] - 1.0 / 250.0).abs() < 1e-12);
        assert_eq!(at(Rescaling::Exponential)[[0, 0, 2]], 1.0);
    }

    #[test]
    fn an_image_of_zeros_has_no_scale() {
        let image = Volume::from_array(Array3::<f32>::zeros((2, 2, 2)), [1.0; 3]).unwrap();
        let code = |how| rescaled(&image, how, 0.0, whole(&image)).map_err(|e| e.code());
        assert_eq!(code(Rescaling::SquareRoot).unwrap().to_f64(), Array3::<f64>::zeros((2, 2, 2)));
        for how in [Rescaling::Square, Rescaling::Logarithm, Rescaling::Exponential] {
            assert_eq!(code(how).unwrap_err(), Code::NotFinite);
        }
    }
}
