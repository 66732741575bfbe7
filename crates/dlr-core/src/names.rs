//! [`FeatureName`]: what a column is called, taken apart and put together again.
//!
//! `roi_imagetype_family_feature` or `roi_imagetype_family_feature_variant`, as users of pyradiomics know it, with the
//! ROI in front: `intra_original_glcm_Contrast`, `peri_wavelet-LLH_firstorder_Mean`,
//! `deep_resnet18_layer4_mean_0017`. Parsing and printing are inverse of each other.

use crate::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The name of one feature. Ordered as printed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FeatureName {
    roi: String,
    image_type: String,
    family: String,
    feature: String,
    variant: Option<String>,
}

impl FeatureName {
    /// A name from its four parts, for example `("intra", "original", "glcm", "Contrast")`.
    ///
    /// # Errors
    /// [`Code::FeatureName`] where a part is empty or holds anything but ASCII letters, digits, `-`, `.` and `+`.
    pub fn new(roi: &str, image_type: &str, family: &str, feature: &str) -> Result<Self> {
        for part in [roi, image_type, family, feature] {
            check(part)?;
        }
        Ok(FeatureName {
            roi: roi.into(),
            image_type: image_type.into(),
            family: family.into(),
            feature: feature.into(),
            variant: None,
        })
    }

    /// The same feature in a variant: an aggregation (`3d-merged`) or a channel (`0017`).
    ///
    /// # Errors
    /// As [`FeatureName::new`].
    pub fn with_variant(mut self, variant: &str) -> Result<Self> {
        check(variant)?;
        self.variant = Some(variant.into());
        Ok(self)
    }

    /// The same feature of another region.
    ///
    /// # Errors
    /// As [`FeatureName::new`].
    pub fn with_roi(mut self, roi: &str) -> Result<Self> {
        check(roi)?;
        self.roi = roi.into();
        Ok(self)
    }

    /// Where it was measured: `intra`, `peri`, `deep`, `clinical`.
    pub fn roi(&self) -> &str {
        &self.roi
    }

    /// On which image: `original`, `wavelet-LLH`; for a network its name.
    pub fn image_type(&self) -> &str {
        &self.image_type
    }

    /// The family: `glcm`, `shape`; for a network its stage.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// The feature: `Contrast`; for a network the pooling.
    pub fn feature(&self) -> &str {
        &self.feature
    }

    /// The variant, if there is one.
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }
}

fn check(part: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
    if !part.is_empty() && part.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::new(Code::FeatureName, format!("`{part}` cannot be part of a feature name"))
        .expected("letters, digits, `-`, `.` and `+`"))
}

impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}_{}", self.roi, self.image_type, self.family, self.feature)?;
        match &self.variant {
            Some(variant) => write!(f, "_{variant}"),
            None => Ok(()),
        }
    }
}

impl FromStr for FeatureName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split('_').collect::<Vec<_>>()[..] {
            [roi, image_type, family, feature] => FeatureName::new(roi, image_type, family, feature),
            [roi, image_type, family, feature, variant] => {
                FeatureName::new(roi, image_type, family, feature)?.with_variant(variant)
            }
            _ => Err(Error::new(Code::FeatureName, format!("`{text}` is not a feature name"))
                .expected("roi_imagetype_family_feature, with _variant where there is one")),
        }
    }
}

impl TryFrom<String> for FeatureName {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<FeatureName> for String {
    fn from(name: FeatureName) -> String {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_names() {
        for text in [
            "intra_original_glcm_Contrast",
            "peri_wavelet-LLH_firstorder_Mean",
            "intra_log-sigma-2-0-mm-3D_glszm_ZonePercentage",
            "deep_resnet18_layer4_mean_0017",
        ] {
            assert_eq!(text.parse::<FeatureName>().unwrap().to_string(), text);
        }
        for text in ["", "a_b_c", "a_b_c_d_e_f", "a__c_d", "a_b_c_d e", "a_b_c_=d"] {
            assert_eq!(text.parse::<FeatureName>().unwrap_err().code(), Code::FeatureName, "{text}");
        }
    }

    proptest! {
        #[test]
        fn print_then_parse(parts in proptest::collection::vec("[A-Za-z0-9.+-]{1,8}", 4..=5)) {
            let text = parts.join("_");
            prop_assert_eq!(text.parse::<FeatureName>().unwrap().to_string(), text);
        }
    }
}
