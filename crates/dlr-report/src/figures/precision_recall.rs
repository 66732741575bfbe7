//! Precision by recall, with the prevalence as the line that knows nothing.

use super::roc::unit_axes;
use super::{Drawing, casts};
use crate::cast::Cast;
use crate::csv::{Csv, row};
use crate::data::Report;
use crate::format::{fixed, interval};
use crate::legend::Legend;
use crate::style::{RULE, SOFT};
use crate::svg::{Label, Stroke, Svg, text_width};

/// One figure per setting and cast.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    casts(report, legend).iter().filter_map(|cast| one(cast, legend)).collect()
}

fn one(cast: &Cast<'_>, legend: &Legend) -> Option<Drawing> {
    let curves: Vec<_> = cast.results.iter().copied().filter(|m| !m.precision_recall.is_empty()).collect();
    let first = curves.first()?;
    let lines: Vec<_> =
        curves.iter().map(|m| format!("{}: AP {}", legend.label(&m.name), interval(&m.average_precision, 2))).collect();
    let legend_width = lines.iter().map(|l| text_width(l, 11.0)).fold(0.0, f64::max) + 90.0;
    let axes = unit_axes(58.0, 14.0, 312.0);
    let name = cast.name("precision-recall");
    let title = cast.title("Precision and recall");
    let alt = format!("Precision against recall; prevalence {}. {}.", fixed(first.prevalence, 2), lines.join("; "));
    let height = axes.bottom() + 56.0 + curves.len() as f64 * 19.0;
    let mut svg = Svg::new(&name, &title, &alt, (axes.right() + 18.0).max(legend_width), height);
    axes.draw(&mut svg, "recall (sensitivity)", "precision");
    if first.prevalence.is_finite() {
        svg.line(axes.at(0.0, first.prevalence), axes.at(1.0, first.prevalence), Stroke::dashed(RULE, 1.2, "4 3"));
        let text = format!("prevalence {}", fixed(first.prevalence, 2));
        let [x, y] = axes.at(0.01, first.prevalence);
        svg.rect([x, y + 3.0], [text_width(&text, 11.0) + 6.0, 13.0], "#ffffff", None);
        svg.label(&Label::new([x + 3.0, y + 13.0], &text).colour(SOFT));
    }
    let mut csv = Csv::new(&["model", "recall", "precision"]);
    for (i, (result, line)) in curves.iter().zip(&lines).enumerate() {
        let series = legend.series(&result.name);
        let points: Vec<_> = result.precision_recall.iter().map(|p| axes.at(p.x, p.y)).collect();
        svg.polyline(&points, Stroke::dashed(series.colour, series.width, series.dash));
        svg.marker(
            series.marker,
            axes.at(result.sensitivity.value, result.ppv.value),
            5.0,
            series.colour,
            Stroke::solid("#ffffff", 1.0),
        );
        svg.legend_line([axes.left, axes.bottom() + 62.0 + i as f64 * 19.0], series, line);
        for p in &result.precision_recall {
            row!(csv, &result.name, p.x, p.y);
        }
    }
    let caption =
        "A model that knows nothing has a precision equal to the prevalence (dashed). AP: average precision.".into();
    Some(Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside: cast.is_aside })
}
