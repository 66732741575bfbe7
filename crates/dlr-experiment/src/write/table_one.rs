//! Table 1: what is known of the patients, by role and class.

use crate::outcome::Outcome;
use dlr_core::{CaseRecord, Role, Value};
use dlr_report::data::{CohortTable, CohortTableRow};
use std::collections::{BTreeMap, BTreeSet};

/// A column of more distinct texts is an identifier or a free text, and no table can hold it.
const MAX_LEVELS: usize = 8;

/// Clinical columns as rows; `None` where the cohort has none that a table can hold.
pub(super) fn of(outcome: &Outcome) -> Option<CohortTable> {
    let truth: BTreeMap<&str, bool> = outcome
        .external
        .iter()
        .flat_map(|(truth, _)| truth.cases().iter().map(String::as_str).zip(truth.labels().iter().copied()))
        .collect();
    let class = |row: &CaseRecord| row.label.or_else(|| truth.get(row.id.as_str()).copied());
    let (positive, negative) = (&outcome.file.cohort.positive, &outcome.file.cohort.negative);
    let mut groups: Vec<(String, Vec<&CaseRecord>)> = Vec::new();
    for (role, role_name) in [(Role::Train, "Training"), (Role::External, "External")] {
        for (label, label_name) in [(false, negative), (true, positive)] {
            let is_in = |row: &&CaseRecord| row.role == role && class(row) == Some(label);
            let rows: Vec<&CaseRecord> = outcome.cohort.rows().iter().filter(is_in).collect();
            if !rows.is_empty() {
                groups.push((format!("{role_name}, {label_name} (n = {})", rows.len()), rows));
            }
        }
    }
    let columns: BTreeSet<&String> = outcome.cohort.rows().iter().flat_map(|row| row.clinical.keys()).collect();
    let rows: Vec<CohortTableRow> = columns.into_iter().flat_map(|column| variable(column, &groups)).collect();
    (!rows.is_empty()).then(|| CohortTable {
        groups: groups.into_iter().map(|(name, _)| name).collect(),
        rows,
        notes: vec![
            "Numbers: median (quartiles). Categories: cases (share of the group). Cases are counted, not patients."
                .into(),
        ],
    })
}

fn variable(column: &str, groups: &[(String, Vec<&CaseRecord>)]) -> Vec<CohortTableRow> {
    let of_group = |rows: &[&CaseRecord]| -> Vec<Value> {
        rows.iter().map(|row| row.clinical.get(column).cloned().unwrap_or(Value::Missing)).collect()
    };
    let groups: Vec<Vec<Value>> = groups.iter().map(|(_, rows)| of_group(rows)).collect();
    let line = |level: String, cells: Vec<String>| CohortTableRow {
        variable: column.to_owned(),
        level,
        cells,
        ..CohortTableRow::default()
    };
    let all = || groups.iter().flatten();
    let texts: BTreeSet<String> =
        all().filter_map(|v| if let Value::Text(t) = v { Some(t.clone()) } else { None }).collect();
    let n_numbers = all().filter(|v| matches!(v, Value::Number(_))).count();
    let mut lines = Vec::new();
    if texts.is_empty() && n_numbers > 0 {
        lines.push(line("median (quartiles)".into(), groups.iter().map(|values| quartiles(values)).collect()));
    } else if (1..=MAX_LEVELS).contains(&texts.len()) && n_numbers == 0 {
        for level in texts {
            let count = |values: &Vec<Value>| values.iter().filter(|v| **v == Value::Text(level.clone())).count();
            lines.push(line(level.clone(), groups.iter().map(|values| share(count(values), values.len())).collect()));
        }
    }
    let missing: Vec<usize> = groups.iter().map(|v| v.iter().filter(|v| **v == Value::Missing).count()).collect();
    if !lines.is_empty() && missing.iter().any(|n| *n > 0) {
        let cells = missing.iter().zip(&groups).map(|(n, values)| share(*n, values.len())).collect();
        lines.push(line("not known".into(), cells));
    }
    lines
}

fn share(count: usize, of: usize) -> String {
    format!("{count} ({:.0}%)", 100.0 * count as f64 / of as f64)
}

fn quartiles(values: &[Value]) -> String {
    let mut numbers: Vec<f64> =
        values.iter().filter_map(|v| if let Value::Number(v) = v { Some(*v) } else { None }).collect();
    numbers.sort_by(f64::total_cmp);
    let Some(last) = numbers.len().checked_sub(1) else { return "n/a".into() };
    let at = |share: f64| {
        let place = share * last as f64;
        let (below, part) = (place.floor() as usize, place.fract());
        numbers[below] + part * (numbers[(below + 1).min(last)] - numbers[below])
    };
    format!("{:.1} ({:.1} to {:.1})", at(0.5), at(0.25), at(0.75))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(values: &[Value]) -> (String, Vec<CaseRecord>) {
        let record = |(i, v): (usize, &Value)| CaseRecord {
            clinical: [("x".to_owned(), v.clone())].into(),
            ..CaseRecord::new(format!("c{i}"), None)
        };
        ("g".into(), values.iter().enumerate().map(record).collect())
    }

    fn lines(values: &[Value]) -> Vec<(String, String)> {
        let (name, rows) = group(values);
        let lines = variable("x", &[(name, rows.iter().collect())]);
        lines.into_iter().map(|line| (line.level, line.cells[0].clone())).collect()
    }

    #[test]
    fn numbers_have_quartiles_and_texts_counts() {
        let number = Value::Number;
        let found = lines(&[number(1.0), number(2.0), number(3.0), number(5.0), Value::Missing]);
        assert_eq!(found[0], ("median (quartiles)".into(), "2.5 (1.8 to 3.5)".into()));
        assert_eq!(found[1], ("not known".into(), "1 (20%)".into()));
        let text = |t: &str| Value::Text(t.into());
        let found = lines(&[text("m"), text("f"), text("m"), text("m")]);
        assert_eq!(found, [("f".into(), "1 (25%)".into()), ("m".into(), "3 (75%)".into())]);
        // Free text, and a column of both kinds, have no place in a table.
        let free: Vec<Value> = (0..9).map(|i| text(&format!("t{i}"))).collect();
        assert!(lines(&free).is_empty() && lines(&[text("a"), number(1.0)]).is_empty());
    }
}
