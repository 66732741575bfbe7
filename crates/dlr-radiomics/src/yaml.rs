//! Parameter files in YAML, of both profiles: the text becomes a [`Setting`], whose entries keep the order of the file.

use crate::ibsi::IbsiParams;
use crate::pyradiomics::Params;
use crate::setting::Setting;
use dlr_core::{Code, Error, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

impl Setting {
    /// The tree of a YAML text. JSON is YAML.
    ///
    /// # Errors
    /// [`Code::ParameterFile`] for text that is no YAML.
    pub fn from_yaml(text: &str) -> Result<Self> {
        // `initValue: .nan` is a setting that users have.
        let options =
            serde_saphyr::options! { non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough };
        serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| Error::new(Code::ParameterFile, "the parameter file is no valid YAML").found(error))
    }
}

impl Params {
    /// The text of a pyradiomics parameter file.
    ///
    /// # Errors
    /// [`Code::ParameterFile`] for text that is no YAML; otherwise those of [`Params::from_setting`].
    pub fn from_yaml(text: &str) -> Result<Self> {
        Self::from_setting(&Setting::from_yaml(text)?)
    }
}

impl IbsiParams {
    /// The text of a parameter file of the `ibsi` profile.
    ///
    /// # Errors
    /// [`Code::ParameterFile`] for text that is no YAML; otherwise those of [`IbsiParams::from_setting`].
    pub fn from_yaml(text: &str) -> Result<Self> {
        Self::from_setting(&Setting::from_yaml(text)?)
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(SettingVisitor)
    }
}

struct SettingVisitor;

impl<'de> Visitor<'de> for SettingVisitor {
    type Value = Setting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping, a list, a number, a text, true, false or nothing")
    }

    fn visit_unit<E>(self) -> std::result::Result<Setting, E> {
        Ok(Setting::Null)
    }

    fn visit_none<E>(self) -> std::result::Result<Setting, E> {
        Ok(Setting::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Setting, D::Error> {
        Setting::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Setting, E> {
        Ok(Setting::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Setting, E> {
        Ok(Setting::Whole(value))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Setting, E> {
        Ok(i64::try_from(value).map_or(Setting::Number(value as f64), Setting::Whole))
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Setting, E> {
        Ok(Setting::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Setting, E> {
        Ok(Setting::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Setting, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Setting::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Setting, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Setting::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_as_users_write_it() {
        let params = Params::from_yaml(
            "imageType:\n  Original: {}\nfeatureClass:\n  shape:\n  firstorder: [10Percentile, Mean]\n  glcm: []\n\
             setting:\n  binWidth: 12.5\n  interpolator: 'sitkLinear' # comment\n  resampledPixelSpacing: [1, 1, 0]\n\
             voxelSetting:\n  initValue: nan\n",
        )
        .unwrap();
        assert_eq!(params.settings.bin_width, 12.5);
        assert_eq!(params.settings.resampled_pixel_spacing, Some([1.0, 1.0, 0.0]));
        assert_eq!(params.selections.iter().map(|s| s.features.len()).collect::<Vec<_>>(), [14, 2, 24]);
        assert_eq!(Params::from_yaml("setting: [").unwrap_err().code(), Code::ParameterFile);
        assert_eq!(Params::from_yaml("setting: 3").unwrap_err().code(), Code::ParameterFile);
    }
}
