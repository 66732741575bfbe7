//! [`Trace`]: how the selectors of a final model came to their columns, for the reader of the report.
//!
//! The steps of the pipeline are fitted once more on all training cases, with the seeds that the model had, and the
//! selectors asked for what they saw. Nothing here is used by a model, and none of it estimates how good one is.

use crate::{
    config::PipelineSection,
    judge::where_defined,
    make::{Maker, read},
    metrics::mean_sd,
};
use dlr_core::{FeatureName, Result, TrainSet, derive_seed};
use dlr_modelling::{
    glm::Family,
    selection::{
        Elimination, EliminationRound, LassoParams, LassoRule, PathMeasure, RfeCvResult, RfeEstimator, RfeParams,
    },
    steps::{Lasso, Rfe, RfeCv},
};
use dlr_report::data::{LassoPath, RfeCurve};

/// Inner folds of the curve of a step `rfe`, which has none of its own.
const N_FOLDS: usize = 5;

/// What the steps of a pipeline did, fitted on all training cases.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// A line per step that has something to say.
    pub steps: Vec<String>,
    /// The path of the last step `lasso`.
    pub lasso: Option<LassoPath>,
    /// Score by number of columns of the last step `rfe` or `rfe-cv`.
    pub rfe: Option<RfeCurve>,
    /// Every round of the last step `rfe` or `rfe-cv` as the model made it.
    pub rounds: Vec<Round>,
}

/// One round of an elimination.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Columns that stayed.
    pub n_left: usize,
    /// Columns that went, weakest first.
    pub removed: Vec<FeatureName>,
    /// Squared weight (or importance) of the weakest that stayed over that of the strongest that went.
    pub margin_ratio: f64,
}

/// Traces the steps of a pipeline. Empty where a stage is tuned: its parameters are then not those of the file, and the
/// tuned model says itself what it tried.
///
/// # Errors
/// Those of the steps, which the model had too.
pub(crate) fn trace(
    maker: &Maker<'_>,
    name: &str,
    section: &PipelineSection,
    train: &TrainSet,
    seed: u64,
) -> Result<Trace> {
    let mut trace = Trace::default();
    let stages = section.steps.iter().chain([&section.model]);
    if stages.into_iter().any(|stage| stage.params.contains_key("tune")) {
        return Ok(trace);
    }
    let mut train = train.clone();
    for (k, stage) in section.steps.iter().enumerate() {
        let seed = derive_seed(seed, k as u64);
        let (step, resolved) = maker.step(stage)?;
        train = step.resample(&train, seed)?;
        match stage.stage.as_str() {
            "lasso" => trace.lasso = path(name, &read(&resolved)?, &train, seed)?.or(trace.lasso),
            "rfe" => {
                let params: RfeParams = read(&resolved)?;
                trace.rounds = rounds(&Rfe::new(params.clone()).eliminate(&train, seed)?, &train);
                trace.rfe = curve(name, &params, &train, seed)?.or(trace.rfe);
            }
            "rfe-cv" => {
                let step: RfeCv = read(&resolved)?;
                let found = step.find(&train, seed)?;
                trace.rounds = rounds(&found.elimination, &train);
                trace.rfe = Some(drawn(name, &found, found.n_best));
            }
            _ => {}
        }
        let fitted = step.fit(&train, seed)?;
        train = train.with_table(fitted.apply(train.table())?)?;
        trace.steps.extend(Some(fitted.summary()).filter(|line| !line.is_empty()));
        if train.names().is_empty() {
            trace.steps.push("no column is left: the model gives everyone the share of positive cases".into());
            break;
        }
    }
    Ok(trace)
}

fn path(model: &str, params: &LassoParams, train: &TrainSet, seed: u64) -> Result<Option<LassoPath>> {
    let Some((at, cv)) = Lasso::new(params.clone()).path(train, seed)? else { return Ok(None) };
    let dense: Vec<Vec<f64>> = cv.points.iter().map(|point| point.dense(train.names().len())).collect();
    let ever: Vec<usize> = (0..train.names().len()).filter(|j| dense.iter().any(|w| w[*j] != 0.0)).collect();
    let limit = |side: f64| cv.mean.iter().zip(&cv.se).map(|(mean, se)| mean + side * se).collect();
    let rule = match params.rule {
        LassoRule::Min => "the best mean",
        LassoRule::OneSe => "the strongest within one standard error of the best",
    };
    Ok(Some(LassoPath {
        model: model.to_owned(),
        lambda: cv.points.iter().map(|point| point.lambda).collect(),
        names: ever.iter().map(|j| train.names()[*j].to_string()).collect(),
        coefficients: ever.iter().map(|j| dense.iter().map(|weights| weights[*j]).collect()).collect(),
        cv_low: limit(-1.0),
        cv_high: limit(1.0),
        cv_metric: match (params.measure, params.family) {
            (PathMeasure::Auc, _) => "AUC",
            (PathMeasure::Deviance, Family::Binomial) => "binomial deviance",
            (PathMeasure::Deviance, Family::Gaussian) => "squared error",
        }
        .into(),
        chosen: cv.points[at].lambda,
        rule: format!("{rule}, at most {} features", params.max_selected),
        cv_mean: cv.mean,
    }))
}

/// None for a forest: a curve of it would grow a forest for every size in every fold.
fn curve(model: &str, params: &RfeParams, train: &TrainSet, seed: u64) -> Result<Option<RfeCurve>> {
    if params.estimator == RfeEstimator::Forest {
        return Ok(None);
    }
    let found = where_defined(Rfe::new(params.clone()).curve(train, N_FOLDS, seed))?;
    Ok(found.map(|found| drawn(model, &found, params.n_keep.min(train.names().len()))))
}

fn rounds(elimination: &Elimination, train: &TrainSet) -> Vec<Round> {
    let mut n_left = train.names().len();
    let round = |round: &EliminationRound| {
        n_left -= round.removed.len();
        let removed = round.removed.iter().map(|j| train.names()[*j].clone()).collect();
        Round { n_left, removed, margin_ratio: round.margin_ratio }
    };
    elimination.rounds.iter().map(round).collect()
}

fn drawn(model: &str, found: &RfeCvResult, chosen: usize) -> RfeCurve {
    let se = |folds: &[f64]| mean_sd(folds).1 / (folds.iter().filter(|v| v.is_finite()).count() as f64).sqrt();
    let limit = |side: f64| found.mean.iter().zip(&found.folds).map(|(mean, f)| mean + side * se(f)).collect();
    RfeCurve {
        model: model.to_owned(),
        n_features: found.sizes.clone(),
        score: found.mean.clone(),
        low: limit(-1.0),
        high: limit(1.0),
        metric: "AUC".into(),
        chosen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ExperimentFile, Registry, make::tests::FILE};
    use dlr_core::{Form, conformance::sample_dataset};
    use std::path::Path;

    fn traced(section: &str) -> (Trace, Box<dyn dlr_core::FittedModel>) {
        let file = ExperimentFile::parse(FILE, &[]).unwrap();
        let registry = Registry::builtin();
        let maker = Maker { file: &file, registry: &registry, folder: Path::new("."), prepared: None };
        let section: PipelineSection = toml::from_str(section).unwrap();
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let trace = trace(&maker, "demo", &section, &train, 7).unwrap();
        (trace, maker.pipeline(&section).unwrap().0.fit(&train, 7).unwrap())
    }

    #[test]
    fn tells_of_the_very_columns_that_the_model_has() {
        let (trace, fitted) = traced(
            "steps = [{ stage = 'zscore' }, { stage = 'rfe', n_keep = 5 }, { stage = 'lasso', n_folds = 3 }]\n\
             model = { stage = 'logistic' }",
        );
        let path = trace.lasso.expect("there is a lasso");
        let at = path.lambda.iter().position(|l| *l == path.chosen).expect("the chosen penalty is on the path");
        let kept: Vec<&String> =
            path.names.iter().zip(&path.coefficients).filter(|(_, c)| c[at] != 0.0).map(|(name, _)| name).collect();
        let Form::Linear(form) = fitted.form() else { panic!("logistic regression is linear") };
        let selected: Vec<String> = form.weights.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(kept.iter().map(|k| k.as_str()).collect::<Vec<_>>(), selected);
        assert!(path.cv_low.iter().zip(&path.cv_mean).zip(&path.cv_high).all(|((l, m), h)| l <= m && m <= h));

        let curve = trace.rfe.expect("there is an rfe");
        assert_eq!(curve.chosen, 5);
        assert_eq!(curve.n_features.last(), Some(&1));
        assert!(curve.n_features.contains(&5) && curve.score.iter().all(|s| (0.0..=1.0).contains(s)), "{curve:?}");
        assert!(trace.steps.iter().any(|line| line.starts_with("rfe: 5 of")), "{:?}", trace.steps);

        // The rounds lead from all columns to those that stayed, and the closest is the one that the step tells.
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let n_gone: usize = trace.rounds.iter().map(|round| round.removed.len()).sum();
        assert_eq!(trace.rounds.last().map(|round| round.n_left), Some(5));
        assert_eq!(n_gone + 5, train.names().len());
        let gone: Vec<String> = trace.rounds.iter().flat_map(|r| &r.removed).map(ToString::to_string).collect();
        assert!(selected.iter().all(|name| !gone.contains(name)));
        let closest = trace.rounds.iter().map(|round| round.margin_ratio).fold(f64::INFINITY, f64::min);
        assert!(closest >= 1.0);
        assert!(
            trace.steps.iter().any(|line| line.contains(&format!("the closest round {closest:.4}"))),
            "{:?}",
            trace.steps
        );
    }

    #[test]
    fn a_tuned_pipeline_has_no_trace() {
        let (trace, _) =
            traced("steps = [{ stage = 'lasso', tune = { max_selected = [2, 4] } }]\nmodel = { stage = 'logistic' }");
        assert_eq!(trace, Trace::default());
    }
}
