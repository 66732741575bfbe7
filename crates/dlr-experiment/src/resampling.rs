//! What a model would lose on other patients: bootstrap optimism, and how it would do with fewer of them.
//!
//! The whole pipeline is fitted again in every sample and every smaller fold, what learns before the table included.

use crate::{
    config::ValidationSection,
    crossval::{Detail, FoldData, cross_validate},
    metrics::{auc_within_folds, mean_sd, number},
    progress::Progress,
};
use dlr_core::{Error, Fold, Model, Result, Role, TrainSet, derive_seed};
use dlr_modelling::validation::{
    Optimism, SampleSize, mean_training_patients, optimism_of_samples, patient_samples, sample_size,
    supported_parameters, with_fewer_patients,
};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// What resampling found of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// Cases that a new model of so many candidate columns needs, beside those that were there.
    pub sample_size: SampleSizeCheck,
    /// Bootstrap optimism and .632+, where that was asked for.
    pub optimism: Option<OptimismRun>,
    /// Points of a learning curve, in the order of the file; empty where that was not asked for.
    pub learning_curve: Vec<LearningPoint>,
}

/// Bootstrap optimism of the area under the curve, after Harrell, and .632+, after Efron and Tibshirani.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OptimismRun {
    /// Samples drawn; those of `n_used` had both classes inside and outside.
    pub n_samples: usize,
    /// The estimates.
    #[serde(flatten)]
    pub found: Optimism,
}

/// One point of a learning curve: the same cross-validation with fewer training patients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearningPoint {
    /// Share of the training patients of each fold.
    pub share: f64,
    /// Mean number of training patients in a fold.
    pub n_patients: f64,
    /// `auc_within_folds`, mean over the repeats; at a share of 1 that of the model itself.
    #[serde(serialize_with = "number")]
    pub auc_within_folds: f64,
    /// Its standard deviation over the repeats; `null` for a single one.
    #[serde(serialize_with = "number")]
    pub auc_within_folds_sd: f64,
}

/// Riley's criteria for the columns that a model starts from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SampleSizeCheck {
    /// Training patients.
    pub n_patients: usize,
    /// Candidate columns.
    pub n_candidates: usize,
    /// Share of positive training cases.
    pub prevalence: f64,
    /// Expected R² of Nagelkerke.
    pub nagelkerke_r2: f64,
    /// The same as R² of Cox and Snell, at this prevalence.
    pub cox_snell_r2: f64,
    /// Smallest uniform shrinkage that is accepted.
    pub shrinkage: f64,
    /// What the three criteria ask for.
    pub needed: SampleSize,
    /// The most candidate columns that this number of patients supports.
    pub n_supported: usize,
}

/// How one model stands up to resampling.
pub(crate) struct Resampling<'a> {
    /// Its rows, refitted in each sample where something before the table learns.
    pub(crate) data: &'a dyn FoldData,
    /// Steps and classifier.
    pub(crate) model: &'a dyn Model,
    /// The folds of the run.
    pub(crate) plan: &'a [Vec<Fold>],
    /// What was asked for.
    pub(crate) asked: &'a ValidationSection,
    /// The seed of the run.
    pub(crate) seed: u64,
}

impl Resampling<'_> {
    /// Does all that was asked for.
    ///
    /// # Errors
    /// Those of the model on a sample, with a hint at the key that asked for it.
    pub(crate) fn run(&self, name: &str, progress: &dyn Progress) -> Result<Resampled> {
        let optimism =
            (self.asked.optimism > 0).then(|| self.optimism(&|| progress.step(name)).map_err(asked_by("optimism")));
        Ok(Resampled {
            sample_size: self.sample_size()?,
            optimism: optimism.transpose()?,
            learning_curve: self.learning_curve(&|| progress.step(name)).map_err(asked_by("learning_curve"))?,
        })
    }

    fn sample_size(&self) -> Result<SampleSizeCheck> {
        let (train, _) = self.data.whole().split_roles()?;
        let (n_candidates, n_patients) = (train.names().len(), train.cohort().patients(Role::Train).len());
        let prevalence = train.labels().iter().filter(|l| **l).count() as f64 / train.n_cases() as f64;
        let (nagelkerke_r2, shrinkage) = (self.asked.sample_size.nagelkerke_r2, self.asked.sample_size.shrinkage);
        let null = prevalence * prevalence.ln() + (1.0 - prevalence) * (1.0 - prevalence).ln();
        let cox_snell_r2 = nagelkerke_r2 * (1.0 - (2.0 * null).exp());
        Ok(SampleSizeCheck {
            n_patients,
            n_candidates,
            prevalence,
            nagelkerke_r2,
            cox_snell_r2,
            shrinkage,
            needed: sample_size(cox_snell_r2, n_candidates as f64, prevalence, shrinkage)?,
            n_supported: supported_parameters(n_patients, cox_snell_r2, prevalence, shrinkage)?,
        })
    }

    fn optimism(&self, done: &(dyn Fn() + Sync)) -> Result<OptimismRun> {
        let n_samples = self.asked.optimism;
        let (train, _) = self.data.whole().split_roles()?;
        // The seed of the permutations is the one after this.
        let seed = derive_seed(self.seed, u64::MAX - 1);
        let samples = patient_samples(train.cohort(), n_samples, seed)?;
        let found = optimism_of_samples(train.labels(), &samples, |rows| {
            let scores = self.scores_of(&train, rows, derive_seed(seed, u64::MAX))?;
            done();
            Ok(scores)
        })?;
        Ok(OptimismRun { n_samples, found })
    }

    /// Fits on these rows of the training set and scores all of it.
    fn scores_of(&self, train: &TrainSet, rows: &[usize], seed: u64) -> Result<Vec<f64>> {
        let records = train.cohort().rows();
        let inside: BTreeSet<String> = rows.iter().map(|i| records[*i].patient.clone()).collect();
        let outside: BTreeSet<String> =
            records.iter().map(|row| row.patient.clone()).filter(|patient| !inside.contains(patient)).collect();
        if outside.is_empty() {
            let fitted = self.model.fit(&train.rows(rows)?, seed)?;
            return Ok(fitted.predict(train.table())?.scores().to_vec());
        }
        let fold = Fold::new(inside, outside)?;
        let own = self.data.of(&fold)?;
        let (inner, held_out) = own.data.split(&fold)?;
        let position_of: HashMap<&str, usize> =
            inner.table().cases().iter().enumerate().map(|(i, case)| (case.as_str(), i)).collect();
        let sample: Vec<usize> = rows.iter().map(|i| position_of[records[*i].id.as_str()]).collect();
        let fitted = own.model.as_deref().unwrap_or(self.model).fit(&inner.rows(&sample)?, seed)?;
        let mut score_of: HashMap<String, f64> = HashMap::with_capacity(records.len());
        for side in [inner.table(), held_out.table()] {
            let predictions = fitted.predict(side)?;
            score_of.extend(predictions.cases().iter().cloned().zip(predictions.scores().iter().copied()));
        }
        Ok(records.iter().map(|row| score_of[&row.id]).collect())
    }

    fn learning_curve(&self, done: &(dyn Fn() + Sync)) -> Result<Vec<LearningPoint>> {
        let point = |share: &f64| {
            let cohort = self.data.whole().cohort();
            let plan = with_fewer_patients(self.plan, cohort, *share, derive_seed(self.seed, u64::MAX - 2))?;
            let cv = cross_validate(self.data, self.model, &plan, &self.asked.threshold, Detail::Scores, self.seed)?;
            let by_repeat = (0..plan.len()).map(|r| auc_within_folds(&cv, r)).collect::<Result<Vec<_>>>()?;
            done();
            let (auc_within_folds, auc_within_folds_sd) = mean_sd(&by_repeat);
            let n_patients = mean_training_patients(&plan);
            Ok(LearningPoint { share: *share, n_patients, auc_within_folds, auc_within_folds_sd })
        };
        self.asked.learning_curve.iter().map(point).collect()
    }
}

fn asked_by(key: &str) -> impl Fn(Error) -> Error {
    move |error| error.hint(format!("while refitting the model for `validation.{key}`"))
}
