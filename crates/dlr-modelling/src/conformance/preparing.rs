//! Tables about columns by themselves: preprocessing, tests, agreement, harmonisation.

use super::folder::{Folder, matrix, number, numbers, strings};
use super::{absolute, all, same};
use crate::Columns;
use crate::harmonise::{CombatMode, fit_combat};
use crate::linalg::mean_and_deviation;
use crate::stats::{
    Adjustment, adjust, auc, bland_altman, concordance, icc, mann_whitney, pearson, quantile, spearman, welch_t,
};
use crate::steps::{Correlation, CorrelationFilter, VisitOrder, near_zero_variance};
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;

pub(super) fn preprocess(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("preprocess");
    let (expected, raw) = (folder.json("preprocess.json")?, folder.csv("train.csv")?);
    for (k, name) in strings(&expected["features"]).iter().enumerate() {
        let column = raw.column(name)?;
        let mut sorted: Vec<f64> = column.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let median = quantile(&sorted, 0.5);
        let imputed: Vec<f64> = column.iter().map(|v| if v.is_nan() { median } else { *v }).collect();
        let (mean, sd) = mean_and_deviation(&imputed);
        // Columns come on scales from 1e-8 to 1e9: relative, with room for the rounding of a deviation that is far
        // smaller than the mean it is taken from.
        let scale = number(&expected["sd_ddof0"][k]).max(f64::MIN_POSITIVE);
        let magnitude = number(&expected["max"][k]).abs().max(number(&expected["min"][k]).abs());
        let tolerance = 1e-12 * scale + 4.0 * f64::EPSILON * magnitude;
        for (what, found) in [
            ("median", median),
            ("mean_after_imputation", mean),
            ("sd_ddof0", sd),
            ("q1_linear", quantile(&sorted, 0.25)),
            ("q3_linear", quantile(&sorted, 0.75)),
            ("min", sorted[0]),
            ("max", sorted[sorted.len() - 1]),
        ] {
            absolute(&mut table, what, name, number(&expected[what][k]), found, tolerance);
        }
        let n_missing = column.iter().filter(|v| v.is_nan()).count();
        same(&mut table, "missing_count", name, &expected["missing_count"][k], n_missing);
        let nzv = near_zero_variance(&column, 95.0 / 5.0, 10.0);
        same(&mut table, "near_zero_var_caret_95_5_10", name, &expected["near_zero_var_caret_95_5_10"][k], nzv);
        same(&mut table, "constant", name, &expected["constant"][k], sorted[0] == sorted[sorted.len() - 1]);
    }
    Ok(table)
}

pub(super) fn univariate(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("univariate");
    let expected = folder.json("univariate.json")?;
    let (x, labels) = (&folder.x, &folder.labels);
    let spearmans = matrix(&expected["spearman"]);
    let pearsons = matrix(&expected["pearson"]);
    for (j, name) in folder.names.iter().enumerate() {
        let column = x.column(j);
        let u = mann_whitney(column, labels);
        absolute(&mut table, "auc", name, number(&expected["auc"][j]), auc(column, labels), 1e-12);
        absolute(&mut table, "mann-whitney U", name, number(&expected["mannwhitney_U1"][j]), u.statistic, 1e-12);
        let p = number(&expected["mannwhitney_p_asymptotic_cc"][j]);
        absolute(&mut table, "mann-whitney p", name, p, u.p, 1e-12);
        let t = welch_t(column, labels);
        absolute(&mut table, "welch p", name, number(&expected["ttest_welch_p"][j]), t.p, 1e-12);
        for k in 0..folder.names.len() {
            let on = format!("{name} x {}", folder.names[k]);
            absolute(&mut table, "spearman", &on, spearmans[j][k], spearman(column, x.column(k)), 1e-12);
            absolute(&mut table, "pearson", &on, pearsons[j][k], pearson(column, x.column(k)), 1e-12);
        }
    }
    let p = folder.csv("pvalues.csv")?.column("p")?;
    let r = folder.json("r_oracle.json")?;
    for (name, method) in [
        ("BH", Adjustment::Bh),
        ("BY", Adjustment::By),
        ("holm", Adjustment::Holm),
        ("bonferroni", Adjustment::Bonferroni),
    ] {
        let found = adjust(&p, method);
        all(&mut table, name, "statsmodels", &numbers(&expected["adjusted"][name]), &found, 1e-12);
        all(&mut table, name, "R", &numbers(&r["padjust"][name]), &found, 1e-12);
    }
    let filter = CorrelationFilter { limit: 0.9, correlation: Correlation::Spearman, order: VisitOrder::Relevance };
    let kept = filter.kept(x, labels);
    let name = |j: &usize| folder.names[*j].clone();
    let mut found: Vec<String> = kept.iter().map(name).collect();
    let mut wanted = strings(&expected["corr_filter"]["kept"]);
    // Ties of relevance are broken by table order here and by the rounding of the AUC in the oracle: the order is
    // compared by what is visited, the area, and the names as a set.
    let area = |n: &String| {
        let j = folder.names.iter().position(|m| m == n).map_or(f64::NAN, |j| number(&expected["auc"][j]));
        (j - 0.5).abs()
    };
    let areas = |names: &[String]| names.iter().map(area).collect::<Vec<_>>();
    all(&mut table, "corr_filter", "in order of visit", &areas(&wanted), &areas(&found), 1e-12);
    found.sort();
    wanted.sort();
    same(&mut table, "corr_filter", "names", wanted.join(" "), found.join(" "));
    Ok(table)
}

pub(super) fn agreement(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("icc");
    let (expected, r, csv) = (folder.json("icc.json")?, folder.json("r_oracle.json")?, folder.csv("icc.csv")?);
    let found = icc(csv.values.view())?;
    for (name, value) in [
        ("ICC11", found.one_one),
        ("ICC21", found.two_one),
        ("ICC31", found.three_one),
        ("ICC2k", found.two_k),
        ("ICC3k", found.three_k),
    ] {
        absolute(&mut table, name, "formula", number(&expected[name]), value.value, 1e-12);
    }
    let six = [found.one_one, found.two_one, found.three_one, found.one_k, found.two_k, found.three_k];
    for (k, value) in six.iter().enumerate() {
        let on = format!("psych {}", r["icc"]["type"][k]);
        absolute(&mut table, "ICC", &on, number(&r["icc"]["ICC"][k]), value.value, 1e-12);
        // The interval goes through quantiles of F, which R itself computes to some 1e-11.
        absolute(&mut table, "lower", &on, number(&r["icc"]["lower"][k]), value.lower, 1e-9);
        absolute(&mut table, "upper", &on, number(&r["icc"]["upper"][k]), value.upper, 1e-9);
    }
    let (a, b) = (csv.values.column(0).to_vec(), csv.values.column(1).to_vec());
    let difference = bland_altman(&a, &b);
    absolute(&mut table, "bias", "r0, r1", number(&expected["bland_altman"]["bias"]), difference.bias, 1e-12);
    absolute(&mut table, "sd", "r0, r1", number(&expected["bland_altman"]["sd"]), difference.sd, 1e-12);
    absolute(&mut table, "ccc", "r0, r1", number(&expected["ccc_r0_r1"]), concordance(&a, &b), 1e-12);
    Ok(table)
}

pub(super) fn combat(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("combat");
    let (expected, r, csv) = (folder.json("combat.json")?, folder.json("r_oracle.json")?, folder.csv("combat_in.csv")?);
    let batch: Vec<String> = csv.column("batch")?.iter().map(|b| format!("{b:06}")).collect();
    let covariate = csv.column("cov")?;
    let covariates =
        Columns::from_rows(ndarray::ArrayView2::from_shape((covariate.len(), 1), &covariate).expect("one column"));
    let x = csv.from(2);
    for (name, mode) in [
        ("parametric", CombatMode::Parametric),
        ("nonparametric", CombatMode::Nonparametric),
        ("mean_only", CombatMode::MeanOnly),
        ("no_eb", CombatMode::NoEb),
    ] {
        let fit = fit_combat(&x, &batch, &covariates, mode, None)?;
        for (oracle, values) in [("neuroCombat", &expected["neuroCombat"][name]), ("sva", &r["combat_sva"][name])] {
            for (i, row) in matrix(values).iter().enumerate() {
                let b = fit.batches.iter().position(|b| *b == batch[i]).expect("the batch was fitted");
                for (j, value) in row.iter().enumerate() {
                    let found = fit.value(x.column(j)[i], j, b, &[covariate[i]]);
                    absolute(
                        &mut table,
                        &format!("row {i}, column {j}"),
                        &format!("{oracle} {name}"),
                        *value,
                        found,
                        1e-8,
                    );
                }
            }
        }
    }
    Ok(table)
}
