//! Raw counts of grey levels: the matrices behind the texture families, before any normalisation or formula.
//!
//! [`Levels`] is the discretised region; [`glcm`], [`glrlm`], [`glszm`], [`gldm`] and [`ngtdm`] count it, per
//! direction and, if asked, per slice. Both profiles are made from these counts: pyradiomics averages features over
//! 13 directions, IBSI averages or merges over directions and slices. All tables of two indices are [`Counts`]:
//! sparse, sorted, so that a region with thousands of grey levels costs what it holds and no more.

mod counts;
mod glcm;
mod gldm;
mod glrlm;
mod glszm;
mod levels;
mod ngtdm;
mod offsets;
mod stretch;
mod tally;

pub use counts::{Cell, Counts};
pub use glcm::glcm;
pub use gldm::gldm;
pub use glrlm::{Runs, glrlm};
pub use glszm::{Zone, glszm, zones};
pub use levels::{Levels, MAX_GREY_LEVELS};
pub use ngtdm::{Ngtdm, ngtdm};
pub use offsets::{Offset, all_offsets, half_offsets};
pub(crate) use stretch::{Stretch, positions};

/// Whether a region is counted as one body or slice by slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// One set of counts for the whole region.
    Volume,
    /// One set of counts for each slice across `axis` (0 is z). Offsets must not leave the slice.
    Slices {
        /// Array axis across which the slices are cut.
        axis: usize,
    },
}
