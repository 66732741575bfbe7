//! Table 1: what is known of the patients, by role and class.

use crate::outcome::Outcome;
use dlr_core::{CaseRecord, Role, Value};
use dlr_evaluation::independence;
use dlr_modelling::stats::mann_whitney;
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
    let split = Split::of(outcome, class);
    let columns: BTreeSet<&String> = outcome.cohort.rows().iter().flat_map(|row| row.clinical.keys()).collect();
    let rows: Vec<CohortTableRow> =
        columns.into_iter().flat_map(|column| tested(column, variable(column, &groups), &split)).collect();
    (!rows.is_empty()).then(|| CohortTable {
        groups: groups.into_iter().map(|(name, _)| name).collect(),
        rows,
        notes: vec![
            "Numbers: median (quartiles). Categories: cases (share of the group). Cases are counted, not patients."
                .into(),
            format!(
                "p: {}, not corrected for the number of variables; cases whose value is not known are left out.",
                split.what
            ),
        ],
    })
}

/// The two sides that a variable is compared between, and its test.
struct Split<'a> {
    what: &'static str,
    sides: Vec<(&'a CaseRecord, bool)>,
}

impl<'a> Split<'a> {
    /// Training and external cases, or the classes where there are no external ones.
    fn of(outcome: &'a Outcome, class: impl Fn(&CaseRecord) -> Option<bool>) -> Self {
        let rows = outcome.cohort.rows();
        if rows.iter().any(|row| row.role == Role::External) {
            let sides = rows.iter().filter(|row| class(row).is_some()).map(|row| (row, row.role == Role::External));
            return Split { what: "training against external cases", sides: sides.collect() };
        }
        let sides = rows.iter().filter_map(|row| class(row).map(|label| (row, label)));
        Split { what: "one class against the other", sides: sides.collect() }
    }

    /// Mann-Whitney of numbers, chi-squared of categories; `None` for a column of neither.
    fn test(&self, column: &str) -> Option<(f64, &'static str)> {
        let value = |row: &CaseRecord| row.clinical.get(column).cloned().unwrap_or(Value::Missing);
        let (mut numbers, mut sides) = (Vec::new(), Vec::new());
        let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        for (row, side) in &self.sides {
            match value(row) {
                Value::Number(number) if number.is_finite() => {
                    numbers.push(number);
                    sides.push(*side);
                }
                Value::Text(text) => counts.entry(text).or_default()[usize::from(*side)] += 1,
                _ => {}
            }
        }
        match (numbers.is_empty(), counts.is_empty()) {
            (false, true) => Some((mann_whitney(&numbers, &sides).p, "Mann-Whitney U")),
            (true, false) => {
                let test = independence(&counts.values().map(|row| row.to_vec()).collect::<Vec<_>>());
                let is_rough = test.smallest_expected < 5.0;
                Some((test.p, if is_rough { "chi-squared (rough: expected counts below 5)" } else { "chi-squared" }))
            }
            _ => None,
        }
    }
}

/// The first row of a variable has its test.
fn tested(column: &str, mut rows: Vec<CohortTableRow>, split: &Split<'_>) -> Vec<CohortTableRow> {
    if let (Some(first), Some((p, test))) = (rows.first_mut(), split.test(column))
        && p.is_finite()
    {
        (first.p, first.test) = (p, test.into());
    }
    rows
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
    fn a_variable_is_tested_between_the_sides() {
        let number = |i: usize| Value::Number(i as f64);
        let (_, low) = group(&(0..12).map(number).collect::<Vec<_>>());
        let (_, high) = group(&(20..32).map(number).collect::<Vec<_>>());
        let sides = |a: &'static str, b: &'static str| {
            let text = |t: &str, n: usize| vec![Value::Text(t.into()); n];
            (group(&[text(a, 9), text(b, 3)].concat()).1, group(&[text(a, 3), text(b, 9)].concat()).1)
        };
        let p = |a: &[CaseRecord], b: &[CaseRecord]| {
            let sides = a.iter().map(|row| (row, false)).chain(b.iter().map(|row| (row, true))).collect();
            Split { what: "", sides }.test("x").unwrap()
        };
        let (apart, test) = p(&low, &high);
        assert!(apart < 0.001 && test == "Mann-Whitney U");
        assert!(p(&low, &low).0 > 0.9);
        let (a, b) = sides("f", "m");
        let (apart, test) = p(&a, &b);
        assert!((apart - 0.0143).abs() < 1e-4 && test == "chi-squared", "{apart} {test}");
        assert!(p(&a, &a).0 > 0.99);
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
