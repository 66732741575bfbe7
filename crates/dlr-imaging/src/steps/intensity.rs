//! `zscore`, `minmax`, `percentile`, `tissue` and `n4`: steps that change intensities.
//!
//! `within` names the mask whose voxels the statistics come from, for example `body`; without it, the whole image.

use super::run;
use crate::bias::{N4Params, n4};
use crate::normalise::{TissueParams, ZScoreParams, clip_percentiles, min_max, tissue_peak, zscore};
use dlr_core::{Case, ImageStep, Mask, Result};

fn named<'a>(case: &'a Case, within: Option<&str>) -> Result<Option<&'a Mask>> {
    within.map(|name| case.mask(name)).transpose()
}

fn place(within: Option<&str>) -> &str {
    within.unwrap_or("the image")
}

/// Z-score; see [`zscore`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZScore {
    /// Mask of the statistics.
    pub within: Option<String>,
    /// Scale, clipping and divisor.
    pub params: ZScoreParams,
}

impl ImageStep for ZScore {
    fn apply(&self, case: Case) -> Result<Case> {
        let within = self.within.as_deref();
        let ZScoreParams { scale, clip_sd, divisor } = &self.params;
        let line = format!("zscore: over {}, scale {scale}, clip {clip_sd:?} sd, divisor {divisor:?}", place(within));
        run(case, line, |case| {
            case.image = zscore(&case.image, named(case, within)?, &self.params)?;
            Ok(())
        })
    }
}

/// Scaling between two percentiles to 0 and 1; see [`min_max`].
#[derive(Debug, Clone, PartialEq)]
pub struct MinMax {
    /// Mask of the percentiles.
    pub within: Option<String>,
    /// Percentile that becomes 0; 0 for the minimum.
    pub low: f64,
    /// Percentile that becomes 1; 100 for the maximum.
    pub high: f64,
}

impl Default for MinMax {
    /// Minimum and maximum of the whole image.
    fn default() -> Self {
        MinMax { within: None, low: 0.0, high: 100.0 }
    }
}

impl ImageStep for MinMax {
    fn apply(&self, case: Case) -> Result<Case> {
        let within = self.within.as_deref();
        let line = format!("minmax: percentiles {} and {} of {} to 0 and 1", self.low, self.high, place(within));
        run(case, line, |case| {
            case.image = min_max(&case.image, named(case, within)?, self.low, self.high)?;
            Ok(())
        })
    }
}

/// Clipping at two percentiles; see [`clip_percentiles`].
#[derive(Debug, Clone, PartialEq)]
pub struct Percentile {
    /// Mask of the percentiles.
    pub within: Option<String>,
    /// Lower percentile.
    pub low: f64,
    /// Upper percentile.
    pub high: f64,
}

impl Default for Percentile {
    /// 1 and 99 of the whole image.
    fn default() -> Self {
        Percentile { within: None, low: 1.0, high: 99.0 }
    }
}

impl ImageStep for Percentile {
    fn apply(&self, case: Case) -> Result<Case> {
        let within = self.within.as_deref();
        let line = format!("percentile: clip at {} and {} of {}", self.low, self.high, place(within));
        run(case, line, |case| {
            case.image = clip_percentiles(&case.image, named(case, within)?, self.low, self.high)?;
            Ok(())
        })
    }
}

/// Normalisation by a tissue's peak; see [`tissue_peak`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tissue {
    /// Mask in which the tissue is sought, as a rule the body.
    pub within: Option<String>,
    /// Which peak, how wide, and what it becomes.
    pub params: TissueParams,
}

impl Default for Tissue {
    /// Within `body`, with the defaults of [`TissueParams`].
    fn default() -> Self {
        Tissue { within: Some("body".into()), params: TissueParams::default() }
    }
}

impl ImageStep for Tissue {
    fn apply(&self, case: Case) -> Result<Case> {
        let within = self.within.as_deref();
        let TissueParams { peak, width, scale } = &self.params;
        let line = format!("tissue: {peak:?} peak within {}, width {width}, scale {scale:?}", place(within));
        run(case, line, |case| {
            case.image = tissue_peak(&case.image, named(case, within)?, &self.params)?;
            Ok(())
        })
    }
}

/// N4 bias field correction; see [`n4`].
#[derive(Debug, Clone, PartialEq)]
pub struct N4 {
    /// Mask in which the field is estimated, as a rule the body.
    pub within: Option<String>,
    /// Of the estimate.
    pub params: N4Params,
}

impl Default for N4 {
    /// Within `body`, with the defaults of [`N4Params`].
    fn default() -> Self {
        N4 { within: Some("body".into()), params: N4Params::default() }
    }
}

impl ImageStep for N4 {
    fn apply(&self, case: Case) -> Result<Case> {
        let within = self.within.as_deref();
        let line = format!("n4: within {}, {:?}", place(within), self.params);
        run(case, line, |case| {
            case.image = n4(&case.image, named(case, within)?, &self.params)?.corrected;
            Ok(())
        })
    }
}
