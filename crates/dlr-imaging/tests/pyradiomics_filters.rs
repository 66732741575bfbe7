//! What must hold for every filter of pyradiomics whatever the image: shifts and flips, boxes, threads, and images of one
//! intensity or one slice. Their values are held to pyradiomics in `dlr-radiomics`.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{IndexBox, Mask, Rng, Volume};
use dlr_imaging::filters::pyradiomics::{
    Lbp2dMethod, Lbp2dParams, Lbp3dParams, Rescaling, Stored, WaveletParams, gradient_magnitude, laplacian_of_gaussian,
    largest_magnitude, lbp_2d, lbp_3d, rescaled, wavelet, whole,
};
use dlr_imaging::filters::wavelets::Wavelet;
use ndarray::{Array3, Axis};
use proptest::prelude::*;

type Filtered = dyn Fn(&Volume, IndexBox) -> Vec<Volume> + Send + Sync;

/// A filter and what a test may ask of it.
struct Subject {
    name: &'static str,
    /// Voxels from which on the border plays no part, to the tolerance.
    reach: usize,
    tolerance: f64,
    /// Whether left and right are the same to it. Wavelets of even length are not: their bands sit half a voxel aside.
    is_symmetric: bool,
    filter: Box<Filtered>,
}

fn subjects() -> Vec<Subject> {
    let mut all = Vec::new();
    let mut add = |name, reach, tolerance, is_symmetric, filter: Box<Filtered>| {
        all.push(Subject { name, reach, tolerance, is_symmetric, filter });
    };
    // 32 bit between the passes: responses of some hundred.
    let log = |image: &Volume, at| vec![laplacian_of_gaussian(image, 0.8, at).unwrap()];
    add("log", 12, 2e-4, true, Box::new(log));
    let coif1 = |image: &Volume, at| {
        let params = WaveletParams { n_levels: 2, ..WaveletParams::new(Wavelet::named("coif1").unwrap()) };
        wavelet(image, &params, Stored::F64, at).unwrap().into_iter().map(|(_, band)| band).collect()
    };
    add("wavelet", 6, 1e-9, false, Box::new(coif1));
    for (name, how) in [
        ("square", Rescaling::Square),
        ("squareroot", Rescaling::SquareRoot),
        ("logarithm", Rescaling::Logarithm),
        ("exponential", Rescaling::Exponential),
    ] {
        let voxelwise = move |image: &Volume, at| vec![rescaled(image, how, 400.0, at).unwrap()];
        add(name, 0, 0.0, true, Box::new(voxelwise));
    }
    add("gradient", 1, 1e-4, true, Box::new(|image, at| vec![gradient_magnitude(image, true, at).unwrap()]));
    let lbp2d = |image: &Volume, at| {
        let params = Lbp2dParams { method: Lbp2dMethod::Uniform, ..Lbp2dParams::default() };
        vec![lbp_2d(image, &params, Stored::F64, at).unwrap()]
    };
    add("lbp-2D", 2, 0.0, true, Box::new(lbp2d));
    let lbp3d = |image: &Volume, at| {
        let everywhere = Mask::new(*image.geometry(), Array3::from_elem(image.geometry().shape(), true)).unwrap();
        let params = Lbp3dParams { n_subdivisions: 0, n_levels: 1, ..Lbp3dParams::default() };
        let images = lbp_3d(image, &everywhere, &params, Stored::F64, at).unwrap();
        images.levels.into_iter().chain([images.kurtosis]).collect()
    };
    // The recursion of the spline decays by 0.268 a voxel.
    add("lbp-3D", 16, 1e-5, true, Box::new(lbp3d));
    all
}

fn noise(shape: [usize; 3], seed: u64) -> Array3<f64> {
    let mut rng = Rng::new(seed);
    Array3::from_shape_simple_fn(shape, || 400.0 * rng.uniform())
}

fn volume(voxels: Array3<f64>) -> Volume {
    Volume::from_array(voxels, [1.0; 3]).unwrap()
}

fn all_of(subject: &Subject, voxels: &Array3<f64>) -> Vec<Array3<f64>> {
    let image = volume(voxels.clone());
    (subject.filter)(&image, whole(&image)).into_iter().map(Volume::into_f64).collect()
}

fn off(a: &Array3<f64>, b: &Array3<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn flipped(voxels: &Array3<f64>, axis: usize) -> Array3<f64> {
    let mut view = voxels.view();
    view.invert_axis(Axis(axis));
    view.as_standard_layout().into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_filter_of_a_shifted_image_is_the_shifted_filter(seed in any::<u64>(), by in prop::array::uniform3(0..5_usize)) {
        for subject in subjects() {
            // Two windows of one image; what both see with all that the filter looks at around it is equal.
            let n = 2 * subject.reach + 8;
            let wide = volume(noise([n + 4; 3], seed));
            let of = |start: [usize; 3]| all_of(&subject, &wide.crop_f64(IndexBox { start, end: start.map(|s| s + n) }));
            let inner = |response: Array3<f64>, start: [usize; 3], cut: [usize; 3]| {
                let start = start.map(|s| s + subject.reach);
                volume(response).crop_f64(IndexBox { start, end: cut.map(|cut| n - subject.reach - cut) })
            };
            for (here, there) in of([0; 3]).into_iter().zip(of(by)) {
                let off = off(&inner(here, by, [0; 3]), &inner(there, [0; 3], by));
                prop_assert!(off <= subject.tolerance, "{} by {by:?}: {off}", subject.name);
            }
        }
    }

    #[test]
    fn an_axis_flip_commutes(seed in any::<u64>(), shape in prop::array::uniform3(4..9_usize), axis in 0..3_usize) {
        let voxels = noise(shape, seed);
        for subject in subjects().into_iter().filter(|subject| subject.is_symmetric) {
            let (one, other) = (all_of(&subject, &flipped(&voxels, axis)), all_of(&subject, &voxels));
            for (one, other) in one.iter().zip(&other) {
                let off = off(one, &flipped(other, axis));
                // Neighbours on the other side of the border come in backwards.
                prop_assert!(off <= subject.tolerance.max(1e-9), "{} along {axis}: {off}", subject.name);
            }
        }
    }
}

#[test]
fn a_box_is_the_whole_image_cropped() {
    let image = volume(noise([9, 14, 40], 3));
    for subject in subjects() {
        let all = (subject.filter)(&image, whole(&image));
        for at in [
            IndexBox { start: [3, 5, 12], end: [6, 9, 31] },
            IndexBox { start: [0, 0, 39], end: [1, 14, 40] },
            IndexBox { start: [8, 13, 0], end: [9, 14, 1] },
        ] {
            for (all, part) in all.iter().zip((subject.filter)(&image, at)) {
                assert_eq!(part.geometry(), all.crop(at).geometry(), "{}", subject.name);
                let scale = all.to_f64().iter().fold(0f64, |m, v| m.max(v.abs()));
                let off = off(&part.into_f64(), &all.crop_f64(at));
                assert!(off <= 1e-9 * scale, "{} {at:?}: {off}", subject.name);
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let voxels = noise([11, 13, 17], 4);
    for subject in subjects() {
        let with = |n: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| all_of(&subject, &voxels))
        };
        let one = with(1);
        assert!(one == with(2) && one == with(7), "{}", subject.name);
    }
}

#[test]
fn a_constant_image_gives_what_its_filter_says() {
    let flat = Array3::from_elem((6, 7, 8), 400.0);
    assert_eq!(largest_magnitude(&volume(flat.clone())), 400.0);
    for subject in subjects() {
        let responses = all_of(&subject, &flat);
        let all = |response: &Array3<f64>, expected: f64, tolerance: f64| {
            let close = response.iter().all(|v| (v - expected).abs() <= tolerance);
            assert!(close, "{}: {expected}, found {response}", subject.name);
        };
        match subject.name {
            "log" => all(&responses[0], 0.0, 1e-3),
            "gradient" => all(&responses[0], 0.0, 0.0),
            "square" | "squareroot" | "logarithm" | "exponential" => all(&responses[0], 400.0, 1e-10),
            "wavelet" => {
                let (low, details) = responses.split_last().unwrap();
                details.iter().for_each(|band| all(band, 0.0, 1e-9));
                // Two levels of low-pass along three axes, each with a gain of the square root of 2.
                all(low, 400.0 * 8.0, 1e-8);
            }
            // Every neighbour is as bright as the centre, but beyond the border it is dark.
            "lbp-2D" => assert!(responses[0].slice(ndarray::s![.., 1..6, 1..7]).iter().all(|v| *v == 8.0)),
            // The spline passes through the intensity but for its last bits, which decide; all that is asked is a number.
            "lbp-3D" => assert!(responses[0].iter().all(|v| v.is_finite())),
            other => panic!("what does {other} give?"),
        }
    }
}

#[test]
fn one_slice_and_kernels_larger_than_the_image() {
    for shape in [[1, 9, 8], [1, 1, 1], [2, 3, 2], [9, 1, 4]] {
        for subject in subjects() {
            let image = volume(noise(shape, 5));
            if subject.name == "log" {
                let error = laplacian_of_gaussian(&image, 0.8, whole(&image)).unwrap_err();
                assert_eq!(error.code(), dlr_core::Code::Region, "pyradiomics skips an image below four voxels");
                continue;
            }
            for response in all_of(&subject, &image.to_f64()) {
                // The kurtosis of samples that are all equal is the one value without a definition.
                let is_defined = |v: &f64| v.is_finite() || subject.name == "lbp-3D" && shape == [1, 1, 1];
                assert!(response.iter().all(is_defined), "{} {shape:?}: {response}", subject.name);
            }
        }
    }
}
