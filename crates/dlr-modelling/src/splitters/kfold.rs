//! [`StratifiedKFold`] and [`KFold`]: each patient is held out once per repeat.

use super::classes;
use dlr_core::{Code, Cohort, Error, Fold, Result, Rng, Splitter, derive_seed};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Folds with the share of positive patients kept, repeated.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `n_folds` | 5 | 2 and more | parts per repeat |
/// | `n_repeats` | 1 | 1 and more | how often the patients are dealt anew |
///
/// The patients of each class are shuffled and dealt in turn, the positive ones starting where the negative ones
/// ended, so fold sizes differ by one patient at most, and so do the counts of each class.
///
/// # Errors
/// [`Code::Learning`] for more folds than patients, or a class of fewer than two patients. A class with fewer patients
/// than folds is allowed; some folds then hold none of it out.
///
/// ```
/// use dlr_core::{Splitter, conformance::sample_cohort};
/// use dlr_modelling::splitters::StratifiedKFold;
/// let repeats = StratifiedKFold { n_folds: 5, n_repeats: 10 }.folds(&sample_cohort(), 1)?;
/// assert_eq!((repeats.len(), repeats[0].len()), (10, 5));
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StratifiedKFold {
    /// Parts per repeat.
    pub n_folds: usize,
    /// How often the patients are dealt anew.
    pub n_repeats: usize,
}

impl Default for StratifiedKFold {
    fn default() -> Self {
        StratifiedKFold { n_folds: 5, n_repeats: 1 }
    }
}

impl Splitter for StratifiedKFold {
    fn folds(&self, cohort: &Cohort, seed: u64) -> Result<Vec<Vec<Fold>>> {
        repeats(cohort, self.n_folds, self.n_repeats, true, seed)
    }
}

/// Folds without regard to the label, by patient, repeated. Parameters as [`StratifiedKFold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KFold {
    /// Parts per repeat.
    pub n_folds: usize,
    /// How often the patients are dealt anew.
    pub n_repeats: usize,
}

impl Default for KFold {
    fn default() -> Self {
        KFold { n_folds: 5, n_repeats: 1 }
    }
}

impl Splitter for KFold {
    fn folds(&self, cohort: &Cohort, seed: u64) -> Result<Vec<Vec<Fold>>> {
        repeats(cohort, self.n_folds, self.n_repeats, false, seed)
    }
}

fn repeats(cohort: &Cohort, n_folds: usize, n_repeats: usize, stratify: bool, seed: u64) -> Result<Vec<Vec<Fold>>> {
    if n_repeats == 0 {
        return Err(Error::new(Code::Parameter, "parameter `n_repeats` is 0, but must be 1 or more")
            .expected("1 or more")
            .found(0)
            .hint("set `validation.splitter.n_repeats`"));
    }
    let classes = classes(cohort)?;
    (0..n_repeats as u64)
        .map(|repeat| {
            let fold_of = deal(&classes, n_folds, stratify, derive_seed(seed, repeat))?;
            (0..n_folds).map(|k| sides(&fold_of, k)).collect()
        })
        .collect()
}

fn sides(fold_of: &BTreeMap<String, usize>, k: usize) -> Result<Fold> {
    let side = |held_out: bool| -> BTreeSet<String> {
        fold_of.iter().filter(|(_, fold)| (**fold == k) == held_out).map(|(patient, _)| patient.clone()).collect()
    };
    Fold::new(side(false), side(true))
}

/// The fold of each patient.
pub(super) fn deal(
    classes: &BTreeMap<String, bool>,
    n_folds: usize,
    stratify: bool,
    seed: u64,
) -> Result<BTreeMap<String, usize>> {
    if n_folds < 2 {
        return Err(Error::new(Code::Parameter, format!("parameter `n_folds` is {n_folds}, but must be 2 or more"))
            .expected("2 or more, 5 or 10 as a rule")
            .found(n_folds)
            .hint("set `validation.splitter.n_folds`; one fold would be tested on what it learned from"));
    }
    if classes.len() < n_folds {
        return Err(Error::new(Code::Learning, "there are fewer patients than folds")
            .expected(format!("at least {n_folds} training patients with a label"))
            .found(classes.len())
            .hint("lower `n_folds`, or enrol more patients"));
    }
    let n_positive = classes.values().filter(|c| **c).count();
    if n_positive < 2 || classes.len() - n_positive < 2 {
        return Err(Error::new(Code::Learning, "a class has fewer than two patients and cannot be divided")
            .expected("at least two training patients of each class")
            .found(format!("{} negative, {n_positive} positive", classes.len() - n_positive))
            .hint("a patient counts as positive where any of its cases is; check the column `label`"));
    }
    let mut rng = Rng::new(seed);
    let mut fold_of = BTreeMap::new();
    let groups: &[Option<bool>] = if stratify { &[Some(false), Some(true)] } else { &[None] };
    for group in groups {
        let mut patients: Vec<_> =
            classes.iter().filter(|(_, class)| group.is_none_or(|g| g == **class)).map(|(p, _)| p).collect();
        rng.shuffle(&mut patients);
        for patient in patients {
            fold_of.insert(patient.clone(), fold_of.len() % n_folds);
        }
    }
    Ok(fold_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::CaseRecord;
    use dlr_core::conformance::check_splitter;

    fn cohort(n: usize, n_positive: usize) -> Cohort {
        let records = (0..n).map(|i| CaseRecord::new(format!("p{i:03}"), Some(i < n_positive))).collect();
        Cohort::enrol(records).unwrap().0
    }

    #[test]
    fn keeps_the_contract() {
        check_splitter(&StratifiedKFold { n_folds: 5, n_repeats: 3 }).unwrap();
        check_splitter(&KFold::default()).unwrap();
    }

    #[test]
    fn class_counts_of_folds_differ_by_one_at_most() {
        let cohort = cohort(33, 12);
        let positive: BTreeSet<_> = (0..12).map(|i| format!("p{i:03}")).collect();
        for folds in (StratifiedKFold { n_folds: 5, n_repeats: 10 }).folds(&cohort, 7).unwrap() {
            for fold in folds {
                assert!((6..=7).contains(&fold.test().len()));
                assert!((2..=3).contains(&fold.test().intersection(&positive).count()));
            }
        }
    }

    #[test]
    fn repeats_differ_and_seeds_differ() {
        let splitter = StratifiedKFold { n_folds: 4, n_repeats: 2 };
        let a = splitter.folds(&cohort(30, 15), 1).unwrap();
        assert_ne!(a[0], a[1]);
        assert_ne!(a, splitter.folds(&cohort(30, 15), 2).unwrap());
    }

    #[test]
    fn refuses_what_cannot_be_divided() {
        for (n, n_positive, n_folds) in [(4, 2, 5), (10, 1, 2), (10, 10, 2)] {
            let splitter = StratifiedKFold { n_folds, n_repeats: 1 };
            assert_eq!(splitter.folds(&cohort(n, n_positive), 0).unwrap_err().code(), Code::Learning);
        }
        let splitter = StratifiedKFold { n_folds: 1, n_repeats: 1 };
        assert_eq!(splitter.folds(&cohort(9, 4), 0).unwrap_err().code(), Code::Parameter);
    }
}
