//! Feature extraction of both profiles on regions of growing size, and of their parts.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dlr_benches::ellipsoid;
use dlr_radiomics::Extractor;
use dlr_radiomics::ibsi::{Bins, FAMILIES, IbsiExtractor, IbsiParams};
use dlr_radiomics::pyradiomics::{Params, Selection, tables};

fn sizes(c: &mut Criterion) {
    let mut group = c.benchmark_group("radiomics/original");
    group.sample_size(10);
    let extractor = Extractor::new(Params::default()).expect("the defaults are valid");
    for n_voxels in [1_000, 4_000, 16_000, 64_000, 250_000, 1_000_000, 2_000_000] {
        let (image, mask) = ellipsoid(n_voxels).expect("the spacing is positive");
        group.throughput(Throughput::Elements(n_voxels as u64));
        group.bench_function(BenchmarkId::from_parameter(n_voxels), |b| b.iter(|| extractor.extract(&image, &mask)));
    }
}

fn families(c: &mut Criterion) {
    let mut group = c.benchmark_group("radiomics/family");
    group.sample_size(10);
    let (image, mask) = ellipsoid(60_000).expect("the spacing is positive");
    for family in tables::FAMILIES.into_iter().filter(|f| f.as_str() != "shape2D") {
        let params = Params { selections: vec![Selection::all(family)], ..Params::default() };
        let extractor = Extractor::new(params).expect("the defaults are valid");
        group.bench_function(family.as_str(), |b| b.iter(|| extractor.extract(&image, &mask)));
    }
}

fn ibsi(c: &mut Criterion) {
    let mut group = c.benchmark_group("radiomics/ibsi");
    group.sample_size(10);
    let params = IbsiParams::new(Bins::FixedSize { bin_width: 25.0 });
    let extractor = IbsiExtractor::new(params.clone()).expect("the parameters are valid");
    for n_voxels in [1_000, 4_000, 60_000, 500_000] {
        let (image, mask) = ellipsoid(n_voxels).expect("the spacing is positive");
        group.throughput(Throughput::Elements(n_voxels as u64));
        group.bench_function(BenchmarkId::from_parameter(n_voxels), |b| b.iter(|| extractor.measure(&image, &mask)));
    }
    let (image, mask) = ellipsoid(60_000).expect("the spacing is positive");
    for family in FAMILIES {
        let params = IbsiParams { families: vec![family], ..params.clone() };
        let extractor = IbsiExtractor::new(params).expect("the parameters are valid");
        group.bench_function(family.as_str(), |b| b.iter(|| extractor.measure(&image, &mask)));
    }
}

criterion_group!(benches, sizes, families, ibsi);
criterion_main!(benches);
