//! What every run must tell: figures with intervals, comparisons, subgroups, audits that fire and audits that do not,
//! explanations that add up, guideline tables whose evidence is there.

use crate::support::{Traps, experiment, json, run_in_folder, table};
use serde_json::Value;
use std::path::Path;

const LOGISTIC: &str = "{ stage = \"logistic\", class_weight = \"balanced\" }";

fn status(metrics: &Value, audit: &str) -> String {
    let status = &metrics["audits"][audit]["status"];
    status.as_str().unwrap_or_else(|| panic!("no audit `{audit}` in {}", metrics["audits"])).to_owned()
}

/// Every number that a setting must have, and the interval beside it.
fn check_setting(setting: &Value, name: &str) {
    let mut missing = Vec::new();
    for key in [
        "n",
        "n_positive",
        "prevalence",
        "auc",
        "auprc",
        "brier",
        "f1",
        "f1_macro",
        "f1_all_positive",
        "mcc",
        "sensitivity",
        "specificity",
        "ppv",
        "npv",
        "balanced_accuracy",
        "threshold",
    ] {
        if !setting[key].is_number() {
            missing.push(key.to_owned());
        }
    }
    for (key, of) in [
        ("auc_ci", "auc"),
        ("auc_ci_bca", "auc"),
        ("auprc_ci", "auprc"),
        ("brier_ci", "brier"),
        ("f1_ci", "f1"),
        ("f1_macro_ci", "f1_macro"),
        ("mcc_ci", "mcc"),
        ("sensitivity_ci", "sensitivity"),
        ("specificity_ci", "specificity"),
        ("ppv_ci", "ppv"),
        ("npv_ci", "npv"),
        ("balanced_accuracy_ci", "balanced_accuracy"),
    ] {
        let (low, high) = (setting[key][0].as_f64(), setting[key][1].as_f64());
        let value = setting[of].as_f64().unwrap_or(f64::NAN);
        if !(low.is_some_and(|low| low <= value) && high.is_some_and(|high| value <= high)) {
            missing.push(format!("{key} {} around {value}", setting[key]));
        }
    }
    for key in ["slope", "intercept", "ici", "ece", "brier"] {
        if !setting["calibration"][key].is_number() {
            missing.push(format!("calibration {key}"));
        }
        for method in ["platt", "isotonic"] {
            let after = &setting["calibration"]["recalibrated"][method];
            // Isotonic steps hold predictions of 0 and 1, for which the line may have no maximum.
            let may_be_absent = method == "isotonic" && ["slope", "intercept"].contains(&key);
            if !may_be_absent && !after[key].is_number() {
                missing.push(format!("calibration after {method}, {key}"));
            }
        }
    }
    if !setting["calibration"]["hosmer_lemeshow_legacy"]["p"].is_number() {
        missing.push("hosmer_lemeshow_legacy".into());
    }
    if !setting["conformal"]["coverage"].is_number() || !setting["out_of_distribution"]["share_unlike"].is_number() {
        missing.push("conformal or out_of_distribution".into());
    }
    assert!(missing.is_empty(), "{name}: {missing:?}");
}

#[test]
fn a_clean_run_tells_everything_and_no_audit_of_the_study_fires() {
    run_in_folder(&table(Traps::default()), &experiment(LOGISTIC), |finished, folder| {
        let metrics = json(folder, "metrics.json");
        for model in ["texture", "all"] {
            for setting in ["train_cv", "external"] {
                check_setting(&metrics["models"][model][setting], &format!("{model} {setting}"));
            }
        }
        // Nobody asked for it: volume alone is there in every run that knows a volume.
        assert!(metrics["baselines"]["volume"]["external"]["auc"].is_number());
        let comparisons = metrics["comparisons"].as_array().unwrap();
        assert_eq!(comparisons.len(), 6);
        assert!(
            comparisons
                .iter()
                .all(|c| c["p"].is_number() && c["p_adjusted"].is_number() && c["nri_legacy"].is_number())
        );
        subgroups(&metrics);
        for audit in ["centre-from-features", "centre-and-label", "centre-confounding", "duplicates", "post-baseline"] {
            assert_eq!(status(&metrics, audit), "pass", "{audit}: {}", metrics["audits"][audit]);
        }
        // A table has no images, and each of its patients one case: nothing to ask is not a pass.
        for audit in ["duplicate-images", "patient-labels"] {
            assert_eq!(status(&metrics, audit), "not-applicable", "{audit}: {}", metrics["audits"][audit]);
        }
        assert_eq!(status(&metrics, "restates-volume/texture"), "warn");
        assert_eq!(status(&metrics, "volume-baseline/texture"), "pass");
        assert_eq!(status(&metrics, "events-per-feature/texture"), "warn");
        for audit in ["too-good/texture", "permuted-labels/texture"] {
            assert!(metrics["audits"][audit]["sentence"].is_string(), "{audit}");
        }
        explanations(&metrics, "exact linear SHAP (interventional)");
        let shares = metrics["models"]["all"]["explanation"]["group_shares"].as_array().unwrap();
        let groups: Vec<&str> = shares.iter().map(|s| s["group"].as_str().unwrap()).collect();
        assert_eq!(groups, ["clinical", "t"]);
        guidelines(folder);
        figures(folder);
        assert_eq!(finished.outcome.judged.comparisons.len(), 6);
    });
}

fn subgroups(metrics: &Value) {
    let subgroups = metrics["subgroups"].as_array().unwrap();
    assert_eq!(subgroups.len(), 2 * 2 * 3);
    for s in subgroups.iter().filter(|s| s["setting"] == "train_cv") {
        assert!(s["interaction"]["p_holm"].is_number(), "{s}");
        assert!(s["comparisons"][0]["detectable_difference"].is_number(), "{s}");
        assert!(s["levels"].as_array().unwrap().iter().all(|l| l["auc_ci"][0].is_number()), "{s}");
        assert!(s["fairness"]["sensitivity_gap"].is_number(), "{s}");
    }
    // Outside, the strata are small: they are named and refused.
    let refused = |s: &Value| s["levels"].as_array().unwrap().iter().any(|l| l["refused"].is_string());
    assert!(subgroups.iter().filter(|s| s["setting"] == "external").any(refused));
    let age = subgroups.iter().find(|s| s["factor"] == "age").unwrap();
    assert_eq!(age["cut_from"], "training median");
}

fn explanations(metrics: &Value, method: &str) {
    let explanation = &metrics["models"]["texture"]["explanation"];
    assert_eq!(explanation["method"], method);
    let shares = explanation["group_shares"].as_array().unwrap();
    let total: f64 = shares.iter().map(|s| s["share"].as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-12);
}

/// An item counts as filled only with a place, and the place must be there.
fn guidelines(folder: &Path) {
    let tables = json(folder, "guidelines.json");
    let mut n_filled = 0;
    for (name, n_items) in [("CLEAR", 58), ("METRICS", 30), ("TRIPOD+AI", 52)] {
        let items = tables[name]["items"].as_array().unwrap();
        assert_eq!(items.len(), n_items);
        for item in items {
            if item["status"] == "filled" {
                n_filled += 1;
                let place = item["place"].as_str().unwrap();
                assert!(folder.join(place).is_file(), "{name} {}: no `{place}`", item["number"]);
                assert!(!item["answer"].as_str().unwrap().is_empty());
            }
        }
    }
    assert!(n_filled > 50, "{n_filled}");
    // This run had no images: nothing may be claimed of them.
    let clear = tables["CLEAR"]["items"].as_array().unwrap();
    for number in ["21", "22", "23", "24", "31"] {
        let item = clear.iter().find(|item| item["number"] == number).unwrap();
        assert_eq!(item["status"], "not-in-this-run", "{item}");
    }
    assert!(folder.join("guidelines.csv").is_file());
}

fn figures(folder: &Path) {
    for name in [
        "roc-train-cv",
        "precision-recall-external",
        "calibration-train-cv",
        "calibration-external",
        "decision-train-cv",
        "decision-external",
        "confusion-external",
        "subgroups-all-train-cv",
        "shap-beeswarm-all",
        "shap-bar-all",
        "shap-waterfall-all",
        "shap-dependence-all",
    ] {
        for extension in ["svg", "csv"] {
            assert!(folder.join(format!("figures/{name}.{extension}")).is_file(), "{name}.{extension}");
        }
    }
}

#[test]
fn every_audit_fires_on_what_it_is_for() {
    let traps = Traps { centre: true, duplicate: true, recurrence: true, ..Traps::default() };
    run_in_folder(&table(traps), &experiment(LOGISTIC), |_, folder| {
        let metrics = json(folder, "metrics.json");
        assert_eq!(status(&metrics, "centre-from-features"), "warn");
        assert_eq!(status(&metrics, "centre-and-label"), "fail");
        assert_eq!(status(&metrics, "centre-confounding"), "fail");
        assert_eq!(status(&metrics, "duplicates"), "fail");
        let pairs = metrics["audits"]["duplicates"]["details"].to_string();
        assert!(pairs.contains("P069 and P070"), "{pairs}");
        assert_eq!(status(&metrics, "post-baseline"), "fail");
        let html = std::fs::read_to_string(folder.join("report.html")).unwrap();
        assert!(html.contains("Audit failed, centre-confounding"));
    });
    let traps = Traps { only_volume: true, ..Traps::default() };
    run_in_folder(&table(traps), &experiment(LOGISTIC), |_, folder| {
        let metrics = json(folder, "metrics.json");
        assert_eq!(status(&metrics, "restates-volume/texture"), "fail");
        assert_ne!(status(&metrics, "volume-baseline/texture"), "pass");
    });
}

#[test]
fn a_model_without_a_form_is_explained_too() {
    let svm = "{ stage = \"svm\", kernel = \"rbf\" }";
    // A selection before it: the steps in front want columns that the model does not depend on.
    let file =
        experiment(svm).replace("{ stage = \"zscore\" }", "{ stage = \"zscore\" }, { stage = \"rfe\", n_keep = 9 }");
    run_in_folder(&table(Traps::default()), &file, |_, folder| {
        let metrics = json(folder, "metrics.json");
        // Nine columns are too many for every coalition; the error of sampling is told.
        explanations(&metrics, "permutation SHAP");
        let sampled = &metrics["models"]["all"]["explanation"];
        let error = sampled["relative_error"].as_f64().unwrap();
        assert!(error > 0.0 && error < 0.3, "{error}");
    });
}

#[test]
fn trees_are_explained_exactly_on_their_own_scale() {
    for (model, scale) in [
        ("{ stage = \"random-forest\", n_trees = 30 }", "probability"),
        ("{ stage = \"gradient-boosting\", n_trees = 30 }", "log odds"),
    ] {
        run_in_folder(&table(Traps::default()), &experiment(model), |_, folder| {
            let metrics = json(folder, "metrics.json");
            explanations(&metrics, "exact TreeSHAP (interventional)");
            assert_eq!(metrics["models"]["texture"]["explanation"]["scale"], scale);
            let svg = std::fs::read_to_string(folder.join("figures/shap-bar-texture.svg")).unwrap();
            assert!(svg.contains(&format!("mean |SHAP value| ({scale})")));
        });
    }
}

#[test]
fn the_other_conventions_and_interactions_can_be_asked_for() {
    let asked = "explain = \"all\"\nshap = { linear = \"correlation-dependent\", trees = \"path-dependent\", interactions = true }";
    let with = |model: &str| experiment(model).replace("explain = \"all\"", asked);
    let values = |finished: &dlr_experiment::Finished| {
        finished.outcome.model("texture").unwrap().explanation.as_ref().unwrap().attribution.values.clone()
    };
    let plain = run_in_folder(&table(Traps::default()), &experiment(LOGISTIC), |finished, _| values(finished));
    run_in_folder(&table(Traps::default()), &with(LOGISTIC), |finished, folder| {
        let metrics = json(folder, "metrics.json");
        explanations(&metrics, "linear SHAP (correlation-dependent)");
        assert!(metrics["models"]["texture"]["explanation"]["interactions"].is_null(), "a sum has none");
        assert!(values(finished).iter().zip(&plain).any(|(a, b)| (a - b).abs() > 1e-3), "the key makes a difference");
        let resolved = std::fs::read_to_string(folder.join("config.resolved.toml")).unwrap();
        assert!(resolved.contains("linear = \"correlation-dependent\""), "{resolved}");
    });
    let forest = "{ stage = \"random-forest\", n_trees = 20 }";
    let plain = run_in_folder(&table(Traps::default()), &experiment(forest), |finished, _| values(finished));
    run_in_folder(&table(Traps::default()), &with(forest), |finished, folder| {
        let metrics = json(folder, "metrics.json");
        explanations(&metrics, "exact TreeSHAP (path-dependent)");
        assert!(values(finished).iter().zip(&plain).any(|(a, b)| (a - b).abs() > 1e-3), "the key makes a difference");
        let pairs = metrics["models"]["texture"]["explanation"]["interactions"].as_array().unwrap().clone();
        let strengths: Vec<f64> = pairs.iter().map(|p| p["mean_absolute"].as_f64().unwrap()).collect();
        assert!(strengths.len() == 20 && strengths[0] > 0.0 && strengths.is_sorted_by(|a, b| a >= b), "{strengths:?}");
        // Contributions and interactions must add up to each prediction, or there would have been no run.
        let explanation = finished.outcome.model("texture").unwrap().explanation.as_ref().unwrap();
        assert!(explanation.interactions.len() > 20 && explanation.on_probability);
        assert!(folder.join("figures/shap-interactions-texture.csv").is_file());
    });
}

#[test]
fn an_unknown_convention_is_refused_where_the_file_is_read() {
    for (wrong, word) in [("{ linear = \"conditional\" }", "conditional"), ("{ tree = \"path-dependent\" }", "tree")] {
        let text = experiment(LOGISTIC).replace("explain = \"all\"", &format!("explain = \"all\"\nshap = {wrong}"));
        let error = dlr_experiment::ExperimentFile::parse(&text, &[]).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn an_elimination_is_told_round_by_round() {
    let steps = "{ stage = \"zscore\" }, { stage = \"rfe\", n_keep = 4 }";
    let file = experiment(LOGISTIC).replace("{ stage = \"zscore\" }", steps);
    run_in_folder(&table(Traps::default()), &file, |finished, folder| {
        let text = std::fs::read_to_string(folder.join("elimination.csv")).unwrap();
        assert_eq!(text.lines().next(), Some("model,removed,round,features_left,margin_ratio"));
        let of_texture: Vec<&str> = text.lines().filter(|line| line.starts_with("texture,")).collect();
        assert_eq!(of_texture.len(), 11 - 4);
        let kept = finished.outcome.model("texture").unwrap().fitted.selected();
        assert!(kept.iter().all(|name| !of_texture.iter().any(|line| line.contains(&format!(",{name},")))));
        let html = std::fs::read_to_string(folder.join("report.html")).unwrap();
        assert!(html.contains("Last rounds of the elimination: Texture") && html.contains("the closest round"));
    });
    run_in_folder(&table(Traps::default()), &experiment(LOGISTIC), |_, folder| {
        assert!(!folder.join("elimination.csv").exists());
    });
}

#[test]
fn a_model_that_asks_for_the_centre_runs_without_an_explanation() {
    for unseen in ["refuse", "unchanged"] {
        let steps = format!("{{ stage = \"combat\", unseen = \"{unseen}\" }}, {{ stage = \"zscore\" }}");
        let combat = experiment(LOGISTIC).replace("{ stage = \"zscore\" }", &steps);
        run_in_folder(&table(Traps::default()), &combat, |_, folder| {
            let metrics = json(folder, "metrics.json");
            assert!(metrics["models"]["texture"]["external"]["auc"].is_number(), "{unseen}");
        });
    }
}
