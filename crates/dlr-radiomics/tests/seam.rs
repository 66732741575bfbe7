//! The extractor keeps the contract of its seam.

use dlr_core::conformance::{check_extractor, sample_case};
use dlr_radiomics::RadiomicsExtractor;
use dlr_radiomics::pyradiomics::{Params, Setting};

#[test]
fn keeps_the_contract_of_feature_extractors() {
    for params in [Params::default(), Params::with(&[("force2D", Setting::Bool(true))]).unwrap()] {
        let extractor = RadiomicsExtractor::new(params, &[("mass", "intra"), ("peri", "peri")]).unwrap();
        check_extractor(&extractor, &sample_case()).unwrap();
    }
}
