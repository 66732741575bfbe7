//! Which regions of a label image are measured: one label, each label, all of them together, or each connected piece.

use dlr_core::{Code, Error, Geometry, Mask, Result};
use dlr_imaging::regions::{Connectivity, components};
use ndarray::{Array3, ArrayView3};
use std::collections::BTreeSet;

/// A choice of regions. Label 0 is background and never chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// The voxels of this label.
    Label(u32),
    /// One region per label.
    All,
    /// One region of all labels.
    Union,
    /// One region per connected piece of all labels; pieces touch by faces, edges and corners.
    Components,
}

/// One region and what tells it from the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// The label; for components the number of the piece, from 1, in array order of first voxels; 0 for the union.
    pub label: u32,
    /// The region.
    pub mask: Mask,
}

/// The regions of `labels`, shape `[z, y, x]`, by ascending label.
///
/// # Errors
/// [`Code::EmptyMask`] where no voxel has a label, [`Code::LabelAbsent`] with the labels there are,
/// [`Code::Shape`] where array and geometry disagree.
///
/// ```
/// use dlr_core::Geometry;
/// use dlr_radiomics::select::{Select, regions};
/// let labels = ndarray::array![[[0, 1, 1, 0, 4]]];
/// let grid = Geometry::axis_aligned([1, 1, 5], [3.0, 1.0, 1.0])?;
/// let each = regions(labels.view(), &grid, Select::All)?;
/// assert_eq!(each.iter().map(|r| (r.label, r.mask.n_voxels())).collect::<Vec<_>>(), [(1, 2), (4, 1)]);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn regions(labels: ArrayView3<'_, u32>, geometry: &Geometry, select: Select) -> Result<Vec<Selected>> {
    let present: BTreeSet<u32> = labels.iter().copied().filter(|l| *l > 0).collect();
    if present.is_empty() {
        return Err(Error::new(Code::EmptyMask, "no voxel has a label"));
    }
    let region = |label: u32, voxels: Array3<bool>| Ok(Selected { label, mask: Mask::new(*geometry, voxels)? });
    match select {
        Select::Label(label) if present.contains(&label) => Ok(vec![region(label, labels.mapv(|l| l == label))?]),
        Select::Label(label) => {
            let names: Vec<String> = present.iter().map(u32::to_string).collect();
            Err(Error::new(Code::LabelAbsent, format!("label {label} is not in the mask"))
                .expected("a label of the mask")
                .found(names.join(", ")))
        }
        Select::All => present.iter().map(|&label| region(label, labels.mapv(|l| l == label))).collect(),
        Select::Union => Ok(vec![region(0, labels.mapv(|l| l > 0))?]),
        Select::Components => {
            let union = Mask::new(*geometry, labels.mapv(|l| l > 0))?;
            let (pieces, sizes) = components(&union, Connectivity::Corners);
            (1..=sizes.len() as u32).map(|piece| region(piece, pieces.mapv(|p| p == piece))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn every_choice() {
        let labels = array![[[0, 2, 2, 0, 5, 0, 2]]];
        let grid = Geometry::axis_aligned([1, 1, 7], [1.0; 3]).unwrap();
        let sizes = |select| {
            let found = regions(labels.view(), &grid, select).unwrap();
            found.iter().map(|r| (r.label, r.mask.n_voxels())).collect::<Vec<_>>()
        };
        assert_eq!(sizes(Select::Label(2)), [(2, 3)]);
        assert_eq!(sizes(Select::All), [(2, 3), (5, 1)]);
        assert_eq!(sizes(Select::Union), [(0, 4)]);
        assert_eq!(sizes(Select::Components), [(1, 2), (2, 1), (3, 1)]);
        let error = regions(labels.view(), &grid, Select::Label(1)).unwrap_err();
        assert_eq!(error.code(), Code::LabelAbsent);
        assert!(error.to_string().contains("2, 5"));
        let none = Array3::zeros((1, 1, 7));
        assert_eq!(regions(none.view(), &grid, Select::Union).unwrap_err().code(), Code::EmptyMask);
    }
}
