//! Voxel-wise maps: every intensity feature of the neighbourhood of each voxel of the region.
//!
//! Grey levels are those of the whole region; counts are those of the kernel. Voxels are computed in batches, in
//! parallel, and handed to the caller batch by batch, so that memory does not grow with the number of features times
//! the number of voxels unless the caller collects them ([`VoxelMaps::collect`]).
//!
//! One difference from pyradiomics is deliberate: its `glcm_JointAverage` is NaN at a voxel with any direction without
//! pairs, and its `glcm_MCC` fails for the whole batch; here both are the mean over the directions that have pairs, like
//! all other features.

use super::extractor::Extractor;
use super::images;
use super::prepare::prepare;
use super::region::Region;
use super::{Settings, texture};
use crate::matrix::Levels;
use dlr_core::{FeatureName, Geometry, Mask, Result, Volume, Voxels};
use ndarray::{Array3, ArrayView3, s};
use rayon::prelude::*;

/// Values of some voxels of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct MapBatch<'a> {
    /// The features, in order; their image type is the image.
    pub names: &'a [FeatureName],
    /// The grid of the map: the region's box grown by the kernel radius.
    pub geometry: Geometry,
    /// Index `[z, y, x]` on that grid of each voxel.
    pub voxels: &'a [[usize; 3]],
    /// One row per voxel: a value per feature; NaN where a neighbourhood leaves it undefined.
    pub values: Vec<Vec<f64>>,
}

/// Computes maps with the settings `kernelRadius`, `maskedKernel`, `initValue` and `voxelBatch`. Shape has no maps.
#[derive(Debug, Clone)]
pub struct VoxelMaps {
    extractor: Extractor,
}

/// Voxels per batch where the settings do not say.
const BATCH: usize = 4096;

impl VoxelMaps {
    /// Maps of the features of an extractor.
    pub fn new(extractor: Extractor) -> Self {
        VoxelMaps { extractor }
    }

    /// Computes all maps and hands them to `sink` batch by batch, image after image, voxels in array order.
    ///
    /// # Errors
    /// Those of [`Extractor::extract`] and of `sink`.
    pub fn stream(&self, image: &Volume, mask: &Mask, sink: &mut dyn FnMut(MapBatch<'_>) -> Result<()>) -> Result<()> {
        let params = self.extractor.params();
        let prepared = prepare(image, mask, &params.settings)?;
        let radius = params.settings.kernel_radius;
        let at = prepared.at.grown([radius; 3], prepared.image.geometry().shape());
        for image_type in &params.image_types {
            for (column, image) in images::collect(image_type, &prepared, at)? {
                let names = self.names_of(&column);
                let mask = prepared.mask().crop(at);
                let kernels = Kernels::new(&image, &mask, &image_type.settings)?;
                let inside: Vec<[usize; 3]> =
                    mask.voxels().indexed_iter().filter(|(_, v)| **v).map(|((z, y, x), _)| [z, y, x]).collect();
                for voxels in inside.chunks(image_type.settings.voxel_batch.unwrap_or(BATCH)) {
                    let row = |voxel: &[usize; 3]| self.features(&kernels, *voxel, &image_type.settings);
                    let values = voxels.par_iter().map(row).collect::<Result<_>>()?;
                    sink(MapBatch { names: &names, geometry: *image.geometry(), voxels, values })?;
                }
            }
        }
        Ok(())
    }

    /// All maps as volumes; voxels outside of the region hold `initValue`.
    ///
    /// # Errors
    /// Those of [`VoxelMaps::stream`].
    pub fn collect(&self, image: &Volume, mask: &Mask) -> Result<Vec<(FeatureName, Volume)>> {
        let init = self.extractor.params().settings.init_value;
        let mut maps: Vec<(FeatureName, Geometry, Array3<f64>)> = Vec::new();
        let mut first = 0;
        self.stream(image, mask, &mut |batch| {
            if maps.get(first).is_none_or(|(name, ..)| *name != batch.names[0]) {
                first = maps.len();
                let empty = || Array3::from_elem(batch.geometry.shape(), init);
                maps.extend(batch.names.iter().map(|name| (name.clone(), batch.geometry, empty())));
            }
            for (voxel, values) in batch.voxels.iter().zip(batch.values) {
                for ((_, _, map), value) in maps[first..].iter_mut().zip(values) {
                    map[*voxel] = value;
                }
            }
            Ok(())
        })?;
        maps.into_iter().map(|(name, geometry, map)| Ok((name, Volume::new(geometry, map)?))).collect()
    }

    fn names_of(&self, column: &str) -> Vec<FeatureName> {
        let selections = self.extractor.intensity_selections();
        selections.flat_map(|s| s.definitions().map(|d| self.extractor.name(column, d)).collect::<Vec<_>>()).collect()
    }

    fn features(&self, kernels: &Kernels, voxel: [usize; 3], settings: &Settings) -> Result<Vec<f64>> {
        let (mask, intensities, grey) = kernels.around(voxel);
        let region = Region { mask: mask.view(), intensities, is_single: false, spacing_mm: kernels.spacing_mm };
        let margin = settings.distances.iter().copied().max().unwrap_or(1);
        let levels = Levels::new(mask.view(), &grey, margin)?;
        let mut row = Vec::new();
        for selection in self.extractor.intensity_selections() {
            let with_mcc = selection.definitions().any(|d| d.feature == "MCC");
            let values = texture::family_of(selection.family, &region, &levels, settings, kernels.n_g, with_mcc)?;
            let finite = |value: f64| if value.is_finite() { value } else { f64::NAN };
            row.extend(selection.features.iter().map(|&position| finite(values[position])));
        }
        Ok(row)
    }
}

/// The discretised box from which kernels are cut.
struct Kernels {
    radius: [usize; 3],
    spacing_mm: [f64; 3],
    intensities: Array3<f64>,
    /// Grey levels; 0 does not take part.
    grey: Array3<u32>,
    n_g: u32,
}

impl Kernels {
    fn new(image: &Volume, mask: &Mask, settings: &Settings) -> Result<Self> {
        let shape = mask.geometry().shape();
        let everything = Array3::from_elem(shape, true);
        let takes_part = if settings.masked_kernel { mask.voxels() } else { everything.view() };
        let is_single = matches!(image.voxels(), Voxels::F32(_));
        let intensities = image.to_f64();
        let gathered: Vec<f64> =
            intensities.iter().zip(takes_part).filter(|(_, inside)| **inside).map(|(value, _)| *value).collect();
        let scheme = Region::scheme(settings);
        let levels = if is_single { scheme.levels_of_single(&gathered)? } else { scheme.levels(&gathered)? };
        let mut grey = Array3::zeros(shape);
        let places = grey.iter_mut().zip(takes_part).filter(|(_, inside)| **inside);
        for ((place, _), level) in places.zip(&levels) {
            *place = *level;
        }
        let mut radius = [settings.kernel_radius; 3];
        if settings.force2d {
            radius[settings.force2d_dimension] = 0;
        }
        let n_g = levels.iter().copied().max().unwrap_or(1);
        Ok(Kernels { radius, spacing_mm: image.geometry().spacing_mm(), intensities, grey, n_g })
    }

    /// Mask, intensities and grey levels of the kernel around a voxel.
    fn around(&self, voxel: [usize; 3]) -> (Array3<bool>, Vec<f64>, Vec<u32>) {
        let shape = self.grey.shape();
        let low = [0, 1, 2].map(|a| voxel[a].saturating_sub(self.radius[a]));
        let high = [0, 1, 2].map(|a| (voxel[a] + self.radius[a] + 1).min(shape[a]));
        let window = s![low[0]..high[0], low[1]..high[1], low[2]..high[2]];
        let grey: ArrayView3<'_, u32> = self.grey.slice(window);
        let mask = grey.mapv(|g| g > 0);
        let inside = |(value, grey): (&f64, &u32)| (*grey > 0).then_some(*value);
        let intensities = self.intensities.slice(window).iter().zip(&grey).filter_map(inside).collect();
        (mask, intensities, grey.iter().copied().filter(|g| *g > 0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pyradiomics::{Params, Setting};
    use dlr_core::conformance::sample_case;

    /// A kernel that reaches beyond the region from every voxel gives the features of the region everywhere.
    #[test]
    fn a_kernel_over_the_whole_region_is_the_region() {
        let case = sample_case();
        let mut voxels = Array3::from_elem((20, 24, 28), false);
        voxels.slice_mut(s![8..11, 10..13, 12..16]).fill(true);
        let mask = Mask::from_array(voxels, [2.0, 1.0, 1.0]).unwrap();
        let settings = [("kernelRadius", Setting::Number(4.0)), ("initValue", Setting::Number(-7.0))];
        let section = Setting::Map(settings.map(|(k, v)| (k.to_string(), v)).to_vec());
        let params = Params::from_setting(&Setting::Map(vec![("voxelSetting".into(), section)])).unwrap();
        let extractor = Extractor::new(params).unwrap();
        let whole = extractor.extract(&case.image, &mask).unwrap();
        let maps = VoxelMaps::new(extractor).collect(&case.image, &mask).unwrap();
        assert_eq!(maps.len(), 93);
        for (name, map) in maps {
            let expected = whole.get(&name.to_string()).unwrap();
            let [z, y, x] = map.geometry().shape();
            assert_eq!((z, y, x), (11, 11, 12));
            assert_eq!(map.get([4, 4, 4]), expected, "{name}");
            assert_eq!(map.get([6, 6, 7]), expected, "{name}");
            assert_eq!(map.get([0, 0, 0]), -7.0, "{name}");
        }
    }

    #[test]
    fn batches_do_not_change_values() {
        let case = sample_case();
        let run = |batch: f64| {
            let section = Setting::Map(vec![("voxelBatch".into(), Setting::Number(batch))]);
            let classes = Setting::Map(vec![("firstorder".into(), Setting::Null), ("gldm".into(), Setting::Null)]);
            let file = vec![("voxelSetting".into(), section), ("featureClass".into(), classes)];
            let params = Params::from_setting(&Setting::Map(file)).unwrap();
            let maps = VoxelMaps::new(Extractor::new(params).unwrap());
            let maps = maps.collect(&case.image, case.mask("mass").unwrap()).unwrap();
            maps.into_iter().flat_map(|(_, map)| map.to_f64().into_iter().map(f64::to_bits)).collect::<Vec<_>>()
        };
        assert_eq!(run(7.0), run(100_000.0));
    }
}
