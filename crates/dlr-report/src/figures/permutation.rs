//! Histogram of the AUC under permuted labels, with the observed one.

use super::Drawing;
use crate::csv::{Csv, row};
use crate::data::{Permutation, Report};
use crate::format::{fixed, p_value};
use crate::legend::Legend;
use crate::style::{INK, RULE};
use crate::svg::{Axes, Label, Scale, Stroke, Svg};

/// One figure per model that was permuted.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.permutations.iter().filter(|p| !p.permuted.is_empty()).map(|p| one(p, legend)).collect()
}

fn one(permutation: &Permutation, legend: &Legend) -> Drawing {
    let model = legend.label(&permutation.model);
    let series = legend.series(&permutation.model);
    let counts = histogram(&permutation.permuted);
    let most = counts.iter().copied().max().unwrap_or(1);
    let used = |at: &usize| counts[*at] > 0;
    let first = (0..20).find(used).unwrap_or(0) as f64 * 0.05;
    let last = (0..20).rev().find(used).map_or(1.0, |at| (at + 1) as f64 * 0.05);
    let low = first.min(0.3).min(finite_or(permutation.observed, 0.5));
    let high = last.max(0.7).max(finite_or(permutation.observed, 0.5) + 0.02).min(1.0);
    let axes = Axes {
        x: Scale::new(low, high),
        y: Scale::new(0.0, most as f64 * 1.22),
        left: 60.0,
        top: 16.0,
        width: 400.0,
        height: 210.0,
    };
    let name = format!("permutation-{}", legend.slug(&permutation.model));
    let title = format!("Permuted labels: {model}");
    let mean = permutation.permuted.iter().sum::<f64>() / permutation.permuted.len() as f64;
    let fact = format!("observed {}, {}", fixed(permutation.observed, 2), p_value(permutation.p));
    let alt = format!(
        "Histogram of {} permuted AUC values with mean {}; {fact}.",
        permutation.permuted.len(),
        fixed(mean, 2)
    );
    let mut svg = Svg::new(&name, &title, &alt, axes.right() + 20.0, axes.bottom() + 46.0);
    axes.draw(&mut svg, "area under the ROC curve", "runs");
    for (i, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
        let (x0, x1) = (axes.px(i as f64 * 0.05), axes.px((i + 1) as f64 * 0.05));
        svg.rect(
            [x0, axes.py(*n as f64)],
            [x1 - x0, axes.bottom() - axes.py(*n as f64)],
            "#b5b5b5",
            Some(Stroke::solid("#ffffff", 1.0)),
        );
    }
    let chance = axes.px(0.5);
    svg.line([chance, axes.top], [chance, axes.bottom()], Stroke::dashed(RULE, 1.2, "4 3"));
    svg.label(&Label::new([chance - 4.0, axes.top + 10.0], "chance").end().colour("#595959"));
    let x = axes.px(permutation.observed);
    if x.is_finite() {
        svg.line([x, axes.top + 2.0], [x, axes.bottom()], Stroke::solid(series.colour, 2.4));
        svg.marker(series.marker, [x, axes.top + 4.0], 4.5, series.colour, Stroke::solid("#ffffff", 0.8));
        let near_right = x > axes.left + axes.width * 0.6;
        let label = Label::new([if near_right { x - 9.0 } else { x + 9.0 }, axes.top + 26.0], &fact).bold().colour(INK);
        svg.label(&if near_right { label.end() } else { label });
    }
    let mut csv = Csv::new(&["model", "kind", "auc"]);
    row!(csv, &permutation.model, "observed", permutation.observed);
    for auc in &permutation.permuted {
        row!(csv, &permutation.model, "permuted", *auc);
    }
    let caption = format!(
        "AUC within folds of the whole pipeline on {} permutations of the labels (grey, mean {}), and on the true labels (line).",
        permutation.permuted.len(),
        fixed(mean, 2)
    );
    let is_aside = !legend.is_told(&permutation.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}

fn finite_or(value: f64, otherwise: f64) -> f64 {
    if value.is_finite() { value } else { otherwise }
}

/// Counts in twenty bins of width 0.05; 1 belongs to the last.
fn histogram(values: &[f64]) -> [usize; 20] {
    let mut counts = [0; 20];
    for value in values.iter().filter(|v| (0.0..=1.0).contains(*v)) {
        // The small step keeps 0.55 = 0.5499999 in its own bin.
        counts[((value / 0.05 + 1e-9).floor() as usize).min(19)] += 1;
    }
    counts
}
