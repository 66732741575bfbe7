//! The image steps of `dlr-imaging`, made from the keys of an experiment file. The defaults are those of the protocol.

use crate::registry::{Params, Shelf};
use dlr_core::{ImageStep, Result};
use dlr_imaging::{
    bias::N4Params,
    normalise::{Divisor, ZScoreParams},
    regions::{BodyParams, RegionExpression},
    resample::{Interpolator, MaskRule, Store},
    steps::{Body, GridRule, Masks, MinMax, N4, Percentile, Resample, Ring, ZScore},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Adds every step under its name.
pub(super) fn register(shelf: &mut Shelf<dyn ImageStep>) {
    add::<ResampleKeys>(shelf, "resample");
    add::<BodyKeys>(shelf, "body");
    add::<ZScoreKeys>(shelf, "zscore");
    add::<MinMaxKeys>(shelf, "minmax");
    add::<PercentileKeys>(shelf, "percentile");
    add::<N4Keys>(shelf, "n4");
    add::<RingKeys>(shelf, "ring");
    add::<MasksKeys>(shelf, "masks");
    add::<super::filter::FilterKeys>(shelf, "filter");
}

/// Keys that make a step.
pub(super) trait Keys: DeserializeOwned + Serialize {
    fn step(self) -> Result<Box<dyn ImageStep>>;
}

fn add<K: Keys>(shelf: &mut Shelf<dyn ImageStep>, name: &str) {
    shelf.add(name, |params: &Params<'_>| params.read::<K>()?.step());
}

/// A mask by name, or the word `image` for every voxel.
fn within(name: String) -> Option<String> {
    (name != "image").then_some(name)
}

fn body() -> String {
    "body".into()
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `spacing_mm` | | mm | z, y, x; 0 keeps that axis |
/// | `interpolator` | `sitkLinear` | | of the image, by pyradiomics' names |
/// | `grid` | `centred` | | `centred` (IBSI) or `corner` (pyradiomics) |
///
/// Masks are interpolated linearly and cut at 0.5.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResampleKeys {
    spacing_mm: [f64; 3],
    #[serde(default = "linear")]
    interpolator: String,
    #[serde(default)]
    grid: Grid,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Grid {
    #[default]
    Centred,
    Corner,
}

fn linear() -> String {
    "sitkLinear".into()
}

impl Keys for ResampleKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        Ok(Box::new(Resample {
            spacing_mm: self.spacing_mm,
            grid: match self.grid {
                Grid::Centred => GridRule::Centred,
                Grid::Corner => GridRule::Corner,
            },
            interpolator: Interpolator::from_pyradiomics(&self.interpolator)?,
            masks: MaskRule::Threshold(0.5),
            store: Store::F64,
        }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | `body` | | the mask that is made |
/// | `threshold` | none | intensity | body is above it; none finds it from the image |
/// | `closing_mm` | 0 | mm | closes gaps in the skin before holes are filled |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyKeys {
    #[serde(default = "body")]
    name: String,
    threshold: Option<f64>,
    #[serde(default)]
    closing_mm: f64,
}

impl Keys for BodyKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let params = BodyParams { threshold: self.threshold, closing_mm: self.closing_mm };
        Ok(Box::new(Body { name: self.name, params }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask of mean and standard deviation; `image` for every voxel |
/// | `scale` | 100 | | the standard deviation afterwards |
/// | `clip_sd` | none | sd | values beyond are set there |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZScoreKeys {
    #[serde(default = "body")]
    within: String,
    #[serde(default = "hundred")]
    scale: f64,
    clip_sd: Option<f64>,
}

fn hundred() -> f64 {
    100.0
}

impl Keys for ZScoreKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let params = ZScoreParams { scale: self.scale, clip_sd: self.clip_sd, divisor: Divisor::NMinus1 };
        Ok(Box::new(ZScore { within: within(self.within), params }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask of the percentiles; `image` for every voxel |
/// | `low`, `high` | 0, 100 | percent | percentiles that become 0 and 1 |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MinMaxKeys {
    #[serde(default = "body")]
    within: String,
    #[serde(default)]
    low: f64,
    #[serde(default = "hundred")]
    high: f64,
}

impl Keys for MinMaxKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        Ok(Box::new(MinMax { within: within(self.within), low: self.low, high: self.high }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask of the percentiles; `image` for every voxel |
/// | `low`, `high` | 1, 99 | percent | values beyond are set there |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PercentileKeys {
    within: String,
    low: f64,
    high: f64,
}

impl Default for PercentileKeys {
    fn default() -> Self {
        PercentileKeys { within: body(), low: 1.0, high: 99.0 }
    }
}

impl Keys for PercentileKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        Ok(Box::new(Percentile { within: within(self.within), low: self.low, high: self.high }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask in which the field is estimated; `image` for every voxel |
/// | `shrink` | 4 | voxels | every so many voxels along each axis are used |
/// | `iterations` | `[50, 50, 50, 50]` | | most iterations at each level |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct N4Keys {
    #[serde(default = "body")]
    within: String,
    shrink: Option<usize>,
    iterations: Option<Vec<usize>>,
}

impl Keys for N4Keys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let usual = N4Params::default();
        let params = N4Params {
            shrink: self.shrink.unwrap_or(usual.shrink),
            iterations: self.iterations.unwrap_or(usual.iterations.clone()),
            ..usual
        };
        Ok(Box::new(N4 { within: within(self.within), params }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | `peri` | | the mask that is made |
/// | `of` | `mass` | | the region in the middle |
/// | `from_mm`, `to_mm` | 0, 10 | mm | distance from the region: above the first, up to the second |
/// | `within` | `body` | | the mask that the ring is cut at; `image` for none |
/// | `minus` | `[]` | | masks that are taken out |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RingKeys {
    name: String,
    of: String,
    from_mm: f64,
    to_mm: f64,
    within: String,
    minus: Vec<String>,
}

impl Default for RingKeys {
    fn default() -> Self {
        RingKeys {
            name: "peri".into(),
            of: "mass".into(),
            from_mm: 0.0,
            to_mm: 10.0,
            within: body(),
            minus: Vec::new(),
        }
    }
}

impl Keys for RingKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let RingKeys { name, of, from_mm, to_mm, within: at, minus } = self;
        Ok(Box::new(Ring { name, around: of, from_mm, to_mm, within: within(at), minus }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | | | the mask that is made |
/// | `expression` | | | what it is: `edema - mass`, `ring(mass, 0, 10) & body` |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MasksKeys {
    name: String,
    expression: String,
}

impl Keys for MasksKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        Ok(Box::new(Masks { name: self.name, expression: RegionExpression::parse(&self.expression)? }))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Registry, config::Stage};
    use dlr_core::conformance::check_image_step;
    use std::path::Path;

    /// Every step with an example of its keys keeps the contract.
    #[test]
    fn every_step_keeps_its_contract() {
        let registry = Registry::builtin();
        let keys = |name: &str| match name {
            "resample" => "spacing_mm = [1.0, 1.0, 1.0]",
            "body" => "threshold = 310.0",
            "masks" => "name = \"near\"\nexpression = \"ring(mass, 0, 4) - peri\"",
            "filter" => "kind = \"log\"\nsigma_mm = 2.0",
            "ring" => "within = \"image\"\nto_mm = 4.0",
            _ => "within = \"image\"",
        };
        for name in registry.image_steps.names() {
            let stage = Stage { stage: name.to_owned(), params: toml::from_str(keys(name)).unwrap() };
            let step = registry.image_steps.make(&stage, "", Path::new("")).unwrap();
            check_image_step(step.as_ref()).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}
