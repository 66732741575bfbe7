//! Every explainer keeps the contract of the seam.

mod support;

use dlr_core::conformance::check_explainer;
use dlr_interpret::{LinearConvention, LinearShap};
use support::MeanDifference;

#[test]
fn linear_shap_in_both_conventions() {
    for convention in [LinearConvention::Interventional, LinearConvention::CorrelationDependent] {
        check_explainer(&LinearShap { convention }, &MeanDifference).unwrap();
    }
}
