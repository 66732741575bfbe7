//! One check per seam: what every implementation must keep, whoever wrote it.

use super::{sample_case, sample_cohort, sample_dataset};
use crate::{
    Case, CaseSet, CaseSource, Code, Cohort, Error, Explainer, FeatureExtractor, FeatureLearner, FeatureTable,
    FittedModel, FittedTableStep, Fold, Form, ImageLearner, ImageStep, LinearForm, Metric, Model, Predictions, Result,
    Role, Splitter, TableStep, TrainSet, Truth, Volume,
};
use std::collections::BTreeSet;

fn broken(fact: impl Into<String>) -> Error {
    Error::new(Code::Contract, fact)
}

fn require(kept: bool, fact: &str) -> Result<()> {
    if kept { Ok(()) } else { Err(broken(fact)) }
}

/// Bits, so that NaN equals NaN and -0 differs from 0.
fn bits<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    values.into_iter().map(|v| v.to_bits()).collect()
}

/// The source lists distinct cases, loads each of them under its own identifier, with a stable content hash.
///
/// # Errors
/// [`Code::Contract`], or what the source itself refuses.
pub fn check_source(source: &dyn CaseSource) -> Result<()> {
    let (cohort, _) = source.cohort()?;
    require(!cohort.is_empty(), "a source must list at least one case")?;
    for row in cohort.rows() {
        let case = source.load(&row.id)?;
        require(
            case.id == row.id && case.patient == row.patient,
            "a loaded case must carry the identifiers of its row",
        )?;
        require(source.digest(&row.id)? == source.digest(&row.id)?, "the digest of unchanged content must not change")?;
    }
    let unknown = source.load("no such case");
    require(unknown.is_err(), "loading a case that is not listed must be an error")
}

/// The step gives the same bits twice, keeps the identifiers, and writes one line of history.
///
/// # Errors
/// [`Code::Contract`], or what the step itself refuses.
pub fn check_image_step(step: &dyn ImageStep) -> Result<()> {
    check_image_step_on(step, &sample_case())
}

/// [`check_image_step`] on a case of the caller's, for steps that need certain masks.
///
/// # Errors
/// As [`check_image_step`].
pub fn check_image_step_on(step: &dyn ImageStep, case: &Case) -> Result<()> {
    let (a, b) = (step.apply(case.clone())?, step.apply(case.clone())?);
    require(a.id == case.id && a.patient == case.patient, "a step must keep the identifiers of a case")?;
    require(a.history.len() == case.history.len() + 1, "a step must add one line to the history")?;
    require(a.image.geometry() == b.image.geometry(), "a step must give the same grid twice")?;
    require(bits(&a.image.to_f64()) == bits(&b.image.to_f64()), "a step must give the same bits twice")?;
    require(a.masks == b.masks, "a step must give the same masks twice")?;
    if let Some(name) = step.adds() {
        let others = |of: &Case| -> Vec<_> { of.masks.clone().into_iter().filter(|(mask, _)| mask != name).collect() };
        require(a.masks.contains_key(name), "a step must add the mask that it says it adds")?;
        require(
            others(&a) == others(case) && bits(&a.image.to_f64()) == bits(&case.image.to_f64()),
            "a step that says it adds a mask must change nothing else",
        )?;
    }
    a.masks.values().try_for_each(|mask| a.image.geometry().must_match(mask.geometry(), "mask"))
}

/// The extractor's names are distinct, are those of what it extracts, and the bits are the same twice.
///
/// # Errors
/// [`Code::Contract`], or what the extractor itself refuses.
pub fn check_extractor(extractor: &dyn FeatureExtractor, case: &Case) -> Result<()> {
    let names = extractor.names();
    require(!names.is_empty(), "an extractor must name at least one feature")?;
    require(names.iter().collect::<BTreeSet<_>>().len() == names.len(), "feature names must be distinct")?;
    let (a, b) = (extractor.extract(case)?, extractor.extract(case)?);
    require(a.names() == names, "extracted names must be the announced ones, in the same order")?;
    require(bits(a.values()) == bits(b.values()), "an extractor must give the same bits twice")?;
    for (name, value) in a.iter() {
        if value.is_infinite() {
            return Err(broken(format!("feature `{name}` is infinite")));
        }
        if value.is_nan() && !a.undefined().contains_key(name) {
            return Err(broken(format!("feature `{name}` is NaN without a reason")));
        }
    }
    Ok(())
}

/// The learner fits on the training side only, gives an extractor that keeps its own contract, the same bits for the
/// same seed, and the same names whoever it learned from.
///
/// # Errors
/// [`Code::Contract`], or what the learner itself refuses.
pub fn check_learner(learner: &dyn FeatureLearner, seed: u64) -> Result<()> {
    let cohort = sample_cohort();
    let case = sample_case();
    let load = |id: &str| learning_case(&cohort, &case, id);
    let cases = CaseSet::new(&cohort, &load);
    let (a, b) = (learner.fit(&cases.split_roles(), seed)?, learner.fit(&cases.split_roles(), seed)?);
    check_extractor(a.as_ref(), &case)?;
    let (x, y) = (a.extract(&case)?, b.extract(&case)?);
    require(bits(x.values()) == bits(y.values()), "the same seed must give the same bits")?;
    let of_a_fold = learner.fit(&cases.split(&sample_fold(&cohort)?)?, seed)?;
    require(of_a_fold.names() == a.names(), "the names of learned features must not depend on the training cases")
}

/// The learner reads training cases only and needs no label; the fitted step keeps the contract of a step, is the same
/// for the same seed, depends on what it learned from, and freezes to a state that thaws to the same bits.
///
/// # Errors
/// [`Code::Contract`], or what the learner itself refuses.
pub fn check_image_learner(learner: &dyn ImageLearner, seed: u64) -> Result<()> {
    check_image_learner_on(learner, &sample_case(), seed)
}

/// [`check_image_learner`] on variations of a case of the caller's, for learners that need certain masks.
///
/// # Errors
/// As [`check_image_learner`].
pub fn check_image_learner_on(learner: &dyn ImageLearner, case: &Case, seed: u64) -> Result<()> {
    let cohort = sample_cohort();
    let load = |id: &str| learning_case(&cohort, case, id);
    let cases = CaseSet::new(&cohort, &load);
    let train = cases.split_roles().without_labels();
    let (a, b) = (learner.fit(&train, seed)?, learner.fit(&train, seed)?);
    check_image_step_on(a.as_ref(), case)?;
    let voxels = |step: &dyn ImageStep| Ok::<_, Error>(bits(&step.apply(case.clone())?.image.to_f64()));
    require(voxels(a.as_ref())? == voxels(b.as_ref())?, "the same seed must give the same bits")?;
    let frozen = a.freeze()?;
    require(frozen == b.freeze()?, "the same fit must freeze to the same state")?;
    let thawed = learner.thaw(&frozen)?;
    require(voxels(a.as_ref())? == voxels(thawed.as_ref())?, "a thawed step must give the bits of the frozen one")?;
    let other = learner.fit(&cases.split(&sample_fold(&cohort)?)?.without_labels(), seed)?;
    require(frozen != other.freeze()?, "what learns nothing from the training images is an `ImageStep`")
}

/// A training case whose intensities vary from case to case as scanners do: in gain, in offset and along the range.
fn learning_case(cohort: &Cohort, sample: &Case, id: &str) -> Result<Case> {
    let position = cohort.rows().iter().position(|row| row.id == id);
    let position = position.ok_or_else(|| broken("a learner asked for a case that does not exist"))?;
    let row = &cohort.rows()[position];
    require(row.role == Role::Train, "a learner must not load external cases")?;
    let (gain, offset) = (1.0 + 0.1 * position as f64, 5.0 * (position % 7) as f64);
    let voxels = sample.image.to_f64().mapv(|v| offset + gain * v + 1e-4 * position as f64 * v * v);
    let image = Volume::new(*sample.image.geometry(), voxels)?;
    Ok(Case { id: row.id.clone(), patient: row.patient.clone(), image, ..sample.clone() })
}

fn sample_split() -> Result<(TrainSet, crate::HeldOut)> {
    let data = sample_dataset(5);
    data.split(&sample_fold(data.cohort())?)
}

fn sample_fold(cohort: &Cohort) -> Result<Fold> {
    let patients: Vec<_> = cohort.patients(Role::Train).into_iter().collect();
    let (test, train): (Vec<_>, Vec<_>) = patients.into_iter().enumerate().partition(|(i, _)| i % 4 == 0);
    let set = |side: Vec<(usize, String)>| side.into_iter().map(|(_, patient)| patient).collect();
    Fold::new(set(train), set(test))
}

/// The step keeps the rows, gives the same bits for the same seed, works on rows it has not seen and on one row alone,
/// and freezes.
///
/// # Errors
/// [`Code::Contract`], or what the step itself refuses.
pub fn check_table_step(step: &dyn TableStep) -> Result<()> {
    let (train, held_out) = sample_split()?;
    let train = step.resample(&train, 9)?;
    let (a, b) = (step.fit(&train, 9)?, step.fit(&train, 9)?);
    let (x, y) = (a.apply(held_out.table())?, b.apply(held_out.table())?);
    require(x.names() == y.names(), "the same seed must give the same columns")?;
    require(bits(x.values()) == bits(y.values()), "the same seed must give the same bits")?;
    require(x.cases() == held_out.table().cases(), "a step must keep the rows")?;
    require(x.n_features() > 0, "a step must keep at least one column")?;
    let alone = a.apply(&held_out.table().rows(&[1]))?;
    require(bits(alone.values()) == bits(x.rows(&[1]).values()), "a row must not depend on the rows beside it")?;
    require(a.freeze()? == b.freeze()?, "the same fit must freeze to the same state")?;
    check_pull_back(a.as_ref(), held_out.table(), &x)
}

/// A form on what a step gives, pulled back to what it takes, is the same number for every row.
fn check_pull_back(step: &dyn FittedTableStep, given: &FeatureTable, made: &FeatureTable) -> Result<()> {
    // Weights without a common measure, so that no two columns can stand in for one another.
    let weights = made.names().iter().enumerate().map(|(i, name)| (name.clone(), ((i + 2) as f64).sqrt())).collect();
    let form = LinearForm { intercept: 0.5, weights };
    let after = margins(&form, made)?;
    let Some(back) = step.pull_back(form) else { return Ok(()) };
    let before = margins(&back, given)?;
    let agree = before.iter().zip(&after).all(|(b, a)| (b - a).abs() <= 1e-8 * (1.0 + a.abs()));
    require(agree, "a form pulled back through a step must give the same margins")
}

fn margins(form: &LinearForm, table: &FeatureTable) -> Result<Vec<f64>> {
    let names: Vec<_> = form.weights.iter().map(|(name, _)| name.clone()).collect();
    let values = table.select(&names)?.values().clone();
    let of_row = |row: ndarray::ArrayView1<'_, f64>| {
        form.intercept + row.iter().zip(&form.weights).map(|(value, (_, weight))| value * weight).sum::<f64>()
    };
    Ok(values.outer_iter().map(of_row).collect())
}

/// The model predicts probabilities of rows it has not seen, better than chance where the signal is plain; a row does
/// not depend on the rows beside it; a linear form gives the predictions back.
///
/// # Errors
/// [`Code::Contract`], or what the model itself refuses.
pub fn check_model(model: &dyn Model) -> Result<()> {
    let (train, held_out) = sample_split()?;
    let (a, b) = (model.fit(&train, 9)?, model.fit(&train, 9)?);
    let table = held_out.table();
    let predictions = a.predict(table)?;
    held_out.truth().must_fit(&predictions)?;
    require(bits(predictions.scores()) == bits(b.predict(table)?.scores()), "the same seed must give the same bits")?;
    require(predictions.scores()[1..2] == *a.predict(&table.rows(&[1]))?.scores(), "a row must not depend on others")?;
    require(a.freeze()? == b.freeze()?, "the same fit must freeze to the same state")?;
    require(a.selected().iter().all(|name| table.position(name).is_some()), "selected columns must be input columns")?;
    require(
        concordance(&predictions, held_out.truth()) > 0.6,
        "a model must find a signal of two standard deviations",
    )?;
    check_form(a.as_ref(), table, &predictions)
}

fn concordance(predictions: &Predictions, truth: &Truth) -> f64 {
    let side = |wanted: bool| {
        let pairs = predictions.scores().iter().zip(truth.labels());
        pairs.filter(move |(_, label)| **label == wanted).map(|(score, _)| *score)
    };
    let (mut won, mut n) = (0.0, 0.0);
    for p in side(true) {
        for q in side(false) {
            won += if p > q {
                1.0
            } else if p == q {
                0.5
            } else {
                0.0
            };
            n += 1.0;
        }
    }
    won / n
}

fn check_form(model: &dyn FittedModel, table: &FeatureTable, predictions: &Predictions) -> Result<()> {
    let Form::Linear(form) = model.form() else { return Ok(()) };
    let margins =
        margins(&form, table).map_err(|_| broken("a linear form names a column twice, or one that is not there"))?;
    let agree =
        margins.iter().zip(predictions.scores()).all(|(m, score)| (1.0 / (1.0 + (-m).exp()) - score).abs() < 1e-9);
    require(agree, "a linear form must give the predictions back")
}

/// The splitter divides the training patients, each held out once per repeat, none external, the same for a seed.
///
/// # Errors
/// [`Code::Contract`], or what the splitter itself refuses.
pub fn check_splitter(splitter: &dyn Splitter) -> Result<()> {
    let cohort = sample_cohort();
    let patients = cohort.patients(Role::Train);
    let repeats = splitter.folds(&cohort, 3)?;
    require(repeats == splitter.folds(&cohort, 3)?, "the same seed must give the same folds")?;
    require(!repeats.is_empty(), "a splitter must give at least one repeat")?;
    for folds in repeats {
        let mut held_out = BTreeSet::new();
        for fold in &folds {
            require(
                fold.test().iter().all(|p| held_out.insert(p.clone())),
                "a patient is held out at most once per repeat",
            )?;
            require(
                fold.train().union(fold.test()).all(|p| patients.contains(p)),
                "a fold may name training patients only",
            )?;
        }
        require(held_out == patients, "each training patient must be held out once per repeat")?;
    }
    Ok(())
}

/// The metric has a name, sees order or values and not identifiers, and refuses other cases.
///
/// # Errors
/// [`Code::Contract`], or what the metric itself refuses.
pub fn check_metric(metric: &dyn Metric) -> Result<()> {
    let ids = |prefix: &str| (0..6).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>();
    let labels = vec![false, true, false, true, true, false];
    let scores = vec![0.1, 0.8, 0.4, 0.35, 0.9, 0.2];
    let score = |prefix: &str| {
        metric.score(&Predictions::new(ids(prefix), scores.clone())?, &Truth::new(ids(prefix), labels.clone())?)
    };
    require(!metric.name().is_empty(), "a metric must have a name")?;
    require(score("a")?.to_bits() == score("b")?.to_bits(), "a metric must not depend on identifiers")?;
    let other = metric.score(&Predictions::new(ids("a"), scores)?, &Truth::new(ids("b"), labels)?);
    require(other.is_err(), "a metric must refuse predictions of other cases")
}

/// The explainer's contributions add up to the margin of a model that it is given.
///
/// # Errors
/// [`Code::Contract`], or what the explainer itself refuses.
pub fn check_explainer(explainer: &dyn Explainer, model: &dyn Model) -> Result<()> {
    let (train, held_out) = sample_split()?;
    let fitted = model.fit(&train, 9)?;
    let attribution = explainer.explain(fitted.as_ref(), train.table(), held_out.table(), 4)?;
    let n = held_out.table().n_cases();
    require(attribution.cases == held_out.table().cases(), "an attribution must have one row per case")?;
    require(
        attribution.values.dim() == (n, attribution.names.len()),
        "an attribution must have one column per feature",
    )?;
    for (row, score) in attribution.values.outer_iter().zip(fitted.predict(held_out.table())?.scores()) {
        let margin = attribution.base + row.sum();
        let probability = 1.0 / (1.0 + (-margin).exp());
        let adds_up = (probability - score).abs() < 1e-6 || (margin - score).abs() < 1e-6;
        require(adds_up, "contributions must add up to the prediction")?;
    }
    Ok(())
}
