//! Small made-up tables and runs over them.

use dlr_core::Rng;
use dlr_experiment::{ExperimentFile, Finished, Places, Registry, progress::Quiet, run};
use serde_json::Value;
use std::{fmt::Write, fs, path::Path};

/// What is wrong with a table.
#[derive(Default, Clone, Copy)]
pub(crate) struct Traps {
    /// The centre shifts every feature and goes with the label.
    pub(crate) centre: bool,
    /// Two patients have the same row.
    pub(crate) duplicate: bool,
    /// Every feature is a copy of the volume.
    pub(crate) only_volume: bool,
    /// A column that is known only later.
    pub(crate) recurrence: bool,
}

/// 90 patients of two centres, 60 to learn from and 30 external; `t_original_shape_VoxelVolume`, five features that carry
/// the label, five that do not, and clinical columns.
pub(crate) fn table(traps: Traps) -> String {
    let mut rng = Rng::new(11);
    let mut text = String::from("ID,role,center,age,sex,Target,t_original_shape_VoxelVolume");
    (0..10).for_each(|j| write!(text, ",t_original_glcm_F{j}").unwrap());
    text += if traps.recurrence { ",recurrence_free\n" } else { "\n" };
    let mut last = String::new();
    for i in 0..90 {
        let label = rng.uniform() < 0.5;
        let in_a = if traps.centre { (rng.uniform() < 0.95) == label } else { rng.uniform() < 0.5 };
        let shift = if traps.centre && in_a { 3.0 } else { 0.0 };
        let signal = if label { 1.0 } else { -1.0 };
        let volume = rng.normal();
        let mut row = format!("{},", if in_a { "A" } else { "B" });
        let sex = if rng.uniform() < 0.5 { "Female" } else { "Male" };
        write!(row, "{},{sex},{},{volume}", 40 + rng.below(40), u8::from(label)).unwrap();
        for j in 0..10 {
            let own = rng.normal() + if j < 5 { 0.7 * signal } else { 0.0 } + shift;
            let value = if traps.only_volume { volume.exp() * f64::from(j + 1) } else { own };
            write!(row, ",{value}").unwrap();
        }
        if traps.recurrence {
            write!(row, ",{}", rng.uniform()).unwrap();
        }
        if traps.duplicate && i == 70 {
            row = last.clone();
        }
        writeln!(text, "P{i:03},{},{row}", if i < 60 { "train" } else { "external" }).unwrap();
        last = row;
    }
    text
}

/// An experiment on the table, with one model of the given stage.
pub(crate) fn experiment(model: &str) -> String {
    format!(
        r#"
name = "made-up"
title = "Made up"
question = "Are the figures there?"
seed = 4
[cohort]
source = "table"
params = {{ path = "t.csv", role = "role", center = "center", clinical = ["age", "sex"] }}
positive = "high"
negative = "low"
[features.t]
stage = "table"
path = "t.csv"
exclude = ["age", "sex"]
[features.clinical]
stage = "clinical"
columns = ["age"]
levels = {{ sex = ["Female", "Male"] }}
[pipelines.plain]
steps = [{{ stage = "impute" }}, {{ stage = "variance" }}, {{ stage = "zscore" }}]
model = {model}
[[models]]
name = "texture"
title = "Texture"
blocks = ["t"]
pipeline = "plain"
[[models]]
name = "all"
title = "Texture and clinic"
blocks = ["t", "clinical"]
pipeline = "plain"
[validation]
splitter = {{ stage = "stratified-kfold", n_folds = 5, n_repeats = 2 }}
permutations = 4
[[subgroups]]
column = "age"
cut = "median"
[[subgroups]]
column = "sex"
[[subgroups]]
column = "center"
[report]
explain = "all"
"#
    )
}

/// Runs an experiment over a table in a folder of its own, and looks into the run folder before it goes.
pub(crate) fn run_in_folder<T>(table: &str, experiment: &str, look: impl FnOnce(&Finished, &Path) -> T) -> T {
    run_with(&Registry::builtin(), table, experiment, look)
}

/// The same with other stages.
pub(crate) fn run_with<T>(
    registry: &Registry,
    table: &str,
    experiment: &str,
    look: impl FnOnce(&Finished, &Path) -> T,
) -> T {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), table).unwrap();
    let file = ExperimentFile::parse(experiment, &[]).unwrap();
    let (out, cache) = (folder.path().join("runs"), folder.path().join("cache"));
    let places = Places { experiment: folder.path(), out: &out, cache: &cache };
    let finished = run(&file, registry, &places, &Quiet).unwrap_or_else(|error| panic!("{error}"));
    look(&finished, &finished.folder.clone())
}

/// A JSON file of the run folder.
pub(crate) fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}
