//! From names in the experiment file to models that can be fitted.

use crate::{
    cache::Cache,
    config::{ExperimentFile, ModelSection},
    crossval::{FoldData, OfFold},
    failed::all_failures,
    images::Side,
    make::Maker,
    prepare::Preparation,
    prepared::{Prepared, columns_of},
    progress::Quiet,
    registry::Registry,
};
use dlr_core::{Cohort, Dataset, Fold, Model, Result};
use std::{borrow::Cow, path::Path};

/// A model of the experiment: what it is called, what it sees, how it is fitted.
pub struct Planned {
    /// Its section of the file.
    pub section: ModelSection,
    /// Its rows and columns; what learns before the table has learned from all training cases.
    pub data: Dataset,
    /// Steps and classifier.
    pub model: Box<dyn Model>,
}

/// Makes the model of a section.
///
/// # Errors
/// Those of the registry, and of joining table and cohort.
pub(crate) fn plan(
    file: &ExperimentFile,
    section: &ModelSection,
    registry: &Registry,
    folder: &Path,
    prepared: &Prepared,
    cohort: &Cohort,
) -> Result<Planned> {
    let maker = Maker { file, registry, folder, prepared: Some(prepared) };
    let (model, _) = maker.pipeline(&file.pipelines[&section.pipeline])?;
    let table = columns_of(prepared, &section.blocks, &section.columns)?;
    Ok(Planned { section: section.clone(), data: Dataset::new(&table, cohort)?, model })
}

/// How features are made anew for a fold.
#[derive(Clone, Copy)]
pub(crate) struct Refit<'a> {
    /// The stages before the table.
    pub(crate) preparation: &'a Preparation,
    /// What was computed before.
    pub(crate) cache: &'a Cache,
    /// What models are made from.
    pub(crate) file: &'a ExperimentFile,
    /// What models are made with.
    pub(crate) registry: &'a Registry,
    /// The folder of the experiment file.
    pub(crate) folder: &'a Path,
}

impl Refit<'_> {
    /// The data of a model: as it stands where nothing before its table learns, refitted in each fold where it does.
    pub(crate) fn folds<'a>(&'a self, section: &'a ModelSection, whole: &'a Dataset) -> Box<dyn FoldData + 'a> {
        if self.preparation.learns(&section.blocks) {
            Box::new(Refitted { refit: *self, section, whole })
        } else {
            Box::new(AsItStands(whole))
        }
    }
}

struct AsItStands<'a>(&'a Dataset);

impl FoldData for AsItStands<'_> {
    fn whole(&self) -> &Dataset {
        self.0
    }

    fn of(&self, fold: &Fold) -> Result<OfFold<'_>> {
        self.0.of(fold)
    }
}

struct Refitted<'a> {
    refit: Refit<'a>,
    section: &'a ModelSection,
    whole: &'a Dataset,
}

impl FoldData for Refitted<'_> {
    fn whole(&self) -> &Dataset {
        self.whole
    }

    fn of(&self, fold: &Fold) -> Result<OfFold<'_>> {
        let in_fold = |patient: &String| fold.train().contains(patient) || fold.test().contains(patient);
        let cohort =
            self.whole.cohort().excluding(|row| (!in_fold(&row.patient)).then(|| "not in this fold".to_owned()));
        let Refit { preparation, cache, file, registry, folder } = self.refit;
        let (prepared, failed) = preparation.features(Side { cohort: &cohort, fold: Some(fold) }, cache, &Quiet)?;
        if !failed.is_empty() {
            return Err(all_failures(&failed, cohort.len(), &Quiet));
        }
        // The model too: a step of it may hold tables of this fold, such as those of other readers.
        let planned = plan(file, self.section, registry, folder, &prepared, &cohort)?;
        Ok(OfFold { data: Cow::Owned(planned.data), model: Some(planned.model) })
    }
}
