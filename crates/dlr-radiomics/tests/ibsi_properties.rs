//! What must hold for every region, whatever its values: moved, mirrored and turned regions, degenerate regions, the
//! same bits for any number of threads, and names that are unique.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use dlr_core::{Code, Mask, Volume};
use dlr_radiomics::Family;
use dlr_radiomics::ibsi::{
    Aggregation, Bins, FAMILIES, IbsiExtractor, IbsiParams, Interpolation, IvhBins, Measurement, Resampling,
    definitions, has_consensus,
};
use ndarray::{Array3, ArrayView3, Axis, s};
use proptest::prelude::*;
use std::collections::BTreeSet;

const SPACING_MM: [f64; 3] = [3.0, 2.0, 2.5];

fn every_feature() -> IbsiParams {
    IbsiParams {
        aggregations: Aggregation::ALL.into(),
        beyond_consensus: true,
        ..IbsiParams::new(Bins::FixedNumber { n_bins: 6 })
    }
}

fn measure(image: ArrayView3<'_, f64>, mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3]) -> Vec<Measurement> {
    let image = Volume::from_array(image.to_owned(), spacing_mm).unwrap();
    let mask = Mask::from_array(mask.to_owned(), spacing_mm).unwrap();
    IbsiExtractor::new(every_feature()).unwrap().measure(&image, &mask).unwrap()
}

/// An irregular region deep inside a larger image, so that nothing is cut off when it moves.
fn sample(seed: u64, shape: [usize; 3]) -> (Array3<f64>, Array3<bool>) {
    let hash = |z: usize, y: usize, x: usize, k: u64| {
        let mut h = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (z * 73 + y * 1009 + x * 9176) as u64 ^ k << 40;
        for _ in 0..3 {
            h = (h ^ h >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        }
        (h >> 40) % 1000
    };
    let [nz, ny, nx] = shape;
    let image = Array3::from_shape_fn((nz, ny, nx), |(z, y, x)| hash(z, y, x, 0) as f64 + 10.0 * (z + y + x) as f64);
    let deep = |i: usize, n: usize| i >= 4 && i + 4 < n;
    let mask = Array3::from_shape_fn((nz, ny, nx), |(z, y, x)| {
        deep(z, nz) && deep(y, ny) && deep(x, nx) && hash(z, y, x, 1) < 750
    });
    (image, mask)
}

fn differences(a: &[Measurement], b: &[Measurement], tolerance: f64) -> Vec<String> {
    assert_eq!(a.len(), b.len());
    let differ = |a: f64, b: f64| a.is_nan() != b.is_nan() || (a - b).abs() > tolerance * a.abs().max(b.abs()).max(1.0);
    let pairs = a.iter().zip(b).filter(|(a, b)| differ(a.value, b.value));
    pairs.map(|(a, b)| format!("{} {:?}: {} and {}", a.definition.feature, a.variant, a.value, b.value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_moved_region_has_the_same_bits(seed in 0u64..1000, dz in 0usize..3, dy in 0usize..3, dx in 0usize..3) {
        let (image, mask) = sample(seed, [13, 14, 15]);
        prop_assume!(mask.iter().any(|m| *m));
        let mut moved_image = Array3::from_elem((16, 17, 18), 777.0);
        let mut moved_mask = Array3::from_elem((16, 17, 18), false);
        moved_image.slice_mut(s![dz..dz + 13, dy..dy + 14, dx..dx + 15]).assign(&image);
        moved_mask.slice_mut(s![dz..dz + 13, dy..dy + 14, dx..dx + 15]).assign(&mask);
        let here = measure(image.view(), mask.view(), SPACING_MM);
        let there = measure(moved_image.view(), moved_mask.view(), SPACING_MM);
        prop_assert_eq!(differences(&here, &there, 0.0), Vec::<String>::new());
    }

    #[test]
    fn a_mirrored_region_has_the_same_values(seed in 0u64..1000, axis in 0usize..3) {
        let (mut image, mut mask) = sample(seed, [13, 14, 15]);
        prop_assume!(mask.iter().any(|m| *m));
        let here = measure(image.view(), mask.view(), SPACING_MM);
        image.invert_axis(Axis(axis));
        mask.invert_axis(Axis(axis));
        let there = measure(image.view(), mask.view(), SPACING_MM);
        prop_assert_eq!(differences(&without_mesh(here), &without_mesh(there), 1e-9), Vec::<String>::new());
    }

    #[test]
    fn a_turned_region_has_the_same_values_in_three_dimensions(seed in 0u64..1000, axes in 0usize..3) {
        let (image, mask) = sample(seed, [13, 14, 15]);
        prop_assume!(mask.iter().any(|m| *m));
        let axes = [[1, 2, 0], [2, 1, 0], [0, 2, 1]][axes];
        let here = measure(image.view(), mask.view(), SPACING_MM);
        let there = measure(
            image.view().permuted_axes(axes),
            mask.view().permuted_axes(axes),
            axes.map(|a| SPACING_MM[a]),
        );
        let volume = |all: Vec<Measurement>| {
            without_mesh(all).into_iter().filter(|m| m.variant.is_none_or(|v| v.starts_with("3d"))).collect::<Vec<_>>()
        };
        prop_assert_eq!(differences(&volume(here), &volume(there), 1e-9), Vec::<String>::new());
    }

    #[test]
    fn tiny_regions_have_values_or_reasons(bits in prop::collection::vec(prop::bool::weighted(0.3), 12), flat in prop::bool::ANY) {
        prop_assume!(bits.iter().any(|b| *b));
        let mask = Array3::from_shape_vec((2, 2, 3), bits).unwrap();
        let image = Array3::from_shape_fn((2, 2, 3), |(z, y, x)| if flat { 5.0 } else { (z * 7 + y * 3 + x) as f64 });
        for m in measure(image.view(), mask.view(), SPACING_MM) {
            prop_assert_eq!(m.value.is_finite(), m.undefined().is_none());
        }
    }
}

/// Volume and area of the mesh follow a table (that of pyradiomics) which cuts some cubes of a mirrored mask in
/// another way; everything else is held to rounding.
fn without_mesh(all: Vec<Measurement>) -> Vec<Measurement> {
    const MESH: [&str; 19] = [
        "RNU0", "C0JK", "2PR5", "SKGS", "BQWJ", "KRCK", "QCFX", "25C7", "PBX1", "R59B", "6BDE", "RDD2", "R3ER", "7T7F",
        "99N0", "ZH1A", "IQYR", "SWZ2", "BRI8",
    ];
    all.into_iter().filter(|m| !MESH.contains(&m.definition.ibsi)).collect()
}

#[test]
fn a_solid_region_has_the_same_mesh_mirrored_and_turned() {
    let (image, _) = sample(3, [15, 16, 17]);
    let mask = Array3::from_shape_fn((15, 16, 17), |(z, y, x)| {
        let d = [(z as f64 - 7.0) / 3.2, (y as f64 - 8.0) / 5.1, (x as f64 - 8.0) / 4.4];
        d.iter().map(|v| v * v).sum::<f64>() < 1.0
    });
    let here = measure(image.view(), mask.view(), SPACING_MM);
    let turned = measure(image.view().permuted_axes([2, 0, 1]), mask.view().permuted_axes([2, 0, 1]), [2.5, 3.0, 2.0]);
    let shape =
        |all: &[Measurement]| all.iter().filter(|m| m.definition.family == Family::Shape).cloned().collect::<Vec<_>>();
    assert_eq!(differences(&shape(&here), &shape(&turned), 2e-3), Vec::<String>::new());
}

fn value(all: &[Measurement], code: &str, variant: Option<&str>) -> f64 {
    all.iter().find(|m| m.definition.ibsi == code && m.variant == variant).unwrap().value
}

#[test]
fn one_voxel_at_the_corner_of_the_image() {
    let image = Array3::from_elem((1, 1, 1), 42.0);
    let all = measure(image.view(), Array3::from_elem((1, 1, 1), true).view(), [2.0; 3]);
    assert_eq!(value(&all, "Q4LE", None), 42.0);
    assert_eq!(value(&all, "ECT3", None), 0.0);
    assert_eq!(value(&all, "YEKZ", None), 8.0);
    assert!((value(&all, "RNU0", None) - 8.0 / 6.0).abs() < 1e-12);
    assert_eq!(value(&all, "VJGA", None), 42.0);
    assert!(value(&all, "N365", None).is_nan() && value(&all, "Q3CK", None).is_nan());
    assert!(value(&all, "TU9B", Some("3d-merged")).is_nan());
    assert!(value(&all, "QCDE", Some("3d")).is_nan());
    assert_eq!(value(&all, "22OV", Some("3d-merged")), 1.0);
    assert_eq!(value(&all, "0GBI", Some("3d")), 1.0);
    let reason = all.iter().find(|m| m.definition.ibsi == "N365").unwrap().undefined().unwrap();
    assert_eq!(reason.reason, "shape MoransI: NaN for one voxel or a flat region");
}

#[test]
fn one_slice_has_no_thickness_but_a_mesh() {
    let image = Array3::from_shape_fn((1, 6, 6), |(_, y, x)| (y * x) as f64);
    let all = measure(image.view(), Array3::from_elem((1, 6, 6), true).view(), [2.0; 3]);
    assert_eq!(value(&all, "7J51", None), 0.0);
    assert!(value(&all, "6BDE", None).is_nan());
    assert!(value(&all, "RNU0", None) > 0.0);
    // A single slice is its own volume: directions out of it meet no voxel.
    let same = |code, slices, volume| (value(&all, code, Some(slices)) - value(&all, code, Some(volume))).abs() < 1e-12;
    assert!(same("TU9B", "2.5d-merged", "3d-merged") && same("1X9X", "2d", "3d") && same("5QRC", "2.5d", "3d"));
}

#[test]
fn one_grey_level_has_no_texture_but_values() {
    let image = Array3::from_elem((4, 4, 4), 7.0);
    let all = measure(image.view(), Array3::from_elem((4, 4, 4), true).view(), [1.0; 3]);
    assert_eq!(value(&all, "TU9B", Some("3d-merged")), 0.0);
    assert_eq!(value(&all, "ACUI", Some("3d-merged")), 0.0);
    assert_eq!(value(&all, "NI2N", Some("3d-merged")), 1.0);
    assert_eq!(value(&all, "QCDE", Some("3d")), 1e6);
    assert_eq!(value(&all, "TLU2", None), 0.0);
    assert_eq!(value(&all, "88K1", None), 0.0);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (image, mask) = sample(7, [24, 26, 28]);
    let bits = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let all = pool.install(|| measure(image.view(), mask.view(), SPACING_MM));
        all.into_iter().map(|m| m.value.to_bits()).collect::<Vec<_>>()
    };
    let one = bits(1);
    assert_eq!(one, bits(2));
    assert_eq!(one, bits(5));
    assert_eq!(one, bits(1));
}

#[test]
fn names_are_unique_and_codes_are_those_of_the_manual() {
    let names = IbsiExtractor::new(every_feature()).unwrap().names("intra", "original").unwrap();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let all: Vec<_> = FAMILIES.iter().flat_map(|f| definitions(*f)).collect();
    // Two features of the intensity-volume histogram come in two parameters each: 169 with, 5 without consensus.
    assert_eq!(all.iter().filter(|d| has_consensus(d)).count(), 169);
    assert_eq!(all.len(), 174);
    let codes: BTreeSet<_> = all.iter().map(|d| d.ibsi).collect();
    assert_eq!(codes.len(), 172);
    assert!(codes.iter().all(|c| c.len() == 4));
    assert!(all.iter().all(|d| !d.formula.is_empty() && !d.unit.is_empty() && !d.degenerate.is_empty()));
}

#[test]
fn resegmentation_that_leaves_nothing_is_refused_and_keeps_the_shape_otherwise() {
    let (image, mask) = sample(1, [13, 14, 15]);
    let (image, mask) = (Volume::from_array(image, SPACING_MM).unwrap(), Mask::from_array(mask, SPACING_MM).unwrap());
    let with = |lowest, highest| IbsiParams { lowest, highest, ..every_feature() };
    let extractor = IbsiExtractor::new(with(Some(1e6), None)).unwrap();
    assert_eq!(extractor.measure(&image, &mask).unwrap_err().code(), Code::EmptyMask);
    let all = IbsiExtractor::new(with(None, Some(600.0))).unwrap().measure(&image, &mask).unwrap();
    let plain = IbsiExtractor::new(every_feature()).unwrap().measure(&image, &mask).unwrap();
    assert_eq!(value(&all, "RNU0", None), value(&plain, "RNU0", None));
    assert!(value(&all, "84IY", None) <= 600.0 && value(&plain, "84IY", None) > 600.0);
}

#[test]
fn resampling_that_leaves_nothing_is_refused_and_to_the_same_spacing_changes_nothing() {
    let (image, mask) = sample(2, [13, 14, 15]);
    let mut dot = Array3::from_elem(mask.dim(), false);
    dot[[6, 6, 6]] = true;
    let image = Volume::from_array(image, SPACING_MM).unwrap();
    let (mask, dot) = (Mask::from_array(mask, SPACING_MM).unwrap(), Mask::from_array(dot, SPACING_MM).unwrap());
    let to = |mm: [f64; 3]| {
        let resampling =
            Resampling { spacing_mm: mm.map(Some), interpolation: Interpolation::CubicSpline, round: false };
        let ivh_bins = IvhBins::FixedSize { bin_width: 1.0 };
        IbsiExtractor::new(IbsiParams { resampling: Some(resampling), ivh_bins, ..every_feature() }).unwrap()
    };
    assert_eq!(to([20.0; 3]).measure(&image, &dot).unwrap_err().code(), Code::EmptyMask);
    let params = IbsiParams { ivh_bins: IvhBins::FixedSize { bin_width: 1.0 }, ..every_feature() };
    let plain = IbsiExtractor::new(params).unwrap().measure(&image, &mask).unwrap();
    let same = to(SPACING_MM).measure(&image, &mask).unwrap();
    let close =
        |m: &Measurement| matches!(m.definition.family, Family::Shape | Family::Firstorder | Family::LocalIntensity);
    let keep = |all: Vec<Measurement>| all.into_iter().filter(close).collect::<Vec<_>>();
    assert_eq!(differences(&keep(plain), &keep(same), 1e-8), Vec::<String>::new());
}
