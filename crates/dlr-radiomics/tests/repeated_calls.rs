//! A program that measures many regions gets the same bits for each, whatever it measured before, in whatever order
//! and on however many threads.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use dlr_core::{FeatureVector, Mask, Volume};
use dlr_radiomics::Extractor;
use dlr_radiomics::ibsi::{Aggregation, Bins, IbsiExtractor, IbsiParams, Interpolation, Resampling};
use dlr_radiomics::pyradiomics::{Params, Setting};
use ndarray::Array3;

fn case(seed: usize, shape: (usize, usize, usize)) -> (Volume, Mask) {
    let hash = |z: usize, y: usize, x: usize| {
        let h = (z * 73_856_093) ^ (y * 19_349_663) ^ (x * 83_492_791) ^ (seed * 2_654_435_761);
        (h ^ h >> 13).wrapping_mul(0x5bd1_e995) >> 7 & 1023
    };
    let image = Array3::from_shape_fn(shape, |(z, y, x)| (hash(z, y, x) / 4 + 3 * (z + y) + x) as f32);
    let (cz, cy, cx) = (shape.0 as f64 / 2.0, shape.1 as f64 / 2.0, shape.2 as f64 / 2.0);
    let mask = Array3::from_shape_fn(shape, |(z, y, x)| {
        let d = [(z as f64 + 0.5 - cz) / cz, (y as f64 + 0.5 - cy) / cy, (x as f64 + 0.5 - cx) / cx];
        d.iter().map(|v| v * v).sum::<f64>() < 0.8 && hash(z, y, x) > 60
    });
    let spacing = [3.0, 1.0, 1.25];
    (Volume::from_array(image, spacing).unwrap(), Mask::from_array(mask, spacing).unwrap())
}

type Task = Box<dyn Fn() -> FeatureVector + Send + Sync>;

fn tasks() -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for (seed, shape) in [(1, (9, 30, 31)), (2, (20, 21, 22)), (3, (5, 6, 7)), (4, (1, 40, 40))] {
        for settings in [
            vec![],
            vec![("force2D", Setting::Bool(true)), ("binCount", Setting::Number(16.0))],
            vec![
                ("normalize", Setting::Bool(true)),
                ("binWidth", Setting::Number(0.1)),
                ("resampledPixelSpacing", Setting::List(vec![Setting::Number(1.5); 3])),
            ],
        ] {
            let (image, mask) = case(seed, shape);
            tasks.push(Box::new(move || {
                Extractor::new(Params::with(&settings).unwrap()).unwrap().extract(&image, &mask).unwrap()
            }));
        }
        let (image, mask) = case(seed, shape);
        let resampling =
            Resampling { spacing_mm: [Some(2.0); 3], interpolation: Interpolation::CubicSpline, round: false };
        let params = IbsiParams {
            aggregations: Aggregation::ALL.into(),
            resampling: (seed == 2).then_some(resampling),
            ..IbsiParams::new(Bins::FixedNumber { n_bins: 12 })
        };
        tasks.push(Box::new(move || {
            IbsiExtractor::new(params.clone()).unwrap().extract(&image, &mask, "roi", "original").unwrap()
        }));
    }
    tasks
}

fn bits(features: &FeatureVector) -> Vec<u64> {
    features.values().iter().map(|v| v.to_bits()).collect()
}

#[test]
fn any_order_and_any_number_of_threads_give_the_same_bits() {
    let tasks = tasks();
    let first: Vec<_> = tasks.iter().map(|task| bits(&task())).collect();
    assert!(first.iter().all(|values| values.len() > 90));
    for (round, threads) in [1, 2, 3, 5].into_iter().enumerate() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let step = [1, 3, 7, 5][round];
        for k in 0..tasks.len() {
            // Each step is prime to the number of tasks: every task once, in another order.
            let at = (k * step + round) % tasks.len();
            assert_eq!(pool.install(|| bits(&tasks[at]())), first[at], "task {at} on {threads} threads");
        }
    }
    // All at once, so that tasks steal from each other.
    use rayon::prelude::*;
    let together: Vec<_> = tasks.par_iter().map(|task| bits(&task())).collect();
    assert_eq!(together, first);
}
