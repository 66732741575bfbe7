//! The bad inputs of the evaluation: one class, ties in every score, classes that the score separates, infinity and NaN.
//! Each gives a documented result or an error that says where.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Code, Result};
use dlr_evaluation::{
    Confusion, IntervalKind, auc, average_precision, bootstrap_auc, brier, calibration_curve, calibration_line,
    conformal_quantile, decision_curve, delong, delong_paired, delong_unpaired, expected_calibration_error,
    hosmer_lemeshow, interaction_test, log_loss, precision_recall, reclassification, roc_curve, youden,
};

/// 40 cases, 16 of them positive.
fn labels() -> Vec<bool> {
    (0..40).map(|i| i % 5 < 2).collect()
}

/// Every score that takes plain slices, as one number.
type Score = fn(&[f64], &[bool]) -> Result<f64>;

const SCORES: &[(&str, Score)] = &[
    ("auc", auc),
    ("average precision", average_precision),
    ("brier", brier),
    ("log loss", log_loss),
    ("calibration slope", |s, l| calibration_line(s, l).map(|c| c.slope)),
    ("calibration in the large", |s, l| calibration_line(s, l).map(|c| c.in_the_large)),
    ("ICI", |s, l| calibration_curve(s, l).map(|c| c.ici)),
    ("ECE", |s, l| expected_calibration_error(s, l, 10)),
    ("Hosmer-Lemeshow", |s, l| hosmer_lemeshow(s, l, 5).map(|h| h.p)),
    ("net benefit", |s, l| decision_curve(s, l, &[0.3]).map(|c| c.model[0])),
    ("Youden cut", youden),
    ("DeLong se", |s, l| delong(&[s], l).map(|d| d.standard_error(0))),
    ("paired DeLong p", |s, l| delong_paired(s, s, l).map(|t| t.p)),
    ("bootstrap low", |s, l| bootstrap_auc(s, l, 50, 0.95, 1).map(|b| b.percentile.low)),
    ("IDI", |s, l| reclassification(s, s, l).map(|r| r.idi)),
    ("MCC", |s, l| Confusion::at(s, l, 0.5).map(|c| c.mcc())),
    ("points of the ROC curve", |s, l| roc_curve(s, l).map(|c| c.fpr.len() as f64)),
    ("points of precision-recall", |s, l| precision_recall(s, l).map(|c| c.recall.len() as f64)),
];

/// Expected of every score: a number, or NaN.
enum Expected {
    Is(f64),
    Undefined,
}
use Expected::{Is, Undefined};

fn check(scores: &[f64], labels: &[bool], expected: &[(&str, Expected)]) {
    assert_eq!(SCORES.len(), expected.len());
    let mut misses = Vec::new();
    for ((name, score), (of, expected)) in SCORES.iter().zip(expected) {
        assert_eq!(name, of);
        let found = score(scores, labels);
        let is_right = match (&found, expected) {
            (Ok(v), Is(e)) => v == e || (v - e).abs() < 1e-12,
            (Ok(v), Undefined) => v.is_nan(),
            _ => false,
        };
        if !is_right {
            misses.push(format!("{name}: {:?}", found.map_err(|e| e.to_string())));
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn ties_in_every_score() {
    let (n1, n) = (16.0_f64, 40.0_f64);
    let entropy = -(n1 * 0.4_f64.ln() + (n - n1) * 0.6_f64.ln()) / n;
    check(
        &[0.4; 40],
        &labels(),
        &[
            ("auc", Is(0.5)),
            ("average precision", Is(0.4)),
            ("brier", Is(0.24)),
            ("log loss", Is(entropy)),
            ("calibration slope", Undefined),
            ("calibration in the large", Is(0.0)),
            ("ICI", Is(0.0)),
            ("ECE", Is(0.0)),
            // Ties are cut into groups in the order given, here of 4, 3, 3, 4 and 2 positive of 8 cases.
            ("Hosmer-Lemeshow", Is(0.691_919_813_739_829_9)),
            ("net benefit", Is(0.4 - 0.6 * 3.0 / 7.0)),
            ("Youden cut", Is(f64::INFINITY)),
            ("DeLong se", Is(0.0)),
            ("paired DeLong p", Is(1.0)),
            ("bootstrap low", Is(0.5)),
            ("IDI", Is(0.0)),
            // Nobody is called positive: the limit.
            ("MCC", Is(0.0)),
            ("points of the ROC curve", Is(2.0)),
            ("points of precision-recall", Is(1.0)),
        ],
    );
    // DeLong's variance is 0, which says nothing: the interval is made without it.
    let tied = delong(&[&[0.4; 40]], &labels()).unwrap();
    let (interval, kind) = tied.interval(0, 0.95);
    assert_eq!(kind, IntervalKind::Newcombe);
    assert!(interval.low < 0.35 && interval.high > 0.65, "{interval:?}");
}

#[test]
fn one_class_only() {
    let scores: Vec<f64> = (0..40).map(|i| f64::from(i) / 40.0).collect();
    for class in [true, false] {
        let labels = [class; 40];
        for (name, score) in SCORES {
            match (*name, score(&scores, &labels)) {
                // What needs one class only is there, or, without positive cases, undefined.
                ("average precision", Ok(v)) if class => assert_eq!(v, 1.0),
                ("brier" | "ICI" | "ECE" | "Hosmer-Lemeshow" | "net benefit", Ok(v)) => {
                    assert!(v.is_finite() || *name == "Hosmer-Lemeshow" && v.is_nan(), "{name}: {v}");
                }
                ("log loss", Ok(v)) => assert!(v.is_finite() || class && v == f64::INFINITY, "{name}: {v}"),
                ("points of the ROC curve" | "points of precision-recall", Ok(v)) => assert!(v > 1.0, "{name}"),
                ("Youden cut" | "bootstrap low", Err(e)) => assert_eq!(e.code(), Code::Evaluation, "{name}"),
                (_, Ok(v)) => assert!(v.is_nan(), "{name} of one class is {v}"),
                (_, Err(e)) => panic!("{name} of one class: {e}"),
            }
        }
    }
}

#[test]
fn classes_that_the_score_separates() {
    let labels = labels();
    let scores: Vec<f64> = labels.iter().map(|l| if *l { 0.9 } else { 0.2 }).collect();
    check(
        &scores,
        &labels,
        &[
            ("auc", Is(1.0)),
            ("average precision", Is(1.0)),
            ("brier", Is((16.0 * 0.01 + 24.0 * 0.04) / 40.0)),
            ("log loss", Is(-(16.0 * 0.9_f64.ln() + 24.0 * 0.8_f64.ln()) / 40.0)),
            // The likelihood has no maximum: the slope grows without end.
            ("calibration slope", Undefined),
            ("calibration in the large", Is(calibration_line(&scores, &labels).unwrap().in_the_large)),
            ("ICI", Is((16.0 * 0.1 + 24.0 * 0.2) / 40.0)),
            ("ECE", Is((16.0 * 0.1 + 24.0 * 0.2) / 40.0)),
            ("Hosmer-Lemeshow", Is(hosmer_lemeshow(&scores, &labels, 5).unwrap().p)),
            ("net benefit", Is(0.4)),
            ("Youden cut", Is(0.9)),
            ("DeLong se", Is(0.0)),
            ("paired DeLong p", Is(1.0)),
            ("bootstrap low", Is(1.0)),
            ("IDI", Is(0.0)),
            ("MCC", Is(1.0)),
            ("points of the ROC curve", Is(3.0)),
            ("points of precision-recall", Is(2.0)),
        ],
    );
    let (interval, kind) = delong(&[&scores], &labels).unwrap().interval(0, 0.95);
    assert!(kind == IntervalKind::Newcombe && interval.low < 0.95 && interval.high == 1.0, "{interval:?}");
    let sex: Vec<Option<String>> = (0..40).map(|i| Some(if i % 2 == 0 { "f" } else { "m" }.to_owned())).collect();
    assert!(interaction_test(&sex, &scores, &labels).unwrap().p.is_nan(), "no maximum, no test");
    let unpaired = delong_unpaired((&scores, &labels), (&scores, &labels)).unwrap();
    assert_eq!((unpaired.difference, unpaired.p), (0.0, 1.0));
}

#[test]
fn nan_and_infinity_are_refused_with_their_place() {
    let labels = labels();
    for bad in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        let mut scores = vec![0.5; 40];
        scores[7] = bad;
        for (name, score) in SCORES {
            match score(&scores, &labels) {
                Err(e) => assert!(e.code() == Code::NotFinite && e.to_string().contains("position 7"), "{name}: {e}"),
                // What orders scores only takes any number that has an order.
                Ok(_) => assert!(
                    !bad.is_nan()
                        && [
                            "auc",
                            "average precision",
                            "Youden cut",
                            "DeLong se",
                            "paired DeLong p",
                            "bootstrap low",
                            "MCC"
                        ]
                        .into_iter()
                        .chain(["points of the ROC curve", "points of precision-recall"])
                        .any(|n| n == *name),
                    "{name} took {bad}"
                ),
            }
        }
    }
    assert!(conformal_quantile(&[0.1, f64::NAN], 0.1).is_err());
}

#[test]
fn fewer_cases_than_groups_and_none_at_all() {
    assert_eq!(hosmer_lemeshow(&[0.5; 4], &[true, false, true, false], 10).unwrap_err().code(), Code::Evaluation);
    for (name, score) in SCORES {
        let error = score(&[], &[]).unwrap_err();
        assert!(matches!(error.code(), Code::Evaluation | Code::Parameter), "{name}: {error}");
        assert_eq!(score(&[0.5, 0.2, 0.1], &[true, false]).unwrap_err().code(), Code::TableMismatch, "{name}");
    }
}
