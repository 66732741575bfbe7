//! Whole runs through the program: what the folder holds, that bits do not depend on threads, that the cache tells.

use crate::support::{SmallCohort, stderr};
use serde_json::Value;
use std::{fs, path::Path};

const EXACT: [&str; 3] = ["features.csv", "predictions.csv", "metrics.json"];

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn the_same_bytes_for_any_number_of_threads_and_twice() {
    let cohort = SmallCohort::new();
    let reference = cohort.run("one", &["-j", "1"]);
    assert!(reference.status.success(), "{}", stderr(&reference));
    for (out, threads) in [("two", "2"), ("four", "4"), ("again", "1")] {
        assert!(cohort.run(out, &["-j", threads]).status.success());
        for name in EXACT {
            let same = read(&cohort.path("one/small"), name) == read(&cohort.path(out).join("small"), name);
            assert!(same, "{name} differs in run `{out}`");
        }
    }
}

#[test]
fn a_folder_holds_everything_and_no_path() {
    let cohort = SmallCohort::new();
    assert!(cohort.run("runs", &[]).status.success());
    let run = cohort.path("runs/small");
    for name in [
        "report.html",
        "report.json",
        "config.resolved.toml",
        "features.csv",
        "features.parquet",
        "features.json",
        "selected.csv",
        "predictions.csv",
        "metrics.json",
        "model/dlr.json",
        "provenance.json",
        "log.jsonl",
    ] {
        assert!(!read(&run, name).is_empty(), "{name} is empty");
    }
    let figures = fs::read_dir(run.join("figures")).unwrap().count();
    assert!(figures >= 4 && figures.is_multiple_of(2), "each figure stands beside its data: {figures} files");
    assert!(fs::read_dir(run.join("cam")).unwrap().count() >= 2);

    let here = cohort.path("").to_string_lossy().into_owned();
    let here = here.trim_end_matches('/');
    for name in
        EXACT.iter().chain(&["report.html", "report.json", "provenance.json", "log.jsonl", "config.resolved.toml"])
    {
        let text = String::from_utf8(read(&run, name)).unwrap();
        assert!(!text.contains(here), "{name} holds a path of the machine");
    }

    let metrics: Value = serde_json::from_slice(&read(&run, "metrics.json")).unwrap();
    for model in ["combined", "dlr"] {
        let cv = &metrics["models"][model]["train_cv"];
        assert!(cv["auc"].is_f64() && cv["auc_ci"].is_array() && cv["f1"].is_f64(), "{cv}");
        assert!(cv["f1_all_positive"].is_f64() && cv["prevalence"].is_f64());
        assert_eq!(metrics["models"][model]["permuted"]["n"], 3);
    }
    assert!(metrics["baselines"]["volume"]["train_cv"]["auc"].is_f64());
}

#[test]
fn the_cache_is_used_and_never_stale() {
    let cohort = SmallCohort::new();
    let features = |out: &str| -> (u64, u64) {
        let log = String::from_utf8(read(&cohort.path(out).join("small"), "log.jsonl")).unwrap();
        let line = log.lines().find(|line| line.contains("\"features\"")).unwrap();
        let line: Value = serde_json::from_str(line).unwrap();
        (line["computed"].as_u64().unwrap(), line["cached"].as_u64().unwrap())
    };
    let all = 3 * crate::support::N_CASES as u64;
    assert!(cohort.run("runs", &[]).status.success());
    assert_eq!(features("runs"), (all, 0));
    // Only the model changes: nothing is computed again.
    assert!(cohort.run("runs", &["--set", "pipelines.paper.steps.4.n_keep=5"]).status.success());
    assert_eq!(features("runs"), (0, all));
    // One block's setting changes: that block is computed again.
    assert!(cohort.run("runs", &["--set", "features.peri.params.setting.binCount=8"]).status.success());
    assert_eq!(features("runs"), (all / 3, 2 * all / 3));
    // One image changes: that case is computed again.
    let (image, _) = crate::support::case_of(1);
    dlr_io::write_volume(&cohort.path("p04.nii.gz"), &image).unwrap();
    assert!(cohort.run("runs", &[]).status.success());
    assert_eq!(features("runs"), (3, all - 3));
    let fresh = cohort.run("fresh", &[]);
    assert!(fresh.status.success());
    for name in EXACT {
        assert!(read(&cohort.path("runs/small"), name) == read(&cohort.path("fresh/small"), name), "{name} is stale");
    }
}

#[test]
fn masks_that_the_report_asks_for_are_missed_before_anything_is_computed() {
    let localised = ("cam_cases = 2", "cam_cases = 2\nlocalise = [\"mass & perry\"]");
    let by_another_name = [
        ("stage = \"body\"", "stage = \"body\"\nname = \"trunk\""),
        ("stage = \"zscore\"", "stage = \"zscore\"\nwithin = \"trunk\""),
        ("to_mm = 4.0", "to_mm = 4.0\nwithin = \"image\""),
        ("cam_cases = 2", "cam_cases = 2\nlocalise = [\"mass\"]"),
    ];
    for (changes, told) in [
        (&[("ring = \"peri\"", "ring = \"perry\"")][..], ["`perry` is missing", "`report.ring`"]),
        (&[localised], ["`perry`", "`report.localise`"]),
        (&by_another_name, ["`body` is missing", "`report.localise`"]),
    ] {
        let cohort = SmallCohort::new();
        let changed = |text: String| changes.iter().fold(text, |text, (from, to)| text.replacen(from, to, 1));
        cohort.edit("small.toml", changed);
        let output = cohort.run("runs", &[]);
        let text = stderr(&output);
        assert!(!output.status.success() && told.iter().all(|part| text.contains(part)), "{changes:?}: {text}");
        assert!(!cohort.path("runs/.cache").exists(), "{changes:?}: features were made");
    }
}
