//! Radiomic features of a region of an image: the IBSI reference manual and exact pyradiomics compatibility.
//!
//! Two named profiles that are never mixed silently: [`pyradiomics`] and [`ibsi`]. Both are made from the same parts:
//! grey levels of the cropped region ([`matrix::Levels`], by [`discretise`]), raw counts of them ([`matrix`]) and
//! formulae over counts ([`families`]). Every feature has a [`Definition`]. Nothing here reads or writes a file.

pub mod definition;
pub mod discretise;
pub mod families;
pub mod ibsi;
pub mod matrix;

pub use definition::{Definition, Family, Profile};
