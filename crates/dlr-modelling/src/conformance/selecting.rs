//! Tables about selection and validation: RFE, mRMR, optimism, sample size.

use super::folder::Folder;
use crate::glm::{ClassWeight, Intercept, Loss, fit_l2};
use crate::selection::{MrmrParams, RfeEstimator, RfeParams, RfeStep, eliminate};
use crate::stats::anova_f;
use crate::validation::{optimism_of_samples, permutation_p, sample_size};
use dlr_core::conformance::{ReferenceJson, SuiteTable};
use dlr_core::{Code, Error, Result};
use std::collections::BTreeSet;

/// A margin below which the order of elimination is left to the rounding of the oracle.
const CLEAR_MARGIN: f64 = 1.005;

pub(super) fn rfe(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("rfe");
    let expected = folder.json("rfe.json")?;
    table.same("features", "rfe.json", expected.texts("/features")?.join(" "), folder.names.join(" "));
    for (key, estimator, c) in [
        ("logistic_l2_C1", RfeEstimator::Logistic, 1.0),
        ("linear_svc_sqhinge_C005_penalised_intercept", RfeEstimator::LinearSvm, 0.05),
    ] {
        for i in 0..expected.list(&format!("/{key}"))?.len() {
            one_run(&mut table, folder, (&expected, &format!("/{key}/{i}")), estimator, c)?;
        }
    }
    Ok(table)
}

fn one_run(
    table: &mut SuiteTable,
    folder: &Folder,
    (json, at): (&ReferenceJson, &str),
    estimator: RfeEstimator,
    c: f64,
) -> Result<()> {
    let key = |name: &str| format!("{at}/{name}");
    let step = json.number(&key("step"))?;
    let params = RfeParams {
        n_keep: json.number(&key("k"))? as usize,
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
    let n_rounds = json.list(&key("eliminated_order"))?.len();
    let margins = json.n_numbers(&key("margin_ratio"), n_rounds)?;
    let rounds =
        (0..n_rounds).map(|k| json.texts(&key(&format!("eliminated_order/{k}")))).collect::<Result<Vec<_>>>()?;
    let ranking_expected = json.n_numbers(&key("ranking_sklearn"), folder.names.len())?;
    table.same("rounds", &on, n_rounds, found.rounds.len());
    // A round whose margin is not clear may be decided by rounding. Where it was decided alike here, the order is compared
    // on; where not, from the round on in which the columns left are the same again.
    let (mut theirs, mut ours) = (BTreeSet::new(), BTreeSet::new());
    let mut alike = true;
    for (k, (round, margin)) in rounds.iter().zip(&margins).enumerate() {
        let Some(mine) = found.rounds.get(k) else { break };
        let removed: Vec<String> = mine.removed.iter().map(|j| folder.names[*j].clone()).collect();
        let same_columns_left = theirs == ours;
        theirs.extend(round.iter().cloned());
        ours.extend(removed.iter().cloned());
        if !same_columns_left || *margin <= CLEAR_MARGIN && *round != removed {
            alike = false;
            table.notes.push(format!("{on}: round {k} (margin {margin:.4}) was decided otherwise and is not compared"));
            continue;
        }
        table.same(&format!("round {k}"), &on, round.join(" "), removed.join(" "));
        // The oracle stops at a gradient, so its error is one of the weight, not of its share: it counts for more in the
        // square of a weight that is small beside the next (found: 5e-5 at a margin of 32).
        let tolerance = 1e-4 * margin.sqrt().max(1.0);
        table.compare(&format!("margin of round {k}"), &on, *margin, mine.margin_ratio, tolerance);
    }
    let kept: Vec<&str> = found.kept.iter().map(name).collect();
    let wanted = json.texts(&key("support"))?;
    table.same("support: how many", &on, params.n_keep, wanted.len());
    let n_shared = wanted.iter().filter(|w| kept.contains(&w.as_str())).count();
    let needed = if theirs == ours { wanted.len() } else { (wanted.len() * 8).div_ceil(10) };
    table.same(&format!("support: at least {needed} shared"), &on, true, n_shared >= needed);
    if alike {
        let ranking: Vec<f64> = found.ranking.iter().map(|r| *r as f64).collect();
        table.all_near("ranking", &on, &ranking_expected, &ranking, 0.0);
    }
    Ok(())
}

pub(super) fn mrmr(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("mrmr");
    let expected = folder.json("mrmr.json")?;
    for (j, f) in expected.n_numbers("/F", folder.names.len())?.iter().enumerate() {
        table.compare("F", &folder.names[j], *f, anova_f(folder.x.column(j), &folder.labels), 1e-10);
    }
    for key in ["mrmr_selection", "own"] {
        let wanted = expected.texts(&format!("/{key}"))?;
        let params = MrmrParams { n_keep: wanted.len(), ..MrmrParams::default() };
        let found = crate::selection::mrmr(&folder.x, &folder.labels, &params)?;
        let names: Vec<&str> = found.iter().map(|j| folder.names[*j].as_str()).collect();
        table.same("order", key, wanted.join(" "), names.join(" "));
    }
    Ok(table)
}

pub(super) fn optimism(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("optimism");
    let expected = folder.json("optimism.json")?;
    let indices = folder.csv_without_header("optimism_indices.csv")?;
    let samples: Vec<Vec<usize>> =
        indices.values.outer_iter().map(|row| row.iter().map(|i| *i as usize).collect()).collect();
    if samples.iter().flatten().any(|i| *i >= folder.labels.len()) || indices.values.iter().any(|v| v.is_nan()) {
        return Err(Error::new(Code::FileFormat, "`optimism_indices.csv` names rows that the training table lacks"));
    }
    table.same("rows drawn", "optimism_indices.csv", folder.labels.len(), samples.first().map_or(0, Vec::len));
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
        table.near(name, "L2 logistic, first 6 columns", expected.number(&format!("/{name}"))?, value, 1e-12);
    }
    Ok(table)
}

pub(super) fn misc(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("misc: sample size and permutation");
    let expected = folder.json("misc.json")?;
    for i in 0..expected.list("/pmsampsize_binary")?.len() {
        let of = |key: &str| expected.number(&format!("/pmsampsize_binary/{i}/{key}"));
        let (r2, parameters, prevalence) = (of("R2cs")?, of("parameters")?, of("prevalence")?);
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
            table.near(name, &on, of(name)?, value, 1e-12);
        }
    }
    let p = |key: &str| format!("/permutation_p/{key}");
    let found = permutation_p(expected.number(&p("obs"))?, &expected.numbers(&p("null"))?);
    table.near("permutation_p", "", expected.number(&p("p"))?, found, 1e-15);
    table.notes.push("conformal_lac is recomputed by the evaluation part of this suite".into());
    Ok(table)
}
