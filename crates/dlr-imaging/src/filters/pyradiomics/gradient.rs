//! The magnitude of the gradient: ITK's `GradientMagnitudeImageFilter`, central differences with repeated borders.

use super::{checked, in_place};
use dlr_core::{IndexBox, Result, Volume};
use ndarray::Array3;

/// The length of the gradient in the box `at`: per millimetre, or per voxel without `use_spacing`.
///
/// # Errors
/// [`dlr_core::Code::Shape`] for a box that is empty or leaves the image.
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::filters::pyradiomics::{gradient_magnitude, whole};
/// let ramp = Volume::from_array(ndarray::array![[[0.0, 6.0, 12.0, 18.0]]], [1.0, 1.0, 2.0])?;
/// let slope = gradient_magnitude(&ramp, true, whole(&ramp))?;
/// assert_eq!(slope.to_f64(), ndarray::array![[[1.5, 3.0, 3.0, 1.5]]]);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn gradient_magnitude(image: &Volume, use_spacing: bool, at: IndexBox) -> Result<Volume> {
    let at = checked(at, image)?;
    let shape = image.geometry().shape();
    let near = at.grown([1; 3], shape);
    let voxels = image.crop_f64(near);
    let spacing = image.geometry().spacing_mm();
    // ITK scales the mask of differences, not the difference.
    let half = spacing.map(|mm| if use_spacing { 0.5 * (1.0 / mm) } else { 0.5 });
    let [nz, ny, nx] = at.shape();
    let magnitude = Array3::from_shape_fn((nz, ny, nx), |(z, y, x)| {
        let index = [z + at.start[0] - near.start[0], y + at.start[1] - near.start[1], x + at.start[2] - near.start[2]];
        let squares = [2, 1, 0].map(|a| {
            let (mut below, mut above) = (index, index);
            below[a] = index[a].saturating_sub(1);
            above[a] = (index[a] + 1).min(near.shape()[a] - 1);
            let slope = voxels[above] * half[a] - voxels[below] * half[a];
            slope * slope
        });
        (squares[0] + squares[1] + squares[2]).sqrt() as f32
    });
    in_place(image, at, magnitude)
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    #[test]
    fn a_box_is_the_whole_image_cropped_and_a_slice_has_no_depth() {
        let voxels = Array3::from_shape_fn((5, 6, 7), |(z, y, x)| ((z * 31 + y * 17 + x * 5) % 23) as f32);
        let image = Volume::from_array(voxels.clone(), [3.0, 1.0, 0.5]).unwrap();
        let all = gradient_magnitude(&image, true, whole(&image)).unwrap();
        for at in [
            IndexBox { start: [1, 2, 3], end: [3, 4, 6] },
            IndexBox { start: [0, 0, 0], end: [1, 6, 1] },
            IndexBox { start: [4, 5, 6], end: [5, 6, 7] },
        ] {
            assert_eq!(gradient_magnitude(&image, true, at).unwrap(), all.crop(at));
        }
        let slice = Volume::from_array(Array3::from_elem((1, 1, 4), 3.0), [1.0; 3]).unwrap();
        assert!(gradient_magnitude(&slice, true, whole(&slice)).unwrap().to_f64().iter().all(|v| *v == 0.0));
    }
}
