//! `dlr extract`: images and masks in, tables of features out. Files and their order are known here; every number comes
//! from `dlr-radiomics`.
//!
//! [`Engine`] is a profile with its parameters, [`Work`] one examination with its masks, [`Measured`] what came of it,
//! and [`Table`] the rows of many, written as CSV, Parquet or JSON with a sidecar. A case that fails is a
//! [`dlr_core::Error`] with its name; it never stops the others and never becomes a row.

mod cohort;
mod engine;
mod labels;
mod measure;
mod params;
mod shard;
mod sidecar;
mod table;
mod voxel;

pub use cohort::{Cohort, measure_all};
pub use engine::Engine;
pub use labels::{Labels, MaskDefaults};
pub use measure::{Measured, Region, Row, Work};
pub use params::ParameterFile;
pub use shard::{Shard, merge};
pub use sidecar::Sidecar;
pub use table::{Format, Table, json_of_case};
pub use voxel::write_maps;
