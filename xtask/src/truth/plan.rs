//! [`Plan`]: what was asked on the command line.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

const USUAL: &str =
    "main,counterfactual,intra_only,peri_only,size_confound,scanner_trap,marker_trap,duplicate_trap,null";

/// What to run.
pub(super) struct Plan {
    pub(super) dlr: PathBuf,
    pub(super) experiment: PathBuf,
    pub(super) out: PathBuf,
    pub(super) seeds: Vec<u64>,
    pub(super) n_null: u64,
    /// External patients whose images are changed, in each run.
    pub(super) n_changed: usize,
    /// Of the phantom: that of the experiment.
    pub(super) grid: String,
    pub(super) variants: Vec<String>,
}

impl Plan {
    /// `[NAME] [--variants A,B] [--seeds 11,12] [--null 20] [--changed 20] [--out FOLDER] [--dlr PROGRAM]`.
    pub(super) fn read(root: &Path, args: &[String]) -> Result<Self, String> {
        let mut options = BTreeMap::new();
        let mut name = "multicentre-tiny".to_owned();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.strip_prefix("--") {
                Some(key) => {
                    let value = args.next().ok_or_else(|| format!("`{arg}` needs a value"))?;
                    options.insert(key.to_owned(), value.clone());
                }
                None => name = arg.trim_end_matches(".toml").to_owned(),
            }
        }
        let mut option = |key: &str, usual: &str| options.remove(key).unwrap_or_else(|| usual.to_owned());
        let number =
            |key: &str, text: String| text.parse().map_err(|_| format!("`--{key}` needs a number, not `{text}`"));
        let seeds = option("seeds", "11,12,13");
        let plan = Plan {
            experiment: root.join(format!("xtask/experiments/{name}.toml")),
            out: option("out", &format!("runs/truth-{name}")).into(),
            seeds: seeds.split(',').map(|seed| number("seeds", seed.into())).collect::<Result<_, _>>()?,
            n_null: number("null", option("null", "20"))?,
            n_changed: number("changed", option("changed", "20"))? as usize,
            grid: option("grid", if name.ends_with("tiny") { "tiny" } else { "small" }),
            variants: option("variants", USUAL).split(',').map(str::to_owned).collect(),
            dlr: option("dlr", &root.join("target/release/dlr").to_string_lossy()).into(),
        };
        match options.keys().next() {
            Some(unknown) => Err(format!("unknown option `--{unknown}`")),
            None => Ok(plan),
        }
    }

    /// The run of a variant and seed: its name, and its folder.
    pub(super) fn run_of(&self, variant: &str, seed: u64) -> (String, PathBuf) {
        let name = format!("{}-{seed}", variant.replace('_', "-"));
        let folder = self.out.join(&name);
        (name, folder)
    }
}
