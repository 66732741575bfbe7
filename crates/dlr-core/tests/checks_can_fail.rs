//! A conformance check that cannot fail proves nothing: each of these stages breaks its contract in one way, and is found.

use dlr_core::{
    Cohort, FeatureTable, FittedTableStep, Fold, Frozen, LinearForm, Result, Role, Splitter, TableStep, TrainSet,
    conformance::{check_splitter, check_table_step},
};

/// Doubles every value. What it says of linear forms is right or wrong, as told.
#[derive(Clone)]
struct Doubling {
    pull_back_factor: f64,
}

impl TableStep for Doubling {
    fn fit(&self, _: &TrainSet, _: u64) -> Result<Box<dyn FittedTableStep>> {
        Ok(Box::new(self.clone()))
    }
}

impl FittedTableStep for Doubling {
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable> {
        table.with_values(table.values() * 2.0)
    }

    fn pull_back(&self, mut form: LinearForm) -> Option<LinearForm> {
        form.weights.iter_mut().for_each(|(_, weight)| *weight *= self.pull_back_factor);
        Some(form)
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new("doubling", &self.pull_back_factor)
    }
}

/// Holds out the first patients only.
struct Lazy {
    n_held_out: usize,
}

impl Splitter for Lazy {
    fn folds(&self, cohort: &Cohort, _: u64) -> Result<Vec<Vec<Fold>>> {
        let patients: Vec<String> = cohort.patients(Role::Train).into_iter().collect();
        let fold = |patient: &String| {
            let rest = patients.iter().filter(|p| *p != patient).cloned().collect();
            Fold::new(rest, [patient.clone()].into())
        };
        Ok(vec![patients.iter().take(self.n_held_out).map(fold).collect::<Result<_>>()?])
    }
}

#[test]
fn a_wrong_pull_back_is_found() {
    check_table_step(&Doubling { pull_back_factor: 2.0 }).unwrap();
    let error = check_table_step(&Doubling { pull_back_factor: 1.0 }).unwrap_err();
    assert!(error.to_string().contains("pulled back"), "{error}");
}

#[test]
fn a_patient_never_held_out_is_found() {
    check_splitter(&Lazy { n_held_out: usize::MAX }).unwrap();
    for n_held_out in [0, 1] {
        let error = check_splitter(&Lazy { n_held_out }).unwrap_err();
        assert!(error.to_string().contains("held out once"), "{error}");
    }
}
