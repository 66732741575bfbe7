//! [`Judged`]: one run of the experiment on one variant and seed, and what is read of it.

use super::{Plan, Row, started, table};
use serde_json::Value;
use std::{collections::BTreeMap, fs, process::Command};

/// What one run gave, by model and by what a perfect method sees.
pub(super) struct Judged {
    pub(super) external: BTreeMap<String, f64>,
    pub(super) internal: BTreeMap<String, f64>,
    pub(super) oracle: BTreeMap<String, f64>,
    /// Share of a block in the mean absolute SHAP value of a model.
    pub(super) shares: BTreeMap<(String, String), f64>,
    /// `kappa`, `enrichment` and so on of the maps, by region in the order of the experiment file.
    pub(super) localisation: Vec<Value>,
    /// Features of the combined model as its SHAP figure shows them, the largest mean absolute value first.
    pub(super) shown: Vec<String>,
    /// Names of the audits that warn or fail.
    pub(super) alarms: Vec<String>,
}

impl Judged {
    /// Runs the experiment, unless that run is there, and reads what it wrote.
    pub(super) fn run(plan: &Plan, variant: &str, seed: u64) -> Result<Judged, String> {
        let (name, folder) = plan.run_of(variant, seed);
        if !folder.join("metrics.json").is_file() {
            experiment(plan, variant, seed)?;
        }
        let metrics = fs::read(folder.join("metrics.json")).map_err(|e| format!("{name}: no metrics: {e}"))?;
        let metrics: Value = serde_json::from_slice(&metrics).map_err(|e| format!("{name}: {e}"))?;
        let bars = fs::read_to_string(folder.join("figures/shap-bar-combined.csv")).unwrap_or_default();
        let judged = Judged::read(&metrics, &bars, oracle(plan, variant, seed)?);
        let list =
            |of: &BTreeMap<String, f64>| of.iter().map(|(k, v)| format!("{k} {v:.3}")).collect::<Vec<_>>().join(", ");
        println!("\n{variant}, seed {seed}");
        println!("  oracle, external   {}", list(&judged.oracle));
        println!("  external           {}", list(&judged.external));
        println!("  cross-validated    {}", list(&judged.internal));
        let of_study: Vec<&str> = judged.alarms.iter().map(String::as_str).filter(|name| !name.contains('/')).collect();
        println!("  alarms             {}", of_study.join(", "));
        Ok(judged)
    }

    fn read(metrics: &Value, bars: &str, oracle: BTreeMap<String, f64>) -> Judged {
        let models = || ["models", "baselines"].into_iter().filter_map(|s| metrics[s].as_object()).flatten();
        let auc = |part: &str| -> BTreeMap<String, f64> {
            models().filter_map(|(model, of)| Some((model.clone(), of[part]["auc"].as_f64()?))).collect()
        };
        let share = |model: &String, group: &Value| {
            Some(((model.clone(), group["group"].as_str()?.to_owned()), group["share"].as_f64()?))
        };
        let shares = models().flat_map(|(model, of)| {
            let groups = of["explanation"]["group_shares"].as_array().into_iter().flatten();
            groups.filter_map(move |group| share(model, group))
        });
        let is_feature = |row: &Row| row.get("kind").is_some_and(|kind| kind == "mean absolute SHAP");
        let shown = table(bars).filter(is_feature).filter_map(|mut row| row.remove("name"));
        let audits = metrics["audits"].as_object().into_iter().flatten();
        let is_alarm = |audit: &Value| matches!(audit["status"].as_str(), Some("warn" | "fail"));
        Judged {
            external: auc("external"),
            internal: auc("train_cv"),
            oracle,
            shares: shares.collect(),
            shown: shown.collect(),
            localisation: metrics["localisation"].as_array().cloned().unwrap_or_default(),
            alarms: audits.filter(|(_, audit)| is_alarm(audit)).map(|(name, _)| name.clone()).collect(),
        }
    }

    /// A number of the localisation in the region of that rank; NaN where nothing was localised.
    pub(super) fn localised(&self, region: usize, what: &str) -> f64 {
        self.localisation.get(region).and_then(|of| of[what].as_f64()).unwrap_or(f64::NAN)
    }
}

/// Where the mark stands is asked too.
const MARKED: &str = "report.localise=[\"truth_tumour\", \"truth_tumour + truth_vis\", \
                      \"truth_tumour + truth_vis + truth_ctx\", \"truth_corner\"]";

fn experiment(plan: &Plan, variant: &str, seed: u64) -> Result<(), String> {
    let (name, _) = plan.run_of(variant, seed);
    let mut command = Command::new(&plan.dlr);
    command.arg("experiment").arg(&plan.experiment).arg("--out").arg(&plan.out).args(["--progress", "none"]);
    if variant == "marker_trap" {
        command.args(["--set", MARKED]);
    }
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
    started(command)
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
    let text = fs::read_to_string(folder.join("oracle.csv")).map_err(|e| format!("no oracle: {e}"))?;
    let row = |mut row: Row| Some((row.remove("set")?, row.get("oracle_auc_external")?.parse().ok()?));
    Ok(table(&text).filter_map(row).collect())
}
