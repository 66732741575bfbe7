//! The null test: what the whole pipeline finds where there is nothing to find, and two controls where it must find.
//!
//! Shared by the small test of this crate and the full one of the benches.

use dlr_core::{CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, Model, Result, Rng, Role, derive_seed};
use dlr_modelling::Pipeline;
use dlr_modelling::models::LogisticRegression;
use dlr_modelling::splitters::StratifiedKFold;
use dlr_modelling::stats::auc;
use dlr_modelling::steps::{CorrelationFilter, Lasso, Rfe, StandardScaler};
use dlr_modelling::validation::permutation_test;
use ndarray::Array2;
use rayon::prelude::*;

/// Sizes of a study.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Design {
    pub n_train: usize,
    pub n_train_positive: usize,
    pub n_external: usize,
    pub n_external_positive: usize,
    pub n_features: usize,
}

/// A table with the labels of all its cases, training cases first.
pub(crate) struct Study {
    pub table: FeatureTable,
    pub records: Vec<CaseRecord>,
    pub n_train: usize,
}

/// Normal noise; in positive cases the first ten features are `shift` standard deviations higher.
pub(crate) fn study(design: &Design, shift: f64, seed: u64) -> Result<Study> {
    let Design { n_train, n_train_positive, n_external, n_external_positive, n_features } = *design;
    let mut rng = Rng::new(seed);
    let label = |i: usize| if i < n_train { i < n_train_positive } else { i - n_train < n_external_positive };
    let record = |i: usize| CaseRecord {
        role: if i < n_train { Role::Train } else { Role::External },
        ..CaseRecord::new(format!("p{i:04}"), Some(label(i)))
    };
    let records: Vec<CaseRecord> = (0..n_train + n_external).map(record).collect();
    let values = Array2::from_shape_fn((records.len(), n_features), |(i, j)| {
        rng.normal() + if j < 10 && label(i) { shift } else { 0.0 }
    });
    let names = (0..n_features).map(|j| FeatureName::new("intra", "original", "sample", &format!("F{j:04}")));
    let cases = records.iter().map(|r| r.id.clone()).collect();
    Ok(Study { table: FeatureTable::new(cases, names.collect::<Result<_>>()?, values)?, records, n_train })
}

impl Study {
    /// The same table with labels dealt anew, within the training cases and within the external ones.
    pub(crate) fn with_permuted_labels(&self, seed: u64) -> Study {
        let mut rng = Rng::new(seed);
        let mut records = self.records.clone();
        for part in [0..self.n_train, self.n_train..records.len()] {
            let mut labels: Vec<Option<bool>> = records[part.clone()].iter().map(|r| r.label).collect();
            rng.shuffle(&mut labels);
            records[part].iter_mut().zip(labels).for_each(|(r, l)| r.label = l);
        }
        Study { table: self.table.clone(), records, n_train: self.n_train }
    }

    fn data(&self) -> Result<(Dataset, Cohort)> {
        let (cohort, _) = Cohort::enrol(self.records.clone())?;
        Ok((Dataset::new(&self.table, &cohort)?, cohort))
    }

    /// Area under the curve on the external cases, of a model fitted on the training cases.
    pub(crate) fn external_auc(&self, model: &dyn Model, seed: u64) -> Result<f64> {
        let (train, external) = self.data()?.0.split_roles()?;
        let scores = model.fit(&train, seed)?.predict(external.table())?;
        let labels: Vec<bool> = self.records[self.n_train..].iter().map(|r| r.label == Some(true)).collect();
        Ok(auc(scores.scores(), &labels))
    }

    /// p of the permutation test of the whole pipeline on the training cases: `n_folds` folds, 19 permutations, so that
    /// the smallest p is 0.05 and a p at or below it comes once in twenty.
    pub(crate) fn permutation_p(&self, model: &dyn Model, n_folds: usize, seed: u64) -> Result<f64> {
        let (cohort, _) = Cohort::enrol(self.records[..self.n_train].to_vec())?;
        let table = self.table.rows(&(0..self.n_train).collect::<Vec<_>>());
        let splitter = StratifiedKFold { n_folds, n_repeats: 1 };
        Ok(permutation_test(model, &table, &cohort, &splitter, 19, seed)?.p)
    }

    /// The same table with only the columns that the pipeline's selection keeps when it sees every label, the external
    /// ones too: the leak that the gate must catch.
    pub(crate) fn selected_before_the_split(&self, seed: u64) -> Result<Study> {
        let records = self.records.iter().map(|r| CaseRecord { role: Role::Train, ..r.clone() }).collect();
        let (cohort, _) = Cohort::enrol(records)?;
        let (train, _) = Dataset::new(&self.table, &cohort)?.split_roles()?;
        let fitted = pipeline().fit(&train, seed)?;
        let table = self.table.select(&fitted.selected())?;
        Ok(Study { table, records: self.records.clone(), n_train: self.n_train })
    }
}

/// z-score, correlation filter, RFE, LASSO by cross-validation, logistic regression, with the defaults of the protocol.
pub(crate) fn pipeline() -> Pipeline {
    Pipeline::new(
        vec![
            Box::new(StandardScaler {}),
            Box::new(CorrelationFilter::default()),
            Box::new(Rfe::default()),
            Box::new(Lasso::default()),
        ],
        Box::new(LogisticRegression::default()),
    )
}

/// Mean external areas of `n` studies made by `make`, with the distance from 0.5 that three standard errors allow.
pub(crate) struct Gate {
    pub areas: Vec<f64>,
    pub allowed: f64,
}

impl Gate {
    pub(crate) fn of(design: &Design, n: usize, seed: u64, make: impl Fn(u64) -> Result<Study> + Sync) -> Result<Gate> {
        let model = pipeline();
        let areas = (0..n as u64)
            .into_par_iter()
            .map(|k| make(derive_seed(seed, k))?.external_auc(&model, derive_seed(seed, k)))
            .collect::<Result<Vec<_>>>()?;
        // Spread of the area under the curve of scores that say nothing: (n + 1) / (12 n1 n0).
        let (n1, n0) = (design.n_external_positive as f64, (design.n_external - design.n_external_positive) as f64);
        let sd = ((n1 + n0 + 1.0) / (12.0 * n1 * n0)).sqrt();
        Ok(Gate { areas, allowed: 3.0 * sd / (n as f64).sqrt() })
    }

    pub(crate) fn mean(&self) -> f64 {
        self.areas.iter().sum::<f64>() / self.areas.len() as f64
    }

    pub(crate) fn sd(&self) -> f64 {
        let squares: f64 = self.areas.iter().map(|a| (a - self.mean()).powi(2)).sum();
        (squares / (self.areas.len() - 1) as f64).sqrt()
    }

    pub(crate) fn holds(&self) -> bool {
        (self.mean() - 0.5).abs() <= self.allowed
    }
}

/// p-values of permutation tests of studies made by `make`.
pub(crate) fn p_values(
    n: usize,
    n_folds: usize,
    seed: u64,
    make: impl Fn(u64) -> Result<Study> + Sync,
) -> Result<Vec<f64>> {
    let model = pipeline();
    (0..n as u64)
        .into_par_iter()
        .map(|k| make(derive_seed(seed, k))?.permutation_p(&model, n_folds, derive_seed(seed, k)))
        .collect()
}
