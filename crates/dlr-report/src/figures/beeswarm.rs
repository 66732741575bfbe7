//! The SHAP beeswarm: a point per case and feature, placed by its SHAP value and coloured by the feature value.

use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{Report, Shap};
use crate::format::{feature_name, fixed};
use crate::legend::Legend;
use crate::style::{GRID, INK, hex, ramp};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};
use std::collections::BTreeMap;

const ROW: f64 = 27.0;
const RADIUS: f64 = 2.7;
/// Features drawn, and in the data file: of thousands of columns times patients it would be the largest of a run.
pub(super) const SHOWN: usize = 20;
/// Shades of the feature value: more cannot be told apart in a point, and each is one path.
const SHADES: usize = 24;

/// One figure per explained model.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.shap.iter().filter(|s| !s.cases.is_empty() && !s.names.is_empty()).map(|s| one(s, legend)).collect()
}

fn one(shap: &Shap, legend: &Legend) -> Drawing {
    let order = by_importance(shap);
    let shown = &order[..order.len().min(SHOWN)];
    let names: Vec<_> = shown.iter().map(|f| feature_name(&shap.names[*f], NAME_CHARS)).collect();
    let left = names.iter().map(|n| text_width(n, 11.0)).fold(80.0, f64::max) + 18.0;
    let values = shown.iter().flat_map(|f| shap.values.iter().map(|v| v[*f]));
    let axes = Axes {
        x: Scale::around(values.chain([0.0]), 0.05),
        y: Scale::new(0.0, 1.0),
        left,
        top: 40.0,
        width: 380.0,
        height: shown.len() as f64 * ROW,
    };
    let name = format!("shap-beeswarm-{}", legend.slug(&shap.model));
    let title = format!("SHAP values: {}", legend.label(&shap.model));
    let first = shown.iter().take(5).map(|f| format!("{} ({})", shap.names[*f], fixed(importance(shap, *f), 3)));
    let alt = format!(
        "SHAP values of {} cases. Features with the largest mean absolute value: {}.",
        shap.cases.len(),
        first.collect::<Vec<_>>().join(", ")
    );
    let mut svg = Svg::new(&name, &title, &alt, axes.right() + 24.0, axes.bottom() + 46.0);
    let bar = axes.left + axes.width / 2.0 - 60.0;
    svg.colour_bar([bar, 12.0], [120.0, 11.0], |t| hex(ramp(t)), ["low (dark)", "high (light)"]);
    svg.label(&Label::new([bar - 78.0, 21.0], "feature value").end());
    let below = format!("SHAP value ({}): \u{2190} negative class | positive class \u{2192}", shap.scale());
    axes.draw_x(&mut svg, &below, true);
    for (i, (feature, label)) in shown.iter().zip(&names).enumerate() {
        let y = axes.top + (i as f64 + 0.5) * ROW;
        svg.line([axes.left, y], [axes.right(), y], Stroke::solid(GRID, 1.0));
        svg.label(&Label::new([left - 9.0, y + 4.0], label).end().full(&shap.names[*feature]));
        let xs: Vec<f64> = shap.values.iter().map(|v| axes.px(v[*feature])).collect();
        let parts = ranks(&shap.data.iter().map(|d| d[*feature]).collect::<Vec<_>>());
        let mut shades: BTreeMap<usize, Vec<[f64; 2]>> = BTreeMap::new();
        for ((x, dy), part) in xs.iter().zip(spread(&xs)).zip(parts) {
            let shade = part.map_or(SHADES + 1, |t| (t * SHADES as f64).round() as usize);
            shades.entry(shade).or_default().push([*x, y + dy]);
        }
        for (shade, points) in shades {
            let fill = if shade > SHADES { "#ffffff".into() } else { hex(ramp(shade as f64 / SHADES as f64)) };
            svg.dots(&points, RADIUS, &fill, Stroke::solid("#333333", 0.45));
        }
    }
    svg.line([axes.px(0.0), axes.top], [axes.px(0.0), axes.bottom()], Stroke::solid(INK, 1.0));
    let mut csv = Csv::new(&["model", "case", "feature", "shap", "value"]);
    for feature in shown {
        for (case, (values, data)) in shap.cases.iter().zip(shap.values.iter().zip(&shap.data)) {
            row!(csv, &shap.model, case, &shap.names[*feature], values[*feature], data[*feature]);
        }
    }
    let more = if order.len() > SHOWN {
        format!(" The {SHOWN} largest of {} features are drawn; the bars' data have all.", order.len())
    } else {
        String::new()
    };
    let caption = format!(
        "One point per case. To the right: the feature moved the prediction towards the positive class. Colour: rank of the \
         feature value among the cases, dark low and light high; open: undefined.{} Method: {}.{more}",
        if shap.scale() == "log odds" { " Log odds are ln(p / (1 - p)): 0 is a probability of 0.5." } else { "" },
        if shap.method.is_empty() { "SHAP" } else { &shap.method }
    );
    let is_aside = !legend.is_told(&shap.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}

/// Mean absolute SHAP value of a feature.
pub(super) fn importance(shap: &Shap, feature: usize) -> f64 {
    let sum: f64 = shap.values.iter().map(|v| v[feature].abs()).filter(|v| v.is_finite()).sum();
    sum / shap.values.len().max(1) as f64
}

/// Features from the most to the least important; equals by name.
pub(super) fn by_importance(shap: &Shap) -> Vec<usize> {
    let mut order: Vec<usize> = (0..shap.names.len()).filter(|f| importance(shap, *f) > 0.0).collect();
    order.sort_by(|a, b| {
        importance(shap, *b).total_cmp(&importance(shap, *a)).then_with(|| shap.names[*a].cmp(&shap.names[*b]))
    });
    order
}

/// Rank of each value, 0 to 1, equals alike; `None` for NaN.
fn ranks(values: &[f64]) -> Vec<Option<f64>> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1).max(1) as f64;
    let rank = |v: f64| {
        let (below, up_to) = (sorted.partition_point(|s| *s < v), sorted.partition_point(|s| *s <= v));
        (below + up_to.max(1) - 1) as f64 / 2.0 / last
    };
    values.iter().map(|v| if v.is_nan() { None } else { Some(rank(*v)) }).collect()
}

/// Vertical offsets that keep points apart: each takes the place nearest to the line that is still free.
fn spread(xs: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..xs.len()).collect();
    order.sort_by(|a, b| xs[*a].total_cmp(&xs[*b]).then(a.cmp(b)));
    let mut placed: Vec<(f64, f64)> = Vec::new();
    let mut offsets = vec![0.0; xs.len()];
    let n_steps = ((ROW / 2.0 - RADIUS) / 1.5) as usize;
    let places: Vec<f64> =
        std::iter::once(0.0).chain((1..=n_steps).flat_map(|k| [k as f64 * -1.5, k as f64 * 1.5])).collect();
    for at in order {
        let is_free = |dy: f64| {
            let near = placed.iter().rev().take_while(|(x, _)| xs[at] - x < 2.0 * RADIUS);
            near.into_iter().all(|(x, y)| (xs[at] - x).hypot(dy - y) >= 2.0 * RADIUS * 0.92)
        };
        // Where no place is free the points lie on each other, dealt over the row so that its edge stays ragged.
        let dy = places.iter().copied().find(|dy| is_free(*dy)).unwrap_or(places[placed.len() % places.len()]);
        placed.push((xs[at], dy));
        offsets[at] = dy;
    }
    offsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_run_from_0_to_1_and_equals_are_alike() {
        assert_eq!(ranks(&[3.0, 1.0, f64::NAN, 2.0]), [Some(1.0), Some(0.0), None, Some(0.5)]);
        assert_eq!(ranks(&[2.0, 2.0]), [Some(0.5), Some(0.5)]);
        assert_eq!(ranks(&[2.0]), [Some(0.0)]);
    }

    #[test]
    fn points_stay_in_their_row() {
        assert!(spread(&[5.0; 300]).iter().all(|dy| dy.abs() < ROW / 2.0));
    }
}
