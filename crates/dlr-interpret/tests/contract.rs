//! Every explainer keeps the contract of the seam, and the sampling ones come to the exact values.

mod support;

use dlr_core::conformance::{check_explainer, sample_dataset};
use dlr_core::{Code, Explainer, Model};
use dlr_interpret::{KernelShap, LinearConvention, LinearShap, OutputScale, PermutationShap, TreeConvention, TreeShap};
use support::{MeanDifference, Stumps};

#[test]
fn linear_shap_in_both_conventions() {
    for convention in [LinearConvention::Interventional, LinearConvention::CorrelationDependent] {
        check_explainer(&LinearShap { convention }, &MeanDifference).unwrap();
    }
}

#[test]
fn tree_shap_in_both_conventions() {
    for convention in [TreeConvention::Interventional, TreeConvention::PathDependent] {
        check_explainer(&TreeShap { convention }, &Stumps).unwrap();
    }
}

#[test]
fn kernel_and_permutation_shap_on_both_scales_and_both_kinds_of_model() {
    for scale in [OutputScale::LogOdds, OutputScale::Probability] {
        let kernel = KernelShap { scale, ..Default::default() };
        let permutation = PermutationShap { scale, n_permutations: 10, ..Default::default() };
        for model in [&MeanDifference as &dyn Model, &Stumps] {
            check_explainer(&kernel, model).unwrap();
            check_explainer(&permutation, model).unwrap();
        }
    }
}

#[test]
fn on_the_log_odds_of_a_linear_model_all_three_agree() {
    let (train, _) = sample_dataset(5).split_roles().unwrap();
    let model = MeanDifference.fit(&train, 1).unwrap();
    let exact = LinearShap::default().explain(model.as_ref(), train.table(), train.table(), 1).unwrap();
    let kernel = KernelShap::default().explain_with_error(model.as_ref(), train.table(), train.table(), 1).unwrap();
    let permutation = PermutationShap { n_permutations: 2, ..Default::default() };
    let permutation = permutation.explain_with_error(model.as_ref(), train.table(), train.table(), 1).unwrap();
    for found in [&kernel, &permutation] {
        assert!(found.relative_error() < 1e-9);
        for ((i, j), value) in found.attribution.values.indexed_iter() {
            assert!((value - exact.values[[i, j]]).abs() < 1e-8, "{value} {}", exact.values[[i, j]]);
        }
    }
}

#[test]
fn sampled_values_lie_within_their_errors() {
    // 5 features: 30 coalitions are all; 12 must sample. Four standard errors, and few may miss them.
    let (train, _) = sample_dataset(7).split_roles().unwrap();
    let model = MeanDifference.fit(&train, 1).unwrap();
    let scale = OutputScale::Probability;
    let whole = KernelShap { scale, ..Default::default() };
    let exact = whole.explain_with_error(model.as_ref(), train.table(), train.table(), 3).unwrap();
    assert!(exact.standard_error.iter().all(|e| *e == 0.0));
    let permutation = PermutationShap { scale, n_permutations: 40, ..Default::default() };
    let found = permutation.explain_with_error(model.as_ref(), train.table(), train.table(), 3).unwrap();
    let far = found
        .attribution
        .values
        .indexed_iter()
        .filter(|(at, v)| (**v - exact.attribution.values[*at]).abs() > 4.0 * found.standard_error[*at] + 1e-12);
    assert!(far.count() <= found.attribution.values.len() / 50);
}

#[test]
fn the_wrong_kind_of_model_is_refused() {
    let (train, _) = sample_dataset(5).split_roles().unwrap();
    let (linear, trees) = (MeanDifference.fit(&train, 1).unwrap(), Stumps.fit(&train, 1).unwrap());
    let table = train.table();
    let error = TreeShap::default().explain(linear.as_ref(), table, table, 1).unwrap_err();
    assert_eq!(error.code(), Code::Parameter);
    let error = LinearShap::default().explain(trees.as_ref(), table, table, 1).unwrap_err();
    assert_eq!(error.code(), Code::Parameter);
    let error = KernelShap::default().explain(linear.as_ref(), &table.rows(&[]), table, 1).unwrap_err();
    assert_eq!(error.code(), Code::Learning);
}
