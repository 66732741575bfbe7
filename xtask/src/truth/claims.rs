//! What must hold of the runs of a variant: PROTOCOL 5.6, 5.7 and 5.9.

use super::Judged;

/// Prints a line per claim, and gives those that do not hold.
pub(super) struct Claims {
    of: String,
    failed: Vec<String>,
}

impl Claims {
    pub(super) fn new(of: String) -> Self {
        Claims { of, failed: Vec::new() }
    }

    pub(super) fn check(&mut self, what: &str, found: f64, holds: impl Fn(f64) -> bool) {
        let line = format!("{}: {what}: {found:.3}", self.of);
        println!("{} {line}", if holds(found) { "pass" } else { "FAIL" });
        if !holds(found) {
            self.failed.push(line);
        }
    }

    pub(super) fn failed(self) -> Vec<String> {
        self.failed
    }
}

/// The claims of a variant on its runs.
pub(super) fn of(variant: &str, runs: &[Judged]) -> Vec<String> {
    let mean = |value: &dyn Fn(&Judged) -> f64| runs.iter().map(value).sum::<f64>() / runs.len() as f64;
    let auc = |model: &str| mean(&|run| run.external.get(model).copied().unwrap_or(f64::NAN));
    let cv = |model: &str| mean(&|run| run.internal.get(model).copied().unwrap_or(f64::NAN));
    let oracle = |set: &str| mean(&|run| run.oracle.get(set).copied().unwrap_or(f64::NAN));
    let share = |model: &str, block: &str| {
        mean(&|run| run.shares.get(&(model.to_owned(), block.to_owned())).copied().unwrap_or(0.0))
    };
    let localised = |region: usize, what: &str| mean(&|run| run.localised(region, what));
    let alarm = |audit: &str| mean(&|run| f64::from(u8::from(run.alarms.iter().any(|name| name == audit))));
    let gain = |model: &str, over: &str| auc(model) - auc(over);
    let every = |share: f64| share == 1.0;
    let mut claims = Claims::new(format!("{variant}, mean of {} seeds", runs.len()));
    match variant {
        "main" | "main_weak" => {
            claims.check("intratumoral minus oracle, at most 0.03", auc("intra") - oracle("intra"), |d| d <= 0.03);
            claims.check("combined minus oracle, at most 0.03", auc("combined") - oracle("combined"), |d| d <= 0.03);
            claims.check("dlr minus oracle, at most 0.03", auc("dlr") - oracle("all"), |d| d <= 0.03);
            claims.check("oracle minus dlr, at most 0.08", oracle("all") - auc("dlr"), |d| d <= 0.08);
            claims.check("combined minus intratumoral, at least 0.03", gain("combined", "intra"), |d| d >= 0.03);
            claims.check("stacked dlr minus combined, at least 0.02", gain("dlr", "combined"), |d| d >= 0.02);
            claims.check("SHAP share of the ring in combined, above 0.15", share("combined", "peri"), |s| s > 0.15);
            claims.check("SHAP share of deep features in dlr, above 0.15", share("dlr", "deep"), |s| s > 0.15);
            let textures = mean(&|run| first_ring_features(run).filter(|name| is_texture(name)).count() as f64);
            claims.check("textures among the first ten ring features of combined, at least 1", textures, |n| n >= 1.0);
            let outlines = mean(&|run| first_half(run).filter(|name| name.contains("Sphericity")).count() as f64);
            claims.check("sphericity, which tells nothing, in the first half of combined", outlines, |n| n == 0.0);
            claims.check("maps, enrichment in tumour and oedema, above 2", localised(1, "enrichment"), |e| e > 2.0);
            claims.check("maps, kappa in tumour and oedema, above 0.15", localised(1, "kappa"), |k| k > 0.15);
            claims.check("maps, kappa with the context, above 0.3", localised(2, "kappa"), |k| k > 0.3);
            let random = localised(1, "enrichment_randomised");
            claims.check("maps of random weights, enrichment 1 +- 0.3", random, |e| (e - 1.0).abs() <= 0.3);
            let outside = alarm("maps-outside-body");
            claims.check("runs whose audit says that maps look outside the body", outside, |share| share == 0.0);
        }
        "null" => {
            for model in ["intra", "combined", "dlr", "dlr-paper"] {
                claims.check(&format!("{model}, 0.5 +- 0.03"), auc(model), |a| (a - 0.5).abs() <= 0.03);
            }
            let told = localised(1, "enrichment_auc");
            claims.check("label told by where maps look, 0.5 +- 0.05", told, |a| (a - 0.5).abs() <= 0.05);
        }
        "intra_only" => {
            claims.check("combined minus intratumoral, at most 0.02", gain("combined", "intra"), |d| d <= 0.02);
            claims.check("dlr minus intratumoral, at most 0.02", gain("dlr", "intra"), |d| d <= 0.02);
            claims.check("SHAP share of the ring in combined, below a half", share("combined", "peri"), |s| s < 0.5);
        }
        "peri_only" => {
            claims.check("intratumoral, 0.5 +- 0.08", auc("intra"), |a| (a - 0.5).abs() <= 0.08);
            claims.check("combined minus intratumoral, at least 0.1", gain("combined", "intra"), |d| d >= 0.1);
            claims.check("SHAP share of the ring in combined, above a half", share("combined", "peri"), |s| s > 0.5);
        }
        "size_confound" => {
            claims.check("combined minus volume alone, at most 0.02", gain("combined", "volume"), |d| d <= 0.02);
            claims.check("dlr minus volume alone, at most 0.02", gain("dlr", "volume"), |d| d <= 0.02);
            claims.check("runs whose audit says volume does as well", alarm("volume-baseline/combined"), every);
        }
        "scanner_trap" => {
            claims.check("dlr, cross-validated minus external, at least 0.1", cv("dlr") - auc("dlr"), |d| d >= 0.1);
            let loses = alarm("external-drop/dlr");
            claims.check("runs whose audit says that dlr loses outside, at least a half", loses, |share| share >= 0.5);
            for audit in ["centre-from-features", "centre-and-label", "centre-confounding"] {
                claims.check(&format!("runs in which the audit {audit} fires"), alarm(audit), every);
            }
        }
        "marker_trap" => {
            claims.check("dlr, cross-validated minus external, at least 0.1", cv("dlr") - auc("dlr"), |d| d >= 0.1);
            let loses = alarm("external-drop/dlr");
            claims.check("runs whose audit says that dlr loses outside, at least a half", loses, |share| share >= 0.5);
            let outside = alarm("maps-outside-body");
            claims.check("runs whose audit says that maps look outside the body", outside, every);
            claims
                .check("maps, enrichment in the corner of the mark, above 5", localised(3, "enrichment"), |e| e > 5.0);
            claims.check("maps, enrichment in tumour and oedema, below 1", localised(1, "enrichment"), |e| e < 1.0);
        }
        "duplicate_trap" => {
            let of = |name: &str| name == "duplicates" || name == "patient-labels";
            let n_alarms = mean(&|run| run.alarms.iter().filter(|name| of(name)).count() as f64);
            claims.check("series of one patient stay on one side: no alarm of pairs", n_alarms, |n| n == 0.0);
        }
        _ => {}
    }
    claims.failed()
}

fn first_ring_features(run: &Judged) -> impl Iterator<Item = &String> {
    run.shown.iter().filter(|name| name.starts_with("peri_")).take(10)
}

fn first_half(run: &Judged) -> impl Iterator<Item = &String> {
    run.shown.iter().take(run.shown.len() / 2)
}

fn is_texture(name: &str) -> bool {
    ["_glcm_", "_glrlm_", "_glszm_", "_gldm_", "_ngtdm_", "Skewness", "Variance", "Range"]
        .iter()
        .any(|of| name.contains(of))
}
