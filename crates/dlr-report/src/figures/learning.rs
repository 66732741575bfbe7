//! Learning curves: AUC by number of training patients, a line per model.

use super::Drawing;
use crate::csv::{Csv, row};
use crate::data::{LearningCurve, Report};
use crate::format::fixed;
use crate::legend::Legend;
use crate::style::RULE;
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

/// One figure, where a curve has two points or more.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    let curves: Vec<&LearningCurve> = report.learning_curves.iter().filter(|c| c.points.len() > 1).collect();
    if curves.is_empty() {
        return Vec::new();
    }
    let points = || curves.iter().flat_map(|c| &c.points);
    let bounds = points().flat_map(|p| [p.auc, p.auc - p.sd, p.auc + p.sd]);
    let axes = Axes {
        x: Scale::around(points().map(|p| p.n_patients), 0.05),
        y: Scale::around(bounds.chain([0.5]), 0.06),
        left: 66.0,
        top: 14.0,
        width: 440.0,
        height: 230.0,
    };
    let right = curves.iter().map(|c| text_width(&legend.label(&c.model), 12.0)).fold(60.0, f64::max) + 40.0;
    let title = "AUC by number of training patients";
    let facts = curves.iter().map(|c| format!("{}: {}", legend.label(&c.model), from_to(c)));
    let alt = format!("{}.", facts.collect::<Vec<_>>().join("; "));
    let mut svg = Svg::new("learning", title, &alt, axes.right() + right, axes.bottom() + 46.0);
    axes.draw(&mut svg, "training patients in a fold", "AUC within folds");
    svg.line([axes.left, axes.py(0.5)], [axes.right(), axes.py(0.5)], Stroke::dashed(RULE, 1.2, "4 3"));
    let mut csv = Csv::new(&["model", "share", "n_patients", "auc_within_folds", "sd_over_repeats"]);
    for (i, curve) in curves.iter().enumerate() {
        let series = legend.series(&curve.model);
        let at: Vec<_> = curve.points.iter().map(|p| axes.at(p.n_patients, p.auc)).collect();
        svg.polyline(&at, Stroke::solid(series.colour, 1.8));
        for (p, at) in curve.points.iter().zip(&at) {
            if p.sd.is_finite() {
                let [low, high] = [p.auc - p.sd, p.auc + p.sd].map(|v| axes.py(v));
                svg.line([at[0], low], [at[0], high], Stroke::solid(series.colour, 1.2));
            }
            svg.marker(series.marker, *at, 3.4, series.colour, Stroke::solid("#ffffff", 0.7));
            row!(csv, &curve.model, p.share, p.n_patients, p.auc, p.sd);
        }
        let y = axes.top + 14.0 + i as f64 * 18.0;
        svg.marker(series.marker, [axes.right() + 16.0, y - 4.0], 4.0, series.colour, Stroke::solid("#ffffff", 0.7));
        svg.label(&Label::new([axes.right() + 26.0, y], &legend.label(&curve.model)).size(12.0));
    }
    let caption = "The same cross-validation with only a share of the training patients of each fold; bars: standard \
                   deviation over the repeats. A curve that still rises at its right end says that more patients would help."
        .into();
    let (name, title) = ("learning".into(), title.into());
    vec![Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside: false }]
}

fn from_to(curve: &LearningCurve) -> String {
    let words =
        |p: &crate::data::LearningPoint| format!("{} with {} patients", fixed(p.auc, 2), fixed(p.n_patients, 0));
    match (curve.points.first(), curve.points.last()) {
        (Some(first), Some(last)) => format!("{}, {}", words(first), words(last)),
        _ => String::new(),
    }
}
