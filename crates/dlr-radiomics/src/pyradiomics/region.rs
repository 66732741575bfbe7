//! [`Region`]: the cropped region of one image type, ready for all families: nothing outside of its box is touched.

use super::Settings;
use crate::discretise::Discretisation;
use crate::matrix::{Levels, Stretch};
use dlr_core::{IndexBox, Mask, Result, Volume, Voxels};
use ndarray::{ArrayView2, ArrayView3, s};
use rayon::prelude::*;

/// Mask and intensities of a region in its box.
pub(crate) struct Region<'a> {
    pub(crate) mask: ArrayView3<'a, bool>,
    /// Intensities of the region in array order.
    pub(crate) intensities: Vec<f64>,
    /// Whether the intensities are 32 bit numbers in pyradiomics, which then bins them in 32 bit.
    pub(crate) is_single: bool,
    pub(crate) spacing_mm: [f64; 3],
}

impl<'a> Region<'a> {
    pub(crate) fn new(image: &Volume, mask: &'a Mask, at: IndexBox) -> Self {
        let mask_box = crop(mask, at);
        let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = at;
        let intensities = match image.voxels() {
            Voxels::F32(a) => gather(a.slice(s![z0..z1, y0..y1, x0..x1]), mask_box),
            Voxels::F64(a) => gather(a.slice(s![z0..z1, y0..y1, x0..x1]), mask_box),
        };
        // An image of whole numbers comes from an integer type, even where 32 bit floating point holds it here.
        let is_single = matches!(image.voxels(), Voxels::F32(_)) && !intensities.iter().all(|v| is_whole(*v));
        Region { mask: mask_box, intensities, is_single, spacing_mm: image.geometry().spacing_mm() }
    }

    /// Of an image that was filtered in the box `at` only.
    pub(crate) fn of_box(image: &Volume, mask: &'a Mask, at: IndexBox) -> Self {
        let mask = crop(mask, at);
        let intensities = match image.voxels() {
            Voxels::F32(a) => gather(a.view(), mask),
            Voxels::F64(a) => gather(a.view(), mask),
        };
        debug_assert_eq!(image.geometry().shape(), at.shape());
        let is_single = matches!(image.voxels(), Voxels::F32(_));
        Region { mask, intensities, is_single, spacing_mm: image.geometry().spacing_mm() }
    }

    /// How `settings` make grey levels.
    pub(crate) fn scheme(settings: &Settings) -> Discretisation {
        match settings.bin_count {
            Some(n_bins) => Discretisation::CountOfEdges { n_bins },
            None => Discretisation::WidthFromZero { bin_width: settings.bin_width },
        }
    }

    /// The grey levels under `settings`.
    pub(crate) fn levels(&self, settings: &Settings) -> Result<Levels> {
        let margin = settings.distances.iter().copied().max().unwrap_or(1).max(1);
        let scheme = Self::scheme(settings);
        let levels = match self.is_single {
            true => scheme.levels_of_single(&self.intensities)?,
            false => scheme.levels(&self.intensities)?,
        };
        Levels::new(self.mask, &levels, margin)
    }
}

fn is_whole(v: f64) -> bool {
    f64::from(v as i32) == v
}

/// The part of a mask that lies in a box, without a copy.
pub(crate) fn crop(mask: &Mask, at: IndexBox) -> ArrayView3<'_, bool> {
    let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = at;
    mask.voxels().slice_move(s![z0..z1, y0..y1, x0..x1])
}

fn gather<T: Copy + Into<f64> + Sync>(image: ArrayView3<'_, T>, mask: ArrayView3<'_, bool>) -> Vec<f64> {
    let of_plane = |(image, mask): (ArrayView2<'_, T>, ArrayView2<'_, bool>)| {
        let mut values = Vec::with_capacity(mask.len());
        for (image, mask) in image.rows().into_iter().zip(mask.rows()) {
            for stretch in Stretch::of_row(mask) {
                match image.to_slice() {
                    Some(image) => values.extend(image[stretch.range()].iter().map(|value| (*value).into())),
                    None => values.extend(stretch.range().map(|x| image[x].into())),
                }
            }
        }
        values
    };
    let planes: Vec<_> = image.outer_iter().zip(mask.outer_iter()).collect();
    planes.into_par_iter().map(of_plane).collect::<Vec<_>>().concat()
}
