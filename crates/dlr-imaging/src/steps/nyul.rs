//! `nyul`: the one step that learns, a standard intensity scale from the training images.

use super::run;
use crate::normalise::{NyulParams, NyulScale};
use dlr_core::{Case, FittedImageStep, Frozen, ImageLearner, ImageStep, Mask, Result, TrainCases};
use serde::{Deserialize, Serialize};

/// Learns a standard scale; see [`NyulScale`].
#[derive(Debug, Clone, PartialEq)]
pub struct Nyul {
    /// Mask of the landmarks, as a rule the body; without it, the whole image.
    pub within: Option<String>,
    /// Percentiles and range.
    pub params: NyulParams,
}

impl Default for Nyul {
    /// Within `body`, with the defaults of [`NyulParams`].
    fn default() -> Self {
        Nyul { within: Some("body".into()), params: NyulParams::default() }
    }
}

impl ImageLearner for Nyul {
    fn fit(&self, cases: &TrainCases<'_>, _seed: u64) -> Result<Box<dyn FittedImageStep>> {
        let region = |case: &Case| named(case, self.within.as_deref()).map(|mask| mask.cloned());
        let scale = NyulScale::fit(self.params.clone(), cases, &region)?;
        Ok(Box::new(FittedNyul { within: self.within.clone(), scale }))
    }

    fn thaw(&self, frozen: &Frozen) -> Result<Box<dyn FittedImageStep>> {
        Ok(Box::new(frozen.thaw::<FittedNyul>()?))
    }
}

/// A learned scale and where an image's own landmarks are taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FittedNyul {
    within: Option<String>,
    scale: NyulScale,
}

impl ImageStep for FittedNyul {
    fn apply(&self, case: Case) -> Result<Case> {
        let within = self.within.as_deref();
        let line = format!("nyul: over {}, standard {:?}", within.unwrap_or("the image"), self.scale.standard());
        run(case, line, |case| {
            case.image = self.scale.apply(&case.image, named(case, within)?)?;
            Ok(())
        })
    }
}

impl FittedImageStep for FittedNyul {
    fn freeze(&self) -> Result<Frozen> {
        Frozen::new("nyul", self)
    }
}

fn named<'a>(case: &'a Case, within: Option<&str>) -> Result<Option<&'a Mask>> {
    within.map(|name| case.mask(name)).transpose()
}
