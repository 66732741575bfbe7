//! Voxel-wise maps against those of pyradiomics; see `data-fixtures/pyradiomics/voxelwise/make_voxelwise.py`.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use data_fixtures::path;
use dlr_io::{LabelSelection, read_pair};
use dlr_radiomics::Extractor;
use dlr_radiomics::pyradiomics::{Params, VoxelMaps, pyradiomics_name};
use serde_json::Value;
use std::collections::BTreeMap;

fn compare(name: &str) -> Vec<String> {
    let folder = path("pyradiomics/voxelwise");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let params = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
    let params = Params::from_yaml(&params).unwrap();
    let case = expected["case"].as_str().unwrap();
    let file = |kind: &str| path(&format!("pyradiomics/data/{case}_{kind}.nrrd"));
    let pair = read_pair(&file("image"), &file("label"), &LabelSelection::Value(1)).unwrap().value;
    let maps = VoxelMaps::new(Extractor::new(params).unwrap()).collect(&pair.image, &pair.mask).unwrap();
    let maps: BTreeMap<String, _> = maps.into_iter().map(|(name, map)| (pyradiomics_name(&name), map)).collect();
    let triple = |v: &Value| -> [usize; 3] { [0, 1, 2].map(|a| v[a].as_u64().unwrap() as usize) };
    let (start, shape) = (triple(&expected["start"]), triple(&expected["shape"]));
    let number = |v: &Value| v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap());
    let values = expected["values"].as_object().unwrap();
    assert_eq!(values.keys().collect::<std::collections::BTreeSet<_>>(), maps.keys().collect());
    let mut problems = Vec::new();
    for (name, values) in values {
        let map = &maps[name];
        assert_eq!(map.geometry().shape(), shape, "{name}");
        let corner = pair.image.geometry().to_index(map.geometry().origin_mm());
        assert!((0..3).all(|a| (corner[a] - start[a] as f64).abs() < 1e-6), "{name}: {corner:?}");
        let outside = map.get([0, 0, 0]);
        assert!(outside.to_bits() == number(&expected["outside"]).to_bits() || outside.is_nan());
        for (voxel, value) in expected["voxels"].as_array().unwrap().iter().zip(values.as_array().unwrap()) {
            let at = triple(voxel);
            let (found, value) = (map.get([0, 1, 2].map(|a| at[a] - start[a])), number(value));
            if value.is_nan() && name == "original_glcm_JointAverage" {
                // pyradiomics: NaN as soon as one direction has no pair. Ours is the mean over those that have, like
                // every other feature, so it stays half the sum average.
                let half = maps["original_glcm_SumAverage"].get([0, 1, 2].map(|a| at[a] - start[a])) / 2.0;
                if (found - half).abs() > 1e-9 * half && !(found.is_nan() && half.is_nan()) {
                    problems.push(format!("{name} at {at:?}: {found}, but half of SumAverage is {half}"));
                }
                continue;
            }
            let same = (found - value).abs() <= 1e-9 * value.abs().max(1.0) || found.is_nan() && !value.is_finite();
            if !same {
                problems.push(format!("{name} at {at:?}: {found}, pyradiomics has {value}"));
            }
        }
    }
    problems
}

#[test]
fn every_family_on_brain1() {
    let problems = compare("all_kernel1");
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems[..problems.len().min(40)].join("\n"));
}

#[test]
fn the_example_file_of_pyradiomics() {
    let problems = compare("flat_kernel2");
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems[..problems.len().min(40)].join("\n"));
}

#[test]
fn kernels_that_leave_the_region() {
    let problems = compare("unmasked_kernel2");
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems[..problems.len().min(40)].join("\n"));
}
