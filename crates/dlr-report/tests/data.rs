//! The plain data survives JSON: undefined numbers, infinities, missing fields.

use dlr_report::Report;
use dlr_report::data::{Interval, ModelResult, RocPoint, Shap};

#[test]
fn undefined_and_infinite_numbers_survive_json() {
    let report = Report {
        models: vec![ModelResult {
            roc: vec![RocPoint { fpr: 0.0, tpr: 0.0, threshold: f64::INFINITY }],
            auc: Interval { value: 0.1 + 0.2, ..Interval::default() },
            ..ModelResult::default()
        }],
        shap: vec![Shap { data: vec![vec![f64::NAN, -1e-300]], ..Shap::default() }],
        ..Report::default()
    };
    let json = serde_json::to_string(&report).unwrap();
    let back: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
    assert_eq!(back.models[0].roc[0].threshold, f64::INFINITY);
    assert_eq!(back.models[0].auc.value, 0.1 + 0.2);
    assert!(back.models[0].auc.low.is_nan() && back.shap[0].data[0][0].is_nan());
}

#[test]
fn an_older_file_with_missing_fields_reads() {
    let report: Report = serde_json::from_str(r#"{"title": "t", "comparisons": [{"first": "a"}]}"#).unwrap();
    assert_eq!(report.title, "t");
    assert!(report.comparisons[0].p.is_nan(), "a forgotten p must not become 0");
}
