//! The Laplacian of a Gaussian: ITK's `LaplacianRecursiveGaussianImageFilter`, normalised across scales.
//!
//! For each axis the second derivative along it, then smoothing along the two others (x before y before z), each
//! result kept in 32 bit; the three are added, x first, again in 32 bit. Kept as it is, because a voxel that falls on
//! the other side of a bin edge changes features.

use super::gaussian::{REACH_SD, Recursion};
use super::passes::{Pass, run_along_z, within_planes};
use super::{checked, in_place};
use crate::error::positive;
use dlr_core::{Code, Error, Geometry, IndexBox, Result, Volume, Voxels};
use ndarray::{Array3, ArrayView3, s};

/// Whether pyradiomics filters an image of this grid with `sigma_mm`: at least 4 voxels along each axis, and one more
/// than the standard deviation has.
///
/// # Errors
/// [`Code::Parameter`] for a sigma that is not above 0, [`Code::Region`] for an image that is too small.
pub fn laplacian_fits(geometry: &Geometry, sigma_mm: f64) -> Result<()> {
    positive("sigma", sigma_mm)?;
    let (shape, spacing) = (geometry.shape(), geometry.spacing_mm());
    let needed = [0, 1, 2].map(|a| 4f64.max((sigma_mm / spacing[a]).ceil() + 1.0));
    match (0..3).all(|a| shape[a] as f64 >= needed[a]) {
        true => Ok(()),
        false => Err(Error::new(Code::Region, format!("the image is too small for a sigma of {sigma_mm} mm"))
            .expected(format!("at least {needed:?} voxels (z, y, x)"))
            .found(format!("{shape:?}"))),
    }
}

/// The Laplacian of a Gaussian of `sigma_mm` in the box `at`, in intensity units (the response times sigma squared).
///
/// Borders are continued by their last voxel. Only the box and what lies within 27 standard deviations of it is read,
/// beyond which the recursion has forgotten the image to the last bit of a 64 bit number.
///
/// # Errors
/// Those of [`laplacian_fits`]; [`Code::Shape`] for a box that is empty or leaves the image.
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::filters::pyradiomics::{laplacian_of_gaussian, whole};
/// use ndarray::Array3;
/// let mut voxels = Array3::<f32>::zeros((31, 31, 31));
/// voxels[[15, 15, 15]] = 1000.0;
/// let image = Volume::from_array(voxels, [1.0; 3])?;
/// let response = laplacian_of_gaussian(&image, 2.0, whole(&image))?;
/// assert!(response.get([15, 15, 15]) < 0.0 && response.get([15, 15, 19]) > 0.0);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn laplacian_of_gaussian(image: &Volume, sigma_mm: f64, at: IndexBox) -> Result<Volume> {
    let geometry = image.geometry();
    laplacian_fits(geometry, sigma_mm)?;
    let at = checked(at, image)?;
    let spacing = geometry.spacing_mm();
    let reach = spacing.map(|mm| (REACH_SD * sigma_mm / mm).ceil() as usize);
    let support = wide_enough(at.grown(reach, geometry.shape()), geometry.shape());
    let filters: [[Recursion; 2]; 3] = [0, 1, 2].map(|a| {
        let sd = sigma_mm / spacing[a];
        [Recursion::smoothing(sd), Recursion::second_derivative(sd, sigma_mm * sigma_mm)]
    });
    // The box within the support.
    let want = [0, 1, 2].map(|a| at.start[a] - support.start[a]..at.end[a] - support.start[a]);
    let mut total = Array3::<f32>::zeros(at.shape());
    // ITK counts axes from x.
    for derived in [2, 1, 0] {
        let pass =
            |axis: usize| Pass { axis, filter: &filters[axis][usize::from(axis == derived)], want: want[axis].clone() };
        let in_plane = if derived == 1 { [pass(1), pass(2)] } else { [pass(2), pass(1)] };
        let along_z = pass(0);
        let filtered = match image.voxels() {
            Voxels::F32(v) => one_derivative(part(v, support), &in_plane, &along_z, derived == 0),
            Voxels::F64(v) => one_derivative(part(v, support), &in_plane, &along_z, derived == 0),
        };
        let per_mm2 = 1.0 / (spacing[derived] * spacing[derived]);
        total.zip_mut_with(&filtered, |sum, v| *sum = (f64::from(*sum) + f64::from(*v) * per_mm2) as f32);
    }
    in_place(image, at, total)
}

/// The recursion takes lines of at least four samples; the image has that many.
fn wide_enough(mut support: IndexBox, shape: [usize; 3]) -> IndexBox {
    for (a, n) in shape.into_iter().enumerate() {
        if support.end[a] - support.start[a] < 4 {
            (support.start[a], support.end[a]) = (0, n);
        }
    }
    support
}

fn part<T>(voxels: &Array3<T>, at: IndexBox) -> ArrayView3<'_, T> {
    let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = at;
    voxels.slice(s![z0..z1, y0..y1, x0..x1])
}

/// All three passes of one derivative.
fn one_derivative<T>(
    input: ArrayView3<'_, T>,
    in_plane: &[Pass<'_>; 2],
    along_z: &Pass<'_>,
    z_first: bool,
) -> Array3<f32>
where
    T: Copy + Into<f64> + Sync,
{
    if z_first {
        return within_planes(run_along_z(input, along_z).view(), in_plane);
    }
    run_along_z(within_planes(input, in_plane).view(), along_z)
}

#[cfg(test)]
mod tests {
    use super::super::gaussian::LANES;
    use super::super::whole;
    use super::*;
    use dlr_core::Rng;
    use ndarray::Axis;

    fn noise(shape: [usize; 3], spacing_mm: [f64; 3], seed: u64) -> Volume {
        let mut rng = Rng::new(seed);
        Volume::from_array(Array3::from_shape_simple_fn(shape, || (300.0 * rng.uniform()).round() as f32), spacing_mm)
            .unwrap()
    }

    /// One line by the difference equations with an explicit past that has settled: slow, and on the whole line.
    fn slow_line(r: &Recursion, line: &[f64]) -> Vec<f64> {
        let margin = 400;
        let long: Vec<f64> =
            (0..line.len() + 2 * margin).map(|i| line[i.saturating_sub(margin).min(line.len() - 1)]).collect();
        let lanes: Vec<_> = long.iter().map(|v| [[*v; LANES / 2]; 2]).collect();
        let mut filtered = lanes.clone();
        r.run(&lanes, 0..long.len(), &mut filtered);
        filtered[margin..margin + line.len()].iter().map(|y| y[0][0]).collect()
    }

    /// The definition in 64 bit: second derivatives and smoothing along whole lines with very long borders.
    fn slow(image: &Volume, sigma_mm: f64) -> Array3<f64> {
        let spacing = image.geometry().spacing_mm();
        let along = |voxels: &Array3<f64>, axis: usize, derive: bool| {
            let sd = sigma_mm / spacing[axis];
            let scale = (sigma_mm / spacing[axis]).powi(2);
            let r = if derive { Recursion::second_derivative(sd, scale) } else { Recursion::smoothing(sd) };
            let mut out = voxels.clone();
            for mut lane in out.lanes_mut(Axis(axis)) {
                let line = slow_line(&r, &lane.to_vec());
                lane.iter_mut().zip(line).for_each(|(to, v)| *to = v);
            }
            out
        };
        (0..3)
            .map(|d| (0..3).fold(image.to_f64(), |v, axis| along(&v, axis, axis == d)))
            .fold(Array3::zeros(image.geometry().shape()), |sum, v| sum + v)
    }

    #[test]
    fn equals_the_plain_recursion() {
        for (shape, spacing) in [([9, 14, 21], [4.0, 1.0, 0.8]), ([4, 4, 5], [1.0; 3]), ([5, 17, 9], [3.0, 1.0, 1.0])] {
            let image = noise(shape, spacing, 3);
            for sigma in [1.0, 2.0] {
                let found = laplacian_of_gaussian(&image, sigma, whole(&image)).unwrap().to_f64();
                let expected = slow(&image, sigma);
                let largest = expected.iter().fold(0f64, |m, v| m.max(v.abs()));
                for (f, e) in found.iter().zip(&expected) {
                    // 32 bit between the passes.
                    assert!((f - e).abs() < 2e-6 * largest, "{f} for {e}");
                }
            }
        }
    }

    #[test]
    fn a_box_is_the_whole_image_cropped() {
        let image = noise([40, 90, 150], [2.0, 1.0, 1.0], 8);
        let at = IndexBox { start: [15, 40, 60], end: [22, 53, 81] };
        let edge = IndexBox { start: [0, 0, 140], end: [3, 90, 150] };
        for sigma in [0.7, 1.0, 2.0] {
            let all = laplacian_of_gaussian(&image, sigma, whole(&image)).unwrap();
            for at in [at, edge] {
                let part = laplacian_of_gaussian(&image, sigma, at).unwrap();
                assert_eq!(part, all.crop(at), "sigma {sigma}");
            }
        }
    }

    #[test]
    fn shifts_flips_and_constants() {
        let image = noise([12, 16, 18], [1.0; 3], 4);
        let flipped = Volume::from_array(image.to_f64().slice(s![.., ..;-1, ..]).to_owned(), [1.0; 3]).unwrap();
        let (a, b) = (
            laplacian_of_gaussian(&image, 1.5, whole(&image)).unwrap().to_f64(),
            laplacian_of_gaussian(&flipped, 1.5, whole(&image)).unwrap().to_f64(),
        );
        for (a, b) in a.slice(s![.., ..;-1, ..]).iter().zip(&b) {
            assert!((a - b).abs() < 1e-3);
        }
        let flat = Volume::from_array(Array3::from_elem((6, 6, 6), 50.0), [1.0; 3]).unwrap();
        let response = laplacian_of_gaussian(&flat, 2.0, whole(&flat)).unwrap();
        assert!(response.to_f64().iter().all(|v| v.abs() < 1e-4));
    }

    #[test]
    fn refusals() {
        let code = |shape, sigma| {
            let image = noise(shape, [1.0; 3], 1);
            laplacian_of_gaussian(&image, sigma, whole(&image)).unwrap_err().code()
        };
        assert_eq!(code([3, 9, 9], 1.0), Code::Region);
        assert_eq!(code([1, 9, 9], 1.0), Code::Region);
        assert_eq!(code([5, 9, 9], 4.5), Code::Region);
        assert_eq!(code([9, 9, 9], 0.0), Code::Parameter);
        assert_eq!(code([9, 9, 9], f64::NAN), Code::Parameter);
        let image = noise([9, 9, 9], [1.0; 3], 1);
        let outside = IndexBox { start: [0; 3], end: [9, 9, 10] };
        assert_eq!(laplacian_of_gaussian(&image, 1.0, outside).unwrap_err().code(), Code::Shape);
    }
}
