//! [`Dataset`] and what splitting it gives: [`TrainSet`], [`HeldOut`], [`ExternalSet`].

use super::{Fold, FrozenPredictions, Predictions, Threshold, TrainScores, Truth};
use crate::{Code, Cohort, Error, FeatureName, FeatureTable, FittedModel, Result, Role};
use ndarray::{Array2, Axis};
use std::collections::{BTreeSet, HashMap};

/// A table and who its rows are. Nothing can be fitted on it: split it first.
#[derive(Debug, Clone)]
pub struct Dataset {
    table: FeatureTable,
    cohort: Cohort,
}

impl Dataset {
    /// Joins a table with its cohort, row by row, in the order of the cohort; every row learns its center.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] where a case of the cohort has no row; [`Code::LabelValues`] for a training case
    /// without a label (exclude it first, with a reason); [`Code::Learning`] where training has one class only.
    pub fn new(table: &FeatureTable, cohort: &Cohort) -> Result<Self> {
        let position: HashMap<_, _> = table.cases().iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
        let mut rows = Vec::with_capacity(cohort.len());
        let mut classes = [0usize; 2];
        for record in cohort.rows() {
            let Some(row) = position.get(record.id.as_str()) else {
                return Err(
                    Error::new(Code::TableMismatch, "the case has no row in the feature table").for_case(&record.id)
                );
            };
            rows.push(*row);
            if record.role == Role::Train {
                match record.label {
                    Some(label) => classes[usize::from(label)] += 1,
                    None => {
                        return Err(Error::new(Code::LabelValues, "a training case has no label")
                            .hint("exclude it, with the reason")
                            .for_case(&record.id));
                    }
                }
            }
        }
        if classes.contains(&0) {
            return Err(Error::new(Code::Learning, "the training cases are of one class only")
                .expected("both classes")
                .found(format!("{} negative, {} positive", classes[0], classes[1]))
                .hint("check the column `label`, and `role` where some cases are external"));
        }
        let centers = cohort.rows().iter().map(|row| row.center.clone()).collect();
        Ok(Dataset { table: table.rows(&rows).with_centers(centers)?, cohort: cohort.clone() })
    }

    /// All rows, for description; there are no labels in it.
    pub fn table(&self) -> &FeatureTable {
        &self.table
    }

    /// Who the rows are.
    pub fn cohort(&self) -> &Cohort {
        &self.cohort
    }

    /// The two sides of a fold of training patients.
    ///
    /// # Errors
    /// [`Code::Learning`] where a side has no row or the training side has one class; [`Code::PatientOverlap`] where
    /// the fold names an external patient.
    pub fn split(&self, fold: &Fold) -> Result<(TrainSet, HeldOut)> {
        let external = self.cohort.patients(Role::External);
        if let Some(patient) = fold.train().iter().chain(fold.test()).find(|p| external.contains(*p)) {
            return Err(Error::new(
                Code::PatientOverlap,
                format!("a fold of training patients names external patient {patient}"),
            ));
        }
        Ok((TrainSet::of(self, fold.train())?, HeldOut::of(self, fold.test())?))
    }

    /// All training rows, and the external rows: the split that the final model is fitted on.
    ///
    /// # Errors
    /// As [`Dataset::split`].
    pub fn split_roles(&self) -> Result<(TrainSet, ExternalSet)> {
        let train = TrainSet::of(self, &self.cohort.patients(Role::Train))?;
        let (table, _) = part(&self.table, &self.cohort, &self.cohort.patients(Role::External));
        Ok((train, ExternalSet { table }))
    }
}

/// Rows that may be learned from. Made only by splitting; it can be split again for inner validation.
#[derive(Debug, Clone)]
pub struct TrainSet {
    table: FeatureTable,
    cohort: Cohort,
    labels: Vec<bool>,
}

impl TrainSet {
    fn of(data: &Dataset, patients: &BTreeSet<String>) -> Result<Self> {
        let (table, cohort) = part(&data.table, &data.cohort, patients);
        Self::checked(table, cohort)
    }

    fn checked(table: FeatureTable, cohort: Cohort) -> Result<Self> {
        let labels: Vec<bool> = cohort.rows().iter().filter_map(|row| row.label).collect();
        let n_positive = labels.iter().filter(|l| **l).count();
        if labels.len() != cohort.len() || n_positive == 0 || n_positive == labels.len() {
            return Err(Error::new(
                Code::Learning,
                "the training side of a split needs labelled cases of both classes",
            )
            .expected("cases of both classes in the training side of every fold")
            .found(format!("{} cases, {} labelled, {n_positive} positive", cohort.len(), labels.len()))
            .hint("lower the number of folds, or divide otherwise"));
        }
        Ok(TrainSet { table, cohort, labels })
    }

    /// The features.
    pub fn table(&self) -> &FeatureTable {
        &self.table
    }

    /// Feature values, shape `[n_cases, n_features]`.
    pub fn x(&self) -> &Array2<f64> {
        self.table.values()
    }

    /// Labels in row order.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// Patients, centers and clinical values, in row order.
    pub fn cohort(&self) -> &Cohort {
        &self.cohort
    }

    /// Column names.
    pub fn names(&self) -> &[FeatureName] {
        self.table.names()
    }

    /// Number of rows.
    pub fn n_cases(&self) -> usize {
        self.labels.len()
    }

    /// The same rows with other columns: what a fitted step made of them.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] where the rows are others.
    pub fn with_table(&self, table: FeatureTable) -> Result<Self> {
        if table.cases() != self.table.cases() {
            return Err(Error::new(Code::TableMismatch, "a training set cannot take a table with other rows"));
        }
        Ok(TrainSet { table, cohort: self.cohort.clone(), labels: self.labels.clone() })
    }

    /// An inner split.
    ///
    /// # Errors
    /// As [`Dataset::split`].
    pub fn split(&self, fold: &Fold) -> Result<(TrainSet, HeldOut)> {
        let data = Dataset { table: self.table.clone(), cohort: self.cohort.clone() };
        data.split(fold)
    }

    /// Rows by position, repeated where asked: a bootstrap sample of what may be learned from.
    ///
    /// # Errors
    /// [`Code::Learning`] where one class is gone.
    pub fn rows(&self, positions: &[usize]) -> Result<Self> {
        Self::checked(self.table.rows(positions), self.cohort.at(positions))
    }

    /// The same rows and, behind them, made-up ones (SMOTE). Row `i` of `values` is made from row `parents[i]`,
    /// whose label and patient it takes.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] where shapes differ.
    pub fn with_synthetic(&self, values: &Array2<f64>, parents: &[usize]) -> Result<Self> {
        if values.dim() != (parents.len(), self.table.n_features()) {
            return Err(Error::new(Code::TableMismatch, "made-up rows do not fit the columns of the training set"));
        }
        let all: Vec<usize> = (0..self.n_cases()).chain(parents.iter().copied()).collect();
        let values = ndarray::concatenate(Axis(0), &[self.x().view(), values.view()]).expect("widths were compared");
        Self::checked(self.table.rows(&all).with_values(values)?, self.cohort.at(&all))
    }

    /// Scores of these very cases, for a threshold or a recalibration.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] where the predictions are of other cases.
    pub fn scores(&self, predictions: &Predictions) -> Result<TrainScores> {
        let truth = Truth::new(self.table.cases().to_vec(), self.labels.clone())?;
        TrainScores::new(predictions.clone(), truth)
    }
}

/// The other side of a fold: features to predict from, and the truth to compare with. Nothing can be fitted on it.
#[derive(Debug, Clone)]
pub struct HeldOut {
    table: FeatureTable,
    truth: Truth,
}

impl HeldOut {
    fn of(data: &Dataset, patients: &BTreeSet<String>) -> Result<Self> {
        let (table, cohort) = part(&data.table, &data.cohort, patients);
        let labels = cohort.rows().iter().filter_map(|row| row.label).collect();
        let truth = Truth::new(table.cases().to_vec(), labels)?;
        if table.n_cases() == 0 {
            return Err(Error::new(Code::Learning, "the held-out side of a split has no case"));
        }
        Ok(HeldOut { table, truth })
    }

    /// The features.
    pub fn table(&self) -> &FeatureTable {
        &self.table
    }

    /// The labels, for scoring.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }
}

/// External rows: features only. Their labels are sealed.
#[derive(Debug, Clone)]
pub struct ExternalSet {
    table: FeatureTable,
}

impl ExternalSet {
    /// The features; without a row where the cohort has no external case.
    pub fn table(&self) -> &FeatureTable {
        &self.table
    }

    /// Freezes a fitted model with its threshold and predicts the external cases: what [`SealedLabels::open`] asks for.
    ///
    /// [`SealedLabels::open`]: super::SealedLabels::open
    ///
    /// # Errors
    /// Those of freezing and of predicting.
    pub fn predict(&self, model: &dyn FittedModel, threshold: Threshold) -> Result<FrozenPredictions> {
        FrozenPredictions::new(model, threshold, &self.table)
    }
}

fn part(table: &FeatureTable, cohort: &Cohort, patients: &BTreeSet<String>) -> (FeatureTable, Cohort) {
    let rows: Vec<_> =
        cohort.rows().iter().enumerate().filter(|(_, row)| patients.contains(&row.patient)).map(|(i, _)| i).collect();
    (table.rows(&rows), cohort.of_patients(patients))
}
