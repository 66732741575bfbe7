//! Resampled voxels against SimpleITK, for every interpolator, in 64 bit and cut to 16 bit integers.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Geometry, Volume};
use dlr_imaging::resample::{Interpolator, Store, resample};
use ndarray::Array3;

const NAMES: [&str; 10] = [
    "sitkNearestNeighbor",
    "sitkLinear",
    "sitkBSpline",
    "sitkGaussian",
    "sitkLabelGaussian",
    "sitkHammingWindowedSinc",
    "sitkCosineWindowedSinc",
    "sitkWelchWindowedSinc",
    "sitkLanczosWindowedSinc",
    "sitkBlackmanWindowedSinc",
];
/// Axes z, y, x; y is turned round.
const FLIPPED: [[f64; 3]; 3] = [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]];

/// Axes z, y, x turned by 0.35 rad around x and then by 0.2 rad around z.
fn oblique() -> [[f64; 3]; 3] {
    let ((sa, ca), (sb, cb)) = (0.35f64.sin_cos(), 0.2f64.sin_cos());
    [[sb * sa, -cb * sa, ca], [-sb * ca, cb * ca, sa], [cb, sb, 0.0]]
}

fn image(axes: [[f64; 3]; 3]) -> Volume {
    let voxels = Array3::from_shape_fn((9, 14, 11), |(z, y, x)| {
        ((z * 7919 + y * 104_729 + x * 1_299_709 + x * y * z * 31) % 1009) as f32 - 300.0
    });
    Volume::new(Geometry::new([9, 14, 11], [3.1, 0.9, 1.7], [-20.5, 31.25, 7.0], axes).unwrap(), voxels).unwrap()
}

fn target() -> Geometry {
    Geometry::new([10, 11, 13], [2.9, 1.1, 1.25], [-19.0, 31.0, 6.0], FLIPPED).unwrap()
}

#[test]
fn all_interpolators_equal_simpleitk() {
    let turned = Geometry::new([14, 12, 8], [1.3, 0.8, 2.3], [-20.0, 32.0, 8.0], oblique()).unwrap();
    let mut misses = Vec::new();
    for (file, axes, target) in
        [("itk_resampled.bin", FLIPPED, target()), ("itk_resampled_oblique.bin", oblique(), turned)]
    {
        let bytes = std::fs::read(data_fixtures::path(&format!("imaging/{file}"))).unwrap();
        let expected: Vec<f64> = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
        let n = target.n_voxels();
        assert_eq!(expected.len(), NAMES.len() * 2 * n);
        assert!(
            expected.iter().filter(|v| **v != 0.0).count() > expected.len() / 3,
            "{file} is mostly beyond the image"
        );
        let mut blocks = expected.chunks_exact(n);
        for name in NAMES {
            let interpolator = Interpolator::from_pyradiomics(name).unwrap();
            // 2e-9 in 64 bit: ITK's erf and the cut of its spline sum agree to 1e-10 of intensities up to 700. Whole
            // numbers must be equal.
            for (store, tolerance) in [(Store::F64, 2e-9), (Store::INT16, 0.0)] {
                let found = resample(&image(axes), &target, interpolator, store).unwrap().to_f64();
                let block = blocks.next().unwrap();
                let worst = found.iter().zip(block).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                if worst > tolerance {
                    let n_off = found.iter().zip(block).filter(|(a, b)| (*a - *b).abs() > tolerance).count();
                    misses.push(format!("{file} {name} stored {store:?}: {n_off} of {n} voxels, {worst:e} off"));
                }
            }
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn the_same_bits_on_one_two_and_four_threads() {
    for name in NAMES {
        let interpolator = Interpolator::from_pyradiomics(name).unwrap();
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| resample(&image(FLIPPED), &target(), interpolator, Store::F64).unwrap())
        };
        let one = on(1);
        assert_eq!((&one, &one), (&on(2), &on(4)), "{name}");
    }
}

#[test]
fn names_and_numbers_of_pyradiomics() {
    for (i, name) in NAMES.iter().enumerate() {
        let interpolator = Interpolator::from_pyradiomics(name).unwrap();
        assert_eq!(interpolator.pyradiomics_name(), *name);
        // SimpleITK's numbers run in this order, but for the Gaussians and sincs, which begin at 4.
        if i < 3 {
            assert_eq!(Interpolator::from_pyradiomics(&(i + 1).to_string()).unwrap(), interpolator);
        }
    }
    assert!(Interpolator::from_pyradiomics("cubic").is_err());
    assert!(Interpolator::from_pyradiomics("0").is_err());
}

/// A part of a volume resampled by itself equals the part of the whole: only the reach of the spline matters.
#[test]
fn a_crop_equals_the_whole() {
    let wide = Volume::from_array(
        Array3::from_shape_fn((70, 90, 80), |(z, y, x)| ((z * 31 + y * 17 + x * 7 + x * y) % 101) as f64),
        [1.0; 3],
    )
    .unwrap();
    let grid = dlr_imaging::resample::centred_grid(wide.geometry(), [0.8, 1.3, 0.9]).unwrap();
    let whole = resample(&wide, &grid, Interpolator::BSpline, Store::F64).unwrap();
    let part = grid.window([40, 30, 40], [3, 4, 5]);
    let alone = resample(&wide, &part, Interpolator::BSpline, Store::F64).unwrap();
    for (z, y, x) in ndarray::indices((3, 4, 5)) {
        let (a, b) = (alone.get([z, y, x]), whole.get([40 + z, 30 + y, 40 + x]));
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} {b}");
    }
}
