//! Selected features: the steps of each model, and the last rounds of an elimination.

use super::{Block, drawn, with_aside};
use crate::data::{Report, Selection};
use crate::figures::Figures;
use crate::format::{count, fixed};
use crate::legend::Legend;
use crate::page::table::Table;

pub(super) fn features<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let steps = |selection: &Selection| {
        let label = legend.label(&selection.model);
        let mut blocks = vec![Block::Text(format!("{label}: {} candidate features.", selection.n_candidates))];
        blocks.push(Block::List(selection.steps.clone()));
        if !selection.last_rounds.is_empty() {
            blocks.push(Block::Table(elimination(selection, &label)));
        }
        blocks
    };
    let filled = report.selections.iter().filter(|s| !s.steps.is_empty());
    let mut blocks = with_aside(filled, legend, |s| !legend.is_told(&s.model), steps);
    blocks.extend(drawn(&figures.features, legend));
    blocks
}

/// The last rounds of an elimination, and how often chance may have decided.
fn elimination(selection: &Selection, label: &str) -> Table {
    let headings = ["Features left", "Went", "Margin"];
    let mut table = Table::new(&format!("Last rounds of the elimination: {label}"), &headings);
    for round in &selection.last_rounds {
        table.row(vec![round.n_left.to_string(), round.removed.join(", "), fixed(round.margin_ratio, 4)]);
    }
    table.note(format!(
        "Margin: how many times stronger (squared weight, or importance) the weakest feature that stayed was than the \
         strongest that went. Of {}, {} had a margin below 1.01: there the smallest change of the data may swap what stays \
         and what goes. All rounds: elimination.csv.",
        count(selection.n_rounds, "round"),
        selection.n_close
    ));
    table
}
