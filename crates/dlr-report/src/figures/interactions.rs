//! Mean absolute SHAP interaction of the strongest pairs of features.

use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{Report, Shap};
use crate::format::{feature_name, fixed};
use crate::legend::Legend;
use crate::style::INK;
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

/// Pairs drawn; the data hold all.
const SHOWN: usize = 15;
const ROW: f64 = 32.0;

/// One figure per model with interactions.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.shap.iter().filter(|s| !s.interactions.is_empty()).map(|s| one(s, legend)).collect()
}

fn one(shap: &Shap, legend: &Legend) -> Drawing {
    let shown = &shap.interactions[..shap.interactions.len().min(SHOWN)];
    let names: Vec<[String; 2]> =
        shown.iter().map(|p| [feature_name(&p.first, NAME_CHARS), feature_name(&p.second, NAME_CHARS)]).collect();
    let left = names.iter().flatten().map(|n| text_width(n, 11.0)).fold(80.0, f64::max) + 16.0;
    let largest = shown.iter().map(|p| p.mean_absolute).filter(|v| v.is_finite()).fold(0.0, f64::max);
    let axes = Axes {
        x: Scale::new(0.0, largest * 1.15),
        y: Scale::new(0.0, 1.0),
        left,
        top: 10.0,
        width: 320.0,
        height: shown.len() as f64 * ROW + 4.0,
    };
    let name = format!("shap-interactions-{}", legend.slug(&shap.model));
    let title = format!("Features that act together: {}", legend.label(&shap.model));
    let facts = shown.iter().take(3).map(|p| format!("{} with {} ({})", p.first, p.second, fixed(p.mean_absolute, 3)));
    let alt = format!("Mean absolute SHAP interaction by pair. Strongest: {}.", facts.collect::<Vec<_>>().join("; "));
    let mut svg = Svg::new(&name, &title, &alt, axes.right() + 60.0, axes.bottom() + 46.0);
    axes.draw_x(&mut svg, &format!("mean |SHAP interaction| ({})", shap.scale()), true);
    let colour = legend.series(&shap.model).colour;
    for (i, (pair, [first, second])) in shown.iter().zip(&names).enumerate() {
        let y = axes.top + 4.0 + i as f64 * ROW;
        svg.label(&Label::new([left - 8.0, y + 11.0], first).end().full(&pair.first));
        svg.label(&Label::new([left - 8.0, y + 24.0], second).end().full(&pair.second));
        let size = if pair.mean_absolute.is_finite() { pair.mean_absolute } else { 0.0 };
        let bar = [axes.px(size) - axes.left, ROW - 12.0];
        svg.rect([axes.left, y + 4.0], bar, colour, Some(Stroke::solid(colour, 1.0)));
        svg.label(&Label::new([axes.px(size) + 5.0, y + 18.0], &fixed(pair.mean_absolute, 3)));
    }
    svg.line([axes.left, axes.top], [axes.left, axes.bottom()], Stroke::solid(INK, 1.0));
    let mut csv = Csv::new(&["model", "first", "second", "mean_absolute_interaction"]);
    for pair in &shap.interactions {
        row!(csv, &shap.model, &pair.first, &pair.second, pair.mean_absolute);
    }
    let caption =
        "What two features give together beyond what each gives alone (path-dependent TreeSHAP), averaged over \
                   the held-out cases of the first repeat."
            .into();
    let is_aside = !legend.is_told(&shap.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}
