//! `resize` and `pad`: a fixed grid for networks, for the image and every mask.

use super::run;
use crate::frame::{self, centre_at, centre_mask_at, resize_mask};
use dlr_core::{Case, Code, Error, ImageStep, Result};

/// Resizes the image and every mask to a shape; see [`frame::resize`].
#[derive(Debug, Clone, PartialEq)]
pub struct Resize {
    /// New shape `[z, y, x]`.
    pub shape: [usize; 3],
    /// Of the image; masks take the nearest voxel in the same convention.
    pub how: frame::Resize,
}

impl ImageStep for Resize {
    fn apply(&self, case: Case) -> Result<Case> {
        let line = format!("resize: {:?} (z, y, x), {:?}", self.shape, self.how);
        run(case, line, |case| {
            for mask in case.masks.values_mut() {
                *mask = resize_mask(mask, self.shape, self.how)?;
            }
            case.image = frame::resize(&case.image, self.shape, self.how)?;
            Ok(())
        })
    }
}

/// Pads and cuts the image and every mask to a shape around a centre; see [`frame::centre_at`].
#[derive(Debug, Clone, PartialEq)]
pub struct Pad {
    /// New shape `[z, y, x]`.
    pub shape: [usize; 3],
    /// The mask whose box's middle becomes the centre; without it, the middle of the image.
    pub around: Option<String>,
    /// Intensity where there was no image.
    pub fill: f64,
}

impl ImageStep for Pad {
    fn apply(&self, case: Case) -> Result<Case> {
        let Pad { shape, around, fill } = self;
        let line = format!("pad: {shape:?} (z, y, x) around {around:?}, filled with {fill}");
        run(case, line, |case| {
            let middle = match around {
                None => case.image.geometry().shape().map(|n| n / 2),
                Some(name) => {
                    let region = case.mask(name)?.bounding_box();
                    let region = region.ok_or_else(|| {
                        Error::new(Code::EmptyMask, format!("mask `{name}` is empty and has no middle"))
                    })?;
                    [0, 1, 2].map(|a| (region.start[a] + region.end[a]) / 2)
                }
            };
            for mask in case.masks.values_mut() {
                *mask = centre_mask_at(mask, middle, *shape)?;
            }
            case.image = centre_at(&case.image, middle, *shape, *fill)?;
            Ok(())
        })
    }
}
