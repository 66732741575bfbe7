//! [`Roi`]: an image and a mask that have been checked against each other, once, here.

use crate::wide::{Wide, widest};
use crate::{Code, Error, IndexBox, Mask, Result, Volume, Voxels};
use ndarray::{ArrayView3, s};

/// An image and a region on the same grid; the region is not empty and its intensities are finite.
///
/// What takes a `Roi` has nothing left to validate.
#[derive(Debug, Clone, Copy)]
pub struct Roi<'a> {
    image: &'a Volume,
    mask: &'a Mask,
    bounding_box: IndexBox,
    n_voxels: usize,
}

impl<'a> Roi<'a> {
    /// Checks image and mask against each other.
    ///
    /// # Errors
    /// [`Code::GridMismatch`], [`Code::EmptyMask`], or [`Code::NotFinite`] with the number of such voxels and the
    /// first index. NaN outside the mask is allowed here: what reads beyond the mask must check for itself.
    ///
    /// ```
    /// use dlr_core::{Mask, Roi, Volume};
    /// use ndarray::Array3;
    /// let image = Volume::from_array(Array3::<f32>::ones((3, 3, 3)), [1.0; 3])?;
    /// let mask = Mask::from_array(Array3::from_elem((3, 3, 3), true), [1.0; 3])?;
    /// assert_eq!(Roi::new(&image, &mask)?.n_voxels(), 27);
    /// # Ok::<(), dlr_core::Error>(())
    /// ```
    pub fn new(image: &'a Volume, mask: &'a Mask) -> Result<Self> {
        image.geometry().must_match(mask.geometry(), "mask")?;
        let Some(bounding_box) = mask.bounding_box() else {
            return Err(Error::new(Code::EmptyMask, "mask is empty")
                .expected("at least one voxel inside")
                .found("none")
                .hint("check the label value, and that mask and image belong together"));
        };
        let Survey { n_voxels, n_bad, first_bad } = match image.voxels() {
            Voxels::F32(a) => survey(a.view(), mask.voxels(), bounding_box),
            Voxels::F64(a) => survey(a.view(), mask.voxels(), bounding_box),
        };
        if let Some([z, y, x]) = first_bad {
            return Err(Error::new(
                Code::NotFinite,
                format!("{n_bad} of {n_voxels} voxels in the mask are NaN or infinite"),
            )
            .expected("finite intensities inside the mask")
            .found(format!("{} at z={z}, y={y}, x={x}", image.get([z, y, x])))
            .hint("mend these voxels, or leave them out of the mask"));
        }
        Ok(Roi { image, mask, bounding_box, n_voxels })
    }

    /// The image.
    pub fn image(&self) -> &'a Volume {
        self.image
    }

    /// The region.
    pub fn mask(&self) -> &'a Mask {
        self.mask
    }

    /// The smallest box around the region.
    pub fn bounding_box(&self) -> IndexBox {
        self.bounding_box
    }

    /// Number of voxels in the region, at least 1.
    pub fn n_voxels(&self) -> usize {
        self.n_voxels
    }

    /// Intensities of the region in array order (z slowest), one per voxel.
    pub fn intensities(&self) -> Vec<f64> {
        let image = self.image.crop_f64(self.bounding_box);
        let mask = self.mask.crop(self.bounding_box);
        image.iter().zip(mask.voxels()).filter_map(|(value, inside)| inside.then_some(*value)).collect()
    }
}

#[derive(Default)]
struct Survey {
    n_voxels: usize,
    n_bad: usize,
    first_bad: Option<[usize; 3]>,
}

/// Counts the voxels of a region and those that are not finite. Rows first, because nearly all of them are fine.
fn survey<T: Copy + Into<f64>>(image: ArrayView3<'_, T>, mask: ArrayView3<'_, bool>, at: IndexBox) -> Survey {
    let mut survey = Survey::default();
    let columns = at.start[2]..at.end[2];
    let whole = "volumes and masks lie in memory row by row";
    for z in at.start[0]..at.end[0] {
        for y in at.start[1]..at.end[1] {
            let image = &image.slice_move(s![z, y, ..]).to_slice().expect(whole)[columns.clone()];
            let mask = &mask.slice_move(s![z, y, ..]).to_slice().expect(whole)[columns.clone()];
            let (n_inside, any_bad) = widest(Row { image, mask });
            survey.n_voxels += n_inside;
            if any_bad {
                let is_bad = |(value, inside): (&T, &bool)| *inside && !(*value).into().is_finite();
                for (x, _) in image.iter().zip(mask).enumerate().filter(|(_, voxel)| is_bad(*voxel)) {
                    survey.n_bad += 1;
                    survey.first_bad.get_or_insert([z, y, columns.start + x]);
                }
            }
        }
    }
    survey
}

/// How many voxels of a row are inside, and whether one of them is not finite.
struct Row<'a, T> {
    image: &'a [T],
    mask: &'a [bool],
}

impl<T: Copy + Into<f64>> Wide for Row<'_, T> {
    type Output = (usize, bool);

    /// Without a way out of the loop, which lets the processor look at many voxels at once.
    #[inline(always)]
    fn run(self) -> (usize, bool) {
        let n_inside = self.mask.iter().map(|inside| u32::from(*inside)).sum::<u32>();
        // What is not finite leaves no zero when it is multiplied by zero.
        let wrong = |(value, inside): (&T, &bool)| {
            let zero = if *inside { (*value).into() } else { 0.0 } * 0.0;
            u32::from(zero != 0.0)
        };
        let n_bad = self.image.iter().zip(self.mask).map(wrong).sum::<u32>();
        (n_inside as usize, n_bad > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    fn pair() -> (Array3<f32>, Array3<bool>) {
        (Array3::from_shape_fn((2, 3, 4), |(z, y, x)| (z + y + x) as f32), Array3::from_elem((2, 3, 4), true))
    }

    #[test]
    fn refuses_an_empty_mask_another_grid_and_nan() {
        let (mut image, mut mask) = pair();
        let volume = Volume::from_array(image.clone(), [1.0; 3]).unwrap();
        let empty = Mask::from_array(Array3::from_elem((2, 3, 4), false), [1.0; 3]).unwrap();
        assert_eq!(Roi::new(&volume, &empty).unwrap_err().code(), Code::EmptyMask);
        let other = Mask::from_array(mask.clone(), [2.0, 1.0, 1.0]).unwrap();
        assert_eq!(Roi::new(&volume, &other).unwrap_err().code(), Code::GridMismatch);
        image[[1, 2, 3]] = f32::NAN;
        let volume = Volume::from_array(image, [1.0; 3]).unwrap();
        let full = Mask::from_array(mask.clone(), [1.0; 3]).unwrap();
        assert_eq!(Roi::new(&volume, &full).unwrap_err().code(), Code::NotFinite);
        mask[[1, 2, 3]] = false;
        let without = Mask::from_array(mask, [1.0; 3]).unwrap();
        assert_eq!(Roi::new(&volume, &without).unwrap().n_voxels(), 23);
    }
}
