//! Distances, resampling and N4 at the sizes of `docs/benchmarks/imaging.md`. Run with `RAYON_NUM_THREADS=1`.

use criterion::{Criterion, criterion_group, criterion_main};
use dlr_core::{Mask, Volume};
use dlr_imaging::bias::{N4Params, n4};
use dlr_imaging::distance;
use dlr_imaging::resample::{Interpolator, Store, centred_grid, resample};
use ndarray::Array3;
use std::hint::black_box;

/// A lobed ball of about 500 000 voxels in 160 x 320 x 320.
fn large_mask() -> Mask {
    let voxels = Array3::from_shape_fn((160, 320, 320), |(z, y, x)| {
        let (z, y, x) = (z as f64 - 80.0, y as f64 - 150.0, x as f64 - 170.0);
        (z * z + y * y + x * x).sqrt() < 49.0 + 4.0 * (0.2 * x).sin() + 3.0 * (0.15 * y + 0.1 * z).cos()
    });
    Mask::from_array(voxels, [1.0; 3]).expect("the spacing is positive")
}

fn volume(shape: [usize; 3], spacing_mm: [f64; 3]) -> Volume {
    let voxels = Array3::from_shape_fn(shape, |(z, y, x)| ((z * 7919 + y * 104_729 + x * 13_007) % 1009) as f32);
    Volume::from_array(voxels, spacing_mm).expect("the spacing is positive")
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("imaging");
    group.sample_size(10);
    let mask = large_mask();
    group.bench_function("distance_320x320x160", |b| b.iter(|| distance::to_mask(black_box(&mask))));
    let image = volume([100, 512, 512], [3.0, 0.75, 0.75]);
    let grid = centred_grid(image.geometry(), [1.0; 3]).expect("the spacing is positive");
    group.bench_function("cubic_512x512x100_to_1mm", |b| {
        b.iter(|| resample(black_box(&image), &grid, Interpolator::Cubic, Store::F64));
    });
    let image = volume([40, 256, 256], [4.0, 1.0, 1.0]);
    group.bench_function("n4_256x256x40_shrink4", |b| b.iter(|| n4(black_box(&image), None, &N4Params::default())));
}

criterion_group!(all, benches);
criterion_main!(all);
