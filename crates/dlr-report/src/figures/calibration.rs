//! Calibration: observed against predicted risk, a panel per model.

use super::roc::unit_axes;
use super::{Drawing, casts};
use crate::cast::Cast;
use crate::csv::{Csv, row};
use crate::data::{Calibration, ModelResult, Report};
use crate::format::fixed;
use crate::legend::Legend;
use crate::style::RULE;
use crate::svg::{Label, Stroke, Svg};

/// One figure per setting and cast.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    casts(report, legend).iter().filter_map(|cast| one(cast, legend)).collect()
}

fn one(cast: &Cast<'_>, legend: &Legend) -> Option<Drawing> {
    let panels: Vec<(&ModelResult, &Calibration)> =
        cast.results.iter().copied().filter_map(|m| m.calibration.as_ref().map(|c| (m, c))).collect();
    if panels.is_empty() {
        return None;
    }
    let name = cast.name("calibration");
    let title = cast.title("Calibration");
    let facts = panels.iter().map(|(m, c)| format!("{}: {}", legend.label(&m.name), facts(c)));
    let alt =
        format!("Observed share of positives against predicted probability. {}.", facts.collect::<Vec<_>>().join("; "));
    let [w, h] = [236.0, 294.0];
    let n_cols = panels.len().min(3);
    let mut svg = Svg::new(&name, &title, &alt, 24.0 + w * n_cols as f64, h * panels.len().div_ceil(3) as f64);
    let mut csv = Csv::new(&["model", "kind", "predicted", "observed", "observed_low", "observed_high", "n_cases"]);
    for (i, (result, calibration)) in panels.iter().enumerate() {
        let axes = unit_axes(58.0 + w * (i % 3) as f64, 58.0 + h * (i / 3) as f64, 180.0);
        let series = legend.series(&result.name);
        svg.panel_title([axes.left, axes.top - 26.0], &legend.label(&result.name), 190.0);
        svg.label(&Label::new([axes.left, axes.top - 10.0], &self::facts(calibration)).size(10.0));
        axes.draw(&mut svg, "predicted probability", if i % 3 == 0 { "observed share" } else { "" });
        svg.line(axes.at(0.0, 0.0), axes.at(1.0, 1.0), Stroke::dashed(RULE, 1.0, "4 3"));
        let low: Vec<_> = calibration.band.iter().map(|p| axes.at(p.x, p.low.clamp(0.0, 1.0))).collect();
        let high: Vec<_> = calibration.band.iter().map(|p| axes.at(p.x, p.high.clamp(0.0, 1.0))).collect();
        svg.band(&low, &high, series.colour, 0.2);
        let curve: Vec<_> = calibration.curve.iter().map(|p| axes.at(p.x, p.y.clamp(0.0, 1.0))).collect();
        svg.polyline(&curve, Stroke::solid(series.colour, 1.8));
        for bin in &calibration.bins {
            let [x, y] = axes.at(bin.predicted, bin.observed.value);
            svg.error_bar(x, axes.py(bin.observed.low), axes.py(bin.observed.high), Stroke::solid(series.colour, 1.2));
            svg.marker(series.marker, [x, y], 4.2, series.colour, Stroke::solid("#ffffff", 0.8));
            let o = &bin.observed;
            row!(csv, &result.name, "bin", bin.predicted, o.value, o.low, o.high, bin.n_cases);
        }
        for p in &calibration.curve {
            row!(csv, &result.name, "curve", p.x, p.y, f64::NAN, f64::NAN, "");
        }
        for p in &calibration.band {
            row!(csv, &result.name, "band", p.x, f64::NAN, p.low, p.high, "");
        }
    }
    let caption =
        "On the dashed line, predictions mean what they say: of cases given 70%, 70% are positive. Points: groups of \
                   like prediction with 95% intervals. Line: local regression (lowess), drawn between 0 and 1 where it goes beyond. A slope below 1 means predictions that are too extreme."
            .into();
    Some(Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside: cast.is_aside })
}

fn facts(calibration: &Calibration) -> String {
    let slope = fixed(calibration.slope.value, 2);
    let intercept = fixed(calibration.intercept.value, 2);
    format!("slope {slope}, intercept {intercept}, ECE {}", fixed(calibration.ece, 2))
}
