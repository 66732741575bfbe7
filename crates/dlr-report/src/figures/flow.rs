//! The flow chart: enrolled, left out and why, and what remains by role and center.

use super::Drawing;
use crate::csv::{Csv, row};
use crate::data::{CohortGroup, Report};
use crate::format::{count, elide};
use crate::style::INK;
use crate::svg::{Label, Stroke, Svg, text_width};

const LINE: f64 = 17.0;
const SIZE: f64 = 12.0;

/// One figure, where cases were counted.
pub(crate) fn draw(report: &Report) -> Vec<Drawing> {
    let flow = &report.cohort;
    if flow.n_enrolled == 0 {
        return Vec::new();
    }
    let n_excluded: usize = flow.exclusions.iter().map(|e| e.cases.len()).sum();
    let roles = roles(&flow.groups);
    let boxes: Vec<Vec<String>> = roles.iter().map(|role| role_lines(report, role)).collect();
    let excluded = excluded_lines(report, n_excluded);
    let box_width = |lines: &[String]| lines.iter().map(|l| text_width(l, SIZE)).fold(150.0, f64::max) + 28.0;
    let widths: Vec<f64> = boxes.iter().map(|lines| box_width(lines)).collect();
    let bottom_width = widths.iter().sum::<f64>() + 24.0 * widths.len().saturating_sub(1) as f64;
    let enrolled = vec![
        format!("Enrolled: {}", count(flow.n_enrolled, "case")),
        format!("({})", count(flow.n_patients, "patient")),
    ];
    let n_left = flow.n_enrolled.saturating_sub(n_excluded);
    let included = vec![format!("Analysed: {}", count(n_left, "case"))];
    let main = 200.0;
    let has_exclusions = n_excluded > 0;
    let side = if has_exclusions { box_width(&excluded) } else { 0.0 };
    let half = (bottom_width / 2.0).max(main / 2.0);
    let centre = half + 10.0;
    let width = (centre + half).max(if has_exclusions { centre + main / 2.0 + 24.0 + side } else { 0.0 }) + 10.0;
    let box_height = |lines: &[String]| lines.len() as f64 * LINE + 16.0;
    let top = 10.0;
    let after_enrolled = top + box_height(&enrolled);
    let gap = if has_exclusions { box_height(&excluded) + 24.0 } else { 30.0 };
    let included_top = after_enrolled + gap;
    let after_included = included_top + box_height(&included);
    let groups_top = after_included + 40.0;
    let lowest = boxes.iter().map(|lines| box_height(lines)).fold(0.0, f64::max);
    let height = if boxes.is_empty() { after_included } else { groups_top + lowest } + 10.0;

    let title = "Flow of cases";
    let mut svg = Svg::new("flow", title, &alternative(report, n_excluded), width, height);
    let pen = Stroke::solid(INK, 1.2);
    boxed(&mut svg, [centre - main / 2.0, top], main, &enrolled);
    arrow(&mut svg, &[[centre, after_enrolled], [centre, included_top]]);
    if has_exclusions {
        let y = after_enrolled + gap / 2.0;
        let x = centre + main / 2.0 + 24.0;
        arrow(&mut svg, &[[centre, y], [x, y]]);
        boxed(&mut svg, [x, y - box_height(&excluded) / 2.0], side, &excluded);
    }
    boxed(&mut svg, [centre - main / 2.0, included_top], main, &included);
    let mut x = centre - bottom_width / 2.0;
    for (lines, w) in boxes.iter().zip(&widths) {
        let middle = x + w / 2.0;
        svg.polyline(
            &[[centre, after_included], [centre, after_included + 16.0], [middle, after_included + 16.0]],
            pen,
        );
        arrow(&mut svg, &[[middle, after_included + 16.0], [middle, groups_top]]);
        boxed(&mut svg, [x, groups_top], *w, lines);
        x += w + 24.0;
    }
    let excluded = match report.cohort.exclusions.is_empty() {
        true => "No case was left out.",
        false => "The excluded cases are listed below the figure.",
    };
    let caption = format!("Every case that the source held, and what became of it. {excluded}");
    vec![Drawing {
        name: "flow".into(),
        title: title.into(),
        caption,
        svg: svg.finish(),
        csv: data(report),
        is_aside: false,
    }]
}

fn roles(groups: &[CohortGroup]) -> Vec<&str> {
    let mut roles: Vec<&str> = Vec::new();
    for group in groups {
        if !roles.contains(&group.role.as_str()) {
            roles.push(&group.role);
        }
    }
    roles
}

fn role_lines(report: &Report, role: &str) -> Vec<String> {
    let groups: Vec<_> = report.cohort.groups.iter().filter(|g| g.role == role).collect();
    let n_positive: usize = groups.iter().map(|g| g.n_positive).sum();
    let n_negative: usize = groups.iter().map(|g| g.n_negative).sum();
    let heading = match role {
        "train" => "Training".into(),
        "external" => "External".into(),
        other => elide(other, 30),
    };
    let mut lines = vec![format!("{heading}: {}", count(n_positive + n_negative, "case"))];
    let [positive, negative] = class_names(report);
    lines.push(format!("{n_positive} {positive}"));
    lines.push(format!("{n_negative} {negative}"));
    if groups.len() > 1 || groups.iter().any(|g| !g.center.is_empty() && g.center != "unknown") {
        for g in groups {
            lines.push(format!(
                "{}: {} ({} + {})",
                elide(&g.center, 30),
                g.n_positive + g.n_negative,
                g.n_positive,
                g.n_negative
            ));
        }
    }
    lines
}

/// The classes in words, positive first.
fn class_names(report: &Report) -> [String; 2] {
    let or = |text: &str, default: &str| if text.is_empty() { default.into() } else { elide(text, 40) };
    [or(&report.question.positive, "positive"), or(&report.question.negative, "negative")]
}

fn excluded_lines(report: &Report, n_excluded: usize) -> Vec<String> {
    let mut lines = vec![format!("Excluded: {}", count(n_excluded, "case"))];
    lines.extend(report.cohort.exclusions.iter().map(|e| format!("{}  {}", e.cases.len(), elide(&e.reason, 44))));
    lines
}

fn boxed(svg: &mut Svg, [x, y]: [f64; 2], width: f64, lines: &[String]) {
    svg.rect([x, y], [width, lines.len() as f64 * LINE + 16.0], "#ffffff", Some(Stroke::solid(INK, 1.2)));
    for (i, line) in lines.iter().enumerate() {
        let label = Label::new([x + 14.0, y + 21.0 + i as f64 * LINE], line).size(SIZE);
        svg.label(&if i == 0 { label.bold() } else { label });
    }
}

fn arrow(svg: &mut Svg, points: &[[f64; 2]]) {
    svg.polyline(points, Stroke::solid(INK, 1.2));
    if let [.., [x0, y0], [x, y]] = *points {
        let (dx, dy) =
            ((x - x0).signum() * f64::from(u8::from(x != x0)), (y - y0).signum() * f64::from(u8::from(y != y0)));
        let (a, b) =
            ([x - 7.0 * dx - 4.0 * dy, y - 7.0 * dy - 4.0 * dx], [x - 7.0 * dx + 4.0 * dy, y - 7.0 * dy + 4.0 * dx]);
        let [ax, ay, bx, by, x, y] = [a[0], a[1], b[0], b[1], x, y].map(crate::format::xy);
        svg.path(&format!("M{ax} {ay}L{x} {y}L{bx} {by}Z"), INK, None);
    }
}

fn alternative(report: &Report, n_excluded: usize) -> String {
    let flow = &report.cohort;
    let reasons = flow.exclusions.iter().map(|e| format!("{}: {}", e.reason, e.cases.len()));
    let groups = flow
        .groups
        .iter()
        .map(|g| format!("{} {}: {} positive, {} negative", g.role, g.center, g.n_positive, g.n_negative));
    format!(
        "{} enrolled, {n_excluded} excluded ({}); {}.",
        flow.n_enrolled,
        reasons.collect::<Vec<_>>().join("; "),
        groups.collect::<Vec<_>>().join("; ")
    )
}

fn data(report: &Report) -> String {
    let mut csv = Csv::new(&["step", "role", "center", "class_or_reason", "n_cases", "cases"]);
    row!(csv, "enrolled", "", "", "", report.cohort.n_enrolled, "");
    for e in &report.cohort.exclusions {
        row!(csv, "excluded", "", "", &e.reason, e.cases.len(), &e.cases.join(" "));
    }
    for g in &report.cohort.groups {
        row!(csv, "analysed", &g.role, &g.center, "positive", g.n_positive, "");
        row!(csv, "analysed", &g.role, &g.center, "negative", g.n_negative, "");
    }
    csv.finish()
}
