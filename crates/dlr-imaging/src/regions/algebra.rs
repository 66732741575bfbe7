//! Union, intersection and difference of masks on one grid.

use dlr_core::{Mask, Result};
use ndarray::Zip;

/// Voxels of `a`, of `b`, or of both.
///
/// # Errors
/// [`dlr_core::Code::GridMismatch`] where the grids differ; so for all functions of this module.
pub fn union(a: &Mask, b: &Mask) -> Result<Mask> {
    combine(a, b, |a, b| a | b)
}

/// Voxels of `a` that are also of `b`.
///
/// # Errors
/// As [`union`].
pub fn intersection(a: &Mask, b: &Mask) -> Result<Mask> {
    combine(a, b, |a, b| a & b)
}

/// Voxels of `a` that are not of `b`: oedema without the mass that its contour contains.
///
/// # Errors
/// As [`union`].
pub fn difference(a: &Mask, b: &Mask) -> Result<Mask> {
    combine(a, b, |a, b| a & !b)
}

fn combine(a: &Mask, b: &Mask, f: impl Fn(bool, bool) -> bool) -> Result<Mask> {
    a.geometry().must_match(b.geometry(), "second mask")?;
    let voxels = Zip::from(a.voxels()).and(b.voxels()).map_collect(|a, b| f(*a, *b));
    Mask::new(*a.geometry(), voxels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn truth_table_and_grid_check() {
        let mask = |bits: [bool; 4], spacing| {
            Mask::from_array(Array3::from_shape_vec((1, 1, 4), bits.to_vec()).unwrap(), [spacing; 3]).unwrap()
        };
        let (a, b) = (mask([false, false, true, true], 1.0), mask([false, true, false, true], 1.0));
        assert_eq!(union(&a, &b).unwrap(), mask([false, true, true, true], 1.0));
        assert_eq!(intersection(&a, &b).unwrap(), mask([false, false, false, true], 1.0));
        assert_eq!(difference(&a, &b).unwrap(), mask([false, false, true, false], 1.0));
        let other = mask([true; 4], 2.0);
        assert_eq!(union(&a, &other).unwrap_err().code(), dlr_core::Code::GridMismatch);
    }
}
