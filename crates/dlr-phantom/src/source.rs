//! [`PhantomSource`]: the phantom as a source of cases.

use crate::{config::PhantomConfig, plan::Plan};
use dlr_core::{Case, CaseSource, Cohort, Error, Result, SealedLabels};

/// Raised whenever the same plan gives other voxels, so that nothing computed from the old ones is used.
pub const GENERATOR_VERSION: u32 = 1;

/// Cases that are made when they are asked for. A case takes as long as it took before, whatever the others are.
#[derive(Debug, Clone)]
pub struct PhantomSource {
    plan: Plan,
}

impl PhantomSource {
    /// The cohort of a configuration.
    ///
    /// # Errors
    /// Those of [`Plan::new`].
    pub fn new(config: &PhantomConfig) -> Result<PhantomSource> {
        Ok(PhantomSource { plan: Plan::new(config)? })
    }

    /// The plan behind it: latents and oracle scores. What learns must not see it.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

impl CaseSource for PhantomSource {
    fn cohort(&self) -> Result<(Cohort, SealedLabels)> {
        Cohort::enrol(self.plan.subjects().iter().map(crate::Subject::record).collect())
    }

    fn load(&self, id: &str) -> Result<Case> {
        let subject = self.plan.subject(id)?;
        let rendered = self.plan.render(subject).map_err(|error: Error| error.for_case(id))?;
        Ok(rendered.into_case(subject, self.plan.config().truth_masks))
    }

    /// The image follows from grid, scanner, latents, site and two seeds; a hash of these costs no image.
    fn digest(&self, id: &str) -> Result<String> {
        let (subject, config) = (self.plan.subject(id)?, self.plan.config());
        // `Debug` of a float prints every bit that tells it from its neighbours.
        let content = format!("{GENERATOR_VERSION} {:?} {} {subject:?}", config.grid, config.truth_masks);
        Ok(blake3::hash(content.as_bytes()).to_hex().to_string())
    }
}
