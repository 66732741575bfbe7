//! LASSO: coefficients along the penalty, and the cross-validated score below.

use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{LassoPath, Report};
use crate::format::{elide, feature_name, short};
use crate::legend::Legend;
use crate::style::{INK, SOFT, Series, model};
use crate::svg::{Axes, Label, Scale, Stroke, Svg};

/// Paths that carry a name; the others are drawn thin and grey.
const NAMED: usize = 6;

/// One figure per path.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    report.lasso_paths.iter().filter(|p| p.lambda.len() > 1 && !p.names.is_empty()).map(|p| one(p, legend)).collect()
}

fn one(path: &LassoPath, legend: &Legend) -> Drawing {
    let log: Vec<f64> = path.lambda.iter().map(|l| l.log10()).collect();
    // The penalty falls to the right, so the scale is turned round: it holds minus the logarithm.
    let x = Scale::around(log.iter().map(|l| -l), 0.0);
    let values = path.coefficients.iter().flatten().copied();
    let upper = Axes { x, y: Scale::around(values, 0.06), left: 74.0, top: 14.0, width: 430.0, height: 230.0 };
    let has_cv = !path.cv_mean.is_empty();
    let lower = Axes {
        y: Scale::around(path.cv_mean.iter().chain(&path.cv_low).chain(&path.cv_high).copied(), 0.08),
        top: upper.bottom() + 24.0,
        height: 140.0,
        ..upper
    };
    let last = if has_cv { lower } else { upper };
    let name = format!("lasso-{}", legend.slug(&path.model));
    let title = format!("LASSO path: {}", legend.label(&path.model));
    let kept = at_chosen(path, &log).map_or(0, |at| path.coefficients.iter().filter(|c| c[at] != 0.0).count());
    let alt = format!(
        "Coefficients of {} features along the penalty; at the chosen penalty {} {kept} are not zero.",
        path.names.len(),
        short(path.chosen)
    );
    let mut svg = Svg::new(&name, &title, &alt, 870.0, last.bottom() + 46.0);
    upper.draw_y(&mut svg, "coefficient");
    svg.line([upper.left, upper.py(0.0)], [upper.right(), upper.py(0.0)], Stroke::solid(INK, 0.8));
    let mut order: Vec<usize> = (0..path.names.len()).collect();
    let size = |at: usize| path.coefficients[at].last().map_or(0.0, |v| v.abs());
    order.sort_by(|a, b| size(*b).total_cmp(&size(*a)).then(a.cmp(b)));
    for (rank, at) in order.iter().enumerate().rev() {
        let points: Vec<_> = log.iter().zip(&path.coefficients[*at]).map(|(l, c)| upper.at(-l, *c)).collect();
        let look =
            if rank < NAMED { model(rank) } else { Series { colour: "#a8a8a8", dash: "", width: 0.9, ..model(0) } };
        svg.polyline(&points, Stroke::dashed(look.colour, look.width.min(1.8), look.dash));
    }
    end_labels(&mut svg, path, &upper, &order);
    if has_cv {
        lower.draw_y(&mut svg, &elide(&path.cv_metric, 24));
        let edge = |values: &[f64]| -> Vec<_> { log.iter().zip(values).map(|(l, v)| lower.at(-l, *v)).collect() };
        svg.band(&edge(&path.cv_low), &edge(&path.cv_high), "#0072b2", 0.18);
        svg.polyline(&edge(&path.cv_mean), Stroke::solid("#0072b2", 1.8));
    }
    draw_penalty_axis(&mut svg, &last, has_cv.then_some(&upper));
    let chosen = upper.px(-path.chosen.log10());
    if chosen.is_finite() {
        svg.line([chosen, upper.top], [chosen, last.bottom()], Stroke::dashed(INK, 1.2, "5 3"));
        let text = format!("\u{3bb} = {}, {kept} kept", short(path.chosen));
        svg.label(&Label::new([chosen - 5.0, upper.top + 10.0], &text).end().bold());
    }
    let caption = format!(
        "From strong (left) to weak penalty (right), fitted on the training cases; below, the score in inner folds with its \
         standard error. Dashed: the penalty that was chosen ({}).",
        path.rule
    );
    let is_aside = !legend.is_told(&path.model);
    Drawing { name, title, caption, svg: svg.finish(), csv: data(path), is_aside }
}

/// Position of the chosen penalty.
fn at_chosen(path: &LassoPath, log: &[f64]) -> Option<usize> {
    let distance = |at: &usize| (log[*at] - path.chosen.log10()).abs();
    (0..log.len()).filter(|at| distance(at).is_finite()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Names of the largest paths at the right, moved apart where they would overlap.
fn end_labels(svg: &mut Svg, path: &LassoPath, axes: &Axes, order: &[usize]) {
    let mut ends: Vec<(f64, usize, usize)> = order
        .iter()
        .take(NAMED)
        .enumerate()
        .filter_map(|(rank, at)| path.coefficients[*at].last().map(|c| (axes.py(*c), rank, *at)))
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut floor = axes.top - 10.0;
    for (y, rank, at) in ends {
        let y = (y + 4.0).max(floor + 14.0);
        floor = y;
        let name = feature_name(&path.names[at], NAME_CHARS);
        svg.line(
            [axes.right() + 4.0, y - 4.0],
            [axes.right() + 22.0, y - 4.0],
            Stroke::dashed(model(rank).colour, 1.8, model(rank).dash),
        );
        svg.label(&Label::new([axes.right() + 27.0, y], &name).full(&path.names[at]).size(10.0).colour(SOFT));
    }
}

/// Powers of ten below; the scale holds minus the logarithm.
fn draw_penalty_axis(svg: &mut Svg, axes: &Axes, above: Option<&Axes>) {
    let (values, step) = crate::svg::ticks(axes.x, 6);
    for axes in above.into_iter().chain([axes]) {
        svg.line([axes.left, axes.bottom()], [axes.right(), axes.bottom()], Stroke::solid(INK, 1.0));
    }
    for value in values {
        let x = axes.px(value);
        svg.line([x, axes.bottom()], [x, axes.bottom() + 4.0], Stroke::solid(INK, 1.0));
        svg.label(&Label::new([x, axes.bottom() + 16.0], &crate::format::tick(-value, step)).middle());
    }
    svg.label(
        &Label::new([axes.left + axes.width / 2.0, axes.bottom() + 34.0], "log\u{2081}\u{2080} of the penalty \u{3bb}")
            .middle()
            .size(12.0),
    );
}

fn data(path: &LassoPath) -> String {
    let mut csv = Csv::new(&["model", "kind", "lambda", "feature", "value", "low", "high"]);
    for (name, values) in path.names.iter().zip(&path.coefficients) {
        for (lambda, value) in path.lambda.iter().zip(values) {
            row!(csv, &path.model, "coefficient", *lambda, name, *value, f64::NAN, f64::NAN);
        }
    }
    for (at, (lambda, mean)) in path.lambda.iter().zip(&path.cv_mean).enumerate() {
        let limit = |v: &[f64]| v.get(at).copied().unwrap_or(f64::NAN);
        row!(csv, &path.model, &path.cv_metric, *lambda, "", *mean, limit(&path.cv_low), limit(&path.cv_high));
    }
    csv.finish()
}
