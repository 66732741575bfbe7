//! CPU seconds of SHAP on the very models and tables that `benches/peers/shap_like.py` made, beside its own.
//!
//! `interpret_speed FOLDER`: the folder holds `tables.bin` (129 training rows, then 74 cases, 20 columns, 64-bit
//! little-endian), `linear.txt` (intercept, then weights), `trees.txt` (per tree its number of nodes, then per node
//! column or -1, threshold, left, right, value, cover) and the values of shap as `kernel.bin`, `trees.bin`, `path.bin`.

use dlr_core::{
    Code, Error, FeatureName, FeatureTable, FittedModel, Form, Frozen, LinearForm, Predictions, Result, Tree,
    TreeEnsemble, TreeScale,
};
use dlr_evaluation::probability;
use dlr_interpret::{KernelShap, OutputScale, interventional, path_dependent};
use ndarray::{Array2, ArrayView1, s};
use std::path::{Path, PathBuf};

const N_TRAIN: usize = 129;
const N_CASES: usize = 74;
const N_COLUMNS: usize = 20;
const N_BACKGROUND: usize = 50;

/// A logistic model that tells its form, or keeps it to itself.
struct Logistic {
    form: LinearForm,
    is_hidden: bool,
}

impl FittedModel for Logistic {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let x = table.select(&self.selected())?;
        let margin = |row: ArrayView1<'_, f64>| {
            self.form.intercept + row.iter().zip(&self.form.weights).map(|(v, (_, w))| v * w).sum::<f64>()
        };
        let scores = x.values().outer_iter().map(|row| probability(margin(row))).collect();
        Predictions::new(table.cases().to_vec(), scores)
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.form.weights.iter().map(|(name, _)| name.clone()).collect()
    }

    fn form(&self) -> Form {
        if self.is_hidden { Form::Opaque } else { Form::Linear(self.form.clone()) }
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new("logistic", &0)
    }
}

/// Seconds that this thread has run, from the kernel.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN) * 1e-9
}

fn numbers(path: PathBuf) -> Vec<f64> {
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if path.extension().is_some_and(|e| e == "txt") {
        let text = String::from_utf8(bytes).expect("text");
        return text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    }
    bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("8 bytes"))).collect()
}

fn trees(numbers: &[f64]) -> Vec<Tree> {
    let mut rest = numbers;
    let mut trees = Vec::new();
    while let Some((n, tail)) = rest.split_first() {
        let (nodes, tail) = tail.split_at(6 * *n as usize);
        let entry = |k: usize| nodes.chunks_exact(6).map(move |node| node[k]);
        trees.push(Tree {
            column: entry(0).map(|c| (c >= 0.0).then_some(c as usize)).collect(),
            threshold: entry(1).collect(),
            left: entry(2).map(|v| v.max(0.0) as usize).collect(),
            right: entry(3).map(|v| v.max(0.0) as usize).collect(),
            value: entry(4).collect(),
            cover: entry(5).collect(),
        });
        rest = tail;
    }
    trees
}

/// The best of three, and how far the values are from those of shap.
fn time(name: &str, expected: &[f64], task: &dyn Fn() -> Result<Array2<f64>>) -> Result<()> {
    let mut best = f64::INFINITY;
    let mut values = Array2::zeros((0, 0));
    for _ in 0..3 {
        let start = cpu();
        values = task()?;
        best = best.min(cpu() - start);
    }
    assert_eq!(values.len(), expected.len(), "shap explained another number of values");
    let difference = values.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("{name:55} {best:8.4} s   largest difference from shap {difference:.1e}");
    Ok(())
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).expect("the folder that shap_like.py wrote");
    let read = |file: &str| numbers(Path::new(&folder).join(file));
    let names: Vec<FeatureName> = (0..N_COLUMNS).map(|i| format!("intra_o_f_x{i}").parse()).collect::<Result<_>>()?;
    let table = Array2::from_shape_vec((N_TRAIN + N_CASES, N_COLUMNS), read("tables.bin"))
        .map_err(|e| Error::new(Code::TableMismatch, e.to_string()))?;
    let part = |rows: std::ops::Range<usize>| {
        let cases = rows.clone().map(|i| format!("c{i:03}")).collect();
        FeatureTable::new(cases, names.clone(), table.slice(s![rows, ..]).to_owned())
    };
    let (train, background, cases) = (part(0..N_TRAIN)?, part(0..N_BACKGROUND)?, part(N_TRAIN..N_TRAIN + N_CASES)?);
    let linear = read("linear.txt");
    let weights = names.iter().cloned().zip(linear[1..].iter().copied()).collect();
    let form = LinearForm { intercept: linear[0], weights };
    let kernel = KernelShap { scale: OutputScale::Probability, ..KernelShap::default() };
    let expected = read("kernel.bin");
    for (is_hidden, how) in [(false, "form known"), (true, "form hidden")] {
        let model = Logistic { form: form.clone(), is_hidden };
        time(&format!("KernelSHAP 74 x 20, 50 background rows, {how}"), &expected, &|| {
            Ok(kernel.explain_with_error(&model, &background, &cases, 1)?.attribution.values)
        })?;
    }
    let ensemble = TreeEnsemble { names, base: 0.0, trees: trees(&read("trees.txt")), scale: TreeScale::Probability };
    time("TreeSHAP interventional, 129 background rows", &read("trees.bin"), &|| {
        Ok(interventional(&ensemble, train.values(), cases.values())?.1)
    })?;
    time("TreeSHAP path-dependent", &read("path.bin"), &|| Ok(path_dependent(&ensemble, cases.values())?.1))
}
