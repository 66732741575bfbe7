//! Runs that are killed at a random moment, that cannot write, or that meet a broken case.
//!
//! `DLR_KILLS=100 cargo test --release -p dlr --test program survives` is the long form of the first test.

use crate::support::{SmallCohort, stderr};
use dlr_core::Rng;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Files that tell how long a run took or what it found in the cache; all others must not differ.
const OF_THE_DAY: [&str; 4] = ["provenance.json", "report.json", "report.html", "log.jsonl"];

/// Every file of a folder by its relative name, sorted, without those that may differ.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else if !OF_THE_DAY.iter().any(|name| path.ends_with(name)) {
                found.push((path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// The names in the folder of runs, hidden ones too.
fn left_in(out: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let n_kills: usize = std::env::var("DLR_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let cohort = SmallCohort::of(40);
    let started = Instant::now();
    let whole = cohort.run("whole", &["-j", "2"]);
    assert!(whole.status.success(), "{}", stderr(&whole));
    let duration = started.elapsed();
    let expected = contents(&cohort.path("whole/small"));
    let mut rng = Rng::new(404);
    let (mut n_equal, mut n_killed) = (0, 0);
    for kill in 0..n_kills {
        let out = format!("killed{kill}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_dlr"))
            .args(["experiment", "small.toml", "--progress", "none", "-j", "2", "--out", &out])
            .current_dir(cohort.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(duration.as_secs_f64() * rng.uniform()));
        child.kill().unwrap();
        n_killed += usize::from(!child.wait().unwrap().success());
        let resumed = cohort.run(&out, &["-j", "2"]);
        assert!(resumed.status.success(), "kill {kill}: {}", stderr(&resumed));
        assert_eq!(left_in(&cohort.path(&out)), [".cache", "small"], "kill {kill}");
        n_equal += usize::from(contents(&cohort.path(&out).join("small")) == expected);
        fs::remove_dir_all(cohort.path(&out)).unwrap();
    }
    eprintln!("{n_equal} of {n_kills} resumed runs are byte-identical; {n_killed} were killed before their end");
    assert_eq!(n_equal, n_kills);
    assert!(n_killed > 0, "no run was killed: the test has shown nothing");
}

/// Runs the small experiment where no file may grow beyond a few blocks: what a full disk looks like to a program.
#[cfg(target_os = "linux")]
fn run_on_a_full_disk(cohort: &SmallCohort, n_blocks: usize) -> Output {
    // Signal 25 (file size exceeded) is ignored, so that writing fails with an error instead.
    let script =
        format!("trap '' 25; ulimit -f {n_blocks}; exec \"$0\" experiment small.toml --progress none --out runs");
    Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_dlr")]).current_dir(cohort.path("")).output().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported_and_nothing_is_corrupted() {
    let cohort = SmallCohort::new();
    assert!(cohort.run("whole", &[]).status.success());
    // Blocks are of 512 bytes: no entry of the cache fits; then entries do and the report does not.
    for n_blocks in [1, 100] {
        let output = run_on_a_full_disk(&cohort, n_blocks);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{n_blocks}: {text}");
        assert!(text.contains("E0203") || text.contains("cannot be written"), "{n_blocks}: {text}");
        assert!(!cohort.path("runs/small").exists());
    }
    // What was cached meanwhile is whole or counts as absent.
    let after = cohort.run("runs", &[]);
    assert!(after.status.success(), "{}", stderr(&after));
    assert_eq!(left_in(&cohort.path("runs")), [".cache", "small"]);
    assert!(contents(&cohort.path("runs/small")) == contents(&cohort.path("whole/small")));
}

#[test]
fn a_broken_case_is_left_out_with_its_reason_where_that_was_asked_for() {
    let cohort = SmallCohort::new();
    let bytes = fs::read(cohort.path("p07.nii.gz")).unwrap();
    fs::write(cohort.path("p07.nii.gz"), &bytes[..bytes.len() - 100]).unwrap();
    let output = cohort.run("runs", &["--set", "cohort.failing=exclude"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "a run in which a case failed says so: {text}");
    assert!(text.contains("left out because they failed: p07"), "{text}");
    let report = fs::read_to_string(cohort.path("runs/small/report.html")).unwrap();
    assert!(report.contains("E0202"), "the report gives the reason");
    let features = fs::read_to_string(cohort.path("runs/small/features.csv")).unwrap();
    assert!(!features.contains("p07") && features.lines().count() == crate::support::N_CASES);
}
