//! A frozen model on cases that it met in its run: the same bits; on cases that it cannot use: told, not guessed.

use crate::support::{SmallCohort, dlr, stderr};
use std::{collections::BTreeMap, fs, path::Path};

/// Rows of a CSV as maps from column to cell.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| header.iter().map(ToString::to_string).zip(line.split(',').map(String::from)).collect();
    lines.map(row).collect()
}

/// A finished run whose last four patients are external, with a standard scale that is learned from the others.
fn with_external(n_cases: usize) -> SmallCohort {
    let cohort = SmallCohort::of(n_cases);
    let learned = "stage = \"zscore\"\n[[image]]\nstage = \"nyul\"\n[[image]]";
    cohort.edit("small.toml", |text| text.replacen("stage = \"zscore\"\n[[image]]", learned, 1));
    cohort.edit("cohort.csv", |text| {
        let role = |(i, line): (usize, &str)| match i {
            0 => format!("{line},role\n"),
            _ => format!("{line},{}\n", if i > n_cases - 4 { "external" } else { "train" }),
        };
        text.lines().enumerate().map(role).collect()
    });
    let output = cohort.run("runs", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    cohort
}

#[test]
fn the_same_case_gives_the_same_bits_as_in_the_run() {
    let cohort = with_external(crate::support::N_CASES);
    let args = [
        "predict",
        "runs/small",
        "cohort.csv",
        "-o",
        "out.csv",
        "--model",
        "all",
        "--shap",
        "shap.csv",
        "--maps",
        "maps",
        "--cache",
        "fresh",
        "--progress",
        "none",
    ];
    let output = dlr(&cohort.path(""), &args);
    assert!(output.status.success(), "{}", stderr(&output));
    let new = rows(&cohort.path("out.csv"));
    let in_run = rows(&cohort.path("runs/small/predictions.csv"));
    let external: Vec<_> = in_run.iter().filter(|row| row["setting"] == "external").collect();
    assert_eq!(external.len(), 4 * 3, "four patients, three models");
    for old in external {
        let found = new.iter().find(|row| row["ID"] == old["ID"] && row["model"] == old["model"]).unwrap();
        // Shortest decimals that read back as the same bits: equal text, equal bits.
        assert_eq!(found["probability"], old["probability"], "{old:?}");
        assert_eq!(found["threshold"], old["threshold"]);
        assert_eq!(found["call"] == "coarse", old["called_positive"] == "1");
        assert!(["coarse", "fine", "both", "neither"].contains(&found["not_ruled_out"].as_str()), "{found:?}");
        assert!(!found["likeness_p"].is_empty());
        assert_eq!(found["likeness_p"], old["novelty_p"]);
    }
    let learned = fs::read_to_string(cohort.path("runs/small/model/image-steps.learned.json")).unwrap();
    assert!(learned.contains("nyul"), "the learned scale is part of the frozen model: {learned}");
    // Contributions add up to the log odds.
    let shap = rows(&cohort.path("shap.csv"));
    for row in new.iter().filter(|row| row["model"] == "dlr") {
        let own: Vec<_> = shap.iter().filter(|s| s["ID"] == row["ID"] && s["model"] == "dlr").collect();
        let number = |text: &String| text.parse::<f64>().unwrap();
        let margin = number(&own[0]["base"]) + own.iter().map(|s| number(&s["contribution"])).sum::<f64>();
        assert!((1.0 / (1.0 + (-margin).exp()) - number(&row["probability"])).abs() < 1e-9, "{row:?}");
    }
    assert_eq!(fs::read_dir(cohort.path("maps")).unwrap().count(), crate::support::N_CASES);
    let card = fs::read_to_string(cohort.path("runs/small/model/model-card.md")).unwrap();
    assert!(card.contains("Research use only") && card.contains("4 external cases"), "{card}");
}

#[test]
fn a_second_reader_of_the_fitting_is_not_asked_of_new_cases() {
    let cohort = SmallCohort::new();
    let second = "[[image]]\nstage = \"ring\"\nname = \"peri2\"\nof = \"mass2\"\nto_mm = 4.0\n";
    let blocks = [("intra2", "mass2"), ("peri2", "peri2")].map(|(name, mask)| {
        format!("[features.{name}]\nstage = \"radiomics\"\nmask = \"{mask}\"\nparams = {{ setting = {{ binCount = 16 }} }}\n")
    });
    let icc =
        "{ stage = \"variance\" },\n{ stage = \"icc\", readings = [[\"intra\", \"peri\"], [\"intra2\", \"peri2\"]] },";
    cohort.edit("small.toml", |text| {
        text.replacen("[features.intra]", &format!("{second}[features.intra]"), 1)
            .replacen("[features.deep]", &format!("{}[features.deep]", blocks.concat()), 1)
            .replacen("{ stage = \"variance\" },", icc, 1)
    });
    let with_second = |(i, line): (usize, &str)| match (i, line.split(',').nth(2)) {
        (0, _) => format!("{line},Mask:mass2\n"),
        (_, mask) => format!("{line},{}\n", mask.unwrap()),
    };
    let one_reader = fs::read_to_string(cohort.path("cohort.csv")).unwrap();
    cohort.write("cohort.csv", &one_reader.lines().enumerate().map(with_second).collect::<String>());
    let output = cohort.run("runs", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let predicted = |table: &str| {
        let args = ["predict", "runs/small", "cohort.csv", "-o", table, "--maps", "maps", "--progress", "none"];
        let output = dlr(&cohort.path(""), &args);
        assert!(output.status.success(), "{}", stderr(&output));
        fs::remove_dir_all(cohort.path("maps")).unwrap();
        rows(&cohort.path(table))
    };
    let with_both = predicted("both.csv");
    cohort.write("cohort.csv", &one_reader);
    assert_eq!(predicted("one.csv"), with_both);
    assert_eq!(with_both.len(), crate::support::N_CASES);
    // What a model does use is asked for, and the refusal says why it is not there.
    cohort.edit("cohort.csv", |text| text.replacen(",Mask,", ",Mask:other,", 1));
    let output =
        dlr(&cohort.path(""), &["predict", "runs/small", "cohort.csv", "-o", "none.csv", "--progress", "none"]);
    let text = stderr(&output);
    assert!(!output.status.success() && text.contains("E0107") && text.contains("`mass` is missing"), "{text}");
}

#[test]
fn a_broken_case_a_strange_case_and_a_damaged_model_are_told() {
    // With fewer than 20 training cases no case can be told from them at p below 0.05.
    let n_cases = 28;
    let cohort = with_external(n_cases);
    // Noise where all training cases have waves, and much brighter.
    let (image, _) = crate::support::case_of(0);
    let mut rng = dlr_core::Rng::new(5);
    let odd = image.to_f64().mapv(|_| (3000.0 * rng.uniform()).round() as f32);
    dlr_io::write_volume(&cohort.path("p15.nii.gz"), &dlr_core::Volume::new(*image.geometry(), odd).unwrap()).unwrap();
    fs::write(cohort.path("p14.nii.gz"), "not an image").unwrap();
    let args = ["predict", "runs/small/model", "cohort.csv", "-o", "out.csv", "--progress", "none"];
    let output = dlr(&cohort.path(""), &args);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("p14") && !text.contains(&*cohort.path("").to_string_lossy()), "{text}");
    let table = rows(&cohort.path("out.csv"));
    assert_eq!(table.len(), n_cases);
    let of = |id: &str| table.iter().find(|row| row["ID"] == id).unwrap();
    let text = fs::read_to_string(cohort.path("out.csv")).unwrap();
    let line = text.lines().find(|line| line.starts_with("p14")).unwrap();
    assert!(line.starts_with("p14,,,,\"E0204: "), "no prediction, and the reason: {line}");
    assert!(of("p15")["note"].contains("unlike"), "{:?}", of("p15"));

    // A file that is not there is a row like that of a file that cannot be read: the others are predicted.
    fs::remove_file(cohort.path("p14.nii.gz")).unwrap();
    let output = dlr(&cohort.path(""), &args);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = fs::read_to_string(cohort.path("out.csv")).unwrap();
    let line = text.lines().find(|line| line.starts_with("p14")).unwrap();
    assert!(line.starts_with("p14,,,,E0201: "), "no prediction, and the reason: {line}");
    let without =
        |rows: Vec<BTreeMap<String, String>>| -> Vec<_> { rows.into_iter().filter(|row| row["ID"] != "p14").collect() };
    assert_eq!(without(rows(&cohort.path("out.csv"))), without(table.clone()));
    fs::write(cohort.path("p14.nii.gz"), "not an image").unwrap();

    // A folder of any name, but as the run wrote it; and no file that is read is written.
    let copy = cohort.path("frozen");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(cohort.path("runs/small/model")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    let with_copy = ["predict", "frozen", "cohort.csv", "-o", "out2.csv", "--progress", "none"];
    dlr(&cohort.path(""), &with_copy);
    assert_eq!(rows(&cohort.path("out2.csv")), table);
    cohort.edit("frozen/config.resolved.toml", |text| text.replacen("seed = 3", "seed = 4", 1));
    let text = stderr(&dlr(&cohort.path(""), &with_copy));
    assert!(text.starts_with("error: E0203: config.resolved.toml"), "{text}");
    let before = fs::read(cohort.path("cohort.csv")).unwrap();
    for over in [["-o", "cohort.csv", "--shap", "s.csv"], ["-o", "t.csv", "--shap", "t.csv"]] {
        let text = stderr(&dlr(&cohort.path(""), &[&["predict", "runs/small", "cohort.csv"][..], &over].concat()));
        assert!(text.starts_with("error: E0401") && text.contains("written over"), "{text}");
    }
    assert_eq!(fs::read(cohort.path("cohort.csv")).unwrap(), before);

    let model = cohort.path("runs/small/model/dlr.json");
    let changed = fs::read_to_string(&model).unwrap().replacen("0.", "1.", 1);
    fs::write(&model, changed).unwrap();
    let text = stderr(&dlr(&cohort.path(""), &args));
    assert!(text.starts_with("error: E0203") && text.lines().count() <= 3, "{text}");
    let text = stderr(&dlr(&cohort.path(""), &["predict", "runs", "cohort.csv", "-o", "out.csv"]));
    assert!(text.starts_with("error: E0201") && text.contains("model"), "{text}");
}

#[test]
fn a_model_of_tables_reads_those_of_the_new_cases() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let mut rng = dlr_core::Rng::new(8);
    let (mut cohort, mut features) = ("ID,Target,f0,f1,f2\n".to_owned(), "ID,g0,g1\n".to_owned());
    for i in 0..40 {
        let (label, mut draw) = (i % 2, || rng.normal());
        cohort += &format!("p{i:02},{label},{},{},{}\n", draw() + f64::from(label), draw(), draw());
        features += &format!("p{i:02},{},{}\n", draw() + f64::from(label), draw());
    }
    write("cohort.csv", &cohort);
    write("more.csv", &features);
    write(
        "t.toml",
        r#"
name = "t"
title = "Tables"
question = "Are new tables read?"
seed = 2
[cohort]
source = "table"
params = { path = "cohort.csv" }
positive = "high"
negative = "low"
[features.own]
stage = "table"
path = "cohort.csv"
[features.beside]
stage = "table"
path = "more.csv"
[pipelines.plain]
steps = [{ stage = "zscore" }]
model = { stage = "logistic" }
[[models]]
name = "own"
title = "Own"
blocks = ["own"]
pipeline = "plain"
[[models]]
name = "both"
title = "Both"
blocks = ["own", "beside"]
pipeline = "plain"
[validation]
splitter = { stage = "stratified-kfold", n_folds = 4 }
"#,
    );
    let output = dlr(folder.path(), &["experiment", "t.toml", "--progress", "none"]);
    assert!(output.status.success(), "{}", stderr(&output));
    // New patients: no label, another order of columns, one that no model knows.
    write("new.csv", "ID,f2,extra,f0,f1\nq1,0,7,3,0\nq2,0,7,-3,0\n");
    write("new-more.csv", "ID,g0,g1\nq1,1,0\nq2,1,0\n");
    let predict = |args: &[&str]| {
        let always = ["predict", "runs/t", "new.csv", "-o", "out.csv", "--progress", "none"];
        dlr(folder.path(), &[&always[..], args].concat())
    };
    let probability = || -> Vec<f64> {
        rows(&folder.path().join("out.csv")).iter().map(|row| row["probability"].parse().unwrap()).collect()
    };
    let output = predict(&["--model", "own"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(probability()[0] > 0.7 && probability()[1] < 0.3, "{:?}", probability());
    let refused = stderr(&predict(&["--model", "both"]));
    assert!(refused.contains("--table beside=FILE.csv"), "{refused}");
    let refused = stderr(&predict(&["--model", "both", "--table", "besides=new-more.csv"]));
    assert!(refused.contains("E0402") && refused.contains("did you mean `beside`?"), "{refused}");
    let output = predict(&["--model", "both", "--table", "beside=new-more.csv"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(probability()[0] > probability()[1]);
    write("new.csv", "ID,f2,f0\nq1,0,3\n");
    let refused = stderr(&predict(&["--model", "own"]));
    assert!(refused.contains("without `own_table_column_f1`"), "{refused}");
}
