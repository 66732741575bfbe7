//! Evaluation and interpretation at the size of the study: 74 external cases, 20 features, 129 training cases.
//!
//! Measured in CPU time of the calling thread, because machines are shared; everything here runs on one thread.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, criterion_group, criterion_main};
use dlr_core::{
    FeatureName, FeatureTable, FittedModel, Frozen, Predictions, Result, Rng, Tree, TreeEnsemble, TreeScale, Truth,
};
use dlr_evaluation as ev;
use dlr_interpret as ex;
use dlr_modelling::models::FittedLinear;
use ndarray::Array2;
use std::hint::black_box;
use std::time::Duration;

/// CPU time of this thread from the kernel's scheduler statistics; where there are none, the time of day.
struct CpuTime;

fn cpu_now() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match text.split_whitespace().next().and_then(|ns| ns.parse().ok()) {
        Some(ns) => Duration::from_nanos(ns),
        None => std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default(),
    }
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        cpu_now()
    }

    fn end(&self, start: Duration) -> Duration {
        cpu_now().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        // Criterion refuses a mean of exactly 0, which a tick can give.
        (value.as_nanos() as f64).max(1.0)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

const N: usize = 74;

fn scored(seed: u64) -> (Vec<f64>, Vec<bool>) {
    let mut rng = Rng::new(seed);
    let labels: Vec<bool> = (0..N).map(|i| i < 45).collect();
    (labels.iter().map(|l| ev::probability(rng.normal() + if *l { 1.0 } else { -0.5 })).collect(), labels)
}

fn table(n: usize, p: usize, seed: u64) -> FeatureTable {
    let mut rng = Rng::new(seed);
    let names = (0..p).map(|i| format!("intra_original_bench_F{i:02}").parse().expect("a plain name")).collect();
    let values = Array2::from_shape_fn((n, p), |_| rng.normal());
    FeatureTable::new((0..n).map(|i| format!("c{i}")).collect(), names, values).expect("shapes agree")
}

/// The same model with its form hidden: what an unknown model costs.
struct Opaque(FittedLinear);

impl FittedModel for Opaque {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        self.0.predict(table)
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.0.selected()
    }

    fn freeze(&self) -> Result<Frozen> {
        self.0.freeze()
    }
}

fn linear(table: &FeatureTable) -> FittedLinear {
    let mut rng = Rng::new(9);
    let weights = table.names().iter().map(|_| rng.normal()).collect();
    FittedLinear { names: table.names().to_vec(), intercept: 0.2, weights }
}

/// A forest of 100 trees grown on the rows: each node cuts a random column at a random row until few rows are left.
fn forest(x: &Array2<f64>, names: &[FeatureName]) -> TreeEnsemble {
    let mut rng = Rng::new(4);
    let trees = (0..100)
        .map(|_| {
            let mut tree =
                Tree { column: vec![], threshold: vec![], left: vec![], right: vec![], value: vec![], cover: vec![] };
            grow(&mut tree, x, (0..x.nrows()).collect(), &mut rng, 8);
            tree
        })
        .collect();
    TreeEnsemble { names: names.to_vec(), base: 0.0, trees, scale: TreeScale::Probability }
}

fn grow(tree: &mut Tree, x: &Array2<f64>, rows: Vec<usize>, rng: &mut Rng, depth: usize) -> usize {
    let node = tree.column.len();
    let column = rng.below(x.ncols());
    let cut = x[[rows[rng.below(rows.len())], column]];
    let (left, right): (Vec<usize>, Vec<usize>) = rows.iter().partition(|r| x[[**r, column]] <= cut);
    let leaf = depth == 0 || right.is_empty() || rows.len() < 4;
    tree.column.push((!leaf).then_some(column));
    tree.threshold.push(cut);
    tree.left.push(0);
    tree.right.push(0);
    tree.value.push(rng.uniform() / 100.0);
    tree.cover.push(rows.len() as f64);
    if !leaf {
        tree.left[node] = grow(tree, x, left, rng, depth - 1);
        tree.right[node] = grow(tree, x, right, rng, depth - 1);
    }
    node
}

fn evaluation(c: &mut Criterion<CpuTime>) {
    let (scores, labels) = scored(1);
    let (other, _) = scored(2);
    let ids: Vec<String> = (0..N).map(|i| format!("c{i}")).collect();
    let predictions = Predictions::new(ids.clone(), scores.clone()).expect("probabilities");
    let truth = Truth::new(ids, labels.clone()).expect("one label each");
    let mut group = c.benchmark_group("evaluation");
    group.bench_function("bootstrap 2000 AUCs with percentile and BCa", |b| {
        b.iter(|| ev::bootstrap_auc(black_box(&scores), &labels, 2000, 0.95, 1));
    });
    group.bench_function("DeLong paired", |b| b.iter(|| ev::delong_paired(black_box(&scores), &other, &labels)));
    group.bench_function("evaluate, everything without a threshold", |b| {
        b.iter(|| ev::evaluate(black_box(&predictions), &truth, None));
    });
    group.bench_function("calibration curve (lowess)", |b| {
        b.iter(|| ev::calibration_curve(black_box(&scores), &labels))
    });
    group.bench_function("decision curve, 99 thresholds, 500 resamples", |b| {
        let thresholds = ev::decision_thresholds();
        b.iter(|| ev::decision_curve_with_bands(black_box(&scores), &labels, &thresholds, 500, 0.95, 1));
    });
    group.finish();
}

fn interpretation(c: &mut Criterion<CpuTime>) {
    use dlr_core::Explainer;
    let (train, cases) = (table(129, 20, 1), table(N, 20, 2));
    let background = train.rows(&(0..50).collect::<Vec<_>>());
    let model = linear(&train);
    let hidden = Opaque(linear(&train));
    let forest = forest(train.values(), train.names());
    let mut group = c.benchmark_group("interpretation");
    group.sample_size(10);
    group.bench_function("linear SHAP", |b| {
        b.iter(|| ex::LinearShap::default().explain(black_box(&model), &train, &cases, 1));
    });
    let kernel = ex::KernelShap { scale: ex::OutputScale::Probability, ..Default::default() };
    group.bench_function("KernelSHAP 74 x 20, 50 background rows, logistic", |b| {
        b.iter(|| kernel.explain(black_box(&model), &background, &cases, 1));
    });
    group.bench_function("KernelSHAP 74 x 20, 50 background rows, form hidden", |b| {
        b.iter(|| kernel.explain(black_box(&hidden), &background, &cases, 1));
    });
    let permutation =
        ex::PermutationShap { scale: ex::OutputScale::Probability, n_permutations: 10, ..Default::default() };
    group.bench_function("permutation SHAP 74 x 20, 10 permutations, form hidden", |b| {
        b.iter(|| permutation.explain(black_box(&hidden), &background, &cases, 1));
    });
    group.bench_function("TreeSHAP path-dependent, 100 trees", |b| {
        b.iter(|| ex::path_dependent(black_box(&forest), cases.values()));
    });
    group.bench_function("TreeSHAP interventional, 100 trees, 129 background rows", |b| {
        b.iter(|| ex::interventional(black_box(&forest), train.values(), cases.values()));
    });
    group.bench_function("TreeSHAP interactions, 100 trees", |b| {
        b.iter(|| ex::interactions(black_box(&forest), cases.values()));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = evaluation, interpretation
}
criterion_main!(benches);
