//! [`TrainCases`]: images that may be learned from, made only by splitting a [`CaseSet`].

use super::Fold;
use crate::{Case, Code, Cohort, Error, Result, Role};

/// Loads a case by its identifier, prepared as far as the run prepares it.
pub type LoadCase<'a> = &'a (dyn Fn(&str) -> Result<Case> + Sync);

/// A cohort whose images can be loaded. Nothing can be fitted on it: split it first.
#[derive(Clone, Copy)]
pub struct CaseSet<'a> {
    cohort: &'a Cohort,
    load: LoadCase<'a>,
}

impl<'a> CaseSet<'a> {
    /// A cohort and the way to its images.
    pub fn new(cohort: &'a Cohort, load: LoadCase<'a>) -> Self {
        CaseSet { cohort, load }
    }

    /// The cases to learn from in a fold of training patients.
    ///
    /// # Errors
    /// [`Code::PatientOverlap`] where the fold names an external patient.
    pub fn split(&self, fold: &Fold) -> Result<TrainCases<'a>> {
        let external = self.cohort.patients(Role::External);
        if let Some(patient) = fold.train().iter().find(|p| external.contains(*p)) {
            return Err(Error::new(
                Code::PatientOverlap,
                format!("a fold of training patients names external patient {patient}"),
            ));
        }
        Ok(TrainCases { cohort: self.cohort.of_patients(fold.train()), load: self.load })
    }

    /// All training cases: what the final model is fitted on.
    pub fn split_roles(&self) -> TrainCases<'a> {
        TrainCases { cohort: self.cohort.of_patients(&self.cohort.patients(Role::Train)), load: self.load }
    }
}

/// Images with labels that may be learned from.
#[derive(Clone)]
pub struct TrainCases<'a> {
    cohort: Cohort,
    load: LoadCase<'a>,
}

impl TrainCases<'_> {
    /// Who they are; every row is a training case.
    pub fn cohort(&self) -> &Cohort {
        &self.cohort
    }

    /// The same cases with every label taken out: for what learns from images alone.
    pub fn without_labels(&self) -> Self {
        TrainCases { cohort: self.cohort.unlabelled(), load: self.load }
    }

    /// Loads one of them.
    ///
    /// # Errors
    /// [`Code::PatientOverlap`] for a case that is not one of them; those of reading.
    pub fn load(&self, id: &str) -> Result<Case> {
        if self.cohort.row(id).is_none() {
            return Err(
                Error::new(Code::PatientOverlap, "the case is not on the training side of this split").for_case(id)
            );
        }
        (self.load)(id)
    }
}
