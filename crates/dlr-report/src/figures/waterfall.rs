//! SHAP waterfalls: how three cases got from the mean to their prediction.

use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{Report, Shap};
use crate::format::{elide, feature_name, fixed, short};
use crate::legend::Legend;
use crate::style::{INK, RULE};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

const ROW: f64 = 20.0;
/// Features with a bar of their own; the rest share one.
const SHOWN: usize = 8;

/// One figure per explained model.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report
        .shap
        .iter()
        .filter(|s| !s.cases.is_empty() && !s.names.is_empty() && s.base.is_finite())
        .map(|s| one(s, legend))
        .collect()
}

/// A bar: label, full name, from, to.
type Bar = (String, String, f64, f64);

fn one(shap: &Shap, legend: &Legend) -> Drawing {
    let cases = picked(shap);
    let stacks: Vec<Vec<Bar>> = cases.iter().map(|(at, _)| bars(shap, *at)).collect();
    let labels = stacks.iter().flatten().map(|b| text_width(&b.0, 11.0));
    let left = labels.fold(120.0, f64::max) + 18.0;
    let heights: Vec<f64> = stacks.iter().map(|s| s.len() as f64 * ROW + 8.0).collect();
    let name = format!("shap-waterfall-{}", legend.slug(&shap.model));
    let title = format!("From the mean to the prediction: {}", legend.label(&shap.model));
    let scale = shap.scale();
    let facts =
        cases.iter().map(|(at, why)| format!("{} ({why}): {scale} {}", shap.cases[*at], fixed(margin(shap, *at), 2)));
    let alt = format!("Waterfalls from base {}. {}.", fixed(shap.base, 2), facts.collect::<Vec<_>>().join("; "));
    let height = heights.iter().map(|h| h + 84.0).sum::<f64>();
    let mut svg = Svg::new(&name, &title, &alt, left + 400.0, height);
    let mut csv = Csv::new(&["model", "case", "feature", "from", "to"]);
    let mut top = 0.0;
    for (((at, why), stack), h) in cases.iter().zip(&stacks).zip(&heights) {
        let ends = stack.iter().flat_map(|b| [b.2, b.3]);
        let base = shap.base_of(*at);
        let x = Scale::around(ends.chain([base]), 0.14);
        let axes = Axes { x, y: Scale::new(0.0, 1.0), left, top: top + 36.0, width: 360.0, height: *h };
        let output = margin(shap, *at);
        let in_words = if scale == "log odds" {
            format!("log odds {}, probability {}", fixed(output, 2), fixed(1.0 / (1.0 + (-output).exp()), 2))
        } else {
            format!("{scale} {}", fixed(output, 2))
        };
        let heading = format!("{}: {why}{}, {in_words}", elide(&shap.cases[*at], 24), truth(shap, *at));
        svg.label(&Label::new([10.0, top + 20.0], &heading).bold().size(12.0).full(&shap.cases[*at]));
        axes.draw_x(&mut svg, scale, true);
        svg.line([axes.px(base), axes.top], [axes.px(base), axes.bottom()], Stroke::dashed(RULE, 1.2, "4 3"));
        for (i, (label, full, from, to)) in stack.iter().enumerate() {
            waterfall_bar(&mut svg, &axes, axes.top + 4.0 + i as f64 * ROW, (label, full, *from, *to));
            row!(csv, &shap.model, &shap.cases[*at], full, *from, *to);
        }
        top += h + 84.0;
    }
    let caption = "Read from top to bottom: each bar moves the prediction from the dashed mean to where it ends. Right-pointing solid \
                   bars raise it, left-pointing hatched bars lower it. Each case has its own scale."
        .into();
    let is_aside = !legend.is_told(&shap.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}

fn waterfall_bar(svg: &mut Svg, axes: &Axes, y: f64, (label, full, from, to): (&str, &str, f64, f64)) {
    let (x0, x1) = (axes.px(from), axes.px(to));
    let is_up = to >= from;
    let fill = if is_up { "#d55e00".to_string() } else { svg.hatch("#0072b2", 1) };
    let colour = if is_up { "#d55e00" } else { "#0072b2" };
    let head = (x1 - x0).abs().min(5.0) * if is_up { 1.0 } else { -1.0 };
    let (t, b) = (y + 2.0, y + ROW - 4.0);
    let [a, c, e, t, m, b] = [x0, x1 - head, x1, t, (t + b) / 2.0, b].map(crate::format::xy);
    svg.path(&format!("M{a} {t}L{c} {t}L{e} {m}L{c} {b}L{a} {b}Z"), &fill, Some(Stroke::solid(colour, 0.8)));
    svg.line([x1, y + ROW - 4.0], [x1, y + ROW + 2.0], Stroke::solid(RULE, 0.8));
    svg.label(&Label::new([axes.left - 9.0, y + 12.5], label).end().full(full));
    let text = format!("{}{}", if is_up { "+" } else { "" }, fixed(to - from, 2));
    let beside = Label::new([if is_up { x1 + 5.0 } else { x1 - 5.0 }, y + 12.5], &text).size(10.0).colour(INK);
    svg.label(&if is_up { beside } else { beside.end() });
}

fn margin(shap: &Shap, case: usize) -> f64 {
    shap.base_of(case) + shap.values[case].iter().filter(|v| v.is_finite()).sum::<f64>()
}

fn truth(shap: &Shap, case: usize) -> &'static str {
    match shap.positive.get(case) {
        Some(true) => " (truly positive)",
        Some(false) => " (truly negative)",
        None => "",
    }
}

/// The cases asked for; else the highest, the lowest and the one nearest to even odds.
fn picked(shap: &Shap) -> Vec<(usize, String)> {
    let asked: Vec<_> = shap
        .waterfall
        .iter()
        .filter_map(|w| shap.cases.iter().position(|c| *c == w.case).map(|at| (at, w.why.clone())))
        .collect();
    if !asked.is_empty() {
        return asked;
    }
    let mut order: Vec<usize> = (0..shap.cases.len()).collect();
    order.sort_by(|a, b| margin(shap, *a).total_cmp(&margin(shap, *b)).then(a.cmp(b)));
    let even_odds = if shap.scale() == "log odds" { 0.0 } else { 0.5 };
    let off = |case: usize| (margin(shap, case) - even_odds).abs();
    let even = order.iter().copied().min_by(|a, b| off(*a).total_cmp(&off(*b)));
    let mut picked: Vec<(usize, String)> = Vec::new();
    let candidates =
        [(order.last().copied(), "highest"), (even, "nearest to even odds"), (order.first().copied(), "lowest")];
    for (at, why) in candidates {
        if let Some(at) = at
            && picked.iter().all(|p| p.0 != at)
        {
            picked.push((at, why.into()));
        }
    }
    picked
}

/// The largest contributions in order, then the rest as one.
fn bars(shap: &Shap, case: usize) -> Vec<Bar> {
    let values = &shap.values[case];
    let mut order: Vec<usize> = (0..values.len()).filter(|f| values[*f].is_finite() && values[*f] != 0.0).collect();
    order.sort_by(|a, b| values[*b].abs().total_cmp(&values[*a].abs()).then(a.cmp(b)));
    let mut at = shap.base_of(case);
    let mut bars = Vec::new();
    for feature in order.iter().take(SHOWN) {
        let (from, to) = (at, at + values[*feature]);
        let label =
            format!("{} = {}", feature_name(&shap.names[*feature], NAME_CHARS), short(shap.data[case][*feature]));
        bars.push((label, shap.names[*feature].clone(), from, to));
        at = to;
    }
    if order.len() > SHOWN {
        let rest: f64 = order[SHOWN..].iter().map(|f| values[*f]).sum();
        let label = format!("{} other features", order.len() - SHOWN);
        bars.push((label.clone(), label, at, at + rest));
    }
    bars
}
