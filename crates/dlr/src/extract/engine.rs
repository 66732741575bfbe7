//! [`Engine`]: a numeric profile with its parameters, ready to measure.

use dlr_core::{Code, Error, FeatureName, FeatureVector, Mask, Result, Volume};
use dlr_io::digest_bytes;
use dlr_radiomics::docs::{aggregation_code, definition_of};
use dlr_radiomics::ibsi::{IbsiExtractor, IbsiParams};
use dlr_radiomics::pyradiomics::Params;
use dlr_radiomics::{Extractor, Profile, Setting};
use serde_json::{Map, Value, json};

/// What stands in names where a region has no name; it is not printed.
const UNNAMED: &str = "roi";
/// Image type of the profile `ibsi`.
const ORIGINAL: &str = "original";

/// A profile and its parameters.
#[derive(Debug, Clone)]
pub enum Engine {
    /// As pyradiomics computes.
    Pyradiomics(Box<Extractor>),
    /// As the IBSI reference manual defines.
    Ibsi(Box<IbsiExtractor>),
}

impl Engine {
    /// The engine that a parameter file describes.
    ///
    /// # Errors
    /// Those of the parameters; [`Code::Parameter`] where they give no feature at all.
    pub fn new(profile: Profile, file: &Setting) -> Result<Self> {
        let engine = match profile {
            Profile::Pyradiomics => Engine::Pyradiomics(Box::new(Extractor::new(Params::from_setting(file)?)?)),
            Profile::Ibsi => Engine::Ibsi(Box::new(IbsiExtractor::new(IbsiParams::from_setting(file)?)?)),
        };
        if engine.names(None)?.is_empty() {
            return Err(Error::new(Code::Parameter, "these parameters give no feature at all")
                .expected("at least one feature class and one image type")
                .found(engine.left_out().join("; ")));
        }
        Ok(engine)
    }

    /// What the parameters ask for and will not get, each as a sentence.
    pub fn left_out(&self) -> Vec<String> {
        match self {
            Engine::Pyradiomics(extractor) => extractor.left_out(),
            Engine::Ibsi(_) => Vec::new(),
        }
    }

    /// The profile.
    pub fn profile(&self) -> Profile {
        match self {
            Engine::Pyradiomics(_) => Profile::Pyradiomics,
            Engine::Ibsi(_) => Profile::Ibsi,
        }
    }

    /// The profile's name on the command line.
    pub fn profile_name(&self) -> &'static str {
        match self {
            Engine::Pyradiomics(_) => "pyradiomics",
            Engine::Ibsi(_) => "ibsi",
        }
    }

    /// The features of a region, in the order of [`Engine::names`].
    ///
    /// # Errors
    /// Those of the extractors.
    pub fn extract(&self, image: &Volume, mask: &Mask, roi: Option<&str>) -> Result<FeatureVector> {
        match self {
            Engine::Pyradiomics(extractor) => {
                (**extractor).clone().for_roi(roi.unwrap_or(UNNAMED))?.extract(image, mask)
            }
            Engine::Ibsi(extractor) => extractor.extract(image, mask, roi.unwrap_or(UNNAMED), ORIGINAL),
        }
    }

    /// The names that every extraction gives.
    ///
    /// # Errors
    /// [`Code::FeatureName`] for a region whose name cannot stand in a column.
    pub fn names(&self, roi: Option<&str>) -> Result<Vec<FeatureName>> {
        let names = match self {
            Engine::Pyradiomics(extractor) => (**extractor).clone().for_roi(roi.unwrap_or(UNNAMED)).map(|e| e.names()),
            Engine::Ibsi(extractor) => extractor.names(roi.unwrap_or(UNNAMED), ORIGINAL),
        };
        names.map_err(|error| match (error.code(), roi) {
            (Code::FeatureName, Some(roi)) => {
                Error::new(Code::FeatureName, format!("mask `{roi}` cannot name columns"))
                    .expected("letters, digits, `-`, `.` and `+`")
                    .hint("rename the column `Mask:NAME`")
            }
            _ => error,
        })
    }

    /// The names as columns: with the region in front, or as pyradiomics prints them where it has none.
    ///
    /// # Errors
    /// As [`Engine::names`].
    pub fn columns(&self, roi: Option<&str>) -> Result<Vec<String>> {
        Ok(self.names(roi)?.iter().map(|name| column(name, roi)).collect())
    }

    /// What the sidecar says of a column.
    pub fn describe(&self, name: &FeatureName) -> Map<String, Value> {
        let mut entry = Map::new();
        let mut put = |key: &str, value: Value| entry.insert(key.to_owned(), value);
        put("profile", self.profile_name().into());
        put("image_type", name.image_type().into());
        put("family", name.family().into());
        put("feature", name.feature().into());
        if let Some(definition) = definition_of(self.profile(), name) {
            put("ibsi", if definition.ibsi.is_empty() { Value::Null } else { definition.ibsi.into() });
            put("definition", definition.formula.into());
            put("unit", definition.unit.into());
            put("degenerate", definition.degenerate.into());
        }
        let aggregation = name.variant().or_else(|| self.own_aggregation(name.family()));
        put("aggregation", aggregation.map_or(Value::Null, Value::from));
        put("aggregation_ibsi", aggregation.and_then(aggregation_code).map_or(Value::Null, Value::from));
        entry
    }

    /// How the profile `pyradiomics` gathers a family: its names do not say it.
    fn own_aggregation(&self, family: &str) -> Option<&'static str> {
        let Engine::Pyradiomics(extractor) = self else { return None };
        let settings = &extractor.params().settings;
        let is_flat = settings.force2d;
        match family {
            "glcm" | "glrlm" if settings.weighting_norm.is_some() => {
                Some(if is_flat { "2.5d-weighted" } else { "3d-weighted" })
            }
            "glcm" | "glrlm" => Some(if is_flat { "2.5d-direction-merged" } else { "3d-averaged" }),
            "glszm" | "gldm" | "ngtdm" => Some(if is_flat { "2.5d" } else { "3d" }),
            _ => None,
        }
    }

    /// Identifies the parameters in a sidecar, whatever spaces and comments their file has.
    pub fn digest(&self) -> String {
        let text = match self {
            Engine::Pyradiomics(extractor) => format!("{:?}", extractor.params()),
            Engine::Ibsi(extractor) => format!("{:?}", extractor.params()),
        };
        digest_bytes(text.as_bytes())
    }

    /// One entry per fact about this run that does not depend on cases.
    pub fn provenance(&self) -> Value {
        json!({
            "program": concat!("dlr ", env!("CARGO_PKG_VERSION")),
            "profile": self.profile_name(),
            "parameters_digest": self.digest(),
        })
    }
}

/// A name as a column.
pub(super) fn column(name: &FeatureName, roi: Option<&str>) -> String {
    let printed = name.to_string();
    match roi {
        Some(_) => printed,
        None => printed[name.roi().len() + 1..].to_owned(),
    }
}
