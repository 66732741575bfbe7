//! The plain data of the report, from the outcome.

use super::maps::Maps;
use crate::{
    metrics::counts_of,
    outcome::{ModelOutcome, Outcome},
};
use dlr_core::{FeatureName, Form, Result, Role};
use dlr_evaluation::{delong_paired, roc_curve};
use dlr_report::data::{
    Audit, Cam, CohortFlow, CohortGroup, Comparison, Confusion, ExclusionCount, Interval, ModelResult, Permutation,
    Provenance, Question, Report, RocPoint, SelectedFeature, Selection, Setting, Shap, ThresholdUsed, Verdict,
};
use std::collections::BTreeMap;

/// Fills in the report.
pub(super) fn of(
    outcome: &Outcome,
    maps: Option<&Maps>,
    provenance: Provenance,
    configuration: String,
) -> Result<Report> {
    let file = &outcome.file;
    let results = |models: &[ModelOutcome]| -> Result<Vec<ModelResult>> {
        let mut results = Vec::new();
        for model in models {
            results.push(cross_validated(model)?);
            results.extend(external(model, outcome)?);
        }
        Ok(results)
    };
    Ok(Report {
        title: file.title.clone(),
        question: Question {
            asked: vec![file.question.clone()],
            positive: file.cohort.positive.clone(),
            negative: file.cohort.negative.clone(),
            primary_model: file.report.explain.clone(),
            protocol: protocol(outcome),
        },
        cohort: flow(outcome),
        models: results(&outcome.models)?,
        baselines: results(&outcome.baselines)?,
        permutations: outcome.models.iter().filter_map(permutation).collect(),
        comparisons: comparisons(outcome)?,
        selections: outcome.models.iter().map(selection).collect(),
        shap: outcome.models.iter().filter_map(shap).collect(),
        cam: maps.map(|maps| cam(outcome, maps)),
        audits: audits(outcome)?,
        configuration,
        provenance,
        ..Report::default()
    })
}

fn protocol(outcome: &Outcome) -> Vec<String> {
    let first = &outcome.models[0].cv;
    let (n_repeats, n_folds) = (first.repeats.len(), first.folds.len() / first.repeats.len().max(1));
    vec![
        format!(
            "Cross-validation by patient: {n_folds} folds, repeated {n_repeats} times. Every step that learns (imputation, \
             filters, selection, scaling, classifier, threshold) is fitted inside the training side of each fold."
        ),
        "The ROC curve and its DeLong interval belong to the mean out-of-fold probability of each case over the repeats. \
         Sensitivity, specificity and F1 are those of the pooled calls of each repeat, averaged; each case is called at the \
         threshold chosen from the training scores of its own fold."
            .to_owned(),
    ]
}

fn flow(outcome: &Outcome) -> CohortFlow {
    let mut exclusions: Vec<ExclusionCount> = Vec::new();
    for exclusion in outcome.cohort.exclusions() {
        match exclusions.iter_mut().find(|e| e.reason == exclusion.reason) {
            Some(known) => known.cases.push(exclusion.id.clone()),
            None => {
                exclusions.push(ExclusionCount { reason: exclusion.reason.clone(), cases: vec![exclusion.id.clone()] })
            }
        }
    }
    let truth: BTreeMap<&str, bool> = outcome
        .external
        .iter()
        .flat_map(|(truth, _)| truth.cases().iter().map(String::as_str).zip(truth.labels().iter().copied()))
        .collect();
    let mut groups: BTreeMap<(Role, &str), [usize; 2]> = BTreeMap::new();
    for row in outcome.cohort.rows() {
        let label = row.label.or_else(|| truth.get(row.id.as_str()).copied());
        let counts = groups.entry((row.role, &row.center)).or_default();
        counts[usize::from(label == Some(true))] += 1;
    }
    CohortFlow {
        n_enrolled: outcome.n_enrolled.0,
        n_patients: outcome.n_enrolled.1,
        exclusions,
        groups: groups
            .into_iter()
            .map(|((role, center), [n_negative, n_positive])| CohortGroup {
                role: if role == Role::Train { "train" } else { "external" }.into(),
                center: center.to_owned(),
                n_positive,
                n_negative,
            })
            .collect(),
    }
}

fn plain(value: f64) -> Interval {
    Interval { value, ..Interval::default() }
}

fn with(value: f64, interval: &dlr_evaluation::Interval, method: &str) -> Interval {
    Interval { value, low: interval.low, high: interval.high, method: method.into() }
}

fn roc(scores: &[f64], labels: &[bool]) -> Result<Vec<RocPoint>> {
    let curve = roc_curve(scores, labels)?;
    let points = curve.fpr.iter().zip(&curve.tpr).zip(&curve.threshold);
    Ok(points.map(|((fpr, tpr), threshold)| RocPoint { fpr: *fpr, tpr: *tpr, threshold: *threshold }).collect())
}

fn cross_validated(model: &ModelOutcome) -> Result<ModelResult> {
    let m = &model.metrics;
    let section = &model.planned.section;
    let (scores, labels): (Vec<f64>, Vec<bool>) = model.cv.mean_scores().into_values().unzip();
    let counts = counts_of(&model.cv, 0);
    Ok(ModelResult {
        name: section.name.clone(),
        label: section.title.clone(),
        description: format!("{} columns of {}", model.planned.data.table().n_features(), section.blocks.join(" + ")),
        setting: Setting::TrainCv,
        n_cases: m.n,
        n_positive: m.n_positive,
        roc: roc(&scores, &labels)?,
        auc: with(m.auc, &m.auc_ci, "DeLong, mean out-of-fold probability"),
        auc_by_repeat: m.auc_by_repeat.clone(),
        f1: plain(m.f1),
        prevalence: m.prevalence,
        all_positive_f1: m.f1_all_positive,
        sensitivity: with(m.sensitivity, &m.sensitivity_ci, "Wilson"),
        specificity: with(m.specificity, &m.specificity_ci, "Wilson"),
        ppv: plain(m.ppv),
        npv: plain(m.npv),
        balanced_accuracy: plain(m.balanced_accuracy),
        mcc: plain(m.mcc),
        brier: plain(m.brier),
        average_precision: plain(m.auprc),
        threshold: ThresholdUsed {
            value: m.threshold,
            rule: format!("{} on the training scores of each fold (mean shown)", m.threshold_rule),
        },
        confusion: Some(Confusion {
            true_positive: counts.tp,
            false_positive: counts.fp,
            false_negative: counts.r#fn,
            true_negative: counts.tn,
        }),
        ..ModelResult::default()
    })
}

fn external(model: &ModelOutcome, outcome: &Outcome) -> Result<Option<ModelResult>> {
    let (Some(s), Some((truth, _))) = (&model.external_scores, &outcome.external) else { return Ok(None) };
    let section = &model.planned.section;
    Ok(Some(ModelResult {
        name: section.name.clone(),
        label: section.title.clone(),
        description: "frozen model".into(),
        setting: Setting::External,
        n_cases: s.n,
        n_positive: s.n_positive,
        roc: roc(model.external.scores(), truth.labels())?,
        auc: with(s.auc, &s.auc_ci, "DeLong"),
        f1: plain(s.f1),
        prevalence: s.prevalence,
        all_positive_f1: s.f1_all_positive,
        sensitivity: with(s.sensitivity, &s.sensitivity_ci, "Wilson"),
        specificity: with(s.specificity, &s.specificity_ci, "Wilson"),
        ppv: with(s.ppv, &s.ppv_ci, "Wilson"),
        npv: with(s.npv, &s.npv_ci, "Wilson"),
        balanced_accuracy: plain(s.balanced_accuracy),
        mcc: plain(s.mcc),
        brier: plain(s.brier),
        average_precision: plain(s.auprc),
        threshold: ThresholdUsed {
            value: s.threshold,
            rule: format!("{} on out-of-fold training scores", model.threshold.rule()),
        },
        ..ModelResult::default()
    }))
}

fn permutation(model: &ModelOutcome) -> Option<Permutation> {
    let null = model.null.as_ref()?;
    Some(Permutation {
        model: model.planned.section.name.clone(),
        observed: model.metrics.auc_within_folds,
        permuted: null.auc.clone(),
        p: null.p,
    })
}

/// Paired DeLong between the models in order, and of each with each baseline, on the same cases.
pub(super) fn comparisons(outcome: &Outcome) -> Result<Vec<Comparison>> {
    let mut comparisons = Vec::new();
    for (index, first) in outcome.models.iter().enumerate() {
        for second in outcome.models[..index].iter().chain(&outcome.baselines) {
            comparisons.push(comparison(first, second, Setting::TrainCv, None)?);
            if let Some((truth, _)) = &outcome.external {
                comparisons.push(comparison(first, second, Setting::External, Some(truth.labels()))?);
            }
        }
    }
    Ok(comparisons)
}

fn comparison(
    first: &ModelOutcome,
    second: &ModelOutcome,
    setting: Setting,
    truth: Option<&[bool]>,
) -> Result<Comparison> {
    let of_cv = |m: &ModelOutcome| -> (Vec<f64>, Vec<bool>) { m.cv.mean_scores().into_values().unzip() };
    let (a, b, labels) = match truth {
        Some(labels) => (first.external.scores().to_vec(), second.external.scores().to_vec(), labels.to_vec()),
        None => {
            let (a, labels) = of_cv(first);
            (a, of_cv(second).0, labels)
        }
    };
    let test = delong_paired(&a, &b, &labels)?;
    Ok(Comparison {
        first: first.planned.section.name.clone(),
        second: second.planned.section.name.clone(),
        setting,
        difference: with(test.difference, &test.interval, "DeLong"),
        p: test.p,
        method: "DeLong".into(),
        ..Comparison::default()
    })
}

/// Weight of a column in the final model, per standard deviation of the training cases; NaN where it has none.
pub(super) fn final_weight(model: &ModelOutcome, name: &FeatureName) -> f64 {
    let Form::Linear(form) = model.fitted.form() else { return f64::NAN };
    let Some((_, weight)) = form.weights.iter().find(|(n, _)| n == name) else { return f64::NAN };
    let data = &model.planned.data;
    let Some(position) = data.table().position(name) else { return f64::NAN };
    let column = data.table().values().column(position);
    let train: Vec<f64> = column
        .iter()
        .zip(data.cohort().rows())
        .filter(|(value, row)| row.role == Role::Train && value.is_finite())
        .map(|(value, _)| *value)
        .collect();
    let mean = train.iter().sum::<f64>() / train.len() as f64;
    weight * (train.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / train.len() as f64).sqrt()
}

fn selection(model: &ModelOutcome) -> Selection {
    Selection {
        model: model.planned.section.name.clone(),
        n_fits: model.cv.folds.len(),
        n_candidates: model.planned.data.table().n_features(),
        features: model
            .cv
            .selection_counts()
            .into_iter()
            .map(|(name, n_selected)| SelectedFeature {
                group: name.roi().to_owned(),
                weight: final_weight(model, &name),
                name: name.to_string(),
                n_selected,
            })
            .collect(),
        steps: Vec::new(),
    }
}

fn shap(model: &ModelOutcome) -> Option<Shap> {
    let attribution = model.attribution.as_ref()?;
    let labels = model.cv.mean_scores();
    let rows = |values: &ndarray::Array2<f64>| values.outer_iter().map(|row| row.to_vec()).collect();
    Some(Shap {
        model: model.planned.section.name.clone(),
        method: "exact linear SHAP of held-out cases, averaged over the models that had not seen them".into(),
        base: attribution.base,
        positive: attribution.cases.iter().map(|case| labels[case].1).collect(),
        cases: attribution.cases.clone(),
        names: attribution.names.iter().map(ToString::to_string).collect(),
        groups: attribution.names.iter().map(|n| n.roi().to_owned()).collect(),
        values: rows(&attribution.values),
        data: rows(&attribution.data),
        ..Shap::default()
    })
}

fn cam(outcome: &Outcome, maps: &Maps) -> Cam {
    Cam {
        method: "Grad-CAM of the deep block".into(),
        model: outcome.file.report.explain.clone(),
        signed: true,
        notes: vec![
            "The network is frozen and the model on its pooled features is linear, so the map has a closed form: each \
             position's part of the log odds is known exactly, and the mean of a map is the deep block's part."
                .into(),
            "Each patient's map is the mean over the cross-validated models that had not seen that patient.".into(),
            "Only the deep block is mapped. Its share of the attribution stands beside each case: a map of a small share \
             means little."
                .into(),
        ],
        cases: maps.cases.clone(),
    }
}

/// What can be checked from this run alone.
pub(super) fn audits(outcome: &Outcome) -> Result<Vec<Audit>> {
    let mut audits = Vec::new();
    for model in &outcome.models {
        let name = &model.planned.section.title;
        if let Some(null) = &model.null {
            let off = (null.mean - 0.5).abs();
            // Few permutations have a mean far from 0.5 by chance: three standard errors are allowed.
            let allowed = (3.0 * null.sd / (null.n as f64).sqrt()).max(0.05);
            audits.push(Audit {
                name: format!("{name}: permuted labels"),
                verdict: if off <= allowed { Verdict::Pass } else { Verdict::Fail },
                finding: format!("mean AUC {:.3} over {} permutations; p = {:.3}", null.mean, null.n, null.p),
                advice: "A mean away from 0.5 says that the pipeline leaks.".into(),
            });
        }
        let n_candidates = model.planned.data.table().n_features();
        let events = model.metrics.n_positive.min(model.metrics.n - model.metrics.n_positive);
        let per_candidate = events as f64 / n_candidates as f64;
        audits.push(Audit {
            name: format!("{name}: events per candidate feature"),
            verdict: if per_candidate >= 10.0 { Verdict::Pass } else { Verdict::Warn },
            finding: format!(
                "{events} cases of the rarer class for {n_candidates} candidate columns ({per_candidate:.3})"
            ),
            advice: "Below 10, selection is unstable: read the selection frequencies.".into(),
        });
    }
    Ok(audits)
}
