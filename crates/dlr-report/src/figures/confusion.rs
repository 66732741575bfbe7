//! Confusion matrices at the cut, a panel per model.

use super::{Drawing, casts};
use crate::cast::Cast;
use crate::csv::{Csv, row};
use crate::data::{Confusion, ModelResult, Report};
use crate::format::percent;
use crate::legend::Legend;
use crate::style::{INK, Rgb, SOFT, hex};
use crate::svg::{Label, Stroke, Svg};

const CELL: f64 = 74.0;

/// One figure per setting and cast.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    casts(report, legend).iter().filter_map(|cast| one(cast, legend)).collect()
}

fn one(cast: &Cast<'_>, legend: &Legend) -> Option<Drawing> {
    let panels: Vec<(&ModelResult, Confusion)> =
        cast.results.iter().copied().filter_map(|m| m.confusion.map(|c| (m, c))).collect();
    if panels.is_empty() {
        return None;
    }
    let name = cast.name("confusion");
    let title = cast.title("Confusion matrices");
    let alt = panels.iter().map(|(m, c)| {
        let Confusion { true_positive: tp, false_positive: fp, false_negative: fn_, true_negative: tn } = c;
        format!(
            "{}: {tp} true positive, {fn_} false negative, {fp} false positive, {tn} true negative",
            legend.label(&m.name)
        )
    });
    let alt = format!("{}.", alt.collect::<Vec<_>>().join("; "));
    let [w, h] = [232.0, 250.0];
    let n_cols = panels.len().min(3);
    let mut svg = Svg::new(&name, &title, &alt, 30.0 + w * n_cols as f64, h * panels.len().div_ceil(3) as f64);
    let mut csv = Csv::new(&["model", "truth", "called", "n_cases"]);
    for (i, (result, counts)) in panels.iter().enumerate() {
        let [left, top] = [68.0 + w * (i % 3) as f64, 60.0 + h * (i / 3) as f64];
        svg.panel_title([left, top - 32.0], &legend.label(&result.name), 190.0);
        let cells = [
            [("positive", "positive", counts.true_positive), ("positive", "negative", counts.false_negative)],
            [("negative", "positive", counts.false_positive), ("negative", "negative", counts.true_negative)],
        ];
        for (r, line) in cells.iter().enumerate() {
            let total: usize = line.iter().map(|c| c.2).sum();
            let y = top + r as f64 * CELL;
            svg.label(&Label::new([left - 10.0, y + CELL / 2.0], line[r].0).middle().turned(-90.0));
            for (c, (truth, called, n)) in line.iter().enumerate() {
                let x = left + c as f64 * CELL;
                let share = if total == 0 { f64::NAN } else { *n as f64 / total as f64 };
                let fill = tint(share);
                svg.rect([x, y], [CELL, CELL], &hex(fill), Some(Stroke::solid("#ffffff", 2.0)));
                let ink = if share > 0.55 { "#ffffff" } else { INK };
                svg.label(
                    &Label::new([x + CELL / 2.0, y + CELL / 2.0 + 2.0], &n.to_string())
                        .middle()
                        .bold()
                        .size(18.0)
                        .colour(ink),
                );
                svg.label(&Label::new([x + CELL / 2.0, y + CELL / 2.0 + 18.0], &percent(share)).middle().colour(ink));
                row!(csv, &result.name, *truth, *called, *n);
                if r == 0 {
                    svg.label(&Label::new([x + CELL / 2.0, top - 6.0], called).middle());
                }
            }
        }
        svg.label(
            &Label::new([left + CELL, top + 2.0 * CELL + 16.0], "called (columns), truth (rows)")
                .middle()
                .size(10.0)
                .colour(SOFT),
        );
    }
    let caption = "Cases by truth (rows) and call at the cut (columns); percentages are of the row. In repeated cross-validation: the first repeat.".into();
    Some(Drawing { name, title, caption, svg: svg.finish(), csv: csv.finish(), is_aside: cast.is_aside })
}

/// White to dark blue by share.
fn tint(share: f64) -> Rgb {
    let part = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let channel = |full: f64| (245.0 + (full - 245.0) * part).round() as u8;
    [channel(8.0), channel(74.0), channel(120.0)]
}
