//! The filters of IBSI chapter 2 on 128 x 128 x 128 voxels of 1 mm, for `docs/benchmarks/filters.md`. Run with
//! `RAYON_NUM_THREADS=1`.

use criterion::{Criterion, criterion_group, criterion_main};
use dlr_core::{IndexBox, Volume};
use dlr_imaging::filters::ibsi::{
    Boundary, Dimension, Filter, Gabor, Kernel, LaplacianOfGaussian, Laws, Mean, Pooling, Riesz, RieszOf,
    SeparableWavelet, Simoncelli,
};
use ndarray::Array3;
use std::hint::black_box;

fn image() -> Volume {
    let voxels = Array3::from_shape_fn((128, 128, 128), |(z, y, x)| {
        let (z, y, x) = (z as f64, y as f64, x as f64);
        (400.0 + 150.0 * (0.31 * x).sin() * (0.17 * y).cos() + 90.0 * (0.23 * z + 0.011 * x * y).sin()).round() as f32
    });
    Volume::from_array(voxels, [1.0; 3]).expect("the spacing is positive")
}

fn filters() -> Vec<(&'static str, Filter)> {
    let laws = |kernels: &str, energy_distance| Laws {
        kernels: Laws::parse(kernels).expect("these are kernels"),
        rotation_invariance: Some(Pooling::Max),
        energy_distance,
    };
    let wavelet = |name: &str, band: &str, level, pooling| {
        SeparableWavelet::named(name, band, level, Some(pooling)).expect("this is a wavelet")
    };
    let gabor = |theta_deg| Gabor { sigma_mm: 5.0, lambda_mm: 2.0, gamma: 1.5, theta_deg, pooling: Pooling::Mean };
    let log = LaplacianOfGaussian { sigma_mm: 3.0, cutoff_sigma: 4.0, zero_sum: false };
    let riesz = Riesz { order: [0, 2, 0], of: RieszOf::Simoncelli(Simoncelli { level: 1 }) };
    let made = |kernel, dimension, boundary| Filter::new(kernel, dimension, boundary).expect("these are filters");
    let volume = |kernel| made(kernel, Dimension::Volume3d, Boundary::Mirror);
    let periodic = |kernel| made(kernel, Dimension::Volume3d, Boundary::Periodic);
    vec![
        ("mean_15", volume(Kernel::Mean(Mean { support: 15 }))),
        ("log_3mm", volume(Kernel::LaplacianOfGaussian(log))),
        ("laws_L5E5E5_max_energy_7", volume(Kernel::Laws(laws("L5E5E5", Some(7))))),
        ("laws_S5E5L5_max", volume(Kernel::Laws(laws("S5E5L5", None)))),
        ("gabor_slices_1_direction", made(Kernel::Gabor(gabor(vec![60.0])), Dimension::Slices2d, Boundary::Mirror)),
        ("gabor_3_planes_16_directions", volume(Kernel::Gabor(gabor(Gabor::directions(22.5))))),
        ("coif3_LHH_1_mean", volume(Kernel::SeparableWavelet(wavelet("coif3", "LHH", 1, Pooling::Mean)))),
        ("coif3_HHH_2_max", volume(Kernel::SeparableWavelet(wavelet("coif3", "HHH", 2, Pooling::Max)))),
        ("simoncelli_1", periodic(Kernel::Simoncelli(Simoncelli { level: 1 }))),
        ("riesz_020_simoncelli_1", periodic(Kernel::Riesz(riesz))),
    ]
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("ibsi_filters_128");
    group.sample_size(10);
    let image = image();
    // What a lesion of 40 mm needs of the same volume.
    let region = IndexBox { start: [44; 3], end: [84; 3] };
    for (name, filter) in filters() {
        group.bench_function(name, |b| b.iter(|| filter.apply(black_box(&image))));
        group.bench_function(format!("{name}_box_40"), |b| b.iter(|| filter.apply_within(black_box(&image), region)));
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
