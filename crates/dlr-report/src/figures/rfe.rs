//! RFE: score by number of features left.

use super::Drawing;
use crate::csv::{Csv, row};
use crate::data::{Report, RfeCurve};
use crate::format::{elide, fixed};
use crate::legend::Legend;
use crate::style::INK;
use crate::svg::{Axes, Label, Scale, Stroke, Svg};

/// One figure per curve.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.rfe_curves.iter().filter(|c| c.n_features.len() > 1).map(|c| one(c, legend)).collect()
}

fn one(curve: &RfeCurve, legend: &Legend) -> Drawing {
    let series = legend.series(&curve.model);
    let values = curve.score.iter().chain(&curve.low).chain(&curve.high).copied();
    let axes = Axes {
        x: Scale::around(curve.n_features.iter().map(|n| *n as f64).chain([0.0]), 0.0),
        y: Scale::around(values, 0.08),
        left: 66.0,
        top: 14.0,
        width: 440.0,
        height: 220.0,
    };
    let name = format!("rfe-{}", legend.slug(&curve.model));
    let title = format!("Recursive feature elimination: {}", legend.label(&curve.model));
    let metric = if curve.metric.is_empty() { "score" } else { &curve.metric };
    let at = curve.n_features.iter().position(|n| *n == curve.chosen);
    let score = at.map_or(f64::NAN, |at| curve.score[at]);
    let alt = format!("{metric} by number of features left; {} kept, {metric} {}.", curve.chosen, fixed(score, 2));
    let mut svg = Svg::new(&name, &title, &alt, axes.right() + 24.0, axes.bottom() + 46.0);
    axes.draw(&mut svg, "features left", &elide(metric, 24));
    let edge = |values: &[f64]| -> Vec<_> {
        curve.n_features.iter().zip(values).map(|(n, v)| axes.at(*n as f64, *v)).collect()
    };
    svg.band(&edge(&curve.low), &edge(&curve.high), series.colour, 0.18);
    let points = edge(&curve.score);
    svg.polyline(&points, Stroke::solid(series.colour, 1.8));
    if points.len() <= 60 {
        for p in &points {
            svg.marker(series.marker, *p, 2.8, series.colour, Stroke::solid("#ffffff", 0.6));
        }
    }
    let x = axes.px(curve.chosen as f64);
    svg.line([x, axes.top], [x, axes.bottom()], Stroke::dashed(INK, 1.2, "5 3"));
    let near_right = x > axes.left + axes.width * 0.7;
    let text = format!("{} kept", curve.chosen);
    let label = Label::new([if near_right { x - 5.0 } else { x + 5.0 }, axes.bottom() - 8.0], &text).bold();
    svg.label(&if near_right { label.end() } else { label });
    let mut csv = Csv::new(&["model", "n_features", "metric", "score", "low", "high"]);
    for (at, (n, score)) in curve.n_features.iter().zip(&curve.score).enumerate() {
        let limit = |v: &[f64]| v.get(at).copied().unwrap_or(f64::NAN);
        row!(csv, &curve.model, *n, metric, *score, limit(&curve.low), limit(&curve.high));
    }
    let caption =
        "Score in inner folds, with its standard error, while the weakest features are taken out; dashed: the \
                   number that was kept. The steps before this one had seen all training cases, so the curve says \
                   where features stop to matter, not how good the model is."
            .into();
    let is_aside = !legend.is_told(&curve.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}
