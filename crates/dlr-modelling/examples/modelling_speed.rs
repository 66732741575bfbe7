//! CPU seconds of the tasks in docs/benchmarks/modelling.md, on 129 x 3000 made-up values.
//!
//! `modelling_speed dump FILE` writes the table (64-bit little-endian floats, row-major, the label in front of each row), so that
//! another package can be timed on the same numbers; `modelling_speed` runs every task, `modelling_speed NAME` those whose name holds NAME.

use dlr_core::{CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, Model, Result, Rng, TrainSet};
use dlr_modelling::glm::{Family, Intercept, Loss, PathLimits, PathProblem, fit_l2, penalties, solve_path};
use dlr_modelling::models::{ExtraTrees, GradientBoosting, LogisticRegression, RandomForest};
use dlr_modelling::selection::{
    CvSettings, FoldMean, LassoParams, PathMeasure, RfeEstimator, RfeParams, RfeStep, choose, cross_validate,
    eliminate, rfe_cv,
};
use dlr_modelling::stats::auc;
use dlr_modelling::steps::{CorrelationFilter, Lasso, MedianImputer, Rfe, StandardScaler, VarianceFilter};
use dlr_modelling::{Columns, Pipeline};
use ndarray::Array2;

/// Twenty latent factors, noise, and a label that six of them carry.
fn table(n: usize, p: usize, seed: u64) -> (Array2<f64>, Vec<bool>) {
    let mut rng = Rng::new(seed);
    let latent = Array2::from_shape_simple_fn((n, 20), || rng.normal());
    let mut x = Array2::from_shape_simple_fn((n, p), || rng.normal());
    for j in 0..p {
        let strength = 0.4 + 0.8 * rng.uniform();
        (0..n).for_each(|i| x[(i, j)] += strength * latent[(i, j % 20)]);
    }
    let labels = (0..n)
        .map(|i| {
            let eta = 0.4 + (0..6).map(|k| if k % 2 == 0 { 1.0 } else { -0.8 } * latent[(i, k)]).sum::<f64>();
            rng.uniform() < 1.0 / (1.0 + (-eta).exp())
        })
        .collect();
    for mut column in x.columns_mut() {
        let mean = column.mean().unwrap_or(0.0);
        let sd = column.std(0.0);
        column.mapv_inplace(|v| (v - mean) / sd);
    }
    (x, labels)
}

fn train_set(x: &Array2<f64>, labels: &[bool]) -> Result<(Dataset, TrainSet)> {
    let records: Vec<_> =
        labels.iter().enumerate().map(|(i, l)| CaseRecord::new(format!("p{i:03}"), Some(*l))).collect();
    let cases = records.iter().map(|r| r.id.clone()).collect();
    let (cohort, _) = Cohort::enrol(records)?;
    let names = (0..x.ncols()).map(|j| FeatureName::new("intra", "original", "sample", &format!("F{j:04}")));
    let data = Dataset::new(&FeatureTable::new(cases, names.collect::<Result<_>>()?, x.clone())?, &cohort)?;
    let train = data.split_roles()?.0;
    Ok((data, train))
}

/// Nanoseconds that this thread has run, from the kernel.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN) * 1e-9
}

/// The task of `nested` in `benches/peers/modelling.py`, step by step: outer and inner folds by row number, a Gaussian
/// lasso over 100 penalties whose best mean is taken, a logistic regression on its columns. Gives the mean area of the
/// folds and the columns that each selected, to hold against those of the peer.
fn nested(x: &Columns, labels: &[bool], rfe: &RfeParams) -> Result<String> {
    let lasso = LassoParams {
        family: Family::Gaussian,
        lambda_min_ratio: 1e-3,
        max_selected: x.n_columns(),
        standardise: false,
        tolerance: 1e-4,
        ..LassoParams::default()
    };
    let (mut areas, mut selected) = (0.0, Vec::new());
    for k in 0..5 {
        let (test, train): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|i| i % 5 == k);
        let pick = |rows: &[usize]| rows.iter().map(|i| labels[*i]).collect::<Vec<bool>>();
        let (mut inner, mut outer) = (x.rows(&train), x.rows(&test));
        let (means, scales) = inner.standardise();
        for j in 0..outer.n_columns() {
            outer.column_mut(j).iter_mut().for_each(|v| *v = (*v - means[j]) / scales[j]);
        }
        let y = pick(&train);
        let kept = eliminate(&inner, &y, rfe, 0)?.kept;
        let few = inner.select(&kept);
        let fold_of: Vec<usize> = (0..train.len()).map(|i| i % 5).collect();
        let (at, cv) = choose(&few, &y, &fold_of, &lasso)?.expect("some column varies with the label");
        let chosen: Vec<usize> = cv.points[at].weights.iter().map(|(j, _)| *j).collect();
        let fit = fit_l2(&few.select(&chosen), &y, &vec![1.0; y.len()], Loss::Logistic, Intercept::Free)?;
        let names: Vec<usize> = chosen.iter().map(|j| kept[*j]).collect();
        areas += auc(&outer.select(&names).margins(fit.intercept, &fit.weights), &pick(&test)) / 5.0;
        selected.push(names);
    }
    let counts: Vec<usize> = selected.iter().map(Vec::len).collect();
    let sums: Vec<usize> = selected.iter().map(|names| names.iter().sum()).collect();
    Ok(format!("AUC {areas:.4}, columns {counts:?}, sums of their positions {sums:?}"))
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (x, labels) = table(129, 3000, 1);
    if let [command, file] = &arguments[..]
        && command == "dump"
    {
        let rows = x.outer_iter().zip(&labels);
        let numbers = rows.flat_map(|(row, l)| std::iter::once(f64::from(u8::from(*l))).chain(row.to_vec()));
        let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
        std::fs::write(file, bytes).expect("the file can be written");
        return Ok(());
    }
    rayon_on_one_thread();
    let wanted = arguments.first().cloned().unwrap_or_default();
    let time = |name: &str, task: &dyn Fn() -> Result<String>| {
        if !name.contains(&wanted) {
            return;
        }
        let start = cpu();
        match task() {
            Ok(said) => println!("{name:45} {:8.3} s   {said}", cpu() - start),
            Err(error) => println!("{name:45} {error}"),
        }
    };
    let columns = Columns::from_rows(x.view());
    let y: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
    let ones = vec![1.0; y.len()];
    let gaussian =
        PathProblem { x: &columns, y: &y, weights: &ones, family: Family::Gaussian, l1_ratio: 1.0, intercept: true };
    let binomial = PathProblem { family: Family::Binomial, ..gaussian };
    for (tolerance, name) in [(1e-4, "1e-4"), (1e-7, "1e-7"), (1e-10, "1e-10")] {
        for (problem, family) in [(&gaussian, "Gaussian"), (&binomial, "binomial")] {
            time(&format!("lasso path, 100 alphas, {family}, gap {name}"), &|| {
                let limits = PathLimits { tolerance, ..PathLimits::default() };
                let points = solve_path(problem, &penalties(problem, 100, 1e-3), limits)?;
                let gap = points.iter().map(|p| p.relative_gap).fold(0.0, f64::max);
                Ok(format!("{} columns at the end, largest gap {gap:.1e}", points[99].weights.len()))
            });
        }
    }
    let folds = |k: usize| (0..129).map(|i| i % k).collect::<Vec<_>>();
    time("lasso cv, 10 folds x 100", &|| {
        let limits = PathLimits { tolerance: 1e-4, ..PathLimits::default() };
        let settings = CvSettings { measure: PathMeasure::Deviance, mean: FoldMean::Alike, standardise: false, limits };
        let cv = cross_validate(&gaussian, &penalties(&gaussian, 100, 1e-3), &folds(10), settings)?;
        Ok(format!("best penalty {:.5}", cv.points[cv.best].lambda))
    });
    let (_, whole) = train_set(&x, &labels)?;
    time("random forest, 100 trees", &|| {
        let fitted = RandomForest::default().fit(&whole, 1)?;
        Ok(format!("asks {} columns", fitted.selected().len()))
    });
    time("extra trees, 100 trees", &|| {
        let fitted = ExtraTrees::default().fit(&whole, 1)?;
        Ok(format!("asks {} columns", fitted.selected().len()))
    });
    time("gradient boosting, 100 trees", &|| {
        let fitted = GradientBoosting::default().fit(&whole, 1)?;
        Ok(format!("asks {} columns", fitted.selected().len()))
    });
    time("correlation filter, Spearman, limit 0.95", &|| {
        Ok(format!("{} columns", CorrelationFilter::default().kept(&columns, &labels).len()))
    });
    let step_one =
        |estimator| RfeParams { n_keep: 20, step: RfeStep::Count(1), fine_below: 0, estimator, ..RfeParams::default() };
    time("rfe step 1, logistic, 3000 to 20", &|| {
        let found = eliminate(&columns, &labels, &step_one(RfeEstimator::Logistic), 0)?;
        Ok(format!("kept {:?}", &found.kept[..5]))
    });
    time("rfe step 1, linear svm, 3000 to 20", &|| {
        let found = eliminate(&columns, &labels, &step_one(RfeEstimator::LinearSvm), 0)?;
        Ok(format!("kept {:?}", &found.kept[..5]))
    });
    time("rfecv step 10, logistic, 5 folds", &|| {
        let params = RfeParams {
            n_keep: 1,
            step: RfeStep::Count(10),
            fine_below: 0,
            estimator: RfeEstimator::Logistic,
            ..RfeParams::default()
        };
        Ok(format!("{} columns", rfe_cv(&columns, &labels, &folds(5), &params, 0)?.n_best))
    });
    for (step, name) in [(RfeStep::Share(0.1), "rfe by tenths"), (RfeStep::Count(10), "rfe by tens")] {
        let rfe =
            RfeParams { n_keep: 50, step, fine_below: 0, estimator: RfeEstimator::Logistic, ..RfeParams::default() };
        time(&format!("nested 5x5: scale, {name}, lasso cv, logistic"), &|| nested(&columns, &labels, &rfe));
    }
    let (small, few) = table(32, 700, 2);
    let (_, train) = train_set(&small, &few)?;
    let protocol = Pipeline::new(
        vec![
            Box::new(MedianImputer::default()),
            Box::new(VarianceFilter::default()),
            Box::new(CorrelationFilter::default()),
            Box::new(StandardScaler {}),
            Box::new(Rfe::default()),
            Box::new(Lasso::default()),
        ],
        Box::new(LogisticRegression::default()),
    );
    time("protocol pipeline, 32 x 700, 100 fits", &|| {
        for seed in 0..100 {
            protocol.fit(&train, seed)?;
        }
        Ok(String::new())
    });
    let mut train = train;
    for (name, step) in ["impute", "variance", "correlation", "scale", "rfe", "lasso"].iter().zip(&protocol.steps) {
        time(&format!("protocol step {name}, 100 fits"), &|| {
            let mut n = 0;
            for seed in 0..100 {
                n = step.fit(&train, seed)?.apply(train.table())?.n_features();
            }
            Ok(format!("{} to {n} columns", train.names().len()))
        });
        train = train.with_table(step.fit(&train, 0)?.apply(train.table())?)?;
    }
    Ok(())
}

/// Rayon's work runs on the thread that asks for it, where its time is counted.
fn rayon_on_one_thread() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("no pool was made before");
}
