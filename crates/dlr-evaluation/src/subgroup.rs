//! Does the model work as well in each subgroup? Areas with intervals, tests of their differences, a test of interaction,
//! and the smallest difference that could have been seen: "no significant difference" alone says little.

use crate::auc::{IntervalKind, delong, delong_unpaired, hanley_mcneil_variance};
use crate::check;
use crate::distribution::{chi_squared_p, two_sided_z};
use crate::interval::Interval;
use crate::logit::{log_odds, logistic_fit};
use crate::multiple::holm;
use dlr_core::{Code, Cohort, Error, Result, Value};
use serde::Serialize;
use std::collections::BTreeSet;

/// What is asked of a subgroup before it is judged.
///
/// | Name | Default | Range | Meaning |
/// |---|---|---|---|
/// | `min_per_class` | 10 | 2 and up | fewer positives or negatives: no estimate, only the counts |
/// | `power` | 0.80 | (0, 1) | of the smallest detectable difference |
/// | `alpha` | 0.05 | (0, 1) | two-sided, of the smallest detectable difference |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SubgroupParams {
    /// Positives, and negatives, that a subgroup must have.
    pub min_per_class: usize,
    /// Power of the smallest detectable difference.
    pub power: f64,
    /// Level of the smallest detectable difference.
    pub alpha: f64,
}

impl Default for SubgroupParams {
    fn default() -> Self {
        SubgroupParams { min_per_class: 10, power: 0.80, alpha: 0.05 }
    }
}

/// One level of a factor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubgroupLevel {
    /// The level, for example `female`.
    pub level: String,
    /// Cases in it.
    pub n: usize,
    /// Positive cases in it.
    pub n_positive: usize,
    /// AUC; NaN where refused.
    pub auc: f64,
    /// Its interval.
    pub auc_ci: Interval,
    /// How the interval was made.
    pub auc_ci_kind: IntervalKind,
    /// Why there is no estimate.
    pub refused: Option<String>,
}

/// Two levels compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubgroupComparison {
    /// First level.
    pub first: String,
    /// Second level.
    pub second: String,
    /// AUC of the first less that of the second.
    pub difference: f64,
    /// Its 95 % interval.
    pub difference_ci: Interval,
    /// Unpaired DeLong.
    pub p: f64,
    /// After Holm, over all comparisons handed to [`adjust_by_holm`]; of this factor until then.
    pub p_holm: f64,
    /// The smallest true difference that a study of these sizes would have found with the stated power.
    pub detectable_difference: f64,
}

/// Likelihood ratio test of `outcome ~ log odds + factor` against the same with their product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InteractionTest {
    /// Fall in deviance.
    pub chi_squared: f64,
    /// Levels less one.
    pub df: f64,
    /// Upper tail; NaN where a fit has no maximum.
    pub p: f64,
    /// After Holm over the factors.
    pub p_holm: f64,
}

/// One factor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubgroupAnalysis {
    /// The factor, for example `sex`.
    pub factor: String,
    /// Its levels in alphabetical order.
    pub levels: Vec<SubgroupLevel>,
    /// Cases without a value of the factor.
    pub n_missing: usize,
    /// Every pair of levels that are not refused.
    pub comparisons: Vec<SubgroupComparison>,
    /// Does the factor change what a prediction means? `None` for fewer than two usable levels.
    pub interaction: Option<InteractionTest>,
}

/// Levels of a number by a cut that was fixed beforehand (from the protocol or the training cases; a cut chosen on the
/// cases that are judged is a leak). NaN is missing.
pub fn cut_levels(values: &[f64], cut: f64) -> Vec<Option<String>> {
    let level = |v: &f64| match v {
        v if v.is_nan() => None,
        v if *v < cut => Some(format!("< {cut}")),
        _ => Some(format!(">= {cut}")),
    };
    values.iter().map(level).collect()
}

/// Levels of a clinical column, or of `center`, for cases in the order given; a number with a cut becomes two levels, one
/// without is a level of its own. A case without the value has none.
///
/// # Errors
/// `E0502` for a case that the cohort does not know, `E0402` for a column that no case of the cohort has.
pub fn clinical_levels(
    cohort: &Cohort,
    cases: &[String],
    column: &str,
    cut: Option<f64>,
) -> Result<Vec<Option<String>>> {
    let known = column == "center" || cohort.rows().iter().any(|row| row.clinical.contains_key(column));
    if !known {
        return Err(Error::new(Code::UnknownName, format!("no case has a clinical column `{column}`")));
    }
    let level = |case: &String| {
        let row = cohort.row(case);
        let row =
            row.ok_or_else(|| Error::new(Code::TableMismatch, "the cohort does not know this case").for_case(case))?;
        if column == "center" {
            return Ok(Some(row.center.clone()));
        }
        Ok(match (row.clinical.get(column), cut) {
            (Some(Value::Number(v)), Some(cut)) => cut_levels(&[*v], cut).remove(0),
            (Some(Value::Number(v)), None) => (!v.is_nan()).then(|| v.to_string()),
            (Some(Value::Text(text)), _) => Some(text.clone()),
            (Some(Value::Missing) | None, _) => None,
        })
    };
    cases.iter().map(level).collect()
}

/// Judges the model within each level of one factor.
///
/// # Errors
/// As [`crate::brier`]; `E0502` where there is not one level per case, `E0401` for parameters out of range.
pub fn subgroup_analysis(
    factor: &str,
    level_of: &[Option<String>],
    scores: &[f64],
    labels: &[bool],
    params: &SubgroupParams,
) -> Result<SubgroupAnalysis> {
    check::probabilities_and_labels(scores, labels)?;
    check::same_length(labels.len(), level_of.len())?;
    check::open_share("power", params.power)?;
    check::open_share("alpha", params.alpha)?;
    if params.min_per_class < 2 {
        return Err(Error::new(
            Code::Parameter,
            format!("parameter `min_per_class` is {}, but must be at least 2", params.min_per_class),
        ));
    }
    let names: BTreeSet<&String> = level_of.iter().flatten().collect();
    let members = |name: &str| -> (Vec<f64>, Vec<bool>) {
        let inside = (0..labels.len()).filter(|i| level_of[*i].as_deref() == Some(name));
        inside.map(|i| (scores[i], labels[i])).unzip()
    };
    let mut levels = Vec::new();
    for name in names {
        let (s, l) = members(name);
        levels.push(judge(name, &s, &l, params)?);
    }
    let usable: Vec<String> = levels.iter().filter(|l| l.refused.is_none()).map(|l| l.level.clone()).collect();
    let mut comparisons = Vec::new();
    for (i, first) in usable.iter().enumerate() {
        for second in &usable[i + 1..] {
            comparisons.push(compare(first, &members(first), second, &members(second), params)?);
        }
    }
    let adjusted = holm(&comparisons.iter().map(|c| c.p).collect::<Vec<_>>());
    for (comparison, p) in comparisons.iter_mut().zip(adjusted) {
        comparison.p_holm = p;
    }
    Ok(SubgroupAnalysis {
        factor: factor.to_owned(),
        levels,
        n_missing: level_of.iter().filter(|l| l.is_none()).count(),
        comparisons,
        interaction: (usable.len() > 1).then(|| interaction(&usable, level_of, scores, labels)),
    })
}

/// Corrects all comparisons of several factors together, and all interaction tests together.
pub fn adjust_by_holm(analyses: &mut [SubgroupAnalysis]) {
    let adjusted = holm(&analyses.iter().flat_map(|a| a.comparisons.iter().map(|c| c.p)).collect::<Vec<_>>());
    for (comparison, p) in analyses.iter_mut().flat_map(|a| &mut a.comparisons).zip(adjusted) {
        comparison.p_holm = p;
    }
    let adjusted = holm(&analyses.iter().filter_map(|a| a.interaction.map(|i| i.p)).collect::<Vec<_>>());
    for (test, p) in analyses.iter_mut().filter_map(|a| a.interaction.as_mut()).zip(adjusted) {
        test.p_holm = p;
    }
}

fn judge(name: &str, scores: &[f64], labels: &[bool], params: &SubgroupParams) -> Result<SubgroupLevel> {
    let (m, n) = check::class_counts(labels);
    let mut level = SubgroupLevel {
        level: name.to_owned(),
        n: labels.len(),
        n_positive: m,
        auc: f64::NAN,
        auc_ci: Interval::UNDEFINED,
        auc_ci_kind: IntervalKind::Undefined,
        refused: None,
    };
    if m.min(n) < params.min_per_class {
        level.refused =
            Some(format!("{m} positive and {n} negative cases; {} of each are needed", params.min_per_class));
        return Ok(level);
    }
    let area = delong(&[scores], labels)?;
    level.auc = area.auc[0];
    (level.auc_ci, level.auc_ci_kind) = area.interval(0, 0.95);
    Ok(level)
}

type Members = (Vec<f64>, Vec<bool>);

fn compare(first: &str, a: &Members, second: &str, b: &Members, params: &SubgroupParams) -> Result<SubgroupComparison> {
    let test = delong_unpaired((&a.0, &a.1), (&b.0, &b.1))?;
    let sizes = [check::class_counts(&a.1), check::class_counts(&b.1)];
    let area = f64::midpoint(crate::auc(&a.0, &a.1)?, crate::auc(&b.0, &b.1)?);
    Ok(SubgroupComparison {
        first: first.to_owned(),
        second: second.to_owned(),
        difference: test.difference,
        difference_ci: test.interval,
        p: test.p,
        p_holm: f64::NAN,
        detectable_difference: detectable_difference(area, sizes, params.alpha, params.power),
    })
}

/// The smallest difference of two independent areas that a two-sided test finds with the given power, if both lie near
/// `area`: `(z_(1-alpha/2) + z_power)` standard errors after Hanley and McNeil. Sizes are `(positive, negative)`.
pub fn detectable_difference(area: f64, sizes: [(usize, usize); 2], alpha: f64, power: f64) -> f64 {
    let variance: f64 = sizes.iter().map(|(m, n)| hanley_mcneil_variance(area, *m, *n)).sum();
    (two_sided_z(1.0 - alpha) + crate::distribution::normal_quantile(power)) * variance.sqrt()
}

fn interaction(usable: &[String], level_of: &[Option<String>], scores: &[f64], labels: &[bool]) -> InteractionTest {
    let known: Vec<usize> =
        (0..labels.len()).filter(|i| level_of[*i].as_ref().is_some_and(|l| usable.contains(l))).collect();
    let margin: Vec<f64> = known.iter().map(|i| log_odds(scores[*i])).collect();
    let outcome: Vec<f64> = known.iter().map(|i| f64::from(u8::from(labels[*i]))).collect();
    let mut columns = vec![vec![1.0; known.len()], margin.clone()];
    for level in &usable[1..] {
        columns.push(known.iter().map(|i| f64::from(u8::from(level_of[*i].as_ref() == Some(level)))).collect());
    }
    let offset = vec![0.0; known.len()];
    let without = logistic_fit(&columns, &outcome, &offset);
    let products: Vec<Vec<f64>> =
        columns[2..].iter().map(|c| c.iter().zip(&margin).map(|(c, m)| c * m).collect()).collect();
    columns.extend(products);
    let with = logistic_fit(&columns, &outcome, &offset);
    let df = (usable.len() - 1) as f64;
    let chi_squared = without.deviance - with.deviance;
    let p = chi_squared_p(chi_squared, df);
    InteractionTest { chi_squared, df, p, p_holm: p }
}

/// Likelihood ratio test of interaction between the log odds of a prediction and a factor, over all levels.
///
/// # Errors
/// As [`subgroup_analysis`]; `E0603` for fewer than two levels.
pub fn interaction_test(level_of: &[Option<String>], scores: &[f64], labels: &[bool]) -> Result<InteractionTest> {
    check::probabilities_and_labels(scores, labels)?;
    check::same_length(labels.len(), level_of.len())?;
    let names: BTreeSet<&String> = level_of.iter().flatten().collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    if names.len() < 2 {
        return Err(Error::new(Code::Evaluation, "an interaction needs at least two levels").found(names.len()));
    }
    Ok(interaction(&names, level_of, scores, labels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    fn cases(n: usize) -> (Vec<f64>, Vec<bool>, Vec<Option<String>>) {
        let mut rng = Rng::new(2);
        let labels: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
        let scores = labels.iter().map(|l| crate::probability(rng.normal() + if *l { 1.0 } else { -1.0 })).collect();
        let sex = (0..n).map(|i| (i != 7).then(|| if i % 3 == 0 { "f" } else { "m" }.to_owned())).collect();
        (scores, labels, sex)
    }

    #[test]
    fn judges_compares_and_counts_the_missing() {
        let (scores, labels, sex) = cases(120);
        let a = subgroup_analysis("sex", &sex, &scores, &labels, &SubgroupParams::default()).unwrap();
        assert_eq!((a.levels.len(), a.n_missing, a.comparisons.len()), (2, 1, 1));
        assert!(a.interaction.unwrap().p > 0.0 && a.comparisons[0].detectable_difference > 0.1);
        let mut all = vec![a.clone(), a.clone()];
        adjust_by_holm(&mut all);
        assert!((all[0].comparisons[0].p_holm - (2.0 * a.comparisons[0].p).min(1.0)).abs() < 1e-12);
    }

    #[test]
    fn small_strata_are_refused_and_named() {
        let (scores, labels, sex) = cases(40);
        let a = subgroup_analysis("sex", &sex, &scores, &labels, &SubgroupParams::default()).unwrap();
        let f = &a.levels[0];
        assert!(f.auc.is_nan() && f.refused.as_ref().unwrap().contains("10 of each"));
        assert!(a.comparisons.is_empty() && a.interaction.is_none());
        let strict = SubgroupParams { min_per_class: 1, ..Default::default() };
        assert!(subgroup_analysis("sex", &sex, &scores, &labels, &strict).is_err());
    }

    #[test]
    fn the_protocols_example_of_power() {
        // PROTOCOL: two halves of 74 (37 each, prevalence 45/74) at an AUC of 0.939 can show about 0.16.
        let found = detectable_difference(0.939, [(22, 15), (23, 14)], 0.05, 0.80);
        assert!((0.14..0.17).contains(&found), "{found}");
    }

    #[test]
    fn levels_of_a_cohort() {
        let cohort = dlr_core::conformance::sample_cohort();
        let cases = ["case-00".to_owned(), "case-01".to_owned()];
        let centers = clinical_levels(&cohort, &cases, "center", None).unwrap();
        assert_eq!(centers, [Some("north".to_owned()), Some("south".to_owned())]);
        let ages = clinical_levels(&cohort, &cases, "age", Some(45.0)).unwrap();
        assert_eq!(ages, [Some("< 45".to_owned()), Some(">= 45".to_owned())]);
        assert_eq!(clinical_levels(&cohort, &cases, "weight", None).unwrap_err().code(), Code::UnknownName);
        assert_eq!(clinical_levels(&cohort, &["x".into()], "age", None).unwrap_err().code(), Code::TableMismatch);
    }

    #[test]
    fn ages() {
        let levels = cut_levels(&[30.0, 60.0, f64::NAN], 60.0);
        assert_eq!(levels, [Some("< 60".to_owned()), Some(">= 60".to_owned()), None]);
    }
}
