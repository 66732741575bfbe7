//! How often each feature was selected, a bar per feature and a figure per model.

use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{Report, SelectedFeature, Selection};
use crate::format::{elide, feature_name, percent};
use crate::legend::Legend;
use crate::style::{INK, group, group_label};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

const ROW: f64 = 20.0;
/// Features drawn; the data file holds all.
const SHOWN: usize = 25;

/// One figure per model that selected anything.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.selections.iter().filter(|s| !s.features.is_empty() && s.n_fits > 0).map(|s| one(s, legend)).collect()
}

fn one(selection: &Selection, legend: &Legend) -> Drawing {
    let mut features: Vec<&SelectedFeature> = selection.features.iter().collect();
    features.sort_by(|a, b| b.n_selected.cmp(&a.n_selected).then_with(|| a.name.cmp(&b.name)));
    let shown = &features[..features.len().min(SHOWN)];
    let names: Vec<_> = shown.iter().map(|f| feature_name(&f.name, NAME_CHARS)).collect();
    let left = names.iter().map(|n| text_width(n, 11.0)).fold(80.0, f64::max) + 16.0;
    let axes = Axes {
        x: Scale::new(0.0, 100.0),
        y: Scale::new(0.0, 1.0),
        left,
        top: 34.0,
        width: 300.0,
        height: shown.len() as f64 * ROW + 4.0,
    };
    let name = format!("selection-{}", legend.slug(&selection.model));
    let title = format!("Selected features: {}", legend.label(&selection.model));
    let share = |f: &SelectedFeature| f.n_selected as f64 / selection.n_fits as f64;
    let first = shown.iter().take(5).map(|f| format!("{} {}", f.name, percent(share(f))));
    let alt = format!(
        "Share of {} fits in which each feature was selected; first {}.",
        selection.n_fits,
        first.collect::<Vec<_>>().join(", ")
    );
    let mut svg = Svg::new(&name, &title, &alt, axes.right() + 60.0, axes.bottom() + 46.0);
    group_legend(&mut svg, [10.0, 18.0], shown.iter().map(|f| f.group.as_str()));
    axes.draw_x(&mut svg, &format!("selected in % of {} fits", selection.n_fits), true);
    for (i, (feature, label)) in shown.iter().zip(&names).enumerate() {
        let y = axes.top + 4.0 + i as f64 * ROW;
        let (colour, hatch) = group(&feature.group);
        let fill = svg.hatch(colour, hatch);
        svg.label(&Label::new([left - 8.0, y + 12.0], label).end().full(&feature.name));
        svg.rect(
            [axes.left, y + 2.0],
            [axes.px(share(feature) * 100.0) - axes.left, ROW - 6.0],
            &fill,
            Some(Stroke::solid(colour, 1.0)),
        );
        let text = percent(share(feature));
        svg.label(&Label::new([axes.px(share(feature) * 100.0) + 5.0, y + 12.5], &text).colour(INK));
    }
    svg.line([axes.left, axes.top], [axes.left, axes.bottom()], Stroke::solid(INK, 1.0));
    let mut csv = Csv::new(&["model", "feature", "group", "n_selected", "n_fits", "share", "weight"]);
    for f in &features {
        row!(csv, &selection.model, &f.name, &f.group, f.n_selected, selection.n_fits, share(f), f.weight);
    }
    let more = if features.len() > SHOWN {
        format!(" The {SHOWN} most frequent of {} are drawn.", features.len())
    } else {
        String::new()
    };
    let caption = format!(
        "Selection was done anew inside each of the {} training folds. A feature that is rarely selected again is not a finding.{more}",
        selection.n_fits
    );
    let is_aside = !legend.is_told(&selection.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}

/// The groups that occur, side by side.
pub(super) fn group_legend<'a>(svg: &mut Svg, [mut x, y]: [f64; 2], groups: impl Iterator<Item = &'a str>) {
    let mut seen: Vec<&str> = Vec::new();
    for name in groups {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let (colour, hatch) = group(name);
        let fill = svg.hatch(colour, hatch);
        let text = elide(group_label(name), 24);
        svg.rect([x, y - 10.0], [16.0, 11.0], &fill, Some(Stroke::solid(colour, 1.0)));
        svg.label(&Label::new([x + 21.0, y], &text));
        x += 42.0 + text_width(&text, 11.0);
    }
}
