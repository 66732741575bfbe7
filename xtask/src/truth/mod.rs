//! `cargo xtask truth`: does the system find what is in the phantom, and not find what is not? Each assertion of
//! PROTOCOL 5.6 and 5.9 on several seeds, never on one AUC, with what was found.
//!
//! Runs an experiment on variants and seeds of the phantom and reads what it wrote; the oracle on the drawn patients is
//! what `dlr phantom` says of the same plan. Nothing is computed here but means and differences.
//!
//! | file | idea |
//! |---|---|
//! | `plan` | what was asked on the command line |
//! | `judged` | one run, and what is read of it |
//! | `claims` | what must hold of the runs of a variant |
//! | `counterfactual` | one cause of the image changed: which way does the logit go? |

mod claims;
mod counterfactual;
mod judged;
mod plan;

use judged::Judged;
use plan::Plan;
use std::{collections::BTreeMap, path::Path, process::Command};

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
        let found = match variant.as_str() {
            "counterfactual" => counterfactual::check(&plan),
            _ => check(&plan, variant),
        };
        match found {
            Ok(misses) => failed.extend(misses),
            Err(error) => failed.push(format!("{variant}: {error}")),
        }
    }
    println!("\n{} failed", failed.len());
    failed.iter().for_each(|line| println!("FAIL {line}"));
    failed.is_empty()
}

fn check(plan: &Plan, variant: &str) -> Result<Vec<String>, String> {
    let seeds = if variant == "null" { (1..=plan.n_null).collect() } else { plan.seeds.clone() };
    let runs = seeds.iter().map(|seed| Judged::run(plan, variant, *seed)).collect::<Result<Vec<_>, _>>()?;
    Ok(claims::of(variant, &runs))
}

/// Runs a command to its end; its own error where it fails.
fn started(mut command: Command) -> Result<(), String> {
    let output =
        command.output().map_err(|e| format!("dlr could not be started (cargo build --release -p dlr): {e}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The rows of a table, as maps from column to cell.
fn table(text: &str) -> impl Iterator<Item = Row> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .filter_map(Result::ok)
        .collect::<Vec<Row>>()
        .into_iter()
}

/// From column to cell.
type Row = BTreeMap<String, String>;

#[cfg(test)]
mod tests {
    #[test]
    fn a_cell_may_hold_commas() {
        let rows: Vec<_> = super::table("ID,note,p\na,\"of the ring, 2 %\",0.5\n").collect();
        assert_eq!((rows[0]["note"].as_str(), rows[0]["p"].as_str()), ("of the ring, 2 %", "0.5"));
    }
}
