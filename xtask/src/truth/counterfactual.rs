//! The same patients with one cause of the image changed: which way does the logit of the frozen models go?
//!
//! Stronger than a map: it asks the models themselves. A cause that grade moves must raise the logit; the lobulation and
//! the brightness of tumour and oedema, which grade does not move, must leave it.

use super::{Judged, Plan, Row, claims::Claims, started, table};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const CHANGE: f64 = 2.0;
const RAISED: [&str; 6] = ["size", "het", "nec", "edh", "ext", "ctx"];
const KEPT: [&str; 3] = ["lob", "base", "ae"];
/// Models, and the causes that they can see.
const MODELS: [(&str, &[&str]); 2] = [("combined", &["size", "het", "nec", "edh", "ext"]), ("dlr", &RAISED)];

/// Logits by model and case.
type Logits = BTreeMap<(String, String), f64>;

/// Changes each cause in the external patients of each seed's run of `main`, and predicts.
pub(super) fn check(plan: &Plan) -> Result<Vec<String>, String> {
    // By model and cause, a value per seed: mean change of the logit in standard deviations of the unchanged ones.
    let mut moved: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for seed in &plan.seeds {
        Judged::run(plan, "main", *seed)?;
        let before = predicted(plan, *seed, None)?;
        for cause in RAISED.into_iter().chain(KEPT) {
            let after = predicted(plan, *seed, Some(cause))?;
            for (model, _) in MODELS {
                moved.entry((model, cause)).or_default().push(change(model, &before, &after));
            }
        }
    }
    let n = plan.seeds.len();
    let mut claims = Claims::new(format!("counterfactual, mean of {n} seeds and {} patients each", plan.n_changed));
    for (model, seen) in MODELS {
        for cause in RAISED.into_iter().chain(KEPT) {
            let mean = moved[&(model, cause)].iter().sum::<f64>() / n as f64;
            if seen.contains(&cause) {
                claims.check(&format!("{model}, {cause} + {CHANGE}: logit rises, in sd"), mean, |m| m > 0.0);
            } else if KEPT.contains(&cause) {
                let what = format!("{model}, {cause} + {CHANGE}: logit stays within 0.1 sd");
                claims.check(&what, mean, |m| m.abs() < 0.1);
            }
        }
    }
    Ok(claims.failed())
}

/// Mean change over the cases, in standard deviations of the unchanged logits.
fn change(model: &str, before: &Logits, after: &Logits) -> f64 {
    let pairs: Vec<(f64, f64)> = before
        .iter()
        .filter(|((of, _), _)| of == model)
        .filter_map(|(key, logit)| Some((*logit, *after.get(key)?)))
        .collect();
    let n = pairs.len() as f64;
    let mean = pairs.iter().map(|(before, _)| before).sum::<f64>() / n;
    let sd = (pairs.iter().map(|(before, _)| (before - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    pairs.iter().map(|(before, after)| after - before).sum::<f64>() / n / sd
}

fn predicted(plan: &Plan, seed: u64, cause: Option<&str>) -> Result<Logits, String> {
    let folder = changed_cohort(plan, seed, cause)?;
    let out = folder.join("predictions.csv");
    if !out.is_file() {
        let mut command = Command::new(&plan.dlr);
        command.arg("predict").arg(plan.run_of("main", seed).1).arg(folder.join("some.csv"));
        command.arg("-o").arg(&out).arg("--cache").arg(folder.join("cache")).args(["--progress", "none"]);
        for (model, _) in MODELS {
            command.args(["--model", model]);
        }
        started(command)?;
    }
    let text = fs::read_to_string(&out).map_err(|e| format!("no predictions: {e}"))?;
    let logit = |mut row: Row| {
        let p: f64 = row.get("probability")?.parse().ok()?;
        Some(((row.remove("model")?, row.remove("ID")?), (p / (1.0 - p)).ln()))
    };
    Ok(table(&text).filter_map(logit).collect())
}

/// The external patients with a cause changed, and a manifest of the first of them.
fn changed_cohort(plan: &Plan, seed: u64, cause: Option<&str>) -> Result<PathBuf, String> {
    let folder = plan.out.join(format!("changed-{}-{seed}", cause.unwrap_or("nothing")));
    if !folder.join("some.csv").is_file() {
        let _ = fs::remove_dir_all(&folder);
        let mut command = Command::new(&plan.dlr);
        command.arg("phantom").arg(&folder).args(["--grid", &plan.grid, "--seed", &seed.to_string()]);
        command.args(["--only", "external", "--progress", "none"]);
        if let Some(cause) = cause {
            command.args(["--change", &format!("{cause}={CHANGE}")]);
        }
        started(command)?;
        shorten(&folder, plan.n_changed)?;
    }
    Ok(folder)
}

fn shorten(folder: &Path, n: usize) -> Result<(), String> {
    let whole = fs::read_to_string(folder.join("cohort.csv")).map_err(|e| format!("no manifest: {e}"))?;
    let some: Vec<&str> = whole.lines().take(1 + n).collect();
    fs::write(folder.join("some.csv"), some.join("\n") + "\n").map_err(|e| format!("no manifest: {e}"))
}
