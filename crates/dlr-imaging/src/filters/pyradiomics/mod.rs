//! The filters of pyradiomics, with the arithmetic of the libraries that it calls.
//!
//! Each function takes the whole image and a box, and gives the filtered voxels of that box: the same numbers as
//! filtering the whole image and cropping then, at the cost of the box and the filter's support. Boundaries are those
//! of the image, not of the box.
//!
//! | pyradiomics | here | computed there by |
//! |---|---|---|
//! | `LoG` | [`laplacian_of_gaussian`] | ITK's recursive filter, 32 bit between its passes |
//! | `Wavelet` | [`wavelet`], [`visit_wavelet`] | PyWavelets `swtn`, periodic, an odd axis first made even |
//! | `Square`, `SquareRoot`, `Logarithm`, `Exponential` | [`rescaled`] | numpy |
//! | `Gradient` | [`gradient_magnitude`] | ITK, 32 bit result |
//! | `LBP2D` | [`lbp_2d`] | scikit-image |
//! | `LBP3D` | [`lbp_3d`] | trimesh, scipy |
//!
//! Results depend on the number type that the image had in its file ([`Stored`]), because numpy and scipy compute in
//! the type they are given.

mod gaussian;
mod gradient;
mod intensity;
mod laplacian;
mod lbp2d;
mod lbp3d;
mod passes;
mod sphere;
mod spline;
mod wavelet;

pub use gradient::gradient_magnitude;
pub use intensity::{Rescaling, largest_magnitude, rescaled};
pub use laplacian::{laplacian_fits, laplacian_of_gaussian};
pub use lbp2d::{Lbp2dMethod, Lbp2dParams, lbp_2d};
pub use lbp3d::{Lbp3dImages, Lbp3dParams, lbp_3d};
pub use wavelet::{WaveletParams, visit_wavelet, wavelet, wavelet_names};

use dlr_core::wide::{Wide, widest};
use dlr_core::{Code, Error, IndexBox, Result, Volume, Voxels};
use ndarray::Array3;

/// The kind of number that an image has in pyradiomics: that of its file, or of the step that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Whole numbers of any width.
    Integer,
    /// 32 bit floating point.
    F32,
    /// 64 bit floating point.
    F64,
}

impl Stored {
    /// Judged by the voxels: whole numbers are an integer image. (A file of floating point numbers that are all whole
    /// is taken for integers; pyradiomics then computes some filters in 32 bit, which differs in the seventh digit.)
    pub fn guess(image: &Volume) -> Stored {
        match image.voxels() {
            Voxels::F32(a) if are_whole(a) => Stored::Integer,
            Voxels::F64(a) if are_whole(a) => Stored::Integer,
            Voxels::F32(_) => Stored::F32,
            Voxels::F64(_) => Stored::F64,
        }
    }
}

fn are_whole<T: Copy + Into<f64>>(voxels: &Array3<T>) -> bool {
    match voxels.as_slice() {
        // Block by block: without a way out within a block, wide registers can be used.
        Some(all) => all.chunks(4096).all(|block| widest(AreWhole(block))),
        None => voxels.iter().all(|v| is_whole((*v).into())),
    }
}

struct AreWhole<'a, T>(&'a [T]);

impl<T: Copy + Into<f64>> Wide for AreWhole<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        self.0.iter().fold(true, |all, v| all & is_whole((*v).into()))
    }
}

/// A cast is cheaper than a call of `trunc`; wider whole numbers than 32 bit are no images.
#[inline(always)]
fn is_whole(v: f64) -> bool {
    f64::from(v as i32) == v
}

/// Refuses a box that is empty or leaves the image.
fn checked(at: IndexBox, image: &Volume) -> Result<IndexBox> {
    let shape = image.geometry().shape();
    if (0..3).all(|a| at.start[a] < at.end[a] && at.end[a] <= shape[a]) {
        return Ok(at);
    }
    Err(Error::new(Code::Shape, "the box to filter is empty or leaves the image")
        .expected(format!("a box inside {shape:?}"))
        .found(format!("from {:?} to {:?}", at.start, at.end)))
}

/// Filtered voxels of a box, in their place of the patient.
fn in_place(image: &Volume, at: IndexBox, voxels: impl Into<Voxels>) -> Result<Volume> {
    Volume::new(image.geometry().window(at.start.map(|s| s as isize), at.shape()), voxels)
}

/// The whole image as a box.
pub fn whole(image: &Volume) -> IndexBox {
    IndexBox { start: [0; 3], end: image.geometry().shape() }
}
