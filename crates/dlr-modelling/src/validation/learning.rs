//! Learning curve: how much fewer training patients would have cost.

use super::cross::{mean_auc, scores_of_folds};
use dlr_core::{Code, Cohort, Dataset, Error, Fold, Model, Result, Rng, Splitter, derive_seed};
use std::collections::BTreeSet;

/// One point of a learning curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningPoint {
    /// Share of the training patients of each fold.
    pub share: f64,
    /// Mean number of training patients.
    pub n_patients: f64,
    /// Cross-validated area under the curve, mean over the repeats.
    pub auc: f64,
}

/// Cross-validates with only a share of the training patients of each fold, as [`with_fewer_patients`] draws them.
///
/// # Errors
/// [`Code::Parameter`] for a share outside (0, 1]; as [`super::out_of_fold`].
pub fn learning_curve(
    model: &dyn Model,
    data: &Dataset,
    splitter: &dyn Splitter,
    shares: &[f64],
    seed: u64,
) -> Result<Vec<LearningPoint>> {
    let repeats = splitter.folds(data.cohort(), derive_seed(seed, 0))?;
    let point = |share: &f64| {
        let smaller = with_fewer_patients(&repeats, data.cohort(), *share, derive_seed(seed, 2))?;
        let scores = scores_of_folds(model, data, &smaller, derive_seed(seed, 1))?;
        Ok(LearningPoint { share: *share, n_patients: mean_training_patients(&smaller), auc: mean_auc(&scores) })
    };
    shares.iter().map(point).collect()
}

/// The same folds with a share of their training patients, drawn per class, at least two of each where there are two;
/// held-out patients stay. With the same seed the patients of a smaller share are among those of a larger one, and a
/// share of 1 gives the folds back.
///
/// A patient is positive who has a positive case.
///
/// # Errors
/// [`Code::Parameter`] for a share outside (0, 1].
pub fn with_fewer_patients(repeats: &[Vec<Fold>], cohort: &Cohort, share: f64, seed: u64) -> Result<Vec<Vec<Fold>>> {
    if !(share > 0.0 && share <= 1.0) {
        return Err(Error::new(
            Code::Parameter,
            format!("a share of patients is {share}, but must be above 0 and at most 1"),
        ));
    }
    let positive: BTreeSet<&str> =
        cohort.rows().iter().filter(|r| r.label == Some(true)).map(|r| r.patient.as_str()).collect();
    let mut rng = Rng::new(seed);
    let mut reduce = |fold: &Fold| {
        let mut kept = BTreeSet::new();
        for class in [false, true] {
            let mut of_class: Vec<&String> =
                fold.train().iter().filter(|p| positive.contains(p.as_str()) == class).collect();
            rng.shuffle(&mut of_class);
            let n = ((share * of_class.len() as f64).round() as usize).max(2).min(of_class.len());
            kept.extend(of_class.into_iter().take(n).cloned());
        }
        Fold::new(kept, fold.test().clone())
    };
    repeats.iter().map(|folds| folds.iter().map(&mut reduce).collect()).collect()
}

/// Mean number of training patients over all folds.
pub fn mean_training_patients(repeats: &[Vec<Fold>]) -> f64 {
    let counts: Vec<usize> = repeats.iter().flatten().map(|fold| fold.train().len()).collect();
    counts.iter().sum::<usize>() as f64 / counts.len() as f64
}
