//! Small made-up data with a known structure, the same on every machine, on which the checks run.

use crate::{Case, CaseRecord, Cohort, Dataset, FeatureName, FeatureTable, Mask, Rng, Role, Value, Volume};
use ndarray::{Array2, Array3};
use std::collections::BTreeMap;

/// A textured image of 20 x 24 x 28 voxels of 2 x 1 x 1 mm, with an ellipsoid named `mass` and the shell around it
/// named `peri`.
pub fn sample_case() -> Case {
    let shape = (20, 24, 28);
    let radius2 = |z: usize, y: usize, x: usize| {
        ((z as f64 - 9.5) / 5.0).powi(2) + ((y as f64 - 11.5) / 7.0).powi(2) + ((x as f64 - 13.5) / 8.0).powi(2)
    };
    let mut rng = Rng::new(11);
    let image = Array3::from_shape_fn(shape, |(z, y, x)| {
        let texture = (0.7 * x as f64).sin() * (0.5 * y as f64 + 0.3 * z as f64).cos();
        let inside = if radius2(z, y, x) < 1.0 { 120.0 } else { 0.0 };
        (300.0 + inside + 60.0 * texture + 10.0 * rng.normal()) as f32
    });
    let mask = |from: f64, to: f64| {
        let voxels = Array3::from_shape_fn(shape, |(z, y, x)| (from..to).contains(&radius2(z, y, x)));
        Mask::from_array(voxels, [2.0, 1.0, 1.0]).expect("the spacing is positive")
    };
    let image = Volume::from_array(image, [2.0, 1.0, 1.0]).expect("the spacing is positive");
    let mut case =
        Case::new("sample", "sample", image).with_mask("mass", mask(0.0, 1.0)).with_mask("peri", mask(1.0, 1.8));
    case.clinical.insert("age".into(), Value::Number(61.0));
    case
}

/// 48 patients of two centers, two of them with a second case; 40 to learn from (24 positive), 10 external.
pub fn sample_cohort() -> Cohort {
    let record = |i: usize| CaseRecord {
        id: format!("case-{i:02}"),
        patient: format!("patient-{:02}", i % 48),
        role: if i % 48 < 38 { Role::Train } else { Role::External },
        center: if i.is_multiple_of(3) { "north" } else { "south" }.into(),
        label: Some((i % 48) % 5 < 3),
        clinical: BTreeMap::from([("age".to_owned(), Value::Number(40.0 + (i * 7 % 31) as f64))]),
    };
    Cohort::enrol((0..50).map(record).collect()).expect("identifiers are distinct").0
}

/// [`sample_cohort`] with 12 features: the first two carry the label, the third is a copy of the first, the fourth is
/// constant, the rest is noise.
pub fn sample_dataset(seed: u64) -> Dataset {
    let cohort = sample_cohort();
    let n_features = 12;
    let mut values = Array2::zeros((cohort.len(), n_features));
    for (row_idx, mut row) in values.outer_iter_mut().enumerate() {
        let mut rng = Rng::stream(seed, row_idx as u64);
        let signal = if (row_idx % 48) % 5 < 3 { 1.2 } else { -1.2 };
        row.mapv_inplace(|_: f64| rng.normal());
        row[0] += signal;
        row[1] = 100.0 - 10.0 * (row[1] + signal);
        row[2] = row[0];
        row[3] = 7.0;
    }
    let names = (0..n_features)
        .map(|i| {
            let roi = if i < 6 { "intra" } else { "peri" };
            FeatureName::new(roi, "original", "sample", &format!("F{i:02}")).expect("the parts are plain")
        })
        .collect();
    let cases = cohort.rows().iter().map(|row| row.id.clone()).collect();
    let table = FeatureTable::new(cases, names, values).expect("shapes agree");
    Dataset::new(&table, &cohort).expect("every case has a row and a label")
}
