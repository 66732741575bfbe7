//! [`Volume`] and [`Mask`]: voxels on a [`Geometry`]. They hold and hand out voxels; changing them is `dlr-imaging`.

use crate::{Code, Error, Geometry, Result};
use ndarray::{Array3, ArrayView3, s};

/// Voxels as they were read: 32 bit where that is exact, 64 bit where the source is wider.
#[derive(Debug, Clone, PartialEq)]
pub enum Voxels {
    /// Exact for 8, 16 and 24 bit integers and 32 bit floats.
    F32(Array3<f32>),
    /// For 32 and 64 bit integers and 64 bit floats, and for whatever was computed.
    F64(Array3<f64>),
}

impl Voxels {
    /// Shape `[z, y, x]`.
    pub fn shape(&self) -> [usize; 3] {
        let (z, y, x) = match self {
            Voxels::F32(a) => a.dim(),
            Voxels::F64(a) => a.dim(),
        };
        [z, y, x]
    }
}

impl From<Array3<f32>> for Voxels {
    fn from(array: Array3<f32>) -> Self {
        Voxels::F32(array)
    }
}

impl From<Array3<f64>> for Voxels {
    fn from(array: Array3<f64>) -> Self {
        Voxels::F64(array)
    }
}

/// A half-open box of voxels, `[z, y, x]`: from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexBox {
    /// First index along each axis.
    pub start: [usize; 3],
    /// One past the last index along each axis.
    pub end: [usize; 3],
}

impl IndexBox {
    /// Number of voxels along each axis.
    pub fn shape(&self) -> [usize; 3] {
        [0, 1, 2].map(|a| self.end[a] - self.start[a])
    }

    /// The box grown by `margin` on both sides of each axis, cut at a grid of `shape`.
    pub fn grown(&self, margin: [usize; 3], shape: [usize; 3]) -> IndexBox {
        IndexBox {
            start: [0, 1, 2].map(|a| self.start[a].saturating_sub(margin[a])),
            end: [0, 1, 2].map(|a| (self.end[a] + margin[a]).min(shape[a])),
        }
    }
}

/// An image: one number per voxel, on a grid. Shape `[z, y, x]`, C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    geometry: Geometry,
    voxels: Voxels,
}

impl Volume {
    /// Voxels on their grid.
    ///
    /// # Errors
    /// [`Code::Shape`] where array and geometry disagree.
    pub fn new(geometry: Geometry, voxels: impl Into<Voxels>) -> Result<Self> {
        // C order is promised to every reader, so it is made here, once.
        let voxels = match voxels.into() {
            Voxels::F32(a) => Voxels::F32(standard(a)),
            Voxels::F64(a) => Voxels::F64(standard(a)),
        };
        check_shape(&geometry, voxels.shape())?;
        Ok(Volume { geometry, voxels })
    }

    /// An array with a spacing `[z, y, x]` in millimetres, for callers without a patient position.
    ///
    /// ```
    /// use dlr_core::Volume;
    /// use ndarray::Array3;
    /// let image = Volume::from_array(Array3::<f32>::zeros((4, 5, 6)), [3.0, 1.0, 1.0])?;
    /// assert_eq!(image.geometry().shape(), [4, 5, 6]);
    /// # Ok::<(), dlr_core::Error>(())
    /// ```
    pub fn from_array(voxels: impl Into<Voxels>, spacing_mm: [f64; 3]) -> Result<Self> {
        let voxels = voxels.into();
        Self::new(Geometry::axis_aligned(voxels.shape(), spacing_mm)?, voxels)
    }

    /// The grid.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The voxels, in the width they have.
    pub fn voxels(&self) -> &Voxels {
        &self.voxels
    }

    /// The value at `[z, y, x]`.
    pub fn get(&self, index: [usize; 3]) -> f64 {
        match &self.voxels {
            Voxels::F32(a) => f64::from(a[index]),
            Voxels::F64(a) => a[index],
        }
    }

    /// All voxels in 64 bit (a copy).
    pub fn to_f64(&self) -> Array3<f64> {
        match &self.voxels {
            Voxels::F32(a) => a.mapv(f64::from),
            Voxels::F64(a) => a.clone(),
        }
    }

    /// All voxels in 64 bit, without a copy where they already are.
    pub fn into_f64(self) -> Array3<f64> {
        match self.voxels {
            Voxels::F32(a) => a.mapv(f64::from),
            Voxels::F64(a) => a,
        }
    }

    /// The voxels of a box in 64 bit (a copy of that box only).
    pub fn crop_f64(&self, region: IndexBox) -> Array3<f64> {
        let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = region;
        match &self.voxels {
            Voxels::F32(a) => a.slice(s![z0..z1, y0..y1, x0..x1]).mapv(f64::from),
            Voxels::F64(a) => a.slice(s![z0..z1, y0..y1, x0..x1]).to_owned(),
        }
    }

    /// The box as a volume of its own, in the same place of the patient.
    pub fn crop(&self, region: IndexBox) -> Volume {
        let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = region;
        let geometry = self.geometry.window(region.start.map(|s| s as isize), region.shape());
        let voxels = match &self.voxels {
            Voxels::F32(a) => Voxels::F32(a.slice(s![z0..z1, y0..y1, x0..x1]).to_owned()),
            Voxels::F64(a) => Voxels::F64(a.slice(s![z0..z1, y0..y1, x0..x1]).to_owned()),
        };
        Volume { geometry, voxels }
    }
}

/// A region: which voxels of a grid belong to it. May be empty; a [`crate::Roi`] is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    geometry: Geometry,
    voxels: Array3<bool>,
}

impl Mask {
    /// Voxels on their grid.
    ///
    /// # Errors
    /// [`Code::Shape`] where array and geometry disagree.
    pub fn new(geometry: Geometry, voxels: Array3<bool>) -> Result<Self> {
        let (z, y, x) = voxels.dim();
        check_shape(&geometry, [z, y, x])?;
        Ok(Mask { geometry, voxels: standard(voxels) })
    }

    /// An array with a spacing `[z, y, x]` in millimetres.
    pub fn from_array(voxels: Array3<bool>, spacing_mm: [f64; 3]) -> Result<Self> {
        let (z, y, x) = voxels.dim();
        Self::new(Geometry::axis_aligned([z, y, x], spacing_mm)?, voxels)
    }

    /// The grid.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The voxels, shape `[z, y, x]`.
    pub fn voxels(&self) -> ArrayView3<'_, bool> {
        self.voxels.view()
    }

    /// Number of voxels inside.
    pub fn n_voxels(&self) -> usize {
        self.voxels.iter().filter(|v| **v).count()
    }

    /// Volume of the voxels inside, in cubic millimetres.
    pub fn volume_mm3(&self) -> f64 {
        self.n_voxels() as f64 * self.geometry.voxel_volume_mm3()
    }

    /// The smallest box around the voxels inside; `None` for an empty mask.
    pub fn bounding_box(&self) -> Option<IndexBox> {
        let mut region = IndexBox { start: [usize::MAX; 3], end: [0; 3] };
        for (z, plane) in self.voxels.outer_iter().enumerate() {
            for (y, row) in plane.outer_iter().enumerate() {
                // Nearly all rows of an image are empty, and this form of asking is eight times faster.
                if !row.iter().fold(false, |any, v| any | v) {
                    continue;
                }
                let Some(first) = row.iter().position(|v| *v) else { continue };
                let last = row.iter().rposition(|v| *v).unwrap_or(first);
                region.start = [region.start[0].min(z), region.start[1].min(y), region.start[2].min(first)];
                region.end = [region.end[0].max(z + 1), region.end[1].max(y + 1), region.end[2].max(last + 1)];
            }
        }
        (region.end != [0; 3]).then_some(region)
    }

    /// The box as a mask of its own, in the same place of the patient.
    pub fn crop(&self, region: IndexBox) -> Mask {
        let IndexBox { start: [z0, y0, x0], end: [z1, y1, x1] } = region;
        Mask {
            geometry: self.geometry.window(region.start.map(|s| s as isize), region.shape()),
            voxels: self.voxels.slice(s![z0..z1, y0..y1, x0..x1]).to_owned(),
        }
    }
}

fn standard<T: Clone>(array: Array3<T>) -> Array3<T> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}

fn check_shape(geometry: &Geometry, shape: [usize; 3]) -> Result<()> {
    if geometry.shape() == shape {
        return Ok(());
    }
    Err(Error::new(Code::Shape, "array and geometry differ in shape (z, y, x)")
        .expected(format!("{:?}", geometry.shape()))
        .found(format!("{shape:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounding_box_and_crop() {
        let mut voxels = Array3::from_elem((4, 5, 6), false);
        voxels[[1, 2, 3]] = true;
        voxels[[2, 4, 3]] = true;
        let mask = Mask::from_array(voxels, [2.0, 1.0, 1.0]).unwrap();
        let region = mask.bounding_box().unwrap();
        assert_eq!(region, IndexBox { start: [1, 2, 3], end: [3, 5, 4] });
        assert_eq!(mask.crop(region).n_voxels(), 2);
        assert_eq!(mask.crop(region).geometry().origin_mm(), [3.0, 2.0, 2.0]);
        assert_eq!(region.grown([1, 9, 0], [4, 5, 6]), IndexBox { start: [0, 0, 3], end: [4, 5, 4] });
        assert!(Mask::from_array(Array3::from_elem((2, 2, 2), false), [1.0; 3]).unwrap().bounding_box().is_none());
    }

    #[test]
    fn foreign_memory_order_is_put_right() {
        let fortran =
            Array3::<f32>::from_shape_fn((2, 3, 4), |(z, y, x)| (100 * z + 10 * y + x) as f32).reversed_axes();
        let volume = Volume::from_array(fortran, [1.0; 3]).unwrap();
        assert_eq!(volume.get([3, 2, 1]), 123.0);
        assert!(matches!(volume.voxels(), Voxels::F32(a) if a.is_standard_layout()));
    }
}
