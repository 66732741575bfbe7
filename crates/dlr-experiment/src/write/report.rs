//! The plain data of the report, from the outcome.

use super::{Looked, cam, correlation, subgroups};
use crate::{
    crossval::{CaseExplanations, whole},
    judge::{CalibrationRecord, NamedAudit, View, where_defined},
    metrics::counts_of,
    outcome::{ModelOutcome, Outcome},
    table_one,
    trace::Round,
};
use dlr_core::{CaseRecord, FeatureName, Form, Result, Role};
use dlr_evaluation::{FilledItem, ItemStatus, Status, roc_curve};
use dlr_report::data::{
    Answers, Audit, BandPoint, Calibration, CalibrationBin, CaseNote, CohortFlow, CohortGroup, Confusion, CurvePoint,
    DecisionCurve, EliminationRound, ExclusionCount, Guideline, GuidelineItem, Interaction, Interval, LearningCurve,
    LearningPoint, ModelResult, Nomogram, NomogramAxis, Optimism, Permutation, Provenance, Question, Recalibration,
    Report, RocPoint, SelectedFeature, Selection, Setting, Shap, ThresholdUsed, Verdict,
};
use ndarray::ArrayView1;
use std::collections::{BTreeMap, HashMap};

/// Fills in the report.
pub(super) fn of(outcome: &Outcome, looked: &Looked, provenance: Provenance, configuration: String) -> Result<Report> {
    let file = &outcome.file;
    let results = |models: &[ModelOutcome]| -> Result<Vec<ModelResult>> {
        let mut results = Vec::new();
        for model in models {
            results.push(cross_validated(model, outcome)?);
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
        cohort_table: table_one::of(outcome),
        models: results(&outcome.models)?,
        baselines: results(&outcome.baselines)?,
        permutations: outcome.models.iter().filter_map(permutation).collect(),
        optimism: outcome.models.iter().filter_map(optimism).collect(),
        learning_curves: outcome.models.iter().filter_map(learning_curve).collect(),
        comparisons: outcome.judged.comparisons.clone(),
        subgroups: subgroups::rows(outcome),
        subgroup_tests: subgroups::tests(outcome),
        fairness: subgroups::fairness(outcome),
        selections: outcome.models.iter().map(selection).collect(),
        lasso_paths: outcome.models.iter().filter_map(|m| m.trace.lasso.clone()).collect(),
        rfe_curves: outcome.models.iter().filter_map(|m| m.trace.rfe.clone()).collect(),
        correlation: correlation::of(outcome),
        nomograms: nomograms(outcome)?,
        shap: outcome.models.iter().filter_map(shap).collect(),
        cam: cam::of(outcome, looked),
        answers: Answers { where_it_looks: cam::where_maps_look(looked), ..Answers::default() },
        audits: audits(outcome),
        guidelines: guidelines(outcome),
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
        "A second AUC, within folds, compares only cases that one and the same model predicted; it stands where repeats or \
         permuted labels are compared. Pooling the scores of several models pulls the first AUC below 0.5 where there is \
         nothing to learn, so the one within folds is the one to hold against 0.5."
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
    let notes = &outcome.prepared.notes;
    CohortFlow {
        notes: notes.iter().map(|(case, notes)| CaseNote { case: case.clone(), notes: notes.clone() }).collect(),
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

pub(super) fn with(value: f64, interval: &dlr_evaluation::Interval, method: &str) -> Interval {
    Interval { value, low: interval.low, high: interval.high, method: method.into() }
}

fn roc(scores: &[f64], labels: &[bool]) -> Result<Vec<RocPoint>> {
    let curve = roc_curve(scores, labels)?;
    let points = curve.fpr.iter().zip(&curve.tpr).zip(&curve.threshold);
    Ok(points.map(|((fpr, tpr), threshold)| RocPoint { fpr: *fpr, tpr: *tpr, threshold: *threshold }).collect())
}

/// What a bootstrap interval is called.
const BOOTSTRAP: &str = "BCa bootstrap of patients, 2000";

fn cross_validated(model: &ModelOutcome, outcome: &Outcome) -> Result<ModelResult> {
    let m = &model.metrics;
    let section = &model.planned.section;
    let view = View::cross_validated(model, &outcome.cohort);
    let counts = counts_of(&model.cv, 0);
    let mut result = ModelResult {
        name: section.name.clone(),
        label: section.title.clone(),
        description: format!("{} columns of {}", model.planned.data.table().n_features(), section.blocks.join(" + ")),
        setting: Setting::TrainCv,
        n_cases: m.n,
        n_positive: m.n_positive,
        roc: roc(&view.scores, &view.labels)?,
        auc: with(m.auc, &m.auc_ci, &format!("{}, of the mean out-of-fold probability", m.auc_ci_kind.words())),
        auc_by_repeat: m.auc_by_repeat.clone(),
        f1: plain(m.f1),
        f1_macro: plain(m.f1_macro),
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
        confusion: Some(confusion(&counts)),
        ..ModelResult::default()
    };
    judged(&mut result, outcome);
    Ok(result)
}

fn confusion(counts: &dlr_evaluation::Confusion) -> Confusion {
    Confusion {
        true_positive: counts.tp,
        false_positive: counts.fp,
        false_negative: counts.r#fn,
        true_negative: counts.tn,
    }
}

fn external(model: &ModelOutcome, outcome: &Outcome) -> Result<Option<ModelResult>> {
    let (Some(s), Some(view)) = (&model.external_scores, View::external(model, outcome)) else { return Ok(None) };
    let section = &model.planned.section;
    let mut result = ModelResult {
        name: section.name.clone(),
        label: section.title.clone(),
        description: "frozen model".into(),
        setting: Setting::External,
        n_cases: s.n,
        n_positive: s.n_positive,
        roc: roc(&view.scores, &view.labels)?,
        auc: with(s.auc, &s.auc_ci, s.auc_ci_kind.words()),
        f1: plain(s.f1),
        f1_macro: plain(s.f1_macro),
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
            rule: format!("{} on out-of-fold training scores", model.frozen.threshold().rule()),
        },
        confusion: s.confusion.as_ref().map(confusion),
        ..ModelResult::default()
    };
    judged(&mut result, outcome);
    Ok(Some(result))
}

/// Adds intervals and curves.
fn judged(result: &mut ModelResult, outcome: &Outcome) {
    let Some(judgement) = outcome.judged.get(&result.name, result.setting) else { return };
    let by = &judgement.intervals;
    result.auc_bootstrap = with(result.auc.value, &by.auc_ci_bca, BOOTSTRAP);
    let pairs = [
        (&mut result.f1, Some(by.f1_ci)),
        (&mut result.f1_macro, Some(by.f1_macro_ci)),
        (&mut result.balanced_accuracy, Some(by.balanced_accuracy_ci)),
        (&mut result.mcc, Some(by.mcc_ci)),
        (&mut result.brier, Some(by.brier_ci)),
        (&mut result.average_precision, Some(by.auprc_ci)),
        (&mut result.ppv, by.ppv_ci),
        (&mut result.npv, by.npv_ci),
    ];
    for (figure, interval) in pairs {
        if let Some(interval) = interval {
            *figure = with(figure.value, &interval, BOOTSTRAP);
        }
    }
    result.calibration = Some(calibration(&judgement.calibration));
    result.decision = judgement.decision.as_ref().map(decision);
    if let Some(band) = &judgement.roc_band {
        let limits = band.fpr.iter().zip(band.low.iter().zip(&band.high));
        result.roc_band = limits.map(|(x, (low, high))| BandPoint { x: *x, low: *low, high: *high }).collect();
    }
    if let Some(curve) = &judgement.precision_recall {
        result.precision_recall =
            curve.recall.iter().zip(&curve.precision).map(|(x, y)| CurvePoint { x: *x, y: *y }).collect();
    }
}

fn calibration(record: &CalibrationRecord) -> Calibration {
    let bins = record.bins.iter().filter(|bin| bin.n > 0);
    let curve = record.curve.iter().flat_map(|curve| curve.predicted.iter().zip(&curve.observed));
    Calibration {
        bins: bins
            .map(|bin| CalibrationBin {
                predicted: bin.predicted,
                observed: with(bin.observed, &bin.observed_ci, "Wilson"),
                n_cases: bin.n,
            })
            .collect(),
        curve: curve.map(|(x, y)| CurvePoint { x: *x, y: *y }).collect(),
        band: Vec::new(),
        slope: with(record.slope, &record.slope_ci, "Wald"),
        intercept: with(record.intercept, &record.intercept_ci, "Wald"),
        ece: record.ece,
        ici: record.ici,
        hosmer_lemeshow_p: record.hosmer_lemeshow_legacy.map_or(f64::NAN, |test| test.p),
        recalibrated: record
            .recalibrated
            .iter()
            .map(|(method, after)| Recalibration {
                method: (*method).to_owned(),
                slope: after.slope,
                intercept: after.intercept,
                brier: after.brier,
                ici: after.ici,
            })
            .collect(),
    }
}

fn decision(curve: &dlr_evaluation::DecisionCurve) -> DecisionCurve {
    let points = |benefit: &[f64]| -> Vec<CurvePoint> {
        curve.threshold.iter().zip(benefit).map(|(x, y)| CurvePoint { x: *x, y: *y }).collect()
    };
    let bounds = curve.threshold.iter().zip(curve.low.iter().zip(&curve.high));
    DecisionCurve {
        model: points(&curve.model),
        band: bounds.map(|(x, (low, high))| BandPoint { x: *x, low: *low, high: *high }).collect(),
        all: points(&curve.treat_all),
    }
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

fn optimism(model: &ModelOutcome) -> Option<Optimism> {
    let run = model.resampled.as_ref()?.optimism.as_ref()?;
    Some(Optimism {
        model: model.planned.section.name.clone(),
        n_samples: run.found.n_used,
        apparent: run.found.apparent,
        optimism: run.found.mean_optimism,
        corrected: run.found.corrected,
        out_of_bag: run.found.out_of_bag,
        auc_632_plus: run.found.auc_632_plus,
    })
}

fn learning_curve(model: &ModelOutcome) -> Option<LearningCurve> {
    let points = model.resampled.as_ref()?.learning_curve.iter().map(|p| LearningPoint {
        share: p.share,
        n_patients: p.n_patients,
        auc: p.auc_within_folds,
        sd: p.auc_within_folds_sd,
    });
    let points: Vec<LearningPoint> = points.collect();
    (!points.is_empty()).then(|| LearningCurve { model: model.planned.section.name.clone(), points })
}

/// Weights of the final model's columns, per standard deviation of the training cases; none of a model that is not linear.
pub(super) fn final_weights(model: &ModelOutcome) -> HashMap<FeatureName, f64> {
    let Form::Linear(form) = model.fitted.form() else { return HashMap::new() };
    let weights: HashMap<&FeatureName, f64> = form.weights.iter().map(|(name, weight)| (name, *weight)).collect();
    let (table, rows) = (model.planned.data.table(), model.planned.data.cohort().rows());
    let of_sd = |(name, column): (&FeatureName, ArrayView1<'_, f64>)| {
        let weight = weights.get(name)?;
        let of_train =
            |(value, row): (&f64, &CaseRecord)| (row.role == Role::Train && value.is_finite()).then_some(*value);
        let train: Vec<f64> = column.iter().zip(rows).filter_map(of_train).collect();
        let mean = train.iter().sum::<f64>() / train.len() as f64;
        let sd = (train.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / train.len() as f64).sqrt();
        Some((name.clone(), weight * sd))
    };
    table.names().iter().zip(table.values().columns()).filter_map(of_sd).collect()
}

/// Rounds of an elimination that the report shows.
const N_ROUNDS: usize = 12;
/// A margin below this is called close.
const CLOSE: f64 = 1.01;

fn selection(model: &ModelOutcome) -> Selection {
    let rounds = &model.trace.rounds;
    let weights = final_weights(model);
    let round = |round: &Round| EliminationRound {
        n_left: round.n_left,
        removed: round.removed.iter().map(ToString::to_string).collect(),
        margin_ratio: round.margin_ratio,
    };
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
                weight: weights.get(&name).copied().unwrap_or(f64::NAN),
                name: name.to_string(),
                n_selected,
            })
            .collect(),
        frozen: frozen_groups(&model.fitted.selected()),
        steps: model.trace.steps.clone(),
        n_rounds: rounds.len(),
        n_close: rounds.iter().filter(|round| round.margin_ratio < CLOSE).count(),
        last_rounds: rounds[rounds.len().saturating_sub(N_ROUNDS)..].iter().map(round).collect(),
    }
}

/// How many columns of each region a model keeps, in the order of its columns.
fn frozen_groups(selected: &[FeatureName]) -> Vec<(String, usize)> {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for name in selected {
        match groups.iter_mut().find(|(group, _)| group == name.roi()) {
            Some((_, n)) => *n += 1,
            None => groups.push((name.roi().to_owned(), 1)),
        }
    }
    groups
}

/// Pairs of columns that the report holds; a forest on thousands of columns has many that hardly act.
const N_PAIRS: usize = 200;

fn shap(model: &ModelOutcome) -> Option<Shap> {
    let explanation = model.explanation.as_ref()?;
    let attribution = &explanation.attribution;
    let labels = model.cv.mean_scores();
    let rows = |values: &ndarray::Array2<f64>| values.outer_iter().map(|row| row.to_vec()).collect();
    Some(Shap {
        model: model.planned.section.name.clone(),
        method: shap_method(explanation),
        scale: if explanation.on_probability { "probability" } else { "log odds" }.into(),
        interactions: explanation
            .interactions
            .iter()
            .take(N_PAIRS)
            .map(|pair| Interaction {
                first: pair.first.to_string(),
                second: pair.second.to_string(),
                mean_absolute: pair.mean_absolute,
            })
            .collect(),
        base: attribution.base,
        base_of_case: explanation.base_of_case.clone(),
        positive: attribution.cases.iter().map(|case| labels[case].1).collect(),
        cases: attribution.cases.clone(),
        names: attribution.names.iter().map(ToString::to_string).collect(),
        groups: attribution.names.iter().map(|n| n.roi().to_owned()).collect(),
        values: rows(&attribution.values),
        data: rows(&attribution.data),
        ..Shap::default()
    })
}

fn shap_method(explanation: &CaseExplanations) -> String {
    let error = match explanation.relative_error {
        0.0 => String::new(),
        error => format!("; standard error at most {:.1} % of the largest value", 100.0 * error),
    };
    format!("{} of held-out cases, averaged over the models that had not seen them{error}", explanation.method.words())
}

/// The frozen linear models as rulers, over the training cases.
fn nomograms(outcome: &Outcome) -> Result<Vec<Nomogram>> {
    let mut nomograms = Vec::new();
    for model in &outcome.models {
        let Form::Linear(form) = model.fitted.form() else { continue };
        let (train, _) = model.planned.data.split_roles()?;
        let (train, _) = whole(&train, train.table())?;
        let Some(made) = where_defined(dlr_interpret::nomogram(&form, train.table(), 5))? else { continue };
        nomograms.push(Nomogram {
            model: model.planned.section.name.clone(),
            axes: made
                .axes
                .into_iter()
                .map(|axis| NomogramAxis {
                    group: axis.name.roi().to_owned(),
                    name: axis.name.to_string(),
                    value: axis.value,
                    points: axis.points,
                })
                .collect(),
            intercept: made.intercept,
            per_point: made.per_point,
        });
    }
    Ok(nomograms)
}

/// The audits as lines: what was asked, how it came out, what was found.
fn audits(outcome: &Outcome) -> Vec<Audit> {
    let title = |model: &String| outcome.model(model).map_or(model.clone(), |m| m.planned.section.title.clone());
    let line = |NamedAudit { model, audit }: &NamedAudit| {
        let shown: Vec<&str> = audit.details.iter().take(8).map(String::as_str).collect();
        let more = audit.details.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more in metrics.json") } else { String::new() };
        let details = if shown.is_empty() { String::new() } else { format!(" ({}{more})", shown.join("; ")) };
        Audit {
            name: match model {
                Some(model) => format!("{}: {}", title(model), audit.name),
                None => audit.name.to_owned(),
            },
            verdict: match audit.status {
                Status::NotApplicable => Verdict::NotApplicable,
                Status::Pass => Verdict::Pass,
                Status::Warn => Verdict::Warn,
                Status::Fail => Verdict::Fail,
            },
            finding: format!("{}{details}", audit.sentence),
            advice: audit.advice().to_owned(),
        }
    };
    outcome.judged.audits.0.iter().map(line).collect()
}

/// The guideline tables as lines.
fn guidelines(outcome: &Outcome) -> Vec<Guideline> {
    let item = |item: &FilledItem| GuidelineItem {
        number: item.number.to_owned(),
        item: item.text.to_owned(),
        answer: match item.status {
            ItemStatus::Filled => item.answer.clone(),
            ItemStatus::NotInThisRun => "(not done in this run)".into(),
            ItemStatus::ForTheAuthor => String::new(),
        },
        section: item.place.clone(),
    };
    let tables = crate::judge::guidelines::tables(outcome).into_iter();
    tables
        .map(|(name, _, items)| Guideline { name: name.to_owned(), items: items.iter().map(item).collect() })
        .collect()
}
