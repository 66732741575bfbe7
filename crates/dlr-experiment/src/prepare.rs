//! From cases to one feature table per block: load, image steps, extractors, case by case, through the cache.
//!
//! What learns before the table (an [`ImageLearner`], a [`FeatureLearner`]) is fitted on the training side that the
//! caller names, all training cases or those of one fold; the features of every case then depend on that side, and so
//! do their keys in the cache. Without such stages a case's features are the same for every side and found again.

use crate::{
    cache::{self, Cache, Cached},
    config::{ExperimentFile, Stage},
    failed::Failed,
    images::{Images, Made, Side, make},
    prepared::Prepared,
    progress::Progress,
    registry::Registry,
};
use dlr_core::{
    CaseRecord, CaseSet, CaseSource, Code, Cohort, Error, FeatureExtractor, FeatureLearner, FeatureTable,
    FeatureVector, Frozen, ImageLearner, ImageStep, Result, Role,
};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The stages before the table, made from the experiment file.
pub(crate) struct Preparation {
    source: Box<dyn CaseSource>,
    steps: Vec<(Made<dyn ImageStep, dyn ImageLearner>, String)>,
    blocks: Vec<Block>,
    seed: u64,
    spares_masks: bool,
    /// Content hashes of cases, read once.
    digests: Mutex<BTreeMap<String, String>>,
}

struct Block {
    name: String,
    stage: Made<dyn FeatureExtractor, dyn FeatureLearner>,
    key: String,
}

enum Extractor<'a> {
    Fixed(&'a dyn FeatureExtractor),
    Learned(Box<dyn FeatureExtractor>),
}

impl Extractor<'_> {
    fn get(&self) -> &dyn FeatureExtractor {
        match self {
            Extractor::Fixed(extractor) => *extractor,
            Extractor::Learned(extractor) => extractor.as_ref(),
        }
    }
}

/// Code of a value that is undefined because its category was not listed.
pub(crate) const UNSEEN_CATEGORY: &str = "unseen-category";

/// What the cache holds of a case.
struct Found {
    digest: String,
    vectors: Vec<Option<Cached>>,
}

/// Everything that the features of a case depend on besides the case.
struct Keys {
    images: String,
    blocks: Vec<String>,
}

/// Feature vectors found and made, counted over all cases.
#[derive(Default)]
struct Counts {
    cached: AtomicUsize,
    computed: AtomicUsize,
}

/// What preparing one case gave.
struct Row {
    digest: String,
    image_digest: Option<String>,
    notes: Vec<String>,
    vectors: Vec<FeatureVector>,
}

/// A stage's name, parameters, version and code: what its results depend on.
fn stage_key(stage: &Stage, version: u32) -> String {
    let params = toml::to_string(&stage.params).unwrap_or_default();
    let code = [env!("CARGO_PKG_VERSION"), env!("DLR_FEATURE_CODE")];
    cache::key(&[&stage.stage, &params, &version.to_string(), code[0], code[1]])
}

impl Preparation {
    /// Makes the stages that the file names.
    ///
    /// # Errors
    /// Those of the registry and the factories.
    pub(crate) fn new(file: &ExperimentFile, registry: &Registry, folder: &Path) -> Result<Self> {
        let source = Stage { stage: file.cohort.source.clone(), params: file.cohort.params.clone() };
        let mut steps = Vec::new();
        for stage in &file.image {
            let (made, _) = make(&registry.image_steps, &registry.image_learners, stage, "", folder)?;
            let version = match &made {
                Made::Fixed(step) => step.version(),
                Made::Learner(learner) => learner.version(),
            };
            steps.push((made, stage_key(stage, version)));
        }
        let mut blocks = Vec::new();
        for (name, stage) in &file.features {
            let (made, _) = make(&registry.extractors, &registry.learners, stage, name, folder)?;
            let version = match &made {
                Made::Fixed(extractor) => extractor.version(),
                Made::Learner(learner) => learner.version(),
            };
            blocks.push(Block { name: name.clone(), stage: made, key: stage_key(stage, version) });
        }
        let source = registry.sources.make(&source, "", folder)?;
        Ok(Preparation { source, steps, blocks, seed: file.seed, spares_masks: false, digests: Mutex::default() })
    }

    /// Leaves out the blocks that no model asked for reads, and the masks that can then be spared.
    pub(crate) fn keep_blocks(&mut self, wanted: &BTreeSet<&str>) {
        self.blocks.retain(|block| wanted.contains(block.name.as_str()));
        self.spares_masks = true;
    }

    /// Where the cases come from.
    pub(crate) fn source(&self) -> &dyn CaseSource {
        self.source.as_ref()
    }

    /// Whether an image step learns, so that images depend on the training side.
    pub(crate) fn learns_from_images(&self) -> bool {
        self.steps.iter().any(|(made, _)| matches!(made, Made::Learner(_)))
    }

    /// Whether any stage before the table learns.
    pub(crate) fn learns_from_anyone(&self) -> bool {
        self.learns_from_images() || self.blocks.iter().any(|block| matches!(block.stage, Made::Learner(_)))
    }

    /// Whether the features of these blocks depend on the training side.
    pub(crate) fn learns(&self, blocks: &[String]) -> bool {
        let learner = |block: &Block| matches!(block.stage, Made::Learner(_)) && blocks.contains(&block.name);
        self.learns_from_images() || self.blocks.iter().any(learner)
    }

    /// Puts the frozen states of the image steps that learned in their places, so that nothing learns any more.
    ///
    /// # Errors
    /// [`Code::Contract`] where states and steps are not as many, or an extractor learned from cases; those of thawing.
    pub(crate) fn thaw(&mut self, states: &[Frozen]) -> Result<()> {
        let mut states = states.iter();
        let odd = |what: &str| Error::new(Code::Contract, what).hint("predict with the model folder of the run");
        for (made, key) in &mut self.steps {
            if let Made::Learner(learner) = made {
                let state = states.next().ok_or_else(|| odd("an image step that learned has no frozen state"))?;
                *key = cache::key(&[key, "thawed", &state.kind, &state.state.to_string()]);
                *made = Made::Fixed(learner.thaw(state)?);
            }
        }
        if states.next().is_some() {
            return Err(odd("there are more frozen states than image steps that learn"));
        }
        if self.blocks.iter().any(|block| matches!(block.stage, Made::Learner(_))) {
            return Err(odd("a feature block was learned from the cases of the run, and is not frozen with the model"));
        }
        Ok(())
    }

    /// Fits the image steps that learn, each on images as the steps before it leave them.
    ///
    /// # Errors
    /// Those of splitting, reading and fitting.
    pub(crate) fn images(&self, side: Side<'_>) -> Result<Images<'_>> {
        let images = Images::fit(self.source.as_ref(), self.steps.iter().map(|(made, _)| made), side, self.seed)?;
        Ok(if self.spares_masks { images.sparing_masks() } else { images })
    }

    /// The training cases that have a category which their block does not list, each with what is said of it. Known from
    /// the rows alone, before an image is read.
    ///
    /// # Errors
    /// Those of the extractors.
    pub(crate) fn unseen_categories(&self, cohort: &Cohort) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for row in cohort.rows().iter().filter(|row| row.role == Role::Train) {
            for block in &self.blocks {
                let Made::Fixed(extractor) = &block.stage else { continue };
                let vector = extractor.extract_record(row).map_err(|e| e.for_case(&row.id))?;
                let undefined = vector.iter().flat_map(FeatureVector::undefined);
                let unseen = undefined.filter(|(_, why)| why.code == UNSEEN_CATEGORY);
                found.extend(unseen.map(|(_, why)| (row.id.clone(), why.reason.clone())));
            }
        }
        Ok(found)
    }

    fn extractors(&self, side: Side<'_>, images: &Images<'_>) -> Result<Vec<Extractor<'_>>> {
        let load = |id: &str| images.case(id);
        let made = self.blocks.iter().map(|block| match &block.stage {
            Made::Fixed(extractor) => Ok(Extractor::Fixed(extractor.as_ref())),
            Made::Learner(learner) => {
                let cases = side.train(&CaseSet::new(side.cohort, &load))?;
                Ok(Extractor::Learned(learner.fit(&cases, self.seed)?))
            }
        });
        made.collect()
    }

    /// Content hash of a case, read once.
    fn digest(&self, id: &str) -> Result<String> {
        let known = self.digests.lock().expect("no holder of this lock panics").get(id).cloned();
        if let Some(digest) = known {
            return Ok(digest);
        }
        let digest = self.source.digest(id).map_err(|e| e.for_case(id))?;
        self.digests.lock().expect("no holder of this lock panics").insert(id.to_owned(), digest.clone());
        Ok(digest)
    }

    /// What the features depend on besides the case; for stages that learn, that is everyone they learn from.
    fn keys(&self, side: Side<'_>) -> Result<Keys> {
        let (mut unlabelled, mut labelled) = (String::new(), String::new());
        if self.learns_from_anyone() {
            let rows = side.cohort.rows().iter().filter(|row| side.learns_from(&row.patient, row.role));
            let mut parts = [vec![self.seed.to_string()], vec![self.seed.to_string()]];
            for row in rows {
                let digest = self.digest(&row.id)?;
                let plain = CaseRecord { label: None, ..row.clone() };
                parts[0].extend([digest.clone(), format!("{plain:?}")]);
                parts[1].extend([digest, format!("{row:?}")]);
            }
            let [without, with] = parts.map(|p| cache::key(&p.iter().map(String::as_str).collect::<Vec<_>>()));
            (unlabelled, labelled) = (without, with);
        }
        let of = |is_learner: bool, key: &str, from: &str| {
            if is_learner { cache::key(&[key, "learned from", from]) } else { key.to_owned() }
        };
        let steps: Vec<String> =
            self.steps.iter().map(|(made, key)| of(matches!(made, Made::Learner(_)), key, &unlabelled)).collect();
        let blocks = self.blocks.iter().map(|b| of(matches!(b.stage, Made::Learner(_)), &b.key, &labelled)).collect();
        Ok(Keys { images: cache::key(&steps.iter().map(String::as_str).collect::<Vec<_>>()), blocks })
    }

    /// The features of every case of the side's cohort that does not fail, and the errors of those that do, in cohort
    /// order. Where a case keeps a stage from learning, there are no features at all: leave the failed cases out, and
    /// ask again.
    ///
    /// # Errors
    /// [`Code::FileWrite`] where the cache cannot be written: that is no fault of a case. Those of learning that name no
    /// case.
    pub(crate) fn features(
        &self,
        side: Side<'_>,
        cache: &Cache,
        progress: &dyn Progress,
    ) -> Result<(Prepared, Vec<Failed>)> {
        let cohort = side.cohort;
        progress.stage("features", cohort.len());
        let keys = match self.keys(side) {
            Ok(keys) => keys,
            Err(error) => return self.not_learned(side, error),
        };
        let counts = Counts::default();
        let found: Vec<Result<Found>> =
            cohort.rows().par_iter().map(|row| self.look_up(row, &keys, cache, &counts)).collect();
        // Fitting reads images, so it is left out where nothing is missing.
        let missing = found.iter().flatten().any(|f| f.vectors.iter().any(Option::is_none));
        let learned = || -> Result<_> {
            let images = self.images(side)?;
            let extractors = self.extractors(side, &images)?;
            Ok((images, extractors))
        };
        let fitted = match missing.then(learned).transpose() {
            Ok(fitted) => fitted,
            Err(error) => return self.not_learned(side, error),
        };
        let rows: Vec<Result<Row>> = cohort
            .rows()
            .par_iter()
            .zip(found)
            .map(|(row, found)| {
                let fitted = fitted.as_ref().map(|(images, extractors)| (images, extractors.as_slice()));
                let result = found.and_then(|found| self.complete(&row.id, found, &keys, fitted, cache, &counts));
                progress.step(&row.id);
                result
            })
            .collect();
        let mut per_block: Vec<Vec<(String, FeatureVector)>> = self.blocks.iter().map(|_| Vec::new()).collect();
        let (mut digests, mut image_digests) = (BTreeMap::new(), BTreeMap::new());
        let (mut undefined, mut all_notes, mut failed) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (row, result) in cohort.rows().iter().zip(rows) {
            let Row { digest, image_digest, mut notes, vectors } = match result {
                Ok(row) => row,
                Err(error) if error.code() == Code::FileWrite => return Err(error),
                Err(error) => {
                    failed.push(Failed { id: row.id.clone(), error });
                    continue;
                }
            };
            digests.insert(row.id.clone(), digest);
            image_digests.extend(image_digest.map(|digest| (row.id.clone(), digest)));
            let unseen = vectors.iter().flat_map(|v| v.undefined()).filter(|(_, why)| why.code == UNSEEN_CATEGORY);
            add_new(
                &mut notes,
                &unseen.map(|(_, why)| format!("{}: taken as missing", why.reason)).collect::<Vec<_>>(),
            );
            if !notes.is_empty() {
                all_notes.insert(row.id.clone(), notes);
            }
            let reasons: Vec<_> = vectors
                .iter()
                .flat_map(|v| v.undefined())
                .map(|(name, why)| (name.to_string(), why.code.to_string(), why.reason.clone()))
                .collect();
            if !reasons.is_empty() {
                undefined.insert(row.id.clone(), reasons);
            }
            for (block, vector) in per_block.iter_mut().zip(vectors) {
                block.push((row.id.clone(), vector));
            }
        }
        let mut blocks = BTreeMap::new();
        for ((block, key), rows) in self.blocks.iter().zip(&keys.blocks).zip(per_block) {
            let table = FeatureTable::from_vectors(rows)?;
            blocks.insert(block.name.clone(), table.with_provenance(&format!("block.{}", block.name), key));
        }
        let (n_cached, n_computed) = (counts.cached.into_inner(), counts.computed.into_inner());
        let notes = all_notes;
        Ok((Prepared { blocks, undefined, notes, digests, image_digests, n_cached, n_computed }, failed))
    }

    /// What kept a stage from learning, as the failures of cases: the one that it named, and every case that cannot be
    /// read or changed by the steps before the first that learns.
    fn not_learned(&self, side: Side<'_>, error: Error) -> Result<(Prepared, Vec<Failed>)> {
        let Some(named) = error.case().map(str::to_owned) else { return Err(error) };
        let fixed = self.steps.iter().map(|(made, _)| made).take_while(|made| matches!(made, Made::Fixed(_)));
        let images = Images::fit(self.source.as_ref(), fixed, side, self.seed)?;
        let failed = side.cohort.rows().par_iter().filter_map(|row| {
            let own = images.case(&row.id).err().or_else(|| (row.id == named).then(|| error.clone()));
            own.map(|error| Failed { id: row.id.clone(), error })
        });
        Ok((Prepared::default(), failed.collect()))
    }

    /// What is known of a case without its image: what its row says, what the cache holds.
    fn look_up(&self, record: &CaseRecord, keys: &Keys, cache: &Cache, counts: &Counts) -> Result<Found> {
        let id = record.id.as_str();
        let digest = self.digest(id)?;
        let mut vectors = Vec::new();
        for (block, key) in self.blocks.iter().zip(&keys.blocks) {
            let from_row = match &block.stage {
                Made::Fixed(extractor) => extractor.extract_record(record).map_err(|e| e.for_case(id))?,
                Made::Learner(_) => None,
            };
            counts.computed.fetch_add(usize::from(from_row.is_some()), Ordering::Relaxed);
            let from_row = from_row.map(|vector| Cached { vector, notes: Vec::new() });
            vectors.push(from_row.or_else(|| {
                let cached = cache.load(&entry(&digest, keys, block, key));
                counts.cached.fetch_add(usize::from(cached.is_some()), Ordering::Relaxed);
                cached
            }));
        }
        Ok(Found { digest, vectors })
    }

    fn complete(
        &self,
        id: &str,
        found: Found,
        keys: &Keys,
        fitted: Option<(&Images<'_>, &[Extractor<'_>])>,
        cache: &Cache,
        counts: &Counts,
    ) -> Result<Row> {
        let mut case = None;
        let (mut vectors, mut notes) = (Vec::new(), Vec::new());
        for (i, (vector, block)) in found.vectors.into_iter().zip(&self.blocks).enumerate() {
            if let Some(cached) = vector {
                add_new(&mut notes, &cached.notes);
                vectors.push(cached.vector);
                continue;
            }
            let (images, extractors) = fitted.expect("stages are fitted where a vector is missing");
            let case = match &case {
                Some(case) => case,
                None => case.insert(images.case(id)?),
            };
            let vector = extractors[i].get().extract(case).map_err(|e| images.why(id, e).for_case(id))?;
            cache.store(&entry(&found.digest, keys, block, &keys.blocks[i]), &vector, &case.notes)?;
            add_new(&mut notes, &case.notes);
            counts.computed.fetch_add(1, Ordering::Relaxed);
            vectors.push(vector);
        }
        let image_digest = self.source.image_digest(id).map_err(|e| e.for_case(id))?;
        Ok(Row { digest: found.digest, image_digest, notes, vectors })
    }
}

/// Each block that was computed from the image brings the same notes.
fn add_new(notes: &mut Vec<String>, more: &[String]) {
    for note in more {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
}

fn entry(digest: &str, keys: &Keys, block: &Block, key: &str) -> String {
    cache::key(&[digest, &keys.images, &block.name, key])
}

#[cfg(test)]
#[path = "prepare_tests.rs"]
mod tests;
