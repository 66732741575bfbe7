//! Mean absolute SHAP by feature, and the share of each group of features.

use super::beeswarm::{SHOWN, by_importance, importance};
use super::selection::group_legend;
use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{GroupShare, Report, Shap};
use crate::format::{feature_name, fixed, percent};
use crate::legend::Legend;
use crate::style::{INK, group, group_label};
use crate::svg::{Axes, Label, Scale, Stroke, Svg, text_width};

const ROW: f64 = 20.0;

/// One figure per explained model.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.shap.iter().filter(|s| !s.cases.is_empty() && !by_importance(s).is_empty()).map(|s| one(s, legend)).collect()
}

/// Share of each group of features in the mean absolute SHAP; as given, or from the values.
pub(crate) fn group_shares(shap: &Shap) -> Vec<GroupShare> {
    if !shap.group_shares.is_empty() {
        return shap.group_shares.clone();
    }
    let mut shares: Vec<GroupShare> = Vec::new();
    for (feature, group) in shap.groups.iter().enumerate() {
        let size = importance(shap, feature);
        match shares.iter_mut().find(|s| s.group == *group) {
            Some(share) => share.share += size,
            None => shares.push(GroupShare { group: group.clone(), share: size }),
        }
    }
    let total: f64 = shares.iter().map(|s| s.share).sum();
    if total > 0.0 {
        shares.iter_mut().for_each(|s| s.share /= total);
    }
    shares
}

fn one(shap: &Shap, legend: &Legend) -> Drawing {
    let order = by_importance(shap);
    let shown = &order[..order.len().min(SHOWN)];
    let shares = group_shares(shap);
    let names: Vec<_> = shown.iter().map(|f| feature_name(&shap.names[*f], NAME_CHARS)).collect();
    let left = names.iter().map(|n| text_width(n, 11.0)).fold(80.0, f64::max) + 16.0;
    let largest = shown.first().map_or(1.0, |f| importance(shap, *f));
    let axes = Axes {
        x: Scale::new(0.0, largest * 1.15),
        y: Scale::new(0.0, 1.0),
        left,
        top: 92.0,
        width: 320.0,
        height: shown.len() as f64 * ROW + 4.0,
    };
    let name = format!("shap-bar-{}", legend.slug(&shap.model));
    let title = format!("Importance of features and groups: {}", legend.label(&shap.model));
    let facts = shares.iter().map(|s| format!("{} {}", group_label(&s.group), percent(s.share)));
    let alt = format!(
        "Share of attribution by group: {}. Then mean absolute SHAP by feature.",
        facts.collect::<Vec<_>>().join(", ")
    );
    let mut svg = Svg::new(&name, &title, &alt, axes.right() + 60.0, axes.bottom() + 46.0);
    share_bar(&mut svg, [10.0, 42.0], axes.right() + 30.0, &shares);
    let group_of = |f: usize| shap.groups.get(f).map_or("", String::as_str);
    group_legend(
        &mut svg,
        [10.0, 22.0],
        shares.iter().map(|s| s.group.as_str()).chain(shown.iter().map(|f| group_of(*f))),
    );
    axes.draw_x(&mut svg, &format!("mean |SHAP value| ({})", shap.scale()), true);
    for (i, (feature, label)) in shown.iter().zip(&names).enumerate() {
        let y = axes.top + 4.0 + i as f64 * ROW;
        let (colour, hatch) = group(group_of(*feature));
        let fill = svg.hatch(colour, hatch);
        let size = importance(shap, *feature);
        svg.label(&Label::new([left - 8.0, y + 12.0], label).end().full(&shap.names[*feature]));
        svg.rect([axes.left, y + 2.0], [axes.px(size) - axes.left, ROW - 6.0], &fill, Some(Stroke::solid(colour, 1.0)));
        svg.label(&Label::new([axes.px(size) + 5.0, y + 12.5], &fixed(size, 3)));
    }
    svg.line([axes.left, axes.top], [axes.left, axes.bottom()], Stroke::solid(INK, 1.0));
    let mut csv = Csv::new(&["model", "kind", "name", "group", "value"]);
    for s in &shares {
        row!(csv, &shap.model, "group share", &s.group, &s.group, s.share);
    }
    for f in &order {
        row!(csv, &shap.model, "mean absolute SHAP", &shap.names[*f], group_of(*f), importance(shap, *f));
    }
    let caption =
        "Above: how the attribution divides among the groups of features. Below: the features themselves. SHAP says \
                   what the model used, not what causes the disease."
            .into();
    let is_aside = !legend.is_told(&shap.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside }
}

/// One bar divided by share, with the percentages below.
fn share_bar(svg: &mut Svg, [left, top]: [f64; 2], width: f64, shares: &[GroupShare]) {
    let mut x = left;
    for share in shares.iter().filter(|s| s.share > 0.0) {
        let w = width * share.share.min(1.0);
        let (colour, hatch) = group(&share.group);
        let fill = svg.hatch(colour, hatch);
        svg.rect([x, top], [w, 18.0], &fill, Some(Stroke::solid("#ffffff", 1.5)));
        let text = percent(share.share);
        if w > text_width(&text, 11.0) {
            svg.label(&Label::new([x + w / 2.0, top + 32.0], &text).middle().bold());
        }
        x += w;
    }
}
