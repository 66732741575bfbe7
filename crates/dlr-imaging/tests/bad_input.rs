//! Degenerate volumes and masks: a clear error or a documented value, never a panic.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Case, Code, Geometry, ImageStep, Mask, Volume};
use dlr_imaging::bias::{N4Params, n4};
use dlr_imaging::filters::ibsi::{
    Boundary, Dimension, Filter, Gabor, Kernel, LaplacianOfGaussian, Laws, Mean, Pooling, Riesz, RieszOf,
};
use dlr_imaging::filters::pyradiomics::{Lbp2dParams, Stored, WaveletParams, lbp_2d, wavelet, whole};
use dlr_imaging::filters::wavelets::Wavelet;
use dlr_imaging::frame::{Resize, centre, centre_at, resize, resize_mask};
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

/// Each of these aborted, panicked or ran without end.
#[test]
fn sizes_that_no_memory_holds_are_refused() {
    let image = flat([4, 5, 6]);
    let mask = Mask::from_array(Array3::from_elem((4, 5, 6), true), [2.0, 1.0, 1.0]).unwrap();
    for shape in [[100_000; 3], [1 << 62, 4, 4], [usize::MAX; 3], [0, 4, 4]] {
        let errors = [
            resize(&image, shape, Resize::Trilinear).unwrap_err(),
            resize_mask(&mask, shape, Resize::Nearest).unwrap_err(),
            centre(&image, shape, 0.0).unwrap_err(),
            centre_at(&image, [0; 3], shape, 0.0).unwrap_err(),
        ];
        assert!(errors.iter().all(|e| e.code() == Code::Parameter && e.fact().contains("`shape`")), "{errors:?}");
    }
    let usual = N4Params::default();
    let n4_params = [
        ("n_control", N4Params { n_control: 1_000_000, ..usual.clone() }),
        ("n_control", N4Params { n_control: usize::MAX, iterations: vec![1], ..usual.clone() }),
        ("n_bins", N4Params { n_bins: 1 << 40, ..usual.clone() }),
        ("iterations", N4Params { iterations: vec![usize::MAX], convergence: 0.0, ..usual }),
    ];
    for (name, params) in n4_params {
        let error = n4(&image, None, &params).unwrap_err();
        assert!(error.code() == Code::Parameter && error.fact().contains(&format!("`{name}`")), "{error}");
    }
}

#[test]
fn kernels_and_levels_without_end_are_refused() {
    let image = flat([4, 5, 6]);
    let made = |kernel| Filter::new(kernel, Dimension::Volume3d, Boundary::Mirror);
    let laws = |energy_distance| {
        let kernels = Laws::parse("L5E5S5").unwrap();
        Kernel::Laws(Laws { kernels, rotation_invariance: None, energy_distance: Some(energy_distance) })
    };
    let refused = [
        ("support", Kernel::Mean(Mean { support: 100_000_001 })),
        ("support", Kernel::Mean(Mean { support: usize::MAX })),
        ("energy_distance", laws(usize::MAX / 2)),
        ("energy_distance", laws(usize::MAX)),
    ];
    for (name, kernel) in refused {
        let error = made(kernel).unwrap_err();
        assert!(error.code() == Code::Parameter && error.fact().contains(&format!("`{name}`")), "{error}");
    }
    let gabor = Gabor { sigma_mm: 200.0, lambda_mm: 4.0, gamma: 1.0, theta_deg: vec![0.0], pooling: Pooling::Mean };
    let error = made(Kernel::Gabor(gabor)).unwrap().apply(&image).unwrap_err();
    assert!(error.code() == Code::Parameter && error.fact().contains("`sigma_mm`"), "{error}");
    let log = LaplacianOfGaussian { sigma_mm: 1e4, cutoff_sigma: 4.0, zero_sum: false };
    let riesz = Riesz { order: [1, 0, 0], of: RieszOf::LaplacianOfGaussian(log) };
    let error = made(Kernel::Riesz(riesz)).unwrap().apply(&image).unwrap_err();
    assert!(error.code() == Code::Parameter && error.fact().contains("`log_sigma_mm`"), "{error}");
    for (start_level, n_levels) in [(0, 20), (8, 1), (usize::MAX, 1)] {
        let params = WaveletParams { start_level, n_levels, ..WaveletParams::new(Wavelet::named("haar").unwrap()) };
        assert_eq!(wavelet(&image, &params, Stored::F64, whole(&image)).unwrap_err().code(), Code::Parameter);
    }
    let wide = Lbp2dParams { radius: 1e30, ..Lbp2dParams::default() };
    assert_eq!(lbp_2d(&image, &wide, Stored::F64, whole(&image)).unwrap_err().code(), Code::Parameter);
}

/// A kernel larger than the volume is no mistake: the boundary goes on. A constant volume keeps its mean.
#[test]
fn a_kernel_wider_than_the_volume_has_a_value() {
    let image = flat([4, 5, 6]);
    for boundary in [Boundary::Mirror, Boundary::Nearest, Boundary::Periodic] {
        let mean = Filter::new(Kernel::Mean(Mean { support: 32_767 }), Dimension::Volume3d, boundary).unwrap();
        let response = mean.apply(&image).unwrap().to_f64();
        assert!(response.iter().all(|v| (v - 7.0).abs() < 1e-9), "{boundary:?}");
    }
}
