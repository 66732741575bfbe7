//! A small cohort on disk, made from formulas, and the program run on it.

use dlr_core::{Mask, Rng, Volume};
use ndarray::Array3;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Patients of the small cohort; the even ones are positive and have the coarser texture.
pub(crate) const N_CASES: usize = 16;

/// A folder with a manifest, images, masks and an experiment file.
pub(crate) struct SmallCohort {
    folder: tempfile::TempDir,
}

impl SmallCohort {
    /// Writes everything.
    pub(crate) fn new() -> Self {
        SmallCohort::of(N_CASES)
    }

    /// The same with another number of patients.
    pub(crate) fn of(n_cases: usize) -> Self {
        let cohort = SmallCohort { folder: tempfile::tempdir().unwrap() };
        let mut manifest = String::from("ID,Image,Mask,label,age\n");
        for case in 0..n_cases {
            let (image, mask) = case_of(case);
            dlr_io::write_volume(&cohort.path(&format!("p{case:02}.nii.gz")), &image).unwrap();
            dlr_io::write_mask(&cohort.path(&format!("p{case:02}_mask.nii.gz")), &mask).unwrap();
            manifest +=
                &format!("p{case:02},p{case:02}.nii.gz,p{case:02}_mask.nii.gz,{},{}\n", (case + 1) % 2, 40 + case);
        }
        cohort.write("cohort.csv", &manifest);
        cohort.write("small.toml", EXPERIMENT);
        cohort
    }

    /// A file of the cohort's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a text file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Changes the text of a file.
    pub(crate) fn edit(&self, name: &str, change: impl Fn(String) -> String) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        self.write(name, &change(text));
    }

    /// Runs the experiment into `out`.
    pub(crate) fn run(&self, out: &str, args: &[&str]) -> Output {
        let mut all = vec!["experiment", "small.toml", "--progress", "none", "--out", out];
        all.extend(args);
        dlr(self.folder.path(), &all)
    }
}

/// Runs the program in a folder.
pub(crate) fn dlr(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dlr")).args(args).current_dir(folder).output().unwrap()
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An image of 12 x 28 x 28 voxels of 3 x 1.5 x 1.5 mm and an ellipsoid in it.
pub(crate) fn case_of(case: usize) -> (Volume, Mask) {
    let mut rng = Rng::stream(77, case as u64);
    let wave = if case.is_multiple_of(2) { 0.5 } else { 0.8 } + 0.1 * rng.uniform();
    let voxels = Array3::from_shape_fn((12, 28, 28), |(z, y, x)| {
        let body = if (3..25).contains(&y) && (3..25).contains(&x) { 400.0 } else { 10.0 };
        let texture = (wave * x as f64).sin() * (wave * (y + z) as f64).cos();
        (body + 80.0 * texture + 15.0 * rng.normal()).round().max(0.0) as f32
    });
    let radius = 5.0 + (case % 3) as f64;
    let mask = Array3::from_shape_fn((12, 28, 28), |(z, y, x)| {
        let (z, y, x) = ((z as f64 - 5.5) * 2.0, y as f64 - 13.5, x as f64 - 13.5);
        z * z + y * y + x * x <= radius * radius
    });
    let spacing_mm = [3.0, 1.5, 1.5];
    (Volume::from_array(voxels, spacing_mm).unwrap(), Mask::from_array(mask, spacing_mm).unwrap())
}

const EXPERIMENT: &str = r#"
name = "small"
title = "A small made-up cohort"
question = "Does a run go through?"
seed = 3

[cohort]
params = { path = "cohort.csv" }
positive = "coarse"
negative = "fine"

[[image]]
stage = "resample"
spacing_mm = [1.5, 1.5, 1.5]
[[image]]
stage = "body"
[[image]]
stage = "zscore"
[[image]]
stage = "ring"
to_mm = 4.0

[features.intra]
stage = "radiomics"
mask = "mass"
params = { setting = { binCount = 16 } }
[features.peri]
stage = "radiomics"
mask = "peri"
params = { setting = { binCount = 16 } }
[features.deep]
stage = "resnet"
input = { grid = [16, 32, 32] }
stages = ["stem", "layer1"]

[pipelines.paper]
steps = [
    { stage = "impute" },
    { stage = "variance" },
    { stage = "correlation", limit = 0.95 },
    { stage = "zscore" },
    { stage = "rfe", n_keep = 10 },
    { stage = "lasso", n_folds = 3 },
]
model = { stage = "logistic" }
[pipelines.plain]
steps = [{ stage = "zscore" }]
model = { stage = "logistic" }

[[models]]
name = "combined"
title = "Intra- and peritumoral"
blocks = ["intra", "peri"]
pipeline = "paper"
[[models]]
name = "dlr"
title = "Deep-learning radiomics"
blocks = ["intra", "peri", "deep"]
pipeline = "paper"
[[baselines]]
name = "volume"
title = "Volume alone"
blocks = ["intra"]
columns = ["intra_original_shape_VoxelVolume"]
pipeline = "plain"

[validation]
splitter = { stage = "stratified-kfold", n_folds = 4, n_repeats = 2 }
permutations = 3

[report]
explain = "dlr"
cam_cases = 2
cam_block = "deep"
tumour = "mass"
ring = "peri"
"#;
