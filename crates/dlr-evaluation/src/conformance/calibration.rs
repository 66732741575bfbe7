//! `calibration.json` and the evaluation part of `misc.json`: calibration, decision curve, NRI and IDI, conformal sets.

use super::input::{Folder, all_near, lacks, near};
use crate::calibration::Isotonic;
use crate::conformal::{Conformal, conformal_quantile, nonconformity_of};
use crate::{
    brier, calibration_curve, calibration_line, decision_curve, expected_calibration_error, hosmer_lemeshow, log_loss,
    reclassification,
};
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;

const TIGHT: f64 = 1e-12;
const CLOSE: f64 = 1e-9;

pub(super) fn calibration(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("calibration");
    let t = &mut table;
    let json = folder.json("calibration.json")?;
    let (p, y) = (&folder.prob, &folder.labels);
    let prevalence = y.iter().filter(|l| **l).count() as f64 / y.len() as f64;
    let squared = brier(p, y)?;
    near(t, "brier", json.number("/brier")?, squared, TIGHT);
    near(t, "brier scaled", json.number("/brier_scaled")?, 1.0 - squared / (prevalence * (1.0 - prevalence)), TIGHT);
    near(t, "log loss", json.number("/logloss")?, log_loss(p, y)?, CLOSE);
    let line = calibration_line(p, y)?;
    near(t, "slope", json.number("/slope")?, line.slope, CLOSE);
    near(t, "intercept", json.number("/intercept")?, line.intercept, CLOSE);
    near(t, "in the large", json.number("/citl")?, line.in_the_large, CLOSE);
    all_near(t, "standard errors", &json.numbers("/se")?, &[line.intercept_se, line.slope_se], CLOSE);
    let hl = hosmer_lemeshow(p, y, 10)?;
    near(t, "Hosmer-Lemeshow chi2", json.number("/hosmer_lemeshow/chi2")?, hl.chi_squared, CLOSE);
    near(t, "Hosmer-Lemeshow p", json.number("/hosmer_lemeshow/p")?, hl.p, CLOSE);
    let curve = calibration_curve(p, y)?;
    for (name, found) in [("ICI", curve.ici), ("E50", curve.e50), ("E90", curve.e90), ("Emax", curve.emax)] {
        near(t, name, json.number(&format!("/lowess/{name}"))?, found, CLOSE);
    }
    near(t, "ECE", json.number("/ece10")?, expected_calibration_error(p, y, 10)?, CLOSE);

    let train = folder.json("discrimination.json")?;
    let train_labels: Vec<bool> = train.numbers("/youden_train/train_y")?.iter().map(|y| *y == 1.0).collect();
    let isotonic = Isotonic::fit_to(&train.numbers("/youden_train/train_scores")?, &train_labels)?;
    all_near(t, "isotonic x", &json.numbers("/isotonic/x")?, &isotonic.x, CLOSE);
    all_near(t, "isotonic y", &json.numbers("/isotonic/y")?, &isotonic.y, CLOSE);
    let found: Vec<f64> = folder.s[0].iter().map(|s| isotonic.value(*s)).collect();
    all_near(t, "isotonic prediction", &json.numbers("/isotonic/pred_test")?, &found, CLOSE);

    let thresholds = json.numbers("/dca/threshold")?;
    let curve = decision_curve(p, y, &thresholds)?;
    all_near(t, "net benefit", &json.numbers("/dca/model")?, &curve.model, TIGHT);
    all_near(t, "net benefit, dcurves", &json.numbers("/dca/dcurves_model")?, &curve.model, TIGHT);
    all_near(t, "net benefit of all", &json.numbers("/dca/treat_all")?, &curve.treat_all, TIGHT);
    let moves = reclassification(&json.numbers("/nri_idi/old_prob")?, p, y)?;
    near(t, "NRI of events", json.number("/nri_idi/nri_continuous_events")?, moves.nri_events, TIGHT);
    near(t, "NRI of non-events", json.number("/nri_idi/nri_continuous_nonevents")?, moves.nri_nonevents, TIGHT);
    near(t, "IDI", json.number("/nri_idi/idi")?, moves.idi, TIGHT);
    Ok(table)
}

pub(super) fn misc(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("misc: conformal");
    let t = &mut table;
    let json = folder.json("misc.json")?;
    let train = folder.json("discrimination.json")?;
    let labels: Vec<bool> = train.numbers("/youden_train/train_y")?.iter().map(|y| *y == 1.0).collect();
    let scores = nonconformity_of(&train.numbers("/youden_train/train_scores")?, &labels, None);
    let largest = scores.iter().copied().fold(f64::MIN, f64::max);
    // The reference takes the largest score where there are too few; ours is then infinite, which keeps the guarantee.
    let quantile = |alpha: f64| conformal_quantile(&scores, alpha).map(|q| q.min(largest));
    for alpha in json.keys("/conformal_lac/quantiles")? {
        let level: f64 = alpha.parse().map_err(|_| lacks("misc.json", "a number as key of the quantiles"))?;
        near(
            t,
            &format!("quantile {alpha}"),
            json.number(&format!("/conformal_lac/quantiles/{alpha}"))?,
            quantile(level)?,
            TIGHT,
        );
    }
    let q = quantile(0.1)?;
    let rule = Conformal { alpha: 0.1, quantile_negative: q, quantile_positive: q };
    let n_sets = json.list("/conformal_lac/sets_test_alpha01")?.len();
    near(t, "sets: how many", n_sets as f64, folder.s[0].len() as f64, 0.0);
    for (i, score) in folder.s[0].iter().enumerate().take(n_sets) {
        let set = rule.set(*score);
        let found = [f64::from(u8::from(set.negative)), f64::from(u8::from(set.positive))];
        let expected = json.numbers(&format!("/conformal_lac/sets_test_alpha01/{i}"))?;
        all_near(t, &format!("set {i}"), &expected, &found, 0.0);
    }
    t.notes.push("sample size and permutation p are recomputed with the modelling part".into());
    Ok(table)
}
