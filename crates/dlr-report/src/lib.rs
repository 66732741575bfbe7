#![doc = include_str!("../README.md")]
//!
//! [`data::Report`] goes into [`render`], a page and figures come out. Nothing here computes a metric, opens a file or
//! asks the clock.

pub mod data;

mod cast;
mod check;
mod csv;
mod figures;
mod format;
mod legend;
mod page;
mod raster;
mod render;
mod style;
mod svg;

pub use data::Report;
pub use render::{Figure, Rendered, render};
