//! Deep features of one case: preparation, forward by stage, extraction and map, on one thread.
//!
//! `cargo bench -p dlr-benches --features deep --bench deep`. Behind a feature, so that the other benches do not build
//! burn. One thread, so that wall time is CPU time; a run takes its speed from cases side by side.

use criterion::{Criterion, criterion_group, criterion_main};
use dlr_core::{Case, FeatureExtractor, LinearForm, Volume};
use dlr_deep::{DeepConfig, DeepExtractor};
use ndarray::Array3;
use std::hint::black_box;

/// 60 x 150 x 150 voxels of 1 mm, as the cropped sarcoma images are after resampling.
fn case() -> Case {
    let voxels = Array3::from_shape_fn((60, 150, 150), |(z, y, x)| ((z * y) as f32 * 0.01).sin() + x as f32 * 0.01);
    Case::new("bench", "bench", Volume::from_array(voxels, [1.0; 3]).expect("the spacing is positive"))
}

fn deep(c: &mut Criterion) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can be had");
    let extractor = DeepExtractor::embedded(DeepConfig::default()).expect("the defaults are valid");
    let case = case();
    let input = extractor.config().input;
    let prepared = input.prepare(&case.image).expect("the image has contrast").values;
    let mut group = c.benchmark_group("deep");
    group.sample_size(10);
    group.bench_function("prepare", |b| b.iter(|| one.install(|| input.prepare(black_box(&case.image)))));
    for (last, stage) in extractor.network().config().stage_names().iter().enumerate() {
        group.bench_function(format!("forward to {stage}"), |b| {
            b.iter(|| one.install(|| extractor.network().forward(prepared.clone(), input.grid, last)));
        });
    }
    group.bench_function("extract 512 features", |b| b.iter(|| one.install(|| extractor.extract(black_box(&case)))));
    let weights = extractor.names().into_iter().step_by(25).map(|name| (name, 0.1)).collect();
    let form = LinearForm { intercept: 0.0, weights };
    group.bench_function("map of 21 features", |b| {
        b.iter(|| one.install(|| extractor.saliency(black_box(&case), &form)))
    });
    group.finish();
}

criterion_group!(benches, deep);
criterion_main!(benches);
