//! Frozen 3D ResNets as feature extractors: weights, whole-image features, Grad-CAM of the deep block.
//!
//! [`ResNetConfig`] says what a network is, [`Weights`] hold its tensors, and [`Network`] joins the two, strictly.
//! [`InputConfig`] brings an image to what the network saw in training, [`Network::forward`] gives a [`StageMap`] per
//! stage, and pooling them over the whole image or regions gives features. For a linear model on such features the
//! Grad-CAM map has a closed form.
//!
//! The binary carries one network: `r18w16-deepbet`, a 3D ResNet18 of width 16 with supervised brain-MRI pre-training
//! (deepbet, MIT licence). It is not MedicalNet, and it is not an oncology model; random weights are the control.
//!
//! Deliberately absent: training, files (bytes come in, bytes go out), and any knowledge of labels.
//!
//! Cargo features: `conformance` adds the recomputed reference values ([`conformance`]); `wgpu` adds the GPU engine.

mod cam;
mod config;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod convert;
mod extractor;
mod input;
mod network;
mod pickle;
mod pooling;
mod pth;
mod weights;

pub use cam::{CamMap, combine};
pub use config::{Block, Norm, ResNetConfig, Shortcut, StageConfig, StemConfig, VARIANTS};
pub use convert::{Inspection, convert, inspect};
pub use extractor::{DeepConfig, DeepExtractor, RegionConfig};
pub use input::{Fit, Input, InputConfig, InputGrid, Intensity};
pub use network::{Engine, Network, StageMap};
pub use pooling::{Pool, RegionWeights};
pub use weights::{CONFIG_KEY, EMBEDDED_LICENCE, WeightTensor, Weights};
