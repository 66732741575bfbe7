//! pyradiomics' own regression table, where the shared folder has it: computed by older versions of it, so the
//! tolerance is looser than that of values from the version we follow.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use dlr_core::{Mask, Volume};
use dlr_io::{LabelSelection, read_pair};
use dlr_radiomics::Extractor;
use dlr_radiomics::pyradiomics::{Params, Selection, Setting, pyradiomics_name, tables};
use ndarray::Array3;
use std::collections::BTreeMap;

/// The settings are printed as Python has them.
fn settings(python: &str) -> Vec<(String, Setting)> {
    let yaml = python.replace("None", "null").replace("True", "true").replace("False", "false");
    match Setting::from_yaml(&yaml).unwrap() {
        Setting::Map(entries) => entries,
        other => panic!("{other:?}"),
    }
}

/// The axial slice to which the label of a case of `shape2D` was cut.
fn slice_of(entry: &serde_json::Value) -> Option<usize> {
    let name = entry["diagnostics_Configuration_TestCase"].as_str().unwrap();
    let place = entry.get("diagnostics_Mask-corrected_BoundingBox").and_then(serde_json::Value::as_str)?;
    let numbers: Vec<usize> = place.trim_matches(['(', ')']).split(", ").map(|n| n.parse().unwrap()).collect();
    name.ends_with("_2D").then(|| numbers[2])
}

#[test]
fn the_regression_table_of_pyradiomics() {
    let Some(folder) = data_fixtures::shared("data/pyradiomics") else { return };
    let text = std::fs::read(folder.join("baseline_settings.json")).unwrap();
    let all: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let mut groups: BTreeMap<(String, String, String), Vec<(String, f64)>> = BTreeMap::new();
    for row in csv::Reader::from_path(folder.join("baseline.csv")).unwrap().records() {
        let row = row.unwrap();
        let group = (row[0].to_owned(), row[1].to_owned(), row[2].to_owned());
        groups.entry(group).or_default().push((row[3].to_owned(), row[4].parse().unwrap()));
    }
    let (mut problems, mut n_compared, mut largest) = (Vec::new(), 0, 0.0_f64);
    for ((class, case, setting), expected) in groups {
        let suffix = if setting == "default" { String::new() } else { format!("_{setting}") };
        let key = format!("{class}:{case}{suffix}");
        let Some(entry) = all.get(&key) else { panic!("no settings of {key}") };
        let mut entries = settings(entry["diagnostics_Configuration_Settings"].as_str().unwrap());
        entries.retain(|(name, _)| !["enableCExtensions", "kernelRadius"].contains(&name.as_str()));
        let entries: Vec<(&str, Setting)> = entries.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let mut params = Params::with(&entries).unwrap();
        let family = tables::FAMILIES.into_iter().find(|f| f.as_str() == class).unwrap();
        params.selections = vec![Selection { family, features: (0..tables::definitions(family).len()).collect() }];
        let file = |kind: &str| folder.join(format!("{case}_{kind}.nrrd"));
        let pair = read_pair(&file("image"), &file("label"), &LabelSelection::Value(1)).unwrap().value;
        let (image, mut mask): (Volume, Mask) = (pair.image, pair.mask);
        if let Some(slice) = slice_of(entry) {
            let voxels = mask.voxels();
            let cut = Array3::from_shape_fn(voxels.dim(), |(z, y, x)| z == slice && voxels[[z, y, x]]);
            mask = Mask::new(*mask.geometry(), cut).unwrap();
        }
        let found = Extractor::new(params).unwrap().extract(&image, &mask);
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                problems.push(format!("{key}: {error}"));
                continue;
            }
        };
        let found: BTreeMap<String, f64> = found.iter().map(|(n, v)| (pyradiomics_name(n), v)).collect();
        for (name, value) in expected {
            let Some(found) = found.get(&name) else {
                problems.push(format!("{key}: no {name}"));
                continue;
            };
            let error = (found - value).abs() / value.abs().max(1e-9);
            largest = largest.max(error);
            n_compared += 1;
            // Surfaces of shape were computed with an older table of triangles: upstream allows 3 %.
            let tolerance = if class == "shape" { 2e-3 } else { 1e-6 };
            if error > tolerance {
                problems.push(format!("{key}: {name} is {found}, the table has {value}"));
            }
        }
    }
    println!("{n_compared} values, largest relative error {largest:e}");
    assert!(problems.is_empty(), "{} of {n_compared}:\n{}", problems.len(), problems.join("\n"));
    assert!(n_compared > 1300);
}
