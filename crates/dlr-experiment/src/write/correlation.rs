//! How the columns that the explained model selects most often go together, over the training cases.

use crate::outcome::Outcome;
use dlr_core::Role;
use dlr_modelling::stats::spearman;
use dlr_report::data::CorrelationMap;

/// More columns than this could not be read beside the map.
const MAX_COLUMNS: usize = 40;

/// Spearman's correlation of the columns selected most often, among the cases that have both; `None` for fewer than two.
pub(super) fn of(outcome: &Outcome) -> Option<CorrelationMap> {
    let model = outcome.model(&outcome.file.report.explain)?;
    let data = &model.planned.data;
    let is_train: Vec<bool> = data.cohort().rows().iter().map(|row| row.role == Role::Train).collect();
    let column = |position: usize| -> Vec<f64> {
        let values = data.table().values().column(position);
        values.iter().zip(&is_train).filter(|(_, train)| **train).map(|(value, _)| *value).collect()
    };
    let (names, columns): (Vec<String>, Vec<Vec<f64>>) = model
        .cv
        .selection_counts()
        .into_iter()
        .take(MAX_COLUMNS)
        .filter_map(|(name, _)| Some((name.to_string(), column(data.table().position(&name)?))))
        .unzip();
    (names.len() > 1).then(|| CorrelationMap {
        method: "Spearman".into(),
        values: columns.iter().map(|a| columns.iter().map(|b| among_known(a, b)).collect()).collect(),
        names,
        order: Vec::new(),
    })
}

fn among_known(a: &[f64], b: &[f64]) -> f64 {
    let (a, b): (Vec<f64>, Vec<f64>) =
        a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite()).map(|(a, b)| (*a, *b)).unzip();
    if a.len() < 3 { f64::NAN } else { spearman(&a, &b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cases_with_both_values_count() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, f64::NAN], [10.0, 20.0, f64::NAN, 40.0, 0.0]);
        assert!((among_known(&a, &b) - 1.0).abs() < 1e-12);
        assert!(among_known(&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 3.0]).is_nan());
    }
}
