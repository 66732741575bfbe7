//! [`IbsiExtractor`]: from an image and a mask to the features of the reference manual.

use super::aggregation::{Aggregation, Dimension};
use super::morphology::{self, morphology};
use super::params::{Bins, IbsiParams, IvhBins};
use super::region::Region;
use super::{distance, glcm, histogram, ivh, local_intensity, ngtdm, statistics, zones};
use crate::discretise::Discretisation;
use crate::matrix::{Extent, Levels};
use crate::{Definition, Family};
use dlr_core::{FeatureName, FeatureVector, Mask, Result, Roi, Undefined, Volume};
use rayon::prelude::*;

/// One value of the reference manual.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// What it is.
    pub definition: &'static Definition,
    /// How texture was gathered, for example `3d-merged`; `None` for families without slices and directions.
    pub variant: Option<&'static str>,
    /// Its value; NaN where [`Measurement::undefined`] says why.
    pub value: f64,
}

impl Measurement {
    /// The reason why there is no value, if there is none.
    pub fn undefined(&self) -> Option<Undefined> {
        let Definition { family, feature, degenerate, .. } = self.definition;
        self.value.is_nan().then(|| Undefined::new("degenerate-region", format!("{family} {feature}: {degenerate}")))
    }
}

/// Measures regions after the reference manual. Holds checked parameters and nothing else.
///
/// ```
/// use dlr_core::{Mask, Volume};
/// use dlr_radiomics::ibsi::{Bins, IbsiExtractor, IbsiParams};
/// use ndarray::Array3;
/// let image = Volume::from_array(Array3::from_shape_fn((4, 5, 6), |(z, y, x)| (z + y * x) as f32), [2.0; 3])?;
/// let mask = Mask::from_array(Array3::from_elem((4, 5, 6), true), [2.0; 3])?;
/// let extractor = IbsiExtractor::new(IbsiParams::new(Bins::FixedNumber { n_bins: 8 }))?;
/// let features = extractor.extract(&image, &mask, "intra", "original")?;
/// assert_eq!(features.get("intra_original_firstorder_Mean"), Some(6.5));
/// assert!(features.get("intra_original_glcm_JointEntropy_3d-merged").is_some());
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct IbsiExtractor {
    params: IbsiParams,
}

impl IbsiExtractor {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`dlr_core::Code::Parameter`].
    pub fn new(params: IbsiParams) -> Result<Self> {
        params.validate()?;
        Ok(IbsiExtractor { params })
    }

    /// The parameters.
    pub fn params(&self) -> &IbsiParams {
        &self.params
    }

    /// What [`IbsiExtractor::measure`] gives, in order, without values.
    pub fn layout(&self) -> Vec<(&'static Definition, Option<&'static str>)> {
        self.params.families.iter().flat_map(|family| self.family_layout(*family)).collect()
    }

    fn family_layout(&self, family: Family) -> Vec<(&'static Definition, Option<&'static str>)> {
        let definitions = definitions(family);
        let wanted = definitions.iter().filter(|d| self.params.beyond_consensus || has_consensus(d));
        let variants: Vec<Option<&'static str>> = match family {
            Family::Glcm | Family::Glrlm => self.params.aggregations.iter().map(|a| Some(a.as_str())).collect(),
            Family::Glszm | Family::Gldzm | Family::Ngtdm | Family::Gldm => {
                self.params.dimensions().iter().map(|d| Some(d.as_str())).collect()
            }
            _ => vec![None],
        };
        variants.iter().flat_map(|variant| wanted.clone().map(|d| (d, *variant))).collect()
    }

    /// The column names for a region and an image type, in order.
    ///
    /// # Errors
    /// [`dlr_core::Code::FeatureName`] for a part that is no name.
    pub fn names(&self, roi: &str, image_type: &str) -> Result<Vec<FeatureName>> {
        self.layout().into_iter().map(|(definition, variant)| name(roi, image_type, definition, variant)).collect()
    }

    /// All values, in the order of [`IbsiExtractor::layout`].
    ///
    /// # Errors
    /// Image and mask that do not fit ([`Roi::new`]), a region that re-segmentation leaves empty, grey levels beyond
    /// what is sensible.
    pub fn measure(&self, image: &Volume, mask: &Mask) -> Result<Vec<Measurement>> {
        let roi = Roi::new(image, mask)?;
        match self.params.resampling {
            None => self.measure_roi(&roi),
            Some(resampling) => {
                let (image, mask) = super::resample::resample(&roi, resampling)?;
                self.measure_roi(&Roi::new(&image, &mask)?)
            }
        }
    }

    /// All values as named features.
    ///
    /// # Errors
    /// As [`IbsiExtractor::measure`], and for names that are none.
    pub fn extract(&self, image: &Volume, mask: &Mask, roi: &str, image_type: &str) -> Result<FeatureVector> {
        let mut features = FeatureVector::new();
        for measurement in self.measure(image, mask)? {
            let name = name(roi, image_type, measurement.definition, measurement.variant)?;
            match measurement.undefined() {
                Some(reason) => features.push_undefined(name, reason),
                None => features.push(name, measurement.value),
            }
        }
        Ok(features)
    }

    fn measure_roi(&self, roi: &Roi<'_>) -> Result<Vec<Measurement>> {
        let stage = Stage::new(Region::new(roi, &self.params)?, &self.params)?;
        let families: Vec<Vec<Measurement>> =
            self.params.families.par_iter().map(|family| self.family(&stage, *family)).collect::<Result<_>>()?;
        Ok(families.into_iter().flatten().collect())
    }

    fn family(&self, stage: &Stage<'_>, family: Family) -> Result<Vec<Measurement>> {
        let n = definitions(family).len();
        let values = stage.values(family)?;
        let kept = values.chunks_exact(n).flat_map(|row| {
            let of_row = definitions(family).iter().zip(row);
            of_row.filter(|(d, _)| self.params.beyond_consensus || has_consensus(d)).map(|(_, v)| *v)
        });
        let measurement = |((definition, variant), value): ((_, _), f64)| Measurement {
            definition,
            variant,
            value: if value.is_finite() { value } else { f64::NAN },
        };
        Ok(self.family_layout(family).into_iter().zip(kept).map(measurement).collect())
    }
}

/// Whether the manual has consensus values for a feature. It has none for the smallest boxes and ellipsoids and for the
/// area under the intensity-volume histogram: they are measured only on request.
pub fn has_consensus(definition: &Definition) -> bool {
    !matches!(definition.ibsi, "ZH1A" | "IQYR" | "SWZ2" | "BRI8" | "9CMM")
}

/// The definitions of a family of the manual; none for other families.
pub fn definitions(family: Family) -> &'static [Definition] {
    match family {
        Family::Shape => &morphology::DEFINITIONS,
        Family::LocalIntensity => &local_intensity::DEFINITIONS,
        Family::Firstorder => &statistics::DEFINITIONS,
        Family::IntensityHistogram => &histogram::DEFINITIONS,
        Family::IntensityVolumeHistogram => &ivh::DEFINITIONS,
        Family::Glcm => &glcm::DEFINITIONS,
        Family::Glrlm => &zones::GLRLM,
        Family::Glszm => &zones::GLSZM,
        Family::Gldzm => &zones::GLDZM,
        Family::Gldm => &zones::NGLDM,
        Family::Ngtdm => &ngtdm::DEFINITIONS,
        Family::Shape2d => &[],
    }
}

fn name(roi: &str, image_type: &str, definition: &Definition, variant: Option<&str>) -> Result<FeatureName> {
    let name = FeatureName::new(roi, image_type, definition.family.as_str(), definition.feature)?;
    variant.map_or(Ok(name.clone()), |variant| name.with_variant(variant))
}

/// A region with its grey levels: all that a family needs.
struct Stage<'a> {
    region: Region,
    params: &'a IbsiParams,
    dimensions: Vec<Dimension>,
    /// Grey level of each voxel of the intensity mask.
    levels: Vec<u32>,
    /// Number of grey levels of the discretisation.
    n_levels: u32,
    /// The grey levels on their grid; only where texture is wanted.
    texture: Option<Levels>,
}

impl<'a> Stage<'a> {
    fn new(region: Region, params: &'a IbsiParams) -> Result<Self> {
        let needs_levels = |f: &Family| *f == Family::IntensityHistogram || is_texture(*f);
        let (mut levels, mut n_levels, mut texture) = (Vec::new(), 0, None);
        if params.families.iter().any(needs_levels) {
            levels = discretisation(&region, params).levels(&region.intensities)?;
            let highest = levels.iter().copied().max().unwrap_or(1);
            n_levels = if let Bins::FixedNumber { n_bins } = params.bins { n_bins } else { highest };
        }
        if params.families.iter().any(|f| is_texture(*f)) {
            texture = Some(Levels::new(region.masks().intensity, &levels, params.distance)?);
        }
        Ok(Stage { region, params, dimensions: params.dimensions(), levels, n_levels, texture })
    }

    /// The values of a family, one row per variant.
    fn values(&self, family: Family) -> Result<Vec<f64>> {
        let (region, params, dimensions) = (&self.region, self.params, &self.dimensions[..]);
        let aggregations: &[Aggregation] = &params.aggregations;
        let intensities = &region.intensities;
        Ok(match family {
            Family::Shape => morphology(region.masks(), params.beyond_consensus).to_vec(),
            Family::LocalIntensity => {
                local_intensity::local_intensity(region.image.view(), region.intensity.view(), region.spacing_mm)
                    .to_vec()
            }
            Family::Firstorder => statistics::statistics(intensities).to_vec(),
            Family::IntensityHistogram => histogram::histogram(&self.levels, self.n_levels)?.to_vec(),
            Family::IntensityVolumeHistogram => ivh::ivh(&self.ivh_grid()?).to_vec(),
            Family::Glcm => glcm::glcm(self.texture(), self.n_levels, params.distance, aggregations)?.concat(),
            Family::Glrlm => zones::glrlm(self.texture(), aggregations)?.concat(),
            Family::Glszm => zones::glszm(self.texture(), dimensions)?.concat(),
            Family::Gldzm => {
                let distances = |extent: Extent| distance::to_border(region.masks().morphological, extent);
                zones::gldzm(self.texture(), distances, dimensions)?.concat()
            }
            Family::Ngtdm => ngtdm::ngtdm(self.texture(), params.distance, dimensions)?.concat(),
            Family::Gldm => {
                zones::ngldm(self.texture(), params.distance, params.ngldm_coarseness, dimensions)?.concat()
            }
            Family::Shape2d => Vec::new(),
        })
    }

    fn texture(&self) -> &Levels {
        self.texture.as_ref().expect("grey levels were made because a texture family is wanted")
    }

    fn ivh_grid(&self) -> Result<ivh::Grid> {
        let intensities = &self.region.intensities;
        let (min, max) = range(intensities);
        let (lowest, highest) = (self.params.lowest.unwrap_or(min), self.params.highest.unwrap_or(max));
        Ok(match self.params.ivh_bins {
            IvhBins::AsIs => ivh::Grid::as_is(intensities, lowest, highest),
            IvhBins::FixedSize { bin_width } => ivh::Grid::bins(intensities, lowest, highest, bin_width),
            IvhBins::FixedNumber { n_bins } => {
                let levels = Discretisation::FixedBinNumber { n_bins }.levels(intensities)?;
                ivh::Grid::numbers(&levels, n_bins)
            }
        })
    }
}

fn discretisation(region: &Region, params: &IbsiParams) -> Discretisation {
    match params.bins {
        Bins::AsIs => Discretisation::AsIs,
        Bins::FixedSize { bin_width } => {
            let lowest = params.lowest.unwrap_or_else(|| range(&region.intensities).0);
            Discretisation::FixedBinSize { bin_width, lowest }
        }
        Bins::FixedNumber { n_bins } => Discretisation::FixedBinNumber { n_bins },
    }
}

fn is_texture(family: Family) -> bool {
    use Family::{Glcm, Gldm, Gldzm, Glrlm, Glszm, Ngtdm};
    matches!(family, Glcm | Glrlm | Glszm | Gldzm | Gldm | Ngtdm)
}

fn range(intensities: &[f64]) -> (f64, f64) {
    let min = intensities.iter().copied().fold(f64::INFINITY, f64::min);
    (min, intensities.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}
