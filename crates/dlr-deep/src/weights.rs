//! [`Weights`]: named tensors as read from a file, and the strict check that they are those of a network.
//!
//! A network is built from weights that fit it entirely or not at all: every missing, extra and misshaped tensor is
//! listed in one error. Reading never executes anything. Which function the weights belong to is
//! [`ResNetConfig`](crate::ResNetConfig)'s to say.

use crate::config::{Block, Norm, ResNetConfig, Shortcut, StageConfig, StemConfig};
use dlr_core::{Code, Error, Result, Rng};
use safetensors::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The key under which a safetensors file of ours carries its [`ResNetConfig`] as JSON.
pub const CONFIG_KEY: &str = "dlr_config";

static EMBEDDED: &[u8] = include_bytes!("../weights/r18w16_deepbet_t1w.safetensors");

/// The licence of the embedded weights (MIT, Medical Machine Learning Lab, University of Münster).
pub const EMBEDDED_LICENCE: &str = include_str!("../weights/LICENSE-deepbet.txt");

/// One tensor: its shape, and its values in C order as 32 bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightTensor {
    /// Shape; convolutions are `[out, in, z, y, x]`.
    pub shape: Vec<usize>,
    /// Values, the last axis fastest.
    pub values: Vec<f32>,
}

/// Named tensors and the text that came with them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    /// The tensors by name; ordered, so that everything made from them is.
    pub tensors: BTreeMap<String, WeightTensor>,
    /// Text of the file: source, licence, and under [`CONFIG_KEY`] the network's description.
    pub metadata: BTreeMap<String, String>,
}

impl Weights {
    /// The weights in this binary: 3D ResNet18 (width 16), supervised brain-MRI pre-training (deepbet), MIT.
    ///
    /// They fit [`ResNetConfig::r18w16_deepbet`].
    pub fn embedded() -> Self {
        Self::from_safetensors(EMBEDDED).expect("the embedded file is checked by a test")
    }

    /// Reads the bytes of a safetensors file. Values of 16, 32 and 64 bit are taken as 32 bit.
    ///
    /// `num_batches_tracked` counters, which no inference uses, are left out.
    ///
    /// # Errors
    /// [`Code::FileFormat`] for bytes that are no safetensors file; [`Code::Weights`] for a tensor that is not of
    /// floating point numbers, or that holds NaN or infinity.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self> {
        let bad = |e: safetensors::SafeTensorError| {
            Error::new(Code::FileFormat, format!("not a readable safetensors file: {e}"))
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(bad)?;
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        let file = SafeTensors::deserialize(bytes).map_err(bad)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            if name.ends_with("num_batches_tracked") {
                continue;
            }
            let values = floats(view.dtype(), view.data()).ok_or_else(|| {
                Error::new(Code::Weights, format!("tensor `{name}` is of type {:?}", view.dtype()))
                    .expected("F32, F16, BF16 or F64")
            })?;
            tensors.insert(name.to_owned(), WeightTensor { shape: view.shape().to_vec(), values });
        }
        let weights = Weights { tensors, metadata };
        weights.must_be_finite()?;
        Ok(weights)
    }

    /// Reads the bytes of a PyTorch checkpoint (`.pth`), zip or older form, without executing anything in it.
    ///
    /// Takes the state dict itself, or the one in a dict (`state_dict`, or the only one there is). Names are kept as they
    /// stand; see [`convert`](crate::convert). Integer tensors are left out.
    ///
    /// # Errors
    /// [`Code::FileFormat`], [`Code::FileTruncated`], [`Code::FileCorrupt`] for what cannot be read; [`Code::Weights`]
    /// for NaN or infinity.
    pub fn from_pth(bytes: &[u8]) -> Result<Self> {
        crate::pth::read(bytes)
    }

    /// Reads a weights file of either form, told apart by its first bytes.
    ///
    /// # Errors
    /// As [`Weights::from_safetensors`] and [`Weights::from_pth`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let is_pth = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x80\x02");
        if is_pth { Self::from_pth(bytes) } else { Self::from_safetensors(bytes) }
    }

    /// The bytes of a safetensors file with these tensors (32 bit) and this metadata.
    ///
    /// # Errors
    /// [`Code::FileWrite`] if a tensor's values do not fill its shape.
    pub fn to_safetensors(&self) -> Result<Vec<u8>> {
        let metadata: HashMap<_, _> = self.metadata.clone().into_iter().collect();
        let bytes = safetensors::serialize(self.tensors.iter().map(|(n, t)| (n, Written(t))), Some(metadata))
            .map_err(|e| Error::new(Code::FileWrite, format!("weights cannot be written: {e}")))?;
        sorted_metadata(bytes)
    }

    /// The network that these weights belong to: as their own metadata says, or else as far as names and shapes tell.
    ///
    /// What shapes cannot tell is taken as the common default: stride 2 along every axis of the stem whose kernel is 7
    /// long, pooling after the stem, stride 2 in every stage but the first, no dilation. For weights of which that is
    /// not sure, name the variant instead.
    ///
    /// # Errors
    /// [`Code::Weights`] for metadata that does not parse or names that are not those of a residual network.
    pub fn config(&self) -> Result<ResNetConfig> {
        if let Some(text) = self.metadata.get(CONFIG_KEY) {
            return serde_json::from_str(text)
                .map_err(|e| Error::new(Code::Weights, format!("`{CONFIG_KEY}` of the weights does not parse: {e}")));
        }
        infer(self).ok_or_else(|| {
            Error::new(Code::Weights, "weights are not those of a 3D residual network")
                .expected("tensors named `conv1.weight`, `layer1.0.conv1.weight` ...")
                .found(self.tensors.keys().take(3).cloned().collect::<Vec<_>>().join(", "))
        })
    }

    /// Random weights for a network: normal with variance `2 / (out * kernel voxels)` (He, fan out, as torchvision
    /// initialises), norms at identity. The control for every claim about pre-training.
    pub fn random(config: &ResNetConfig, seed: u64) -> Self {
        let tensors = config.tensors().into_iter().map(|(name, shape)| {
            let tensor = random_tensor(&name, shape, seed);
            (name, tensor)
        });
        Weights { tensors: tensors.collect(), metadata: BTreeMap::new() }
    }

    /// These weights with every tensor whose name starts with one of `prefixes` replaced by random values: the layer
    /// randomisation of Adebayo and others (2018). A saliency map that does not change with them explains nothing.
    pub fn with_random(&self, prefixes: &[&str], seed: u64) -> Self {
        let mut weights = self.clone();
        for (name, tensor) in &mut weights.tensors {
            let is_chosen =
                |p: &&str| name.strip_prefix(*p).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            if prefixes.iter().any(is_chosen) {
                *tensor = random_tensor(name, tensor.shape.clone(), seed);
            }
        }
        weights
    }

    /// Refuses weights that are not exactly those of `config`: names and shapes, none missing, none left over.
    ///
    /// # Errors
    /// [`Code::Weights`], listing every tensor that is missing, extra or misshaped.
    pub fn must_fit(&self, config: &ResNetConfig) -> Result<()> {
        let expected: BTreeMap<String, Vec<usize>> = config.tensors().into_iter().collect();
        let mut missing = Vec::new();
        let mut misshaped = Vec::new();
        for (name, shape) in &expected {
            match self.tensors.get(name) {
                None => missing.push(format!("{name} {shape:?}")),
                Some(t) if &t.shape != shape => misshaped.push(format!("{name} {:?} instead of {shape:?}", t.shape)),
                Some(t) if t.values.len() != shape.iter().product::<usize>() => {
                    misshaped.push(format!("{name} {shape:?} with {} values", t.values.len()));
                }
                Some(_) => {}
            }
        }
        let extra: Vec<String> = self
            .tensors
            .iter()
            .filter(|(n, _)| !expected.contains_key(*n))
            .map(|(n, t)| format!("{n} {:?}", t.shape))
            .collect();
        if missing.is_empty() && misshaped.is_empty() && extra.is_empty() {
            return Ok(());
        }
        let part = |what: &str, list: &[String]| {
            (!list.is_empty()).then(|| format!("{} {what}: {}", list.len(), list.join(", ")))
        };
        let parts = [part("missing", &missing), part("misshaped", &misshaped), part("extra", &extra)];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
        Err(Error::new(Code::Weights, format!("weights do not fit the network; {text}"))
            .expected(format!("exactly the {} tensors of the network", expected.len()))
            .found(format!("{} tensors", self.tensors.len()))
            .hint("choose the variant that these weights belong to, or convert them first"))
    }

    pub(crate) fn must_be_finite(&self) -> Result<()> {
        let bad: Vec<&str> = self
            .tensors
            .iter()
            .filter(|(_, t)| t.values.iter().any(|v| !v.is_finite()))
            .map(|(n, _)| n.as_str())
            .collect();
        if bad.is_empty() {
            return Ok(());
        }
        Err(Error::new(Code::Weights, format!("weights hold NaN or infinity in {}", bad.join(", ")))
            .expected("finite numbers"))
    }

    /// Values of a tensor that [`Weights::must_fit`] has found.
    pub(crate) fn values(&self, name: &str) -> Result<&[f32]> {
        let tensor = self.tensors.get(name);
        tensor
            .map(|t| t.values.as_slice())
            .ok_or_else(|| Error::new(Code::Weights, format!("no tensor is called `{name}`")))
    }
}

fn infer(weights: &Weights) -> Option<ResNetConfig> {
    let shape = |name: &str| weights.tensors.get(name).map(|t| t.shape.as_slice());
    let &[width, in_channels, kz, ky, kx] = shape("conv1.weight")? else { return None };
    let block = if shape("layer1.0.conv3.weight").is_some() { Block::Bottleneck } else { Block::Basic };
    let mut stages = Vec::new();
    while let Some(first) = shape(&format!("layer{}.0.conv1.weight", stages.len() + 1)) {
        let s = stages.len() + 1;
        let blocks = (0..).take_while(|b| shape(&format!("layer{s}.{b}.conv1.weight")).is_some()).count();
        stages.push(StageConfig { blocks, width: *first.first()?, stride: if s == 1 { 1 } else { 2 }, dilation: 1 });
    }
    let has_projection = weights.tensors.keys().any(|n| n.ends_with("downsample.0.weight"));
    let kernel = [kz, ky, kx];
    Some(ResNetConfig {
        in_channels,
        stem: StemConfig { width, kernel, stride: kernel.map(|k| if k >= 7 { 2 } else { 1 }), max_pool: true },
        block,
        stages,
        shortcut: if has_projection { Shortcut::B } else { Shortcut::A },
        norm: if shape("bn1.running_mean").is_some() { Norm::Batch } else { Norm::Instance },
    })
}

/// Random values of one tensor; the stream depends on seed and name alone, so layers can be drawn apart.
fn random_tensor(name: &str, shape: Vec<usize>, seed: u64) -> WeightTensor {
    let n: usize = shape.iter().product();
    let values = if let [out, _, z, y, x] = shape[..] {
        let sd = (2.0 / (out * z * y * x) as f64).sqrt();
        let mut rng = Rng::stream(seed, hash(name));
        (0..n).map(|_| (sd * rng.normal()) as f32).collect()
    } else {
        vec![if name.ends_with(".weight") || name.ends_with(".running_var") { 1.0 } else { 0.0 }; n]
    };
    WeightTensor { shape, values }
}

/// FNV-1a, so that the stream of a tensor depends on its name and not on its place in the list.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Little-endian floating point numbers of any width as `f32`; `None` for other types.
pub(crate) fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    match dtype {
        Dtype::F32 => Some(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()),
        Dtype::F64 => Some(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect()),
        Dtype::F16 => Some(bytes.as_chunks().0.iter().map(|b| half_to_f32(u16::from_le_bytes(*b))).collect()),
        Dtype::BF16 => {
            Some(bytes.as_chunks().0.iter().map(|b| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16)).collect())
        }
        _ => None,
    }
}

/// IEEE 754 binary16 as binary32; exact, since every half is a float.
pub(crate) fn half_to_f32(half: u16) -> f32 {
    let sign = if half >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 0x1f), f32::from(half & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// safetensors writes its metadata from a hash map, in another order each time: put it in order, so that the same
/// weights give the same bytes.
fn sorted_metadata(bytes: Vec<u8>) -> Result<Vec<u8>> {
    let bad = |what: &str| Error::new(Code::FileWrite, format!("weights cannot be written: {what}"));
    let (start, body) = bytes.split_at_checked(8).ok_or_else(|| bad("no header"))?;
    let n = u64::from_le_bytes(start.try_into().map_err(|_| bad("no length"))?) as usize;
    let (header, data) = body.split_at_checked(n).ok_or_else(|| bad("short header"))?;
    let mut header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(header).map_err(|e| bad(&e.to_string()))?;
    if let Some(serde_json::Value::Object(texts)) = header.get_mut("__metadata__") {
        texts.sort_keys();
    }
    let mut text = serde_json::to_vec(&header).map_err(|e| bad(&e.to_string()))?;
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut out = (text.len() as u64).to_le_bytes().to_vec();
    out.extend(text);
    out.extend_from_slice(data);
    Ok(out)
}

struct Written<'a>(&'a WeightTensor);

impl View for Written<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    fn data_len(&self) -> usize {
        self.0.values.len() * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_weights_are_those_of_the_network() {
        Weights::embedded().must_fit(&ResNetConfig::r18w16_deepbet()).unwrap();
        assert!(EMBEDDED_LICENCE.contains("Medical Machine Learning Lab"));
    }

    #[test]
    fn every_missing_extra_and_misshaped_tensor_is_listed_in_one_error() {
        let mut weights = Weights::embedded();
        let conv = weights.tensors.remove("layer4.1.conv2.weight").unwrap();
        weights.tensors.remove("conv1.weight");
        weights.tensors.insert("conv_seg.0.weight".into(), conv);
        weights.tensors.get_mut("layer1.0.conv1.weight").unwrap().shape = vec![16, 16, 27, 1, 1];
        weights.tensors.get_mut("layer2.0.downsample.0.weight").unwrap().values.pop();
        let error = weights.must_fit(&ResNetConfig::r18w16_deepbet()).unwrap_err();
        assert_eq!(error.code(), Code::Weights);
        let text = error.to_string();
        for name in [
            "2 missing: conv1.weight [16, 1, 7, 7, 7], layer4.1.conv2.weight",
            "2 misshaped: layer1.0.conv1.weight [16, 16, 27, 1, 1] instead of [16, 16, 3, 3, 3], layer2.0.downsample.0",
            "1 extra: conv_seg.0.weight",
        ] {
            assert!(text.contains(name), "{text}");
        }
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn damaged_files_are_refused() {
        for bytes in [&EMBEDDED[..100], &EMBEDDED[..EMBEDDED.len() - 1], b"", b"PK\x03\x04", &[0xff; 64]] {
            assert_eq!(Weights::from_safetensors(bytes).unwrap_err().code(), Code::FileFormat);
        }
        let mut weights = Weights::embedded();
        weights.tensors.get_mut("conv1.weight").unwrap().values[3] = f32::NAN;
        let bytes = weights.to_safetensors().unwrap();
        let error = Weights::from_safetensors(&bytes).unwrap_err();
        assert_eq!((error.code(), error.fact().contains("conv1.weight")), (Code::Weights, true));
    }

    #[test]
    fn written_weights_read_back_the_same_and_are_the_same_bytes() {
        let weights = Weights::embedded();
        let bytes = weights.to_safetensors().unwrap();
        assert_eq!(Weights::from_safetensors(&bytes).unwrap(), weights);
        assert_eq!(weights.clone().to_safetensors().unwrap(), bytes);
    }

    #[test]
    fn halves_are_exact() {
        let pairs =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2f32.powi(-24)), (0x3555, 0.333_251_95)];
        for (bits, value) in pairs {
            assert_eq!(half_to_f32(bits), value);
        }
        assert!(half_to_f32(0x7e00).is_nan());
    }

    #[test]
    fn random_weights_follow_the_seed_and_he() {
        let config = ResNetConfig::r18w16_deepbet();
        let (a, b) = (Weights::random(&config, 1), Weights::random(&config, 1));
        assert_eq!(a, b);
        assert_ne!(a, Weights::random(&config, 2));
        a.must_fit(&config).unwrap();
        let values = a.values("layer4.1.conv2.weight").unwrap();
        let n = values.len() as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        // 442,368 values: the standard error of the variance is 0.2 %.
        assert!((variance * 128.0 * 27.0 / 2.0 - 1.0).abs() < 0.01, "{variance}");
    }

    #[test]
    fn randomisation_touches_the_named_layers_only() {
        let weights = Weights::embedded();
        let changed = weights.with_random(&["layer4"], 7);
        for (name, tensor) in &weights.tensors {
            assert_eq!(tensor == &changed.tensors[name], !name.starts_with("layer4"), "{name}");
        }
    }
}
