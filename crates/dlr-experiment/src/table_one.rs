//! Table 1: what is known of the patients, by role and class.

use crate::outcome::Outcome;
use dlr_core::{CaseRecord, Role, Value};
use dlr_report::data::{CohortTable, CohortTableRow};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of a category that have a row of their own; where there are more, the rare ones are counted together.
const MAX_LEVELS: usize = 8;
/// A column with fewer cases per distinct text is an identifier or a free text: no table can hold it.
const MIN_CASES_PER_LEVEL: usize = 2;

/// Clinical columns as rows; `None` where the cohort has none that a table can hold.
pub(crate) fn of(outcome: &Outcome) -> Option<CohortTable> {
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
    let mut texts: BTreeMap<&String, usize> = BTreeMap::new();
    for value in all() {
        if let Value::Text(text) = value {
            *texts.entry(text).or_default() += 1;
        }
    }
    let n_numbers = all().filter(|v| matches!(v, Value::Number(_))).count();
    let mut lines = Vec::new();
    if texts.is_empty() && n_numbers > 0 {
        lines.push(line("median (quartiles)".into(), groups.iter().map(|values| quartiles(values)).collect()));
    } else if n_numbers == 0 && !texts.is_empty() && texts.values().sum::<usize>() >= MIN_CASES_PER_LEVEL * texts.len()
    {
        // The rarest of more than a table holds share a row.
        let mut by_size: Vec<&String> = texts.keys().copied().collect();
        by_size.sort_by_key(|text| std::cmp::Reverse(texts[text]));
        let n_own = if texts.len() > MAX_LEVELS { MAX_LEVELS - 1 } else { texts.len() };
        let (own, rare) = by_size.split_at(n_own);
        let of_levels = |levels: &[&String]| -> Vec<String> {
            let is_one = |v: &&Value| matches!(v, Value::Text(t) if levels.contains(&t));
            groups.iter().map(|values| share(values.iter().filter(is_one).count(), values.len())).collect()
        };
        for level in texts.keys().filter(|level| own.contains(level)) {
            lines.push(line((*level).clone(), of_levels(&[*level])));
        }
        if !rare.is_empty() {
            lines.push(line(format!("{} rarer levels", rare.len()), of_levels(rare)));
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
        // Twelve kinds of five each: seven rows, and one of the others.
        let many: Vec<Value> = (0..60).map(|i| text(&format!("t{:02}", i % 12))).collect();
        let found = lines(&many);
        assert_eq!((found.len(), &found[7]), (8, &("5 rarer levels".into(), "25 (42%)".into())));
        assert!(lines(&free).is_empty() && lines(&[text("a"), number(1.0)]).is_empty());
    }
}
