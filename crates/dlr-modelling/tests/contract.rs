//! Every stage keeps the contract of its seam, and comes back from its frozen state with the same bits.

use dlr_core::conformance::{check_model, check_table_step, sample_dataset};
use dlr_core::{FittedModel, FittedTableStep, Form, Model, Result, TableStep, TrainSet, TreeScale};
use dlr_modelling::models::{
    Block, ExtraTrees, GradientBoosting, InverseStrength, KNearest, Kernel, LogisticRegression, NaiveBayes,
    RandomForest, Stacked, Svm,
};
use dlr_modelling::selection::{BorutaParams, LassoParams, RfeEstimator, RfeParams, RfeStep};
use dlr_modelling::stats::Adjustment;
use dlr_modelling::steps::{
    Boruta, Combat, CorrelationFilter, Lasso, MedianImputer, Mrmr, Pca, Rfe, RfeCv, RobustScaler, Smote,
    StabilitySelection, StandardScaler, UnivariateFilter, UnivariateTest, VarianceFilter,
};
use dlr_modelling::validation::{Alternatives, TuneMeasure, Tuned, TunedPipeline};
use dlr_modelling::{Pipeline, Thaw};

fn steps() -> Vec<(&'static str, Box<dyn TableStep>)> {
    vec![
        ("impute", Box::new(MedianImputer::default())),
        ("standard", Box::new(StandardScaler {})),
        ("robust", Box::new(RobustScaler {})),
        ("variance", Box::new(VarianceFilter::default())),
        ("correlation", Box::new(CorrelationFilter::default())),
        ("rfe svm", Box::new(Rfe::new(RfeParams { n_keep: 4, ..RfeParams::default() }))),
        (
            "rfe logistic",
            Box::new(Rfe::new(RfeParams {
                n_keep: 4,
                estimator: RfeEstimator::Logistic,
                step: RfeStep::Count(2),
                fine_below: 0,
                ..RfeParams::default()
            })),
        ),
        ("rfe-cv", Box::new(RfeCv::default())),
        (
            "rfe forest",
            Box::new(Rfe::new(RfeParams {
                n_keep: 4,
                estimator: RfeEstimator::Forest,
                n_trees: 40,
                ..RfeParams::default()
            })),
        ),
        ("boruta", Box::new(Boruta::new(BorutaParams { n_trees: 40, max_rounds: 20, ..BorutaParams::default() }))),
        ("stability", Box::new(StabilitySelection::default())),
        ("univariate", Box::new(UnivariateFilter::default())),
        (
            "t test",
            Box::new(UnivariateFilter {
                test: UnivariateTest::Student,
                adjustment: Adjustment::Holm,
                ..UnivariateFilter::default()
            }),
        ),
        ("mrmr", Box::new(Mrmr::default())),
        ("pca", Box::new(Pca { n_components: 4, ..Pca::default() })),
        ("smote", Box::new(Smote::default())),
        ("lasso", Box::new(Lasso::new(LassoParams::default()))),
    ]
}

fn study() -> Pipeline {
    Pipeline::new(
        vec![
            Box::new(MedianImputer::default()),
            Box::new(VarianceFilter::default()),
            Box::new(CorrelationFilter::default()),
            Box::new(StandardScaler {}),
            Box::new(Rfe::new(RfeParams { n_keep: 6, ..RfeParams::default() })),
            Box::new(Lasso::new(LassoParams::default())),
        ],
        Box::new(LogisticRegression::default()),
    )
}

#[test]
fn steps_keep_the_contract() {
    let broken: Vec<_> = steps()
        .iter()
        .filter_map(|(name, step)| check_table_step(step.as_ref()).err().map(|e| format!("{name}: {e}")))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The contract's table has a constant column, which ComBat refuses by name.
struct Harmonised(Combat);

impl TableStep for Harmonised {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedTableStep>> {
        let variance = VarianceFilter::default().fit(train, seed)?;
        let varies = variance.apply(train.table())?;
        self.0.fit(&train.with_table(varies)?, seed)
    }
}

#[test]
fn combat_keeps_the_contract_of_a_step() {
    for reference in [None, Some("south".to_owned())] {
        check_table_step(&Harmonised(Combat { reference, ..Combat::default() })).unwrap();
    }
}

#[test]
fn models_keep_the_contract() {
    let c = InverseStrength::OneOf(vec![0.01, 0.1, 1.0]);
    check_model(&LogisticRegression::default()).unwrap();
    check_model(&LogisticRegression { c, ..LogisticRegression::default() }).unwrap();
    check_model(&LogisticRegression { l1_ratio: 1.0, ..LogisticRegression::default() }).unwrap();
    check_model(&study()).unwrap();
    let scaled = |model: Box<dyn Model>| Pipeline::new(vec![Box::new(StandardScaler {})], model);
    check_model(&scaled(Box::<Svm>::default())).unwrap();
    check_model(&scaled(Box::new(Svm { kernel: Kernel::Rbf, ..Svm::default() }))).unwrap();
    check_model(&stack()).unwrap();
    for (name, model) in tree_and_density_models() {
        check_model(model.as_ref()).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let pca = vec![Box::new(StandardScaler {}) as Box<dyn TableStep>, Box::new(Pca::default())];
    check_model(&Pipeline::new(pca, Box::new(LogisticRegression::default()))).unwrap();
    let candidates = vec![
        ("weak".to_owned(), Box::new(scaled(Box::<LogisticRegression>::default())) as Box<dyn Model>),
        ("rbf".to_owned(), Box::new(scaled(Box::new(Svm { kernel: Kernel::Rbf, ..Svm::default() })))),
    ];
    check_model(&Tuned { candidates, n_folds: 4 }).unwrap();
    for measure in [TuneMeasure::Auc, TuneMeasure::LogLoss] {
        check_model(&grid(measure)).unwrap();
    }
}

fn tree_and_density_models() -> Vec<(&'static str, Box<dyn Model>)> {
    let neighbours = Pipeline::new(vec![Box::new(StandardScaler {})], Box::new(KNearest::default()));
    vec![
        ("random forest", Box::new(RandomForest::default())),
        ("extra trees", Box::new(ExtraTrees::default())),
        ("boosting", Box::new(GradientBoosting::default())),
        ("neighbours", Box::new(neighbours)),
        ("naive bayes", Box::new(NaiveBayes::default())),
    ]
}

/// Two sizes of elimination, two strengths of penalty.
fn grid(measure: TuneMeasure) -> TunedPipeline {
    let rfe = |n_keep: usize| {
        (
            format!("n_keep = {n_keep}"),
            Box::new(Rfe::new(RfeParams { n_keep, ..RfeParams::default() })) as Box<dyn TableStep>,
        )
    };
    let scale: Alternatives<dyn TableStep> = vec![(String::new(), Box::new(StandardScaler {}))];
    let logistic = |c: f64| {
        let c = InverseStrength::Fixed(c);
        ("c".to_owned(), Box::new(LogisticRegression { c, ..LogisticRegression::default() }) as Box<dyn Model>)
    };
    TunedPipeline {
        steps: vec![scale, vec![rfe(1), rfe(3)]],
        model: vec![logistic(1e-4), logistic(1.0)],
        n_folds: 3,
        measure,
    }
}

#[test]
fn the_chosen_combination_is_fitted_as_a_plain_pipeline_would_be() -> Result<()> {
    let (train, external) = sample_dataset(3).split_roles()?;
    let tuned = grid(TuneMeasure::LogLoss).fit(&train, 11)?;
    let state = tuned.freeze()?.state;
    assert_eq!(state["tried"].as_array().map(Vec::len), Some(4));
    // A penalty that holds every probability near a half loses by the likelihood.
    let chosen = state["chosen"].as_u64().unwrap() as usize;
    assert!(chosen % 2 == 1, "{state}");
    let n_keep = [1, 3][chosen / 2];
    let plain = Pipeline::new(
        vec![Box::new(StandardScaler {}), Box::new(Rfe::new(RfeParams { n_keep, ..RfeParams::default() }))],
        Box::new(LogisticRegression::default()),
    );
    assert_eq!(plain.fit(&train, 11)?.predict(external.table())?, tuned.predict(external.table())?);
    Ok(())
}

fn stack() -> Stacked {
    let block = |name: &str, model: Box<dyn Model>| Block {
        name: name.into(),
        prefixes: vec![format!("{name}_")],
        model: Box::new(Pipeline::new(vec![Box::new(StandardScaler {})], model)),
    };
    let blocks = vec![
        block("intra", Box::<LogisticRegression>::default()),
        block("peri", Box::new(LogisticRegression { l1_ratio: 0.5, ..LogisticRegression::default() })),
    ];
    Stacked { blocks, n_folds: 5, c: 1.0 }
}

#[test]
fn a_frozen_pipeline_predicts_the_same_bits() -> Result<()> {
    let (train, external) = sample_dataset(3).split_roles()?;
    let with_rbf = Pipeline::new(
        vec![Box::new(StandardScaler {}), Box::new(Pca::default()), Box::new(Smote::default())],
        Box::new(Svm { kernel: Kernel::Rbf, ..Svm::default() }),
    );
    let others = tree_and_density_models();
    let grid = grid(TuneMeasure::Auc);
    let models = [&study() as &dyn Model, &stack(), &with_rbf, &grid];
    for model in models.into_iter().chain(others.iter().map(|(_, m)| m.as_ref())) {
        let fitted = model.fit(&train, 5)?;
        let text = serde_json::to_string(&fitted.freeze()?).unwrap();
        let thawed = Thaw::default().model(&serde_json::from_str(&text).unwrap())?;
        assert_eq!(thawed.predict(external.table())?, fitted.predict(external.table())?);
        assert_eq!(thawed.selected(), fitted.selected());
        assert_eq!(thawed.freeze()?, fitted.freeze()?);
    }
    Ok(())
}

#[test]
fn the_form_of_a_pipeline_is_written_on_raw_columns() -> Result<()> {
    let (train, external) = sample_dataset(3).split_roles()?;
    let fitted: Box<dyn FittedModel> = study().fit(&train, 5)?;
    let Form::Linear(form) = fitted.form() else { panic!("a linear pipeline has a linear form") };
    assert_eq!(form.weights.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), fitted.selected());
    let table = external.table();
    for (row, score) in table.values().outer_iter().zip(fitted.predict(table)?.scores()) {
        let margin: f64 =
            form.intercept + form.weights.iter().map(|(name, w)| w * row[table.position(name).unwrap()]).sum::<f64>();
        assert!((1.0 / (1.0 + (-margin).exp()) - score).abs() < 1e-12);
    }
    Ok(())
}

#[test]
fn the_trees_of_a_pipeline_ask_raw_columns() -> Result<()> {
    let (train, external) = sample_dataset(3).split_roles()?;
    let steps = || vec![Box::new(MedianImputer::default()) as Box<dyn TableStep>, Box::new(StandardScaler {})];
    for model in [Box::new(RandomForest::default()) as Box<dyn Model>, Box::new(GradientBoosting::default())] {
        let fitted = Pipeline::new(steps(), model).fit(&train, 5)?;
        let Form::Trees(form) = fitted.form() else { panic!("trees behind a scaling are trees") };
        assert_eq!(form.names, fitted.selected());
        let table = external.table().select(&form.names)?;
        for (row, score) in table.values().outer_iter().zip(fitted.predict(external.table())?.scores()) {
            let output = form.base + form.trees.iter().map(|t| t.predict(|j| row[j])).sum::<f64>();
            let from_form = match form.scale {
                TreeScale::Probability => output,
                TreeScale::LogOdds => 1.0 / (1.0 + (-output).exp()),
            };
            assert!((from_form - score).abs() < 1e-12);
        }
    }
    let mixed = Pipeline::new(vec![Box::new(Pca::default())], Box::new(RandomForest::default()));
    assert_eq!(mixed.fit(&train, 5)?.form(), Form::Opaque);
    Ok(())
}
