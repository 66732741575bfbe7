//! Every stage keeps the contract of its seam, and comes back from its frozen state with the same bits.

use dlr_core::conformance::{check_model, check_table_step, sample_dataset};
use dlr_core::{FittedModel, Form, Model, Result, TableStep};
use dlr_modelling::models::{Block, InverseStrength, Kernel, LogisticRegression, Stacked, Svm};
use dlr_modelling::selection::{LassoParams, RfeEstimator, RfeParams, RfeStep};
use dlr_modelling::steps::{
    CorrelationFilter, Lasso, MedianImputer, Mrmr, Pca, Rfe, RfeCv, RobustScaler, Smote, StabilitySelection,
    StandardScaler, UnivariateFilter, VarianceFilter,
};
use dlr_modelling::validation::Tuned;
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
        ("stability", Box::new(StabilitySelection::default())),
        ("univariate", Box::new(UnivariateFilter::default())),
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

#[test]
fn models_keep_the_contract() {
    let c = InverseStrength::OneOf(vec![0.01, 0.1, 1.0]);
    check_model(&LogisticRegression::default()).unwrap();
    check_model(&LogisticRegression { c, ..LogisticRegression::default() }).unwrap();
    check_model(&LogisticRegression { l1_ratio: 1.0, ..LogisticRegression::default() }).unwrap();
    check_model(&study()).unwrap();
    let scaled = |model: Box<dyn Model>| Pipeline::new(vec![Box::new(StandardScaler {})], model);
    check_model(&scaled(Box::new(Svm::default()))).unwrap();
    check_model(&scaled(Box::new(Svm { kernel: Kernel::Rbf, ..Svm::default() }))).unwrap();
    check_model(&stack()).unwrap();
    let pca = vec![Box::new(StandardScaler {}) as Box<dyn TableStep>, Box::new(Pca::default())];
    check_model(&Pipeline::new(pca, Box::new(LogisticRegression::default()))).unwrap();
    let candidates = vec![
        ("weak".to_owned(), Box::new(scaled(Box::new(LogisticRegression::default()))) as Box<dyn Model>),
        ("rbf".to_owned(), Box::new(scaled(Box::new(Svm { kernel: Kernel::Rbf, ..Svm::default() })))),
    ];
    check_model(&Tuned { candidates, n_folds: 4 }).unwrap();
}

fn stack() -> Stacked {
    let block = |name: &str, model: Box<dyn Model>| Block {
        name: name.into(),
        prefixes: vec![format!("{name}_")],
        model: Box::new(Pipeline::new(vec![Box::new(StandardScaler {})], model)),
    };
    let blocks = vec![
        block("intra", Box::new(LogisticRegression::default())),
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
    for model in [&study() as &dyn Model, &stack(), &with_rbf] {
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
