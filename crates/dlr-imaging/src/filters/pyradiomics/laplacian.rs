//! The Laplacian of a Gaussian: ITK's `LaplacianRecursiveGaussianImageFilter`, normalised across scales.
//!
//! For each axis the second derivative along it, then smoothing along the two others (x before y before z), each
//! result kept in 32 bit; the three are added, x first, again in 32 bit. Kept as it is, because a voxel that falls on
//! the other side of a bin edge changes features.

use super::gaussian::{LANES, Lanes, REACH_SD, Recursion};
use super::{checked, in_place};
use crate::error::positive;
use dlr_core::{Code, Error, Geometry, IndexBox, Result, Volume, Voxels};
use ndarray::{Array3, ArrayView2, ArrayView3, ArrayViewMut2, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

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
        let order = match derived {
            2 => [2, 1, 0],
            1 => [1, 2, 0],
            _ => [0, 2, 1],
        };
        let filter = |axis: usize| &filters[axis][usize::from(axis == derived)];
        let [a, b, c] = order;
        let first = match image.voxels() {
            Voxels::F32(v) => pass(part(v, support), a, filter(a), want[a].clone()),
            Voxels::F64(v) => pass(part(v, support), a, filter(a), want[a].clone()),
        };
        let second = pass(first.view(), b, filter(b), want[b].clone());
        drop(first);
        let third = pass(second.view(), c, filter(c), want[c].clone());
        drop(second);
        let per_mm2 = 1.0 / (spacing[derived] * spacing[derived]);
        total.zip_mut_with(&third, |sum, v| *sum = (f64::from(*sum) + f64::from(*v) * per_mm2) as f32);
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

/// One filter along one axis, of which the samples `want` are kept.
fn pass<T>(input: ArrayView3<'_, T>, axis: usize, filter: &Recursion, want: Range<usize>) -> Array3<f32>
where
    T: Copy + Into<f64> + Sync,
{
    let mut shape = [input.dim().0, input.dim().1, input.dim().2];
    let n = shape[axis];
    shape[axis] = want.len();
    let mut output = Array3::<f32>::zeros(shape);
    // Planes that hold whole lines: those of y and z are cut at one row, so that lines lie side by side along x.
    let across = Axis(if axis == 0 { 1 } else { 0 });
    let planes: Vec<_> = output.axis_iter_mut(across).zip(input.axis_iter(across)).collect();
    planes.into_par_iter().for_each_init(
        || (vec![[0.0; LANES]; 2 * n], vec![[0.0; LANES]; n]),
        |(data, causal), (target, source)| match axis {
            2 => rows(filter, source, target, want.clone(), &mut data[..n], causal),
            _ => columns(filter, source, target, want.clone(), data, causal),
        },
    );
    output
}

/// Lines along the first axis of a plane, eight neighbours at a time. Twice as many are read at once: that is a line of
/// cache, and rows lie far apart.
fn columns<T: Copy + Into<f64>>(
    filter: &Recursion,
    source: ArrayView2<'_, T>,
    mut target: ArrayViewMut2<'_, f32>,
    want: Range<usize>,
    data: &mut [Lanes],
    causal: &mut [Lanes],
) {
    let (n, width) = source.dim();
    let (left, right) = data.split_at_mut(n);
    let fill = |lanes: &mut Lanes, part: &[T]| match part.first_chunk::<LANES>() {
        Some(chunk) => *lanes = chunk.map(Into::into),
        None => lanes.iter_mut().zip(part).for_each(|(lane, v)| *lane = (*v).into()),
    };
    for x in (0..width).step_by(2 * LANES) {
        for ((left, right), row) in left.iter_mut().zip(&mut *right).zip(source.outer_iter()) {
            let part = &row.to_slice().expect("rows along x are in one piece")[x..];
            fill(left, part);
            fill(right, part.get(LANES..).unwrap_or_default());
        }
        for (data, x) in [(&*left, x), (&*right, x + LANES)] {
            if x >= width {
                break;
            }
            filter.run(data, want.clone(), causal, |i, y| {
                let mut row = target.row_mut(i - want.start);
                let row = &mut row.as_slice_mut().expect("rows along x are in one piece")[x..];
                match row.first_chunk_mut::<LANES>() {
                    Some(chunk) => *chunk = y.map(|v| v as f32),
                    None => row.iter_mut().zip(y).for_each(|(to, v)| *to = *v as f32),
                }
            });
        }
    }
}

/// Lines along the second axis of a plane, eight rows at a time.
fn rows<T: Copy + Into<f64>>(
    filter: &Recursion,
    source: ArrayView2<'_, T>,
    mut target: ArrayViewMut2<'_, f32>,
    want: Range<usize>,
    data: &mut [Lanes],
    causal: &mut [Lanes],
) {
    let height = source.dim().0;
    let mut filtered = vec![[0f32; LANES]; want.len()];
    for y in (0..height).step_by(LANES) {
        let n_lanes = LANES.min(height - y);
        for lane in 0..n_lanes {
            let row = source.row(y + lane).to_slice().expect("rows along x are in one piece");
            data.iter_mut().zip(row).for_each(|(lanes, v)| lanes[lane] = (*v).into());
        }
        filter.run(data, want.clone(), causal, |i, y| filtered[i - want.start] = y.map(|v| v as f32));
        for lane in 0..n_lanes {
            let mut row = target.row_mut(y + lane);
            row.iter_mut().zip(&filtered).for_each(|(to, lanes)| *to = lanes[lane]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;
    use dlr_core::Rng;

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
        let mut out = vec![0.0; long.len()];
        r.run(
            &long.iter().map(|v| [*v; LANES]).collect::<Vec<_>>(),
            0..long.len(),
            &mut vec![[0.0; LANES]; long.len()],
            |i, y| {
                out[i] = y[0];
            },
        );
        out[margin..margin + line.len()].to_vec()
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
