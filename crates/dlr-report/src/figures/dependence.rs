//! Dependence plots: SHAP value against feature value for the four most important features.

use super::beeswarm::by_importance;
use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{Report, Shap};
use crate::format::feature_name;
use crate::legend::Legend;
use crate::style::{Marker, RULE};
use crate::svg::{Axes, Label, Scale, Stroke, Svg};

/// One figure per explained model.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.shap.iter().filter(|s| s.cases.len() > 1 && !by_importance(s).is_empty()).map(|s| one(s, legend)).collect()
}

fn one(shap: &Shap, legend: &Legend) -> Drawing {
    let features: Vec<usize> = by_importance(shap).into_iter().take(4).collect();
    let name = format!("shap-dependence-{}", legend.slug(&shap.model));
    let title = format!("SHAP value by feature value: {}", legend.label(&shap.model));
    let names: Vec<_> = features.iter().map(|f| shap.names[*f].as_str()).collect();
    let alt = format!("Scatter plots for {}.", names.join(", "));
    let [w, h] = [430.0, 240.0];
    let n_cols = features.len().min(2);
    let mut svg = Svg::new(&name, &title, &alt, w * n_cols as f64 + 10.0, h * features.len().div_ceil(2) as f64 + 24.0);
    let mut csv = Csv::new(&["model", "feature", "case", "value", "shap", "positive"]);
    let has_truth = shap.positive.len() == shap.cases.len();
    if has_truth {
        for (x, is_positive, text) in [(66.0, true, "truly positive"), (190.0, false, "truly negative")] {
            point(&mut svg, [x, 12.0], is_positive);
            svg.label(&Label::new([x + 9.0, 16.0], text));
        }
    }
    for (i, feature) in features.iter().enumerate() {
        let data: Vec<f64> = shap.data.iter().map(|d| d[*feature]).collect();
        let values: Vec<f64> = shap.values.iter().map(|v| v[*feature]).collect();
        let axes = Axes {
            x: Scale::around(data.iter().copied(), 0.05),
            y: Scale::around(values.iter().copied().chain([0.0]), 0.08),
            left: 66.0 + w * (i % 2) as f64,
            top: 34.0 + h * (i / 2) as f64,
            width: 348.0,
            height: 160.0,
        };
        axes.draw(
            &mut svg,
            &feature_name(&shap.names[*feature], NAME_CHARS),
            if i % 2 == 0 { "SHAP value" } else { "" },
        );
        svg.line([axes.left, axes.py(0.0)], [axes.right(), axes.py(0.0)], Stroke::dashed(RULE, 1.0, "4 3"));
        for (at, case) in shap.cases.iter().enumerate() {
            let truth = shap.positive.get(at).copied().filter(|_| has_truth);
            point(&mut svg, axes.at(data[at], values[at]), truth.unwrap_or(false));
            let truth = truth.map_or("", |t| if t { "1" } else { "0" });
            row!(csv, &shap.model, &shap.names[*feature], case, data[at], values[at], truth);
        }
    }
    let caption =
        "The four most important features. In a linear model the points lie on a line within each fold.".into();
    let is_aside = !legend.is_told(&shap.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}

fn point(svg: &mut Svg, at: [f64; 2], is_positive: bool) {
    if is_positive {
        svg.marker(Marker::Triangle, at, 3.6, "#d55e00", Stroke::solid("#ffffff", 0.5));
    } else {
        svg.marker(Marker::Circle, at, 3.0, "#ffffff", Stroke::solid("#0072b2", 1.3));
    }
}
