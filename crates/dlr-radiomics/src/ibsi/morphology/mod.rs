//! Morphology: size and shape of the region, and how its intensities lie in it.
//!
//! Shape comes from the morphological mask, intensities from the intensity mask; both lie on one crop, which may be as
//! tight as the masks.

pub mod autocorrelation;
pub mod axes;
pub mod enclosing;
pub mod hull;
pub mod vertices;

use crate::shape::Mesh;
use crate::{Definition, Family};
use hull::Hull;
use ndarray::ArrayView3;
use std::f64::consts::PI;

const F: Family = Family::Shape;

/// The features of morphology, in the order of [`morphology`].
///
/// `V` and `A` are volume and area of the mesh (marching cubes, half-way between voxel centres), `λ` the eigenvalues of
/// the covariance of the voxel centres, `d` the distance of two voxels, `x` intensities.
pub const DEFINITIONS: [Definition; 29] = [
    Definition::new(F, ["MeshVolume", "RNU0", "mm³", "V", "1/6 of the voxel for one voxel"]),
    Definition::new(F, ["VoxelVolume", "YEKZ", "mm³", "number of voxels times volume of a voxel", "never"]),
    Definition::new(F, ["SurfaceArea", "C0JK", "mm²", "A", "never"]),
    Definition::new(F, ["SurfaceVolumeRatio", "2PR5", "1/mm", "A / V", "never"]),
    Definition::new(F, ["Compactness1", "SKGS", "1", "V / (√π A^(3/2))", "never"]),
    Definition::new(F, ["Compactness2", "BQWJ", "1", "36 π V² / A³", "never"]),
    Definition::new(F, ["SphericalDisproportion", "KRCK", "1", "A / (36 π V²)^(1/3)", "never"]),
    Definition::new(F, ["Sphericity", "QCFX", "1", "(36 π V²)^(1/3) / A", "never"]),
    Definition::new(F, ["Asphericity", "25C7", "1", "(A³ / (36 π V²))^(1/3) - 1", "never"]),
    Definition::new(
        F,
        [
            "CentreOfMassShift",
            "KLMA",
            "mm",
            "distance of the voxels' centre from their centre weighted by intensity",
            "0 for a flat region; NaN where the intensities add up to 0",
        ],
    ),
    Definition::new(F, ["Maximum3DDiameter", "L0JK", "mm", "largest distance of two vertices of the mesh", "never"]),
    Definition::new(F, ["MajorAxisLength", "TDIC", "mm", "4 √λ1", "0 for one voxel"]),
    Definition::new(F, ["MinorAxisLength", "P9VJ", "mm", "4 √λ2", "0 for a line of voxels"]),
    Definition::new(F, ["LeastAxisLength", "7J51", "mm", "4 √λ3", "0 for voxels in one plane"]),
    Definition::new(F, ["Elongation", "Q3CK", "1", "√(λ2 / λ1)", "0 for a line of voxels; NaN for one voxel"]),
    Definition::new(F, ["Flatness", "N17B", "1", "√(λ3 / λ1)", "0 for voxels in one plane; NaN for one voxel"]),
    Definition::new(F, ["VolumeDensityAxisAlignedBox", "PBX1", "1", "V / volume of the box along the axes", "never"]),
    Definition::new(F, ["AreaDensityAxisAlignedBox", "R59B", "1", "A / area of the box along the axes", "never"]),
    Definition::new(
        F,
        [
            "VolumeDensityApproximateEllipsoid",
            "6BDE",
            "1",
            "V / volume of the ellipsoid with the axes 4 √λ",
            "NaN for voxels in one plane",
        ],
    ),
    Definition::new(
        F,
        [
            "AreaDensityApproximateEllipsoid",
            "RDD2",
            "1",
            "A / area of the ellipsoid with the axes 4 √λ, 20 terms of its series",
            "NaN for voxels in one plane",
        ],
    ),
    Definition::new(F, ["VolumeDensityConvexHull", "R3ER", "1", "V / volume of the convex hull of the mesh", "never"]),
    Definition::new(F, ["AreaDensityConvexHull", "7T7F", "1", "A / area of the convex hull of the mesh", "never"]),
    Definition::new(F, ["IntegratedIntensity", "99N0", "I mm³", "V times mean intensity", "never"]),
    Definition::new(
        F,
        [
            "MoransI",
            "N365",
            "1",
            "n / Σ w Σ w (xi - μ) (xj - μ) / Σ (x - μ)², w = 1 / d",
            "NaN for one voxel or a flat region",
        ],
    ),
    Definition::new(
        F,
        [
            "GearysC",
            "NPT7",
            "1",
            "(n - 1) / (2 Σ w) Σ w (xi - xj)² / Σ (x - μ)², w = 1 / d",
            "NaN for one voxel or a flat region",
        ],
    ),
    Definition::new(F, ["VolumeDensityOrientedBox", "ZH1A", "1", "V / volume of the smallest box", "never"]),
    Definition::new(F, ["AreaDensityOrientedBox", "IQYR", "1", "A / area of the smallest box", "never"]),
    Definition::new(
        F,
        ["VolumeDensityEnclosingEllipsoid", "SWZ2", "1", "V / volume of the smallest ellipsoid", "never"],
    ),
    Definition::new(F, ["AreaDensityEnclosingEllipsoid", "BRI8", "1", "A / area of the smallest ellipsoid", "never"]),
];

/// The two masks of a region on one crop of its image, neither of them empty.
#[derive(Debug, Clone, Copy)]
pub struct Masks<'a> {
    /// Intensities, finite wherever `intensity` is set.
    pub image: ArrayView3<'a, f64>,
    /// The region as drawn.
    pub morphological: ArrayView3<'a, bool>,
    /// The region after re-segmentation.
    pub intensity: ArrayView3<'a, bool>,
    /// Voxel spacing `[z, y, x]` in mm.
    pub spacing_mm: [f64; 3],
}

/// The features of morphology, in the order of [`DEFINITIONS`].
///
/// The last four, on which the standard has no consensus, are NaN unless `with_enclosing` is set: they cost more than
/// all others together.
pub fn morphology(masks: Masks<'_>, with_enclosing: bool) -> [f64; 29] {
    let spacing_mm = masks.spacing_mm;
    let (shape, [moran, geary]) = rayon::join(
        || Shape::new(masks.morphological, spacing_mm, with_enclosing),
        || autocorrelation::autocorrelation(masks.image, masks.intensity, spacing_mm),
    );
    let Shape { mesh, n_voxels, axes, diameter_mm, sides_mm, hull_volume, hull_area, oriented_mm, enclosing_mm } =
        shape;
    let (v, a) = (mesh.volume_mm3, mesh.area_mm2);
    let sphere = (36.0 * PI * v * v).cbrt();
    let lengths = axes.lengths_mm();
    let [l1, l2, l3] = lengths;
    let undefined_if_flat = |density: f64| if l3 > 0.0 { density } else { f64::NAN };
    let (mean, shift) = weighted_centre(masks, axes.centre_mm);
    let box_area = |[p, q, r]: [f64; 3]| 2.0 * (p * q + p * r + q * r);
    [
        v,
        n_voxels as f64 * spacing_mm.iter().product::<f64>(),
        a,
        a / v,
        v / (PI.sqrt() * a.powf(1.5)),
        36.0 * PI * v * v / (a * a * a),
        a / sphere,
        sphere / a,
        a / sphere - 1.0,
        shift,
        diameter_mm,
        l1,
        l2,
        l3,
        super::statistics::ratio(l2, l1),
        super::statistics::ratio(l3, l1),
        v / sides_mm.iter().product::<f64>(),
        a / box_area(sides_mm),
        undefined_if_flat(v / axes::ellipsoid_volume_mm3(lengths)),
        undefined_if_flat(a / axes::ellipsoid_area_mm2(lengths)),
        v / hull_volume,
        a / hull_area,
        v * mean,
        moran,
        geary,
        v / oriented_mm.iter().product::<f64>(),
        a / box_area(oriented_mm),
        v / axes::ellipsoid_volume_mm3(enclosing_mm),
        a / axes::ellipsoid_area_mm2(enclosing_mm),
    ]
}

/// What depends on the morphological mask alone.
struct Shape {
    mesh: Mesh,
    n_voxels: usize,
    axes: axes::PrincipalAxes,
    diameter_mm: f64,
    /// Of the box along the axes around the mesh.
    sides_mm: [f64; 3],
    hull_volume: f64,
    hull_area: f64,
    oriented_mm: [f64; 3],
    enclosing_mm: [f64; 3],
}

impl Shape {
    fn new(mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3], with_enclosing: bool) -> Self {
        let step_mm = spacing_mm.map(|s| s / 2.0);
        let vertices = vertices::extreme_vertices(mask);
        let ends = |a: usize| (vertices.iter().map(|p| p[a]).min(), vertices.iter().map(|p| p[a]).max());
        let sides_mm = [0, 1, 2].map(|a| match ends(a) {
            (Some(low), Some(high)) => (high - low) as f64 * step_mm[a],
            _ => f64::NAN,
        });
        let hull = Hull::new(vertices);
        let of_hull = |f: &dyn Fn(&Hull) -> f64| hull.as_ref().map_or(f64::NAN, f);
        let enclosing =
            |f: &dyn Fn(&Hull) -> [f64; 3]| hull.as_ref().filter(|_| with_enclosing).map_or([f64::NAN; 3], f);
        Shape {
            mesh: Mesh::new(mask, spacing_mm),
            n_voxels: mask.iter().filter(|m| **m).count(),
            axes: axes::PrincipalAxes::of(mask, spacing_mm),
            diameter_mm: of_hull(&|h| diameter_mm(&h.corners(), step_mm)),
            sides_mm,
            hull_volume: of_hull(&|h| h.volume_mm3(step_mm)),
            hull_area: of_hull(&|h| h.area_mm2(step_mm)),
            oriented_mm: enclosing(&|h| enclosing::smallest_box_mm(h, step_mm)),
            enclosing_mm: enclosing(&|h| enclosing::smallest_ellipsoid_mm(h, step_mm)),
        }
    }
}

/// Largest distance of two corners of the hull, which no two vertices of the mesh exceed.
fn diameter_mm(corners: &[[i64; 3]], step_mm: [f64; 3]) -> f64 {
    let points: Vec<[f64; 3]> = corners.iter().map(|p| [0, 1, 2].map(|a| p[a] as f64 * step_mm[a])).collect();
    let mut largest: f64 = 0.0;
    for (i, p) in points.iter().enumerate() {
        for q in &points[i + 1..] {
            largest = largest.max((p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2) + (p[2] - q[2]).powi(2));
        }
    }
    largest.sqrt()
}

/// Mean intensity, and how far the centre weighted by intensity lies from `centre_mm`.
fn weighted_centre(masks: Masks<'_>, centre_mm: [f64; 3]) -> (f64, f64) {
    let (mut n, mut total, mut moments) = (0.0, 0.0, [0.0; 3]);
    for (z, (plane, inside)) in masks.image.outer_iter().zip(masks.intensity.outer_iter()).enumerate() {
        for (y, (row, inside)) in plane.outer_iter().zip(inside.outer_iter()).enumerate() {
            // Sums per row keep rounding small and the order fixed.
            let (mut k, mut sum, mut along) = (0.0, 0.0, 0.0);
            for (x, (value, _)) in row.iter().zip(inside).enumerate().filter(|(_, (_, inside))| **inside) {
                (k, sum, along) = (k + 1.0, sum + value, along + value * x as f64);
            }
            n += k;
            total += sum;
            moments[0] += sum * z as f64;
            moments[1] += sum * y as f64;
            moments[2] += along;
        }
    }
    let squares = [0, 1, 2].map(|a| (moments[a] / total * masks.spacing_mm[a] - centre_mm[a]).powi(2));
    (total / n, if total == 0.0 { f64::NAN } else { squares.iter().sum::<f64>().sqrt() })
}
