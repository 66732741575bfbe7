//! The convolutional filters of IBSI chapter 2: [`Filter`], on a volume or on a box of it.
//!
//! A filter is a [`Kernel`], how it meets the volume ([`Dimension`]) and how the volume goes on beyond its faces
//! ([`Boundary`]). It is checked once, when it is made; filtering gives a response on the grid of the image.
//!
//! | kernel | what it is | unit |
//! |---|---|---|
//! | [`Mean`] | mean over a cube | voxels |
//! | [`LaplacianOfGaussian`] | blobs of a size | mm |
//! | [`Laws`] | products of short kernels, energy maps | voxels |
//! | [`Gabor`] | modulus of a wave in an envelope, in planes | mm |
//! | [`SeparableWavelet`] | a band of an undecimated wavelet transform | voxels |
//! | [`Simoncelli`] | a non-separable, isotropic wavelet | voxels |
//! | [`Riesz`] | directional derivatives of all scales, of an image or a band | voxels |
//!
//! The standard wants 3D filters on cubic voxels: kernels in voxels are applied as they are to any grid, kernels in mm
//! follow its spacing. Arithmetic is in 64 bit, responses are the same bits for any number of threads, and the response
//! in a box ([`Filter::apply_within`]) costs what the box and the kernel's reach around it cost.
//!
//! Source: IBSI, *Standardised convolutional filtering for radiomics*, arXiv 2006.05470; Whybra et al., Radiology 2024.
//!
//! ```
//! use dlr_core::Volume;
//! use dlr_imaging::filters::ibsi::{Boundary, Dimension, Filter, Kernel, LaplacianOfGaussian};
//! use ndarray::Array3;
//! let mut voxels = Array3::<f64>::zeros((9, 9, 9));
//! voxels[[4, 4, 4]] = 1.0;
//! let image = Volume::from_array(voxels, [2.0; 3])?;
//! let log = LaplacianOfGaussian { sigma_mm: 3.0, cutoff_sigma: 4.0, zero_sum: false };
//! let filter = Filter::new(Kernel::LaplacianOfGaussian(log), Dimension::Volume3d, Boundary::Zero)?;
//! let response = filter.apply(&image)?;
//! // In the middle of a bright spot: -3 / σ² (2πσ²)^(-3/2), with σ = 1.5 voxels.
//! assert!((response.get([4, 4, 4]) + 0.025084).abs() < 1e-6);
//! assert_eq!(response.geometry(), image.geometry());
//! # Ok::<(), dlr_core::Error>(())
//! ```

mod boundary;
mod describe;
mod fourier;
mod gabor;
mod laws;
mod log;
mod mean;
mod operator;
mod rotate;
mod separable;
mod simoncelli;
mod wavelet;

pub use boundary::Boundary;
pub use gabor::Gabor;
pub use laws::{Laws, LawsKernel};
pub use log::LaplacianOfGaussian;
pub use mean::Mean;
pub use rotate::Pooling;
pub use simoncelli::{Riesz, RieszOf, Simoncelli};
pub use wavelet::{Pass, SeparableWavelet};

use dlr_core::{Code, Error, IndexBox, Result, Volume};
use ndarray::{Array3, s};
use separable::Plan;

/// Whether slices are filtered each on its own, or the volume as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Each slice along the first axis on its own.
    Slices2d,
    /// The volume.
    Volume3d,
}

impl Dimension {
    /// The axes that are filtered along.
    pub(crate) fn axes(self) -> &'static [usize] {
        if self == Dimension::Volume3d { &[0, 1, 2] } else { &[1, 2] }
    }
}

/// What a volume is filtered with.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is documented as the type it holds")]
pub enum Kernel {
    Mean(Mean),
    LaplacianOfGaussian(LaplacianOfGaussian),
    Laws(Laws),
    Gabor(Gabor),
    SeparableWavelet(SeparableWavelet),
    Simoncelli(Simoncelli),
    Riesz(Riesz),
}

/// A checked filter: kernel, dimension and boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    kernel: Kernel,
    dimension: Dimension,
    boundary: Boundary,
}

impl Filter {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Code::Parameter`], naming the parameter that is out of range or has not one entry for each axis.
    pub fn new(kernel: Kernel, dimension: Dimension, boundary: Boundary) -> Result<Filter> {
        boundary.validate()?;
        match &kernel {
            Kernel::Mean(mean) => mean.validate(),
            Kernel::LaplacianOfGaussian(log) => log.validate(),
            Kernel::Laws(laws) => laws.validate(dimension),
            Kernel::Gabor(gabor) => gabor.validate(),
            Kernel::SeparableWavelet(wavelet) => wavelet.validate(dimension),
            Kernel::Simoncelli(simoncelli) => simoncelli.validate(),
            Kernel::Riesz(riesz) => riesz.validate(dimension),
        }?;
        Ok(Filter { kernel, dimension, boundary })
    }

    /// The kernel.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Whether slices or the volume are filtered.
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// How an image goes on beyond its faces.
    pub fn boundary(&self) -> Boundary {
        self.boundary
    }

    /// The response on the whole grid.
    ///
    /// # Errors
    /// [`Code::Shape`] for an image without voxels, [`Code::NotFinite`] for a voxel that is no finite number,
    /// [`Code::Parameter`] for a kernel wider than can be held.
    pub fn apply(&self, image: &Volume) -> Result<Volume> {
        self.apply_within(image, IndexBox { start: [0; 3], end: image.geometry().shape() })
    }

    /// The response in a box, on the part of the grid that the box is: what [`Filter::apply`] gives there.
    ///
    /// Only the voxels that the response depends on are looked at; for [`Simoncelli`] and [`Riesz`], which reach without
    /// end, those are all.
    ///
    /// # Errors
    /// As [`Filter::apply`], and [`Code::Shape`] for a box that is empty or leaves the image.
    pub fn apply_within(&self, image: &Volume, region: IndexBox) -> Result<Volume> {
        let geometry = image.geometry();
        let (shape, spacing_mm) = (geometry.shape(), geometry.spacing_mm());
        if (0..3).any(|a| region.start[a] >= region.end[a] || region.end[a] > shape[a]) {
            return Err(Error::new(Code::Shape, "the box to filter holds no voxel or leaves the image")
                .expected(format!("a box within 0 to {shape:?} (z, y, x)"))
                .found(format!("{:?} to {:?}", region.start, region.end)));
        }
        let (boundary, dimension) = (self.boundary, self.dimension);
        let response = match &self.kernel {
            Kernel::Mean(mean) => separable(image, &mean.plan(shape, boundary, dimension), region)?,
            Kernel::LaplacianOfGaussian(log) => {
                check_width("sigma_mm", log.sigma_mm, log.radius(smallest(spacing_mm)))?;
                separable(image, &log.plan(shape, spacing_mm, boundary, dimension), region)?
            }
            Kernel::SeparableWavelet(wavelet) => separable(image, &wavelet.plan(shape, boundary, dimension), region)?,
            Kernel::Laws(laws) => self.laws(image, laws, region)?,
            Kernel::Gabor(gabor) => self.gabor(image, gabor, region)?,
            Kernel::Simoncelli(simoncelli) => cut(simoncelli.run(whole(image)?, boundary, dimension), region),
            Kernel::Riesz(riesz) => {
                riesz.check_size(shape, spacing_mm)?;
                cut(riesz.run(whole(image)?, spacing_mm, boundary, dimension), region)
            }
        };
        Volume::new(geometry.window(region.start.map(|s| s as isize), region.shape()), response)
    }

    fn laws(&self, image: &Volume, laws: &Laws, region: IndexBox) -> Result<Array3<f64>> {
        let shape = image.geometry().shape();
        let plan = laws.plan(shape, self.boundary, self.dimension);
        let Some(distance) = laws.energy_distance else {
            return separable(image, &plan, region);
        };
        let beyond = match self.boundary {
            Boundary::Constant(_) => Boundary::Constant(plan.response_to_constant().abs()),
            other => other,
        };
        let energy = Mean { support: 2 * distance + 1 }.plan(shape, beyond, self.dimension);
        let around = energy.needs(region);
        let mut response = separable(image, &plan, around)?;
        response.mapv_inplace(f64::abs);
        Ok(energy.run(response, region))
    }

    fn gabor(&self, image: &Volume, gabor: &Gabor, region: IndexBox) -> Result<Array3<f64>> {
        let (shape, spacing_mm) = (image.geometry().shape(), image.geometry().spacing_mm());
        gabor.check_size(spacing_mm)?;
        let support = gabor.support(spacing_mm, self.dimension);
        let mut needed = region;
        for a in 0..3 {
            let reach = support[a] as isize;
            let range = region.start[a] as isize - reach..region.end[a] as isize + reach;
            for voxel in range.filter_map(|i| self.boundary.index(i, shape[a])) {
                needed.start[a] = needed.start[a].min(voxel);
                needed.end[a] = needed.end[a].max(voxel + 1);
            }
        }
        let voxels = finite(image, needed)?;
        let (boundary, dimension) = (self.boundary, self.dimension);
        let input = gabor::Input { voxels: &voxels, origin: needed.start, shape, boundary, dimension };
        Ok(gabor.run(&input, region, spacing_mm))
    }
}

fn separable(image: &Volume, plan: &Plan, region: IndexBox) -> Result<Array3<f64>> {
    Ok(plan.run(finite(image, plan.needs(region))?, region))
}

fn whole(image: &Volume) -> Result<Array3<f64>> {
    finite(image, IndexBox { start: [0; 3], end: image.geometry().shape() })
}

fn cut(response: Array3<f64>, region: IndexBox) -> Array3<f64> {
    if response.shape() == region.shape() {
        return response;
    }
    let [z, y, x] = [0, 1, 2].map(|a| region.start[a]..region.end[a]);
    response.slice(s![z, y, x]).to_owned()
}

/// A box of the image in 64 bit; a single voxel that is no number would spoil everything in reach of it.
fn finite(image: &Volume, region: IndexBox) -> Result<Array3<f64>> {
    let voxels = image.crop_f64(region);
    if voxels.iter().all(|v| v.is_finite()) {
        return Ok(voxels);
    }
    let n = voxels.iter().filter(|v| !v.is_finite()).count();
    Err(Error::new(Code::NotFinite, "the image to filter holds voxels that are no finite number")
        .expected("finite intensities")
        .found(format!("{n} NaN or infinite within reach of the filter"))
        .hint("replace them, or crop the image"))
}

fn smallest(spacing_mm: [f64; 3]) -> f64 {
    spacing_mm.into_iter().fold(f64::INFINITY, f64::min)
}

/// A kernel reaches less than so many voxels; where it reaches farther, the parameter must be in another unit.
///
/// A kernel that is merely wider than the image is no mistake: the boundary says how the image goes on.
const MOST_REACH: usize = 1 << 14;

fn check_width(name: &str, value: f64, radius: usize) -> Result<()> {
    if radius < MOST_REACH {
        return Ok(());
    }
    let expected = format!("so small that the kernel reaches less than {MOST_REACH} voxels");
    Err(crate::error::parameter(name, value, &expected))
}
