//! What must hold whatever the image: mirrors and shifts commute with resampling, distances and rings; the grid of an
//! image gives the image back; nothing depends on where the origin lies.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Geometry, Mask, Rng, Volume};
use dlr_imaging::regions::{PerturbParams, components, dilate, erode, perturb, ring};
use dlr_imaging::resample::{Interpolator, MaskRule, Store, centred_grid, resample, resample_mask};
use dlr_imaging::{distance, regions::Connectivity};
use ndarray::{Array3, Axis};
use proptest::prelude::*;

const SMOOTH: [Interpolator; 10] = [
    Interpolator::Nearest,
    Interpolator::Linear,
    Interpolator::BSpline,
    Interpolator::Cubic,
    Interpolator::Gaussian,
    Interpolator::HammingSinc,
    Interpolator::CosineSinc,
    Interpolator::WelchSinc,
    Interpolator::LanczosSinc,
    Interpolator::BlackmanSinc,
];

fn noise(shape: [usize; 3], seed: u64) -> Array3<f64> {
    let mut rng = Rng::new(seed);
    Array3::from_shape_fn(shape, |_| 100.0 * rng.normal())
}

fn blob(shape: [usize; 3], seed: u64) -> Array3<bool> {
    let mut rng = Rng::new(seed);
    let mut voxels = Array3::from_shape_fn(shape, |_| rng.uniform() < 0.15);
    voxels[shape.map(|n| n / 2)] = true;
    voxels
}

fn mirrored<T: Clone>(voxels: &Array3<T>, axis: usize) -> Array3<T> {
    let mut voxels = voxels.clone();
    voxels.invert_axis(Axis(axis));
    voxels.as_standard_layout().into_owned()
}

fn close(a: &Array3<f64>, b: &Array3<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn a_mirror_commutes_with_resampling(
        shape in [2usize..9, 2usize..12, 2usize..12], spacing_mm in [0.7f64..3.0, 0.7f64..3.0, 0.7f64..3.0],
        new_mm in [0.61f64..3.1, 0.61f64..3.1, 0.61f64..3.1], axis in 0usize..3, seed in any::<u64>(),
    ) {
        let voxels = noise(shape, seed);
        let image = Volume::from_array(voxels.clone(), spacing_mm).unwrap();
        let other = Volume::from_array(mirrored(&voxels, axis), spacing_mm).unwrap();
        let grid = centred_grid(image.geometry(), new_mm).unwrap();
        // Between two voxels, nearest takes the upper one; a mirror makes that the lower.
        let tie = shape[axis].is_multiple_of(2) && !grid.shape()[axis].is_multiple_of(2);
        for interpolator in SMOOTH {
            if tie && interpolator == Interpolator::Nearest {
                continue;
            }
            let a = resample(&image, &grid, interpolator, Store::F64).unwrap().to_f64();
            let b = resample(&other, &grid, interpolator, Store::F64).unwrap().to_f64();
            // ITK's error function stops at 3e-7, perhaps one term earlier on one side; its spline sum at 1e-10.
            let tolerance = if interpolator == Interpolator::Gaussian { 1e-4 } else { 1e-6 };
            let off = close(&mirrored(&a, axis), &b);
            prop_assert!(off < tolerance, "{interpolator:?}: {off}");
        }
        let mask = blob(shape, seed);
        let onto = |voxels: &Array3<bool>, rule| {
            let mask = Mask::from_array(voxels.clone(), spacing_mm).unwrap();
            resample_mask(&mask, &grid, rule).unwrap().voxels().to_owned()
        };
        for rule in [MaskRule::Threshold(0.5), MaskRule::Nearest].into_iter().take(if tie { 1 } else { 2 }) {
            prop_assert_eq!(mirrored(&onto(&mask, rule), axis), onto(&mirrored(&mask, axis), rule));
        }
    }

    #[test]
    fn the_origin_does_not_matter_and_the_own_grid_changes_nothing(
        shape in [1usize..7, 1usize..9, 1usize..9], origin_mm in [-300.0f64..300.0, -300.0f64..300.0, -300.0f64..300.0],
        seed in any::<u64>(),
    ) {
        let (spacing_mm, axes) = ([2.5, 0.8, 1.3], [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
        let voxels = noise(shape, seed);
        let here = Volume::from_array(voxels.clone(), spacing_mm).unwrap();
        let there = Volume::new(Geometry::new(shape, spacing_mm, origin_mm, axes).unwrap(), voxels.clone()).unwrap();
        for interpolator in SMOOTH.into_iter().filter(|i| *i != Interpolator::Gaussian) {
            let same = resample(&there, there.geometry(), interpolator, Store::F64).unwrap().to_f64();
            prop_assert!(close(&same, &voxels) < 1e-6, "{interpolator:?}");
        }
        // Not the Gaussian: its cut at 3.2 voxels can fall on the edge of a voxel, and then, as in ITK, the last bit of the
        // coordinate decides whether that voxel takes part.
        for interpolator in [Interpolator::Linear, Interpolator::BSpline, Interpolator::Cubic] {
            let onto = |image: &Volume| {
                let grid = centred_grid(image.geometry(), [1.7, 1.1, 0.9]).unwrap();
                resample(image, &grid, interpolator, Store::F64).unwrap().to_f64()
            };
            // Coordinates of some hundred millimetres leave 1e-13 of a voxel.
            prop_assert!(close(&onto(&here), &onto(&there)) < 1e-6, "{interpolator:?}");
        }
    }

    #[test]
    fn a_shift_by_whole_voxels_shifts_the_result(shift in [0usize..4, 0usize..4, 0usize..4], seed in any::<u64>()) {
        let wide = Volume::from_array(noise([46, 48, 50], seed), [2.0, 1.0, 1.5]).unwrap();
        let part = |at: [usize; 3]| {
            wide.crop(dlr_core::IndexBox { start: at, end: [at[0] + 40, at[1] + 42, at[2] + 44] })
        };
        // The same points of the patient, from two crops: equal where neither border is within reach of the kernel.
        let points = wide.geometry().window([20, 21, 22], [4, 4, 4]);
        let points = centred_grid(&points, [1.3, 0.7, 1.1]).unwrap();
        for interpolator in [
            Interpolator::Nearest,
            Interpolator::Linear,
            Interpolator::BSpline,
            Interpolator::Cubic,
            Interpolator::Gaussian,
            Interpolator::LanczosSinc,
        ] {
            let a = resample(&part([0; 3]), &points, interpolator, Store::F64).unwrap().to_f64();
            let b = resample(&part(shift), &points, interpolator, Store::F64).unwrap().to_f64();
            let tolerance = match interpolator {
                Interpolator::Gaussian => 1e-4,
                // The prefilter forgets a factor of 0.27 each voxel; the border is 16 away.
                Interpolator::BSpline | Interpolator::Cubic => 1e-6,
                _ => 1e-9,
            };
            prop_assert!(close(&a, &b) < tolerance, "{interpolator:?}: {}", close(&a, &b));
        }
    }

    #[test]
    fn a_mirror_commutes_with_regions(
        spacing_mm in [0.7f64..3.0, 0.7f64..3.0, 0.7f64..3.0], axis in 0usize..3, seed in any::<u64>(), mm in 0.3f64..4.0,
    ) {
        let voxels = blob([6, 9, 10], seed);
        let mask = Mask::from_array(voxels.clone(), spacing_mm).unwrap();
        let other = Mask::from_array(mirrored(&voxels, axis), spacing_mm).unwrap();
        prop_assert_eq!(mirrored(&distance::to_mask(&mask), axis), distance::to_mask(&other));
        prop_assert_eq!(mirrored(&distance::signed(&mask), axis), distance::signed(&other));
        let operations: [fn(&Mask, f64) -> Mask; 4] = [
            |m, mm| ring(m, 0.0, mm).unwrap(),
            |m, mm| ring(m, -mm, mm).unwrap(),
            |m, mm| dilate(m, mm).unwrap(),
            |m, mm| erode(m, mm).unwrap(),
        ];
        for operation in operations {
            prop_assert_eq!(mirrored(&operation(&mask, mm).voxels().to_owned(), axis), operation(&other, mm).voxels().to_owned());
        }
        for connectivity in [Connectivity::Faces, Connectivity::Corners] {
            let sizes = |mask: &Mask| {
                let mut sizes = components(mask, connectivity).1;
                sizes.sort_unstable();
                sizes
            };
            prop_assert_eq!(sizes(&mask), sizes(&other));
        }
    }
}

/// The volume of a ring around a box is known: faces, quarter cylinders along the edges, eighths of a ball at the corners.
#[test]
fn a_ring_around_a_box_has_the_volume_it_should() {
    let (half, spacing_mm) = ([6.0, 8.0, 10.0], [0.5, 0.4, 0.5]);
    let shape = [0, 1, 2].map(|a| 2 * ((half[a] + 9.0) / spacing_mm[a]) as usize);
    let voxels = Array3::from_shape_fn(shape, |(z, y, x)| {
        let at = [z, y, x];
        (0..3).all(|a| ((at[a] as f64 + 0.5 - shape[a] as f64 / 2.0) * spacing_mm[a]).abs() <= half[a])
    });
    let mass = Mask::from_array(voxels, spacing_mm).unwrap();
    // The hull of the outermost centres is half a voxel smaller on every side than the box of voxels.
    let edges: Vec<f64> =
        (0..3).map(|a| (mass.bounding_box().unwrap().shape()[a] as f64 - 1.0) * spacing_mm[a]).collect();
    let grown = |r: f64| {
        let [a, b, c] = [edges[0], edges[1], edges[2]];
        let pi = std::f64::consts::PI;
        a * b * c + 2.0 * r * (a * b + b * c + c * a) + pi * r * r * (a + b + c) + 4.0 / 3.0 * pi * r.powi(3)
    };
    for (from, to) in [(2.0, 5.0), (3.0, 6.0), (5.0, 8.0)] {
        let expected = grown(to) - grown(from);
        let found = ring(&mass, from, to).unwrap().volume_mm3();
        assert!((found / expected - 1.0).abs() < 0.02, "({from}, {to}]: {found} mm³, expected {expected}");
    }
}

#[test]
fn the_same_bits_on_one_two_and_four_threads() {
    let mask = Mask::from_array(blob([20, 30, 34], 4), [2.0, 1.0, 1.3]).unwrap();
    let solid = dilate(&mask, 2.0).unwrap();
    let image = Volume::from_array(noise([20, 30, 34], 5).mapv(|v| v + 500.0), [2.0, 1.0, 1.3]).unwrap();
    let all = |n: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| {
            let params = dlr_imaging::bias::N4Params { shrink: 2, iterations: vec![4, 4], ..Default::default() };
            (
                distance::signed(&mask),
                ring(&mask, -1.5, 3.0).unwrap(),
                perturb(&solid, &PerturbParams::default(), 3).unwrap(),
                dlr_imaging::bias::n4(&image, None, &params).unwrap().corrected,
                dlr_imaging::regions::body(&image, &Default::default()).unwrap(),
            )
        })
    };
    let one = all(1);
    assert!(one == all(2) && one == all(4));
}

#[test]
fn resampling_normalising_and_resizing_give_the_same_bits_on_any_number_of_threads() {
    use dlr_imaging::frame::{Resize, centre, resize, resize_mask};
    use dlr_imaging::normalise::{TissueParams, ZScoreParams, clip_percentiles, min_max, tissue_peak, zscore};
    let mask = Mask::from_array(blob([20, 30, 34], 4), [2.0, 1.0, 1.3]).unwrap();
    let image = Volume::from_array(noise([20, 30, 34], 5).mapv(|v| v + 500.0), [2.0, 1.0, 1.3]).unwrap();
    let grid = centred_grid(image.geometry(), [1.1, 0.7, 0.9]).unwrap();
    let all = |n: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| {
            let mut images: Vec<Volume> = SMOOTH.map(|i| resample(&image, &grid, i, Store::F64).unwrap()).into();
            images.extend([
                zscore(&image, Some(&mask), &ZScoreParams::default()).unwrap(),
                min_max(&image, Some(&mask), 1.0, 99.0).unwrap(),
                clip_percentiles(&image, None, 1.0, 99.0).unwrap(),
                tissue_peak(&image, None, &TissueParams::default()).unwrap(),
                resize(&image, [11, 40, 17], Resize::Trilinear).unwrap(),
                resize(&image, [11, 40, 17], Resize::ZoomNearest).unwrap(),
                centre(&image, [24, 24, 24], -1.0).unwrap(),
            ]);
            let masks = [
                resample_mask(&mask, &grid, MaskRule::Threshold(0.5)).unwrap(),
                resample_mask(&mask, &grid, MaskRule::Nearest).unwrap(),
                resize_mask(&mask, [11, 40, 17], Resize::Nearest).unwrap(),
            ];
            (images, masks)
        })
    };
    let one = all(1);
    assert!(one == all(2) && one == all(7));
}
