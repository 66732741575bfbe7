//! Shape features of the `pyradiomics` profile, from [`crate::shape`].

use super::tables::in_order;
use crate::definition::Family;
use crate::shape::{Diameters, Mesh, Outline, principal_variances};
use dlr_core::{Code, Error, Result};
use ndarray::{ArrayView3, Axis};
use std::f64::consts::PI;

/// Shape in three dimensions, in the order of [`super::tables::SHAPE`].
pub(crate) fn volume(mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3]) -> Vec<f64> {
    let mesh = Mesh::new(mask, spacing_mm);
    let diameters = Diameters::new(&mesh.vertices, spacing_mm);
    let variances = principal_variances(mask, spacing_mm, &[0, 1, 2]);
    let [least, minor, major] = [variances[0], variances[1], variances[2]];
    let (area, volume) = (mesh.area_mm2, mesh.volume_mm3);
    let n_voxels = mask.iter().filter(|inside| **inside).count() as f64;
    let sphere_area = (36.0 * PI * volume * volume).cbrt();
    let [slice, column, row] = diameters.in_plane_mm;
    in_order(
        Family::Shape,
        &[
            ("Elongation", (minor / major).sqrt()),
            ("Flatness", (least / major).sqrt()),
            ("LeastAxisLength", 4.0 * least.sqrt()),
            ("MajorAxisLength", 4.0 * major.sqrt()),
            ("Maximum2DDiameterColumn", column),
            ("Maximum2DDiameterRow", row),
            ("Maximum2DDiameterSlice", slice),
            ("Maximum3DDiameter", diameters.overall_mm),
            ("MeshVolume", volume),
            ("MinorAxisLength", 4.0 * minor.sqrt()),
            ("Sphericity", sphere_area / area),
            ("SurfaceArea", area),
            ("SurfaceVolumeRatio", area / volume),
            ("VoxelVolume", n_voxels * spacing_mm.iter().product::<f64>()),
            // pyradiomics divides by A^1.5 sqrt(π); the definition in the table is the same number.
            ("Compactness1", volume / (area.powf(1.5) * PI.sqrt())),
            ("Compactness2", 36.0 * PI * volume * volume / area.powi(3)),
            ("SphericalDisproportion", area / sphere_area),
        ],
    )
}

/// Shape of a region of one slice across `axis`, in the order of [`super::tables::SHAPE2D`].
///
/// # Errors
/// [`Code::Region`] for a region of more than one slice.
pub(crate) fn slice(mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3], axis: usize) -> Result<Vec<f64>> {
    let n_slices = mask.shape()[axis];
    if n_slices != 1 {
        return Err(Error::new(Code::Region, "shape2D is asked for, but the region is not flat")
            .expected(format!("one slice across array axis {axis}"))
            .found(format!("{n_slices} slices"))
            .hint("take `shape2D` out of featureClass, or cut the mask to one slice"));
    }
    let [u, v] = [[1, 2], [0, 2], [0, 1]][axis];
    let outline = Outline::new(mask.index_axis(Axis(axis), 0), [spacing_mm[u], spacing_mm[v]]);
    let variances = principal_variances(mask, spacing_mm, &[u, v]);
    let (minor, major) = (variances[0], variances[1]);
    let n_pixels = mask.iter().filter(|inside| **inside).count() as f64;
    let (perimeter, area) = (outline.perimeter_mm, outline.area_mm2);
    let sphericity = 2.0 * (PI * area).sqrt() / perimeter;
    Ok(in_order(
        Family::Shape2d,
        &[
            ("Elongation", (minor / major).sqrt()),
            ("MajorAxisLength", 4.0 * major.sqrt()),
            ("MaximumDiameter", outline.diameter_mm),
            ("MeshSurface", area),
            ("MinorAxisLength", 4.0 * minor.sqrt()),
            ("Perimeter", perimeter),
            ("PerimeterSurfaceRatio", perimeter / area),
            ("PixelSurface", n_pixels * spacing_mm[u] * spacing_mm[v]),
            ("Sphericity", sphericity),
            ("SphericalDisproportion", 1.0 / sphericity),
        ],
    ))
}
