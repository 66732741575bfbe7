//! The phantom through the program: a folder that `dlr check` passes, and the whole study on a tiny grid.
#![allow(clippy::unwrap_used)] // helpers of tests

use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn dlr(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dlr")).args(args).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const SMALL: [&str; 8] = ["--grid", "tiny", "--n-train", "8", "--n-external", "4", "--progress", "none"];

#[test]
fn the_folder_passes_the_check_and_holds_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let run = |out: &str, threads: &str| {
        dlr(folder.path(), &[&["phantom", out, "--dicom", "-j", threads], &SMALL[..]].concat())
    };
    let written = run("one", "1");
    assert!(written.status.success(), "{}", text(&written.stderr));
    assert!(text(&written.stdout).contains("combined              0.924"), "{}", text(&written.stdout));
    let checked = dlr(folder.path(), &["check", "one/cohort.csv"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
    assert!(text(&checked.stdout).contains("12 cases, 0 problems"), "{}", text(&checked.stdout));

    let truth = fs::read_to_string(folder.path().join("one/truth.csv")).unwrap();
    let header: Vec<&str> = truth.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no column {name}"));
    let deltas = [("size", 0.65), ("het", 0.95), ("nec", 0.60), ("edh", 1.30), ("ext", 0.85), ("ctx", 1.70)];
    let clinical = fs::read_to_string(folder.path().join("one/cohort.csv")).unwrap();
    for (row, person) in truth.lines().skip(1).zip(clinical.lines().skip(1)) {
        let cells: Vec<&str> = row.split(',').collect();
        let number = |name: &str| cells[column(name)].parse::<f64>().unwrap();
        // PROTOCOL 5.1: the sum of delta (z - offset), where tumours of the trunk are larger by 0.4.
        let offset = if person.contains(",trunk,") { 0.65 * 0.4 } else { 0.0 };
        let expected: f64 = deltas.iter().map(|(name, d)| d * number(&format!("z_{name}"))).sum::<f64>() - offset;
        assert!((expected - number("llr_all")).abs() < 1e-9, "{row}");
    }
    let info = fs::read_to_string(folder.path().join("one/INFOclinical.csv")).unwrap();
    assert!(info.starts_with("Patient ID,Age,Sex,") && info.contains("Time \u{2013} diagnosis to MRI scan (days)"));

    assert!(run("two", "2").status.success());
    for name in
        ["cohort.csv", "truth.csv", "images/PH_001.nii.gz", "masks/PH_003_mass2.nii.gz", "truth/PH_012_ctx.nii.gz"]
    {
        let of = |out: &str| fs::read(folder.path().join(out).join(name)).unwrap();
        assert!(of("one") == of("two"), "{name} depends on the number of threads");
    }
    assert!(!run("one", "1").status.success(), "nothing is overwritten");
}

#[test]
fn a_counterfactual_cohort_is_the_same_patients_with_one_cause_changed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| dlr(folder.path(), &[&["phantom"], args, &SMALL[..]].concat());
    for args in [&["plain"][..], &["changed", "--change", "edh=2", "--only", "external"]] {
        let output = run(args);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let rows = |out: &str, from: usize| -> Vec<Vec<String>> {
        let table = fs::read_to_string(folder.path().join(out).join("truth.csv")).unwrap();
        table.lines().skip(from).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let (header, plain, changed) = (&rows("plain", 0)[0], rows("plain", 9), rows("changed", 1));
    assert_eq!((plain.len(), changed.len()), (4, 4), "the external patients alone");
    for (before, after) in plain.iter().zip(&changed) {
        for ((column, a), b) in header.iter().zip(before).zip(after) {
            match column.as_str() {
                "z_edh" => assert!((b.parse::<f64>().unwrap() - a.parse::<f64>().unwrap() - 2.0).abs() < 1e-12),
                "llr_peri" | "llr_combined" | "llr_all" | "llr_clinical" => assert_ne!(a, b, "{column}"),
                _ => assert_eq!(a, b, "{column}"),
            }
        }
    }
    let read = |out: &str| fs::read(folder.path().join(out).join("masks/PH_009_mass.nii.gz")).unwrap();
    assert!(read("plain") == read("changed"), "the tumour stays where it is");
    let refused = run(&["odd", "--change", "oedema=2"]);
    assert!(
        text(&refused.stderr).contains("size, het, nec, edh, ext, ctx, lob, base, ae"),
        "{}",
        text(&refused.stderr)
    );
}

/// The file of the study on a tiny grid, as `cargo xtask experiment multicentre-tiny` runs it.
#[test]
fn the_whole_study_runs_on_the_tiny_grid() {
    let folder = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/experiments/multicentre-tiny.toml");
    fs::copy(file, folder.path().join("tiny.toml")).unwrap();
    let run = dlr(folder.path(), &["experiment", "tiny.toml", "--progress", "none", "--out", "runs"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let run = folder.path().join("runs/multicentre-tiny");
    let metrics: Value = serde_json::from_slice(&fs::read(run.join("metrics.json")).unwrap()).unwrap();
    for model in ["intra", "combined", "dlr", "dlr-paper"] {
        for part in ["train_cv", "external"] {
            let auc = metrics["models"][model][part]["auc"].as_f64().unwrap_or(f64::NAN);
            // Which is better is a question for many seeds; one tiny run must only have learned and not have cheated.
            assert!(auc > 0.4 && auc < 1.0, "{model} {part}: {auc}");
        }
    }
    let log = fs::read_to_string(run.join("log.jsonl")).unwrap();
    assert_eq!(log.matches("external labels opened").count(), 1);
    localised(&metrics["localisation"], &run);
    assert_eq!(metrics["audits"]["maps-outside-body"]["status"], "pass", "no letters stand in these images");
    assert!(run.join("report.html").is_file());
    every_figure_of_a_paper(&run);
}

/// Each kind of figure that a reader of a radiology paper looks for, as SVG with its data beside.
fn every_figure_of_a_paper(run: &Path) {
    let names: Vec<String> = fs::read_dir(run.join("figures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let kinds = [
        "flow",
        "overview",
        "roc-external",
        "roc-bands-external",
        "precision-recall-external",
        "calibration-external",
        "decision-external",
        "confusion-external",
        "subgroups-dlr-external",
        "lasso-combined",
        "rfe-combined",
        "selection-dlr",
        "correlation",
        "shap-beeswarm-dlr",
        "shap-bar-dlr",
        "shap-waterfall-dlr",
        "nomogram-combined",
        "cam-01",
    ];
    for kind in kinds {
        for end in [".svg", ".csv"] {
            assert!(names.iter().any(|name| name.starts_with(kind) && name.ends_with(end)), "no {kind}{end}");
        }
    }
}

/// Every external case has a row per region; the means are those of the cases that were called rightly.
fn localised(means: &Value, run: &Path) {
    let table = fs::read_to_string(run.join("localisation.csv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let means = means.as_array().expect("a mean per region");
    assert_eq!((rows.len(), means.len()), (4 * 24, 4), "three regions of the file, and outside the body");
    for mean in means {
        let region = mean["region"].as_str().unwrap();
        let right: Vec<&Vec<&str>> = rows.iter().filter(|row| row[1] == region && row[3] == "1").collect();
        assert_eq!(mean["n_cases"].as_u64().unwrap() as usize, right.len());
        for (column, name) in
            [(4, "score"), (5, "volume_share"), (6, "kappa"), (7, "enrichment"), (8, "enrichment_randomised")]
        {
            let values: Vec<f64> = right.iter().filter_map(|row| row[column].parse().ok()).collect();
            let expected = values.iter().sum::<f64>() / values.len() as f64;
            assert!((mean[name].as_f64().unwrap() - expected).abs() < 1e-9, "{region} {name}");
        }
        let share = mean["volume_share"].as_f64().unwrap();
        assert!(share > 0.01 && share < 0.8, "{region} is {share} of the body, or of the image");
    }
}
