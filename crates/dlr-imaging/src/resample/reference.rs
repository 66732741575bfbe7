//! pyradiomics' resampling of an image and its mask in one call.

use super::{CornerGrid, Interpolator, MaskRule, Store, corner_grid, mask_onto, resample, resample_mask};
use dlr_core::{Code, Error, Mask, Result, Volume};

/// Image and mask as pyradiomics hands them to its filters.
#[derive(Debug, Clone, PartialEq)]
pub struct PyRadiomicsResampled {
    /// The image on the new grid, cut at the padded box of the region.
    pub image: Volume,
    /// The mask on the same grid.
    pub mask: Mask,
}

/// `imageoperations.resampleImage`: corner-aligned grid cut at the region's box plus `pad` voxels, image by
/// `interpolator`, mask by the nearest voxel.
///
/// `store` is the pixel type of the image that pyradiomics would have: [`Store::INT16`] for a short image read from a
/// file (ITK cuts resampled values to integers), [`Store::F64`] after its normalisation.
///
/// # Errors
/// [`Code::EmptyMask`]; [`Code::Region`] where the region reaches beyond the image; those of [`corner_grid`] and
/// [`resample`].
pub fn resample_like_pyradiomics(
    image: &Volume,
    mask: &Mask,
    spacing_mm: [f64; 3],
    interpolator: Interpolator,
    pad: usize,
    store: Store,
) -> Result<PyRadiomicsResampled> {
    let region = mask.bounding_box().ok_or_else(|| Error::new(Code::EmptyMask, "mask is empty"))?;
    let (from, grid) = (image.geometry(), mask.geometry());
    let first = from.to_index(grid.to_world(region.start.map(|i| i as f64 - 0.5)));
    let last = from.to_index(grid.to_world(region.end.map(|i| i as f64 - 0.5)));
    // pyradiomics allows a thousandth of a voxel.
    for a in 0..3 {
        let (low, high) = (first[a].min(last[a]), first[a].max(last[a]));
        if low < -0.501 || high > from.shape()[a] as f64 - 0.499 {
            return Err(Error::new(Code::Region, "the region reaches beyond the image")
                .expected(format!("from -0.5 to {} on axis {a}", from.shape()[a] as f64 - 0.5))
                .found(format!("{low:.3} to {high:.3}")));
        }
    }
    match corner_grid(grid, from.spacing_mm(), region, spacing_mm, pad)? {
        CornerGrid::Crop(_) => {
            let mask = if from.is_same_grid(grid) {
                Mask::new(*from, mask.voxels().to_owned())?
            } else {
                mask_onto(mask, from)?
            };
            let region =
                mask.bounding_box().ok_or_else(|| Error::new(Code::EmptyMask, "mask is empty on the image"))?;
            let region = region.grown([pad; 3], from.shape());
            Ok(PyRadiomicsResampled { image: image.crop(region), mask: mask.crop(region) })
        }
        CornerGrid::Grid(target) => Ok(PyRadiomicsResampled {
            image: resample(image, &target, interpolator, store)?,
            mask: resample_mask(mask, &target, MaskRule::Nearest)?,
        }),
    }
}
