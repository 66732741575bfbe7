//! [`Thaw`]: frozen state back into fitted things, by kind.

use crate::models::{FittedBayes, FittedLinear, FittedNeighbours, FittedRbf, FittedStack, FittedTrees};
use crate::pipeline::FittedPipeline;
use crate::steps::{FittedCombat, FittedImputer, FittedPca, FittedScaler, Selected, Unchanged};
use crate::validation::FittedTuned;
use dlr_core::{Code, Error, FittedModel, FittedTableStep, Frozen, Result};
use std::collections::BTreeMap;

/// How a frozen step of one kind becomes a fitted one.
pub type ThawStep = Box<dyn Fn(&Frozen) -> Result<Box<dyn FittedTableStep>> + Send + Sync>;
/// How a frozen model of one kind becomes a fitted one; the table of kinds is for models made of parts.
pub type ThawModel = Box<dyn Fn(&Frozen, &Thaw) -> Result<Box<dyn FittedModel>> + Send + Sync>;

/// All kinds that can be thawed: those of this crate, and those that were registered.
///
/// ```
/// use dlr_core::{FittedTableStep, Frozen};
/// use dlr_modelling::{Thaw, steps::Selected};
/// let names = vec!["intra_original_shape_Sphericity".parse()?];
/// let frozen = Selected { names, summary: "chosen by hand".into() }.freeze()?;
/// assert_eq!(Thaw::default().step(&frozen)?.freeze()?, frozen);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub struct Thaw {
    steps: BTreeMap<String, ThawStep>,
    models: BTreeMap<String, ThawModel>,
}

impl Default for Thaw {
    fn default() -> Self {
        Thaw { steps: BTreeMap::new(), models: BTreeMap::new() }
            .with_step(Selected::KIND, |f| Ok(Box::new(f.thaw::<Selected>()?)))
            .with_step(FittedImputer::KIND, |f| Ok(Box::new(f.thaw::<FittedImputer>()?)))
            .with_step(FittedScaler::KIND, |f| Ok(Box::new(f.thaw::<FittedScaler>()?)))
            .with_step(FittedCombat::KIND, |f| Ok(Box::new(f.thaw::<FittedCombat>()?)))
            .with_step(FittedPca::KIND, |f| Ok(Box::new(f.thaw::<FittedPca>()?)))
            .with_step(Unchanged::KIND, |f| Ok(Box::new(f.thaw::<Unchanged>()?)))
            .with_model(FittedRbf::KIND, |f, _| Ok(Box::new(f.thaw::<FittedRbf>()?)))
            .with_model(FittedTrees::KIND, |f, _| Ok(Box::new(f.thaw::<FittedTrees>()?)))
            .with_model(FittedNeighbours::KIND, |f, _| Ok(Box::new(f.thaw::<FittedNeighbours>()?)))
            .with_model(FittedBayes::KIND, |f, _| Ok(Box::new(f.thaw::<FittedBayes>()?)))
            .with_model(FittedStack::KIND, |f, thaw| Ok(Box::new(FittedStack::thaw(f, thaw)?)))
            .with_model(FittedLinear::KIND, |f, _| Ok(Box::new(f.thaw::<FittedLinear>()?)))
            .with_model(FittedTuned::KIND, |f, thaw| Ok(Box::new(FittedTuned::thaw(f, thaw)?)))
            .with_model(FittedPipeline::KIND, |f, thaw| Ok(Box::new(FittedPipeline::thaw(f, thaw)?)))
    }
}

impl Thaw {
    /// Adds a kind of step; a known kind is replaced.
    pub fn with_step(
        mut self,
        kind: &str,
        thaw: impl Fn(&Frozen) -> Result<Box<dyn FittedTableStep>> + Send + Sync + 'static,
    ) -> Self {
        self.steps.insert(kind.into(), Box::new(thaw));
        self
    }

    /// Adds a kind of model; a known kind is replaced.
    pub fn with_model(
        mut self,
        kind: &str,
        thaw: impl Fn(&Frozen, &Thaw) -> Result<Box<dyn FittedModel>> + Send + Sync + 'static,
    ) -> Self {
        self.models.insert(kind.into(), Box::new(thaw));
        self
    }

    /// A fitted step from its frozen state.
    ///
    /// # Errors
    /// [`Code::UnknownName`] for a kind that is not known, [`Code::Contract`] for a state that does not fit it.
    pub fn step(&self, frozen: &Frozen) -> Result<Box<dyn FittedTableStep>> {
        let thaw = self.steps.get(&frozen.kind).ok_or_else(|| unknown("step", frozen, self.steps.keys()))?;
        thaw(frozen)
    }

    /// A fitted model from its frozen state.
    ///
    /// # Errors
    /// As [`Thaw::step`].
    pub fn model(&self, frozen: &Frozen) -> Result<Box<dyn FittedModel>> {
        let thaw = self.models.get(&frozen.kind).ok_or_else(|| unknown("model", frozen, self.models.keys()))?;
        thaw(frozen, self)
    }
}

fn unknown<'a>(what: &str, frozen: &Frozen, known: impl Iterator<Item = &'a String>) -> Error {
    let known: Vec<_> = known.map(String::as_str).collect();
    Error::new(Code::UnknownName, format!("a frozen {what} is of an unknown kind"))
        .expected(known.join(", "))
        .found(&frozen.kind)
        .hint("register it with Thaw::with_step or Thaw::with_model")
}
