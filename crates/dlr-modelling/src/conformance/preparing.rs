//! Tables about columns by themselves: preprocessing, tests, agreement, harmonisation.

use super::folder::Folder;
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
    let names = expected.texts("/features")?;
    let p = names.len();
    let list = |key: &str| expected.n_numbers(&format!("/{key}"), p);
    let known = ["median", "mean_after_imputation", "sd_ddof0", "q1_linear", "q3_linear", "min", "max"];
    let lists = known.iter().map(|key| list(key)).collect::<Result<Vec<_>>>()?;
    let n_missing_of = list("missing_count")?;
    let kept = expected.texts("/kept_in_clean")?;
    table.same("kept_in_clean", "columns of train_clean.csv", kept.join(" "), folder.names.join(" "));
    table.same(
        "features",
        "columns of train.csv",
        names.join(" "),
        raw.header[raw.header.len().saturating_sub(p)..].join(" "),
    );
    for (k, name) in names.iter().enumerate() {
        let column = raw.column(name)?;
        let mut sorted: Vec<f64> = column.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let median = quantile(&sorted, 0.5);
        let imputed: Vec<f64> = column.iter().map(|v| if v.is_nan() { median } else { *v }).collect();
        let (mean, sd) = mean_and_deviation(&imputed);
        // Columns come on scales from 1e-8 to 1e9: relative, with room for the rounding of a deviation that is far
        // smaller than the mean it is taken from.
        let scale = lists[2][k].max(f64::MIN_POSITIVE);
        let magnitude = lists[6][k].abs().max(lists[5][k].abs());
        let tolerance = 1e-12 * scale + 4.0 * f64::EPSILON * magnitude;
        let found = [
            median,
            mean,
            sd,
            quantile(&sorted, 0.25),
            quantile(&sorted, 0.75),
            sorted.first().copied().unwrap_or(f64::NAN),
            sorted.last().copied().unwrap_or(f64::NAN),
        ];
        for ((what, list), found) in known.iter().zip(&lists).zip(found) {
            table.near(what, name, list[k], found, tolerance);
        }
        let n_missing = column.iter().filter(|v| v.is_nan()).count();
        table.same("missing_count", name, n_missing_of[k], n_missing);
        let nzv = near_zero_variance(&column, 95.0 / 5.0, 10.0);
        let key = "near_zero_var_caret_95_5_10";
        table.same(key, name, expected.truth(&format!("/{key}/{k}"))?, nzv);
        table.same("constant", name, expected.truth(&format!("/constant/{k}"))?, sorted.first() == sorted.last());
    }
    for key in ["near_zero_var_caret_95_5_10", "constant"] {
        table.same(&format!("{key}: how many"), "", expected.list(&format!("/{key}"))?.len(), p);
    }
    Ok(table)
}

pub(super) fn univariate(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("univariate");
    let expected = folder.json("univariate.json")?;
    let (x, labels) = (&folder.x, &folder.labels);
    let q = folder.names.len();
    table.same("features", "univariate.json", expected.texts("/features")?.join(" "), folder.names.join(" "));
    let (spearmans, pearsons) = (expected.matrix("/spearman", q, q)?, expected.matrix("/pearson", q, q)?);
    let areas = expected.n_numbers("/auc", q)?;
    let us = expected.n_numbers("/mannwhitney_U1", q)?;
    let us_p = expected.n_numbers("/mannwhitney_p_asymptotic_cc", q)?;
    let welch = expected.n_numbers("/ttest_welch_p", q)?;
    for (j, name) in folder.names.iter().enumerate() {
        let column = x.column(j);
        let u = mann_whitney(column, labels);
        table.near("auc", name, areas[j], auc(column, labels), 1e-12);
        table.near("mann-whitney U", name, us[j], u.statistic, 1e-12);
        table.near("mann-whitney p", name, us_p[j], u.p, 1e-12);
        let t = welch_t(column, labels);
        table.near("welch p", name, welch[j], t.p, 1e-12);
        for k in 0..folder.names.len() {
            let on = format!("{name} x {}", folder.names[k]);
            table.near("spearman", &on, spearmans[j][k], spearman(column, x.column(k)), 1e-12);
            table.near("pearson", &on, pearsons[j][k], pearson(column, x.column(k)), 1e-12);
        }
    }
    let p = folder.csv("pvalues.csv")?.full_column("p")?;
    let r = folder.json("r_oracle.json")?;
    let first = mann_whitney(x.column(0), labels);
    table.near("W of wilcox.test", "first column", r.number("/wilcox_col1/W")?, first.statistic, 1e-12);
    table.near("p of wilcox.test", "first column", r.number("/wilcox_col1/p")?, first.p, 1e-12);
    for (name, method) in [
        ("BH", Adjustment::Bh),
        ("BY", Adjustment::By),
        ("holm", Adjustment::Holm),
        ("bonferroni", Adjustment::Bonferroni),
    ] {
        let found = adjust(&p, method);
        table.all_near(name, "statsmodels", &expected.n_numbers(&format!("/adjusted/{name}"), q)?, &found, 1e-12);
        table.all_near(name, "R", &r.n_numbers(&format!("/padjust/{name}"), q)?, &found, 1e-12);
    }
    let filter = CorrelationFilter { limit: 0.9, correlation: Correlation::Spearman, order: VisitOrder::Relevance };
    let kept = filter.kept(x, labels);
    let name = |j: &usize| folder.names[*j].clone();
    let mut found: Vec<String> = kept.iter().map(name).collect();
    let mut wanted = expected.texts("/corr_filter/kept")?;
    // Ties of relevance are broken by table order here and by the rounding of the AUC in the oracle: the order is
    // compared by what is visited, the area, and the names as a set.
    let area = |n: &String| {
        let j = folder.names.iter().position(|m| m == n).map_or(f64::NAN, |j| areas[j]);
        (j - 0.5).abs()
    };
    let visited = |names: &[String]| names.iter().map(area).collect::<Vec<_>>();
    table.all_near("corr_filter", "in order of visit", &visited(&wanted), &visited(&found), 1e-12);
    found.sort();
    wanted.sort();
    table.same("corr_filter", "names", wanted.join(" "), found.join(" "));
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
        table.near(name, "formula", expected.number(&format!("/{name}"))?, value.value, 1e-12);
    }
    let kinds = r.texts("/icc/type")?;
    table.same("forms", "psych", kinds.join(" "), "ICC1 ICC2 ICC3 ICC1k ICC2k ICC3k");
    let of_r = |key: &str| r.n_numbers(&format!("/icc/{key}"), 6);
    let (values, lowers, uppers) = (of_r("ICC")?, of_r("lower")?, of_r("upper")?);
    let of_pingouin = expected.n_numbers("/pingouin_icc", 6)?;
    let six = [found.one_one, found.two_one, found.three_one, found.one_k, found.two_k, found.three_k];
    for (k, value) in six.iter().enumerate() {
        let on = format!("psych {}", kinds.get(k).map_or("?", String::as_str));
        table.near("ICC", &on, values[k], value.value, 1e-12);
        table.near("ICC", &format!("pingouin {k}"), of_pingouin[k], value.value, 1e-12);

        table.near("lower", &on, lowers[k], value.lower, 1e-12);
        table.near("upper", &on, uppers[k], value.upper, 1e-12);
    }
    let (a, b) = (csv.values.column(0).to_vec(), csv.values.column(1).to_vec());
    let difference = bland_altman(&a, &b);
    table.near("bias", "r0, r1", expected.number("/bland_altman/bias")?, difference.bias, 1e-12);
    table.near("sd", "r0, r1", expected.number("/bland_altman/sd")?, difference.sd, 1e-12);
    table.near("ccc", "r0, r1", expected.number("/ccc_r0_r1")?, concordance(&a, &b), 1e-12);
    Ok(table)
}

pub(super) fn combat(folder: &Folder) -> Result<SuiteTable> {
    let mut table = SuiteTable::new("combat");
    let (expected, r, csv) = (folder.json("combat.json")?, folder.json("r_oracle.json")?, folder.csv("combat_in.csv")?);
    let batch: Vec<String> = csv.full_column("batch")?.iter().map(|b| format!("{b:06}")).collect();
    let covariate = csv.full_column("cov")?;
    let covariates =
        Columns::from_rows(ndarray::ArrayView2::from_shape((covariate.len(), 1), &covariate).expect("one column"));
    let x = csv.from(2);
    let (n, p) = (x.n_rows(), x.n_columns());
    for (name, mode) in [
        ("parametric", CombatMode::Parametric),
        ("nonparametric", CombatMode::Nonparametric),
        ("mean_only", CombatMode::MeanOnly),
        ("no_eb", CombatMode::NoEb),
    ] {
        let fit = fit_combat(&x, &batch, &covariates, mode, None)?;
        let mut oracles = vec![("neuroCombat", expected.matrix(&format!("/neuroCombat/{name}"), n, p)?)];
        // sva has no form without the empirical Bayes step.
        if mode != CombatMode::NoEb {
            oracles.push(("sva", r.matrix(&format!("/combat_sva/{name}"), n, p)?));
        }
        for (oracle, values) in oracles {
            for (i, row) in values.iter().enumerate() {
                let b = fit.batches.iter().position(|b| *b == batch[i]).expect("the batch was fitted");
                for (j, value) in row.iter().enumerate() {
                    let found = fit.value(x.column(j)[i], j, b, &[covariate[i]]);
                    table.near(&format!("row {i}, column {j}"), &format!("{oracle} {name}"), *value, found, 1e-8);
                }
            }
        }
    }
    Ok(table)
}
