//! Forest plot of the subgroups, one figure per model and setting.

use super::Drawing;
use crate::csv::{Csv, row};
use crate::data::{Report, Setting, Subgroup};
use crate::format::{elide, interval, p_value};
use crate::legend::{Legend, setting_label, setting_slug};
use crate::style::{RULE, SOFT};
use crate::svg::{Axes, Label, Scale, Stroke, Svg};

const ROW: f64 = 22.0;

/// One figure per model and setting that has subgroups.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    let mut seen: Vec<(&str, Setting)> = Vec::new();
    for subgroup in &report.subgroups {
        let key = (subgroup.model.as_str(), subgroup.setting);
        if !seen.contains(&key) {
            seen.push(key);
        }
    }
    let of = |(model, setting): (&str, Setting)| -> Vec<&Subgroup> {
        report.subgroups.iter().filter(|s| s.model == model && s.setting == setting).collect()
    };
    seen.into_iter().map(|key| one(report, legend, key, &of(key))).collect()
}

fn one(report: &Report, legend: &Legend, (model, setting): (&str, Setting), rows: &[&Subgroup]) -> Drawing {
    let mut variables: Vec<&str> = Vec::new();
    for subgroup in rows {
        if !variables.contains(&subgroup.variable.as_str()) {
            variables.push(&subgroup.variable);
        }
    }
    let overall = report.models.iter().find(|m| m.name == model && m.setting == setting);
    let low = rows.iter().map(|s| s.auc.low).filter(|v| v.is_finite()).fold(0.4, f64::min);
    let n_lines = rows.len() + variables.len() + usize::from(overall.is_some());
    let axes = Axes {
        x: Scale::new((low * 10.0).floor() / 10.0, 1.0),
        y: Scale::new(0.0, 1.0),
        left: 250.0,
        top: 26.0,
        width: 260.0,
        height: n_lines as f64 * ROW + 6.0,
    };
    let name = format!("subgroups-{}-{}", legend.slug(model), setting_slug(setting));
    let title = format!("Subgroups: {}, {}", legend.label(model), setting_label(setting));
    let lines = rows.iter().map(|s| format!("{} {}: {}", s.variable, s.level, interval(&s.auc, 2)));
    let alt = format!("Area under the ROC curve by subgroup. {}.", lines.collect::<Vec<_>>().join("; "));
    let mut svg = Svg::new(&name, &title, &alt, axes.right() + 220.0, axes.bottom() + 46.0);
    axes.draw_x(&mut svg, "area under the ROC curve", true);
    svg.line([axes.px(0.5), axes.top], [axes.px(0.5), axes.bottom()], Stroke::dashed(RULE, 1.2, "4 3"));
    for (x, text) in
        [(160.0, "cases (positive)"), (axes.right() + 14.0, "AUC (95% interval)"), (axes.right() + 140.0, "test")]
    {
        svg.label(&Label::new([x, 16.0], text).colour(SOFT));
    }
    let series = legend.series(model);
    let mut csv = Csv::new(&[
        "variable",
        "level",
        "n_cases",
        "n_positive",
        "auc",
        "auc_low",
        "auc_high",
        "p",
        "detectable_difference",
    ]);
    let mut y = axes.top + 14.0;
    if let Some(all) = overall {
        svg.label(&Label::new([10.0, y + 4.0], "all").bold());
        svg.label(&Label::new([160.0, y + 4.0], &format!("{} ({})", all.n_cases, all.n_positive)));
        svg.whisker(y, axes.px(all.auc.low), axes.px(all.auc.high), Stroke::solid(series.colour, 1.8));
        svg.marker(
            crate::style::Marker::Diamond,
            [axes.px(all.auc.value), y],
            6.0,
            series.colour,
            Stroke::solid("#ffffff", 0.8),
        );
        svg.label(&Label::new([axes.right() + 14.0, y + 4.0], &interval(&all.auc, 2)).bold());
        let x = axes.px(all.auc.value);
        svg.line([x, axes.top], [x, axes.bottom()], Stroke::dashed(series.colour, 0.8, "2 3"));
        row!(csv, "all", "", all.n_cases, all.n_positive, all.auc.value, all.auc.low, all.auc.high, f64::NAN, f64::NAN);
        y += ROW;
    }
    for variable in variables {
        svg.label(&Label::new([10.0, y + 4.0], &elide(variable, 30)).bold());
        let levels = rows.iter().filter(|s| s.variable == variable);
        if let Some(first) = levels.clone().next().filter(|s| s.p.is_finite()) {
            svg.label(&Label::new([axes.right() + 140.0, y + 4.0], &p_value(first.p)));
        }
        y += ROW;
        for s in levels {
            svg.label(&Label::new([22.0, y + 4.0], &elide(&s.level, 22)).full(&s.level));
            svg.label(&Label::new([160.0, y + 4.0], &format!("{} ({})", s.n_cases, s.n_positive)));
            svg.whisker(y, axes.px(s.auc.low), axes.px(s.auc.high), Stroke::solid(series.colour, 1.4));
            svg.marker(series.marker, [axes.px(s.auc.value), y], 4.4, series.colour, Stroke::solid("#ffffff", 0.8));
            let text = if s.refused.is_empty() { interval(&s.auc, 2) } else { "too few to say".into() };
            svg.label(&Label::new([axes.right() + 14.0, y + 4.0], &text).full(if s.refused.is_empty() {
                &text
            } else {
                &s.refused
            }));
            let a = &s.auc;
            row!(
                csv,
                &s.variable,
                &s.level,
                s.n_cases,
                s.n_positive,
                a.value,
                a.low,
                a.high,
                s.p,
                s.detectable_difference
            );
            y += ROW;
        }
    }
    let smallest = rows.iter().map(|s| s.detectable_difference).filter(|v| v.is_finite()).fold(f64::NAN, f64::min);
    let power = if smallest.is_finite() {
        format!(
            " With these counts, only differences of at least {} could have been shown.",
            crate::format::fixed(smallest, 2)
        )
    } else {
        String::new()
    };
    let caption = format!(
        "Test: does the factor change what a prediction means (likelihood ratio of the interaction, Holm)? A test without a \
         difference does not show that there is none.{power}"
    );
    let is_aside = !legend.is_told(model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}
