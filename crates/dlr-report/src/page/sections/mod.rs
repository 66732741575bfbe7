//! The sections of the page in order: question, cohort, performance, certainty, features, explanation, audits,
//! guidelines, configuration, provenance. A section without content is left out.

mod certainty;
mod checks;
mod cohort;
mod features;
mod performance;
mod subgroups;

use super::table::Table;
use super::{Block, Section};
use crate::data::{Cam, Report};
use crate::figures::{Drawing, Figures};
use crate::format::{count, fixed, p_value};
use crate::legend::Legend;

/// All sections that have content.
pub(super) fn sections<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Section<'a>> {
    let all = [
        ("question", "Question and protocol", question(report)),
        ("cohort", "Cohort", cohort::cohort(report, legend, figures)),
        ("performance", "Performance", performance::performance(report, legend, figures)),
        ("certainty", "Certainty", certainty::certainty(report, legend, figures)),
        ("subgroups", "Subgroups", subgroups::subgroups(report, legend, figures)),
        ("features", "Selected features", features::features(report, legend, figures)),
        ("shap", "What the models used (SHAP)", drawn(&figures.shap, legend)),
        ("maps", "Where the network looked", maps(report, legend, figures)),
        ("audits", "Audits", checks::audits(report, legend)),
        ("guidelines", "Reporting guidelines", checks::guidelines(report)),
        ("configuration", "Resolved configuration", configuration(report)),
        ("provenance", "Versions, hashes, seeds and times", provenance(report)),
    ];
    let filled = all.into_iter().filter(|(_, _, blocks)| !blocks.is_empty());
    filled.map(|(id, heading, blocks)| Section { id, heading, blocks }).collect()
}

/// Figures; those of the models beside the declared ones folded after the others.
fn drawn<'a>(drawings: &'a [Drawing], legend: &Legend) -> Vec<Block<'a>> {
    with_aside(drawings, legend, |d| d.is_aside, |d| vec![Block::Figure(d)])
}

/// The blocks of each item; those of items that stand aside come last, folded.
fn with_aside<'a, T>(
    items: impl IntoIterator<Item = T>,
    legend: &Legend,
    is_aside: impl Fn(&T) -> bool,
    blocks: impl Fn(T) -> Vec<Block<'a>>,
) -> Vec<Block<'a>> {
    let (aside, told): (Vec<T>, Vec<T>) = items.into_iter().partition(is_aside);
    let told: Vec<_> = told.into_iter().flat_map(&blocks).collect();
    told.into_iter().chain(folded(legend, aside.into_iter().flat_map(&blocks).collect())).collect()
}

/// Blocks about the models beside the declared ones.
fn folded<'a>(legend: &Legend, blocks: Vec<Block<'a>>) -> Vec<Block<'a>> {
    if blocks.is_empty() {
        return Vec::new();
    }
    let n = count(legend.n_aside(), "other model");
    let fold = Block::Fold(format!("The same of {n}, in no comparison that was declared in advance"));
    std::iter::once(fold).chain(blocks).chain([Block::FoldEnd]).collect()
}

/// More rows than this are folded: a hash or a note of every case.
const LONG: usize = 40;

/// A table; a long one folded under its caption.
fn short<'a>(table: Table) -> Vec<Block<'a>> {
    match table.rows.len() {
        n if n > LONG => {
            let fold = Block::Fold(format!("{}: {}", table.caption, count(n, "row")));
            vec![fold, Block::Table(table), Block::FoldEnd]
        }
        _ => vec![Block::Table(table)],
    }
}

fn question(report: &Report) -> Vec<Block<'_>> {
    let q = &report.question;
    let mut blocks: Vec<_> = q.asked.iter().cloned().map(Block::Text).collect();
    if !q.positive.is_empty() || !q.negative.is_empty() {
        blocks.push(Block::Text(format!("Positive class: {}. Negative class: {}.", q.positive, q.negative)));
    }
    if !q.protocol.is_empty() {
        blocks.push(Block::List(q.protocol.clone()));
    }
    blocks
}

/// A p value under a heading that says `p`.
fn bare_p(p: f64) -> String {
    p_value(p).replace("p = ", "").replace("p < ", "< ")
}

fn maps<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let says = |c: &&Cam| !figures.cam.is_empty() || c.cases.is_empty();
    let notes = report.cam.iter().filter(says).flat_map(|c| c.notes.iter().cloned());
    notes.map(Block::Text).chain(drawn(&figures.cam, legend)).collect()
}

fn configuration(report: &Report) -> Vec<Block<'_>> {
    if report.configuration.is_empty() { Vec::new() } else { vec![Block::Verbatim(&report.configuration)] }
}

fn provenance(report: &Report) -> Vec<Block<'_>> {
    let p = &report.provenance;
    let mut versions = Table::new("Versions", &["Program", "Version"]);
    p.versions.iter().for_each(|v| versions.row(vec![v.name.clone(), v.version.clone()]));
    let mut hashes = Table::new("Hashes", &["What", "Hash"]);
    p.hashes.iter().for_each(|h| hashes.row(vec![h.name.clone(), h.hash.clone()]));
    let mut seeds = Table::new("Seeds", &["For", "Seed"]);
    p.seeds.iter().for_each(|s| seeds.row(vec![s.name.clone(), s.seed.to_string()]));
    let mut timings = Table::new("Wall time", &["Stage", "Seconds", "Done", "From the cache"]);
    let some = |n: usize| if n == 0 { String::new() } else { n.to_string() };
    for t in &p.timings {
        timings.row(vec![t.stage.clone(), fixed(t.seconds, 1), some(t.n_done), some(t.n_cached)]);
    }
    let tables = [versions, hashes, seeds, timings].into_iter().filter(|t| !t.rows.is_empty());
    let mut blocks: Vec<_> = tables.flat_map(short).collect();
    if !p.openings.is_empty() {
        blocks.push(Block::Heading("Openings of the external labels"));
        blocks.push(Block::List(p.openings.clone()));
    }
    blocks
}
