//! Performance: metrics and calibration by setting.

use super::{Block, bare_p, drawn, with_aside};
use crate::cast::Cast;
use crate::data::{ModelResult, Report};
use crate::figures::Figures;
use crate::format::{fixed, interval};
use crate::legend::{Legend, settings};
use crate::page::table::Table;

pub(super) fn performance<'a>(report: &'a Report, legend: &Legend, figures: &'a Figures) -> Vec<Block<'a>> {
    let casts = settings(report).into_iter().flat_map(|setting| Cast::all(report, legend, setting));
    let tables = |cast: Cast<'a>| {
        let mut tables = vec![Block::Table(metrics(&cast.results, legend, &cast.title("Metrics")))];
        let calibrated: Vec<_> = cast.results.iter().copied().filter(|m| m.calibration.is_some()).collect();
        if !calibrated.is_empty() {
            tables.push(Block::Table(calibration(&calibrated, legend, &cast.title("Calibration"))));
        }
        tables
    };
    let mut blocks = with_aside(casts, legend, |cast| cast.is_aside, tables);
    blocks.extend(drawn(&figures.performance, legend));
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
fn calibration(shown: &[&ModelResult], legend: &Legend, caption: &str) -> Table {
    let headings = ["Model", "Slope", "Intercept", "ICI", "ECE", "Brier score", "Hosmer-Lemeshow p (legacy)"];
    let mut table = Table::new(caption, &headings);
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
