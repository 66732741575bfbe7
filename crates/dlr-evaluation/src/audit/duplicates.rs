//! The same examination under two names: the leak that splitting by patient cannot see.

use super::{Audit, Status, standardised};
use dlr_core::{CaseRecord, Code, Cohort, Error, FeatureTable, Result};
use std::collections::BTreeMap;

/// Pairs closer than this share of the median distance are near duplicates.
const NEAR: f64 = 0.01;

/// Are there rows of different patients that are equal, or all but equal? The value is the number of pairs.
///
/// Fails for equal rows (every value that both have, at least three of them), warns for rows at under 1 % of the median
/// distance between rows (with five columns or more).
///
/// # Errors
/// `E0502` for a case that the cohort does not know.
pub fn audit_duplicates(table: &FeatureTable, cohort: &Cohort) -> Result<Audit> {
    let patients: BTreeMap<&str, &str> = cohort.rows().iter().map(|r| (r.id.as_str(), r.patient.as_str())).collect();
    let patient_of = table
        .cases()
        .iter()
        .map(|case| {
            let patient = patients.get(case.as_str()).copied();
            patient.ok_or_else(|| Error::new(Code::TableMismatch, "the cohort does not know this case").for_case(case))
        })
        .collect::<Result<Vec<_>>>()?;
    let x = table.values();
    let z = standardised(x);
    let gram = z.dot(&z.t());
    let n = x.nrows();
    let distance = |i: usize, j: usize| (gram[[i, i]] + gram[[j, j]] - 2.0 * gram[[i, j]]).max(0.0).sqrt();
    let mut distances: Vec<f64> =
        (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| distance(i, j)).collect();
    distances.sort_by(f64::total_cmp);
    let median = crate::quantile::quantile(&distances, 0.5);
    let (mut equal, mut near) = (Vec::new(), Vec::new());
    for i in 0..n {
        for j in 0..i {
            if patient_of[i] == patient_of[j] || distance(i, j) > NEAR * median {
                continue;
            }
            let both = || x.row(i).into_iter().zip(x.row(j)).filter(|(a, b)| !a.is_nan() && !b.is_nan());
            let pair = format!("{} and {}", table.cases()[j], table.cases()[i]);
            if both().count() >= 3 && both().all(|(a, b)| a == b) {
                equal.push(pair);
            } else if x.ncols() >= 5 {
                near.push(format!("{pair}, nearly"));
            }
        }
    }
    let status = match (equal.is_empty(), near.is_empty()) {
        (false, _) => Status::Fail,
        (true, false) => Status::Warn,
        (true, true) => Status::Pass,
    };
    let sentence = format!(
        "{} pairs of different patients have equal features and {} nearly equal ones (under 1 % of the median distance)",
        equal.len(),
        near.len()
    );
    let value = (equal.len() + near.len()) as f64;
    equal.extend(near);
    Ok(Audit::new("duplicates", status, value, sentence).with(equal))
}

/// Do different patients have the very same image? `image_of` holds a content hash per case; the value is the number of
/// pairs. Fails for any: such a pair is in training and in test at once, or one person counts twice.
///
/// # Errors
/// `E0502` for a case that the cohort does not know.
pub fn audit_equal_images(image_of: &BTreeMap<String, String>, cohort: &Cohort) -> Result<Audit> {
    let name = "duplicate-images";
    if image_of.is_empty() {
        return Ok(Audit::new(
            name,
            Status::NotApplicable,
            f64::NAN,
            "this source gives no digest of its images, so nobody has looked for equal ones".into(),
        ));
    }
    let mut holders: BTreeMap<&str, Vec<(&str, &CaseRecord)>> = BTreeMap::new();
    for (case, digest) in image_of {
        let row = cohort.row(case);
        let row =
            row.ok_or_else(|| Error::new(Code::TableMismatch, "the cohort does not know this case").for_case(case))?;
        holders.entry(digest).or_default().push((case, row));
    }
    let mut pairs = Vec::new();
    for cases in holders.values() {
        for (at, (first, a)) in cases.iter().enumerate() {
            for (second, b) in cases[at + 1..].iter().filter(|(_, b)| a.patient != b.patient) {
                let across = if a.role == b.role { "" } else { ", one in training and one external" };
                pairs.push(format!("{first} and {second}{across}"));
            }
        }
    }
    let status = if pairs.is_empty() { Status::Pass } else { Status::Fail };
    let sentence = format!("{} pairs of different patients have the same image, byte by byte", pairs.len());
    Ok(Audit::new(name, status, pairs.len() as f64, sentence).with(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::sample_dataset;

    #[test]
    fn copies_are_found_and_two_cases_of_one_patient_are_not_copies() {
        let data = sample_dataset(2);
        assert_eq!(audit_duplicates(data.table(), data.cohort()).unwrap().status, Status::Pass);
        let mut values = data.table().values().clone();
        let first = values.row(0).to_owned();
        values.row_mut(7).assign(&first);
        let copied = data.table().with_values(values.clone()).unwrap();
        let audit = audit_duplicates(&copied, data.cohort()).unwrap();
        assert_eq!((audit.status, audit.value, audit.details[0].as_str()), (Status::Fail, 1.0, "case-00 and case-07"));
        values[[7, 0]] *= 1.0 + 1e-7;
        let nearly = data.table().with_values(values.clone()).unwrap();
        assert_eq!(audit_duplicates(&nearly, data.cohort()).unwrap().status, Status::Warn);
        // Cases 0 and 48 are of one patient.
        let mut values = data.table().values().clone();
        values.row_mut(48).assign(&first);
        let same = data.table().with_values(values).unwrap();
        assert_eq!(audit_duplicates(&same, data.cohort()).unwrap().status, Status::Pass);
    }

    #[test]
    fn one_image_of_two_patients_is_found_and_two_cases_of_one_patient_are_not() {
        let data = sample_dataset(2);
        let digests = |copied: usize| -> BTreeMap<String, String> {
            let of = |(i, row): (usize, &CaseRecord)| {
                (row.id.clone(), if i == copied { "image 0".to_owned() } else { format!("image {i}") })
            };
            data.cohort().rows().iter().enumerate().map(of).collect()
        };
        assert_eq!(audit_equal_images(&digests(usize::MAX), data.cohort()).unwrap().status, Status::Pass);
        let audit = audit_equal_images(&digests(7), data.cohort()).unwrap();
        assert_eq!((audit.status, audit.value), (Status::Fail, 1.0));
        assert!(audit.details[0].starts_with("case-00 and case-07"), "{:?}", audit.details);
        // Cases 0 and 48 are of one patient.
        assert_eq!(audit_equal_images(&digests(48), data.cohort()).unwrap().status, Status::Pass);
        let unknown = BTreeMap::from([("nobody".to_owned(), "x".to_owned())]);
        assert_eq!(audit_equal_images(&unknown, data.cohort()).unwrap_err().code(), Code::TableMismatch);
    }
}
