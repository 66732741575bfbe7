//! Image steps on their way to an extractor: some are ready, some learn first, from one training side.

use crate::{config::Stage, mistakes::known, registry::Shelf};
use dlr_core::{
    Case, CaseSet, CaseSource, Code, Cohort, Error, FittedImageStep, Fold, Frozen, ImageLearner, ImageStep, Result,
    Role, TrainCases,
};
use std::path::Path;

/// A stage that is ready, or one that has to learn first.
pub(crate) enum Made<F: ?Sized, L: ?Sized> {
    /// Ready.
    Fixed(Box<F>),
    /// Fitted on each training side.
    Learner(Box<L>),
}

/// Makes a stage from whichever of two shelves has its name.
pub(crate) fn make<F: ?Sized, L: ?Sized>(
    fixed: &Shelf<F>,
    learners: &Shelf<L>,
    stage: &Stage,
    block: &str,
    folder: &Path,
) -> Result<(Made<F, L>, Stage)> {
    if learners.has(&stage.stage) && !fixed.has(&stage.stage) {
        let (made, resolved) = learners.make_resolved(stage, block, folder)?;
        return Ok((Made::Learner(made), resolved));
    }
    let names: Vec<String> = fixed.names().chain(learners.names()).map(str::to_owned).collect();
    known(fixed.seam(), &stage.stage, names.iter())?;
    let (made, resolved) = fixed.make_resolved(stage, block, folder)?;
    Ok((Made::Fixed(made), resolved))
}

/// Who the learning stages learn from: the training side of a fold, or every training case.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    /// Everyone whose features are wanted, and among whom the training side is found.
    pub(crate) cohort: &'a Cohort,
    /// The fold; `None` for all training cases.
    pub(crate) fold: Option<&'a Fold>,
}

impl Side<'_> {
    pub(crate) fn train<'c>(&self, cases: &CaseSet<'c>) -> Result<TrainCases<'c>> {
        match self.fold {
            Some(fold) => cases.split(fold),
            None => Ok(cases.split_roles()),
        }
    }

    pub(crate) fn learns_from(&self, patient: &str, role: Role) -> bool {
        role == Role::Train && self.fold.is_none_or(|fold| fold.train().contains(patient))
    }
}

/// The image steps, each fitted where it learns.
pub(crate) struct Images<'a> {
    source: &'a dyn CaseSource,
    steps: Vec<Step<'a>>,
    spares_masks: bool,
}

enum Step<'a> {
    Fixed(&'a dyn ImageStep),
    Learned(Box<dyn FittedImageStep>),
}

impl<'a> Images<'a> {
    /// Fits the steps that learn, each on images as the steps before it leave them, without labels.
    ///
    /// # Errors
    /// Those of splitting, reading and fitting.
    pub(crate) fn fit(
        source: &'a dyn CaseSource,
        steps: impl Iterator<Item = &'a Made<dyn ImageStep, dyn ImageLearner>>,
        side: Side<'_>,
        seed: u64,
    ) -> Result<Self> {
        let mut images = Images { source, steps: Vec::new(), spares_masks: false };
        for made in steps {
            let step = match made {
                Made::Fixed(step) => Step::Fixed(step.as_ref()),
                Made::Learner(learner) => {
                    let load = |id: &str| images.case(id);
                    let cases = side.train(&CaseSet::new(side.cohort, &load))?.without_labels();
                    Step::Learned(learner.fit(&cases, seed)?)
                }
            };
            images.steps.push(step);
        }
        Ok(images)
    }

    /// The same, but a mask that cannot be made for want of another is left out: for models that do not use it, as those
    /// whose second reader was needed in fitting alone.
    pub(crate) fn sparing_masks(self) -> Self {
        Images { spares_masks: true, ..self }
    }

    /// A case after all image steps.
    ///
    /// # Errors
    /// Those of reading and of the steps, with the case named.
    pub(crate) fn case(&self, id: &str) -> Result<Case> {
        self.made(id, self.spares_masks)
    }

    /// An error on the way from a case to its features; of a mask that was spared and then wanted, why it was not made.
    pub(crate) fn why(&self, id: &str, error: Error) -> Error {
        if !self.spares_masks || error.code() != Code::MissingMask {
            return error;
        }
        match self.made(id, false) {
            Err(first) if first.code() == Code::MissingMask => error.hint(format!("an image step: {}", first.fact())),
            _ => error,
        }
    }

    fn made(&self, id: &str, spares_masks: bool) -> Result<Case> {
        let mut case = self.source.load(id).map_err(|e| e.for_case(id))?;
        // Checked at the door, where a bad voxel can still be named by its place in the file.
        case.masks.keys().try_for_each(|name| case.roi(name).map(|_| ()))?;
        if !self.steps.is_empty() {
            finite(&case)?;
        }
        for step in &self.steps {
            let step: &dyn ImageStep = match step {
                Step::Fixed(step) => *step,
                Step::Learned(step) => step.as_ref(),
            };
            if spares_masks && step.adds().is_some() {
                // A step has its case whole or not at all, so that what it fails on has to be kept.
                match step.apply(case.clone()) {
                    Err(error) if error.code() == Code::MissingMask => {}
                    changed => case = changed.map_err(|e| e.for_case(id))?,
                }
                continue;
            }
            case = step.apply(case).map_err(|e| e.for_case(id))?;
        }
        Ok(case)
    }

    /// The states of the steps that learned, in order.
    ///
    /// # Errors
    /// Those of freezing.
    pub(crate) fn freeze(&self) -> Result<Vec<Frozen>> {
        let learned = self.steps.iter().filter_map(|step| match step {
            Step::Learned(step) => Some(step.freeze()),
            Step::Fixed(_) => None,
        });
        learned.collect()
    }
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
