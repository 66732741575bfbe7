//! The `pyradiomics` profile: the same settings, the same names, the same numbers.
//!
//! [`Params`] say what pyradiomics' parameter files say; an [`Extractor`] made from them takes an image and a mask and
//! gives named features. Order of operations: normalise, resample or pre-crop, check the region, re-segment, shape,
//! then for each image type crop, discretise and count. Where pyradiomics has a quirk that changes numbers, the quirk
//! is kept and said so at the place.

mod effective;
mod extractor;
mod images;
mod params;
mod prepare;
mod region;
mod settings;
mod shape;
pub mod tables;
mod texture;
mod voxelwise;

pub use crate::setting::Setting;
pub use dlr_imaging::resample::Interpolator;
pub use extractor::{Extractor, RadiomicsExtractor, pyradiomics_name};
pub use params::{ImageType, Params, Selection};
pub use settings::{Norm, ResegmentMode, Settings, Sigma};
pub use voxelwise::{MapBatch, VoxelMaps};
