//! The null test with the sizes of the study: 200 pure-noise tables and 200 permutations of one table's labels through the
//! whole pipeline, a permutation test of each noise table, a planted leak and a planted signal.
//!
//! `null_test [N]` runs it on N tables (200 without). Exit status 1 where a gate fails. Figures: docs/benchmarks/null-test.md.

#[path = "../../crates/dlr-modelling/tests/support/null.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod null;

use dlr_core::Result;
use null::{Design, Gate, p_values, study};

const STUDY: Design =
    Design { n_train: 129, n_train_positive: 80, n_external: 74, n_external_positive: 43, n_features: 3000 };

/// CPU seconds of this process (user and system), from the kernel, in ticks of a hundredth.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|k| fields.get(*k)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn main() -> Result<()> {
    let n: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200);
    let mut failures = 0;
    let mut start = cpu();
    let mut say = |name: &str, passed: bool, found: String| {
        println!("{} {name}: {found}; {:.0} CPU s", if passed { "pass" } else { "FAIL" }, cpu() - start);
        start = cpu();
        failures += usize::from(!passed);
    };
    let gate = |g: &Gate| {
        format!(
            "mean external AUC {:.4} (sd {:.4}) of {}, allowed 0.5 ± {:.4}",
            g.mean(),
            g.sd(),
            g.areas.len(),
            g.allowed
        )
    };

    let noise = Gate::of(&STUDY, n, 1, |seed| study(&STUDY, 0.0, seed))?;
    say("noise", noise.holds(), gate(&noise));
    let real = study(&STUDY, 0.8, 2)?;
    let permuted = Gate::of(&STUDY, n, 3, |seed| Ok(real.with_permuted_labels(seed)))?;
    say("permuted labels", permuted.holds(), gate(&permuted));

    let n_controls = (n / 10).max(2);
    let leak = Gate::of(&STUDY, n_controls, 4, |seed| study(&STUDY, 0.0, seed)?.selected_before_the_split(seed))?;
    say("a planted leak must fail the gate", !leak.holds(), gate(&leak));
    let signal = Gate::of(&STUDY, n_controls, 5, |seed| study(&STUDY, 0.8, seed))?;
    say("a planted signal must be found", !signal.holds() && signal.mean() > 0.7, gate(&signal));
    let found = p_values(n_controls, 2, 6, |seed| study(&STUDY, 0.8, seed))?;
    let n_found = found.iter().filter(|p| **p <= 0.05).count();
    say(
        "p of the planted signal",
        10 * n_found >= 9 * n_controls,
        format!("{n_found} of {n_controls} at or below 0.05"),
    );

    let p = p_values(n, 2, 7, |seed| study(&STUDY, 0.0, seed))?;
    let n_small = p.iter().filter(|p| **p <= 0.05).count();
    // Two standard deviations of a binomial with 0.05: 4 to 16 of 200.
    let expected = 0.05 * n as f64;
    let spread = 2.0 * (expected * 0.95).sqrt();
    let fair = (n_small as f64 - expected).abs() <= spread;
    say(
        "p of noise",
        fair,
        format!(
            "{n_small} of {n} at or below 0.05, allowed {:.0} to {:.0}",
            (expected - spread).ceil(),
            (expected + spread).floor()
        ),
    );
    std::process::exit(i32::from(failures > 0));
}
