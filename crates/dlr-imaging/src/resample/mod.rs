//! Resampling of images and masks onto another grid.
//!
//! A new grid comes from [`centred_grid`] (IBSI) or [`corner_grid`] (pyradiomics) or is any grid with the same axes;
//! the interpolators are those that pyradiomics names, with ITK's arithmetic. They are separable, so an image is
//! resampled one axis after the other, which gives the same numbers as ITK's sum over a cube to the last few bits.
//! Rotated grids are not resampled (a nearest-voxel copy of a mask is: [`mask_onto`]).

mod apply;
mod axis;
mod grid;
mod label;
mod mask;
mod reference;

pub use grid::{CornerGrid, centred_grid, corner_grid, new_spacing_mm};
pub use mask::{MaskRule, mask_onto, resample_mask};
pub use reference::{PyRadiomicsResampled, resample_like_pyradiomics};

pub(crate) use apply::apply_axes;
pub(crate) use axis::AxisMap;

use dlr_core::{Code, Error, Geometry, Result, Volume};

/// How a value between voxel centres is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolator {
    /// The nearest voxel, halves to the upper one.
    Nearest,
    /// Linear along each axis, the border voxel repeated.
    Linear,
    /// Cubic B-spline with its recursive prefilter (Unser 1999), mirrored at the border voxels: ITK's.
    BSpline,
    /// The same spline, held constant beyond the centres of the border voxels: the tricubic spline of IBSI-1. (On its CT
    /// phantom the mirrored one gives a mean of -269.3 where the teams have -270.)
    Cubic,
    /// Gaussian of 0.8 voxels integrated over each voxel, cut at 4 standard deviations and normalised.
    Gaussian,
    /// The value with the largest Gaussian weight within one voxel; for label images.
    LabelGaussian,
    /// Sinc with a Hamming window of radius 5, the border voxel repeated.
    HammingSinc,
    /// Sinc with a cosine window.
    CosineSinc,
    /// Sinc with a Welch window.
    WelchSinc,
    /// Sinc with a Lanczos window.
    LanczosSinc,
    /// Sinc with a Blackman window.
    BlackmanSinc,
}

impl Interpolator {
    const NAMES: [(&'static str, Interpolator); 10] = [
        ("sitkNearestNeighbor", Interpolator::Nearest),
        ("sitkLinear", Interpolator::Linear),
        ("sitkBSpline", Interpolator::BSpline),
        ("sitkGaussian", Interpolator::Gaussian),
        ("sitkLabelGaussian", Interpolator::LabelGaussian),
        ("sitkHammingWindowedSinc", Interpolator::HammingSinc),
        ("sitkCosineWindowedSinc", Interpolator::CosineSinc),
        ("sitkWelchWindowedSinc", Interpolator::WelchSinc),
        ("sitkLanczosWindowedSinc", Interpolator::LanczosSinc),
        ("sitkBlackmanWindowedSinc", Interpolator::BlackmanSinc),
    ];

    /// From pyradiomics' name, or the number that stands for it in a parameter file (1 nearest, 2 linear, 3 B-spline, …).
    ///
    /// # Errors
    /// [`Code::UnknownName`] with the names there are. (pyradiomics warns and takes a B-spline instead.)
    pub fn from_pyradiomics(name: &str) -> Result<Self> {
        let by_name = Self::NAMES.iter().find(|(known, _)| *known == name);
        let by_number = name.parse::<usize>().ok().and_then(|n| Self::NAMES.get(n.checked_sub(1)?));
        by_name.or(by_number).map(|(_, interpolator)| *interpolator).ok_or_else(|| {
            Error::new(Code::UnknownName, format!("interpolator `{name}` is not known"))
                .expected(format!("one of {}", Self::NAMES.map(|(known, _)| known).join(", ")))
        })
    }

    /// pyradiomics' name; that of the B-spline for [`Interpolator::Cubic`].
    pub fn pyradiomics_name(self) -> &'static str {
        let this = if self == Interpolator::Cubic { Interpolator::BSpline } else { self };
        Self::NAMES.iter().find(|(_, known)| *known == this).map_or("", |(name, _)| name)
    }
}

/// How a resampled value is stored: rounding where the standard rounds, and the pixel type of ITK.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Store {
    /// As computed.
    F64,
    /// Rounded to the nearest integer, halves to even (IBSI-1 for CT; numpy).
    Rounded,
    /// To 32 bit.
    F32,
    /// Cut to an integer towards zero and clamped to a range: ITK's cast to the pixel type of an integer image.
    Integer {
        /// Smallest number of the type.
        min: f64,
        /// Largest number of the type.
        max: f64,
    },
}

impl Store {
    /// What ITK does with a 16 bit signed image, the usual type of MR and CT.
    pub const INT16: Store = Store::Integer { min: -32768.0, max: 32767.0 };

    /// A guess from the voxels, for callers that do not know the file's type: whole numbers are [`Store::INT16`] (or 32
    /// bit where they do not fit), everything else is kept as wide as it is.
    pub fn guess(image: &Volume) -> Store {
        let (mut whole, mut low, mut high) = (true, 0.0f64, 0.0f64);
        let mut see = |v: f64| {
            whole &= v.fract() == 0.0;
            (low, high) = (low.min(v), high.max(v));
        };
        match image.voxels() {
            dlr_core::Voxels::F32(a) => a.iter().for_each(|v| see(f64::from(*v))),
            dlr_core::Voxels::F64(a) => a.iter().for_each(|v| see(*v)),
        }
        match image.voxels() {
            _ if whole && low >= -32768.0 && high <= 32767.0 => Store::INT16,
            _ if whole && low >= -2147483648.0 && high <= 2147483647.0 => {
                Store::Integer { min: -2147483648.0, max: 2147483647.0 }
            }
            dlr_core::Voxels::F32(_) => Store::F32,
            dlr_core::Voxels::F64(_) => Store::F64,
        }
    }

    pub(crate) fn apply(self, value: f64) -> f64 {
        match self {
            Store::F64 => value,
            Store::Rounded => value.round_ties_even(),
            Store::F32 => f64::from(value as f32),
            Store::Integer { min, max } => value.clamp(min, max).trunc(),
        }
    }
}

/// The image on `target`, which must have the same axes (any origin, spacing and shape).
///
/// Points more than half a voxel beyond the image are 0, as in ITK. Only the part of the image that the target needs is
/// read, plus the reach of the interpolator.
///
/// # Errors
/// [`Code::Geometry`] where the axes of both grids differ, [`Code::Shape`] for an image without voxels.
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::resample::{Interpolator, Store, centred_grid, resample};
/// let image = Volume::from_array(ndarray::array![[[0.0, 3.0, 6.0]]], [1.0, 1.0, 3.0])?;
/// let grid = centred_grid(image.geometry(), [1.0, 1.0, 1.5])?;
/// let fine = resample(&image, &grid, Interpolator::Linear, Store::F64)?;
/// assert_eq!(fine.geometry().shape(), [1, 1, 6]);
/// assert!((fine.get([0, 0, 2]) - 2.25).abs() < 1e-12);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn resample(image: &Volume, target: &Geometry, interpolator: Interpolator, store: Store) -> Result<Volume> {
    if image.geometry().shape().contains(&0) {
        return Err(Error::new(Code::Shape, "an image without voxels cannot be resampled"));
    }
    let at = axis::coordinates(image.geometry(), target)?;
    let voxels = if interpolator == Interpolator::LabelGaussian {
        label::resample(image, &at, store)
    } else {
        let (n, spacing_mm) = (image.geometry().shape(), image.geometry().spacing_mm());
        let maps = [0, 1, 2].map(|a| AxisMap::new(interpolator, n[a], spacing_mm[a], &at[a]));
        apply_axes(image, &maps, store)
    };
    Volume::new(*target, voxels)
}
