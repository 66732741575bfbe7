//! Who takes part, and whether that is enough to learn from: asked before anything is computed.

use dlr_core::{Code, Cohort, Error, Fold, Result, Role, SealedLabels};
use std::collections::BTreeMap;

/// Patients of both roles.
pub(crate) fn patients(cohort: &Cohort) -> usize {
    cohort.patients(Role::Train).len() + cohort.patients(Role::External).len()
}

/// Leaves out what cannot be learned from or scored: cases without a label.
pub(crate) fn with_labels(cohort: &Cohort, sealed: &SealedLabels, reason: &str) -> Cohort {
    cohort.excluding(|row| {
        let known = match row.role {
            Role::Train => row.label.is_some(),
            Role::External => sealed.knows(&row.id),
        };
        (!known).then(|| reason.to_owned())
    })
}

/// Refuses a cohort without a labelled training case.
pub(crate) fn some_to_learn_from(cohort: &Cohort) -> Result<()> {
    if cohort.rows().iter().any(|row| row.role == Role::Train) {
        return Ok(());
    }
    Err(Error::new(Code::LabelValues, "no training case has a label")
        .expected("a column `label` of 0 and 1, and `role` train for some cases")
        .found("none")
        .hint("the class stands in `label`; `Label` is the value inside the mask, as in pyradiomics"))
}

/// Refuses a plan that leaves fewer than two patients of a class to learn from, with the counts of the whole cohort: the
/// steps that divide a training side once more would only know their own.
pub(crate) fn enough_in_every_fold(cohort: &Cohort, plan: &[Vec<Fold>]) -> Result<()> {
    let positive_of = |patient: &str| cohort.rows().iter().any(|r| r.patient == patient && r.label == Some(true));
    let positive: BTreeMap<String, bool> =
        cohort.patients(Role::Train).into_iter().map(|p| (p.clone(), positive_of(&p))).collect();
    let counts = |patients: &mut dyn Iterator<Item = &String>| {
        patients.filter_map(|p| positive.get(p)).fold([0; 2], |mut n, is| {
            n[usize::from(*is)] += 1;
            n
        })
    };
    let all = counts(&mut positive.keys());
    let sides = plan.iter().flatten().map(|fold| counts(&mut fold.train().iter()));
    let Some(least) = sides.min_by_key(|[negative, positive]| *negative.min(positive)) else { return Ok(()) };
    if least[0].min(least[1]) >= 2 {
        return Ok(());
    }
    Err(Error::new(Code::Learning, "a fold leaves fewer than two patients of a class to learn from")
        .expected("two or more of each class in the training side of every fold")
        .found(format!(
            "{} negative and {} positive in one fold, of {} and {} training patients in all",
            least[0], least[1], all[0], all[1]
        ))
        .hint("enrol more patients of the smaller class, or use fewer folds"))
}
