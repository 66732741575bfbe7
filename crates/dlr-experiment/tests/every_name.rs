//! One line of an experiment file is changed, and the whole run goes through: for every name that is registered, on the
//! tiny grid.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_experiment::{ExperimentFile, Places, Registry, phantom::write_phantom, progress::Quiet, run};
use dlr_phantom::{Grid, PhantomConfig};
use rayon::prelude::*;
use std::{collections::BTreeSet, fs, path::Path};

const FILE: &str = r#"
name = "one-line"
title = "One line changed"
question = "Does every stage fit where another was?"
seed = 5
image = [
    { stage = "body" },
    { stage = "zscore" },
    { stage = "resample", spacing_mm = [8.0, 6.0, 6.0] },
    { stage = "ring", to_mm = 15.0 },
]
[cohort]
positive = "high grade"
negative = "low grade"
source = "phantom"
params = { grid = "tiny", seed = 3, n_train = 20, n_external = 8 }
[features]
intra = { stage = "radiomics", mask = "mass", params = { setting = { binCount = 16 } } }
second = { stage = "radiomics", mask = "mass2", params = { setting = { binCount = 16 } } }
[pipelines.plain]
steps = [
    { stage = "impute" },
    { stage = "zscore" },
    { stage = "variance" },
]
model = { stage = "logistic" }
[[models]]
name = "m"
title = "The model"
blocks = ["intra"]
pipeline = "plain"
[validation]
splitter = { stage = "stratified-kfold", n_folds = 3 }
"#;

const IMAGE: &str = "{ stage = \"zscore\" },\n    { stage = \"resample\"";
const STEP: &str = "{ stage = \"variance\" }";
const FEATURES: &str = "{ stage = \"radiomics\", mask = \"mass\", params = { setting = { binCount = 16 } } }";

/// A folder with what some stages read: a phantom on disk, a table of features, a list of folds.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = PhantomConfig { grid: Grid::Tiny, seed: 3, n_train: 20, n_external: 8, ..PhantomConfig::default() };
    write_phantom(&folder.path().join("ph"), &config, false, None, |_| ()).unwrap();
    let cohort = fs::read_to_string(folder.path().join("ph/cohort.csv")).unwrap();
    let rows: Vec<Vec<&str>> = cohort.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let column = |name: &str| cohort.lines().next().unwrap().split(',').position(|h| h == name).unwrap();
    let (role, label, age) = (column("role"), column("label"), column("age"));
    let table =
        rows.iter().map(|row| format!("{},{},{},{},{}\n", row[0], row[role], row[label], row[age], row[0].len()));
    let table: String = table.collect();
    fs::write(folder.path().join("t.csv"), format!("ID,role,Target,age,length\n{table}")).unwrap();
    let train: Vec<&str> = rows.iter().filter(|row| row[role] == "train").map(|row| row[0]).collect();
    // Two divisions, each with both classes on both sides.
    let mut divisions = "0_train,0_test,1_train,1_test\n".to_owned();
    for pair in train.chunks(2) {
        divisions += &format!("{0},{1},{1},{0}\n", pair[0], pair[1]);
    }
    fs::write(folder.path().join("folds.csv"), divisions).unwrap();
    folder
}

/// Runs the file with one text in the place of another; what went wrong, in words.
fn changed(folder: &Path, cache: &Path, what: &str, from: &str, to: &str) -> Option<String> {
    assert_eq!(FILE.matches(from).count(), 1, "{from}");
    let out = folder.join(format!("out-{}", what.replace([' ', '/'], "-")));
    let places = Places { experiment: folder, out: &out, cache };
    let file = ExperimentFile::parse(&FILE.replace(from, to), &[]);
    let finished = file.and_then(|file| run(&file, &Registry::builtin(), &places, &Quiet));
    match finished {
        Err(error) => Some(format!("{what}: {error}")),
        Ok(finished) if !finished.failed.is_empty() => Some(format!("{what}: {}", finished.failed[0].error)),
        Ok(finished) => {
            let metrics = fs::read_to_string(finished.folder.join("metrics.json")).unwrap();
            let metrics: serde_json::Value = serde_json::from_str(&metrics).unwrap();
            let auc = &metrics["models"]["m"]["external"]["auc"];
            let whole = finished.folder.join("report.html").is_file() && auc.is_number();
            (!whole).then(|| format!("{what}: no report, or an AUC of {auc}"))
        }
    }
}

/// Every name once, by the line that puts it where another stage was.
fn all_go_through<'a>(
    names: impl Iterator<Item = &'a str>,
    lines: &[(&str, &str, &str)],
    usual: impl Fn(&str) -> (String, String),
) {
    let folder = folder();
    let cache = folder.path().join("cache");
    let mut tasks: Vec<(String, String, String)> = Vec::new();
    for name in names.collect::<BTreeSet<_>>() {
        let own: Vec<_> = lines.iter().filter(|(of, ..)| *of == name).collect();
        tasks.extend(
            own.iter()
                .enumerate()
                .map(|(i, (_, from, to))| (format!("{name} {i}"), (*from).to_owned(), (*to).to_owned())),
        );
        if own.is_empty() {
            let (from, to) = usual(name);
            tasks.push((name.to_owned(), from, to));
        }
    }
    let failed: Vec<String> =
        tasks.par_iter().filter_map(|(what, from, to)| changed(folder.path(), &cache, what, from, to)).collect();
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), tasks.len(), failed.join("\n"));
}

#[test]
fn every_image_step() {
    let registry = Registry::builtin();
    let line = |keys: &str| format!("{{ {keys} }},\n    {{ stage = \"resample\"");
    let filter = |kind: &str| line(&format!("stage = \"filter\", {kind}"));
    let of_pyradiomics = |kind: &str| line(&format!("stage = \"filter-pyradiomics\", {kind}"));
    let owned = [
        ("resample", line("stage = \"resample\", spacing_mm = [9.0, 6.0, 6.0]")),
        ("n4", line("stage = \"n4\", shrink = 2, iterations = [10]")),
        ("tissue", line("stage = \"tissue\"")),
        ("masks", line("stage = \"masks\", name = \"both\", expression = \"mass & mass2\"")),
        ("perturb", line("stage = \"perturb\"")),
        ("resize", line("stage = \"resize\", shape = [16, 60, 60]")),
        ("pad", line("stage = \"pad\", shape = [16, 64, 64]")),
        ("filter", filter("kind = \"mean\", support = 3")),
        ("filter", filter("kind = \"log\", sigma_mm = 8.0")),
        ("filter", filter("kind = \"laws\", kernels = \"L5E5S5\", rotation_invariance = \"max\", energy_distance = 2")),
        ("filter", filter("kind = \"gabor\", sigma_mm = 8.0, lambda_mm = 12.0, theta_deg = [0.0]")),
        ("filter", filter("kind = \"wavelet\", wavelet = \"coif1\", band = \"LHL\", rotation_invariance = \"mean\"")),
        ("filter", filter("kind = \"simoncelli\"")),
        ("filter", filter("kind = \"riesz\", order = [1, 0, 0], log_sigma_mm = 8.0")),
        ("filter-pyradiomics", of_pyradiomics("kind = \"log\", sigma_mm = 8.0")),
        ("filter-pyradiomics", of_pyradiomics("kind = \"wavelet\", band = \"LLH\"")),
        ("filter-pyradiomics", of_pyradiomics("kind = \"square\"")),
        ("filter-pyradiomics", of_pyradiomics("kind = \"gradient\"")),
        ("filter-pyradiomics", of_pyradiomics("kind = \"lbp2d\"")),
        ("filter-pyradiomics", of_pyradiomics("kind = \"lbp3d\"")),
    ];
    let lines: Vec<_> = owned.iter().map(|(name, to)| (*name, IMAGE, to.as_str())).collect();
    let names = registry.image_steps.names().chain(registry.image_learners.names());
    all_go_through(names, &lines, |name| (IMAGE.into(), line(&format!("stage = \"{name}\""))));
}

#[test]
fn every_source_and_extractor() {
    let registry = Registry::builtin();
    let cohort = "source = \"phantom\"\nparams = { grid = \"tiny\", seed = 3, n_train = 20, n_external = 8 }";
    // A table has no images, and its features come from one too.
    let table = "source = \"table\"\nparams = { path = \"t.csv\", role = \"role\" }\n[features]\nintra = { stage = \"table\", path = \"t.csv\" }\n[pipelines.plain]";
    let rest = FILE.split_once("[pipelines.plain]").unwrap().0.split_once(cohort).unwrap().1;
    let with_features = format!("{cohort}{rest}[pipelines.plain]");
    let sources = [
        ("manifest", cohort, "source = \"manifest\"\nparams = { path = \"ph/cohort.csv\" }"),
        ("table", with_features.as_str(), table),
        ("phantom", cohort, "source = \"phantom\"\nparams = { grid = \"tiny\", n_train = 18, n_external = 8 }"),
    ];
    all_go_through(registry.sources.names(), &sources, |name| panic!("how is `{name}` written in one line?"));
    let features = [
        ("radiomics", FEATURES, "{ stage = \"radiomics\", mask = \"peri\" }"),
        (
            "radiomics-ibsi",
            FEATURES,
            "{ stage = \"radiomics-ibsi\", mask = \"mass\", params = { bins = { n_bins = 16 } } }",
        ),
        (
            "resnet",
            FEATURES,
            "{ stage = \"resnet\", input = { grid = [16, 32, 32] }, stages = [\"stem\", \"layer1\"] }",
        ),
        ("table", FEATURES, "{ stage = \"table\", path = \"t.csv\", columns = [\"age\"] }"),
        ("clinical", FEATURES, "{ stage = \"clinical\", columns = [\"age\"] }"),
    ];
    let names = registry.extractors.names().chain(registry.learners.names());
    all_go_through(names, &features, |name| panic!("how is `{name}` written in one line?"));
}

#[test]
fn every_table_step_model_and_splitter() {
    let registry = Registry::builtin();
    let steps = [
        ("icc", STEP, "{ stage = \"icc\", readings = [[\"intra\"], [\"second\"]] }"),
        ("combat", STEP, "{ stage = \"combat\", unseen = \"unchanged\" }"),
        ("rfe", STEP, "{ stage = \"rfe\", n_keep = 10 }"),
        ("rfe-cv", STEP, "{ stage = \"rfe-cv\", rfe = { step = 0.3 }, n_folds = 3 }"),
        ("lasso", STEP, "{ stage = \"zscore\" }, { stage = \"lasso\", n_folds = 3 }"),
        ("stability", STEP, "{ stage = \"zscore\" }, { stage = \"stability\", n_samples = 10 }"),
        ("boruta", STEP, "{ stage = \"boruta\", n_trees = 30, max_rounds = 5 }"),
        ("pca", STEP, "{ stage = \"pca\", n_components = 3 }"),
        ("univariate", STEP, "{ stage = \"univariate\", min_keep = 5 }"),
        ("mrmr", STEP, "{ stage = \"mrmr\", n_keep = 10 }"),
    ];
    let names = registry.table_steps.names().chain(["icc"]);
    all_go_through(names, &steps, |name| (STEP.into(), format!("{{ stage = \"{name}\" }}")));

    let model = "{ stage = \"logistic\" }";
    let stacked = "{ stage = \"stacked\", n_folds = 2, blocks = [{ name = \"a\", prefixes = [\"intra_\"], pipeline = \"other\" }] }\n\
                   [pipelines.other]\nsteps = [{ stage = \"zscore\" }]\nmodel = { stage = \"naive-bayes\" }";
    let names = registry.models.names().chain(["stacked"]);
    all_go_through(names, &[("stacked", model, stacked)], |name| (model.into(), format!("{{ stage = \"{name}\" }}")));

    let splitter = "{ stage = \"stratified-kfold\", n_folds = 3 }";
    let splitters = [
        ("listed", splitter, "{ stage = \"listed\", path = \"folds.csv\" }"),
        ("kfold", splitter, "{ stage = \"kfold\", n_folds = 2 }"),
    ];
    all_go_through(registry.splitters.names(), &splitters, |name| {
        (splitter.into(), format!("{{ stage = \"{name}\" }}"))
    });
}
