//! `cargo xtask truth`: does the system find what is in the phantom, and not find what is not? Each assertion of
//! PROTOCOL 5.9 on several seeds, never on one AUC, with what was found.
//!
//! Runs an experiment on variants and seeds of the phantom and reads `metrics.json` and `selected.csv`; the oracle on
//! the drawn patients is what `dlr phantom` says of the same plan. Nothing is computed here but means and differences.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What to run.
struct Plan {
    dlr: PathBuf,
    experiment: PathBuf,
    out: PathBuf,
    seeds: Vec<u64>,
    n_null: u64,
    variants: Vec<String>,
}

impl Plan {
    fn read(root: &Path, args: &[String]) -> Result<Self, String> {
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
        let usual = "main,intra_only,peri_only,size_confound,scanner_trap,marker_trap,duplicate_trap,null";
        let plan = Plan {
            experiment: root.join(format!("xtask/experiments/{name}.toml")),
            out: option("out", "runs/truth").into(),
            seeds: option("seeds", "11,12,13").split(',').filter_map(|seed| seed.parse().ok()).collect(),
            n_null: option("null", "20").parse().map_err(|_| "`--null` needs a number".to_owned())?,
            variants: option("variants", usual).split(',').map(str::to_owned).collect(),
            dlr: option("dlr", &root.join("target/release/dlr").to_string_lossy()).into(),
        };
        match options.keys().next() {
            Some(unknown) => Err(format!("unknown option `--{unknown}`")),
            None => Ok(plan),
        }
    }
}

/// What one run gave, by model and by what a perfect method sees.
struct Judged {
    external: BTreeMap<String, f64>,
    internal: BTreeMap<String, f64>,
    oracle: BTreeMap<String, f64>,
    /// Share of the ring in the weights per standard deviation of the frozen combined model: for a linear model that is
    /// its share of the SHAP values, but for the shapes of the columns' distributions.
    ring_share: f64,
    audits: Value,
}

/// Runs everything and prints a line per assertion; false where one fails.
pub(crate) fn run(root: &Path, args: &[String]) -> bool {
    let plan = match Plan::read(root, args) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("{error}");
            return false;
        }
    };
    let mut failed = Vec::new();
    for variant in &plan.variants {
        let seeds = if variant == "null" { (1..=plan.n_null).collect() } else { plan.seeds.clone() };
        let runs: Result<Vec<Judged>, String> = seeds.iter().map(|seed| one(&plan, variant, *seed)).collect();
        match runs {
            Ok(runs) => failed.extend(assertions(variant, &runs)),
            Err(error) => failed.push(format!("{variant}: {error}")),
        }
    }
    println!("\n{} failed", failed.len());
    failed.iter().for_each(|line| println!("FAIL {line}"));
    failed.is_empty()
}

fn one(plan: &Plan, variant: &str, seed: u64) -> Result<Judged, String> {
    let name = format!("{}-{seed}", variant.replace('_', "-"));
    let mut command = Command::new(&plan.dlr);
    command.arg("experiment").arg(&plan.experiment).arg("--out").arg(&plan.out).args(["--progress", "none"]);
    for set in [
        format!("name={name}"),
        format!("cohort.params.variant={variant}"),
        format!("cohort.params.seed={seed}"),
        "cohort.params.n_train=129".into(),
        "cohort.params.n_external=74".into(),
        "report.cam_cases=0".into(),
    ] {
        command.args(["--set", &set]);
    }
    started(command)?;
    let folder = plan.out.join(&name);
    let metrics = fs::read(folder.join("metrics.json")).map_err(|e| format!("{name}: no metrics: {e}"))?;
    let metrics: Value = serde_json::from_slice(&metrics).map_err(|e| format!("{name}: {e}"))?;
    let auc = |part: &str| -> BTreeMap<String, f64> {
        let sections = ["models", "baselines"].into_iter().filter_map(|s| metrics[s].as_object()).flatten();
        sections.filter_map(|(model, of)| Some((model.clone(), of[part]["auc"].as_f64()?))).collect()
    };
    let judged = Judged {
        external: auc("external"),
        internal: auc("train_cv"),
        oracle: oracle(plan, variant, seed)?,
        ring_share: ring_share(&fs::read_to_string(folder.join("selected.csv")).unwrap_or_default()),
        audits: metrics["audits"].clone(),
    };
    let list =
        |of: &BTreeMap<String, f64>| of.iter().map(|(k, v)| format!("{k} {v:.3}")).collect::<Vec<_>>().join(", ");
    println!("\n{variant}, seed {seed}");
    println!("  oracle, external   {}", list(&judged.oracle));
    println!("  external           {}", list(&judged.external));
    println!("  cross-validated    {}", list(&judged.internal));
    println!("  ring in the weights of combined {:.2}", judged.ring_share);
    Ok(judged)
}

fn started(mut command: Command) -> Result<(), String> {
    let output =
        command.output().map_err(|e| format!("dlr could not be started (cargo build --release -p dlr): {e}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// AUC of the log-likelihood ratio on the external patients: the plan is the same on every grid, so the tiny one is written.
fn oracle(plan: &Plan, variant: &str, seed: u64) -> Result<BTreeMap<String, f64>, String> {
    let folder = plan.out.join(format!("plan-{}-{seed}", variant.replace('_', "-")));
    if !folder.join("oracle.csv").is_file() {
        let _ = fs::remove_dir_all(&folder);
        let mut command = Command::new(&plan.dlr);
        command.arg("phantom").arg(&folder).args(["--grid", "tiny", "--progress", "none", "--variant", variant]);
        command.args(["--seed", &seed.to_string()]);
        started(command)?;
        for heavy in ["images", "masks", "truth"] {
            let _ = fs::remove_dir_all(folder.join(heavy));
        }
    }
    let table = fs::read_to_string(folder.join("oracle.csv")).map_err(|e| format!("no oracle: {e}"))?;
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        Some(((*cells.first()?).to_owned(), cells.get(3)?.parse().ok()?))
    };
    Ok(table.lines().skip(1).filter_map(row).collect())
}

/// Columns of `selected.csv` are found by name; NaN where the table has no weights.
fn ring_share(table: &str) -> f64 {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| header.iter().position(|h| *h == name);
    let (Some(model), Some(feature), Some(weight)) =
        (column("model"), column("feature"), column("weight_per_sd_in_final_model"))
    else {
        return f64::NAN;
    };
    let (mut ring, mut all) = (0.0, 0.0);
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if cells.get(model) != Some(&"combined") {
            continue;
        }
        let value = cells.get(weight).and_then(|c| c.parse::<f64>().ok()).unwrap_or(0.0).abs();
        all += value;
        if cells.get(feature).is_some_and(|name| name.starts_with("peri_")) {
            ring += value;
        }
    }
    ring / all
}

fn assertions(variant: &str, runs: &[Judged]) -> Vec<String> {
    let mean = |value: &dyn Fn(&Judged) -> f64| runs.iter().map(value).sum::<f64>() / runs.len() as f64;
    let of = |map: &BTreeMap<String, f64>, key: &str| map.get(key).copied().unwrap_or(f64::NAN);
    let auc = |model: &str| mean(&|r| of(&r.external, model));
    let cv = |model: &str| mean(&|r| of(&r.internal, model));
    let oracle = |set: &str| mean(&|r| of(&r.oracle, set));
    let mut failed = Vec::new();
    let mut check = |what: &str, found: f64, holds: fn(f64) -> bool| {
        let line = format!("{variant}, mean of {} seeds: {what}: {found:.3}", runs.len());
        println!("{} {line}", if holds(found) { "pass" } else { "FAIL" });
        if !holds(found) {
            failed.push(line);
        }
    };
    let gain = |model: &str, over: &str| auc(model) - auc(over);
    match variant {
        "main" | "main_weak" => {
            check("intratumoral minus oracle, at most 0.03", auc("intra") - oracle("intra"), |d| d <= 0.03);
            check("combined minus oracle, at most 0.03", auc("combined") - oracle("combined"), |d| d <= 0.03);
            check("dlr minus oracle, at most 0.03", auc("dlr") - oracle("all"), |d| d <= 0.03);
            check("oracle minus dlr, at most 0.08", oracle("all") - auc("dlr"), |d| d <= 0.08);
            check("combined minus intratumoral, at least 0.03", gain("combined", "intra"), |d| d >= 0.03);
            check("stacked dlr minus combined, at least 0.02", gain("dlr", "combined"), |d| d >= 0.02);
            check("share of the ring in the weights of combined, above 0.15", mean(&|r| r.ring_share), |s| s > 0.15);
        }
        "null" => {
            for model in ["intra", "combined", "dlr", "dlr-paper"] {
                check(&format!("{model}, 0.5 +- 0.03"), auc(model), |a| (a - 0.5).abs() <= 0.03);
            }
        }
        "intra_only" => {
            check("combined minus intratumoral, at most 0.02", gain("combined", "intra"), |d| d <= 0.02);
            check("dlr minus intratumoral, at most 0.02", gain("dlr", "intra"), |d| d <= 0.02);
        }
        "peri_only" => check("intratumoral, 0.5 +- 0.08", auc("intra"), |a| (a - 0.5).abs() <= 0.08),
        "size_confound" => {
            check("combined minus volume alone, at most 0.02", gain("combined", "volume"), |d| d <= 0.02);
            check("dlr minus volume alone, at most 0.02", gain("dlr", "volume"), |d| d <= 0.02);
        }
        "scanner_trap" | "marker_trap" => {
            check("dlr, cross-validated minus external, at least 0.1", cv("dlr") - auc("dlr"), |d| d >= 0.1);
        }
        _ => {}
    }
    if variant.ends_with("_trap") {
        runs.iter().for_each(|run| println!("  audits: {}", run.audits));
    }
    failed
}
