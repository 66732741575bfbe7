//! The cohort: flow, exclusions, notes, Table 1.

use super::{Block, bare_p, drawn, short};
use crate::data::Report;
use crate::figures::Figures;
use crate::legend::Legend;
use crate::page::table::Table;

pub(super) fn cohort<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks = drawn(&figures.cohort, legend);
    if !report.cohort.exclusions.is_empty() {
        let mut table = Table::new("Excluded cases", &["Reason", "Cases", "Identifiers"]);
        for e in &report.cohort.exclusions {
            table.row(vec![e.reason.clone(), e.cases.len().to_string(), e.cases.join(", ")]);
        }
        blocks.push(Block::Table(table));
    }
    if !report.cohort.notes.is_empty() {
        let mut table = Table::new("Noted while the cases were read and prepared", &["Case", "Note"]);
        for noted in &report.cohort.notes {
            table.row(vec![noted.case.clone(), noted.notes.join("; ")]);
        }
        blocks.extend(short(table));
    }
    if let Some(one) = &report.cohort_table {
        let mut headings = vec!["Variable", "Level"];
        headings.extend(one.groups.iter().map(String::as_str));
        headings.extend(["p", "Test"]);
        let mut table = Table::new("Table 1. The cases by group", &headings);
        let mut last = "";
        for row in &one.rows {
            let is_new = row.variable != last;
            last = &row.variable;
            let mut cells = vec![if is_new { row.variable.clone() } else { String::new() }, row.level.clone()];
            cells.extend(row.cells.iter().cloned());
            let p = if row.p.is_nan() { String::new() } else { bare_p(row.p) };
            cells.extend([p, row.test.clone()]);
            table.styled(if is_new { "first" } else { "" }, cells);
        }
        table.notes = one.notes.clone();
        blocks.push(Block::Table(table.without_empty_columns()));
    }
    blocks
}
