//! [`Region`]: what is measured. Crops of the image and of its two masks, after re-segmentation.

use super::local_intensity;
use super::morphology::Masks;
use super::params::IbsiParams;
use super::statistics::sum;
use dlr_core::{Code, Error, IndexBox, Result, Roi};
use ndarray::{Array3, ArrayView3, s};

/// Image and masks around a region, with the margin that local intensity looks at.
#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) spacing_mm: [f64; 3],
    pub(crate) image: Array3<f64>,
    morphological: Array3<bool>,
    pub(crate) intensity: Array3<bool>,
    /// The box of the morphological mask within the crops.
    tight: IndexBox,
    /// Intensities in the intensity mask, in array order.
    pub(crate) intensities: Vec<f64>,
}

impl Region {
    pub(crate) fn new(roi: &Roi<'_>, params: &IbsiParams) -> Result<Self> {
        let geometry = roi.image().geometry();
        let tight = roi.bounding_box();
        let wide = tight.grown(local_intensity::margin(geometry.spacing_mm()), geometry.shape());
        let image = roi.image().crop_f64(wide);
        let morphological = roi.mask().crop(wide).voxels().to_owned();
        let mut intensity = morphological.clone();
        resegment(image.view(), &mut intensity, params);
        let intensities = inside(image.view(), intensity.view());
        if intensities.is_empty() {
            return Err(Error::new(Code::EmptyMask, "re-segmentation leaves no voxel")
                .expected("intensities within the range")
                .found(format!("{} voxels, all outside", roi.n_voxels()))
                .hint("check the range against the unit of the image"));
        }
        let within = |v: [usize; 3]| [0, 1, 2].map(|a| v[a] - wide.start[a]);
        let tight = IndexBox { start: within(tight.start), end: within(tight.end) };
        Ok(Region { spacing_mm: geometry.spacing_mm(), image, morphological, intensity, tight, intensities })
    }

    /// Image and masks on the box of the morphological mask.
    pub(crate) fn masks(&self) -> Masks<'_> {
        Masks {
            image: self.crop(&self.image),
            morphological: self.crop(&self.morphological),
            intensity: self.crop(&self.intensity),
            spacing_mm: self.spacing_mm,
        }
    }

    fn crop<'a, T>(&self, array: &'a Array3<T>) -> ArrayView3<'a, T> {
        let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = self.tight;
        array.slice(s![z0..z1, y0..y1, x0..x1])
    }
}

/// Takes out of the mask what lies outside of the range or far from the mean.
///
/// Mean and standard deviation are those of the region within the range.
pub(crate) fn resegment(image: ArrayView3<'_, f64>, mask: &mut Array3<bool>, params: &IbsiParams) {
    let keep = |mask: &mut Array3<bool>, low: f64, high: f64| {
        mask.zip_mut_with(&image, |inside, value| *inside &= (low..=high).contains(value));
    };
    if params.lowest.is_some() || params.highest.is_some() {
        keep(mask, params.lowest.unwrap_or(f64::NEG_INFINITY), params.highest.unwrap_or(f64::INFINITY));
    }
    if let Some(sigma) = params.outlier_sigma {
        let values = inside(image, mask.view());
        let n = values.len() as f64;
        let mean = sum(values.iter().copied()) / n;
        let deviation = (sum(values.iter().map(|x| (x - mean).powi(2))) / n).sqrt();
        // A flat region keeps all its voxels, whatever rounding does to its mean.
        let slack = 1e-12 * mean.abs();
        keep(mask, mean - sigma * deviation - slack, mean + sigma * deviation + slack);
    }
}

fn inside(image: ArrayView3<'_, f64>, mask: ArrayView3<'_, bool>) -> Vec<f64> {
    image.iter().zip(mask).filter(|(_, inside)| **inside).map(|(value, _)| *value).collect()
}
