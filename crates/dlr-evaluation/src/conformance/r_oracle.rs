//! `r_oracle.json`: what R alone says (pROC, rms, glm, prop.test, binom.test, mcnemar.test, p.adjust).

use super::input::{Folder, all_near, lacks, near};
use crate::{
    Confusion, IntervalKind, auc, brier, calibration_curve, calibration_line, clopper_pearson, delong, delong_unpaired,
    holm, interaction_test, mcnemar, wilson, youden,
};
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;

// R's files have 15 digits.
const TIGHT: f64 = 1e-12;
const CLOSE: f64 = 1e-9;

pub(super) fn r_oracle(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("r_oracle: evaluation");
    let t = &mut table;
    let json = folder.json("r_oracle.json")?;
    let (y, s, p) = (&folder.labels, &folder.s, &folder.prob);

    let areas = delong(&[&s[0], &s[1], &s[2]], y)?;
    all_near(t, "pROC auc", &json.numbers("/delong/auc")?, &areas.auc, TIGHT);
    all_near(t, "pROC variance", &json.numbers("/delong/var")?, &areas.covariance.diag().to_vec(), TIGHT);
    near(t, "pROC covariance", json.number("/delong/cov12")?, areas.covariance[[0, 1]], TIGHT);
    for (i, name) in ["ci1", "ci2"].iter().enumerate() {
        let plain = areas.interval_of_kind(i, 0.95, IntervalKind::DelongPlain);
        all_near(t, name, &json.numbers(&format!("/delong/{name}"))?, &[plain.low, areas.auc[i], plain.high], TIGHT);
    }
    for (name, second) in [("paired12", 1), ("paired13", 2)] {
        let test = areas.paired_test(0, second, 0.95);
        near(t, &format!("{name} z"), json.number(&format!("/delong/{name}/statistic"))?, test.statistic, TIGHT);
        near(t, &format!("{name} p"), json.number(&format!("/delong/{name}/p"))?, test.p, TIGHT);
    }
    let of_sex = |wanted: &str| -> (Vec<f64>, Vec<bool>) {
        (0..y.len()).filter(|i| folder.sex[*i] == wanted).map(|i| (s[0][i], y[i])).unzip()
    };
    let ((s1, y1), (s0, y0)) = (of_sex("1"), of_sex("0"));
    let test = delong_unpaired((&s1, &y1), (&s0, &y0))?;
    let unpaired = |part: &str| json.number(&format!("/delong/unpaired_sex1_vs_sex0/{part}"));
    near(t, "unpaired t", unpaired("statistic")?, test.statistic, TIGHT);
    near(t, "unpaired p", unpaired("p")?, test.p, TIGHT);
    // A number of any size, of which R's file has 15 digits.
    t.compare("unpaired df", "r_oracle", unpaired("df")?, test.df.unwrap_or(f64::NAN), TIGHT);

    // pROC cuts halfway between scores; what can be compared is what the cut achieves.
    let best = Confusion::at(&s[0], y, youden(&s[0], y)?)?;
    let index = json.number("/youden_pROC/sensitivity")? + json.number("/youden_pROC/specificity")?;
    near(t, "Youden index", index, best.sensitivity() + best.specificity(), TIGHT);

    let line = calibration_line(p, y)?;
    near(t, "glm slope", json.number("/calibration/slope")?, line.slope, CLOSE);
    near(t, "glm intercept", json.number("/calibration/intercept")?, line.intercept, CLOSE);
    near(t, "glm in the large", json.number("/calibration/citl")?, line.in_the_large, CLOSE);
    all_near(t, "glm se", &json.numbers("/calibration/se")?, &[line.intercept_se, line.slope_se], CLOSE);
    // rms counts concordance on probabilities in bins of 1/5000 (the `ftable` of its lrm.fit), as the exact area shows where
    // two cases share a bin: 0.745709 of 130 cases, 0.745995 by rms.
    let binned: Vec<f64> = p.iter().map(|p| (p * 5000.0).floor()).collect();
    near(t, "val.prob C", json.number("/val_prob/C (ROC)")?, auc(&binned, y)?, TIGHT);
    near(t, "val.prob Brier", json.number("/val_prob/Brier")?, brier(p, y)?, TIGHT);
    // The oracle is the less exact one: lrm, inside val.prob, stops at a step of Newton's method before the last (its slope
    // is the fifth iterate from the prevalence here, the fourth elsewhere, off by 2e-12 and 1.1e-8). glm goes on to 1e-14
    // and is held to 1e-9 above; here a thousandth of the standard error tells whether it is the same line.
    near(t, "val.prob slope", json.number("/val_prob/Slope")?, line.slope, 1e-3 * line.slope_se);
    near(t, "val.prob intercept", json.number("/val_prob/Intercept")?, line.intercept, 1e-3 * line.intercept_se);
    near(t, "val.prob Eavg", json.number("/val_prob/Eavg")?, calibration_curve(p, y)?.ici, 1e-2);

    let sex: Vec<Option<String>> = folder.sex.iter().cloned().map(Some).collect();
    let test = interaction_test(&sex, p, y)?;
    near(t, "interaction deviance", json.number("/interaction_lrt/deviance")?, test.chi_squared, CLOSE);
    near(t, "interaction p", json.number("/interaction_lrt/p")?, test.p, CLOSE);

    let (k, n) = (json.number("/binom_ci/k")? as usize, json.number("/binom_ci/n")? as usize);
    for (name, found) in [("clopper_pearson", clopper_pearson(k, n, 0.95)?), ("wilson", wilson(k, n, 0.95)?)] {
        all_near(t, name, &json.numbers(&format!("/binom_ci/{name}"))?, &[found.low, found.high], TIGHT);
    }
    let calls = |scores: &[f64]| scores.iter().map(|s| *s >= 0.5).collect::<Vec<_>>();
    let test = mcnemar(&calls(&s[0]), &calls(&s[1]))?;
    near(t, "McNemar first only", json.number("/mcnemar/c")?, test.first_only as f64, 0.0);
    near(t, "McNemar second only", json.number("/mcnemar/b")?, test.second_only as f64, 0.0);
    near(t, "McNemar p", json.number("/mcnemar/p")?, test.p, TIGHT);

    let rows = folder.rows("pvalues.csv")?;
    let raw =
        rows.iter().skip(1).map(|r| r.last().and_then(|c| c.parse().ok()).ok_or_else(|| lacks("pvalues.csv", "p")));
    let found = holm(&raw.collect::<Result<Vec<f64>>>()?);
    all_near(t, "Holm", &json.numbers("/padjust/holm")?, &found, TIGHT);
    t.notes.push("glmnet, sva, psych and wilcox.test are recomputed with the modelling part".into());
    Ok(table)
}
