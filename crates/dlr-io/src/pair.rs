//! An image and its mask, brought onto one grid where that loses nothing, and refused otherwise.
//!
//! Three differences are of storage, not of anatomy, and are put right with a note: axes stored in another order or
//! direction, positions that differ by rounding (at most 0.01 voxel), and a file without any position beside one that
//! has one. A mask on a truly different grid is refused: resampling it is a decision, made in `dlr-imaging`.

use crate::image::{Noted, read_raw};
use crate::mask::{self, LabelImage, LabelSelection};
use dlr_core::{Geometry, Mask, Result, Volume};
use ndarray::Axis;
use std::path::Path;

/// An image and a mask on the same grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The image, axes as stored.
    pub image: Volume,
    /// The mask, on the image's grid.
    pub mask: Mask,
}

/// Reads an image and one mask of it, and brings the mask onto the image's grid.
///
/// # Errors
/// As [`crate::read_volume`] and [`crate::read_mask`]; `E0103` where the grids differ by more than storage.
pub fn read_pair(image: &Path, mask: &Path, selection: &LabelSelection) -> Result<Noted<Pair>> {
    let noted = read_with_masks(image, &[mask], selection)?;
    let (image, masks) = noted.value;
    let mask = masks.into_iter().next().expect("one mask was asked for and read");
    Ok(Noted { value: Pair { image, mask }, notes: noted.notes })
}

/// An image and the label image that belongs to it, read once, from which regions are taken one by one: a mask of a
/// hundred labels needs the memory of one region at a time.
#[derive(Debug, Clone)]
pub struct LabelledPair {
    image: Volume,
    /// The grid of the label image.
    grid: Geometry,
    labels: LabelImage,
    notes: Vec<String>,
}

impl LabelledPair {
    /// Reads both files; that their grids are one is seen when a region is taken.
    ///
    /// # Errors
    /// As [`crate::read_volume`] and [`crate::read_mask`].
    pub fn read(image: &Path, mask: &Path) -> Result<Self> {
        let (raw, mask_raw) = (read_raw(image)?, read_raw(mask)?);
        let (mut notes, mut grid, mut mask_grid) = (raw.notes, raw.geometry, mask_raw.geometry);
        notes.extend(mask_raw.notes);
        if raw.is_placed != mask_raw.is_placed && same_shape_and_spacing(&grid, &mask_grid) {
            let (without, with) = if raw.is_placed { ("mask", "image") } else { ("image", "mask") };
            notes.push(format!("the {without} has no position: that of the {with} is used, same shape and spacing"));
            let placed = if raw.is_placed { grid } else { mask_grid };
            (grid, mask_grid) = (placed, placed);
        }
        let labels = LabelImage::new(mask, mask_raw.voxels)?;
        Ok(LabelledPair { image: Volume::new(grid, raw.voxels.into_voxels())?, grid: mask_grid, labels, notes })
    }

    /// The image, axes as stored.
    pub fn image(&self) -> &Volume {
        &self.image
    }

    /// The labels that occur, ascending, at least one.
    pub fn labels(&self) -> &[i64] {
        self.labels.present()
    }

    /// What was remarkable about the files.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The region that `selection` names, on the image's grid.
    ///
    /// # Errors
    /// `E0106` for a label that is not there, `E0103` where the grids differ by more than storage.
    pub fn region(&self, selection: &LabelSelection) -> Result<Noted<Mask>> {
        let mut region = self.region_as_stored(selection)?;
        let placed = onto_grid(region.value, self.image.geometry())?;
        region.notes.extend(placed.notes);
        Ok(Noted { value: placed.value, notes: region.notes })
    }

    /// The region that `selection` names, on the grid of its own file.
    ///
    /// # Errors
    /// `E0106` for a label that is not there.
    pub fn region_as_stored(&self, selection: &LabelSelection) -> Result<Noted<Mask>> {
        let inside = self.labels.inside(selection)?;
        Ok(Noted { value: Mask::new(self.grid, inside.value)?, notes: inside.notes })
    }
}

/// An image and any number of masks of it, in the order given, all on the image's grid.
pub(crate) fn read_with_masks(
    image: &Path,
    masks: &[&Path],
    selection: &LabelSelection,
) -> Result<Noted<(Volume, Vec<Mask>)>> {
    let raw = read_raw(image)?;
    let mut notes = raw.notes;
    let mut regions = Vec::new();
    for path in masks {
        let (region, is_placed) = mask::select(path, read_raw(path)?, selection)?;
        notes.extend(region.notes);
        regions.push((region.value, is_placed));
    }
    let mut grid = raw.geometry;
    if !raw.is_placed
        && let Some((mask, _)) =
            regions.iter().find(|(m, placed)| *placed && same_shape_and_spacing(&grid, m.geometry()))
    {
        notes.push("the image has no position: that of the mask is used, same shape and spacing".to_owned());
        grid = *mask.geometry();
    }
    let grid_is_placed = grid != raw.geometry || raw.is_placed;
    let mut masks = Vec::new();
    for (mut region, is_placed) in regions {
        if grid_is_placed && !is_placed && same_shape_and_spacing(&grid, region.geometry()) {
            notes.push("the mask has no position: that of the image is used, same shape and spacing".to_owned());
            region = Mask::new(grid, region.voxels().to_owned())?;
        }
        let region = onto_grid(region, &grid)?;
        notes.extend(region.notes);
        masks.push(region.value);
    }
    Ok(Noted { value: (Volume::new(grid, raw.voxels.into_voxels())?, masks), notes })
}

/// The mask with its axes in the order and direction of `grid`, and exactly on it.
///
/// # Errors
/// `E0103` where no exchange and flip of axes makes the grids equal within 0.01 voxel.
pub fn onto_grid(mask: Mask, grid: &Geometry) -> Result<Noted<Mask>> {
    if mask.geometry() == grid {
        return Ok(Noted { value: mask, notes: Vec::new() });
    }
    if mask.geometry().is_same_grid(grid) {
        let far = grid.corner_distance_voxels(mask.geometry());
        // Rounding of 32 bit positions is not worth a word.
        let notes =
            if far > 1e-4 { vec![format!("mask moved by {far:.4} voxels onto the image grid")] } else { vec![] };
        return Ok(Noted { value: Mask::new(*grid, mask.voxels().to_owned())?, notes });
    }
    let Some(order) = axis_order(mask.geometry(), grid) else {
        return Err(mismatch(&mask, grid));
    };
    let mut voxels = mask.voxels().permuted_axes(order.map(|(axis, _)| axis));
    let (shape, spacing) = (mask.geometry().shape(), mask.geometry().spacing_mm());
    let mut corner = [0.0; 3];
    for (axis, (from, flipped)) in order.into_iter().enumerate() {
        if flipped {
            voxels.invert_axis(Axis(axis));
            corner[from] = shape[from] as f64 - 1.0;
        }
    }
    let stored = Geometry::new(
        order.map(|(from, _)| shape[from]),
        order.map(|(from, _)| spacing[from]),
        mask.geometry().to_world(corner),
        grid.direction(),
    )?;
    if !stored.is_same_grid(grid) {
        return Err(mismatch(&mask, grid));
    }
    let notes = vec!["mask axes were stored in another order than the image's: brought onto its grid".to_owned()];
    Ok(Noted { value: Mask::new(*grid, voxels.to_owned())?, notes })
}

/// The error of `dlr-core`, which gives both grids.
fn mismatch(mask: &Mask, grid: &Geometry) -> dlr_core::Error {
    match grid.must_match(mask.geometry(), "mask") {
        Err(error) => error,
        Ok(()) => dlr_core::Error::new(dlr_core::Code::GridMismatch, "mask grid differs from image grid"),
    }
}

/// For each axis of `to`: which axis of `from` runs along it, and whether in the opposite direction.
fn axis_order(from: &Geometry, to: &Geometry) -> Option<[(usize, bool); 3]> {
    let mut order = [(usize::MAX, false); 3];
    for (slot, wanted) in order.iter_mut().zip(to.direction()) {
        *slot = from.direction().into_iter().enumerate().find_map(|(axis, has)| {
            let cosine: f64 = has.iter().zip(wanted).map(|(a, b)| a * b).sum();
            (cosine.abs() > 0.999).then_some((axis, cosine < 0.0))
        })?;
    }
    let mut axes = order.map(|(axis, _)| axis);
    axes.sort_unstable();
    (axes == [0, 1, 2]).then_some(order)
}

fn same_shape_and_spacing(a: &Geometry, b: &Geometry) -> bool {
    let close = |(a, b): (f64, f64)| (a / b - 1.0).abs() <= 1e-4;
    a.shape() == b.shape() && a.spacing_mm().into_iter().zip(b.spacing_mm()).all(close)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Code;
    use ndarray::Array3;

    fn grid() -> Geometry {
        let direction = [[0.0, 0.0, 1.0], [0.6, 0.8, 0.0], [0.8, -0.6, 0.0]];
        Geometry::new([2, 3, 4], [3.0, 1.0, 0.5], [10.0, -20.0, 5.0], direction).unwrap()
    }

    #[test]
    fn every_storage_order_is_the_same_region() {
        let grid = grid();
        let truth = Array3::from_shape_fn((2, 3, 4), |(z, y, x)| (7 * z + 3 * y + x) % 5 < 2);
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            for flips in 0..8 {
                let mut voxels = truth.view().permuted_axes(order);
                let (shape, mut corner) = (grid.shape(), [0.0; 3]);
                let mut direction = order.map(|axis| grid.direction()[axis]);
                for axis in 0..3 {
                    if flips >> axis & 1 == 1 {
                        voxels.invert_axis(Axis(axis));
                        corner[order[axis]] = shape[order[axis]] as f64 - 1.0;
                        direction[axis] = direction[axis].map(|v| -v);
                    }
                }
                let spacing = order.map(|axis| grid.spacing_mm()[axis]);
                let stored = order.map(|axis| shape[axis]);
                let geometry = Geometry::new(stored, spacing, grid.to_world(corner), direction).unwrap();
                let mask = onto_grid(Mask::new(geometry, voxels.to_owned()).unwrap(), &grid).unwrap();
                assert_eq!(mask.value, Mask::new(grid, truth.clone()).unwrap(), "{order:?} {flips}");
                assert_eq!(mask.notes.is_empty(), order == [0, 1, 2] && flips == 0);
            }
        }
    }

    #[test]
    fn rounding_passes_and_another_grid_does_not() {
        let grid = grid();
        let at = |mm: f64| {
            let [x, y, z] = grid.origin_mm();
            let moved = Geometry::new(grid.shape(), grid.spacing_mm(), [x, y, z + mm], grid.direction()).unwrap();
            onto_grid(Mask::new(moved, Array3::from_elem((2, 3, 4), true)).unwrap(), &grid)
        };
        assert_eq!(at(1e-3).unwrap().value.geometry(), &grid);
        assert_eq!(at(0.3).unwrap_err().code(), Code::GridMismatch);
    }
}
