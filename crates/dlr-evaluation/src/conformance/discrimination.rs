//! `discrimination.json` and `bootstrap_indices.csv`: areas, DeLong, thresholds, rates and their intervals, resamples.

use super::input::{Folder, all_near, lacks, near};
use crate::bootstrap::percentile_interval;
use crate::quantile::mean_sd;
use crate::{
    Confusion, IntervalKind, auc, average_precision, clopper_pearson, delong, hanley_mcneil_variance, resampled_auc,
    roc_curve, wilson, youden,
};
use dlr_core::Result;
use dlr_core::conformance::{ReferenceJson, SuiteTable};

const TIGHT: f64 = 1e-12;

pub(super) fn discrimination(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("discrimination");
    let t = &mut table;
    let json = folder.json("discrimination.json")?;
    let (labels, s) = (&folder.labels, &folder.s);

    let curve = roc_curve(&s[0], labels)?;
    all_near(t, "roc fpr", &json.numbers("/roc/fpr")?, &curve.fpr, TIGHT);
    all_near(t, "roc tpr", &json.numbers("/roc/tpr")?, &curve.tpr, TIGHT);
    all_near(t, "roc thresholds", &json.numbers("/roc/thresholds")?, &curve.threshold, 0.0);
    for (i, expected) in json.n_numbers("/auc", 3)?.into_iter().enumerate() {
        near(t, &format!("auc s{}", i + 1), expected, auc(&s[i], labels)?, TIGHT);
    }
    near(t, "average precision", json.number("/average_precision")?, average_precision(&s[0], labels)?, TIGHT);

    let areas = delong(&[&s[0], &s[1], &s[2]], labels)?;
    all_near(t, "DeLong auc", &json.numbers("/delong_own/auc")?, &areas.auc, TIGHT);
    for i in 0..3 {
        let row = areas.covariance.row(i).to_vec();
        all_near(t, &format!("DeLong covariance {i}"), &json.numbers(&format!("/delong_own/cov/{i}"))?, &row, TIGHT);
        let plain = areas.interval_of_kind(i, 0.95, IntervalKind::DelongPlain);
        // The reference does not cut at 0 and 1; we do.
        let wald = json.n_numbers(&format!("/delong_own/ci95_wald/{i}"), 2)?;
        let cut = [wald[0].max(0.0), wald[1].min(1.0)];
        all_near(t, &format!("plain interval s{}", i + 1), &cut, &[plain.low, plain.high], TIGHT);
    }
    let on_log_odds = areas.interval_of_kind(0, 0.95, IntervalKind::DelongLogit);
    let expected = json.numbers("/delong_own/logit_ci95_first")?;
    all_near(t, "log odds interval s1", &expected, &[on_log_odds.low, on_log_odds.high], TIGHT);
    for (name, second) in [("pair12", 1), ("pair13", 2)] {
        let test = areas.paired_test(0, second, 0.95);
        for (part, found) in [("diff", test.difference), ("z", test.statistic), ("p", test.p)] {
            near(t, &format!("{name} {part}"), json.number(&format!("/delong_own/{name}/{part}"))?, found, TIGHT);
        }
    }
    let hanley = hanley_mcneil_variance(areas.auc[0], areas.n_positive, areas.n_negative);
    near(t, "Hanley-McNeil variance", json.number("/hanley_mcneil_var_first")?, hanley, TIGHT);
    at_threshold(t, &json, folder)?;
    Ok(table)
}

fn at_threshold(t: &mut SuiteTable, json: &ReferenceJson, folder: &Folder) -> Result<()> {
    let train_labels: Vec<bool> = json.numbers("/youden_train/train_y")?.iter().map(|y| *y == 1.0).collect();
    let cut = youden(&json.numbers("/youden_train/train_scores")?, &train_labels)?;
    near(t, "Youden threshold", json.number("/youden_train/threshold")?, cut, 0.0);
    let c = Confusion::at(&folder.s[0], &folder.labels, cut)?;
    let of = |name: &str| json.number(&format!("/at_train_threshold/{name}"));
    for (name, found) in [("tp", c.tp), ("fp", c.fp), ("tn", c.tn), ("fn", c.r#fn)] {
        near(t, name, of(name)?, found as f64, 0.0);
    }
    let rates = [("f1", c.f1()), ("balanced_accuracy", c.balanced_accuracy()), ("mcc", c.mcc()), ("kappa", c.kappa())];
    for (name, found) in rates {
        near(t, name, of(name)?, found, TIGHT);
    }
    let counts = [
        ("sensitivity", c.tp, c.tp + c.r#fn),
        ("specificity", c.tn, c.tn + c.fp),
        ("ppv", c.tp, c.tp + c.fp),
        ("npv", c.tn, c.tn + c.r#fn),
        ("accuracy", c.tp + c.tn, c.n()),
    ];
    for (name, k, n) in counts {
        // The reference has null where nobody is in the denominator.
        if json.is_null(&format!("/at_train_threshold/{name}"))? {
            near(t, &format!("{name}: people in the denominator"), 0.0, n as f64, 0.0);
            t.notes.push(format!("{name}: null in the reference, and nobody is in its denominator here"));
            continue;
        }
        near(t, &format!("{name} k"), of(&format!("{name}/k"))?, k as f64, 0.0);
        near(t, &format!("{name} n"), of(&format!("{name}/n"))?, n as f64, 0.0);
        near(t, name, of(&format!("{name}/est"))?, k as f64 / n as f64, TIGHT);
        let intervals = [("wilson", wilson(k, n, 0.95)?), ("clopper_pearson", clopper_pearson(k, n, 0.95)?)];
        for (kind, found) in intervals {
            let expected = json.numbers(&format!("/at_train_threshold/{name}/{kind}"))?;
            all_near(t, &format!("{name} {kind}"), &expected, &[found.low, found.high], TIGHT);
        }
    }
    Ok(())
}

pub(super) fn bootstrap(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("bootstrap");
    let t = &mut table;
    let json = folder.json("discrimination.json")?;
    let (scores, labels) = (&folder.s[0], &folder.labels);
    let resamples = folder
        .rows("bootstrap_indices.csv")?
        .iter()
        .map(|row| row.iter().map(|c| c.parse().map_err(|_| lacks("bootstrap_indices.csv", "a position"))).collect())
        .collect::<Result<Vec<Vec<usize>>>>()?;
    if resamples.iter().flatten().any(|i| *i >= labels.len()) {
        return Err(lacks("bootstrap_indices.csv", "positions within scores.csv"));
    }
    let cut = json.number("/youden_train/threshold")?;
    let mut areas = resampled_auc(scores, labels, &resamples)?;
    // As the reference: a resample of one class is left out of both.
    let used: Vec<bool> = areas.iter().map(|a| !a.is_nan()).collect();
    let mut f1 = Vec::new();
    for (positions, _) in resamples.iter().zip(&used).filter(|(_, used)| **used) {
        let (s, l): (Vec<f64>, Vec<bool>) = positions.iter().map(|p| (scores[*p], labels[*p])).unzip();
        // scikit-learn writes 0 for an undefined F1.
        let value = Confusion::at(&s, &l, cut)?.f1();
        f1.push(if value.is_nan() { 0.0 } else { value });
    }
    let (mean, sd) = mean_sd(areas.iter().copied());
    let of_auc = percentile_interval(&mut areas, 0.95);
    let of_f1 = percentile_interval(&mut f1, 0.95);
    near(t, "used", json.number("/bootstrap/used")?, areas.len() as f64, 0.0);
    near(t, "auc mean", json.number("/bootstrap/auc_mean")?, mean, TIGHT);
    near(t, "auc se", json.number("/bootstrap/auc_se")?, sd, TIGHT);
    all_near(
        t,
        "auc percentiles",
        &json.numbers("/bootstrap/auc_percentile_linear")?,
        &[of_auc.low, of_auc.high],
        TIGHT,
    );
    all_near(t, "f1 percentiles", &json.numbers("/bootstrap/f1_percentile_linear")?, &[of_f1.low, of_f1.high], TIGHT);
    Ok(table)
}
