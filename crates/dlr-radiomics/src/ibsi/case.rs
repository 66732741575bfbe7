//! [`IbsiCaseExtractor`]: the `ibsi` profile as a stage, for named regions of a case.

use super::{IbsiExtractor, IbsiParams};
use dlr_core::{Case, Code, Error, FeatureExtractor, FeatureName, FeatureVector, Result};

/// Measures named masks of a case on its original image: the columns begin with the name given to each mask.
///
/// ```
/// use dlr_core::{FeatureExtractor, conformance::sample_case};
/// use dlr_radiomics::ibsi::{Bins, IbsiCaseExtractor, IbsiParams};
/// let params = IbsiParams::new(Bins::FixedNumber { n_bins: 16 });
/// let extractor = IbsiCaseExtractor::new(params, &[("mass", "intra")])?;
/// let features = extractor.extract(&sample_case())?;
/// assert_eq!(features.names(), extractor.names());
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct IbsiCaseExtractor {
    extractor: IbsiExtractor,
    /// Mask and first part of its columns.
    regions: Vec<(String, String)>,
}

impl IbsiCaseExtractor {
    /// Features of each `(mask, roi)`: the mask's name in the case, and the first part of its columns.
    ///
    /// # Errors
    /// Those of [`IbsiExtractor::new`] and of names; [`Code::Parameter`] without a region.
    pub fn new(params: IbsiParams, regions: &[(&str, &str)]) -> Result<Self> {
        if regions.is_empty() {
            return Err(
                Error::new(Code::Parameter, "no region to extract features from").expected("at least one mask name")
            );
        }
        let extractor = IbsiExtractor::new(params)?;
        for (_, roi) in regions {
            extractor.names(roi, IMAGE_TYPE)?;
        }
        let regions = regions.iter().map(|(mask, roi)| ((*mask).to_owned(), (*roi).to_owned())).collect();
        Ok(IbsiCaseExtractor { extractor, regions })
    }
}

const IMAGE_TYPE: &str = "original";

impl FeatureExtractor for IbsiCaseExtractor {
    fn names(&self) -> Vec<FeatureName> {
        let of = |(_, roi): &(String, String)| self.extractor.names(roi, IMAGE_TYPE);
        self.regions.iter().flat_map(|r| of(r).expect("the names were made once in `new`")).collect()
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        let mut features = FeatureVector::new();
        for (mask, roi) in &self.regions {
            let found = self.extractor.extract(&case.image, case.mask(mask)?, roi, IMAGE_TYPE);
            features.append(found.map_err(|e| e.for_case(&case.id))?);
        }
        Ok(features)
    }
}
