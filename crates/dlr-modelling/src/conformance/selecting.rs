//! Tables about selection and validation: RFE, mRMR, optimism, sample size.

use super::folder::{Folder, number, numbers, strings};
use super::{absolute, all, same};
use crate::glm::{ClassWeight, Intercept, Loss, fit_l2};
use crate::selection::{MrmrParams, RfeEstimator, RfeParams, RfeStep, eliminate};
use crate::stats::anova_f;
use crate::validation::{optimism_of_samples, permutation_p, sample_size};
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use serde_json::Value;

/// A margin below which the order of elimination is left to the rounding of the oracle.
const CLEAR_MARGIN: f64 = 1.005;

pub(super) fn rfe(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("rfe");
    let expected = folder.json("rfe.json")?;
    for (key, estimator, c) in [
        ("logistic_l2_C1", RfeEstimator::Logistic, 1.0),
        ("linear_svc_sqhinge_C005_penalised_intercept", RfeEstimator::LinearSvm, 0.05),
    ] {
        for run in expected[key].as_array().into_iter().flatten() {
            one_run(&mut table, folder, run, estimator, c)?;
        }
    }
    Ok(table)
}

fn one_run(table: &mut SuiteTable, folder: &Folder, run: &Value, estimator: RfeEstimator, c: f64) -> Result<()> {
    let step = number(&run["step"]);
    let params = RfeParams {
        n_keep: number(&run["k"]) as usize,
        step: if step < 1.0 { RfeStep::Share(step) } else { RfeStep::Count(step as usize) },
        fine_below: 0,
        estimator,
        c,
        class_weight: ClassWeight::None,
        ..RfeParams::default()
    };
    let on = format!("{estimator:?} step {step}");
    let found = eliminate(&folder.x, &folder.labels, &params, 0)?;
    let name = |j: &usize| folder.names[*j].as_str();
    let margins = numbers(&run["margin_ratio"]);
    let rounds = run["eliminated_order"].as_array().map(Vec::as_slice).unwrap_or_default();
    same(table, "rounds", &on, rounds.len(), found.rounds.len());
    // Once chance has decided a round, later rounds may differ with reason: from there on only the support counts.
    let mut clear = true;
    for (k, (round, margin)) in rounds.iter().zip(&margins).enumerate() {
        clear &= *margin > CLEAR_MARGIN;
        if !clear {
            table.notes.push(format!("{on}: from round {k} on (margin {margin:.4}) the order is not compared"));
            break;
        }
        let Some(mine) = found.rounds.get(k) else { break };
        let removed: Vec<&str> = mine.removed.iter().map(name).collect();
        same(table, &format!("round {k}"), &on, strings(round).join(" "), removed.join(" "));
        table.compare(&format!("margin of round {k}"), &on, *margin, mine.margin_ratio, 1e-4);
    }
    let kept: Vec<&str> = found.kept.iter().map(name).collect();
    let wanted = strings(&run["support"]);
    let n_shared = wanted.iter().filter(|w| kept.contains(&w.as_str())).count();
    let needed = if clear { wanted.len() } else { (wanted.len() * 8).div_ceil(10) };
    same(table, &format!("support: at least {needed} shared"), &on, true, n_shared >= needed);
    if clear {
        let ranking: Vec<f64> = found.ranking.iter().map(|r| *r as f64).collect();
        all(table, "ranking", &on, &numbers(&run["ranking_sklearn"]), &ranking, 0.0);
    }
    Ok(())
}

pub(super) fn mrmr(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("mrmr");
    let expected = folder.json("mrmr.json")?;
    for (j, f) in numbers(&expected["F"]).iter().enumerate() {
        table.compare("F", &folder.names[j], *f, anova_f(folder.x.column(j), &folder.labels), 1e-10);
    }
    for key in ["mrmr_selection", "own"] {
        let wanted = strings(&expected[key]);
        let params = MrmrParams { n_keep: wanted.len(), ..MrmrParams::default() };
        let found = crate::selection::mrmr(&folder.x, &folder.labels, &params)?;
        let names: Vec<&str> = found.iter().map(|j| folder.names[*j].as_str()).collect();
        same(&mut table, "order", key, wanted.join(" "), names.join(" "));
    }
    Ok(table)
}

pub(super) fn optimism(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("optimism");
    let expected = folder.json("optimism.json")?;
    let indices = folder.csv_without_header("optimism_indices.csv")?;
    let samples: Vec<Vec<usize>> =
        indices.values.outer_iter().map(|row| row.iter().map(|i| *i as usize).collect()).collect();
    let x = folder.x.select(&(0..6.min(folder.x.n_columns())).collect::<Vec<_>>());
    let found = optimism_of_samples(&folder.labels, &samples, |rows| {
        let labels: Vec<bool> = rows.iter().map(|i| folder.labels[*i]).collect();
        let ones = vec![1.0; rows.len()];
        let fit = fit_l2(&x.rows(rows), &labels, &ones, Loss::Logistic, Intercept::Free)?;
        Ok(x.margins(fit.intercept, &fit.weights))
    })?;
    for (name, value) in [
        ("apparent", found.apparent),
        ("mean_optimism", found.mean_optimism),
        ("corrected", found.corrected),
        ("oob_mean", found.out_of_bag),
        ("auc632", found.auc_632),
        ("R", found.overfitting),
        ("auc632plus", found.auc_632_plus),
    ] {
        absolute(&mut table, name, "L2 logistic, first 6 columns", number(&expected[name]), value, 1e-10);
    }
    Ok(table)
}

pub(super) fn misc(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("misc: sample size and permutation");
    let expected = folder.json("misc.json")?;
    for case in expected["pmsampsize_binary"].as_array().into_iter().flatten() {
        let [r2, parameters, prevalence] = ["R2cs", "parameters", "prevalence"].map(|key| number(&case[key]));
        let on = format!("R2 {r2}, {parameters} parameters, prevalence {prevalence}");
        let found = sample_size(r2, parameters, prevalence, 0.9)?;
        for (name, value) in [
            ("n1", found.n_shrinkage),
            ("n2", found.n_optimism),
            ("n3", found.n_prevalence),
            ("n", found.n),
            ("events", found.events),
            ("epp", found.events_per_parameter),
            ("max_R2cs", found.max_r2),
        ] {
            absolute(&mut table, name, &on, number(&case[name]), value, 1e-9);
        }
    }
    let p = &expected["permutation_p"];
    let found = permutation_p(number(&p["obs"]), &numbers(&p["null"]));
    absolute(&mut table, "permutation_p", "", number(&p["p"]), found, 1e-15);
    table.notes.push("conformal_lac is recomputed by the evaluation part of this suite".into());
    Ok(table)
}
