//! The `ibsi` profile: every family, feature and aggregation of the IBSI reference manual.
//!
//! [`IbsiExtractor`] takes an image and a mask, keeps the morphological mask apart from the intensity mask, and gives
//! one value per [`crate::Definition`] and variant. The families are plain functions over crops, intensities or grey
//! levels; counting is done in [`crate::matrix`]. Nothing here reads a file.

pub mod aggregation;
mod case;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod distance;
mod extractor;
mod file;
pub mod glcm;
pub mod histogram;
pub mod ivh;
pub mod local_intensity;
pub mod morphology;
pub mod ngtdm;
mod params;
mod region;
mod resample;
mod slices;
pub mod statistics;
pub mod zones;

pub use aggregation::{Aggregation, Dimension};
pub use case::IbsiCaseExtractor;
pub use extractor::{IbsiExtractor, Measurement, definitions, has_consensus};
pub use params::{Bins, FAMILIES, IbsiParams, Interpolation, IvhBins, Resampling};
