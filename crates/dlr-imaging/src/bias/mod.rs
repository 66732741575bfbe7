//! N4 bias field correction.
//!
//! Tustison et al., IEEE Transactions on Medical Imaging 29:1310 (2010): the log intensities are sharpened by
//! deconvolving their histogram (`sharpen`), what sharpening took away is fitted by a cubic B-spline (`lattice`),
//! and the lattice is refined from level to level. Numbers follow ITK's filter; the fit uses that voxels lie on a grid,
//! which makes it separable and many times cheaper.

mod fft;
mod lattice;
mod n4;
mod sharpen;

pub use n4::{N4Params, N4Result, n4};
