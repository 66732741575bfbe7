//! Does the centre hide in the features, and does it carry the label? Both together are confounding.

use super::{Audit, Status, standardised};
use crate::auc;
use crate::distribution::chi_squared_p;
use crate::linear_algebra::{cholesky, solve};
use dlr_core::{Code, Cohort, Error, FeatureTable, Result, Rng, Role};
use ndarray::Array2;
use std::collections::{BTreeMap, BTreeSet};

const FOLDS: usize = 5;
/// A centre with fewer cases cannot be probed.
const MIN_CASES: usize = 5;

/// Can the centre be told from the features? A ridge probe, one centre against the rest, five folds by patient; the value
/// is the highest mean AUC over the folds.
///
/// Warns from 0.70 on: harmless while the centre has nothing to do with the label, see [`audit_centre_confounding`]. Uses
/// no label, so external cases may be in the table.
///
/// # Errors
/// `E0502` for a case that the cohort does not know, `E0601` for no column.
pub fn audit_centre_from_features(table: &FeatureTable, cohort: &Cohort, seed: u64) -> Result<Audit> {
    let name = "centre-from-features";
    if table.n_features() == 0 {
        return Err(Error::new(Code::Learning, "there is no feature to tell the centre from"));
    }
    let (centre_of, patient_of) = who(table, cohort)?;
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for centre in &centre_of {
        *sizes.entry(centre).or_default() += 1;
    }
    let probed: Vec<&str> = sizes.iter().filter(|(_, n)| **n >= MIN_CASES).map(|(c, _)| *c).collect();
    if sizes.len() < 2 || probed.is_empty() {
        return Ok(Audit::new(name, Status::NotApplicable, f64::NAN, "there are no two centres to tell apart".into()));
    }
    let z = standardised(table.values());
    let kernel = z.dot(&z.t()) / table.n_features() as f64;
    let fold_of = folds(&patient_of, seed);
    let mut best = (f64::NEG_INFINITY, "");
    let mut details = Vec::new();
    for centre in probed {
        let is_centre: Vec<bool> = centre_of.iter().map(|c| *c == centre).collect();
        let area = probe(&kernel, &is_centre, &fold_of)?;
        details.push(format!("{centre}: AUC {area:.3}"));
        if area > best.0 {
            best = (area, centre);
        }
    }
    let (area, centre) = best;
    if area == f64::NEG_INFINITY {
        return Ok(Audit::new(
            name,
            Status::NotApplicable,
            f64::NAN,
            "no fold holds two centres; the probe has no answer".into(),
        ));
    }
    let status = if area >= 0.70 { Status::Warn } else { Status::Pass };
    let sentence =
        format!("centre {centre} is told from the features with a cross-validated AUC of {area:.2} (warn from 0.70)");
    Ok(Audit::new(name, status, area, sentence).with(details))
}

type Who<'a> = (Vec<&'a str>, Vec<&'a str>);

fn who<'a>(table: &FeatureTable, cohort: &'a Cohort) -> Result<Who<'a>> {
    let rows: BTreeMap<&str, _> = cohort.rows().iter().map(|row| (row.id.as_str(), row)).collect();
    let of_case = |case: &String| {
        let row = rows.get(case.as_str());
        let row =
            row.ok_or_else(|| Error::new(Code::TableMismatch, "the cohort does not know this case").for_case(case));
        row.map(|r| (r.center.as_str(), r.patient.as_str()))
    };
    Ok(table.cases().iter().map(of_case).collect::<Result<Vec<_>>>()?.into_iter().unzip())
}

/// Patients dealt to folds at random; all cases of one in the same.
fn folds(patient_of: &[&str], seed: u64) -> Vec<usize> {
    let mut patients: Vec<&str> = patient_of.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    Rng::new(seed).shuffle(&mut patients);
    let fold: BTreeMap<&str, usize> = patients.iter().enumerate().map(|(i, p)| (*p, i % FOLDS)).collect();
    patient_of.iter().map(|p| fold[p]).collect()
}

/// Mean AUC of kernel ridge regression over the folds that hold both.
fn probe(kernel: &Array2<f64>, is_centre: &[bool], fold_of: &[usize]) -> Result<f64> {
    let mut areas = Vec::new();
    for fold in 0..FOLDS {
        let side =
            |inside: bool| -> Vec<usize> { (0..is_centre.len()).filter(|i| (fold_of[*i] == fold) == inside).collect() };
        let (test, train) = (side(true), side(false));
        let target: Vec<f64> = train.iter().map(|i| if is_centre[*i] { 1.0 } else { -1.0 }).collect();
        let mean = target.iter().sum::<f64>() / target.len() as f64;
        let mut inner = Array2::from_shape_fn((train.len(), train.len()), |(a, b)| kernel[[train[a], train[b]]]);
        inner.diag_mut().mapv_inplace(|v| v + 1.0);
        let Some(lower) = cholesky(&inner) else { continue };
        let dual = solve(&lower, &target.iter().map(|t| t - mean).collect::<Vec<_>>());
        let score = |i: &usize| train.iter().zip(&dual).map(|(t, d)| kernel[[*i, *t]] * d).sum::<f64>();
        let labels: Vec<bool> = test.iter().map(|i| is_centre[*i]).collect();
        if test.is_empty() {
            continue;
        }
        let area = auc(&test.iter().map(score).collect::<Vec<_>>(), &labels)?;
        if !area.is_nan() {
            areas.push(area);
        }
    }
    Ok(if areas.is_empty() { f64::NEG_INFINITY } else { areas.iter().sum::<f64>() / areas.len() as f64 })
}

/// Is the centre associated with the label among the training cases? The value is Cramer's V; its p by chi-squared, or by
/// 9 999 permutations where an expected count is below 5.
///
/// Warns for p < 0.05, fails for V above 0.5 with p < 0.05: harmonising the centres would then remove part of the label.
pub fn audit_centre_and_label(cohort: &Cohort, seed: u64) -> Audit {
    let name = "centre-and-label";
    let rows: Vec<(&str, bool)> = cohort
        .rows()
        .iter()
        .filter(|row| row.role == Role::Train)
        .filter_map(|row| row.label.map(|l| (row.center.as_str(), l)))
        .collect();
    let centres: Vec<&str> = rows.iter().map(|(c, _)| *c).collect::<BTreeSet<_>>().into_iter().collect();
    let classes: BTreeSet<bool> = rows.iter().map(|(_, l)| *l).collect();
    if centres.len() < 2 || classes.len() < 2 {
        return Audit::new(
            name,
            Status::NotApplicable,
            f64::NAN,
            "training has one centre or one class; nothing to associate".into(),
        );
    }
    let centre_idx: Vec<usize> =
        rows.iter().map(|(c, _)| centres.binary_search(c).expect("the centres are those of the rows")).collect();
    let mut labels: Vec<bool> = rows.iter().map(|(_, l)| *l).collect();
    let (statistic, smallest) = chi_squared(&centre_idx, &labels, centres.len());
    let v = (statistic / rows.len() as f64).sqrt();
    let positives = labels.iter().filter(|l| **l).count();
    let mut details: Vec<String> = Vec::new();
    for (i, centre) in centres.iter().enumerate() {
        let members = || centre_idx.iter().zip(&labels).filter(|(c, _)| **c == i);
        details.push(format!("{centre}: {} of {} positive", members().filter(|(_, l)| **l).count(), members().count()));
    }
    let p = if smallest >= 5.0 {
        chi_squared_p(statistic, (centres.len() - 1) as f64)
    } else {
        let mut rng = Rng::new(seed);
        let mut as_large = 0;
        for _ in 0..9_999 {
            rng.shuffle(&mut labels);
            as_large += usize::from(chi_squared(&centre_idx, &labels, centres.len()).0 >= statistic - 1e-9);
        }
        (1 + as_large) as f64 / 10_000.0
    };
    let status = match (p < 0.05, v > 0.5) {
        (true, true) => Status::Fail,
        (true, false) => Status::Warn,
        _ => Status::Pass,
    };
    let sentence = format!(
        "Cramer's V between centre and label is {v:.2} (p = {p:.2e}; {positives} of {} positive; warn for p < 0.05, fail for V > 0.5)",
        rows.len()
    );
    Audit::new(name, status, v, sentence).with(details)
}

/// Pearson's statistic and the smallest expected count.
fn chi_squared(centre: &[usize], labels: &[bool], n_centres: usize) -> (f64, f64) {
    let mut counts = vec![[0.0; 2]; n_centres];
    for (c, l) in centre.iter().zip(labels) {
        counts[*c][usize::from(*l)] += 1.0;
    }
    let n = labels.len() as f64;
    let class = [0, 1].map(|l| counts.iter().map(|c| c[l]).sum::<f64>());
    let (mut statistic, mut smallest) = (0.0, f64::INFINITY);
    for count in &counts {
        for l in 0..2 {
            let expected = (count[0] + count[1]) * class[l] / n;
            statistic += (count[l] - expected).powi(2) / expected;
            smallest = f64::min(smallest, expected);
        }
    }
    (statistic, smallest)
}

/// Both answers together: the centre shows in the features **and** carries the label.
pub fn audit_centre_confounding(from_features: &Audit, and_label: &Audit) -> Audit {
    let name = "centre-confounding";
    let (area, v) = (from_features.value, and_label.value);
    if area.is_nan() || v.is_nan() {
        return Audit::new(
            name,
            Status::NotApplicable,
            f64::NAN,
            "there are no two centres that could confound".into(),
        );
    }
    let status = match (from_features.status, and_label.status) {
        (Status::Pass, _) | (_, Status::Pass) => Status::Pass,
        (_, Status::Fail) if area > 0.90 => Status::Fail,
        _ => Status::Warn,
    };
    let verdict = match status {
        Status::NotApplicable | Status::Pass => "the centre cannot stand in for the label",
        Status::Warn => "the centre may stand in for the label; validate leaving centres out",
        Status::Fail => {
            "a model can score by recognising the centre; cross-validation within centres only is believable"
        }
    };
    let sentence = format!("features tell the centre with AUC {area:.2}, centre and label have V {v:.2}: {verdict}");
    Audit::new(name, status, area * v, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::sample_dataset;
    use dlr_core::{CaseRecord, Dataset};

    fn cohort(n: usize, label: impl Fn(usize) -> bool) -> Cohort {
        let record = |i: usize| {
            let mut r = CaseRecord::new(format!("c{i:03}"), Some(label(i)));
            r.center = if i.is_multiple_of(2) { "A" } else { "B" }.into();
            r
        };
        Cohort::enrol((0..n).map(record).collect()).unwrap().0
    }

    fn table(n: usize, shift: f64) -> FeatureTable {
        let mut rng = Rng::new(6);
        let values = Array2::from_shape_fn((n, 10), |(i, _)| rng.normal() + if i % 2 == 0 { shift } else { 0.0 });
        let names = (0..10).map(|i| format!("intra_o_f_x{i}").parse().unwrap()).collect();
        FeatureTable::new((0..n).map(|i| format!("c{i:03}")).collect(), names, values).unwrap()
    }

    #[test]
    fn a_scanner_trap_fires_and_a_clean_cohort_does_not() {
        let trapped = cohort(80, |i| i % 2 == 0 || i % 10 == 1);
        let probe = audit_centre_from_features(&table(80, 1.5), &trapped, 1).unwrap();
        let label = audit_centre_and_label(&trapped, 1);
        assert!(probe.value > 0.95 && probe.status == Status::Warn, "{probe:?}");
        assert_eq!(label.status, Status::Fail, "{label:?}");
        assert_eq!(audit_centre_confounding(&probe, &label).status, Status::Fail);

        let clean = cohort(80, |i| i % 4 < 2);
        let probe = audit_centre_from_features(&table(80, 0.0), &clean, 1).unwrap();
        let label = audit_centre_and_label(&clean, 1);
        assert_eq!((probe.status, label.status), (Status::Pass, Status::Pass), "{probe:?} {label:?}");
        assert_eq!(audit_centre_confounding(&probe, &label).status, Status::Pass);
    }

    #[test]
    fn one_centre_asks_nothing() {
        let one =
            Cohort::enrol((0..9).map(|i| CaseRecord::new(format!("c{i:03}"), Some(i % 2 == 0))).collect()).unwrap().0;
        assert!(audit_centre_from_features(&table(9, 0.0), &one, 1).unwrap().value.is_nan());
        assert_eq!(audit_centre_and_label(&one, 1).status, Status::NotApplicable);
        let data: Dataset = sample_dataset(1);
        assert!(audit_centre_from_features(data.table(), data.cohort(), 3).unwrap().value.is_finite());
    }
}
