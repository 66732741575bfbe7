//! The mean filter, and the box that Laws' energy is averaged over.

use super::operator::{Cascade, Line};
use super::separable::Plan;
use super::{Boundary, Dimension, MOST_REACH, rotate};
use crate::error::parameter;
use dlr_core::Result;

/// The mean over a cube (in slices: a square) around each voxel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mean {
    /// Side of the cube in voxels: odd, less than 32 768. It may be wider than the image: the boundary is then averaged too.
    pub support: usize,
}

impl Mean {
    pub(super) fn validate(&self) -> Result<()> {
        // Even supports have no middle voxel; the manual leaves them out.
        if self.support % 2 == 1 && self.support / 2 < MOST_REACH {
            return Ok(());
        }
        Err(parameter("support", self.support, &format!("odd, from 1 to {}", 2 * MOST_REACH - 1)))
    }

    pub(super) fn plan(&self, shape: [usize; 3], boundary: Boundary, dimension: Dimension) -> Plan {
        let line = Line::centred(vec![1.0 / self.support as f64; self.support]);
        let kernel = Cascade::one(line);
        let z = if dimension == Dimension::Volume3d { kernel.clone() } else { Cascade::one(Line::identity()) };
        rotate::plan([z, kernel.clone(), kernel], shape, boundary, dimension, None)
    }
}
