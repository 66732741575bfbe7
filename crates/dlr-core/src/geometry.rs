//! [`Geometry`]: one voxel grid in the patient. A value, compared and passed along; it holds no voxels.
//!
//! Index triples are `[z, y, x]` in array order; world points are `[x, y, z]` in millimetres in the DICOM patient
//! system (LPS: towards the patient's left, posterior, superior).

use crate::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// A voxel grid: how many voxels, how far apart, where, and how turned.
///
/// Fields are private because they hold each other's invariants: every spacing is finite and above 0, and the three
/// directions are orthonormal (within 1e-4).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    shape: [usize; 3],
    spacing_mm: [f64; 3],
    origin_mm: [f64; 3],
    direction: [[f64; 3]; 3],
}

/// Grid points of two geometries that lie closer than this share of a voxel are the same point.
///
/// Files store positions in 32 bit or as short decimal strings; 0.01 voxel is far above that noise and far below
/// anything that changes which voxel belongs to a ROI.
pub const SAME_GRID_TOLERANCE_VOXELS: f64 = 0.01;

impl Geometry {
    /// A grid with all its parts.
    ///
    /// `direction[a]` is the unit vector `[x, y, z]` of one step along array axis `a` (0 is z, 2 is x).
    ///
    /// # Errors
    /// [`Code::Geometry`] for a spacing that is not finite and positive, an origin that is not finite, or directions
    /// that are not orthonormal.
    pub fn new(shape: [usize; 3], spacing_mm: [f64; 3], origin_mm: [f64; 3], direction: [[f64; 3]; 3]) -> Result<Self> {
        if spacing_mm.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
            return Err(Error::new(Code::Geometry, "the distance of voxels is no distance")
                .expected("three finite numbers above 0")
                .found(format!("spacing {spacing_mm:?} mm (z, y, x)"))
                .hint("write the file again with its spacing; it cannot be guessed"));
        }
        if origin_mm.iter().any(|o| !o.is_finite()) {
            return Err(Error::new(Code::Geometry, format!("origin is {origin_mm:?} mm")).expected("finite numbers"));
        }
        for a in 0..3 {
            for b in 0..3 {
                let expected = if a == b { 1.0 } else { 0.0 };
                let error = (dot(direction[a], direction[b]) - expected).abs();
                if error.is_nan() || error > 1e-4 {
                    return Err(Error::new(Code::Geometry, "directions of the grid axes are not orthonormal")
                        .found(format!("{direction:?}"))
                        .hint("a sheared or scaled grid must be resampled before it is used"));
                }
            }
        }
        Ok(Geometry { shape, spacing_mm, origin_mm, direction })
    }

    /// A grid at the origin, axes along the patient's. `spacing_mm` is `[z, y, x]`.
    pub fn axis_aligned(shape: [usize; 3], spacing_mm: [f64; 3]) -> Result<Self> {
        Self::new(shape, spacing_mm, [0.0; 3], [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    }

    /// Number of voxels along z, y, x.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number of voxels in all.
    pub fn n_voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// Distance of neighbouring voxel centres along z, y, x, in millimetres.
    pub fn spacing_mm(&self) -> [f64; 3] {
        self.spacing_mm
    }

    /// World position `[x, y, z]` of the centre of voxel `[0, 0, 0]`, in millimetres.
    pub fn origin_mm(&self) -> [f64; 3] {
        self.origin_mm
    }

    /// Unit vector `[x, y, z]` of one step along each array axis (z, y, x).
    pub fn direction(&self) -> [[f64; 3]; 3] {
        self.direction
    }

    /// Volume of one voxel, in cubic millimetres.
    pub fn voxel_volume_mm3(&self) -> f64 {
        self.spacing_mm.iter().product()
    }

    /// World point `[x, y, z]` of a (possibly fractional) index `[z, y, x]`.
    pub fn to_world(&self, index: [f64; 3]) -> [f64; 3] {
        let mut point = self.origin_mm;
        for (axis, position) in index.into_iter().enumerate() {
            let step_mm = position * self.spacing_mm[axis];
            for (p, d) in point.iter_mut().zip(self.direction[axis]) {
                *p += step_mm * d;
            }
        }
        point
    }

    /// Fractional index `[z, y, x]` of a world point `[x, y, z]`. Inverse of [`Geometry::to_world`].
    pub fn to_index(&self, point_mm: [f64; 3]) -> [f64; 3] {
        let offset = [0, 1, 2].map(|i| point_mm[i] - self.origin_mm[i]);
        [0, 1, 2].map(|axis| dot(offset, self.direction[axis]) / self.spacing_mm[axis])
    }

    /// The part of this grid that begins at `start` and has `shape` voxels. It may reach beyond the grid.
    pub fn window(&self, start: [isize; 3], shape: [usize; 3]) -> Geometry {
        Geometry { shape, origin_mm: self.to_world(start.map(|s| s as f64)), ..*self }
    }

    /// Whether both grids have the same voxels: equal shape, and every corner within
    /// [`SAME_GRID_TOLERANCE_VOXELS`] of its counterpart.
    pub fn is_same_grid(&self, other: &Geometry) -> bool {
        self.shape == other.shape && self.corner_distance_voxels(other) <= SAME_GRID_TOLERANCE_VOXELS
    }

    /// Largest distance between corresponding corners, in units of this grid's smallest spacing.
    pub fn corner_distance_voxels(&self, other: &Geometry) -> f64 {
        let smallest = self.spacing_mm.iter().copied().fold(f64::INFINITY, f64::min);
        let corner = |g: &Geometry, bits: usize| {
            g.to_world([0, 1, 2].map(|a| if bits >> a & 1 == 1 { g.shape[a].saturating_sub(1) as f64 } else { 0.0 }))
        };
        (0..8)
            .map(|bits| {
                let (a, b) = (corner(self, bits), corner(other, bits));
                (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt() / smallest
            })
            .fold(0.0, f64::max)
    }

    /// Refuses two grids that differ, saying how: for images and masks that must lie on each other.
    ///
    /// # Errors
    /// [`Code::GridMismatch`].
    pub fn must_match(&self, other: &Geometry, what: &str) -> Result<()> {
        if self.is_same_grid(other) {
            return Ok(());
        }
        let text = |g: &Geometry| {
            let [z, y, x] = g.shape;
            let s = g.spacing_mm.map(|v| format!("{v:.4}")).join(" x ");
            let o = g.origin_mm.map(|v| format!("{v:.3}")).join(", ");
            format!("{z}x{y}x{x} voxels (z, y, x) of {s} mm at ({o})")
        };
        let error = if self.shape == other.shape {
            let far = self.corner_distance_voxels(other);
            Error::new(Code::GridMismatch, format!("{what} grid lies up to {far:.3} voxels away from the image grid"))
        } else {
            Error::new(Code::GridMismatch, format!("{what} grid differs from image grid"))
        };
        Err(error
            .expected(text(self))
            .found(text(other))
            .hint("resample the mask onto the image, or check the pairing"))
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn oblique() -> Geometry {
        let (s, c) = (0.6, 0.8);
        Geometry::new([4, 5, 6], [3.0, 1.0, 0.5], [10.0, -20.0, 5.0], [[0.0, 0.0, 1.0], [-s, c, 0.0], [c, s, 0.0]])
            .unwrap()
    }

    #[test]
    fn refuses_what_is_no_grid() {
        for spacing in [[0.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, f64::NAN], [f64::INFINITY, 1.0, 1.0]] {
            assert_eq!(Geometry::axis_aligned([2, 2, 2], spacing).unwrap_err().code(), Code::Geometry);
        }
        let sheared = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.9, 0.3, 0.0]];
        assert!(Geometry::new([2; 3], [1.0; 3], [0.0; 3], sheared).is_err());
    }

    #[test]
    fn tells_noise_from_another_grid() {
        let g = oblique();
        let moved = |mm: f64| Geometry::new(g.shape, g.spacing_mm, [10.0 + mm, -20.0, 5.0], g.direction).unwrap();
        assert!(g.is_same_grid(&moved(1e-3)));
        assert!(!g.is_same_grid(&moved(0.1)));
        assert_eq!(g.must_match(&moved(50.0), "mask").unwrap_err().code(), Code::GridMismatch);
    }

    proptest! {
        #[test]
        fn world_and_index_are_inverse(z in -50.0..50.0f64, y in -50.0..50.0f64, x in -50.0..50.0f64) {
            let back = oblique().to_index(oblique().to_world([z, y, x]));
            for (a, b) in back.iter().zip([z, y, x]) {
                prop_assert!((a - b).abs() < 1e-9);
            }
        }
    }
}
