//! [`Cohort`]: the rows of a manifest as [`Work`], and measuring them side by side.
//!
//! As many cases as there are threads are in memory, and each is computed on all of them: the last case of a cohort, or
//! the only one, is not left to one thread.

use super::{Engine, Labels, MaskDefaults, Measured, Work};
use dlr_core::{Code, Error, Result};
use dlr_io::{LabelSelection, Manifest, ManifestRow};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a manifest asks for.
#[derive(Debug, Clone, Default)]
pub struct Cohort {
    /// One per row, in the order of the file.
    pub works: Vec<Work>,
    /// Text columns of the table, in the order of the manifest, with one text per work. Paths are cut to base names.
    pub texts: Vec<(String, Vec<String>)>,
    /// Names of the masks, in the order of their columns; a single unnamed one is `None`.
    pub masks: Vec<Option<String>>,
    /// Rows that are no work: case and problem.
    pub errors: Vec<(String, Error)>,
    /// What to tell of the manifest.
    pub notes: Vec<String>,
}

impl Cohort {
    /// Reads a manifest. `labels` of the command line goes before the manifest's column `Label`, and that before
    /// `default`. `roi` names a mask column without a name.
    ///
    /// # Errors
    /// Those of [`Manifest::inspect`]; the problem of a manifest that has no other and no cases.
    pub fn read(path: &Path, labels: Option<&Labels>, default: &MaskDefaults, roi: Option<&str>) -> Result<Self> {
        let (manifest, mut problems) = Manifest::inspect(path)?;
        // Nobody to measure, and one reason for it: no table of nothing.
        if manifest.rows.is_empty() && problems.len() == 1 {
            return Err(problems.remove(0));
        }
        let mut cohort = Cohort { notes: manifest.notes.clone(), ..Default::default() };
        for problem in problems {
            match problem.code() {
                // Classes and roles matter to learning, not to measuring.
                Code::LabelValues | Code::PatientOverlap => cohort.notes.push(problem.to_string()),
                _ => cohort.errors.push((problem.case().unwrap_or_default().to_owned(), problem)),
            }
        }
        let named = &manifest.masks;
        let is_single = named.len() == 1 && named[0] == "mask";
        let column_of = |name: &String| match name.as_str() {
            "mask" if is_single => roi.map(str::to_owned),
            "mask" => Some(roi.unwrap_or("mask").to_owned()),
            other => Some(other.to_owned()),
        };
        cohort.masks = named.iter().map(column_of).collect();
        cohort.texts = manifest.columns.iter().map(|name| (name.clone(), Vec::new())).collect();
        for row in &manifest.rows {
            // The second row of an ID would be a second row of that name in every table made from this one.
            if cohort.errors.iter().any(|(id, e)| *id == row.id && e.code() == Code::DuplicateId)
                && cohort.works.iter().any(|w| w.id.eq_ignore_ascii_case(&row.id))
            {
                continue;
            }
            match work(row, named, &cohort.masks, labels, default) {
                Ok(work) => {
                    cohort.works.push(work);
                    for ((_, cells), cell) in cohort.texts.iter_mut().zip(&row.cells) {
                        cells.push(cell.clone());
                    }
                }
                Err(error) => cohort.errors.push((row.id.clone(), error.for_case(&row.id))),
            }
        }
        Ok(cohort)
    }

    /// The part of the cohort that a shard computes. Problems of the manifest are told by the first.
    pub fn part(mut self, shard: super::Shard) -> Self {
        let range = shard.range(self.works.len());
        self.works = self.works[range.clone()].to_vec();
        for (_, cells) in &mut self.texts {
            *cells = cells[range.clone()].to_vec();
        }
        if !shard.is_first() {
            self.errors.clear();
            self.notes.clear();
        }
        self
    }
}

fn work(
    row: &ManifestRow,
    named: &[String],
    columns: &[Option<String>],
    labels: Option<&Labels>,
    default: &MaskDefaults,
) -> Result<Work> {
    let mask = |(name, column): (&String, &Option<String>)| {
        let path = row.masks.get(name).ok_or_else(|| {
            Error::new(Code::MissingMask, format!("the case has no mask `{name}`"))
                .hint("fill in its cell, or take the case out of the manifest")
        })?;
        Ok((column.clone(), path.clone()))
    };
    let own = match &row.selection {
        LabelSelection::Auto => default.selection.clone(),
        selection => selection.clone(),
    };
    Ok(Work {
        id: row.id.clone(),
        image: row.image.clone(),
        masks: named.iter().zip(columns).map(mask).collect::<Result<_>>()?,
        labels: labels.cloned().unwrap_or(Labels::One(own)),
        label_channel: if row.label_channel == 0 { default.channel } else { row.label_channel },
    })
}

/// Measures all works; the order of the answers is that of the works, whatever the number of threads. `done` hears the
/// ID of each as it ends.
pub fn measure_all(works: &[Work], engine: &Engine, done: &(dyn Fn(&str) + Sync)) -> Vec<Measured> {
    run_all(works, &|work| {
        let measured = work.measure(engine);
        done(&work.id);
        measured
    })
}

/// Runs `each` on all works with as many at a time as there are threads.
pub(super) fn run_all(works: &[Work], each: &(dyn Fn(&Work) -> Measured + Sync)) -> Vec<Measured> {
    let answers: Vec<Mutex<Option<Measured>>> = works.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some((work, answer)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            works.get(at).zip(answers.get(at))
        } {
            *answer.lock().expect("no holder of this lock panics") = Some(each(work));
        }
    };
    // Threads of their own, so that the pool of the computations never waits for a file, and never takes up a new case
    // in the middle of another.
    std::thread::scope(|scope| {
        let n_workers = rayon::current_num_threads().min(works.len());
        (1..n_workers).for_each(|_| drop(scope.spawn(worker)));
        worker();
    });
    let take = |answer: Mutex<Option<Measured>>| answer.into_inner().ok().flatten().unwrap_or_default();
    answers.into_iter().map(take).collect()
}
