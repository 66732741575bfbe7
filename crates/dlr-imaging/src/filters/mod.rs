//! Filters: an image in, an image on the same grid out.
//!
//! The two profiles have filters of their own, because standard and program differ in boundaries, scaling and
//! arithmetic: [`ibsi`] those of the standard, [`pyradiomics`] those of the program. What they share is the table of
//! [`wavelets`].

pub mod ibsi;
pub mod pyradiomics;
pub mod wavelets;
