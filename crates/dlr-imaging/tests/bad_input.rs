//! Degenerate volumes and masks: a clear error or a documented value, never a panic.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Case, Code, Geometry, ImageStep, Mask, Volume};
use dlr_imaging::frame::{Resize, resize};
use dlr_imaging::regions::{erode, ring};
use dlr_imaging::resample::{Interpolator, MaskRule, Store, centred_grid, resample, resample_mask};
use dlr_imaging::steps::Ring;
use ndarray::Array3;

const ALL: [Interpolator; 6] = [
    Interpolator::Nearest,
    Interpolator::Linear,
    Interpolator::BSpline,
    Interpolator::Cubic,
    Interpolator::Gaussian,
    Interpolator::LabelGaussian,
];

fn flat(shape: [usize; 3]) -> Volume {
    Volume::from_array(Array3::from_elem(shape, 7.0), [2.0, 1.0, 1.0]).unwrap()
}

#[test]
fn spacing_zero_negative_or_not_finite_is_no_grid() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Geometry::axis_aligned([2; 3], [1.0, bad, 1.0]).unwrap_err().code(), Code::Geometry);
        if bad != 0.0 {
            let error = centred_grid(flat([2; 3]).geometry(), [1.0, 1.0, bad]).unwrap_err();
            assert_eq!(error.code(), Code::Parameter);
        }
    }
}

#[test]
fn a_constant_volume_stays_constant_whatever_its_shape() {
    // One voxel, one slice, and axes shorter than every kernel.
    for shape in [[1, 1, 1], [1, 6, 5], [2, 3, 2], [7, 1, 4]] {
        let image = flat(shape);
        let grid = centred_grid(image.geometry(), [0.7, 0.6, 1.9]).unwrap();
        for interpolator in ALL {
            let out = resample(&image, &grid, interpolator, Store::F64).unwrap();
            // 1e-9: the truncated sum of the spline prefilter leaves 1e-10.
            assert!(out.to_f64().iter().all(|v| (v - 7.0).abs() < 1e-9), "{interpolator:?} {shape:?}");
        }
        assert!(resize(&image, [3, 4, 5], Resize::Trilinear).unwrap().to_f64().iter().all(|v| *v == 7.0));
    }
}

#[test]
fn a_volume_without_voxels_is_refused() {
    let none = flat([0, 3, 3]);
    let error = resample(&none, flat([2; 3]).geometry(), Interpolator::Linear, Store::F64).unwrap_err();
    assert_eq!(error.code(), Code::Shape);
    assert_eq!(resize(&none, [2; 3], Resize::Nearest).unwrap_err().code(), Code::Parameter);
    let mask = Mask::from_array(Array3::from_elem((0, 3, 3), false), [2.0, 1.0, 1.0]).unwrap();
    assert_eq!(resample_mask(&mask, flat([2; 3]).geometry(), MaskRule::Nearest).unwrap().n_voxels(), 0);
}

#[test]
fn far_outside_is_zero() {
    let image = flat([3, 4, 5]);
    let far = image.geometry().window([50, 50, 50], [2, 2, 2]);
    for interpolator in ALL {
        let out = resample(&image, &far, interpolator, Store::F64).unwrap();
        assert!(out.to_f64().iter().all(|v| *v == 0.0), "{interpolator:?}");
    }
}

#[test]
fn a_mass_outside_the_body_has_no_ring_and_says_so() {
    let at = |x0: usize, x1: usize| {
        Mask::from_array(Array3::from_shape_fn((3, 9, 30), |(_, _, x)| (x0..x1).contains(&x)), [2.0, 1.0, 1.0]).unwrap()
    };
    let case = Case::new("P017", "P017", flat([3, 9, 30])).with_mask("mass", at(0, 3)).with_mask("body", at(20, 30));
    let step = Ring {
        name: "peri".into(),
        around: "mass".into(),
        from_mm: 0.0,
        to_mm: 5.0,
        within: Some("body".into()),
        minus: Vec::new(),
    };
    let error = step.apply(case).unwrap_err();
    assert_eq!((error.code(), error.case()), (Code::EmptyMask, Some("P017")));
}

#[test]
fn a_mask_that_fills_the_image_has_no_outside() {
    let full = Mask::from_array(Array3::from_elem((2, 3, 4), true), [1.0; 3]).unwrap();
    assert_eq!(ring(&full, 0.0, 10.0).unwrap().n_voxels(), 0);
    assert_eq!(ring(&full, -2.0, 0.0).unwrap().n_voxels(), 0);
    assert_eq!(erode(&full, 100.0).unwrap(), full);
}
