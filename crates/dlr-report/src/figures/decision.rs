//! Decision curves: net benefit by threshold probability, beside treating all and none.

use super::{Drawing, casts};
use crate::cast::Cast;
use crate::csv::{Csv, row};
use crate::data::{DecisionCurve, ModelResult, Report};
use crate::legend::Legend;
use crate::style::{INK, SOFT};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

/// One figure per setting and cast.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    casts(report, legend).iter().filter_map(|cast| one(cast, legend)).collect()
}

fn one(cast: &Cast<'_>, legend: &Legend) -> Option<Drawing> {
    let curves: Vec<(&ModelResult, &DecisionCurve)> =
        cast.results.iter().copied().filter_map(|m| m.decision.as_ref().map(|d| (m, d))).collect();
    let (_, reference) = curves.first()?;
    let best = curves.iter().flat_map(|(_, d)| d.model.iter().chain(&d.all)).map(|p| p.y).filter(|y| y.is_finite());
    let best = best.fold(0.1, f64::max);
    let axes = Axes {
        x: Scale::new(0.0, 1.0),
        y: Scale::new(-0.25 * best, 1.08 * best),
        left: 70.0,
        top: 14.0,
        width: 420.0,
        height: 280.0,
    };
    let name = cast.name("decision");
    let title = cast.title("Decision curves");
    let names: Vec<_> = curves.iter().map(|(m, _)| legend.label(&m.name)).collect();
    let alt = format!(
        "Net benefit against threshold probability for {}, for treating all and for treating none.",
        names.join(", ")
    );
    let height = axes.bottom() + 56.0 + curves.len() as f64 * 19.0;
    let width = names.iter().map(|l| text_width(l, 11.0) + 110.0).fold(axes.right() + 20.0, f64::max);
    let mut svg = Svg::new(&name, &title, &alt, width, height);
    axes.draw(&mut svg, "threshold probability", "net benefit");
    let clipped = |points: &[crate::data::CurvePoint]| -> Vec<[f64; 2]> {
        points.iter().map(|p| if p.y < axes.y.low { [f64::NAN, f64::NAN] } else { axes.at(p.x, p.y) }).collect()
    };
    svg.line(axes.at(0.0, 0.0), axes.at(1.0, 0.0), Stroke::solid(INK, 1.2));
    svg.label(&Label::new([axes.left + 6.0, axes.py(0.0) + 13.0], "treat none").colour(SOFT));
    let all = clipped(&reference.all);
    svg.polyline(&all, Stroke::solid("#9a9a9a", 1.6));
    if let Some(last) = all.iter().rev().find(|p| p[0].is_finite()) {
        svg.label(&Label::new([last[0] + 5.0, last[1] - 2.0], "treat all").colour(SOFT));
    }
    let mut csv = Csv::new(&["model", "threshold_probability", "net_benefit", "net_benefit_low", "net_benefit_high"]);
    for p in &reference.all {
        row!(csv, "treat all", p.x, p.y, f64::NAN, f64::NAN);
    }
    for (i, (result, decision)) in curves.iter().enumerate() {
        let series = legend.series(&result.name);
        if result.name == legend.primary() {
            let low: Vec<_> =
                decision.band.iter().map(|p| axes.at(p.x, p.low.clamp(axes.y.low, axes.y.high))).collect();
            let high: Vec<_> =
                decision.band.iter().map(|p| axes.at(p.x, p.high.clamp(axes.y.low, axes.y.high))).collect();
            svg.band(&low, &high, series.colour, 0.14);
        }
        svg.polyline(&clipped(&decision.model), Stroke::dashed(series.colour, series.width, series.dash));
        svg.legend_line([axes.left, axes.bottom() + 62.0 + i as f64 * 19.0], series, &names[i]);
        for (at, p) in decision.model.iter().enumerate() {
            let [low, high] = decision.band.get(at).filter(|b| b.x == p.x).map_or([f64::NAN; 2], |b| [b.low, b.high]);
            row!(csv, &result.name, p.x, p.y, low, high);
        }
    }
    let caption = "A model is of use at a threshold where its curve is above both references. Shaded: 95% band of the primary model.".into();
    Some(Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside: cast.is_aside })
}
