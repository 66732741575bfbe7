//! [`Params`]: settings, image types and features of one extraction, as a pyradiomics parameter file lists them.

use super::settings::{NAMES, VOXEL_NAMES};
use super::tables::{self, WITHDRAWN, definitions};
use super::{Setting, Settings};
use crate::definition::{Definition, Family};
use crate::setting::{entries, unknown};
use dlr_core::{Code, Error, Result};

/// Image types that pyradiomics knows.
pub(crate) const IMAGE_TYPES: [&str; 10] =
    ["Original", "LoG", "Wavelet", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D", "LBP3D"];

/// An image type and its settings: those of the file, with what the image type overrides.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageType {
    /// Its name in parameter files, for example `Original` or `LoG`.
    pub name: &'static str,
    /// The settings under which its features are computed.
    pub settings: Settings,
}

/// The features of one family.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// The family.
    pub family: Family,
    /// Positions in the family's table, in the order asked for.
    pub features: Vec<usize>,
}

impl Selection {
    /// Every feature that is computed without being named.
    pub fn all(family: Family) -> Self {
        let by_default = |(_, d): &(usize, &Definition)| tables::is_default(d);
        let features = definitions(family).iter().enumerate().filter(by_default).map(|(i, _)| i).collect();
        Selection { family, features }
    }

    /// The definitions, in order.
    pub fn definitions(&self) -> impl Iterator<Item = &'static Definition> + '_ {
        self.features.iter().map(|&i| &definitions(self.family)[i])
    }
}

/// What to compute and how. [`Params::default`] is pyradiomics' default: all families but `shape2D`, original image.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// The settings that all image types start from.
    pub settings: Settings,
    /// Image types, in the order of the columns.
    pub image_types: Vec<ImageType>,
    /// Families and features, in the order of the columns.
    pub selections: Vec<Selection>,
}

impl Default for Params {
    fn default() -> Self {
        let original = ImageType { name: "Original", settings: Settings::default() };
        Params {
            settings: Settings::default(),
            image_types: vec![original],
            selections: tables::FAMILIES.into_iter().filter(|f| *f != Family::Shape2d).map(Selection::all).collect(),
        }
    }
}

impl Params {
    /// The defaults with some settings changed, by their names in parameter files.
    ///
    /// # Errors
    /// Those of [`Settings::set`].
    pub fn with(settings: &[(&str, Setting)]) -> Result<Self> {
        let settings = settings.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        Self::from_setting(&Setting::Map(vec![("setting".into(), Setting::Map(settings))]))
    }

    /// A parameter file that was parsed into a tree: sections `setting`, `voxelSetting`, `imageType`, `featureClass`.
    ///
    /// # Errors
    /// [`Code::ParameterFile`] where a section has the wrong form, [`Code::UnknownName`] with the nearest known name,
    /// [`Code::Parameter`] for a value outside its range.
    pub fn from_setting(file: &Setting) -> Result<Self> {
        let sections = entries(file, "the parameter file")?;
        let mut params = Params::default();
        let mut image_types = None;
        for (name, section) in sections {
            match name.as_str() {
                "setting" => {
                    for (name, value) in entries(section, name)? {
                        if VOXEL_NAMES.contains(&name.as_str()) {
                            return Err(Error::new(Code::ParameterFile, format!("`{name}` is not in its section"))
                                .hint("move it from `setting` to `voxelSetting`"));
                        }
                        params.settings.set(name, value)?;
                    }
                }
                "voxelSetting" => {
                    for (name, value) in entries(section, name)? {
                        if NAMES.contains(&name.as_str()) && !VOXEL_NAMES.contains(&name.as_str()) {
                            return Err(Error::new(Code::ParameterFile, format!("`{name}` is not in its section"))
                                .hint("move it from `voxelSetting` to `setting`"));
                        }
                        params.settings.set(name, value)?;
                    }
                }
                "imageType" => image_types = Some(entries(section, name)?),
                "featureClass" => {
                    let chosen = entries(section, name)?;
                    if !chosen.is_empty() {
                        params.selections = chosen.iter().map(|(n, v)| selection(n, v)).collect::<Result<_>>()?;
                    }
                }
                _ => {
                    return Err(unknown("section", name, &["setting", "voxelSetting", "imageType", "featureClass"]));
                }
            }
        }
        // Image types override the settings of the whole file, wherever they stand in it.
        let chosen: &[(String, Setting)] = image_types.unwrap_or_default();
        params.image_types = chosen.iter().map(|(n, v)| image_type(n, v, &params.settings)).collect::<Result<_>>()?;
        if params.image_types.is_empty() {
            params.image_types.push(ImageType { name: "Original", settings: params.settings.clone() });
        }
        Ok(params)
    }
}

fn image_type(name: &str, overrides: &Setting, base: &Settings) -> Result<ImageType> {
    let known = IMAGE_TYPES.iter().find(|k| **k == name).ok_or_else(|| unknown("image type", name, &IMAGE_TYPES))?;
    let mut settings = base.clone();
    for (name, value) in entries(overrides, name)? {
        settings.set(name, value)?;
    }
    Ok(ImageType { name: known, settings })
}

fn selection(name: &str, features: &Setting) -> Result<Selection> {
    let names: Vec<&str> = tables::FAMILIES.iter().map(|f| f.as_str()).collect();
    let family = tables::FAMILIES.into_iter().find(|f| f.as_str() == name);
    let family = family.ok_or_else(|| unknown("feature class", name, &names))?;
    match features {
        Setting::Null => Ok(Selection::all(family)),
        Setting::List(list) if list.is_empty() => Ok(Selection::all(family)),
        Setting::List(list) => {
            let mut chosen = Vec::new();
            for feature in list {
                let feature = match feature {
                    Setting::Text(text) => text.clone(),
                    // `10Percentile` is text in YAML, but a careless writer's bare number should still be explained.
                    other => format!("{other:?}"),
                };
                if WITHDRAWN.contains(&(family, feature.as_str())) {
                    continue;
                }
                let known: Vec<&str> = definitions(family).iter().map(|d| d.feature).collect();
                let position = known.iter().position(|k| *k == feature);
                let position = position.ok_or_else(|| unknown(&format!("{family} feature"), &feature, &known))?;
                if !chosen.contains(&position) {
                    chosen.push(position);
                }
            }
            Ok(Selection { family, features: chosen })
        }
        _ => Err(Error::new(Code::ParameterFile, format!("feature class `{name}` has no list of features"))
            .expected("a list of feature names, or nothing for all of them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, Setting)]) -> Setting {
        Setting::Map(entries.iter().map(|(k, v)| (k.to_string(), v.clone())).collect())
    }

    #[test]
    fn image_types_override_settings() {
        let params = Params::from_setting(&map(&[
            ("imageType", map(&[("Original", map(&[])), ("LoG", map(&[("binWidth", Setting::Number(5.0))]))])),
            (
                "featureClass",
                map(&[("glcm", Setting::List(vec![Setting::Text("Idn".into())])), ("ngtdm", Setting::Null)]),
            ),
            ("setting", map(&[("binWidth", Setting::Number(10.0))])),
        ]))
        .unwrap();
        assert_eq!(params.image_types[0].settings.bin_width, 10.0);
        assert_eq!(params.image_types[1].settings.bin_width, 5.0);
        assert_eq!(params.selections[0].definitions().map(|d| d.feature).collect::<Vec<_>>(), ["Idn"]);
        assert_eq!(params.selections[1].features.len(), 5);
    }

    #[test]
    fn the_default_has_107_features() {
        assert_eq!(Params::default().selections.iter().map(|s| s.features.len()).sum::<usize>(), 107);
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        for (file, hint) in [
            (map(&[("settings", map(&[]))]), "`setting`"),
            (map(&[("imageType", map(&[("Log", map(&[]))]))]), "`LoG`"),
            (map(&[("featureClass", map(&[("glmc", Setting::Null)]))]), "`glcm`"),
            (
                map(&[("featureClass", map(&[("glcm", Setting::List(vec![Setting::Text("Contarst".into())]))]))]),
                "`Contrast`",
            ),
        ] {
            let error = Params::from_setting(&file).unwrap_err();
            assert_eq!(error.code(), Code::UnknownName);
            assert!(error.to_string().contains(hint), "{error}");
        }
    }
}
