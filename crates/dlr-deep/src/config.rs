//! [`ResNetConfig`]: the description of a 3D residual network as plain data.
//!
//! It says everything that the weights alone do not: strides, dilations, the kind of shortcut and of normalisation.
//! Two networks with the same tensors and other strides are other functions, so nothing here is guessed silently:
//! a named variant is chosen, or a weights file carries its description. Nothing here touches a tensor.

use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// How a block bridges a change of width or stride.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shortcut {
    /// Every stride-th voxel, missing channels filled with zeros; without parameters (MedicalNet 18 and 34).
    A,
    /// A 1x1x1 convolution with the block's stride, then the norm (`downsample.0`, `downsample.1`).
    B,
}

/// How activations are normalised after each convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// Per channel over the volume itself, without parameters, epsilon 1e-5; the same in training and inference.
    Instance,
    /// With the running mean and variance of training, epsilon 1e-5.
    Batch,
}

/// The residual block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// Two 3x3x3 convolutions; the stride is in the first (ResNet-18 and 34).
    Basic,
    /// 1x1x1, 3x3x3 (with the stride), 1x1x1 to four times the width (ResNet-50 and deeper).
    Bottleneck,
}

impl Block {
    /// Channels that leave a block, per unit of its width.
    pub fn expansion(self) -> usize {
        match self {
            Block::Basic => 1,
            Block::Bottleneck => 4,
        }
    }
}

/// The first convolution, its norm and ReLU, and the pooling after it. The stage named `stem` ends before the pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StemConfig {
    /// Channels out.
    pub width: usize,
    /// Kernel `[z, y, x]`, odd; padded by half of it.
    pub kernel: [usize; 3],
    /// Stride `[z, y, x]`.
    pub stride: [usize; 3],
    /// Whether a 3x3x3 maximum pooling with stride 2 follows.
    pub max_pool: bool,
}

/// One stage (`layer1` and so on): blocks of one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageConfig {
    /// Number of blocks, at least 1.
    pub blocks: usize,
    /// Width; the channels out are this times [`Block::expansion`].
    pub width: usize,
    /// Stride of the first block.
    pub stride: usize,
    /// Dilation of every 3x3x3 convolution in the stage.
    pub dilation: usize,
}

/// A 3D residual network without its head.
///
/// | name | meaning | range |
/// |---|---|---|
/// | `in_channels` | channels of the input | at least 1 |
/// | `stem` | first convolution and pooling | odd kernel, stride at least 1 |
/// | `block` | kind of block in all stages | |
/// | `stages` | blocks, width, stride, dilation of each | 1 to 8 stages |
/// | `shortcut` | A without parameters, B with a convolution | |
/// | `norm` | instance or batch | |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResNetConfig {
    /// Channels of the input.
    pub in_channels: usize,
    /// The first convolution.
    pub stem: StemConfig,
    /// The kind of block.
    pub block: Block,
    /// The stages, first to last.
    pub stages: Vec<StageConfig>,
    /// The kind of shortcut.
    pub shortcut: Shortcut,
    /// The kind of normalisation.
    pub norm: Norm,
}

/// The network variants with a name, as accepted by [`ResNetConfig::named`].
pub const VARIANTS: [&str; 4] = ["r18w16-deepbet", "medicalnet18", "monai18", "r3d18"];

impl ResNetConfig {
    /// 3D ResNet18 of base width 16 with instance norm and strides 1, 2, 2, 2: the encoder of deepbet's LinkNet.
    ///
    /// Supervised brain-MRI pre-training (deepbet). It is not MedicalNet.
    pub fn r18w16_deepbet() -> Self {
        Self::resnet18(16, [2; 3], [1, 2, 2, 2], [1; 4], Shortcut::B, Norm::Instance)
    }

    /// MedicalNet's own ResNet18: stem stride 2, stages 3 and 4 dilated (2, 4) instead of strided, shortcut A.
    ///
    /// Output stride 8, so that maps stay fine.
    pub fn medicalnet18() -> Self {
        Self::resnet18(64, [2; 3], [1, 2, 1, 1], [1, 1, 2, 4], Shortcut::A, Norm::Batch)
    }

    /// The same tensors as MedicalNet in MONAI's `resnet18(shortcut_type="A", conv1_t_stride=2)`: strides 2, no dilation.
    pub fn monai18() -> Self {
        Self::resnet18(64, [2; 3], [1, 2, 2, 2], [1; 4], Shortcut::A, Norm::Batch)
    }

    /// torchvision's `r3d_18`: stem 3x7x7 with stride 1x2x2, three channels, no pooling, shortcut B.
    pub fn r3d18() -> Self {
        let mut config = Self::resnet18(64, [1, 2, 2], [1, 2, 2, 2], [1; 4], Shortcut::B, Norm::Batch);
        config.in_channels = 3;
        config.stem.kernel = [3, 7, 7];
        config.stem.max_pool = false;
        config
    }

    /// One of [`VARIANTS`].
    ///
    /// # Errors
    /// [`Code::UnknownName`].
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "r18w16-deepbet" => Ok(Self::r18w16_deepbet()),
            "medicalnet18" => Ok(Self::medicalnet18()),
            "monai18" => Ok(Self::monai18()),
            "r3d18" => Ok(Self::r3d18()),
            _ => Err(Error::new(Code::UnknownName, format!("no network variant is called `{name}`"))
                .expected(VARIANTS.join(", "))),
        }
    }

    fn resnet18(
        width: usize,
        stem_stride: [usize; 3],
        strides: [usize; 4],
        dilations: [usize; 4],
        shortcut: Shortcut,
        norm: Norm,
    ) -> Self {
        let stage = |s: usize| StageConfig { blocks: 2, width: width << s, stride: strides[s], dilation: dilations[s] };
        ResNetConfig {
            in_channels: 1,
            stem: StemConfig { width, kernel: [7; 3], stride: stem_stride, max_pool: true },
            block: Block::Basic,
            stages: (0..4).map(stage).collect(),
            shortcut,
            norm,
        }
    }

    /// Refuses a description that no network can have.
    ///
    /// # Errors
    /// [`Code::Parameter`], naming the field.
    pub fn validate(&self) -> Result<()> {
        let refuse = |what: String, range: &str| Err(Error::new(Code::Parameter, what).expected(range));
        if self.in_channels == 0 || self.stem.width == 0 {
            return refuse("`in_channels` or `stem.width` is 0".into(), "at least 1");
        }
        if self.stem.kernel.iter().any(|k| k % 2 == 0) || self.stem.stride.contains(&0) {
            return refuse(format!("`stem` is {:?}", self.stem), "an odd kernel and strides of at least 1");
        }
        if self.stages.is_empty() || self.stages.len() > 8 {
            return refuse(format!("there are {} stages", self.stages.len()), "1 to 8");
        }
        for (s, stage) in self.stages.iter().enumerate() {
            if [stage.blocks, stage.width, stage.stride, stage.dilation].contains(&0) {
                return refuse(format!("`layer{}` is {stage:?}", s + 1), "no value of 0");
            }
        }
        if self.shortcut == Shortcut::A && self.links().iter().any(|link| link.channels_in > link.channels_out) {
            return refuse("shortcut A cannot narrow a stage".into(), "widths that do not shrink");
        }
        Ok(())
    }

    /// Names of the stages in order: `stem`, `layer1`, `layer2` ...
    pub fn stage_names(&self) -> Vec<String> {
        std::iter::once("stem".to_owned()).chain((1..=self.stages.len()).map(|s| format!("layer{s}"))).collect()
    }

    /// Channels that leave each stage, stem first.
    pub fn stage_channels(&self) -> Vec<usize> {
        let stages = self.stages.iter().map(|s| s.width * self.block.expansion());
        std::iter::once(self.stem.width).chain(stages).collect()
    }

    /// Input voxels per output voxel of each stage, stem first, `[z, y, x]`.
    ///
    /// All kernels are odd and padded by half, so output voxel `o` of a stage looks at input voxel `o * stride`.
    pub fn stage_strides(&self) -> Vec<[usize; 3]> {
        let pool = if self.stem.max_pool { 2 } else { 1 };
        let mut strides = vec![self.stem.stride];
        let mut stride = self.stem.stride.map(|s| s * pool);
        for stage in &self.stages {
            stride = stride.map(|s| s * stage.stride);
            strides.push(stride);
        }
        strides
    }

    /// Positions of each stage for an input of `grid` voxels, stem first: `ceil(grid / stride)` along each axis.
    pub fn stage_shapes(&self, grid: [usize; 3]) -> Vec<[usize; 3]> {
        self.stage_strides().iter().map(|stride| [0, 1, 2].map(|a| grid[a].div_ceil(stride[a]))).collect()
    }

    /// Refuses an input so small that an instance norm would see a single position, of which it makes a silent 0.
    ///
    /// # Errors
    /// [`Code::Parameter`], naming the stage.
    pub fn must_reach(&self, grid: [usize; 3], last: usize) -> Result<()> {
        let shapes = self.stage_shapes(grid);
        let Some(lost) = shapes.iter().take(last + 1).position(|s| s.iter().product::<usize>() < 2) else {
            return Ok(());
        };
        if self.norm == Norm::Batch {
            return Ok(());
        }
        Err(Error::new(
            Code::Parameter,
            format!("an input of {grid:?} voxels leaves `{}` one position", self.stage_names()[lost]),
        )
        .expected("at least 2 positions for an instance norm")
        .hint("take a larger grid, or fewer stages"))
    }

    /// Every tensor of the network with its shape, in order of use; the names are torchvision's.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut list = TensorList { norm: self.norm, tensors: Vec::new() };
        list.conv("conv1", self.stem.width, self.in_channels, self.stem.kernel);
        list.norm("bn1", self.stem.width);
        for link in self.links() {
            let name = |part: &str| format!("{}.{part}", link.prefix);
            let (width, out) = (link.width, link.channels_out);
            match self.block {
                Block::Basic => {
                    list.conv(&name("conv1"), width, link.channels_in, [3; 3]);
                    list.norm(&name("bn1"), width);
                    list.conv(&name("conv2"), width, width, [3; 3]);
                    list.norm(&name("bn2"), width);
                }
                Block::Bottleneck => {
                    list.conv(&name("conv1"), width, link.channels_in, [1; 3]);
                    list.norm(&name("bn1"), width);
                    list.conv(&name("conv2"), width, width, [3; 3]);
                    list.norm(&name("bn2"), width);
                    list.conv(&name("conv3"), out, width, [1; 3]);
                    list.norm(&name("bn3"), out);
                }
            }
            if link.is_bridge() && self.shortcut == Shortcut::B {
                list.conv(&name("downsample.0"), out, link.channels_in, [1; 3]);
                list.norm(&name("downsample.1"), out);
            }
        }
        list.tensors
    }

    /// Every block in order, with what flows in and out of it.
    pub(crate) fn links(&self) -> Vec<Link> {
        let mut channels_in = self.stem.width;
        let mut links = Vec::new();
        for (s, stage) in self.stages.iter().enumerate() {
            for b in 0..stage.blocks {
                let channels_out = stage.width * self.block.expansion();
                links.push(Link {
                    stage: s,
                    prefix: format!("layer{}.{b}", s + 1),
                    channels_in,
                    width: stage.width,
                    channels_out,
                    stride: if b == 0 { stage.stride } else { 1 },
                    dilation: stage.dilation,
                });
                channels_in = channels_out;
            }
        }
        links
    }
}

/// One block with its place in the network.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) stage: usize,
    pub(crate) prefix: String,
    pub(crate) channels_in: usize,
    pub(crate) width: usize,
    pub(crate) channels_out: usize,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
}

impl Link {
    /// Whether the identity does not fit, so that a shortcut of kind A or B is needed.
    pub(crate) fn is_bridge(&self) -> bool {
        self.stride != 1 || self.channels_in != self.channels_out
    }
}

struct TensorList {
    norm: Norm,
    tensors: Vec<(String, Vec<usize>)>,
}

impl TensorList {
    fn conv(&mut self, name: &str, out: usize, channels_in: usize, kernel: [usize; 3]) {
        let [z, y, x] = kernel;
        self.tensors.push((format!("{name}.weight"), vec![out, channels_in, z, y, x]));
    }

    fn norm(&mut self, name: &str, channels: usize) {
        if self.norm == Norm::Batch {
            for part in ["weight", "bias", "running_mean", "running_var"] {
                self.tensors.push((format!("{name}.{part}"), vec![channels]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_valid_and_known() {
        for name in VARIANTS {
            ResNetConfig::named(name).unwrap().validate().unwrap();
        }
        assert_eq!(ResNetConfig::named("resnet999").unwrap_err().code(), Code::UnknownName);
    }

    #[test]
    fn deepbet_has_the_tensors_and_the_size_that_its_authors_state() {
        let tensors = ResNetConfig::r18w16_deepbet().tensors();
        assert_eq!(tensors.len(), 20);
        let n: usize = tensors.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        assert_eq!(n, 2_076_016);
    }

    #[test]
    fn medicalnet_and_monai_differ_in_nothing_that_the_weights_show() {
        let (a, b) = (ResNetConfig::medicalnet18(), ResNetConfig::monai18());
        assert_eq!(a.tensors(), b.tensors());
        assert_eq!(a.stage_strides().last(), Some(&[8; 3]));
        assert_eq!(b.stage_strides().last(), Some(&[32; 3]));
    }

    #[test]
    fn an_input_too_small_for_a_stage_is_refused() {
        let config = ResNetConfig::r18w16_deepbet();
        assert_eq!(config.stage_shapes([64, 128, 100]).last(), Some(&[2, 4, 4]));
        assert!(config.must_reach([32, 64, 64], 4).is_ok());
        assert!(config.must_reach([32; 3], 3).is_ok());
        assert_eq!(config.must_reach([32; 3], 4).unwrap_err().code(), Code::Parameter);
        assert!(ResNetConfig::monai18().must_reach([32; 3], 4).is_ok());
    }

    #[test]
    fn impossible_descriptions_are_refused() {
        let mut config = ResNetConfig::medicalnet18();
        config.stages[3].width = 8;
        assert_eq!(config.validate().unwrap_err().code(), Code::Parameter);
        let mut config = ResNetConfig::r18w16_deepbet();
        config.stem.kernel = [4, 7, 7];
        assert!(config.validate().is_err());
        config = ResNetConfig::r18w16_deepbet();
        config.stages.clear();
        assert!(config.validate().is_err());
    }
}
