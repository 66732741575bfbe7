//! [`Extractor`]: parameters made ready; image and mask in, named features out. [`RadiomicsExtractor`] does the same
//! for named regions of a case.

use super::images::Picture;
use super::prepare::{Prepared, prepare};
use super::region::{Region, crop};
use super::{ImageType, Params, Selection, Settings, images, shape, tables, texture};
use crate::definition::{Definition, Family};
use dlr_core::{Case, Code, Error, FeatureExtractor, FeatureName, FeatureVector, Mask, Result, Undefined, Volume};
use rayon::prelude::*;

/// Computes the features of one region under the `pyradiomics` profile.
///
/// ```
/// use dlr_radiomics::{Extractor, pyradiomics::Params};
/// use dlr_core::{Mask, Volume};
/// use ndarray::Array3;
///
/// let image = Array3::from_shape_fn((8, 9, 10), |(z, y, x)| ((3 * z + 5 * y + 7 * x) % 11) as f32 * 20.0);
/// let image = Volume::from_array(image, [3.0, 1.0, 1.0])?;
/// let mask = Mask::from_array(Array3::from_elem((8, 9, 10), true), [3.0, 1.0, 1.0])?;
/// let features = Extractor::new(Params::default())?.extract(&image, &mask)?;
/// assert_eq!(features.len(), 107);
/// assert_eq!(features.get("roi_original_shape_VoxelVolume"), Some(8.0 * 9.0 * 10.0 * 3.0));
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Extractor {
    params: Params,
    roi: String,
}

impl Extractor {
    /// Checks what can be checked without an image.
    ///
    /// # Errors
    /// [`Code::UnknownName`] for a wavelet that does not exist.
    pub fn new(params: Params) -> Result<Self> {
        params.image_types.iter().try_for_each(images::check)?;
        Ok(Extractor { params, roi: "roi".into() })
    }

    /// The same extractor with another first part of the feature names; `roi` if nothing is said.
    ///
    /// # Errors
    /// [`Code::FeatureName`] for characters that a name cannot hold.
    pub fn for_roi(mut self, roi: &str) -> Result<Self> {
        FeatureName::new(roi, "original", "shape", "Elongation")?;
        self.roi = roi.into();
        Ok(self)
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// What the parameters ask for and will not get, each as a sentence: pyradiomics goes on without it, with a warning in
    /// its log.
    pub fn left_out(&self) -> Vec<String> {
        let mut left_out = Vec::new();
        if !self.params.settings.force2d && self.params.selections.iter().any(|s| s.family == Family::Shape2d) {
            left_out.push("no shape2D features: they need `force2D: true` in `setting`".to_owned());
        }
        for image_type in self.params.image_types.iter().filter(|t| images::columns(t).is_empty()) {
            left_out.push(match image_type.name {
                "LoG" => "no LoG images: they need `sigma`, a list of millimetres".to_owned(),
                other => format!("no {other} images: their settings leave none"),
            });
        }
        left_out
    }

    /// The names that every extraction gives, in order.
    pub fn names(&self) -> Vec<FeatureName> {
        let mut names = Vec::new();
        let mut push = |image_type: &str, definition: &Definition| {
            names.push(self.name(image_type, definition));
        };
        for selection in self.shape_selections() {
            selection.definitions().for_each(|d| push("original", d));
        }
        for column in self.params.image_types.iter().flat_map(images::columns) {
            for selection in self.intensity_selections() {
                selection.definitions().for_each(|d| push(&column, d));
            }
        }
        names
    }

    /// The features of the region `mask` of `image`.
    ///
    /// A feature that the region leaves undefined is NaN with a reason. The result is the same, bit by bit, for any
    /// number of threads.
    ///
    /// # Errors
    /// Those of [`dlr_core::Roi::new`], of the size settings, and [`Code::GreyLevels`] where the bin width does not fit the
    /// intensities.
    pub fn extract(&self, image: &Volume, mask: &Mask) -> Result<FeatureVector> {
        let settings = &self.params.settings;
        let prepared = prepare(image, mask, settings)?;
        let at = prepared.at;
        let spacing_mm = prepared.image.geometry().spacing_mm();
        let (shapes, textures) = rayon::join(
            || -> Result<Vec<Vec<f64>>> {
                self.shape_selections()
                    .map(|selection| match selection.family {
                        Family::Shape => Ok(shape::volume(crop(&prepared.shape_mask, at), spacing_mm)),
                        _ => shape::slice(crop(&prepared.shape_mask, at), spacing_mm, settings.force2d_dimension),
                    })
                    .collect()
            },
            || -> Result<Vec<ImageFeatures>> {
                let of_type = |image_type: &ImageType| self.image_type(image_type, &prepared);
                let nested: Vec<Vec<ImageFeatures>> =
                    self.params.image_types.par_iter().map(of_type).collect::<Result<_>>()?;
                Ok(nested.into_iter().flatten().collect())
            },
        );
        let mut features = FeatureVector::new();
        for (selection, values) in self.shape_selections().zip(shapes?) {
            self.push(&mut features, "original", selection, &values);
        }
        for (column, families) in textures? {
            match families {
                Ok(families) => {
                    for (selection, values) in self.intensity_selections().zip(families) {
                        self.push(&mut features, &column, selection, &values);
                    }
                }
                Err(why) => {
                    for definition in self.intensity_selections().flat_map(Selection::definitions) {
                        features.push_undefined(self.name(&column, definition), why.clone());
                    }
                }
            }
        }
        Ok(features)
    }

    /// The intensity families of every image that one image type makes.
    fn image_type(&self, image_type: &ImageType, prepared: &Prepared<'_>) -> Result<Vec<ImageFeatures>> {
        images::visit(image_type, prepared, prepared.at, |column, picture| {
            let families = match picture {
                Picture::Prepared(image) => {
                    let region = Region::new(image, prepared.mask(), prepared.at);
                    Ok(self.families(&region, &image_type.settings)?)
                }
                Picture::Filtered(image) => {
                    let region = Region::of_box(&image, prepared.mask(), prepared.at);
                    drop(image);
                    match self.families(&region, &image_type.settings) {
                        // A filter may have no value at a voxel, as the kurtosis of equal samples.
                        Err(error) if error.code() == Code::NotFinite => {
                            let reason = format!("image {column} has no value at some voxel of the region");
                            Err(Undefined::new("not-finite", reason))
                        }
                        families => Ok(families?),
                    }
                }
                Picture::Missing(why) => Err(why),
            };
            Ok((column.to_owned(), families))
        })
    }

    /// The intensity families of one image.
    fn families(&self, region: &Region<'_>, settings: &Settings) -> Result<Vec<Vec<f64>>> {
        let levels = region.levels(settings)?;
        let selections: Vec<_> = self.intensity_selections().collect();
        selections
            .into_par_iter()
            .map(|selection| {
                let wanted = |name: &str| selection.definitions().any(|d| d.feature == name);
                texture::family(selection.family, region, &levels, settings, &wanted)
            })
            .collect()
    }

    fn shape_selections(&self) -> impl Iterator<Item = &Selection> {
        let flat = self.params.settings.force2d;
        // Without force2D pyradiomics leaves shape2D out, with a line in its log.
        self.params.selections.iter().filter(move |s| match s.family {
            Family::Shape => true,
            Family::Shape2d => flat,
            _ => false,
        })
    }

    pub(super) fn intensity_selections(&self) -> impl Iterator<Item = &Selection> {
        self.params.selections.iter().filter(|s| !matches!(s.family, Family::Shape | Family::Shape2d))
    }

    pub(super) fn name(&self, image_type: &str, definition: &Definition) -> FeatureName {
        FeatureName::new(&self.roi, image_type, definition.family.as_str(), definition.feature)
            .expect("the names of the tables are made of letters and digits")
    }

    fn push(&self, features: &mut FeatureVector, image_type: &str, selection: &Selection, values: &[f64]) {
        for &position in &selection.features {
            let definition = &tables::definitions(selection.family)[position];
            let name = self.name(image_type, definition);
            match values[position] {
                value if value.is_finite() => features.push(name, value),
                _ => features.push_undefined(name, why_undefined(definition)),
            }
        }
    }
}

/// Column name of an image, and the values of its families, or why it has none.
type ImageFeatures = (String, std::result::Result<Vec<Vec<f64>>, Undefined>);

/// The reason in the words of the feature's own definition.
fn why_undefined(definition: &Definition) -> Undefined {
    let code = match definition.family {
        Family::Glcm => "no-neighbours",
        Family::Glrlm => "no-line",
        Family::Shape | Family::Shape2d => "one-voxel",
        _ => "undefined",
    };
    Undefined::new(code, format!("{} {}: {}", definition.family, definition.feature, definition.degenerate))
}

/// The name as pyradiomics prints it: without the region in front.
pub fn pyradiomics_name(name: &FeatureName) -> String {
    format!("{}_{}_{}", name.image_type(), name.family(), name.feature())
}

/// Extracts from named masks of a case: the columns begin with the name given to each mask.
#[derive(Debug, Clone)]
pub struct RadiomicsExtractor {
    regions: Vec<(String, Extractor)>,
}

impl RadiomicsExtractor {
    /// Features of each `(mask, roi)`: the mask's name in the case, and the first part of its columns.
    ///
    /// # Errors
    /// Those of [`Extractor::new`] and [`Extractor::for_roi`]; [`Code::Parameter`] without a region.
    pub fn new(params: Params, regions: &[(&str, &str)]) -> Result<Self> {
        if regions.is_empty() {
            return Err(
                Error::new(Code::Parameter, "no region to extract features from").expected("at least one mask name")
            );
        }
        let extractor = Extractor::new(params)?;
        let region = |(mask, roi): &(&str, &str)| Ok((mask.to_string(), extractor.clone().for_roi(roi)?));
        Ok(RadiomicsExtractor { regions: regions.iter().map(region).collect::<Result<_>>()? })
    }
}

impl FeatureExtractor for RadiomicsExtractor {
    fn names(&self) -> Vec<FeatureName> {
        self.regions.iter().flat_map(|(_, extractor)| extractor.names()).collect()
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        let mut features = FeatureVector::new();
        for (mask, extractor) in &self.regions {
            let found = extractor.extract(&case.image, case.mask(mask)?).map_err(|e| e.for_case(&case.id))?;
            features.append(found);
        }
        Ok(features)
    }
}
