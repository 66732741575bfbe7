//! The filters of pyradiomics in the box of a region of 500 000 voxels in 320 x 320 x 160.

use criterion::{Criterion, criterion_group, criterion_main};
use dlr_core::{IndexBox, Volume};
use dlr_imaging::filters::pyradiomics::{
    Lbp2dParams, Rescaling, Stored, WaveletParams, gradient_magnitude, laplacian_of_gaussian, largest_magnitude,
    lbp_2d, rescaled, visit_wavelet,
};
use dlr_imaging::filters::wavelets::Wavelet;
use ndarray::Array3;
use std::hint::black_box;

fn filters(c: &mut Criterion) {
    let mut group = c.benchmark_group("filters/pyradiomics");
    group.sample_size(10);
    let voxels =
        Array3::from_shape_fn((160, 320, 320), |(z, y, x)| ((z * 7919 + y * 104_729 + x * 13_007) % 1009) as f32);
    let image = Volume::from_array(voxels, [1.0; 3]).expect("the spacing is positive");
    let at = IndexBox { start: [30, 100, 110], end: [130, 200, 210] };
    for sigma in [1.0, 2.0, 3.0] {
        group.bench_function(format!("log_{sigma}mm"), |b| {
            b.iter(|| laplacian_of_gaussian(black_box(&image), sigma, at));
        });
    }
    for name in ["haar", "coif1", "dmey"] {
        let params = WaveletParams::new(Wavelet::named(name).expect("a wavelet of the table"));
        group.bench_function(format!("wavelet_{name}"), |b| {
            b.iter(|| visit_wavelet(black_box(&image), &params, Stored::Integer, at, |_, band| Ok(band.get([0; 3]))));
        });
    }
    let largest = largest_magnitude(&image);
    group.bench_function("logarithm", |b| b.iter(|| rescaled(black_box(&image), Rescaling::Logarithm, largest, at)));
    group.bench_function("gradient", |b| b.iter(|| gradient_magnitude(black_box(&image), true, at)));
    group.bench_function("lbp2d", |b| {
        b.iter(|| lbp_2d(black_box(&image), &Lbp2dParams::default(), Stored::Integer, at));
    });
}

criterion_group!(benches, filters);
criterion_main!(benches);
