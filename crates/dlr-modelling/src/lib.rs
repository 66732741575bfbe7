//! Rows to rows: scaling, selection, classifiers, splitters and validation for radiomics.
//!
//! [`splitters`] divide patients, [`steps`] change tables, [`models`] predict, [`Pipeline`] joins them; all implement
//! the seams of [`dlr_core`] and can be fitted only on a [`dlr_core::TrainSet`]. Below them, [`glm`], [`selection`] and
//! [`stats`] work on plain arrays. Nothing here reads a file, measures a score's worth, or knows an experiment.
//!
#![doc = include_str!("../README.md")]

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod glm;
pub mod harmonise;
mod linalg;
pub mod models;
mod pipeline;
pub mod selection;
pub mod splitters;
pub mod stats;
pub mod steps;
mod thaw;
pub mod validation;

pub use linalg::Columns;
pub use pipeline::{FittedPipeline, Pipeline};
pub use thaw::{Thaw, ThawModel, ThawStep};
