//! The figure of the first page: AUC of every model and baseline with its interval, and the permuted labels below.

use super::Drawing;
use crate::csv::{Csv, row};
use crate::data::{Report, Setting};
use crate::format::{fixed, interval};
use crate::legend::{Legend, results, setting_label, setting_slug, settings};
use crate::style::{Marker, RULE, SOFT, baseline};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

const ROW: f64 = 26.0;

/// One figure of the models that the page tells of, where there is any.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    one(report, legend, false).into_iter().collect()
}

/// One of the models beside them.
pub(crate) fn draw_aside(report: &Report, legend: &Legend) -> Vec<Drawing> {
    one(report, legend, true).into_iter().collect()
}

fn one(report: &Report, legend: &Legend, is_aside: bool) -> Option<Drawing> {
    let is_shown = |name: &str| legend.is_told(name) != is_aside;
    let of = |setting: Setting| results(report, setting).filter(|m| is_shown(&m.name));
    let settings: Vec<_> = settings(report).into_iter().filter(|s| of(*s).count() > 0).collect();
    if settings.is_empty() {
        return None;
    }
    let permutations: Vec<_> = report.permutations.iter().filter(|p| is_shown(&p.model)).collect();
    let n_rows = settings.iter().map(|s| of(*s).count() + 1).sum::<usize>() + permutations.len();
    let names = settings.iter().flat_map(|s| of(*s)).map(|m| legend.label(&m.name));
    let permuted = permutations.iter().map(|p| permuted_label(legend, &p.model));
    let left = names.chain(permuted).map(|l| text_width(&l, 12.0)).fold(150.0, f64::max) + 24.0;
    let lows = report.models.iter().chain(&report.baselines).map(|m| m.auc.low);
    let low = lows.chain(report.permutations.iter().flat_map(|p| p.permuted.iter().copied()));
    let low = low.filter(|v| v.is_finite()).fold(0.4, f64::min);
    let axes = Axes {
        x: Scale::new((low * 10.0).floor() / 10.0, 1.0),
        y: Scale::new(0.0, 1.0),
        left,
        top: 14.0,
        width: 420.0,
        height: n_rows as f64 * ROW,
    };
    let right = axes.right() + 150.0;
    let (name, title) = match is_aside {
        false => ("overview", "How well the models separate the classes"),
        true => ("overview-others", "How well the other models separate the classes"),
    };
    let lines = settings.iter().flat_map(|s| of(*s).map(move |m| (*s, m)));
    let lines = lines
        .map(|(s, m)| format!("{} in {}: {}", legend.label(&m.name), setting_label(s), interval(&m.auc, 2)))
        .collect::<Vec<_>>();
    let alt = format!("Area under the ROC curve with 95% interval. {}.", lines.join("; "));
    let mut svg = Svg::new(name, title, &alt, right, axes.bottom() + 46.0);
    let mut csv = Csv::new(&["setting", "model", "kind", "auc", "auc_low", "auc_high", "method"]);
    axes.draw_x(&mut svg, "area under the ROC curve (0.5 = chance, 1 = perfect)", true);
    let chance = axes.px(0.5);
    svg.line([chance, axes.top], [chance, axes.bottom()], Stroke::dashed(RULE, 1.2, "4 3"));
    let mut y = axes.top + ROW / 2.0;
    for setting in settings {
        svg.label(&Label::new([8.0, y + 4.0], &heading(report, setting)).bold().size(12.0));
        y += ROW;
        for result in of(setting) {
            let series = legend.series(&result.name);
            let is_primary = result.name == legend.primary();
            let label = legend.label(&result.name);
            let text = Label::new([left - 12.0, y + 4.0], &label).end().size(12.0);
            svg.label(&if is_primary { text.bold() } else { text });
            let auc = &result.auc;
            svg.whisker(y, axes.px(auc.low), axes.px(auc.high), Stroke::solid(series.colour, 1.8));
            svg.marker(series.marker, [axes.px(auc.value), y], 5.0, series.colour, Stroke::solid("#ffffff", 0.8));
            let text = interval(auc, 2);
            let text = Label::new([axes.right() + 14.0, y + 4.0], &text).size(12.0);
            svg.label(&if is_primary { text.bold() } else { text });
            let kind = if report.models.iter().any(|m| m.name == result.name) { "model" } else { "baseline" };
            row!(csv, setting_slug(setting), &result.name, kind, auc.value, auc.low, auc.high, &auc.method);
            y += ROW;
        }
    }
    for permutation in permutations {
        svg.label(
            &Label::new([left - 12.0, y + 4.0], &permuted_label(legend, &permutation.model))
                .end()
                .size(12.0)
                .colour(SOFT),
        );
        for auc in &permutation.permuted {
            let x = axes.px(*auc);
            svg.line([x, y - 6.0], [x, y + 6.0], Stroke::solid(baseline(0).colour, 0.7));
            row!(csv, "permuted labels", &permutation.model, "permutation", *auc, f64::NAN, f64::NAN, "");
        }
        let mean = mean(&permutation.permuted);
        svg.marker(Marker::Diamond, [axes.px(mean), y], 4.0, "#ffffff", Stroke::solid("#222222", 1.2));
        let text = format!("mean {}", fixed(mean, 2));
        svg.label(&Label::new([axes.right() + 14.0, y + 4.0], &text).size(12.0).colour(SOFT));
        y += ROW;
    }
    let ticks = match report.permutations.iter().any(|p| !p.permuted.is_empty()) {
        true => "; each grey tick is one run of the whole pipeline on permuted labels, where nothing is to be found.",
        false => ".",
    };
    let caption = format!(
        "Points are areas under the ROC curve, bars their 95% intervals. Bold: the primary model. Grey: baselines{ticks}"
    );
    let (name, title) = (name.into(), title.into());
    Some(Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside })
}

fn permuted_label(legend: &Legend, model: &str) -> String {
    format!("{}, permuted labels", legend.label(model))
}

fn heading(report: &Report, setting: Setting) -> String {
    let first = report.models.iter().find(|m| m.setting == setting);
    let (n, n_positive) = first.map_or((0, 0), |m| (m.n_cases, m.n_positive));
    let name = setting_label(setting);
    let name = name[..1].to_uppercase() + &name[1..];
    format!("{name}: {n} cases, {n_positive} positive")
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
