//! `weights inspect` and `weights convert` as functions: what a file holds, and a foreign file in our names.
//!
//! Conversion renames (a prefix such as `module.`, torchvision's video naming), drops a known head, writes the chosen
//! network description into the file, and then checks strictly. It never chooses the variant: two variants can have the
//! same tensors and be different functions.

use crate::{CONFIG_KEY, ResNetConfig, VARIANTS, Weights};
use dlr_core::{Code, Error, Result};
use std::fmt;

/// What a weights file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Name and shape of every tensor, in order of name.
    pub tensors: Vec<(String, Vec<usize>)>,
    /// Number of values in all.
    pub n_values: usize,
    /// Text that came with the file, by key.
    pub metadata: Vec<(String, String)>,
    /// The named variants whose tensors these are, after conversion. More than one may fit: strides and dilations are
    /// not in a file.
    pub variants: Vec<&'static str>,
    /// What keeps each other named variant from fitting.
    pub misfits: Vec<(&'static str, String)>,
}

/// Reads a weights file (safetensors or `.pth`) and says what is in it.
///
/// # Errors
/// As [`Weights::from_bytes`].
pub fn inspect(bytes: &[u8]) -> Result<Inspection> {
    let weights = Weights::from_bytes(bytes)?;
    let (mut variants, mut misfits) = (Vec::new(), Vec::new());
    for name in VARIANTS {
        match convert(&weights, &ResNetConfig::named(name)?) {
            Ok(_) => variants.push(name),
            Err(error) => misfits.push((name, error.fact().to_owned())),
        }
    }
    Ok(Inspection {
        tensors: weights.tensors.iter().map(|(n, t)| (n.clone(), t.shape.clone())).collect(),
        n_values: weights.tensors.values().map(|t| t.values.len()).sum(),
        metadata: weights.metadata.into_iter().collect(),
        variants,
        misfits,
    })
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} tensors, {} values", self.tensors.len(), self.n_values)?;
        for (key, value) in &self.metadata {
            writeln!(f, "{key}: {value}")?;
        }
        for (name, shape) in &self.tensors {
            writeln!(f, "  {name} {shape:?}")?;
        }
        match &self.variants[..] {
            [] => write!(f, "fits no named variant"),
            [one] => write!(f, "fits {one}"),
            several => write!(
                f,
                "fits {}: the same tensors, but other strides and dilations, so the variant must be chosen",
                several.join(" and ")
            ),
        }
    }
}

/// Foreign weights as those of `config`: renamed, without the head, with the description in their metadata.
///
/// The second value lists what was dropped: the classification or segmentation head (`fc.*`, `conv_seg.*`), and
/// whatever lies outside the prefix under which the network stands.
///
/// # Errors
/// [`Code::Weights`] where the names are not those of a residual network, or where, after renaming, any tensor is
/// missing, extra or misshaped.
pub fn convert(weights: &Weights, config: &ResNetConfig) -> Result<(Weights, Vec<String>)> {
    config.validate()?;
    let prefix = prefix(weights)?;
    let mut converted = Weights { metadata: weights.metadata.clone(), ..Weights::default() };
    let mut dropped = Vec::new();
    for (name, tensor) in &weights.tensors {
        match name.strip_prefix(prefix) {
            Some(inner) if !inner.starts_with("fc.") && !inner.starts_with("conv_seg.") => {
                converted.tensors.insert(renamed(inner), tensor.clone());
            }
            _ => dropped.push(name.clone()),
        }
    }
    converted.must_fit(config)?;
    let text = serde_json::to_string(config)
        .map_err(|e| Error::new(Code::Weights, format!("the network's description cannot be written: {e}")))?;
    converted.metadata.insert(CONFIG_KEY.into(), text);
    Ok((converted, dropped))
}

/// What stands before the first convolution's name: empty, `module.`, `backbone.` ...
fn prefix(weights: &Weights) -> Result<&str> {
    let first = |name: &'static str| {
        weights
            .tensors
            .keys()
            .filter_map(move |n| n.strip_suffix(name))
            .filter(|p| !p.contains("layer") && (p.is_empty() || p.ends_with('.')))
    };
    let mut found: Vec<&str> = first("conv1.weight").chain(first("stem.0.weight")).collect();
    found.dedup();
    match found[..] {
        [one] => Ok(one),
        [] => Err(Error::new(Code::Weights, "no tensor is a network's first convolution")
            .expected("`conv1.weight` or `stem.0.weight`, after any prefix")
            .found(weights.tensors.keys().take(3).cloned().collect::<Vec<_>>().join(", "))),
        _ => Err(Error::new(Code::Weights, "weights hold several networks")
            .found(found.join(", "))
            .hint("save the one that is wanted alone")),
    }
}

/// torchvision's video names in those of its image networks: `stem.0`, `layer1.0.conv1.0`, `layer1.0.conv1.1`.
fn renamed(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    match parts[..] {
        ["stem", "0", part] => format!("conv1.{part}"),
        ["stem", "1", part] => format!("bn1.{part}"),
        [layer, block, "conv1", "0", part] => format!("{layer}.{block}.conv1.{part}"),
        [layer, block, "conv1", "1", part] => format!("{layer}.{block}.bn1.{part}"),
        [layer, block, "conv2", "0", part] => format!("{layer}.{block}.conv2.{part}"),
        [layer, block, "conv2", "1", part] => format!("{layer}.{block}.bn2.{part}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_fits_its_own_variant_alone() {
        let inspection = inspect(include_bytes!("../weights/r18w16_deepbet_t1w.safetensors")).unwrap();
        assert_eq!(inspection.variants, ["r18w16-deepbet"]);
        assert_eq!((inspection.tensors.len(), inspection.n_values), (20, 2_076_016));
        assert!(inspection.misfits.iter().all(|(_, why)| why.contains("missing: bn1.bias")));
        let text = inspection.to_string();
        assert!(text.contains("license: MIT") && text.ends_with("fits r18w16-deepbet"), "{text}");
    }

    #[test]
    fn a_prefix_and_a_head_are_taken_off_and_the_rest_is_strict() {
        let own = Weights::embedded();
        let mut foreign = Weights::default();
        for (name, tensor) in &own.tensors {
            foreign.tensors.insert(format!("module.{name}"), tensor.clone());
        }
        let some = own.tensors["conv1.weight"].clone();
        foreign.tensors.insert("module.conv_seg.0.weight".into(), some.clone());
        foreign.tensors.insert("decoder.weight".into(), some.clone());
        let config = ResNetConfig::r18w16_deepbet();
        let (converted, dropped) = convert(&foreign, &config).unwrap();
        assert_eq!(converted.tensors, own.tensors);
        assert_eq!(dropped, ["decoder.weight", "module.conv_seg.0.weight"]);
        assert_eq!(converted.config().unwrap(), config);

        foreign.tensors.insert("module.layer5.weight".into(), some.clone());
        assert!(convert(&foreign, &config).unwrap_err().to_string().contains("1 extra: layer5.weight"));
        foreign.tensors.insert("other.conv1.weight".into(), some);
        assert!(convert(&foreign, &config).unwrap_err().to_string().contains("several networks"));
        assert_eq!(convert(&Weights::default(), &config).unwrap_err().code(), Code::Weights);
    }

    #[test]
    fn video_names_are_known() {
        for (foreign, own) in [
            ("stem.0.weight", "conv1.weight"),
            ("stem.1.running_mean", "bn1.running_mean"),
            ("layer2.0.conv1.0.weight", "layer2.0.conv1.weight"),
            ("layer2.1.conv2.1.bias", "layer2.1.bn2.bias"),
            ("layer2.0.downsample.1.bias", "layer2.0.downsample.1.bias"),
            ("layer2.0.conv1.weight", "layer2.0.conv1.weight"),
        ] {
            assert_eq!(renamed(foreign), own);
        }
    }
}
