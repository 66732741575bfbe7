//! The sections of the page in order: question, cohort, performance, certainty, features, explanation, audits,
//! guidelines, configuration, provenance. A section without content is left out.

use super::table::Table;
use super::{Block, Section};
use crate::data::{Cam, ModelResult, Report, Selection, Verdict};
use crate::figures::{Drawing, Figures};
use crate::format::{count, fixed, interval, p_value};
use crate::legend::{Legend, results, setting_label, settings};

/// All sections that have content.
pub(super) fn sections<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Section<'a>> {
    let all = [
        ("question", "Question and protocol", question(report)),
        ("cohort", "Cohort", cohort(report, figures)),
        ("performance", "Performance", performance(report, legend, figures)),
        ("certainty", "Certainty", certainty(report, legend, figures)),
        ("subgroups", "Subgroups", subgroups(report, legend, figures)),
        ("features", "Selected features", features(report, legend, figures)),
        ("shap", "What the models used (SHAP)", drawn(&figures.shap).collect()),
        ("maps", "Where the network looked", maps(report, figures)),
        ("audits", "Audits", audits(report)),
        ("guidelines", "Reporting guidelines", guidelines(report)),
        ("configuration", "Resolved configuration", configuration(report)),
        ("provenance", "Versions, hashes, seeds and times", provenance(report)),
    ];
    let filled = all.into_iter().filter(|(_, _, blocks)| !blocks.is_empty());
    filled.map(|(id, heading, blocks)| Section { id, heading, blocks }).collect()
}

fn drawn(drawings: &[Drawing]) -> impl Iterator<Item = Block<'_>> {
    drawings.iter().map(Block::Figure)
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

fn cohort<'a>(report: &'a Report, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks: Vec<_> = drawn(&figures.cohort).collect();
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
        blocks.push(Block::Table(table));
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

fn performance<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    for setting in settings(report) {
        let shown: Vec<&ModelResult> = results(report, setting).collect();
        blocks.push(Block::Table(metrics(&shown, legend, &format!("Metrics in {}", setting_label(setting)))));
        let calibrated: Vec<&ModelResult> = shown.into_iter().filter(|m| m.calibration.is_some()).collect();
        if !calibrated.is_empty() {
            blocks.push(Block::Table(calibration(&calibrated, legend, setting_label(setting))));
        }
    }
    blocks.extend(drawn(&figures.performance));
    blocks
}

/// A way to read a metric off a result.
type Metric = (&'static str, fn(&ModelResult) -> String);

const METRICS: [Metric; 18] = [
    ("Cases (positive)", |m| format!("{} ({})", m.n_cases, m.n_positive)),
    ("AUC", |m| interval(&m.auc, 3)),
    ("AUC, interval by bootstrap", |m| interval(&m.auc_bootstrap, 3)),
    ("Average precision", |m| interval(&m.average_precision, 3)),
    ("F1", |m| interval(&m.f1, 3)),
    ("F1, mean of both classes", |m| interval(&m.f1_macro, 3)),
    ("F1 of calling all positive", |m| fixed(m.all_positive_f1, 3)),
    ("Prevalence", |m| fixed(m.prevalence, 3)),
    ("Sensitivity", |m| interval(&m.sensitivity, 3)),
    ("Specificity", |m| interval(&m.specificity, 3)),
    ("Positive predictive value", |m| interval(&m.ppv, 3)),
    ("Negative predictive value", |m| interval(&m.npv, 3)),
    ("Balanced accuracy", |m| interval(&m.balanced_accuracy, 3)),
    ("Matthews correlation", |m| interval(&m.mcc, 3)),
    ("Brier score (lower is better)", |m| interval(&m.brier, 3)),
    ("Threshold", |m| fixed(m.threshold.value, 3)),
    ("Rule of the threshold", |m| m.threshold.rule.clone()),
    ("What goes in", |m| m.description.clone()),
];

/// A row per metric that any model has, a column per model.
fn metrics(shown: &[&ModelResult], legend: &Legend, caption: &str) -> Table {
    let labels: Vec<_> = shown.iter().map(|m| legend.label(&m.name)).collect();
    let mut headings = vec!["Metric"];
    headings.extend(labels.iter().map(String::as_str));
    let mut table = Table::new(caption, &headings);
    for (name, read) in METRICS {
        let cells: Vec<_> = shown.iter().map(|m| read(m)).collect();
        if cells.iter().any(|c| c != "n/a" && !c.is_empty()) {
            table.row(std::iter::once(name.to_string()).chain(cells).collect());
        }
    }
    let mut methods: Vec<&str> = Vec::new();
    for m in shown.iter().flat_map(|m| [&m.auc, &m.auc_bootstrap, &m.f1, &m.sensitivity]).map(|i| i.method.as_str()) {
        if !m.is_empty() && !methods.contains(&m) {
            methods.push(m);
        }
    }
    let how = if methods.is_empty() { String::new() } else { format!(" ({})", methods.join("; ")) };
    table.note(format!("In brackets: 95% intervals{how}. n/a: not computed or undefined."));
    table
}

/// A row per model and, where it was recalibrated, per recalibration.
fn calibration(shown: &[&ModelResult], legend: &Legend, setting: &str) -> Table {
    let headings = ["Model", "Slope", "Intercept", "ICI", "ECE", "Brier score", "Hosmer-Lemeshow p (legacy)"];
    let mut table = Table::new(&format!("Calibration in {setting}"), &headings);
    for model in shown {
        let Some(c) = &model.calibration else { continue };
        table.row(vec![
            legend.label(&model.name),
            interval(&c.slope, 2),
            interval(&c.intercept, 2),
            fixed(c.ici, 3),
            fixed(c.ece, 3),
            fixed(model.brier.value, 3),
            bare_p(c.hosmer_lemeshow_p),
        ]);
        for r in &c.recalibrated {
            let name = format!("{}, after {} recalibration", legend.label(&model.name), r.method);
            let figures = [fixed(r.slope, 2), fixed(r.intercept, 2), fixed(r.ici, 3), String::new(), fixed(r.brier, 3)];
            table.row(std::iter::once(name).chain(figures).chain([String::new()]).collect());
        }
    }
    table.note("Recalibration is learned from out-of-fold training scores only; within cross-validation, from those of the other folds.");
    table
}

fn certainty<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    if !report.comparisons.is_empty() {
        let headings =
            ["Comparison", "Cases", "Difference of AUC", "p", "p adjusted", "Test", "NRI (legacy)", "IDI (legacy)"];
        let mut table = Table::new("Models compared", &headings);
        for c in &report.comparisons {
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
        blocks.push(Block::Table(table));
    }
    blocks.extend((!report.optimism.is_empty()).then(|| Block::Table(optimism(report, legend))));
    blocks.extend(drawn(&figures.certainty));
    blocks
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

fn subgroups<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks: Vec<_> = drawn(&figures.subgroups).collect();
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
    if !report.subgroup_tests.is_empty() {
        let headings = ["Levels", "Model", "Cases", "Difference of AUC", "p", "p adjusted", "Could have been shown"];
        let mut table = Table::new("Level against level", &headings);
        for t in &report.subgroup_tests {
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
    let known: Vec<_> = report.fairness.iter().filter(|f| f.called_positive_gap.is_finite()).collect();
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

/// A p value under a heading that says `p`.
fn bare_p(p: f64) -> String {
    p_value(p).replace("p = ", "").replace("p < ", "< ")
}

fn features<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    for selection in report.selections.iter().filter(|s| !s.steps.is_empty()) {
        let label = legend.label(&selection.model);
        blocks.push(Block::Text(format!("{label}: {} candidate features.", selection.n_candidates)));
        blocks.push(Block::List(selection.steps.clone()));
        if !selection.last_rounds.is_empty() {
            blocks.push(Block::Table(elimination(selection, &label)));
        }
    }
    blocks.extend(drawn(&figures.features));
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

fn maps<'a>(report: &'a Report, figures: &'a Figures) -> Vec<Block<'a>> {
    let says = |c: &&Cam| !figures.cam.is_empty() || c.cases.is_empty();
    let notes = report.cam.iter().filter(says).flat_map(|c| c.notes.iter().cloned());
    notes.map(Block::Text).chain(drawn(&figures.cam)).collect()
}

fn audits(report: &Report) -> Vec<Block<'_>> {
    if report.audits.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new("Checks over data and protocol", &["Result", "Check", "Finding", "What to do"]);
    let mut sorted: Vec<_> = report.audits.iter().collect();
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
    vec![Block::Table(table.without_empty_columns())]
}

fn guidelines(report: &Report) -> Vec<Block<'_>> {
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
    let tables = [versions, hashes, seeds, timings].into_iter().filter(|t| !t.rows.is_empty()).map(Block::Table);
    let mut blocks: Vec<_> = tables.collect();
    if !p.openings.is_empty() {
        blocks.push(Block::Heading("Openings of the external labels"));
        blocks.push(Block::List(p.openings.clone()));
    }
    blocks
}
