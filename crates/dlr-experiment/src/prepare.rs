//! From cases to one feature table per block: load, image steps, extractors, case by case, through the cache.

use crate::{
    cache::{self, Cache},
    config::{ExperimentFile, Stage},
    progress::Progress,
    registry::Registry,
};
use dlr_core::{
    Case, CaseRecord, CaseSource, Code, Cohort, Error, FeatureExtractor, FeatureTable, FeatureVector, ImageStep, Result,
};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

/// The stages before the table, made from the experiment file.
pub(crate) struct Preparation {
    source: Box<dyn CaseSource>,
    steps: Vec<Box<dyn ImageStep>>,
    blocks: Vec<Block>,
    /// Everything that the prepared image depends on besides the case.
    image_key: String,
}

struct Block {
    name: String,
    extractor: Box<dyn FeatureExtractor>,
    key: String,
}

/// Feature tables by block, and what it took.
pub struct Prepared {
    /// One table per block, rows in cohort order.
    pub blocks: BTreeMap<String, FeatureTable>,
    /// Undefined features by case: name, code, reason.
    pub undefined: BTreeMap<String, Vec<(String, String, String)>>,
    /// Content hash of each case.
    pub digests: BTreeMap<String, String>,
    /// Content hash of each case's image alone, where the source has one.
    pub image_digests: BTreeMap<String, String>,
    /// Blocks that were found in the cache, over all cases.
    pub n_cached: usize,
    /// Blocks that were computed, over all cases.
    pub n_computed: usize,
}

/// What preparing one case gave.
struct Row {
    digest: String,
    image_digest: Option<String>,
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
        let mut keys = Vec::new();
        let mut steps = Vec::new();
        for stage in &file.image {
            let step = registry.image_steps.make(stage, "", folder)?;
            keys.push(stage_key(stage, step.version()));
            steps.push(step);
        }
        let mut blocks = Vec::new();
        for (name, stage) in &file.features {
            let extractor = registry.extractors.make(stage, name, folder)?;
            blocks.push(Block { name: name.clone(), key: stage_key(stage, extractor.version()), extractor });
        }
        let image_key = cache::key(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        Ok(Preparation { source: registry.sources.make(&source, "", folder)?, steps, blocks, image_key })
    }

    /// Where the cases come from.
    pub(crate) fn source(&self) -> &dyn CaseSource {
        self.source.as_ref()
    }

    /// A case after all image steps.
    ///
    /// # Errors
    /// Those of reading and of the steps, with the case named.
    pub(crate) fn case(&self, id: &str) -> Result<Case> {
        let mut case = self.source.load(id).map_err(|e| e.for_case(id))?;
        // Checked at the door, where a bad voxel can still be named by its place in the file.
        case.masks.keys().try_for_each(|name| case.roi(name).map(|_| ()))?;
        if !self.steps.is_empty() {
            finite(&case)?;
        }
        for step in &self.steps {
            case = step.apply(case).map_err(|e| e.for_case(id))?;
        }
        Ok(case)
    }

    /// The features of every case of the cohort that does not fail, and the errors of those that do, in cohort order.
    ///
    /// # Errors
    /// [`Code::FileWrite`] where the cache cannot be written: that is no fault of a case.
    pub(crate) fn features(
        &self,
        cohort: &Cohort,
        cache: &Cache,
        progress: &dyn Progress,
    ) -> Result<(Prepared, Vec<Failed>)> {
        let (n_cached, n_computed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        progress.stage("features", cohort.len());
        let rows: Vec<Result<Row>> = cohort
            .rows()
            .par_iter()
            .map(|row| {
                let result = self.row(row, cache, &n_cached, &n_computed);
                progress.step(&row.id);
                result
            })
            .collect();
        let mut per_block: Vec<Vec<(String, FeatureVector)>> = self.blocks.iter().map(|_| Vec::new()).collect();
        let (mut digests, mut image_digests) = (BTreeMap::new(), BTreeMap::new());
        let (mut undefined, mut failed) = (BTreeMap::new(), Vec::new());
        for (row, result) in cohort.rows().iter().zip(rows) {
            let Row { digest, image_digest, vectors } = match result {
                Ok(row) => row,
                Err(error) if error.code() == Code::FileWrite => return Err(error),
                Err(error) => {
                    failed.push(Failed { id: row.id.clone(), error });
                    continue;
                }
            };
            digests.insert(row.id.clone(), digest);
            image_digests.extend(image_digest.map(|digest| (row.id.clone(), digest)));
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
        for (block, rows) in self.blocks.iter().zip(per_block) {
            let table = FeatureTable::from_vectors(rows)?;
            blocks.insert(block.name.clone(), table.with_provenance(&format!("block.{}", block.name), &block.key));
        }
        let count = |n: AtomicUsize| n.load(Ordering::Relaxed);
        let (n_cached, n_computed) = (count(n_cached), count(n_computed));
        Ok((Prepared { blocks, undefined, digests, image_digests, n_cached, n_computed }, failed))
    }

    fn row(&self, record: &CaseRecord, cache: &Cache, n_cached: &AtomicUsize, n_computed: &AtomicUsize) -> Result<Row> {
        let id = record.id.as_str();
        let digest = self.source.digest(id).map_err(|e| e.for_case(id))?;
        let mut case = None;
        let mut vectors = Vec::new();
        for block in &self.blocks {
            if let Some(vector) = block.extractor.extract_record(record).map_err(|e| e.for_case(id))? {
                n_computed.fetch_add(1, Ordering::Relaxed);
                vectors.push(vector);
                continue;
            }
            let key = cache::key(&[&digest, &self.image_key, &block.name, &block.key]);
            if let Some(vector) = cache.load(&key) {
                n_cached.fetch_add(1, Ordering::Relaxed);
                vectors.push(vector);
                continue;
            }
            let case = match &case {
                Some(case) => case,
                None => case.insert(self.case(id)?),
            };
            let vector = block.extractor.extract(case).map_err(|e| e.for_case(id))?;
            cache.store(&key, &vector)?;
            n_computed.fetch_add(1, Ordering::Relaxed);
            vectors.push(vector);
        }
        let image_digest = self.source.image_digest(id).map_err(|e| e.for_case(id))?;
        Ok(Row { digest, image_digest, vectors })
    }
}

/// A case that could not be read or computed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The case.
    pub id: String,
    /// Why.
    pub error: Error,
}

impl Failed {
    /// One line for the flow chart: code and fact.
    pub(crate) fn reason(&self) -> String {
        format!("{}: {}", self.error.code().as_str(), self.error.fact())
    }
}

/// One error for all cases that failed: the only one's own, or a count with their names. Each is told to the user.
pub(crate) fn all_failures(failed: &[Failed], n_cases: usize, progress: &dyn Progress) -> Error {
    if let [only] = failed {
        return only.error.clone();
    }
    failed.iter().for_each(|failed| progress.note(&failed.error.to_string()));
    Error::new(Code::CasesFailed, format!("{} of {n_cases} cases failed", failed.len()))
        .found(failed.iter().map(|failed| failed.id.as_str()).collect::<Vec<_>>().join(", "))
        .hint("mend them, or leave them out of the run with `failing = \"exclude\"` under `[cohort]`")
}

/// Image steps read the whole image, and one bad voxel outside the regions would spread into them.
fn finite(case: &Case) -> Result<()> {
    let voxels = case.image.to_f64();
    let mut bad = voxels.indexed_iter().filter(|(_, value)| !value.is_finite());
    let Some(((z, y, x), value)) = bad.next() else { return Ok(()) };
    let n_bad = 1 + bad.count();
    Err(Error::new(Code::NotFinite, format!("{n_bad} voxels of the image, outside its regions, are NaN or infinite"))
        .expected("finite intensities")
        .found(format!("{value} at z={z}, y={y}, x={x}"))
        .hint("image steps read every voxel: replace these, or run without image steps")
        .for_case(&case.id))
}

/// The blocks of a model side by side, and only the named columns where some are named.
///
/// # Errors
/// [`Code::UnknownName`] for a column that is not there.
pub(crate) fn columns_of(prepared: &Prepared, blocks: &[String], columns: &[String]) -> Result<FeatureTable> {
    let mut whole: Option<FeatureTable> = None;
    for block in blocks {
        let table = &prepared.blocks[block];
        whole = Some(match whole {
            Some(left) => left.beside(table)?,
            None => table.clone(),
        });
    }
    let whole = whole.ok_or_else(|| Error::new(Code::ParameterFile, "a model needs at least one feature block"))?;
    if columns.is_empty() {
        return Ok(whole);
    }
    let names: Vec<String> = whole.names().iter().map(ToString::to_string).collect();
    let positions = columns
        .iter()
        .map(|column| {
            crate::config::known("column", column, names.iter())?;
            Ok(names.iter().position(|name| name == column).unwrap_or_default())
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(whole.columns(&positions))
}

#[cfg(test)]
#[path = "prepare_tests.rs"]
mod tests;
