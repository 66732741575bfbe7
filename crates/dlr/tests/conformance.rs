//! `dlr conformance`: the suites that come with `dlr` are green, and a wrong reference value is found.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr::conformance::{Folders, SUITES};
use std::{fs, path::Path, process::Command};

fn conformance(args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dlr"))
        .arg("conformance")
        .args(args)
        .env("DLR_FIXTURES", data_fixtures::path(""))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), text)
}

#[test]
fn every_suite_is_green_with_what_comes_with_dlr() {
    let (is_green, text) = conformance(&[]);
    assert!(is_green, "{text}");
    for suite in SUITES.iter().filter(|suite| !suite.fixtures.is_empty()) {
        assert!(text.contains(suite.name), "{text}");
    }
    assert!(!text.contains("\n  0 / 0"), "a suite compared nothing:\n{text}");
}

#[test]
fn a_wrong_reference_value_is_a_miss() {
    let folder = tempfile::tempdir().unwrap();
    let reference = data_fixtures::path("pyradiomics/reference");
    copy(&reference, folder.path());
    let file = folder.path().join("original_bw25.json");
    let text = fs::read_to_string(&file).unwrap();
    let (before, after) = text.split_once("\"original_glcm_Contrast\":").unwrap();
    fs::write(&file, format!("{before}\"original_glcm_Contrast\":1{}", after.trim_start())).unwrap();
    let data = data_fixtures::path("pyradiomics/data");
    let args = ["pyradiomics", "--reference", folder.path().to_str().unwrap(), "--data", data.to_str().unwrap()];
    let (is_green, text) = conformance(&args);
    assert!(!is_green);
    let misses: Vec<_> = text.lines().filter(|line| line.contains("MISS")).collect();
    assert!(misses.len() == 1 && misses[0].contains("original_glcm_Contrast"), "{text}");
}

#[test]
fn a_missing_reference_file_or_key_is_a_miss_and_the_rest_still_runs() {
    let folder = tempfile::tempdir().unwrap();
    copy(&data_fixtures::path("ml_reference"), folder.path());
    fs::remove_file(folder.path().join("scores.csv")).unwrap();
    let file = folder.path().join("rfe.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("linear_svc_sqhinge_C005_penalised_intercept", "linear_svc")).unwrap();
    let (is_green, text) = conformance(&["statistics", "--reference", folder.path().to_str().unwrap()]);
    assert!(!is_green, "{text}");
    for named in ["MISS scores.csv", "MISS rfe.json: /linear_svc_sqhinge_C005_penalised_intercept", "shap: rf: "] {
        assert!(text.contains(named), "{named}: {text}");
    }
}

#[test]
fn an_unknown_suite_is_named() {
    let (is_green, text) = conformance(&["pyradiomic"]);
    assert!(!is_green && text.contains("pyradiomics"), "{text}");
}

#[test]
fn the_full_reference_folders() {
    let folders = [
        ("ibsi1", "data/ibsi1", None),
        ("ibsi2", "data/ibsi2", None),
        ("sts-teams", "data/sts", None),
        ("pyradiomics", "peers/pyradiomics_reference", Some("data/pyradiomics")),
        ("nifti", "data/nifti_odd", None),
        ("nrrd", "data/nrrd_odd", None),
        ("statistics", "peers/ml_reference", None),
        ("network", "weights", None),
    ];
    for (suite, reference, data) in folders {
        let Some(reference) = data_fixtures::shared(reference) else { continue };
        let data = data.and_then(data_fixtures::shared);
        let suite = SUITES.iter().find(|s| s.name == suite).unwrap();
        for table in (suite.run)(&Folders { reference: Some(reference.clone()), data }).unwrap() {
            assert!(table.misses.is_empty(), "{table}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
