//! [`Network`]: a [`ResNetConfig`] with weights that fit it, on a device, ready to run forward.
//!
//! The one place that touches burn's tensors. It runs frozen: norms use the statistics of training (or of the
//! instance), nothing is ever updated. burn has no 3D maximum pooling, so two 2D poolings do it (in-plane, then
//! along z), which is the same because a maximum is separable.

use crate::config::{Block, Link, Norm, ResNetConfig, Shortcut};
use crate::weights::Weights;
use burn::tensor::activation::relu;
use burn::tensor::module::{conv3d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};
use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

const EPSILON: f64 = 1e-5;

/// Where a network runs. Named explicitly, because burn's own default depends on the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// burn-flex on the CPU; the same bits for any number of threads.
    #[default]
    Flex,
    /// burn-wgpu on the default GPU; equal to the CPU within about 1e-6, not to the bit.
    #[cfg(feature = "wgpu")]
    Wgpu,
}

impl Engine {
    fn device(self) -> Device {
        match self {
            Engine::Flex => Device::flex(),
            #[cfg(feature = "wgpu")]
            Engine::Wgpu => Device::wgpu(Default::default()),
        }
    }
}

/// What leaves one stage: non-negative activations (after its last ReLU), channel by channel.
#[derive(Debug, Clone, PartialEq)]
pub struct StageMap {
    /// `stem`, `layer1` and so on.
    pub stage: String,
    /// Number of channels.
    pub channels: usize,
    /// Positions `[z, y, x]`.
    pub shape: [usize; 3],
    /// Input voxels per position, `[z, y, x]`; position `o` looks at input voxel `o * stride`.
    pub stride: [usize; 3],
    /// Values in C order `[channel, z, y, x]`.
    pub values: Vec<f32>,
}

impl StageMap {
    /// Activations of one channel, `z * y * x` of them, x fastest.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let n = self.n_positions();
        &self.values[channel * n..(channel + 1) * n]
    }

    /// Number of positions.
    pub fn n_positions(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A frozen 3D residual network on a device.
#[derive(Debug, Clone)]
pub struct Network {
    config: ResNetConfig,
    engine: Engine,
    device: Device,
    stem: ConvNorm,
    blocks: Vec<ResidualBlock>,
}

impl Network {
    /// Builds the network; the weights must be exactly those of `config`.
    ///
    /// # Errors
    /// [`Code::Parameter`] for an impossible description, [`Code::Weights`] for weights that do not fit.
    pub fn new(config: &ResNetConfig, weights: &Weights, engine: Engine) -> Result<Self> {
        config.validate()?;
        weights.must_fit(config)?;
        let device = engine.device();
        let make = Builder { norm: config.norm, weights, device: &device };
        let stem = make.conv("conv1", "bn1", config.stem.stride, 1)?;
        let blocks = config.links().iter().map(|link| make.block(config, link)).collect::<Result<_>>()?;
        Ok(Network { config: config.clone(), engine, device, stem, blocks })
    }

    /// The embedded network (`r18w16-deepbet`) on the CPU.
    ///
    /// # Errors
    /// None in practice: a test holds the embedded file against the description.
    pub fn embedded() -> Result<Self> {
        Self::new(&ResNetConfig::r18w16_deepbet(), &Weights::embedded(), Engine::Flex)
    }

    /// The description it was built from.
    pub fn config(&self) -> &ResNetConfig {
        &self.config
    }

    /// Where it runs.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// One volume through the network, up to and including stage `last` (0 is the stem); a map per stage.
    ///
    /// `input` is `[channel, z, y, x]` in C order, already prepared (see [`crate::InputConfig`]), `shape` its
    /// `[z, y, x]`.
    ///
    /// # Errors
    /// [`Code::Shape`] where `input` does not fill `in_channels` volumes of `shape`, or `shape` has an empty axis;
    /// [`Code::Parameter`] for a stage that the network does not have, or that a shape this small does not reach.
    pub fn forward(&self, input: Vec<f32>, shape: [usize; 3], last: usize) -> Result<Vec<StageMap>> {
        let [z, y, x] = shape;
        let channels = self.config.in_channels;
        if z * y * x == 0 || input.len() != channels * z * y * x {
            return Err(Error::new(Code::Shape, "network input does not fill its shape")
                .expected(format!("{channels} channels of {z}x{y}x{x} voxels (z, y, x), none empty"))
                .found(format!("{} values", input.len())));
        }
        if last > self.config.stages.len() {
            return Err(Error::new(Code::Parameter, format!("stage {last} was asked for"))
                .expected(format!("0 (stem) to {}", self.config.stages.len())));
        }
        self.config.must_reach(shape, last)?;
        let data = TensorData::new(input, [1, channels, z, y, x]);
        let mut x = relu(self.stem.forward(Tensor::<5>::from_data(data, &self.device)));
        let mut maps = vec![self.map(0, &x)?];
        if self.config.stem.max_pool && last > 0 {
            x = max_pool_3(x);
        }
        for stage in 1..=last {
            for block in self.blocks.iter().filter(|b| b.stage + 1 == stage) {
                x = block.forward(x);
            }
            maps.push(self.map(stage, &x)?);
        }
        Ok(maps)
    }

    fn map(&self, stage: usize, x: &Tensor<5>) -> Result<StageMap> {
        let [_, channels, depth, height, width] = x.dims();
        let values = x
            .to_data()
            .try_into_vec::<f32>()
            .map_err(|e| Error::new(Code::Contract, format!("activations are not 32 bit floats: {e:?}")))?;
        Ok(StageMap {
            stage: self.config.stage_names()[stage].clone(),
            channels,
            shape: [depth, height, width],
            stride: self.config.stage_strides()[stage],
            values,
        })
    }
}

/// A convolution without bias and the norm after it.
#[derive(Debug, Clone)]
struct ConvNorm {
    weight: Tensor<5>,
    /// The bias left over when a batch norm is folded into the convolution; `None` for an instance norm.
    bias: Option<Tensor<1>>,
    options: ConvOptions<3>,
}

impl ConvNorm {
    fn forward(&self, x: Tensor<5>) -> Tensor<5> {
        let x = conv3d(x, self.weight.clone(), self.bias.clone(), self.options.clone());
        if self.bias.is_some() { x } else { instance_norm(x) }
    }
}

#[derive(Debug, Clone)]
struct ResidualBlock {
    stage: usize,
    convs: Vec<ConvNorm>,
    bridge: Bridge,
}

#[derive(Debug, Clone)]
enum Bridge {
    Identity,
    /// Shortcut A: stride, and channels of zeros to append.
    Subsample(usize, usize),
    Conv(Box<ConvNorm>),
}

impl ResidualBlock {
    fn forward(&self, x: Tensor<5>) -> Tensor<5> {
        let shortcut = match &self.bridge {
            Bridge::Identity => x.clone(),
            Bridge::Subsample(stride, n_zeros) => subsample(x.clone(), *stride, *n_zeros),
            Bridge::Conv(conv) => conv.forward(x.clone()),
        };
        let mut out = x;
        for (i, conv) in self.convs.iter().enumerate() {
            out = if i == 0 { conv.forward(out) } else { conv.forward(relu(out)) };
        }
        relu(out + shortcut)
    }
}

/// Makes layers from named weights.
struct Builder<'a> {
    norm: Norm,
    weights: &'a Weights,
    device: &'a Device,
}

impl Builder<'_> {
    fn block(&self, config: &ResNetConfig, link: &Link) -> Result<ResidualBlock> {
        let name = |part: &str| format!("{}.{part}", link.prefix);
        let conv =
            |c: &str, n: &str, stride: usize, dilation: usize| self.conv(&name(c), &name(n), [stride; 3], dilation);
        let convs = match config.block {
            Block::Basic => {
                vec![conv("conv1", "bn1", link.stride, link.dilation)?, conv("conv2", "bn2", 1, link.dilation)?]
            }
            Block::Bottleneck => vec![
                conv("conv1", "bn1", 1, 1)?,
                conv("conv2", "bn2", link.stride, link.dilation)?,
                conv("conv3", "bn3", 1, 1)?,
            ],
        };
        let bridge = match (link.is_bridge(), config.shortcut) {
            (false, _) => Bridge::Identity,
            (true, Shortcut::A) => Bridge::Subsample(link.stride, link.channels_out - link.channels_in),
            (true, Shortcut::B) => Bridge::Conv(Box::new(conv("downsample.0", "downsample.1", link.stride, 1)?)),
        };
        Ok(ResidualBlock { stage: link.stage, convs, bridge })
    }

    fn conv(&self, conv: &str, norm: &str, stride: [usize; 3], dilation: usize) -> Result<ConvNorm> {
        let name = format!("{conv}.weight");
        let tensor = self.weights.tensors.get(&name);
        let shape = tensor.map(|t| t.shape.as_slice()).unwrap_or_default();
        let &[out, channels_in, kz, ky, kx] = shape else {
            return Err(Error::new(Code::Weights, format!("tensor `{name}` is not that of a 3D convolution")));
        };
        let mut values = self.weights.values(&name)?.to_vec();
        let bias = match self.norm {
            Norm::Instance => None,
            Norm::Batch => Some(self.fold(&mut values, norm, out)?),
        };
        // The kernels are 1, 3 or 7 long and padded by half; a kernel of 1 has nothing to dilate.
        let padding = [kz, ky, kx].map(|k| k / 2 * dilation);
        Ok(ConvNorm {
            weight: Tensor::from_data(TensorData::new(values, [out, channels_in, kz, ky, kx]), self.device),
            bias: bias.map(|b| Tensor::from_data(TensorData::new(b, [out]), self.device)),
            options: ConvOptions::new(stride, padding, [dilation; 3], 1),
        })
    }

    /// Folds a batch norm into the convolution before it, in 64 bit: `scale = weight / sqrt(running_var + epsilon)`,
    /// `bias = bias - running_mean * scale`.
    fn fold(&self, conv: &mut [f32], norm: &str, out: usize) -> Result<Vec<f32>> {
        let part = |p: &str| self.weights.values(&format!("{norm}.{p}"));
        let (gamma, beta) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        if let Some(v) = variance.iter().find(|v| **v < 0.0) {
            return Err(
                Error::new(Code::Weights, format!("`{norm}.running_var` holds {v}")).expected("no negative variance")
            );
        }
        let per_channel = conv.len() / out;
        let mut bias = Vec::with_capacity(out);
        for c in 0..out {
            let scale = f64::from(gamma[c]) / (f64::from(variance[c]) + EPSILON).sqrt();
            for w in &mut conv[c * per_channel..(c + 1) * per_channel] {
                *w = (f64::from(*w) * scale) as f32;
            }
            bias.push((f64::from(beta[c]) - f64::from(mean[c]) * scale) as f32);
        }
        Ok(bias)
    }
}

/// `(x - mean) / sqrt(variance + epsilon)` of every channel over its own volume; the variance divides by n.
fn instance_norm(x: Tensor<5>) -> Tensor<5> {
    let dims = x.dims();
    let x = x.reshape([dims[1] as isize, -1]);
    let centred = x.clone() - x.mean_dim(1);
    let variance = (centred.clone() * centred.clone()).mean_dim(1);
    (centred * (variance + EPSILON).sqrt().recip()).reshape(dims)
}

/// Maximum of 3x3x3 voxels, stride 2, padded by 1. Its input has left a ReLU, so padding is never the maximum.
fn max_pool_3(x: Tensor<5>) -> Tensor<5> {
    let options = |kernel: [usize; 2], stride: [usize; 2], pad: [usize; 2]| MaxPoolOptions {
        stride,
        padding: pad.map(|p| (p, p)),
        ..MaxPoolOptions::new(kernel)
    };
    let [_, c, d, h, w] = x.dims();
    let x = max_pool2d(x.reshape([1, c * d, h, w]), options([3, 3], [2, 2], [1, 1]));
    let [_, _, h, w] = x.dims();
    let x = max_pool2d(x.reshape([1, c, d, h * w]), options([3, 1], [2, 1], [1, 0]));
    let d = x.dims()[2];
    x.reshape([1, c, d, h, w])
}

/// Every stride-th voxel, then channels of zeros: shortcut A.
fn subsample(x: Tensor<5>, stride: usize, n_zeros: usize) -> Tensor<5> {
    let mut x = x;
    if stride > 1 {
        for axis in 2..5 {
            let n = x.dims()[axis];
            let picked: Vec<i32> = (0..n).step_by(stride).map(|i| i as i32).collect();
            let count = picked.len();
            let picked = Tensor::<1, burn::tensor::Int>::from_data(TensorData::new(picked, [count]), &x.device());
            x = x.select(axis, picked);
        }
    }
    if n_zeros == 0 {
        return x;
    }
    let [n, _, d, h, w] = x.dims();
    let zeros = Tensor::zeros([n, n_zeros, d, h, w], &x.device());
    Tensor::cat(vec![x, zeros], 1)
}
