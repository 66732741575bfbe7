//! Subgroups: tests and gaps between levels.

use super::{Block, bare_p, drawn, folded};
use crate::data::Report;
use crate::figures::Figures;
use crate::format::{fixed, interval};
use crate::legend::{Legend, setting_label};
use crate::page::table::Table;

pub(super) fn subgroups<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks = drawn(&figures.subgroups, legend);
    let refused: Vec<_> = report.subgroups.iter().filter(|s| !s.refused.is_empty()).collect();
    if !refused.is_empty() {
        // The counts are those of the cases, the same for every model.
        let mut lines: Vec<String> = Vec::new();
        for s in refused {
            let line = format!("{} {}, {}: {}.", s.variable, s.level, setting_label(s.setting), s.refused);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        blocks.push(Block::Text("Without an estimate, because there are too few cases:".into()));
        blocks.push(Block::List(lines));
    }
    let is_aside = |is_aside: bool| move |model: &str| legend.is_told(model) != is_aside;
    let told = subgroup_tables(report, legend, is_aside(false));
    blocks.extend(told.into_iter().chain(folded(legend, subgroup_tables(report, legend, is_aside(true)))));
    blocks
}

/// The tests and gaps of some models.
fn subgroup_tables<'a>(report: &'a Report, legend: &Legend, is_shown: impl Fn(&str) -> bool) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    let tests: Vec<_> = report.subgroup_tests.iter().filter(|t| is_shown(&t.model)).collect();
    if !tests.is_empty() {
        let headings = ["Levels", "Model", "Cases", "Difference of AUC", "p", "p adjusted", "Could have been shown"];
        let mut table = Table::new("Level against level", &headings);
        for t in tests {
            table.row(vec![
                format!("{}: {} \u{2212} {}", t.variable, t.first, t.second),
                legend.label(&t.model),
                setting_label(t.setting).into(),
                interval(&t.difference, 3),
                bare_p(t.p),
                bare_p(t.p_adjusted),
                fixed(t.detectable_difference, 2),
            ]);
        }
        table.note(
            "Unpaired DeLong, Holm over the factors of a model. The last column: the smallest true difference that these \
             counts would have shown with a power of 80%.",
        );
        blocks.push(Block::Table(table));
    }
    let is_known = |f: &&crate::data::Fairness| f.called_positive_gap.is_finite() && is_shown(&f.model);
    let known: Vec<_> = report.fairness.iter().filter(is_known).collect();
    if !known.is_empty() {
        let headings = ["Factor", "Model", "Cases", "Called positive", "Sensitivity", "False positives", "Excess risk"];
        let mut table = Table::new("Largest gaps between levels at the cut", &headings);
        for f in known {
            let gaps = [f.called_positive_gap, f.sensitivity_gap, f.false_positive_rate_gap, f.mean_excess_gap];
            let mut cells = vec![f.variable.clone(), legend.label(&f.model), setting_label(f.setting).into()];
            cells.extend(gaps.map(|gap| fixed(gap, 2)));
            table.row(cells);
        }
        table.note("Excess risk: mean prediction less share of positives. Levels with too few cases take no part.");
        blocks.push(Block::Table(table));
    }
    blocks
}
