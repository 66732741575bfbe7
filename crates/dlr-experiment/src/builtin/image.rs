//! The image steps of `dlr-imaging` that change voxels, made from the keys of an experiment file. The defaults are those
//! of the protocol; `docs/stages.md` lists them.

use super::door::Door;
use crate::registry::{Params, Shelf};
use dlr_core::{ImageLearner, ImageStep, Result};
use dlr_imaging::{
    bias::N4Params,
    frame,
    normalise::{Divisor, NyulParams, TissueParams, TissuePeak, TissueScale, ZScoreParams},
    resample::{Interpolator, MaskRule, Store},
    steps::{GridRule, MinMax, N4, Nyul, Pad, Percentile, Resample, Resize, Tissue, ZScore},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Adds every step under its name.
pub(super) fn register(shelf: &mut Shelf<dyn ImageStep>) {
    add::<ResampleKeys>(shelf, "resample");
    add::<ZScoreKeys>(shelf, "zscore");
    add::<MinMaxKeys>(shelf, "minmax");
    add::<PercentileKeys>(shelf, "percentile");
    add::<TissueKeys>(shelf, "tissue");
    add::<N4Keys>(shelf, "n4");
    add::<super::filter::FilterKeys>(shelf, "filter");
    add::<super::filter_pyradiomics::Keys>(shelf, "filter-pyradiomics");
    add::<ResizeKeys>(shelf, "resize");
    add::<PadKeys>(shelf, "pad");
}

/// Adds the steps that learn.
pub(super) fn register_learners(shelf: &mut Shelf<dyn ImageLearner>) {
    shelf.add("nyul", |params: &Params<'_>| {
        let NyulKeys { within: at, percentiles, range } = params.read()?;
        let increasing = |v: &[f64]| v.iter().all(|x| x.is_finite()) && v.windows(2).all(|pair| pair[0] < pair[1]);
        let is_right =
            percentiles.len() >= 2 && increasing(&percentiles) && percentiles.iter().all(|p| (0.0..=100.0).contains(p));
        let (door, expected) = (Door("nyul"), "two or more increasing percentiles from 0 to 100");
        door.must(is_right, "percentiles", &percentiles, expected, "1, 10, 20, ..., 90, 99 is usual")?;
        door.must(increasing(&range), "range", range, "two increasing numbers", "0 and 100 is usual")?;
        Ok(Box::new(Nyul { within: within(at), params: NyulParams { percentiles, range } }))
    });
}

/// Keys that make a step.
pub(super) trait Keys: DeserializeOwned + Serialize {
    fn step(self) -> Result<Box<dyn ImageStep>>;
}

pub(super) fn add<K: Keys>(shelf: &mut Shelf<dyn ImageStep>, name: &str) {
    shelf.add(name, |params: &Params<'_>| params.read::<K>()?.step());
}

/// A mask by name, or the word `image` for every voxel.
pub(super) fn within(name: String) -> Option<String> {
    (name != "image").then_some(name)
}

pub(super) fn body() -> String {
    "body".into()
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `spacing_mm` | | mm | z, y, x; 0 keeps that axis |
/// | `interpolator` | `sitkLinear` | | of the image: a name of pyradiomics, or `cubic` (IBSI's border) |
/// | `grid` | `centred` | | `centred` (IBSI) or `corner` (pyradiomics) |
/// | `mask_threshold` | 0.5 | share | masks are interpolated linearly and cut here; 0 takes the nearest voxel |
/// | `round` | false | | whether the image is rounded to whole numbers (CT) |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResampleKeys {
    spacing_mm: [f64; 3],
    #[serde(default = "linear")]
    interpolator: String,
    #[serde(default)]
    grid: Grid,
    #[serde(default = "half")]
    mask_threshold: f64,
    #[serde(default)]
    round: bool,
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

fn half() -> f64 {
    0.5
}

impl Keys for ResampleKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let interpolator = match self.interpolator.as_str() {
            "cubic" => Interpolator::Cubic,
            name => Interpolator::from_pyradiomics(name)
                .map_err(|error| error.hint("`interpolator` may also be `cubic`, the spline of the IBSI"))?,
        };
        let door = Door("resample");
        let (spacing, share) = (self.spacing_mm, self.mask_threshold);
        let expected = "three numbers above 0, in mm, or 0 to keep that axis";
        let is_right = spacing.iter().all(|s| s.is_finite() && *s >= 0.0);
        door.must(is_right, "spacing_mm", spacing, expected, "the order is z, y, x")?;
        let hint = "half a voxel, 0.5, is what the IBSI asks for; 0 takes the nearest voxel";
        door.must((0.0..=1.0).contains(&share), "mask_threshold", share, "a share from 0 to 1", hint)?;
        Ok(Box::new(Resample {
            spacing_mm: self.spacing_mm,
            grid: match self.grid {
                Grid::Centred => GridRule::Centred,
                Grid::Corner => GridRule::Corner,
            },
            interpolator,
            masks: if self.mask_threshold == 0.0 {
                MaskRule::Nearest
            } else {
                MaskRule::Threshold(self.mask_threshold)
            },
            store: if self.round { Store::Rounded } else { Store::F64 },
        }))
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
        let door = Door("zscore");
        door.positive(
            "scale",
            self.scale,
            "it is the standard deviation afterwards: 1, or 100 as pyradiomics advises",
        )?;
        if let Some(sd) = self.clip_sd {
            door.positive("clip_sd", sd, "leave it out to clip nothing")?;
        }
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
        Door("minmax").percentiles(self.low, self.high)?;
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
        Door("percentile").percentiles(self.low, self.high)?;
        Ok(Box::new(Percentile { within: within(self.within), low: self.low, high: self.high }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask in which the tissue is sought; `image` for every voxel |
/// | `peak` | `highest` | | of the histogram: `highest` (most voxels) or `last` (brightest of note) |
/// | `width` | 0.05 | share | half the stripe around the peak, as a share of the voxels |
/// | `scale` | `sd` | | the tissue becomes 0 with standard deviation 1 (`sd`), or 1, so that signal is relative to it (`mean`) |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TissueKeys {
    within: String,
    peak: Peak,
    width: f64,
    scale: Scale,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scale {
    #[default]
    Sd,
    Mean,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Peak {
    #[default]
    Highest,
    Last,
}

impl Default for TissueKeys {
    fn default() -> Self {
        TissueKeys { within: body(), peak: Peak::Highest, width: 0.05, scale: Scale::Sd }
    }
}

impl Keys for TissueKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let hint = "it is half the stripe, as a share of the voxels: 0.05 takes a tenth of them";
        let is_right = self.width > 0.0 && self.width <= 0.5;
        Door("tissue").must(is_right, "width", self.width, "a share above 0, at most 0.5", hint)?;
        let peak = match self.peak {
            Peak::Highest => TissuePeak::Highest,
            Peak::Last => TissuePeak::Last,
        };
        let scale = match self.scale {
            Scale::Sd => TissueScale::Sd,
            Scale::Mean => TissueScale::Mean,
        };
        let params = TissueParams { peak, width: self.width, scale };
        Ok(Box::new(Tissue { within: within(self.within), params }))
    }
}

/// Learns from the training images of each fold, without their labels.
///
/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask of the landmarks; `image` for every voxel |
/// | `percentiles` | 1, 10, 20, ..., 90, 99 | percent | landmarks of each image |
/// | `range` | 0, 100 | | where the first and the last landmark go |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NyulKeys {
    within: String,
    percentiles: Vec<f64>,
    range: [f64; 2],
}

impl Default for NyulKeys {
    fn default() -> Self {
        let NyulParams { percentiles, range } = NyulParams::default();
        NyulKeys { within: body(), percentiles, range }
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `within` | `body` | | the mask in which the field is estimated; `image` for every voxel |
/// | `shrink` | 4 | voxels | every so many voxels along each axis are used |
/// | `iterations` | `[50, 50, 50, 50]` | | most iterations at each level |
/// | `convergence` | 0.001 | | change of the field below which a level ends |
/// | `n_control` | 4 | | control points along each axis at the first level |
/// | `fwhm` | 0.15 | log intensity | width of the field in the histogram |
/// | `wiener_noise` | 0.01 | | of the deconvolution |
/// | `n_bins` | 200 | | of the histogram |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct N4Keys {
    within: String,
    shrink: usize,
    iterations: Vec<usize>,
    convergence: f64,
    n_control: usize,
    fwhm: f64,
    wiener_noise: f64,
    n_bins: usize,
}

impl Default for N4Keys {
    fn default() -> Self {
        let N4Params { shrink, iterations, convergence, n_control, fwhm, wiener_noise, n_bins } = N4Params::default();
        N4Keys { within: body(), shrink, iterations, convergence, n_control, fwhm, wiener_noise, n_bins }
    }
}

impl Keys for N4Keys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let N4Keys { within: at, shrink, iterations, convergence, n_control, fwhm, wiener_noise, n_bins } = self;
        let params = N4Params { shrink, iterations, convergence, n_control, fwhm, wiener_noise, n_bins };
        let door = Door("n4");
        door.must(shrink >= 1, "shrink", shrink, "a whole number of at least 1", "1 uses every voxel, 4 is usual")?;
        door.positive("fwhm", fwhm, "0.15 is that of the paper")?;
        door.positive("wiener_noise", wiener_noise, "0.01 is that of the paper")?;
        let is_right = convergence.is_finite() && convergence >= 0.0;
        door.must(is_right, "convergence", convergence, "a finite number of at least 0", "0.001 is usual")?;
        door.count("n_bins", n_bins, 2, N4Params::MOST_BINS, "200 is usual")?;
        let (levels, most) = (&params.iterations, N4Params::MOST_ITERATIONS);
        let is_right = (1..=N4Params::MOST_LEVELS).contains(&levels.len())
            && levels.iter().all(|n_iterations| *n_iterations <= most);
        let expected = format!("a list of 1 to {} levels, each at most {most}", N4Params::MOST_LEVELS);
        door.must(is_right, "iterations", levels, &expected, "[50, 50, 50, 50] is usual")?;
        let hint = format!("4 is usual; each of the {} levels doubles the lattice", levels.len());
        door.count("n_control", n_control, 4, N4Params::most_control(levels.len()), &hint)?;
        Ok(Box::new(N4 { within: within(at), params }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `shape` | | voxels | z, y, x |
/// | `how` | `trilinear` | | `trilinear` or `nearest` (the field of view is kept), or `zoom-nearest` (scipy's zoom of order 0) |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResizeKeys {
    shape: [usize; 3],
    #[serde(default)]
    how: How,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    #[default]
    Trilinear,
    Nearest,
    ZoomNearest,
}

impl Keys for ResizeKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        Door("resize").shape(self.shape)?;
        let how = match self.how {
            How::Trilinear => frame::Resize::Trilinear,
            How::Nearest => frame::Resize::Nearest,
            How::ZoomNearest => frame::Resize::ZoomNearest,
        };
        Ok(Box::new(Resize { shape: self.shape, how }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `shape` | | voxels | z, y, x; what is beyond is cut, what is missing is filled |
/// | `around` | `image` | | the mask whose middle becomes the centre; `image` for the middle of the image |
/// | `fill` | 0 | intensity | where there was no image |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PadKeys {
    shape: [usize; 3],
    #[serde(default = "image")]
    around: String,
    #[serde(default)]
    fill: f64,
}

fn image() -> String {
    "image".into()
}

impl Keys for PadKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let door = Door("pad");
        door.shape(self.shape)?;
        door.finite("fill", self.fill, "0 is usual for MR, -1000 (air) for CT")?;
        Ok(Box::new(Pad { shape: self.shape, around: within(self.around), fill: self.fill }))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Registry, config::Stage};
    use dlr_core::conformance::{check_image_learner, check_image_step};
    use std::path::Path;

    /// Every step with an example of its keys keeps the contract.
    #[test]
    fn every_step_keeps_its_contract() {
        let registry = Registry::builtin();
        let keys = |name: &str| match name {
            "resample" => "spacing_mm = [1.0, 1.0, 1.0]",
            "body" => "threshold = 310.0",
            "masks" => "name = \"near\"\nexpression = \"ring(mass, 0, 4) - peri\"",
            "filter" | "filter-pyradiomics" => "kind = \"log\"\nsigma_mm = 2.0",
            "ring" => "within = \"image\"\nto_mm = 4.0",
            "perturb" => "",
            "resize" | "pad" => "shape = [16, 16, 16]",
            _ => "within = \"image\"",
        };
        for name in registry.image_steps.names() {
            let stage = Stage { stage: name.to_owned(), params: toml::from_str(keys(name)).unwrap() };
            let step = registry.image_steps.make(&stage, "", Path::new("")).unwrap();
            check_image_step(step.as_ref()).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }

    #[test]
    fn every_step_that_learns_keeps_its_contract() {
        let registry = Registry::builtin();
        for name in registry.image_learners.names() {
            let stage = Stage { stage: name.to_owned(), params: toml::from_str("within = \"image\"").unwrap() };
            let learner = registry.image_learners.make(&stage, "", Path::new("")).unwrap();
            check_image_learner(learner.as_ref(), 7).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}
