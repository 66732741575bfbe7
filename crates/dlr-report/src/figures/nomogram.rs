//! Nomogram: read the points of each feature off its axis, add them, read the probability below the sum.

use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{Nomogram, NomogramAxis, Report};
use crate::format::{feature_name, fixed, short};
use crate::legend::Legend;
use crate::style::{INK, SOFT, group};
use crate::svg::{Label, Scale, Stroke, Svg, text_width, ticks};

const ROW: f64 = 34.0;
const WIDTH: f64 = 420.0;
/// More axes would not fit a page; a model of more features has no nomogram.
const MAX_AXES: usize = 20;
/// Probabilities that may have a tick.
const PROBABILITIES: [f64; 11] = [0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99];

/// One figure per linear model of few features.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    let drawable = |n: &&Nomogram| {
        let n_axes = n.axes.len();
        (1..=MAX_AXES).contains(&n_axes) && n.per_point > 0.0 && n.intercept.is_finite() && n.axes.iter().all(fits)
    };
    report.nomograms.iter().filter(drawable).map(|n| one(n, legend)).collect()
}

fn fits(axis: &NomogramAxis) -> bool {
    axis.value.len() == axis.points.len() && axis.points.iter().chain(&axis.value).all(|v| v.is_finite())
}

fn one(nomogram: &Nomogram, legend: &Legend) -> Drawing {
    let names: Vec<_> = nomogram.axes.iter().map(|a| feature_name(&a.name, NAME_CHARS)).collect();
    let left = names.iter().map(|n| text_width(n, 11.0)).fold(100.0, f64::max) + 24.0;
    let name = format!("nomogram-{}", legend.slug(&nomogram.model));
    let title = format!("Nomogram: {}", legend.label(&nomogram.model));
    let alt = format!(
        "Points by feature value for {} features; 0 points mean log odds of {}, each point adds {}.",
        nomogram.axes.len(),
        fixed(nomogram.intercept, 2),
        short(nomogram.per_point)
    );
    let height = (nomogram.axes.len() + 3) as f64 * ROW + 16.0;
    let mut svg = Svg::new(&name, &title, &alt, left + WIDTH + 36.0, height);
    let mut csv = Csv::new(&["model", "axis", "value", "points"]);
    let points = Scale::new(0.0, 100.0);
    let px = |scale: &Scale, value: f64| left + WIDTH * scale.part(value);
    let mut y = 24.0;
    let marks: Vec<(f64, String)> =
        (0..=10).map(|i| f64::from(i) * 10.0).map(|v| (px(&points, v), fixed(v, 0))).collect();
    ruler(&mut svg, [left, y], &marks, INK);
    svg.label(&Label::new([left - 12.0, y + 4.0], "points").end().bold());
    for (axis, label) in nomogram.axes.iter().zip(&names) {
        y += ROW;
        let marks: Vec<(f64, String)> =
            axis.points.iter().zip(&axis.value).map(|(p, v)| (px(&points, *p), short(*v))).collect();
        ruler(&mut svg, [left, y], &marks, group(&axis.group).0);
        svg.label(&Label::new([left - 12.0, y + 4.0], label).end().full(&axis.name));
        for (value, points) in axis.value.iter().zip(&axis.points) {
            row!(csv, &nomogram.model, &axis.name, *value, *points);
        }
    }
    let most: f64 = nomogram.axes.iter().map(|a| a.points.iter().copied().fold(0.0, f64::max)).sum();
    let total = Scale::new(0.0, most);
    y += ROW;
    let (round, step) = ticks(total, 8);
    let marks: Vec<(f64, String)> = round.iter().map(|v| (px(&total, *v), crate::format::tick(*v, step))).collect();
    ruler(&mut svg, [left, y], &marks, INK);
    svg.label(&Label::new([left - 12.0, y + 4.0], "sum of points").end().bold());
    y += ROW;
    let at = |p: f64| ((p / (1.0 - p)).ln() - nomogram.intercept) / nomogram.per_point;
    let inside: Vec<f64> = PROBABILITIES.into_iter().filter(|p| (0.0..=most).contains(&at(*p))).collect();
    let marks: Vec<(f64, String)> = inside.iter().map(|p| (px(&total, at(*p)), fixed(*p, 2))).collect();
    ruler(&mut svg, [left, y], &marks, INK);
    svg.label(&Label::new([left - 12.0, y + 4.0], "probability").end().bold());
    for p in &inside {
        row!(csv, &nomogram.model, "probability", *p, at(*p));
    }
    if inside.is_empty() {
        let probability = |points: f64| 1.0 / (1.0 + (-(nomogram.intercept + nomogram.per_point * points)).exp());
        let text = format!("{} to {} over the whole axis", fixed(probability(0.0), 3), fixed(probability(most), 3));
        svg.label(&Label::new([left, y - 6.0], &text).colour(SOFT));
    }
    let caption = "The frozen model as a ruler: read the points above each value, add them, read the probability under their sum. \
                   Axes run over the values of the training cases; beyond them the model is a guess."
        .into();
    let is_aside = !legend.is_told(&nomogram.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}

/// A line with ticks and their texts below; a text that would run into the one before is left out.
fn ruler(svg: &mut Svg, [left, y]: [f64; 2], marks: &[(f64, String)], colour: &str) {
    let ends = marks.iter().map(|m| m.0).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    let (from, to) = if marks.is_empty() { (left, left + WIDTH) } else { ends };
    svg.line([from, y], [to, y], Stroke::solid(colour, 1.4));
    let mut order: Vec<&(f64, String)> = marks.iter().collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::NEG_INFINITY;
    for (x, text) in order {
        svg.line([*x, y], [*x, y + 5.0], Stroke::solid(colour, 1.0));
        let half = text_width(text, 9.0) / 2.0;
        if x - half > free {
            svg.label(&Label::new([*x, y + 15.0], text).middle().size(9.0).colour(SOFT));
            free = x + half + 3.0;
        }
    }
}
