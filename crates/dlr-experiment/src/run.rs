//! The order of a run: enrol, prepare, cross-validate, permute, freeze, open the external labels once, write.

use crate::{
    cache::{self, Cache},
    config::{ExperimentFile, Failing, ModelSection},
    crossval::{CrossValidation, Detail, cross_validate},
    enrol::{enough_in_every_fold, patients, some_to_learn_from, with_labels},
    failed::{Failed, all_failures},
    folder::RunFolder,
    images::Side,
    judge::{judge, subgroups},
    log::RunLog,
    make::Maker,
    metrics, mistakes, null,
    outcome::{ModelOutcome, Outcome},
    pipelines::{self, Refit},
    prepare::Preparation,
    prepared::Prepared,
    progress::Progress,
    registry::Registry,
    resampling::Resampling,
    resolve::resolve,
    rules,
    trace::trace,
    volume, write,
};
use dlr_core::{Cohort, Fold, Result, SealedLabels, Splitter, derive_seed};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Where a run reads and writes.
pub struct Places<'a> {
    /// The folder of the experiment file; relative paths in it start here.
    pub experiment: &'a Path,
    /// Run folders appear here, each under the experiment's name.
    pub out: &'a Path,
    /// Computed features are kept here.
    pub cache: &'a Path,
}

/// What a finished run returns to its caller.
pub struct Finished {
    /// The run folder.
    pub folder: PathBuf,
    /// Everything that was found.
    pub outcome: Outcome,
    /// Cases that were left out because they failed, in cohort order.
    pub failed: Vec<Failed>,
}

/// Runs an experiment from its cases to its folder.
///
/// # Errors
/// The first of any stage. The run folder of an earlier run is then still in place, and no new one is.
pub fn run(
    file: &ExperimentFile,
    registry: &Registry,
    places: &Places<'_>,
    progress: &dyn Progress,
) -> Result<Finished> {
    let log = RunLog::new();
    let mut clock = Clock::start();
    let folder = RunFolder::start(places.out, &file.name)?;
    log.event("start", json!({ "experiment": file.name, "seed": file.seed, "version": env!("CARGO_PKG_VERSION") }));

    let mut resolved = resolve(file, registry, places.experiment)?;
    let preparation = Preparation::new(file, registry, places.experiment)?;
    let splitter = registry.splitters.make(&file.validation.splitter, "", places.experiment)?;
    let (enrolled, sealed) = preparation.source().cohort()?;
    let n_enrolled = (enrolled.len(), patients(&enrolled));
    let cohort = with_labels(&enrolled, &sealed, &file.cohort.unlabelled_reason);
    some_to_learn_from(&cohort)?;
    subgroups::check(&file.subgroups, &cohort)?;
    // Folds that cannot be made are refused now, and not after an hour of features.
    enough_in_every_fold(&cohort, &splitter.folds(&cohort, file.seed)?)?;
    log.event("cohort", json!({ "enrolled": enrolled.len(), "kept": cohort.len(), "excluded": cohort.exclusions() }));

    let cache = Cache::new(places.cache);
    mistakes::categories_are_listed(&preparation.unseen_categories(&cohort)?)?;
    write::masks_of_the_report(&resolved.report, &preparation, &cohort)?;
    let (prepared, cohort, failed) = features(&preparation, cohort, file.cohort.failing, &cache, progress)?;
    log.event("features", json!({ "computed": prepared.n_computed, "cached": prepared.n_cached }));
    clock.lap("features");

    volume::add_baseline(&mut resolved, &prepared)?;
    let stage = Stage {
        file: &resolved,
        registry,
        places,
        prepared: &prepared,
        refit: Refit { preparation: &preparation, cache: &cache, file: &resolved, registry, folder: places.experiment },
        cohort: &cohort,
        splitter: splitter.as_ref(),
        log: &log,
    };
    let mut models = stage.judge(&resolved.models, Effort::Full, progress)?;
    let mut baselines = stage.judge(&resolved.baselines, Effort::ScoresOnly, progress)?;
    clock.lap("models");

    let external = open_external(sealed, &mut models, &mut baselines, &log)?;
    let images = preparation.images(Side { cohort: &cohort, fold: None })?;
    let learned_images = images.freeze()?;
    if !learned_images.is_empty() {
        log.event("image steps learned", json!({ "steps": learned_images }));
    }
    let mut outcome = Outcome {
        file: resolved,
        cohort,
        n_enrolled,
        prepared,
        learned_images,
        models,
        baselines,
        external,
        judged: Default::default(),
        timings: Vec::new(),
    };
    outcome.judged = judge(&outcome)?;
    clock.lap("metrics");
    progress.stage("report", 1);
    let looked = write::Looked {
        maps: write::maps(&outcome, &images, registry, places.experiment, &log)?,
        localised: write::localise(&outcome, &images, registry, places.experiment, &log)?,
    };
    if let Some(localised) = &looked.localised {
        localised.audits().into_iter().for_each(|audit| outcome.judged.audits.add_of_study(audit));
    }
    clock.lap("maps");
    outcome.timings = clock.laps;
    write::everything(&outcome, &looked, &folder, &log)?;
    progress.step("written");
    Ok(Finished { folder: folder.publish()?, outcome, failed })
}

/// The features of everyone who does not fail, who that is, and who does. What learns before the table learns from those
/// who do not, so it is asked again when someone was left out.
fn features(
    preparation: &Preparation,
    mut cohort: Cohort,
    rule: Failing,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<(Prepared, Cohort, Vec<Failed>)> {
    let mut all_failed = Vec::new();
    loop {
        let (prepared, failed) = preparation.features(Side { cohort: &cohort, fold: None }, cache, progress)?;
        cohort = without_failed(cohort, &failed, rule, progress)?;
        let again = !failed.is_empty() && preparation.learns_from_anyone();
        all_failed.extend(failed);
        if !again {
            return Ok((prepared, cohort, all_failed));
        }
    }
}

/// Ends the run where a case failed, or leaves these cases out, each with its error as the reason.
fn without_failed(cohort: Cohort, failed: &[Failed], rule: Failing, progress: &dyn Progress) -> Result<Cohort> {
    if failed.is_empty() {
        return Ok(cohort);
    }
    if rule == Failing::Stop || failed.len() == cohort.len() {
        return Err(all_failures(failed, cohort.len(), progress));
    }
    failed.iter().for_each(|failed| progress.note(&format!("left out: {}", failed.error)));
    let cohort = cohort.excluding(|row| failed.iter().find(|failed| failed.id == row.id).map(Failed::reason));
    some_to_learn_from(&cohort)?;
    Ok(cohort)
}

/// How much is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// Permuted labels, bootstrap samples and smaller folds too, as far as the file asks for them.
    Full,
    /// Cross-validation alone: for baselines.
    ScoresOnly,
}

/// What judging a model needs.
struct Stage<'a> {
    file: &'a ExperimentFile,
    registry: &'a Registry,
    places: &'a Places<'a>,
    prepared: &'a Prepared,
    refit: Refit<'a>,
    cohort: &'a Cohort,
    splitter: &'a dyn Splitter,
    log: &'a RunLog,
}

impl Stage<'_> {
    fn judge(&self, sections: &[ModelSection], effort: Effort, progress: &dyn Progress) -> Result<Vec<ModelOutcome>> {
        let plan = self.splitter.folds(self.cohort, self.file.seed)?;
        sections.iter().map(|section| self.model(section, &plan, effort, progress)).collect()
    }

    fn model(
        &self,
        section: &ModelSection,
        plan: &[Vec<Fold>],
        effort: Effort,
        progress: &dyn Progress,
    ) -> Result<ModelOutcome> {
        let Stage { file, registry, places, prepared, refit, cohort, .. } = *self;
        let planned = pipelines::plan(file, section, registry, places.experiment, prepared, cohort)?;
        let rule = &file.validation.threshold;
        let asked = &file.validation;
        let (n_permutations, n_refits) = match effort {
            // The first refit of the bootstrap is that on everyone.
            Effort::Full => (asked.permutations, asked.learning_curve.len() + asked.optimism + asked.optimism.min(1)),
            Effort::ScoresOnly => (0, 0),
        };
        progress.stage(&format!("model {}", section.name), 1 + n_permutations + n_refits);

        let (train, external) = planned.data.split_roles()?;
        let fitted = planned.model.fit(&train, file.seed)?;
        let maker = Maker { file, registry, folder: places.experiment, prepared: Some(prepared) };
        let trace = trace(&maker, &section.name, &file.pipelines[&section.pipeline], &train, file.seed)?;
        let cv = {
            let folds = refit.folds(section, &planned.data);
            cross_validate(
                folds.as_ref(),
                planned.model.as_ref(),
                plan,
                rule,
                Detail::Everything(file.report.shap),
                file.seed,
            )?
        };
        let metrics = metrics::of_cross_validation(&cv, rule)?;
        progress.step(&section.name);

        let null = (n_permutations > 0)
            .then(|| {
                let seed = derive_seed(file.seed, u64::MAX);
                let observed = metrics.auc_within_folds;
                null::permuted(&planned, refit, self.splitter, rule, observed, n_permutations, seed, progress)
            })
            .transpose()?;
        let resampled = (effort == Effort::Full)
            .then(|| {
                let data = refit.folds(section, &planned.data);
                let model = planned.model.as_ref();
                let resampling = Resampling { data: data.as_ref(), model, plan, asked, seed: file.seed };
                resampling.run(&section.name, progress)
            })
            .transpose()?;
        let explanation = cv.explanation(planned.data.table())?;
        let frozen = external.predict(fitted.as_ref(), frozen_threshold(rule, &cv)?)?;
        let (state, cut) = (frozen.model(), frozen.threshold().value());
        let hash = cache::key(&[&state.kind, &state.state.to_string(), &cut.to_bits().to_string()]);
        self.log.event(
            "model",
            json!({ "model": section.name, "columns": planned.data.table().n_features(), "hash": hash }),
        );
        Ok(ModelOutcome {
            planned,
            cv,
            metrics,
            null,
            resampled,
            explanation,
            trace,
            fitted,
            frozen,
            hash,
            external_scores: None,
        })
    }
}

/// The cut of the frozen model: by the rule on the out-of-fold scores of the first repeat.
///
/// One repeat, because its scores are those of single models, as the frozen one is; a mean over repeats is less spread.
fn frozen_threshold(rule: &str, cv: &CrossValidation) -> Result<dlr_core::Threshold> {
    rules::threshold(rule, &cv.repeats[0])
}

/// Scores all frozen models on the external cases in one opening of their labels.
fn open_external(
    sealed: SealedLabels,
    models: &mut [ModelOutcome],
    baselines: &mut [ModelOutcome],
    log: &RunLog,
) -> Result<Option<(dlr_core::Truth, dlr_core::Opening)>> {
    let all: Vec<&mut ModelOutcome> = models.iter_mut().chain(baselines).collect();
    if all.first().is_none_or(|m| m.frozen.predictions().cases().is_empty()) {
        return Ok(None);
    }
    let frozen: Vec<_> = all.iter().map(|m| &m.frozen).collect();
    let (truth, opening) = sealed.open(&frozen)?;
    let hashes: Vec<_> = all.iter().map(|m| &m.hash).collect();
    log.event("external labels opened", json!({ "n_cases": opening.n_cases, "models": hashes }));
    for model in all {
        let (predictions, threshold) = (model.frozen.predictions(), model.frozen.threshold());
        model.external_scores = Some(dlr_evaluation::evaluate(predictions, &truth, Some(threshold))?);
    }
    Ok(Some((truth, opening)))
}

/// Wall time of the stages; written into provenance only, never into a result.
struct Clock {
    since: Instant,
    laps: Vec<(String, Duration)>,
}

impl Clock {
    fn start() -> Self {
        Clock { since: Instant::now(), laps: Vec::new() }
    }

    fn lap(&mut self, stage: &str) {
        self.laps.push((stage.to_owned(), self.since.elapsed()));
        self.since = Instant::now();
    }
}
