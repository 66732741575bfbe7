//! What resampling adds to a run: sample size always, optimism and a learning curve where the file asks for them.

use crate::support::{Traps, experiment, json, run_in_folder, table};
use dlr_core::derive_seed;
use dlr_experiment::Finished;
use dlr_modelling::validation::bootstrap_optimism;
use std::path::Path;

const MODEL: &str = "{ stage = \"logistic\" }";

/// With a selection, and all that resampling can be asked for.
fn asked() -> String {
    experiment(MODEL)
        .replace("permutations = 4", "optimism = 15\nlearning_curve = [0.4, 1.0]")
        .replace("{ stage = \"zscore\" }", "{ stage = \"zscore\" }, { stage = \"rfe\", n_keep = 4 }")
}

fn with_threads<T: Send>(n: usize, look: impl Fn(&Finished, &Path) -> T + Sync) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    pool.install(|| run_in_folder(&table(Traps::default()), &asked(), |finished, folder| look(finished, folder)))
}

#[test]
fn a_run_that_asks_for_it_tells_optimism_and_learning_curve() {
    let text = with_threads(2, |finished, folder| {
        let metrics = json(folder, "metrics.json");
        for model in &finished.outcome.models {
            let name = &model.planned.section.name;
            let told = &metrics["models"][name];
            // No other than the plain function on the same table, model and seed.
            let (train, _) = model.planned.data.split_roles().unwrap();
            let seed = derive_seed(finished.outcome.file.seed, u64::MAX - 1);
            let expected = bootstrap_optimism(model.planned.model.as_ref(), &train, 15, seed).unwrap();
            for (key, value) in [
                ("apparent", expected.apparent),
                ("mean_optimism", expected.mean_optimism),
                ("corrected", expected.corrected),
                ("out_of_bag", expected.out_of_bag),
                ("auc_632_plus", expected.auc_632_plus),
            ] {
                assert_eq!(told["optimism"][key].as_f64(), Some(value), "{name} {key}");
            }
            assert_eq!(told["optimism"]["n_samples"], 15);
            let curve = told["learning_curve"].as_array().unwrap();
            assert_eq!(curve.len(), 2);
            assert_eq!(curve[1]["auc_within_folds"], told["train_cv"]["auc_within_folds"], "a share of 1 is the run");
            assert!(curve[0]["n_patients"].as_f64() < curve[1]["n_patients"].as_f64());
        }
        assert!(metrics["baselines"]["volume"]["optimism"].is_null(), "not asked of baselines");
        let html = std::fs::read_to_string(folder.join("report.html")).unwrap();
        assert!(html.contains("Bootstrap optimism of the AUC") && html.contains("Fitted anew in 15 bootstrap samples"));
        for file in ["figures/learning.svg", "figures/learning.csv"] {
            assert!(folder.join(file).is_file(), "{file}");
        }
        std::fs::read_to_string(folder.join("metrics.json")).unwrap()
    });
    let on_one = with_threads(1, |_, folder| std::fs::read_to_string(folder.join("metrics.json")).unwrap());
    assert_eq!(text, on_one, "the same bits for any number of threads");
}

#[test]
fn the_number_of_patients_is_judged_in_every_run() {
    run_in_folder(&table(Traps::default()), &experiment(MODEL), |_, folder| {
        let metrics = json(folder, "metrics.json");
        let told = &metrics["models"]["texture"];
        assert!(told["optimism"].is_null() && told["learning_curve"].is_null(), "off unless asked for");
        let check = &told["sample_size"];
        assert_eq!((check["n_patients"].as_u64(), check["n_candidates"].as_u64()), (Some(60), Some(11)));
        // pmsampsize: a Nagelkerke R2 of 0.15 at this prevalence.
        let prevalence = check["prevalence"].as_f64().unwrap();
        let r2 = 0.15 * (1.0 - (prevalence.powf(prevalence) * (1.0 - prevalence).powf(1.0 - prevalence)).powi(2));
        let needed = dlr_modelling::validation::sample_size(r2, 11.0, prevalence, 0.9).unwrap();
        assert_eq!(check["needed"]["n"].as_f64(), Some(needed.n));
        let audit = &metrics["audits"]["sample-size/texture"];
        assert_eq!(audit["status"], "warn", "{audit}");
        let clear = json(folder, "guidelines.json");
        let item = clear["CLEAR"]["items"].as_array().unwrap().iter().find(|i| i["number"] == "9").unwrap().clone();
        assert_eq!(item["status"], "filled", "{item}");
    });
}
