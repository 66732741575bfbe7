//! What the texture families share: counting slices or the volume only where an aggregation asks for it, and how many
//! voxels each slice has.

use super::aggregation::{Aggregation, Dimension, Part};
use crate::matrix::Levels;
use dlr_core::Result;

/// Whether an aggregation counts the volume rather than slices.
pub(crate) fn is_volume(aggregation: Aggregation) -> bool {
    aggregation.dimension() == Dimension::Volume3d
}

/// Counts per slice and direction, if any aggregation of that kind is wanted.
pub(crate) fn directional(
    wanted: &[Aggregation],
    volume: bool,
    count: impl FnOnce() -> Result<Vec<Vec<Part>>>,
) -> Result<Vec<Vec<Part>>> {
    if wanted.iter().any(|a| is_volume(*a) == volume) { count() } else { Ok(Vec::new()) }
}

/// Counts per slice, if any dimension of that kind is wanted.
pub(crate) fn undirected<T>(
    wanted: &[Dimension],
    volume: bool,
    count: impl FnOnce() -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    if wanted.iter().any(|d| (*d == Dimension::Volume3d) == volume) { count() } else { Ok(Vec::new()) }
}

/// Voxels of each slice across the first axis, or of the volume as the only entry.
pub(crate) fn n_voxels(levels: &Levels, volume: bool) -> Vec<f64> {
    if volume {
        return vec![levels.n_voxels() as f64];
    }
    let mut counts = vec![0.0; levels.shape()[0]];
    levels.indices().for_each(|[z, _, _]| counts[z] += 1.0);
    counts
}
