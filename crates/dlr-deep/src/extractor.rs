//! [`DeepExtractor`]: a frozen network as a feature extractor.
//!
//! One forward per case gives all stages; each is pooled over the whole image and over any named regions. It knows no
//! label and learns nothing. The map that explains a linear model on these features is in `cam`.

use crate::{Engine, Input, InputConfig, Network, Pool, RegionWeights, ResNetConfig, StageMap, Weights, combine};
use dlr_core::{
    Case, Code, Error, FeatureExtractor, FeatureName, FeatureVector, LinearForm, Mask, Result, Undefined, Volume,
};
use serde::{Deserialize, Serialize};

/// A region to pool over, beside the whole image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionConfig {
    /// The word in feature names: `body` in `deep_resnet18_layer1_body-mean_0003`.
    pub name: String,
    /// The mask of the case.
    pub mask: String,
    /// Whether the region is what lies outside the mask (background).
    #[serde(default)]
    pub outside: bool,
}

/// What is taken from a network.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `input` | 64x128x128, `stretch`, `deepbet` | how an image is prepared |
/// | `stages` | empty: all | `stem`, `layer1` ... |
/// | `pools` | `mean`, `sd` | what is taken of each channel |
/// | `whole_image` | true | pool over the whole image |
/// | `regions` | none | pool over these masks too |
/// | `tag` | `resnet18` | the network's word in feature names |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeepConfig {
    /// How an image is prepared.
    pub input: InputConfig,
    /// Stages, in any order; empty means all.
    pub stages: Vec<String>,
    /// What is taken of each channel.
    pub pools: Vec<Pool>,
    /// Whether to pool over the whole image (`mean`, without a region's name).
    pub whole_image: bool,
    /// Regions to pool over.
    pub regions: Vec<RegionConfig>,
    /// The network's word in feature names.
    pub tag: String,
}

impl Default for DeepConfig {
    fn default() -> Self {
        DeepConfig {
            input: InputConfig::default(),
            stages: Vec::new(),
            pools: vec![Pool::Mean, Pool::Sd],
            whole_image: true,
            regions: Vec::new(),
            tag: "resnet18".into(),
        }
    }
}

/// One group of features: a stage pooled in one way over one region, a feature per channel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) stage: usize,
    /// Position in `regions`; `None` is the whole image.
    pub(crate) region: Option<usize>,
    pub(crate) pool: Pool,
    pub(crate) names: Vec<FeatureName>,
}

/// A frozen network that turns a case into named numbers.
///
/// ```
/// use dlr_core::{Case, FeatureExtractor, Volume};
/// use dlr_deep::{DeepConfig, DeepExtractor, InputConfig};
/// use ndarray::Array3;
///
/// let voxels = Array3::from_shape_fn((20, 30, 30), |(z, y, x)| (z * y + x) as f32);
/// let case = Case::new("p1", "p1", Volume::from_array(voxels, [3.0, 1.0, 1.0])?);
/// let input = InputConfig { grid: [32, 64, 64], ..InputConfig::default() };
/// let extractor = DeepExtractor::embedded(DeepConfig { input, ..DeepConfig::default() })?;
/// let features = extractor.extract(&case)?;
/// assert!(features.get("deep_resnet18_layer4_mean_0017").is_some_and(|v| v > 0.0));
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug)]
pub struct DeepExtractor {
    network: Network,
    config: DeepConfig,
    pub(crate) groups: Vec<Group>,
}

impl DeepExtractor {
    /// Features of any network of one input channel.
    ///
    /// # Errors
    /// [`Code::Parameter`] for a grid out of range or too small for a stage, nothing to pool, or a network of several
    /// channels;
    /// [`Code::UnknownName`] for a stage that the network does not have; [`Code::FeatureName`] for a tag or a region's
    /// name that cannot be part of one.
    pub fn new(network: Network, config: DeepConfig) -> Result<Self> {
        config.input.validate()?;
        if network.config().in_channels != 1 {
            return Err(Error::new(
                Code::Parameter,
                format!("network takes {} channels", network.config().in_channels),
            )
            .expected("1, since a case has one image"));
        }
        let groups = plan(network.config(), &config)?;
        if let Some(last) = groups.iter().map(|g| g.stage).max() {
            network.config().must_reach(config.input.grid, last)?;
        }
        if groups.is_empty() {
            return Err(Error::new(Code::Parameter, "deep features are taken from no pool and no region")
                .expected("at least one of `pools`, and `whole_image` or one of `regions`"));
        }
        Ok(DeepExtractor { network, config, groups })
    }

    /// Features of the embedded network, on the CPU.
    ///
    /// # Errors
    /// As [`DeepExtractor::new`].
    pub fn embedded(config: DeepConfig) -> Result<Self> {
        Self::new(Network::embedded()?, config)
    }

    /// The control: the embedded network's architecture with random weights.
    ///
    /// # Errors
    /// As [`DeepExtractor::new`].
    pub fn random(config: DeepConfig, seed: u64) -> Result<Self> {
        let network = ResNetConfig::r18w16_deepbet();
        Self::new(Network::new(&network, &Weights::random(&network, seed), Engine::Flex)?, config)
    }

    /// The sanity check of Adebayo and others (2018): this extractor with its network randomised from the top, first the
    /// last stage, then the last two, and so on down to the stem.
    ///
    /// A map of these must lose its likeness to the true one; a map that stays shows edges of the image, not the model.
    /// `weights` are those the network was built from. Each comes with the lowest stage that is random.
    ///
    /// # Errors
    /// [`Code::Weights`] where the weights are not those of this network.
    pub fn cascade(&self, weights: &Weights, seed: u64) -> Result<Vec<(String, DeepExtractor)>> {
        let config = self.network.config();
        let stages = config.stage_names();
        let random_from = |s: usize| {
            let prefixes = stages[s..].iter().flat_map(|name| match name.as_str() {
                "stem" => vec!["conv1", "bn1"],
                other => vec![other],
            });
            let weights = weights.with_random(&prefixes.collect::<Vec<_>>(), seed);
            let network = Network::new(config, &weights, self.network.engine())?;
            Ok((stages[s].clone(), DeepExtractor::new(network, self.config.clone())?))
        };
        (0..stages.len()).rev().map(random_from).collect()
    }

    /// What is taken from the network.
    pub fn config(&self) -> &DeepConfig {
        &self.config
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// One sentence that defines a feature of this extractor, for `features.json`; `None` for any other name.
    pub fn definition(&self, name: &FeatureName) -> Option<String> {
        let group = self.groups.iter().find(|g| g.names.contains(name))?;
        let channel = name.variant()?.trim_start_matches('0');
        let channel = if channel.is_empty() { "0" } else { channel };
        let region = group.region.map(|r| &self.config.regions[r]).map_or("the whole image".to_owned(), |r| {
            format!("{} mask `{}`", if r.outside { "what lies outside" } else { "the voxels of" }, r.mask)
        });
        let pool = match group.pool {
            Pool::Mean => "mean",
            Pool::Sd => "standard deviation",
        };
        let [z, y, x] = self.config.input.grid;
        let (stage, network) = (name.family(), name.image_type());
        Some(format!(
            "{pool} over {region} of channel {channel} of {stage} of {network}, run on {z}x{y}x{x} voxels (z, y, x)"
        ))
    }

    /// The stages of one case up to the last that is needed, and its prepared image.
    pub(crate) fn run(&self, case: &Case) -> Result<(Input, Vec<StageMap>)> {
        let mut input = self.config.input.prepare(&case.image)?;
        let last = self.groups.iter().map(|g| g.stage).max().unwrap_or(0);
        let values = std::mem::take(&mut input.values);
        let maps = self.network.forward(values, self.config.input.grid, last)?;
        Ok((input, maps))
    }

    /// For each region (the whole image first), which voxels of the network's input lie in it.
    pub(crate) fn regions(&self, case: &Case, input: &Input) -> Result<Vec<Vec<bool>>> {
        let image = input.grid.read_region(None)?;
        let mut regions = Vec::new();
        for region in &self.config.regions {
            let mut inside = input.grid.read_region(Some(case.mask(&region.mask)?))?;
            if region.outside {
                for (voxel, in_image) in inside.iter_mut().zip(&image) {
                    *voxel = *in_image && !*voxel;
                }
            }
            regions.push(inside);
        }
        regions.insert(0, image);
        Ok(regions)
    }

    fn features(&self, case: &Case) -> Result<FeatureVector> {
        // Masks are looked up before the network runs: a missing one should not cost a forward.
        self.config.regions.iter().try_for_each(|r| self.check_mask(case, case.mask(&r.mask)?))?;
        let (input, maps) = self.run(case)?;
        let regions = self.regions(case, &input)?;
        let mut features = FeatureVector::new();
        let mut weights: Option<((usize, Option<usize>), RegionWeights)> = None;
        for group in &self.groups {
            let (map, key) = (&maps[group.stage], (group.stage, group.region));
            let inside = &regions[group.region.map_or(0, |r| r + 1)];
            // The pools of one region follow each other, so the weights of the last one are worth keeping.
            let weights = match &mut weights {
                Some((old, kept)) if *old == key => &*kept,
                slot => &slot.insert((key, RegionWeights::new(inside, self.config.input.grid, map))).1,
            };
            for (channel, name) in group.names.iter().enumerate() {
                if weights.is_empty() {
                    let reason = "the region holds no voxel of the network's input grid";
                    features.push_undefined(name.clone(), Undefined::new("empty-region", reason));
                } else {
                    features.push(name.clone(), group.pool.value(map.channel(channel), weights));
                }
            }
        }
        Ok(features)
    }

    fn check_mask(&self, case: &Case, mask: &Mask) -> Result<()> {
        case.image.geometry().must_match(mask.geometry(), "mask")
    }
}

impl FeatureExtractor for DeepExtractor {
    fn names(&self) -> Vec<FeatureName> {
        self.groups.iter().flat_map(|g| g.names.iter().cloned()).collect()
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        self.features(case).map_err(|error| error.for_case(&case.id))
    }

    /// The signed maps of all stages that the form uses, added up (see [`DeepExtractor::cam`] for each alone).
    fn saliency(&self, case: &Case, form: &LinearForm) -> Result<Option<Volume>> {
        let maps = self.cam(case, form)?;
        if maps.is_empty() { Ok(None) } else { Ok(Some(combine(&maps)?.signed)) }
    }
}

/// Stage by stage, region by region (the whole image first), pool by pool.
fn plan(network: &ResNetConfig, config: &DeepConfig) -> Result<Vec<Group>> {
    let known = network.stage_names();
    if let Some(name) = config.stages.iter().find(|s| !known.contains(s)) {
        return Err(
            Error::new(Code::UnknownName, format!("the network has no stage `{name}`")).expected(known.join(", "))
        );
    }
    let mut groups = Vec::new();
    for (stage, stage_name) in known.iter().enumerate() {
        if !config.stages.is_empty() && !config.stages.contains(stage_name) {
            continue;
        }
        let whole = config.whole_image.then_some(None);
        for region in whole.into_iter().chain((0..config.regions.len()).map(Some)) {
            for pool in &config.pools {
                let feature = match region {
                    None => pool.as_str().to_owned(),
                    Some(r) => format!("{}-{}", config.regions[r].name, pool.as_str()),
                };
                let names = (0..network.stage_channels()[stage]).map(|c| {
                    FeatureName::new("deep", &config.tag, stage_name, &feature)?.with_variant(&format!("{c:04}"))
                });
                groups.push(Group { stage, region, pool: *pool, names: names.collect::<Result<_>>()? });
            }
        }
    }
    Ok(groups)
}
