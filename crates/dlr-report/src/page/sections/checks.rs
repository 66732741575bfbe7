//! Audits and reporting guidelines.

use super::{Block, folded};
use crate::data::{Audit, Report, Verdict};
use crate::legend::Legend;
use crate::page::table::Table;

/// Of the study and the models that are told; then, folded, of the others, whose audits have their name in front.
pub(super) fn audits<'a>(report: &'a Report, legend: &Legend) -> Vec<Block<'a>> {
    let is_aside = |audit: &&Audit| {
        report.models.iter().any(|m| {
            let rest = audit.name.strip_prefix(&legend.label(&m.name));
            !legend.is_told(&m.name) && rest.is_some_and(|rest| rest.starts_with(": "))
        })
    };
    let (aside, told): (Vec<_>, Vec<_>) = report.audits.iter().partition(is_aside);
    let mut blocks: Vec<_> = checks(told, "Checks over data and protocol").into_iter().collect();
    blocks.extend(folded(legend, checks(aside, "Checks of the other models").into_iter().collect()));
    blocks
}

/// A row per audit, the worst first.
fn checks<'a>(mut sorted: Vec<&Audit>, caption: &str) -> Option<Block<'a>> {
    let mut table = Table::new(caption, &["Result", "Check", "Finding", "What to do"]);
    sorted.sort_by_key(|a| std::cmp::Reverse(a.verdict));
    for a in sorted {
        let (class, word) = match a.verdict {
            Verdict::NotApplicable => ("none", "\u{2013} does not apply"),
            Verdict::Pass => ("pass", "\u{2713} pass"),
            Verdict::Warn => ("warn", "! warning"),
            Verdict::Fail => ("fail", "\u{2717} failed"),
        };
        table.styled(class, vec![word.into(), a.name.clone(), a.finding.clone(), a.advice.clone()]);
    }
    (!table.rows.is_empty()).then(|| Block::Table(table.without_empty_columns()))
}

pub(super) fn guidelines(report: &Report) -> Vec<Block<'_>> {
    let tables = report.guidelines.iter().map(|g| {
        let mut table = Table::new(&g.name, &["Item", "Asks for", "This run", "Evidence"]);
        for i in &g.items {
            let answer = if i.answer.is_empty() { "(for the authors to fill in)" } else { &i.answer };
            table.row([&i.number, &i.item, answer, &i.section].map(String::from).to_vec());
        }
        Block::Table(table)
    });
    tables.collect()
}
