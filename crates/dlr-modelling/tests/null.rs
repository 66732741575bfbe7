//! The null test, small: what finds nothing in noise, catches a leak, and finds a signal. The full one, with the sizes of
//! the study, is `cargo run --release -p dlr-benches --example null_test`; its figures are in docs/benchmarks/null-test.md.
#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "support/null.rs"]
mod null;

use null::{Design, Gate, p_values, study};

const SMALL: Design =
    Design { n_train: 48, n_train_positive: 26, n_external: 40, n_external_positive: 22, n_features: 120 };

#[test]
fn noise_and_permuted_labels_give_half() {
    let noise = Gate::of(&SMALL, 30, 1, |seed| study(&SMALL, 0.0, seed)).unwrap();
    assert!(noise.holds(), "mean {} (sd {}), allowed {}", noise.mean(), noise.sd(), noise.allowed);
    let real = study(&SMALL, 1.0, 9).unwrap();
    let permuted = Gate::of(&SMALL, 30, 2, |seed| Ok(real.with_permuted_labels(seed))).unwrap();
    assert!(permuted.holds(), "mean {} (sd {}), allowed {}", permuted.mean(), permuted.sd(), permuted.allowed);
}

#[test]
fn a_planted_leak_is_caught_and_a_planted_signal_found() {
    let leak = Gate::of(&SMALL, 12, 3, |seed| study(&SMALL, 0.0, seed)?.selected_before_the_split(seed)).unwrap();
    assert!(!leak.holds() && leak.mean() > 0.6, "mean {}", leak.mean());
    let signal = Gate::of(&SMALL, 6, 4, |seed| study(&SMALL, 1.0, seed)).unwrap();
    assert!(signal.mean() > 0.8, "mean {}", signal.mean());
    let p = p_values(3, 2, 5, |seed| study(&SMALL, 1.0, seed)).unwrap();
    assert!(p.iter().all(|p| *p <= 0.05), "{p:?}");
}

#[test]
fn p_values_of_noise_are_small_as_often_as_they_should_be() {
    let p = p_values(16, 2, 6, |seed| study(&SMALL, 0.0, seed)).unwrap();
    let n_small = p.iter().filter(|p| **p <= 0.05).count();
    // Of 16 fair tests 1 is expected; more than 4 come once in 900 (binomial).
    assert!(n_small <= 4, "{n_small} of 16: {p:?}");
    assert!(p.iter().any(|p| *p > 0.5));
}
