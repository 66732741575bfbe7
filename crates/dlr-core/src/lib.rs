//! The vocabulary of `dlr` and one trait per seam.
//!
//! Every other crate meets here and nowhere else: a geometry is a value, a volume and a mask are voxels on it, a
//! [`Roi`] is a pair that was checked, a cohort has no paths, a table has names. Nothing here reads a file, changes
//! a voxel, or knows a stage's name.

mod error;
mod geometry;
mod roi;
mod volume;

pub use error::{Code, Error, Result};
pub use geometry::{Geometry, SAME_GRID_TOLERANCE_VOXELS};
pub use roi::Roi;
pub use volume::{IndexBox, Mask, Volume, Voxels};
