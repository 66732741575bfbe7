//! Radiomic features of a region of an image: the IBSI reference manual and exact pyradiomics compatibility.
//!
//! Two named profiles that are never mixed silently: [`pyradiomics`] and [`ibsi`]. Both are made from the same parts:
//! grey levels of the cropped region ([`matrix::Levels`], by [`discretise`]), raw counts of them ([`matrix`]), geometry
//! of the mask ([`shape`]) and formulae ([`families`]). Every feature has a [`Definition`]. Nothing here reads or writes
//! a file.
//!
#![doc = include_str!("../README.md")]

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod definition;
pub mod discretise;
pub mod docs;
pub mod families;
pub mod ibsi;
pub mod matrix;
pub mod pyradiomics;
pub mod select;
mod setting;
pub mod shape;
pub mod suggest;
#[cfg(feature = "yaml")]
mod yaml;

pub use definition::{Definition, Family, Profile};
pub use pyradiomics::{Extractor, RadiomicsExtractor};
pub use setting::Setting;
