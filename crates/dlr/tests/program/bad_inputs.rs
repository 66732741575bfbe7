//! Every bad input gives one clear error, status 1, and no run folder under its final name.

use crate::support::{SmallCohort, case_of, stderr};
use dlr_core::{Mask, Volume};
use ndarray::Array3;
use std::{fs, process::Output};

/// Spoils a cohort, runs it, and looks at what the user is told.
fn refused(spoil: impl Fn(&SmallCohort), code: &str, case: Option<&str>) {
    let cohort = SmallCohort::new();
    spoil(&cohort);
    let output = cohort.run("runs", &[]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let error: Vec<&str> = text.lines().filter(|line| line.starts_with("error: ") || line.starts_with("  ")).collect();
    assert!(error[0].starts_with(&format!("error: {code}")), "{text}");
    assert!(text.lines().count() <= 3, "more than three lines:\n{text}");
    for part in ["expected ", "found ", "hint: "] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    if let Some(case) = case {
        assert!(error[0].contains(case), "the case is not named:\n{text}");
    }
    assert!(!text.contains(&*cohort.path("").to_string_lossy()), "a path of the machine:\n{text}");
    assert_no_run(&cohort);
}

fn assert_no_run(cohort: &SmallCohort) {
    let left: Vec<_> = fs::read_dir(cohort.path("runs"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".cache")
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_missing_file() {
    refused(|c| fs::remove_file(c.path("p03.nii.gz")).unwrap(), "E0201", Some("p03"));
}

#[test]
fn a_mask_on_another_grid() {
    let spoil = |c: &SmallCohort| {
        let mask = Mask::from_array(Array3::from_elem((12, 28, 27), true), [3.0, 1.5, 1.5]).unwrap();
        dlr_io::write_mask(&c.path("p05_mask.nii.gz"), &mask).unwrap();
    };
    refused(spoil, "E0103", Some("p05"));
}

#[test]
fn an_empty_mask() {
    let spoil = |c: &SmallCohort| {
        let mask = Mask::from_array(Array3::from_elem((12, 28, 28), false), [3.0, 1.5, 1.5]).unwrap();
        dlr_io::write_mask(&c.path("p00_mask.nii.gz"), &mask).unwrap();
    };
    refused(spoil, "E0104", Some("p00"));
}

#[test]
fn a_truncated_image() {
    let spoil = |c: &SmallCohort| {
        let bytes = fs::read(c.path("p07.nii.gz")).unwrap();
        fs::write(c.path("p07.nii.gz"), &bytes[..bytes.len() - 100]).unwrap();
    };
    refused(spoil, "E0202", Some("p07"));
}

#[test]
fn a_checksum_that_is_cut_off_or_damaged() {
    let spoil = |change: fn(&mut Vec<u8>)| {
        move |c: &SmallCohort| {
            let mut bytes = fs::read(c.path("p07.nii.gz")).unwrap();
            change(&mut bytes);
            fs::write(c.path("p07.nii.gz"), bytes).unwrap();
        }
    };
    refused(spoil(|bytes| bytes.truncate(bytes.len() - 3)), "E0202", Some("p07"));
    let flip = |bytes: &mut Vec<u8>| {
        let crc = bytes.len() - 8;
        bytes[crc] ^= 1;
    };
    refused(spoil(flip), "E0203", Some("p07"));
}

#[test]
fn ids_that_are_empty_or_paths() {
    refused(|c| c.edit("cohort.csv", |t| t.replacen("\np09,", "\n,", 1)), "E0301", None);
    refused(|c| c.edit("cohort.csv", |t| t.replacen("\np09,", "\n../../x,", 1)), "E0301", None);
}

#[test]
fn a_cohort_without_cases_of_one_class_or_smaller_than_its_folds() {
    refused(|c| c.edit("cohort.csv", |t| t.lines().next().unwrap().to_owned() + "\n"), "E0301", None);
    refused(|c| c.edit("cohort.csv", |t| t.replace("_mask.nii.gz,0", "_mask.nii.gz,1")), "E0601", None);
    let three = |t: String| t.lines().take(4).collect::<Vec<_>>().join("\n") + "\n";
    refused(|c| c.edit("cohort.csv", three), "E0601", None);
}

/// Mistakes of the experiment file are told as such, and before anything is computed.
#[test]
fn values_of_the_experiment_file() {
    let spoil =
        |from: &'static str, to: &'static str| move |c: &SmallCohort| c.edit("small.toml", |t| t.replacen(from, to, 1));
    refused(spoil("n_folds = 4", "n_folds = 1"), "E0401", None);
    refused(spoil("spacing_mm = [1.5, 1.5, 1.5]", "spacing_mm = [1.5, -1.0, 1.5]"), "E0401", None);
    refused(spoil("[report]", "[[subgroups]]\ncolumn = \"agee\"\n\n[report]"), "E0402", None);
    // Every case has the same fault, so it is told once.
    refused(spoil("mask = \"mass\"", "mask = \"edema\""), "E0107", Some("p00 and 15 others"));
    refused(
        spoil("spacing_mm = [1.5, 1.5, 1.5]", "spacing_mm = [0.001, 0.001, 0.001]"),
        "E0205",
        Some("p00 and 15 others"),
    );
}

#[test]
fn a_nan_voxel_in_the_region() {
    let spoil = |c: &SmallCohort| {
        let (image, _) = case_of(2);
        let geometry = *image.geometry();
        let mut voxels = image.to_f64();
        voxels[[5, 13, 13]] = f64::NAN;
        dlr_io::write_volume(&c.path("p02.nii.gz"), &Volume::new(geometry, voxels).unwrap()).unwrap();
    };
    refused(spoil, "E0105", Some("p02"));
}

#[test]
fn a_label_column_with_three_values() {
    refused(|c| c.edit("cohort.csv", |t| t.replacen("p04_mask.nii.gz,1", "p04_mask.nii.gz,2", 1)), "E0303", None);
}

#[test]
fn a_duplicate_id() {
    refused(|c| c.edit("cohort.csv", |t| t.replacen("\np09,", "\np08,", 1)), "E0302", Some("p08"));
}

#[test]
fn a_stage_that_does_not_exist() {
    refused(|c| c.edit("small.toml", |t| t.replace("\"rfe\"", "\"rfee\"")), "E0402", None);
}

#[test]
fn a_parameter_that_does_not_exist() {
    refused(|c| c.edit("small.toml", |t| t.replace("n_keep", "n_keeep")), "E0403", None);
}

#[test]
fn no_label_at_all() {
    refused(|c| c.edit("cohort.csv", |t| t.replacen(",label,", ",Label,", 1)), "E0303", None);
}

#[test]
fn an_infinite_voxel_outside_the_region() {
    let spoil = |c: &SmallCohort| {
        let (image, _) = case_of(2);
        let geometry = *image.geometry();
        let mut voxels = image.to_f64();
        voxels[[0, 0, 0]] = f64::INFINITY;
        dlr_io::write_volume(&c.path("p02.nii.gz"), &Volume::new(geometry, voxels).unwrap()).unwrap();
    };
    refused(spoil, "E0105", Some("p02"));
}

#[test]
fn a_folder_that_is_no_run() {
    let cohort = SmallCohort::new();
    fs::create_dir_all(cohort.path("runs/small")).unwrap();
    fs::write(cohort.path("runs/small/mine.txt"), "years of work").unwrap();
    let output = cohort.run("runs", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: E0206"), "{}", stderr(&output));
    assert!(cohort.path("runs/small/mine.txt").is_file());
}

/// Features of a region of one voxel are undefined; the pipeline imputes them, and the run goes on.
#[test]
fn a_mask_of_one_voxel_is_imputed() {
    let cohort = SmallCohort::new();
    let mut voxels = Array3::from_elem((12, 28, 28), false);
    voxels[[5, 13, 13]] = true;
    let mask = Mask::from_array(voxels, [3.0, 1.5, 1.5]).unwrap();
    dlr_io::write_mask(&cohort.path("p06_mask.nii.gz"), &mask).unwrap();
    let output = cohort.run("runs", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let sidecar = fs::read_to_string(cohort.path("runs/small/features.json")).unwrap();
    assert!(sidecar.contains("\"p06\""), "the reasons are told");
}

/// A failed run leaves the earlier run of that name as it was.
#[test]
fn an_earlier_run_survives() {
    let cohort = SmallCohort::new();
    let first: Output = cohort.run("runs", &[]);
    assert!(first.status.success(), "{}", stderr(&first));
    let before = fs::read(cohort.path("runs/small/metrics.json")).unwrap();
    fs::remove_file(cohort.path("p03.nii.gz")).unwrap();
    assert_eq!(cohort.run("runs", &[]).status.code(), Some(1));
    assert_eq!(fs::read(cohort.path("runs/small/metrics.json")).unwrap(), before);
}
