//! ROC curves: all models of a setting in one plot, and each with its band and cut beside it.

use super::{Drawing, casts};
use crate::cast::Cast;
use crate::csv::{Csv, row};
use crate::data::{ModelResult, Report, Setting};
use crate::format::{fixed, interval};
use crate::legend::Legend;
use crate::style::{GRID, RULE};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

/// Up to two figures per setting and cast.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    let casts = casts(report, legend);
    casts.iter().flat_map(|cast| [together(cast, legend), apart(cast, legend)].into_iter().flatten()).collect()
}

fn together(cast: &Cast<'_>, legend: &Legend) -> Option<Drawing> {
    let curves: Vec<_> = cast.results.iter().copied().filter(|m| !m.roc.is_empty()).collect();
    if curves.is_empty() {
        return None;
    }
    let lines: Vec<_> =
        curves.iter().map(|m| format!("{}: AUC {}", legend.label(&m.name), interval(&m.auc, 2))).collect();
    let legend_width = lines.iter().map(|l| text_width(l, 11.0)).fold(0.0, f64::max) + 70.0;
    let axes = unit_axes(58.0, 14.0, 312.0);
    let name = cast.name("roc");
    let title = cast.title("ROC curves");
    let alt = format!("Sensitivity against 1 minus specificity. {}.", lines.join("; "));
    let height = axes.bottom() + 56.0 + curves.len() as f64 * 19.0;
    let mut svg = Svg::new(&name, &title, &alt, (axes.right() + 18.0).max(legend_width + 20.0), height);
    axes.draw(&mut svg, "1 \u{2212} specificity", "sensitivity");
    svg.line(axes.at(0.0, 0.0), axes.at(1.0, 1.0), Stroke::dashed(RULE, 1.0, "4 3"));
    if let Some(primary) = curves.iter().find(|m| m.name == legend.primary()) {
        band(&mut svg, &axes, primary, legend, 0.14);
    }
    // Later models lie on top; the legend keeps their order.
    for result in curves.iter().rev().filter(|m| m.name != legend.primary()) {
        curve(&mut svg, &axes, result, legend);
    }
    for result in curves.iter().filter(|m| m.name == legend.primary()) {
        curve(&mut svg, &axes, result, legend);
    }
    for (i, (result, line)) in curves.iter().zip(&lines).enumerate() {
        svg.legend_line([axes.left, axes.bottom() + 62.0 + i as f64 * 19.0], legend.series(&result.name), line);
    }
    let marks = match cast.setting {
        Setting::External => "The mark on a curve is the cut that was used; it was chosen on training scores only.",
        Setting::TrainCv => {
            "A mark is the mean sensitivity and specificity of the calls over the repeats. Each fold has a cut of its own, \
             chosen on its training scores, while the curve is that of the mean score: a mark may lie beside its curve."
        }
    };
    let caption =
        format!("{marks} AUC with 95% interval. The shaded band, where drawn, is the 95% band of the primary model.");
    Some(Drawing { name, title, caption, svg: svg.finish(), csv: data(&curves), is_aside: cast.is_aside })
}

fn apart(cast: &Cast<'_>, legend: &Legend) -> Option<Drawing> {
    let curves: Vec<_> = cast.results.iter().copied().filter(|m| !m.roc.is_empty() && !m.roc_band.is_empty()).collect();
    if curves.is_empty() {
        return None;
    }
    let name = cast.name("roc-bands");
    let title = cast.title("ROC curves with bands");
    let alt = format!("One ROC curve per panel with its 95% band: {}.", {
        curves.iter().map(|m| legend.label(&m.name)).collect::<Vec<_>>().join(", ")
    });
    let n_cols = curves.len().min(3);
    let [w, h] = [236.0, 274.0];
    let mut svg = Svg::new(&name, &title, &alt, 24.0 + w * n_cols as f64, h * curves.len().div_ceil(3) as f64);
    for (i, result) in curves.iter().enumerate() {
        let axes = unit_axes(58.0 + w * (i % 3) as f64, 40.0 + h * (i / 3) as f64, 180.0);
        svg.panel_title([axes.left, axes.top - 10.0], &legend.label(&result.name), 190.0);
        axes.draw(&mut svg, "1 \u{2212} specificity", if i % 3 == 0 { "sensitivity" } else { "" });
        svg.line(axes.at(0.0, 0.0), axes.at(1.0, 1.0), Stroke::dashed(RULE, 1.0, "4 3"));
        band(&mut svg, &axes, result, legend, 0.2);
        curve(&mut svg, &axes, result, legend);
        let text = format!("AUC {}", fixed(result.auc.value, 2));
        let limits = format!("{} to {}", fixed(result.auc.low, 2), fixed(result.auc.high, 2));
        let [x, y] = axes.at(0.98, 0.05);
        let w = text_width(&limits, 11.0).max(text_width(&text, 11.0)) + 10.0;
        svg.rect([x - w + 4.0, y - 28.0], [w, 34.0], "#ffffff", Some(Stroke::solid(GRID, 1.0)));
        svg.label(&Label::new([x, y - 14.0], &text).end().bold());
        svg.label(&Label::new([x, y + 1.0], &limits).end());
    }
    let caption = "Each model with the 95% band of its sensitivity.".into();
    let mut csv = Csv::new(&["model", "one_minus_specificity", "sensitivity_low", "sensitivity_high"]);
    for result in &curves {
        for p in &result.roc_band {
            row!(csv, &result.name, p.x, p.low, p.high);
        }
    }
    Some(Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside: cast.is_aside })
}

/// A square with both axes from 0 to 1.
pub(super) fn unit_axes(left: f64, top: f64, side: f64) -> Axes {
    Axes { x: Scale::new(0.0, 1.0), y: Scale::new(0.0, 1.0), left, top, width: side, height: side }
}

fn band(svg: &mut Svg, axes: &Axes, result: &ModelResult, legend: &Legend, opacity: f64) {
    let edge = |f: fn(&crate::data::BandPoint) -> f64| -> Vec<_> {
        result.roc_band.iter().map(|p| axes.at(p.x, f(p).clamp(0.0, 1.0))).collect()
    };
    svg.band(&edge(|p| p.low), &edge(|p| p.high), legend.series(&result.name).colour, opacity);
}

fn curve(svg: &mut Svg, axes: &Axes, result: &ModelResult, legend: &Legend) {
    let series = legend.series(&result.name);
    let points: Vec<_> = result.roc.iter().map(|p| axes.at(p.fpr, p.tpr)).collect();
    svg.polyline(&points, Stroke::dashed(series.colour, series.width, series.dash));
    let cut = axes.at(1.0 - result.specificity.value, result.sensitivity.value);
    svg.marker(series.marker, cut, 5.0, series.colour, Stroke::solid("#ffffff", 1.0));
}

fn data(curves: &[&ModelResult]) -> String {
    let mut csv = Csv::new(&["model", "one_minus_specificity", "sensitivity", "threshold"]);
    for result in curves {
        for p in &result.roc {
            row!(csv, &result.name, p.fpr, p.tpr, p.threshold);
        }
    }
    csv.finish()
}
