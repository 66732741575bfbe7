//! The first page in words: what was asked, on whom, how good, how sure, where it looks, what would make it wrong.
//!
//! Every sentence is written from numbers of the report; a result that shows nothing is said to show nothing.

use super::Answer;
use crate::data::{Comparison, Interval, ModelResult, Report, Setting, Verdict};
use crate::figures::group_shares;
use crate::format::{count, fixed, interval, p_value, percent};
use crate::legend::{Legend, declared, results};
use crate::style::group_label;

/// The six answers; one without a sentence is left out.
pub(super) fn answers(report: &Report, legend: &Legend) -> Vec<Answer> {
    let extra = &report.answers;
    let all = [
        ("What was asked", report.question.asked.clone()),
        ("On whom", [whom(report), extra.whom.clone()].concat()),
        ("How good", [how_good(report, legend), extra.how_good.clone()].concat()),
        ("How sure", [how_sure(report, legend), extra.how_sure.clone()].concat()),
        ("Where it looks", [where_it_looks(report, legend), extra.where_it_looks.clone()].concat()),
        ("What would make it wrong", [wrong(report, legend), extra.what_would_make_it_wrong.clone()].concat()),
    ];
    let answers = all.into_iter().filter(|(_, sentences)| !sentences.is_empty());
    answers.map(|(question, sentences)| Answer { question, sentences }).collect()
}

/// The primary model on external cases, or in cross-validation where there are none.
fn headline<'a>(report: &'a Report, legend: &Legend) -> Option<&'a ModelResult> {
    let of = |setting| report.models.iter().find(|m| m.name == legend.primary() && m.setting == setting);
    of(Setting::External).or_else(|| of(Setting::TrainCv))
}

fn whom(report: &Report) -> Vec<String> {
    let flow = &report.cohort;
    if flow.n_enrolled == 0 {
        return Vec::new();
    }
    let n_excluded: usize = flow.exclusions.iter().map(|e| e.cases.len()).sum();
    let mut text = format!("{} of {}", count(flow.n_enrolled, "case"), count(flow.n_patients, "patient"));
    if n_excluded > 0 {
        let reasons: Vec<_> = flow.exclusions.iter().map(|e| format!("{} {}", e.cases.len(), e.reason)).collect();
        text += &format!("; {n_excluded} left out ({})", reasons.join(", "));
    }
    let mut sentences = vec![text + "."];
    for (role, name) in [("train", "Training"), ("external", "External")] {
        let groups: Vec<_> = flow.groups.iter().filter(|g| g.role == role).collect();
        if groups.is_empty() {
            continue;
        }
        let n_positive: usize = groups.iter().map(|g| g.n_positive).sum();
        let n_negative: usize = groups.iter().map(|g| g.n_negative).sum();
        let class = |text: &str, default: &str| if text.is_empty() { default.to_string() } else { text.to_string() };
        sentences.push(format!(
            "{name}: {} from {}, {n_positive} {} and {n_negative} {}.",
            count(n_positive + n_negative, "case"),
            count(groups.len(), "center"),
            class(&report.question.positive, "positive"),
            class(&report.question.negative, "negative"),
        ));
    }
    sentences
}

fn how_good(report: &Report, legend: &Legend) -> Vec<String> {
    let Some(result) = headline(report, legend) else { return Vec::new() };
    let place = match result.setting {
        Setting::External => format!("On {} never used for fitting", count(result.n_cases, "external case")),
        Setting::TrainCv => format!("In cross-validation on {}", count(result.n_cases, "case")),
    };
    let mut sentences = vec![format!(
        "{place}, the primary model, {}, reaches an AUC of {}. {}",
        legend.label(&result.name),
        with_interval(&result.auc),
        against_chance(&result.auc)
    )];
    if result.f1.value.is_finite() && result.all_positive_f1.is_finite() {
        let verdict = if result.f1.value > result.all_positive_f1 { "above" } else { "not above" };
        sentences.push(format!(
            "At its threshold, F1 is {}; calling every case positive gives {} at this prevalence of {}, so it is {verdict} that. Sensitivity {}, specificity {}.",
            interval(&result.f1, 2),
            fixed(result.all_positive_f1, 2),
            fixed(result.prevalence, 2),
            interval(&result.sensitivity, 2),
            interval(&result.specificity, 2)
        ));
    }
    let others = results(report, result.setting).filter(|m| m.name != result.name && legend.is_told(&m.name));
    let others: Vec<_> = others.map(|m| format!("{} {}", legend.label(&m.name), interval(&m.auc, 2))).collect();
    if !others.is_empty() {
        let which = if declared(report).is_some() { "the others compared in advance" } else { "the others" };
        sentences.push(format!("AUC of {which}: {}.", others.join("; ")));
    }
    let inner = report.models.iter().find(|m| m.name == result.name && m.setting == Setting::TrainCv);
    if let (Setting::External, Some(inner)) = (result.setting, inner) {
        sentences.push(format!("In cross-validation the same model had {}.", interval(&inner.auc, 2)));
    }
    sentences
}

fn with_interval(auc: &Interval) -> String {
    if auc.low.is_nan() || auc.high.is_nan() {
        return format!("{} (no interval)", fixed(auc.value, 2));
    }
    format!("{} (95% interval {} to {})", fixed(auc.value, 2), fixed(auc.low, 2), fixed(auc.high, 2))
}

fn against_chance(auc: &Interval) -> &'static str {
    match (auc.low, auc.high) {
        (low, _) if low > 0.5 => "The interval lies above 0.5, which is chance.",
        (_, high) if high < 0.5 => "The interval lies below 0.5: worse than chance.",
        (low, high) if low <= 0.5 && high >= 0.5 => {
            "The interval includes 0.5: these cases do not show that the model is better than chance."
        }
        _ => "",
    }
}

fn how_sure(report: &Report, legend: &Legend) -> Vec<String> {
    let mut sentences = Vec::new();
    let Some(result) = headline(report, legend) else { return sentences };
    // The first page speaks of the pairs that were declared, or of the primary model; the others are in the section on
    // certainty.
    let is_primary = |c: &&Comparison| c.first == result.name || c.second == result.name;
    let told = match declared(report) {
        Some(declared) => declared,
        None => report.comparisons.iter().filter(is_primary).collect(),
    };
    for c in told.into_iter().filter(|c| c.setting == result.setting) {
        let p = if c.p_adjusted.is_nan() { c.p } else { c.p_adjusted };
        let verdict = match p {
            p if p.is_nan() => "no test",
            p if p < 0.05 => "a difference is shown",
            _ => "no difference is shown",
        };
        // An interval of one pair may leave 0 out where the test over all pairs does not: both are said to be what they are.
        let of_all = match (c.p_adjusted.is_nan(), declared(report).is_some()) {
            (true, _) => "",
            (false, true) => " for the declared pairs together",
            (false, false) => " for all pairs together",
        };
        let own = if c.p_adjusted.is_nan() { "" } else { " for this pair alone" };
        sentences.push(format!(
            "{} against {}: difference of AUC {}{own}; {}{of_all} ({}): {verdict}.",
            legend.label(&c.first),
            legend.label(&c.second),
            with_interval(&c.difference),
            p_value(p),
            c.method
        ));
    }
    let repeated = report.models.iter().find(|m| m.name == result.name && m.auc_by_repeat.len() > 1);
    if let Some(m) = repeated {
        let low = m.auc_by_repeat.iter().copied().fold(f64::INFINITY, f64::min);
        let high = m.auc_by_repeat.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let n = m.auc_by_repeat.len();
        sentences.push(format!(
            "Over {n} repeats with other folds its AUC within folds (of cases that the same model predicted) ran from {} to {}.",
            fixed(low, 2),
            fixed(high, 2)
        ));
    }
    for p in report.permutations.iter().filter(|p| !p.permuted.is_empty() && p.model == result.name) {
        let mean = p.permuted.iter().sum::<f64>() / p.permuted.len() as f64;
        sentences.push(format!(
            "On {} permutations of the labels the pipeline of {} gave a mean AUC within folds of {}; with the true labels {}, {}.",
            p.permuted.len(),
            legend.label(&p.model),
            fixed(mean, 2),
            fixed(p.observed, 2),
            p_value(p.p)
        ));
    }
    for o in report.optimism.iter().filter(|o| o.model == result.name) {
        sentences.push(format!(
            "Fitted anew in {} bootstrap samples of the training patients, its apparent AUC of {} is too high by {}: {} after \
             correction, {} by the .632+ rule.",
            o.n_samples,
            fixed(o.apparent, 2),
            fixed(o.optimism, 2),
            fixed(o.corrected, 2),
            fixed(o.auc_632_plus, 2)
        ));
    }
    sentences
}

fn where_it_looks(report: &Report, legend: &Legend) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(shap) = report.shap.iter().find(|s| s.model == legend.primary()) {
        let shares = group_shares(shap);
        let shares: Vec<_> = shares.iter().map(|s| format!("{} {}", group_label(&s.group), percent(s.share))).collect();
        if !shares.is_empty() {
            sentences.push(format!(
                "Share of the attribution of {}, each case by the cross-validated models that had not seen it: {}.",
                legend.label(&shap.model),
                shares.join(", ")
            ));
        }
    }
    if let Some(selection) = report.selections.iter().find(|s| s.model == legend.primary() && s.n_fits > 0) {
        let often = |f: &&crate::data::SelectedFeature| f.n_selected as f64 >= 0.8 * selection.n_fits as f64;
        sentences.push(format!(
            "Of {} ever selected, {} in at least 80% of the {} fits.",
            count(selection.features.len(), "feature"),
            selection.features.iter().filter(often).count(),
            selection.n_fits
        ));
    }
    if let Some(selection) = report.selections.iter().find(|s| s.model == legend.primary()) {
        let n: usize = selection.frozen.iter().map(|(_, n)| n).sum();
        let groups = selection.frozen.iter().map(|(group, n)| format!("{n} {}", group_label(group)));
        if n > 0 {
            sentences.push(format!(
                "The frozen model, fitted once on all training cases, keeps {}: {}.",
                count(n, "feature"),
                groups.collect::<Vec<_>>().join(", ")
            ));
        }
    }
    if let Some(cam) = report.cam.as_ref().filter(|c| !c.cases.is_empty()) {
        sentences.push(format!("Maps of {} are shown for {}.", cam.method, count(cam.cases.len(), "case")));
    }
    sentences
}

fn wrong(report: &Report, legend: &Legend) -> Vec<String> {
    let mut sentences = Vec::new();
    let Some(result) = headline(report, legend) else { return sentences };
    if result.setting == Setting::TrainCv {
        sentences.push("There are no external cases: nothing here says how the model does in another hospital.".into());
    }
    let fitted = report.models.iter().find(|m| m.setting == Setting::TrainCv).unwrap_or(result);
    let smaller = fitted.n_positive.min(fitted.n_cases.saturating_sub(fitted.n_positive));
    let candidates = report.selections.iter().find(|s| s.model == result.name).map_or(0, |s| s.n_candidates);
    if candidates > 0 && smaller > 0 && smaller < 10 * candidates {
        sentences.push(format!(
            "{} of the smaller class stand against {candidates} candidate features: what was selected may be chance.",
            count(smaller, "training case")
        ));
    }
    let width = result.auc.high - result.auc.low;
    if width > 0.2 {
        sentences.push(format!(
            "The interval of the AUC is {} wide: a few other patients would change the picture.",
            fixed(width, 2)
        ));
    }
    if !report.cohort.notes.is_empty() {
        let n = count(report.cohort.notes.len(), "case");
        sentences.push(format!("Something was noted of the image or the regions of {n} (see Cohort)."));
    }
    // Of the study, and of the primary model; an audit of a model has its name in front.
    let primary = format!("{}: ", legend.label(&result.name));
    let is_told = |name: &str| !name.contains(": ") || name.starts_with(&primary);
    let of = |verdict| report.audits.iter().filter(move |a| a.verdict == verdict);
    let failed = of(Verdict::Fail).filter(|a| is_told(&a.name));
    sentences.extend(failed.map(|a| format!("Audit failed, {}: {}", a.name, a.finding)));
    let others = of(Verdict::Fail).filter(|a| !is_told(&a.name)).count();
    if others > 0 {
        sentences.push(format!("{} of other models failed (see Audits).", count(others, "audit")));
    }
    let (told, others): (Vec<&str>, Vec<&str>) =
        of(Verdict::Warn).map(|a| a.name.as_str()).partition(|name| is_told(name));
    if !told.is_empty() || !others.is_empty() {
        let of_others = match others.len() {
            0 => String::new(),
            n => format!("; {n} of other models"),
        };
        let warnings = count(told.len() + others.len(), "audit warning");
        sentences.push(format!("{warnings} (see Audits): {}{of_others}.", told.join("; ")));
    }
    if !report.audits.is_empty() {
        let n = |verdict| report.audits.iter().filter(|a| a.verdict == verdict).count();
        let n_asked = report.audits.len() - n(Verdict::NotApplicable);
        let mut text = format!("{} of {} passed", n(Verdict::Pass), count(n_asked, "audit"));
        if n_asked < report.audits.len() {
            text += &format!("; {} could not be asked here", report.audits.len() - n_asked);
        }
        sentences.push(text + ".");
    }
    sentences
}
