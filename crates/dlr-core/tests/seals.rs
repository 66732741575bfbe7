//! External labels open for what a fitted model said of the external cases, and for nothing else.

use dlr_core::conformance::sample_dataset;
use dlr_core::{
    CaseRecord, Code, Cohort, ExternalSet, FeatureName, FeatureTable, FittedModel, Frozen, Predictions, Result, Role,
    SealedLabels, Threshold,
};

/// Says the same of every case, or forgets the last one.
struct Constant {
    score: f64,
    forgets: bool,
}

impl FittedModel for Constant {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let n_cases = table.n_cases() - usize::from(self.forgets);
        Predictions::new(table.cases()[..n_cases].to_vec(), vec![self.score; n_cases])
    }

    fn selected(&self) -> Vec<FeatureName> {
        Vec::new()
    }

    fn freeze(&self) -> Result<Frozen> {
        Ok(Frozen { kind: "constant".into(), state: self.score.into() })
    }
}

const HALF: Constant = Constant { score: 0.5, forgets: false };

/// The external cases of the sample, a threshold from its training cases, and sealed labels of `labelled`.
fn sample(labelled: impl Fn(&FeatureTable) -> Vec<String>) -> Result<(ExternalSet, Threshold, SealedLabels)> {
    let (train, external) = sample_dataset(3).split_roles()?;
    let scores = Predictions::new(train.table().cases().to_vec(), vec![0.5; train.n_cases()])?;
    let threshold = train.scores(&scores)?.threshold("fixed", |_, _| Ok(0.5))?;
    let record = |id: String| CaseRecord { role: Role::External, ..CaseRecord::new(id, Some(true)) };
    let (_, sealed) = Cohort::enrol(labelled(external.table()).into_iter().map(record).collect())?;
    Ok((external, threshold, sealed))
}

#[test]
fn labels_open_for_a_frozen_model() {
    let (external, threshold, sealed) = sample(|table| table.cases().to_vec()).unwrap();
    let frozen = external.predict(&HALF, threshold).unwrap();
    let (truth, opening) = sealed.open(&[&frozen]).unwrap();
    assert_eq!(truth.cases(), external.table().cases());
    assert_eq!((opening.n_cases, opening.n_models), (truth.cases().len(), 1));
}

#[test]
fn labels_stay_closed_without_a_model() {
    let (_, _, sealed) = sample(|table| table.cases().to_vec()).unwrap();
    assert_eq!(sealed.open(&[]).unwrap_err().code(), Code::Sealed);
}

#[test]
fn a_case_without_a_label_is_named() {
    let (external, threshold, sealed) = sample(|table| table.cases()[1..].to_vec()).unwrap();
    let frozen = external.predict(&HALF, threshold).unwrap();
    let error = sealed.open(&[&frozen]).unwrap_err();
    assert_eq!(error.code(), Code::Sealed);
    assert!(error.to_string().contains(&external.table().cases()[0]), "{error}");
}

#[test]
fn a_model_that_leaves_a_case_out_is_refused() {
    let (external, threshold, _) = sample(|table| table.cases().to_vec()).unwrap();
    let error = external.predict(&Constant { forgets: true, ..HALF }, threshold).unwrap_err();
    assert_eq!(error.code(), Code::Contract);
}
