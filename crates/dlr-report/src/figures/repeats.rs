//! AUC of each repeat of the cross-validation, a strip per model.

use super::Drawing;
use crate::csv::{Csv, row};
use crate::data::{ModelResult, Report};
use crate::format::fixed;
use crate::legend::Legend;
use crate::style::{INK, RULE};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

const ROW: f64 = 34.0;

/// One figure, where a model was repeated.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    let strips: Vec<&ModelResult> =
        report.models.iter().chain(&report.baselines).filter(|m| m.auc_by_repeat.len() > 1).collect();
    if strips.is_empty() {
        return Vec::new();
    }
    let left = strips.iter().map(|m| text_width(&legend.label(&m.name), 12.0)).fold(60.0, f64::max) + 26.0;
    let values = strips.iter().flat_map(|m| m.auc_by_repeat.iter().copied());
    let x = Scale::around(values.chain([0.5]), 0.06);
    let axes = Axes { x, y: Scale::new(0.0, 1.0), left, top: 10.0, width: 360.0, height: strips.len() as f64 * ROW };
    let title = "AUC of each repeat of the cross-validation";
    let facts = strips.iter().map(|m| format!("{}: {}", legend.label(&m.name), range(&m.auc_by_repeat)));
    let alt = format!("One mark per repeat. {}.", facts.collect::<Vec<_>>().join("; "));
    let mut svg = Svg::new("repeats", title, &alt, axes.right() + 150.0, axes.bottom() + 46.0);
    let mut csv = Csv::new(&["model", "repeat", "auc"]);
    axes.draw_x(&mut svg, "area under the ROC curve", true);
    svg.line([axes.px(0.5), axes.top], [axes.px(0.5), axes.bottom()], Stroke::dashed(RULE, 1.2, "4 3"));
    for (i, result) in strips.iter().enumerate() {
        let y = axes.top + (i as f64 + 0.5) * ROW;
        let series = legend.series(&result.name);
        svg.label(&Label::new([left - 12.0, y + 4.0], &legend.label(&result.name)).end().size(12.0));
        for (repeat, auc) in result.auc_by_repeat.iter().enumerate() {
            // Repeats are spread over three heights, so that equal values show.
            let at = [axes.px(*auc), y + (repeat % 3) as f64 * 6.0 - 6.0];
            svg.marker(series.marker, at, 3.4, series.colour, Stroke::solid("#ffffff", 0.7));
            row!(csv, &result.name, repeat + 1, *auc);
        }
        let mean = axes.px(mean(&result.auc_by_repeat));
        svg.line([mean, y - 13.0], [mean, y + 13.0], Stroke::solid(INK, 2.0));
        svg.label(&Label::new([axes.right() + 12.0, y + 4.0], &range(&result.auc_by_repeat)));
    }
    let caption =
        "Each mark is one repeat with other folds; the bar is their mean. The spread shows what the choice of folds \
                   alone does; it is not a confidence interval."
            .into();
    let (name, title) = ("repeats".into(), title.into());
    vec![Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside: false }]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn range(values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{} ({} to {})", fixed(mean(values), 2), fixed(low, 2), fixed(high, 2))
}
