//! The filters of IBSI chapter 2 against slow, obvious versions, their properties, boxes against whole volumes, and what
//! they do with degenerate input. Published maps and values: `dlr-radiomics`, `tests/ibsi_filters.rs`.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Code, IndexBox, Rng, Volume};
use dlr_imaging::filters::ibsi::{
    Boundary, Dimension, Filter, Gabor, Kernel, LaplacianOfGaussian, Laws, Mean, Pooling, Riesz, RieszOf,
    SeparableWavelet, Simoncelli,
};
use ndarray::{Array3, Axis};
use proptest::prelude::*;

const BOUNDARIES: [Boundary; 5] =
    [Boundary::Zero, Boundary::Constant(-7.5), Boundary::Nearest, Boundary::Periodic, Boundary::Mirror];
const DIMENSIONS: [Dimension; 2] = [Dimension::Volume3d, Dimension::Slices2d];

fn noise(shape: [usize; 3], seed: u64) -> Array3<f64> {
    let mut rng = Rng::new(seed);
    Array3::from_shape_simple_fn(shape, || 50.0 + 20.0 * rng.normal())
}

fn volume(voxels: Array3<f64>) -> Volume {
    Volume::from_array(voxels, [1.0; 3]).unwrap()
}

fn log(sigma_mm: f64, zero_sum: bool) -> Kernel {
    Kernel::LaplacianOfGaussian(LaplacianOfGaussian { sigma_mm, cutoff_sigma: 3.0, zero_sum })
}

fn laws(kernels: &str, rotation_invariance: Option<Pooling>, energy_distance: Option<usize>) -> Kernel {
    Kernel::Laws(Laws { kernels: Laws::parse(kernels).unwrap(), rotation_invariance, energy_distance })
}

fn wavelet(name: &str, band: &str, level: usize, rotation_invariance: Option<Pooling>) -> Kernel {
    Kernel::SeparableWavelet(SeparableWavelet::named(name, band, level, rotation_invariance).unwrap())
}

fn gabor(theta_deg: Vec<f64>, pooling: Pooling) -> Kernel {
    Kernel::Gabor(Gabor { sigma_mm: 1.1, lambda_mm: 2.7, gamma: 0.8, theta_deg, pooling })
}

/// One of each kind, for a dimension.
fn kernels(dimension: Dimension) -> Vec<Kernel> {
    let planar = dimension == Dimension::Slices2d;
    let pick = |slices: &'static str, volume: &'static str| if planar { slices } else { volume };
    vec![
        Kernel::Mean(Mean { support: 5 }),
        log(1.2, false),
        log(0.8, true),
        laws(pick("L5S5", "E5L5S5"), None, None),
        laws(pick("E3W5", "E3W5R5"), Some(Pooling::Max), Some(2)),
        laws(pick("E5S3", "E5L3E5"), Some(Pooling::Min), None),
        laws(pick("L3S5", "L3S5R5"), Some(Pooling::Mean), None),
        wavelet("db2", pick("LH", "LHL"), 1, None),
        wavelet("coif1", pick("HL", "HHL"), 2, Some(Pooling::Mean)),
        wavelet("haar", pick("HH", "HHH"), 3, Some(Pooling::Max)),
        gabor(vec![30.0, 75.0], Pooling::Mean),
        gabor(vec![10.0, 190.0, 100.0], Pooling::Max),
        Kernel::Simoncelli(Simoncelli { level: 1 }),
        Kernel::Riesz(Riesz { order: [1, 1, 0], of: RieszOf::Simoncelli(Simoncelli { level: 2 }) }),
        Kernel::Riesz(Riesz { order: [0, 1, 0], of: RieszOf::Image }),
    ]
}

fn apply(kernel: &Kernel, dimension: Dimension, boundary: Boundary, voxels: &Array3<f64>) -> Array3<f64> {
    let filter = Filter::new(kernel.clone(), dimension, boundary).unwrap();
    filter.apply(&volume(voxels.clone())).unwrap().into_f64()
}

fn largest(a: &Array3<f64>) -> f64 {
    a.iter().fold(0.0, |most, v| most.max(v.abs()))
}

fn assert_close(a: &Array3<f64>, b: &Array3<f64>, tolerance: f64, what: &str) {
    let error = largest(&(a - b));
    assert!(error <= tolerance * largest(b).max(1.0), "{what}: {error:e}");
}

/// The voxel that stands for position `i`, by walking.
fn beyond(boundary: Boundary, mut i: isize, n: usize) -> Result<usize, f64> {
    let n = n as isize;
    match boundary {
        Boundary::Zero | Boundary::Constant(_) if !(0..n).contains(&i) => {
            return Err(if let Boundary::Constant(c) = boundary { c } else { 0.0 });
        }
        Boundary::Nearest => i = i.clamp(0, n - 1),
        Boundary::Periodic => {
            while i < 0 {
                i += n;
            }
            i %= n;
        }
        Boundary::Mirror => {
            while !(0..n).contains(&i) {
                i = if i < 0 { -i - 1 } else { 2 * n - 1 - i };
            }
        }
        _ => {}
    }
    Ok(i as usize)
}

/// The image at any position.
fn at(voxels: &Array3<f64>, boundary: Boundary, p: [isize; 3]) -> f64 {
    let shape = [0, 1, 2].map(|a| voxels.shape()[a]);
    match [0, 1, 2].map(|a| beyond(boundary, p[a], shape[a])) {
        [Ok(z), Ok(y), Ok(x)] => voxels[[z, y, x]],
        [Err(c), ..] | [_, Err(c), _] | [.., Err(c)] => c,
    }
}

/// Convolution with a kernel given as a function of the offset, within `radius`.
fn convolved(
    voxels: &Array3<f64>,
    boundary: Boundary,
    radius: [isize; 3],
    kernel: impl Fn([isize; 3]) -> f64,
) -> Array3<f64> {
    Array3::from_shape_fn(voxels.dim(), |(z, y, x)| {
        let mut sum = 0.0;
        for dz in -radius[0]..=radius[0] {
            for dy in -radius[1]..=radius[1] {
                for dx in -radius[2]..=radius[2] {
                    let p = [z as isize - dz, y as isize - dy, x as isize - dx];
                    sum += kernel([dz, dy, dx]) * at(voxels, boundary, p);
                }
            }
        }
        sum
    })
}

#[test]
fn log_is_the_convolution_with_its_formula() {
    let voxels = noise([4, 9, 7], 1);
    for boundary in BOUNDARIES {
        for dimension in DIMENSIONS {
            let (d, rz) = if dimension == Dimension::Volume3d { (3.0, 4) } else { (2.0, 0) };
            let sigma: f64 = 1.2;
            let formula = |k: [isize; 3]| {
                let r2 = k.iter().map(|i| (i * i) as f64).sum::<f64>() / (sigma * sigma);
                let gauss = (-0.5 * r2).exp() / (std::f64::consts::TAU * sigma * sigma).powf(d / 2.0);
                -(d - r2) / (sigma * sigma) * gauss
            };
            // floor(3 * 1.2 + 1/2) = 4 voxels.
            let slow = convolved(&voxels, boundary, [rz, 4, 4], formula);
            let fast = apply(&log(sigma, false), dimension, boundary, &voxels);
            assert_close(&fast, &slow, 1e-12, &format!("{boundary:?} {dimension:?}"));
            let n = ((2 * rz + 1) * 81) as f64;
            let mut sum = 0.0;
            (-rz..=rz).for_each(|z| (-4..=4).for_each(|y| (-4..=4).for_each(|x| sum += formula([z, y, x]))));
            let slow = convolved(&voxels, boundary, [rz, 4, 4], |k| formula(k) - sum / n);
            let fast = apply(&log(sigma, true), dimension, boundary, &voxels);
            assert_close(&fast, &slow, 1e-12, &format!("{boundary:?} {dimension:?}, sum 0"));
        }
    }
}

#[test]
fn laws_is_the_convolution_with_the_product_of_its_kernels() {
    let voxels = noise([6, 5, 9], 2);
    let taps = |name: &str| name.parse::<dlr_imaging::filters::ibsi::LawsKernel>().unwrap().taps();
    let (e, w, r) = (taps("E5"), taps("W5"), taps("R5"));
    for boundary in BOUNDARIES {
        let product = |k: [isize; 3]| e[(k[2] + 2) as usize] * w[(k[1] + 2) as usize] * r[(k[0] + 2) as usize];
        let slow = convolved(&voxels, boundary, [2; 3], product);
        let fast = apply(&laws("E5W5R5", None, None), Dimension::Volume3d, boundary, &voxels);
        assert_close(&fast, &slow, 1e-12, &format!("{boundary:?}"));
    }
    let response = apply(&laws("E5W5R5", None, None), Dimension::Volume3d, Boundary::Mirror, &voxels);
    let slow = convolved(&response.mapv(f64::abs), Boundary::Mirror, [3; 3], |_| 1.0 / 343.0);
    let fast = apply(&laws("E5W5R5", None, Some(3)), Dimension::Volume3d, Boundary::Mirror, &voxels);
    assert_close(&fast, &slow, 1e-12, "energy");
}

/// A quarter turn about one axis.
fn turned(voxels: &Array3<f64>, about: usize) -> Array3<f64> {
    let (a, b) = [(1, 2), (2, 0), (0, 1)][about];
    let mut view = voxels.view();
    view.swap_axes(a, b);
    view.invert_axis(Axis(a));
    view.as_standard_layout().into_owned()
}

/// All rotations of an image that quarter turns about `axes` reach, each with the turns that lead there.
fn all_turns(axes: &[usize]) -> Vec<Vec<usize>> {
    let marked = Array3::from_shape_fn((3, 3, 3), |(z, y, x)| (9 * z + 3 * y + x) as f64);
    let (mut seen, mut turns) = (vec![marked.clone()], vec![Vec::new()]);
    let mut k = 0;
    while k < turns.len() {
        for about in axes {
            let next = turned(&seen[k], *about);
            if !seen.contains(&next) {
                seen.push(next);
                turns.push([turns[k].clone(), vec![*about]].concat());
            }
        }
        k += 1;
    }
    turns
}

#[test]
fn rotation_invariance_is_filtering_all_rotations_of_the_image() {
    let voxels = noise([6, 6, 6], 3);
    for (dimension, axes, bands) in [
        (Dimension::Volume3d, &[0, 1, 2][..], ["LHL", "E5L3S5", "W5E5E3", "HHH"]),
        (Dimension::Slices2d, &[0][..], ["LH", "E5L3", "W5E5", "HH"]),
    ] {
        let turns = all_turns(axes);
        assert_eq!(turns.len(), if dimension == Dimension::Volume3d { 24 } else { 4 });
        for pooling in [Pooling::Max, Pooling::Mean, Pooling::Min] {
            for (k, band) in bands.iter().enumerate() {
                let kernel = |pooling| match k {
                    0 | 3 => wavelet("db2", band, 1 + k / 3, pooling),
                    _ => laws(band, pooling, None),
                };
                for boundary in BOUNDARIES {
                    let pooled = turns.iter().map(|turns| {
                        let image = turns.iter().fold(voxels.clone(), |image, about| turned(&image, *about));
                        let response = apply(&kernel(None), dimension, boundary, &image);
                        // Three more of each turn, in the opposite order, turn back.
                        let back = turns.iter().rev().flat_map(|about| [*about; 3]);
                        back.fold(response, |image, about| turned(&image, about))
                    });
                    let n = turns.len() as f64;
                    let slow = pooled
                        .reduce(|mut a, b| {
                            a.zip_mut_with(&b, |a, b| {
                                *a = match pooling {
                                    Pooling::Max => a.max(*b),
                                    Pooling::Min => a.min(*b),
                                    Pooling::Mean => *a + b,
                                }
                            });
                            a
                        })
                        .unwrap()
                        .mapv(|v| if pooling == Pooling::Mean { v / n } else { v });
                    let fast = apply(&kernel(Some(pooling)), dimension, boundary, &voxels);
                    assert_close(&fast, &slow, 1e-12, &format!("{band} {pooling:?} {boundary:?}"));
                }
            }
        }
    }
}

#[test]
fn gabor_is_the_modulus_of_the_convolution_with_its_formula() {
    let voxels = noise([5, 8, 7], 4);
    let formula = |theta: f64, y: isize, x: isize| {
        let (sin, cos) = theta.to_radians().sin_cos();
        let (along, across) = (x as f64 * cos + y as f64 * sin, 0.8 * (x as f64 * sin - y as f64 * cos));
        let envelope = (-(along * along + across * across) / (2.0 * 1.1 * 1.1)).exp();
        let phase = std::f64::consts::TAU * along / 2.7;
        (envelope * phase.cos(), envelope * phase.sin())
    };
    for boundary in BOUNDARIES {
        let planes = |normal: usize| {
            let mut mean = Array3::zeros(voxels.dim());
            for theta in [30.0, 75.0] {
                let mut radius = [10; 3];
                radius[normal] = 0;
                let of = |k: [isize; 3]| {
                    let [u, v] = [[k[1], k[2]], [k[0], k[2]], [k[0], k[1]]][normal];
                    formula(theta, u, v)
                };
                let real = convolved(&voxels, boundary, radius, |k| of(k).0);
                let imaginary = convolved(&voxels, boundary, radius, |k| of(k).1);
                ndarray::Zip::from(&mut mean).and(&real).and(&imaginary).for_each(|m, r, i| *m += 0.5 * r.hypot(*i));
            }
            mean
        };
        let kernel = gabor(vec![30.0, 75.0], Pooling::Mean);
        let fast = apply(&kernel, Dimension::Slices2d, boundary, &voxels);
        assert_close(&fast, &planes(0), 1e-9, &format!("slices, {boundary:?}"));
        let slow = (planes(0) + planes(1) + planes(2)) / 3.0;
        let fast = apply(&kernel, Dimension::Volume3d, boundary, &voxels);
        assert_close(&fast, &slow, 1e-9, &format!("volume, {boundary:?}"));
    }
}

#[test]
fn a_box_of_the_volume_has_the_response_of_the_whole() {
    let image = volume(noise([20, 26, 23], 5));
    let boxes = [([7, 9, 8], [9, 12, 14]), ([0, 20, 0], [3, 26, 2]), ([19, 0, 11], [20, 26, 12])];
    for dimension in DIMENSIONS {
        for kernel in kernels(dimension) {
            for boundary in BOUNDARIES {
                let filter = Filter::new(kernel.clone(), dimension, boundary).unwrap();
                let whole = filter.apply(&image).unwrap();
                for (start, end) in boxes {
                    let region = IndexBox { start, end };
                    let part = filter.apply_within(&image, region).unwrap();
                    assert_eq!(part.geometry(), whole.crop(region).geometry());
                    let (part, cut) = (part.into_f64(), whole.crop_f64(region));
                    let scale = largest(&whole.to_f64());
                    assert!(largest(&(&part - &cut)) <= 1e-9 * scale, "{filter} {region:?}");
                    // Sums over voxels, not over frequencies, are the same sums.
                    if !matches!(kernel, Kernel::Gabor(_)) {
                        assert_eq!(part, cut, "{filter} {region:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let voxels = noise([9, 14, 11], 6);
    let with = |threads: usize, kernel: &Kernel, dimension: Dimension| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| apply(kernel, dimension, Boundary::Mirror, &voxels))
    };
    for dimension in DIMENSIONS {
        for kernel in kernels(dimension) {
            let one = with(1, &kernel, dimension);
            assert_eq!(one, with(2, &kernel, dimension), "{kernel:?}");
            assert_eq!(one, with(7, &kernel, dimension), "{kernel:?}");
        }
    }
}

fn shifted(voxels: &Array3<f64>, by: [usize; 3]) -> Array3<f64> {
    let (nz, ny, nx) = voxels.dim();
    Array3::from_shape_fn(voxels.dim(), |(z, y, x)| voxels[[(z + by[0]) % nz, (y + by[1]) % ny, (x + by[2]) % nx]])
}

fn flipped(voxels: &Array3<f64>, axis: usize) -> Array3<f64> {
    let mut view = voxels.view();
    view.invert_axis(Axis(axis));
    view.as_standard_layout().into_owned()
}

fn is_linear(kernel: &Kernel) -> bool {
    match kernel {
        Kernel::Gabor(_) => false,
        Kernel::Laws(laws) => {
            laws.energy_distance.is_none() && matches!(laws.rotation_invariance, None | Some(Pooling::Mean))
        }
        Kernel::SeparableWavelet(wavelet) => matches!(wavelet.rotation_invariance, None | Some(Pooling::Mean)),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_filter_of_a_shifted_image_is_the_shifted_filter(
        seed in any::<u64>(), shape in prop::array::uniform3(1..9_usize), by in prop::array::uniform3(0..9_usize),
    ) {
        let voxels = noise(shape, seed);
        for dimension in DIMENSIONS {
            for kernel in kernels(dimension) {
                let moved = apply(&kernel, dimension, Boundary::Periodic, &shifted(&voxels, by));
                let expected = shifted(&apply(&kernel, dimension, Boundary::Periodic, &voxels), by);
                prop_assert!(largest(&(&moved - &expected)) < 1e-10, "{:?}", kernel);
            }
        }
    }

    #[test]
    fn an_axis_flip_commutes_with_a_symmetric_filter(
        seed in any::<u64>(), shape in prop::array::uniform3(1..9_usize), axis in 0..3_usize,
    ) {
        let voxels = noise(shape, seed);
        let symmetric = [
            Kernel::Mean(Mean { support: 3 }),
            log(1.2, false),
            log(1.2, true),
            Kernel::Simoncelli(Simoncelli { level: 1 }),
            Kernel::Gabor(Gabor {
                sigma_mm: 1.1, lambda_mm: 3.0, gamma: 1.5, theta_deg: Gabor::directions(45.0), pooling: Pooling::Mean,
            }),
        ];
        for dimension in DIMENSIONS {
            let of_axes = if dimension == Dimension::Slices2d { "L5S5" } else { "L5S5R5" };
            for kernel in symmetric.iter().cloned().chain([laws(of_axes, None, Some(2))]) {
                for boundary in BOUNDARIES {
                    // On an even number of voxels, the frequencies of the reference maps are not symmetric; see its docs.
                    let even = shape.iter().any(|n| n % 2 == 0);
                    if matches!(kernel, Kernel::Simoncelli(_)) && (even || boundary != Boundary::Periodic) {
                        continue;
                    }
                    let one = apply(&kernel, dimension, boundary, &flipped(&voxels, axis));
                    let other = flipped(&apply(&kernel, dimension, boundary, &voxels), axis);
                    prop_assert!(largest(&(&one - &other)) < 1e-10, "{:?} {:?}", kernel, boundary);
                }
            }
        }
    }

    /// A kernel that is odd along an axis changes its sign with a flip of that axis, and with no other.
    #[test]
    fn an_axis_flip_negates_a_filter_that_is_odd_along_it(
        seed in any::<u64>(), half in prop::array::uniform3(0..5_usize), axis in 0..3_usize,
    ) {
        // An odd number of voxels: on an even one, the highest frequency has no partner.
        let voxels = noise(half.map(|n| 2 * n + 1), seed);
        // Odd along x, which is axis 2, and along z.
        let odd = [
            (laws("E5L5S5", None, None), [false, false, true]),
            (laws("E3L5W5", None, None), [true, false, true]),
            (Kernel::Riesz(Riesz { order: [1, 0, 0], of: RieszOf::Image }), [false, false, true]),
            (Kernel::Riesz(Riesz { order: [1, 2, 1], of: RieszOf::Image }), [true, false, true]),
        ];
        for (kernel, is_odd) in odd {
            let sign = if is_odd[axis] { -1.0 } else { 1.0 };
            let one = apply(&kernel, Dimension::Volume3d, Boundary::Periodic, &flipped(&voxels, axis));
            let other = sign * flipped(&apply(&kernel, Dimension::Volume3d, Boundary::Periodic, &voxels), axis);
            prop_assert!(largest(&(&one - &other)) < 1e-10, "{:?}", kernel);
        }
    }

    /// The two taps of Haar lie on a voxel and the next one: turned round, they lie on the one before. So a flip moves the
    /// response by one voxel, and turns the sign of a high pass.
    #[test]
    fn an_axis_flip_of_haar_moves_the_response_by_one_voxel(
        seed in any::<u64>(), shape in prop::array::uniform3(1..9_usize), axis in 0..3_usize,
        is_high in prop::array::uniform3(any::<bool>()),
    ) {
        let voxels = noise(shape, seed);
        for dimension in DIMENSIONS {
            let n_filtered = if dimension == Dimension::Slices2d { 2 } else { 3 };
            // Letters are in the order x, y, z; axis 0 is z.
            let band: String = (0..n_filtered).map(|letter| if is_high[2 - letter] { 'H' } else { 'L' }).collect();
            let kernel = Kernel::SeparableWavelet(SeparableWavelet::named("haar", &band, 1, None).unwrap());
            let is_filtered = axis >= 3 - n_filtered;
            let mut by = [0; 3];
            by[axis] = usize::from(is_filtered);
            let sign = if is_filtered && is_high[axis] { -1.0 } else { 1.0 };
            let one = apply(&kernel, dimension, Boundary::Periodic, &flipped(&voxels, axis));
            let other = sign * shifted(&flipped(&apply(&kernel, dimension, Boundary::Periodic, &voxels), axis), by);
            prop_assert!(largest(&(&one - &other)) < 1e-10, "{} {:?}", band, dimension);
        }
    }

    #[test]
    fn filters_that_are_linear_are(seed in any::<u64>(), shape in prop::array::uniform3(1..9_usize), a in -3.0..3.0_f64) {
        let (one, two) = (noise(shape, seed), noise(shape, seed ^ 1));
        for dimension in DIMENSIONS {
            for kernel in kernels(dimension).iter().filter(|kernel| is_linear(kernel)) {
                for boundary in [Boundary::Zero, Boundary::Nearest, Boundary::Periodic, Boundary::Mirror] {
                    let sum = apply(kernel, dimension, boundary, &(a * &one + &two));
                    let parts = a * apply(kernel, dimension, boundary, &one) + apply(kernel, dimension, boundary, &two);
                    prop_assert!(largest(&(&sum - &parts)) < 1e-10, "{:?} {:?}", kernel, boundary);
                }
            }
        }
    }
}

#[test]
fn one_slice_one_voxel_and_kernels_larger_than_the_volume_follow_the_boundary() {
    for shape in [[1, 12, 9], [1, 1, 1], [2, 3, 2], [7, 1, 4]] {
        let voxels = noise(shape, 8);
        for dimension in DIMENSIONS {
            for kernel in kernels(dimension) {
                for boundary in BOUNDARIES {
                    let response = apply(&kernel, dimension, boundary, &voxels);
                    assert!(response.iter().all(|v| v.is_finite()), "{kernel:?} {boundary:?} {shape:?}");
                }
            }
        }
        // A mean over more than the volume, mirrored: every voxel comes in.
        let mean = apply(&Kernel::Mean(Mean { support: 31 }), Dimension::Volume3d, Boundary::Mirror, &voxels);
        let slow = convolved(&voxels, Boundary::Mirror, [15; 3], |_| 1.0 / 29791.0);
        assert_close(&mean, &slow, 1e-12, "mean");
    }
}

#[test]
fn a_constant_volume_gives_the_kernels_sum() {
    let flat = Array3::from_elem((5, 6, 7), 40.0);
    for boundary in [Boundary::Constant(40.0), Boundary::Nearest, Boundary::Periodic, Boundary::Mirror] {
        let of = |kernel: &Kernel| apply(kernel, Dimension::Volume3d, boundary, &flat);
        let all = |response: Array3<f64>, expected: f64, tolerance: f64| {
            assert!(response.iter().all(|v| (v - expected).abs() < tolerance), "{boundary:?} {expected} {response}");
        };
        all(of(&Kernel::Mean(Mean { support: 5 })), 40.0, 1e-12);
        all(of(&log(1.2, true)), 0.0, 1e-12);
        all(of(&laws("E5L5S5", None, Some(2))), 0.0, 1e-12);
        all(of(&wavelet("db2", "LLH", 2, None)), 0.0, 1e-10);
        // Each low-pass filter has the sum √2.
        all(of(&wavelet("coif1", "LLL", 1, None)), 40.0 * 8.0_f64.sqrt(), 1e-9);
        let gabor = Gabor { sigma_mm: 2.0, lambda_mm: 2.0, gamma: 1.0, theta_deg: vec![0.0], pooling: Pooling::Mean };
        all(of(&Kernel::Gabor(gabor)), 0.0, 40.0 * 1e-6);
        if boundary == Boundary::Periodic {
            all(
                of(&Kernel::Riesz(Riesz {
                    order: [1, 0, 0],
                    of: RieszOf::LaplacianOfGaussian(LaplacianOfGaussian {
                        sigma_mm: 1.0,
                        cutoff_sigma: 4.0,
                        zero_sum: true,
                    }),
                })),
                0.0,
                1e-10,
            );
        }
    }
}

#[test]
fn what_is_no_filter_is_refused_by_name() {
    let riesz = |order| Kernel::Riesz(Riesz { order, of: RieszOf::Image });
    let gabor = |sigma_mm, lambda_mm, gamma, theta_deg| {
        Kernel::Gabor(Gabor { sigma_mm, lambda_mm, gamma, theta_deg, pooling: Pooling::Mean })
    };
    let cut = |cutoff_sigma| {
        Kernel::LaplacianOfGaussian(LaplacianOfGaussian { sigma_mm: 1.0, cutoff_sigma, zero_sum: false })
    };
    let bad = [
        ("support", Kernel::Mean(Mean { support: 4 })),
        ("support", Kernel::Mean(Mean { support: 0 })),
        ("sigma_mm", log(0.0, false)),
        ("sigma_mm", log(f64::NAN, false)),
        ("sigma_mm", log(-1.0, false)),
        ("cutoff_sigma", cut(f64::INFINITY)),
        ("kernels", laws("L5E5", None, None)),
        ("band", wavelet("db2", "LH", 1, None)),
        ("level", wavelet("db2", "LHH", 0, None)),
        ("level", wavelet("db2", "LHH", 40, None)),
        ("sigma_mm", gabor(f64::INFINITY, 1.0, 1.0, vec![0.0])),
        ("lambda_mm", gabor(1.0, 0.0, 1.0, vec![0.0])),
        ("gamma", gabor(1.0, 1.0, -1.0, vec![0.0])),
        ("theta_deg", gabor(1.0, 1.0, 1.0, vec![])),
        ("theta_deg", gabor(1.0, 1.0, 1.0, vec![f64::NAN])),
        ("level", Kernel::Simoncelli(Simoncelli { level: 0 })),
        ("order", riesz([0, 0, 0])),
    ];
    for (name, kernel) in bad {
        let error = Filter::new(kernel, Dimension::Volume3d, Boundary::Zero).unwrap_err();
        assert_eq!(error.code(), Code::Parameter);
        assert!(error.fact().contains(&format!("`{name}`")), "{error}");
    }
    let error = Filter::new(riesz([0, 0, 1]), Dimension::Slices2d, Boundary::Zero).unwrap_err();
    assert!(error.fact().contains("`order`"), "{error}");
    let error = Filter::new(log(1.0, false), Dimension::Volume3d, Boundary::Constant(f64::NAN)).unwrap_err();
    assert!(error.fact().contains("`boundary`"), "{error}");
    assert_eq!(SeparableWavelet::named("db99", "LLL", 1, None).unwrap_err().code(), Code::UnknownName);
    assert_eq!(SeparableWavelet::named("db2", "LXL", 1, None).unwrap_err().code(), Code::UnknownName);
}

#[test]
fn images_and_boxes_that_cannot_be_filtered_are_refused() {
    let filter = Filter::new(log(1.0, false), Dimension::Volume3d, Boundary::Mirror).unwrap();
    let mut voxels = noise([4, 5, 6], 9);
    assert_eq!(filter.apply(&volume(Array3::zeros((0, 5, 6)))).unwrap_err().code(), Code::Shape);
    let region = IndexBox { start: [0, 0, 5], end: [4, 5, 7] };
    assert_eq!(filter.apply_within(&volume(voxels.clone()), region).unwrap_err().code(), Code::Shape);
    voxels = noise([20, 20, 20], 9);
    voxels[[9, 10, 11]] = f64::NAN;
    for kernel in kernels(Dimension::Volume3d) {
        let filter = Filter::new(kernel, Dimension::Volume3d, Boundary::Zero).unwrap();
        assert_eq!(filter.apply(&volume(voxels.clone())).unwrap_err().code(), Code::NotFinite, "{filter}");
    }
    let image = volume(noise([4, 5, 6], 9));
    for huge in [log(1e9, false), gabor_of(1e9)] {
        let filter = Filter::new(huge, Dimension::Volume3d, Boundary::Mirror).unwrap();
        assert_eq!(filter.apply(&image).unwrap_err().code(), Code::Parameter, "{filter}");
    }
}

fn gabor_of(sigma_mm: f64) -> Kernel {
    Kernel::Gabor(Gabor { sigma_mm, lambda_mm: 1.0, gamma: 1.0, theta_deg: vec![0.0], pooling: Pooling::Mean })
}
