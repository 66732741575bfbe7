//! Certainty: models compared, bootstrap optimism.

use super::{Block, bare_p, drawn};
use crate::data::{Comparison, Report};
use crate::figures::Figures;
use crate::format::{count, fixed, interval};
use crate::legend::{Legend, declared, setting_label};
use crate::page::table::Table;

pub(super) fn certainty<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks = match declared(report) {
        Some(declared) => {
            let others: Vec<_> = report.comparisons.iter().filter(|c| !c.p_adjusted.is_finite()).collect();
            let fold = Block::Fold(format!("{} that were not declared in advance", count(others.len(), "comparison")));
            let told = compared(&declared, legend, "Models compared, as declared in advance");
            vec![told, fold, compared(&others, legend, "Models compared, not declared in advance"), Block::FoldEnd]
        }
        None if report.comparisons.is_empty() => Vec::new(),
        None => vec![compared(&report.comparisons.iter().collect::<Vec<_>>(), legend, "Models compared")],
    };
    blocks.extend((!report.optimism.is_empty()).then(|| Block::Table(optimism(report, legend))));
    blocks.extend(drawn(&figures.certainty, legend));
    blocks
}

/// A row per pair.
fn compared<'a>(pairs: &[&Comparison], legend: &Legend, caption: &str) -> Block<'a> {
    let headings =
        ["Comparison", "Cases", "Difference of AUC", "p", "p adjusted", "Test", "NRI (legacy)", "IDI (legacy)"];
    let mut table = Table::new(caption, &headings);
    for c in pairs {
        table.row(vec![
            format!("{} \u{2212} {}", legend.label(&c.first), legend.label(&c.second)),
            setting_label(c.setting).into(),
            interval(&c.difference, 3),
            bare_p(c.p),
            bare_p(c.p_adjusted),
            c.method.clone(),
            fixed(c.nri_legacy, 2),
            fixed(c.idi_legacy, 3),
        ]);
    }
    table.note(
        "A p value above 0.05 does not show that two models are alike. NRI and IDI are here because they are asked for: \
         both rise for miscalibrated models without any gain; read the decision curves.",
    );
    Block::Table(table)
}

/// A row per model.
fn optimism(report: &Report, legend: &Legend) -> Table {
    let headings = ["Model", "Samples", "Apparent AUC", "Optimism", "Corrected", "Outside the samples", ".632+"];
    let mut table = Table::new("Bootstrap optimism of the AUC", &headings);
    for o in &report.optimism {
        let figures = [o.apparent, o.optimism, o.corrected, o.out_of_bag, o.auc_632_plus].map(|v| fixed(v, 3));
        table.row([legend.label(&o.model), o.n_samples.to_string()].into_iter().chain(figures).collect());
    }
    table.note(
        "In each sample of patients, drawn with replacement, everything is fitted anew: steps, selection and classifier. \
         Optimism is the mean AUC on the sample less that of the same model on all training cases; with more features than \
         patients the corrected AUC (Harrell) stays too high, and .632+ (Efron and Tibshirani) is the one to read.",
    );
    table
}
