//! Voxels to voxels: resampling, bias field, normalisation, filters and ROI geometry.
//!
//! Plain functions on [`dlr_core::Volume`] and [`dlr_core::Mask`] come first; the stages that an experiment names are
//! thin adapters in [`steps`]. Nothing here reads a file, knows a feature, or learns from a table. Results are the
//! same bits for any number of threads: every output voxel is computed by one thread, in one order.
//!
#![doc = include_str!("../README.md")]

pub mod bias;
pub mod distance;
mod error;
pub mod filters;
pub mod frame;
pub mod normalise;
pub mod regions;
pub mod resample;
mod special;
pub mod steps;
