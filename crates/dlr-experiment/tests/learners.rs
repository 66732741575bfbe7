//! What learns before the table is fitted inside each fold, on that fold's training cases and nothing else.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{
    Case, CaseRecord, CaseSet, CaseSource, Cohort, Dataset, Error, FeatureExtractor, FeatureLearner, FeatureName,
    FeatureTable, FeatureVector, Fold, ImageLearner, Mask, Result, Rng, Role, SealedLabels, TrainCases, Volume,
    derive_seed,
};
use dlr_experiment::{ExperimentFile, Finished, Places, Registry, progress::Quiet, run};
use dlr_imaging::steps::Nyul;
use dlr_modelling::validation::{patient_samples, with_fewer_patients};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

const N_TRAIN: usize = 18;
const N: usize = 24;

/// Images whose texture carries the label, under a gain and an offset that differ from case to case.
struct MadeUp;

impl CaseSource for MadeUp {
    fn cohort(&self) -> Result<(Cohort, SealedLabels)> {
        let record = |i: usize| CaseRecord {
            role: if i < N_TRAIN { Role::Train } else { Role::External },
            ..CaseRecord::new(format!("p{i:02}"), Some(i.is_multiple_of(2)))
        };
        Cohort::enrol((0..N).map(record).collect())
    }

    fn load(&self, id: &str) -> Result<Case> {
        let i: usize = id.trim_start_matches('p').parse().unwrap();
        let mut rng = Rng::stream(9, i as u64);
        let (gain, offset) = (1.0 + 3.0 * rng.uniform(), 40.0 * rng.uniform());
        let curve = if i.is_multiple_of(2) { 0.9 } else { 1.1 } + 0.15 * rng.normal();
        let voxels = ndarray::Array3::from_shape_fn((6, 10, 12), |_| {
            let tissue = -(rng.uniform() * rng.uniform()).max(1e-9).ln();
            offset + gain * 100.0 * tissue.powf(curve)
        });
        let mask = ndarray::Array3::from_shape_fn((6, 10, 12), |(z, y, _)| z > 1 && y < 7);
        let image = Volume::from_array(voxels, [2.0, 1.0, 1.0])?;
        Ok(Case::new(id, id, image).with_mask("mass", Mask::from_array(mask, [2.0, 1.0, 1.0])?))
    }

    fn digest(&self, id: &str) -> Result<String> {
        Ok(format!("made-up {id}"))
    }
}

fn name(feature: &str) -> FeatureName {
    FeatureName::new("intra", "original", "made-up", feature).unwrap()
}

fn mean(case: &Case) -> f64 {
    let intensities = case.roi("mass").unwrap().intensities();
    intensities.iter().sum::<f64>() / intensities.len() as f64
}

/// Mean intensity of the region.
struct Mean;

impl FeatureExtractor for Mean {
    fn names(&self) -> Vec<FeatureName> {
        vec![name("Mean")]
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        let mut features = FeatureVector::new();
        features.push(name("Mean"), mean(case));
        Ok(features)
    }
}

type Seen = Arc<Mutex<BTreeSet<BTreeSet<String>>>>;

/// Distance of the region's mean from the mean of the positive training cases; remembers whom it learned from.
struct Distance(Seen);

struct Learned(f64);

impl FeatureLearner for Distance {
    fn fit(&self, cases: &TrainCases<'_>, _seed: u64) -> Result<Box<dyn FeatureExtractor>> {
        let rows = cases.cohort().rows();
        self.0.lock().unwrap().insert(rows.iter().map(|row| row.patient.clone()).collect());
        let positive: Vec<_> = rows.iter().filter(|row| row.label == Some(true)).collect();
        assert!(!positive.is_empty() && rows.iter().all(|row| row.label.is_some()));
        let means = positive.iter().map(|row| cases.load(&row.id).map(|case| mean(&case)));
        Ok(Box::new(Learned(means.sum::<Result<f64>>()? / positive.len() as f64)))
    }
}

impl FeatureExtractor for Learned {
    fn names(&self) -> Vec<FeatureName> {
        vec![name("Distance")]
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        let mut features = FeatureVector::new();
        features.push(name("Distance"), (mean(case) - self.0).abs());
        Ok(features)
    }
}

fn experiment(image: &str, features: &str, n_permutations: usize) -> ExperimentFile {
    let text = format!(
        r#"
name = "learners"
title = "Learned before the table"
question = "Is it fitted inside each fold?"
seed = 5
models = [{{ name = "mine", title = "Mine", blocks = ["mine"], pipeline = "plain" }}]
[cohort]
source = "made-up"
params = {{}}
positive = "even"
negative = "odd"
{image}
[features.mine]
{features}
[pipelines.plain]
model = {{ stage = "logistic" }}
[validation]
splitter = {{ stage = "stratified-kfold", n_folds = 3, n_repeats = 2 }}
permutations = {n_permutations}
"#
    );
    ExperimentFile::parse(&text, &[]).unwrap()
}

fn registry(seen: &Seen) -> Registry {
    let mut registry = Registry::builtin();
    registry.sources.add("made-up", |_| Ok(Box::new(MadeUp)));
    registry.extractors.add("mean", |_| Ok(Box::new(Mean)));
    let seen = seen.clone();
    registry.learners.add("distance", move |_| Ok(Box::new(Distance(seen.clone()))));
    registry
}

fn plan(file: &ExperimentFile, registry: &Registry) -> Vec<Vec<Fold>> {
    let splitter = registry.splitters.make(&file.validation.splitter, "", Path::new("")).unwrap();
    splitter.folds(&MadeUp.cohort().unwrap().0, file.seed).unwrap()
}

fn run_in(folder: &Path, file: &ExperimentFile, registry: &Registry) -> Finished {
    let places = Places { experiment: folder, out: folder, cache: &folder.join(".cache") };
    run(file, registry, &places, &Quiet).unwrap()
}

/// The features of a case by its identifier.
type Features = Box<dyn Fn(&str) -> FeatureVector>;

/// One fold by hand: fit, extract, predict.
fn by_hand(
    fold: &Fold,
    registry: &Registry,
    file: &ExperimentFile,
    fit: &dyn Fn(&CaseSet<'_>) -> Features,
) -> Vec<f64> {
    let cohort = MadeUp.cohort().unwrap().0;
    let load = |id: &str| MadeUp.load(id);
    let extract = fit(&CaseSet::new(&cohort, &load));
    let rows = cohort.rows().iter().map(|row| (row.id.clone(), extract(&row.id))).collect();
    let data = Dataset::new(&FeatureTable::from_vectors(rows).unwrap(), &cohort).unwrap();
    let (train, held_out) = data.split(fold).unwrap();
    let model = registry.models.make(&file.pipelines["plain"].model, "", Path::new("")).unwrap();
    model.fit(&train, 0).unwrap().predict(held_out.table()).unwrap().scores().to_vec()
}

#[test]
fn a_standard_scale_is_learned_anew_in_each_fold() {
    let folder = tempfile::tempdir().unwrap();
    let registry = registry(&Seen::default());
    let file = experiment("[[image]]\nstage = \"nyul\"\nwithin = \"image\"", "stage = \"mean\"", 2);
    let finished = run_in(folder.path(), &file, &registry);
    let model = &finished.outcome.models[0];
    let folds: Vec<Fold> = plan(&file, &registry).into_iter().flatten().collect();
    assert_eq!(folds.len(), 6);
    let nyul = Nyul { within: None, ..Nyul::default() };
    let fitted_on = |fold: Option<Fold>| {
        let nyul = nyul.clone();
        move |cases: &CaseSet<'_>| -> Box<dyn Fn(&str) -> FeatureVector> {
            let train = fold.as_ref().map_or_else(|| cases.split_roles(), |fold| cases.split(fold).unwrap());
            let scale = nyul.fit(&train, 0).unwrap();
            Box::new(move |id| Mean.extract(&scale.apply(MadeUp.load(id).unwrap()).unwrap()).unwrap())
        }
    };
    let mut leaked = 0;
    for (fold, found) in folds.iter().zip(&model.cv.folds) {
        assert_eq!(found.scores, by_hand(fold, &registry, &file, &fitted_on(Some(fold.clone()))));
        leaked += usize::from(found.scores == by_hand(fold, &registry, &file, &fitted_on(None)));
    }
    assert_eq!(leaked, 0, "a scale learned from all cases would give other scores");
    let learned = std::fs::read_to_string(finished.folder.join("model/image-steps.learned.json")).unwrap();
    let learned: Vec<dlr_core::Frozen> = serde_json::from_str(&learned).unwrap();
    let everyone = fitted_on(None);
    let cohort = MadeUp.cohort().unwrap().0;
    let load = |id: &str| MadeUp.load(id);
    let expected = nyul.fit(&CaseSet::new(&cohort, &load).split_roles(), 0).unwrap().freeze().unwrap();
    assert_eq!(learned, [expected]);
    let own = everyone(&CaseSet::new(&cohort, &load))("p20").values()[0];
    let whole = &model.planned.data;
    assert_eq!(whole.table().values()[[20, 0]], own, "external cases go through the scale of all training cases");

    // Everything of the first run is found again, fold by fold, and the result is the same.
    let metrics = std::fs::read(finished.folder.join("metrics.json")).unwrap();
    let again = run_in(folder.path(), &file, &registry);
    assert_eq!(again.outcome.prepared.n_computed, 0);
    assert_eq!(std::fs::read(again.folder.join("metrics.json")).unwrap(), metrics);
}

#[test]
fn a_feature_learner_sees_the_training_side_of_each_fold() {
    let folder = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    let registry = registry(&seen);
    let mut file = experiment("", "stage = \"distance\"", 0);
    (file.validation.optimism, file.validation.learning_curve) = (4, vec![0.5]);
    let finished = run_in(folder.path(), &file, &registry);
    let folds: Vec<Fold> = plan(&file, &registry).into_iter().flatten().collect();
    let everyone: BTreeSet<String> = (0..N_TRAIN).map(|i| format!("p{i:02}")).collect();
    let mut expected: BTreeSet<_> = folds.iter().map(|fold| fold.train().clone()).chain([everyone]).collect();
    // Bootstrap samples and smaller folds have learners of their own, fitted on the patients inside and no other.
    let cohort = finished.outcome.models[0].planned.data.split_roles().unwrap().0.cohort().clone();
    let samples = patient_samples(&cohort, 4, derive_seed(file.seed, u64::MAX - 1)).unwrap();
    expected.extend(samples.iter().map(|rows| rows.iter().map(|i| cohort.rows()[*i].patient.clone()).collect()));
    let seed = derive_seed(file.seed, u64::MAX - 2);
    let smaller = with_fewer_patients(&plan(&file, &registry), &cohort, 0.5, seed).unwrap();
    expected.extend(smaller.iter().flatten().map(|fold| fold.train().clone()));
    assert_eq!(*seen.lock().unwrap(), expected, "fitted on other patients");
    for (fold, found) in folds.iter().zip(&finished.outcome.models[0].cv.folds) {
        let fit = |cases: &CaseSet<'_>| -> Box<dyn Fn(&str) -> FeatureVector> {
            let learned = Distance(Seen::default()).fit(&cases.split(fold).unwrap(), 0).unwrap();
            Box::new(move |id| learned.extract(&MadeUp.load(id).unwrap()).unwrap())
        };
        assert_eq!(found.scores, by_hand(fold, &registry, &file, &fit));
    }
    dlr_core::conformance::check_learner(&Distance(Seen::default()), 3).unwrap();
}

#[test]
fn a_case_that_cannot_be_learned_from_is_named() {
    let mut registry = registry(&Seen::default());
    struct Flat;
    impl CaseSource for Flat {
        fn cohort(&self) -> Result<(Cohort, SealedLabels)> {
            MadeUp.cohort()
        }
        fn load(&self, id: &str) -> Result<Case> {
            let mut case = MadeUp.load(id)?;
            if id == "p03" {
                case.image = Volume::from_array(ndarray::Array3::from_elem((6, 10, 12), 7.0), [2.0, 1.0, 1.0])?;
            }
            Ok(case)
        }
        fn digest(&self, id: &str) -> Result<String> {
            Ok(format!("flat {id}"))
        }
    }
    registry.sources.add("made-up", |_| Ok(Box::new(Flat)));
    let folder = tempfile::tempdir().unwrap();
    let file = experiment("[[image]]\nstage = \"nyul\"\nwithin = \"image\"", "stage = \"mean\"", 0);
    let places = Places { experiment: folder.path(), out: folder.path(), cache: &folder.path().join(".cache") };
    let error: Error = run(&file, &registry, &places, &Quiet).err().unwrap();
    assert_eq!((error.code(), error.case()), (dlr_core::Code::Region, Some("p03")));
}
