//! The correlation map, clustered by average linkage so that like features lie side by side.

use super::{Drawing, NAME_CHARS};
use crate::csv::{Csv, row};
use crate::data::{CorrelationMap, Report};
use crate::format::{elide, feature_name};
use crate::style::{INK, diverging, hex};
use crate::svg::{Label, Stroke, Svg, text_width};

/// Rows that still carry names and cells that still can be told apart.
const NAMED: usize = 60;
const SHOWN: usize = 120;

/// At most one figure.
pub(crate) fn draw(report: &Report) -> Vec<Drawing> {
    report.correlation.iter().filter(|m| m.names.len() > 1).map(one).collect()
}

fn one(map: &CorrelationMap) -> Drawing {
    let mut order = if map.order.is_empty() { clustered(&map.values) } else { map.order.clone() };
    let n_all = order.len();
    order.truncate(SHOWN);
    let n = order.len();
    let is_named = n <= NAMED;
    let cell = (460.0 / n as f64).min(22.0);
    let names: Vec<_> = order.iter().map(|at| feature_name(&map.names[*at], NAME_CHARS)).collect();
    let size = (cell * 0.85).min(10.0);
    let left = if is_named { names.iter().map(|l| text_width(l, size)).fold(40.0, f64::max) + 14.0 } else { 20.0 };
    let (top, side) = (14.0, cell * n as f64);
    let title = "Correlation of features";
    let strong = strong_pairs(map, &order);
    let alt = format!("{} correlations of {n} features, clustered; {strong} pairs have |r| above 0.8.", map.method);
    let mut svg = Svg::new("correlation", title, &alt, (left + side + 20.0).max(420.0), top + side + 62.0);
    for (r, i) in order.iter().enumerate() {
        let y = top + r as f64 * cell;
        if is_named {
            svg.label(
                &Label::new([left - 6.0, y + cell / 2.0 + size * 0.35], &names[r])
                    .end()
                    .size(size)
                    .full(&map.names[*i]),
            );
        }
        for (c, j) in order.iter().enumerate() {
            let value = map.values[*i][*j];
            let x = left + c as f64 * cell;
            let fill = if value.is_finite() { hex(diverging(value)) } else { "#ffffff".into() };
            // A little overlap hides the seams that anti-aliasing would draw between cells.
            svg.rect([x, y], [cell + 0.15, cell + 0.15], &fill, None);
            if value < -0.3 && cell >= 7.0 {
                // In a grey print both signs are dark: a stroke marks the negative ones.
                svg.line(
                    [x + cell * 0.28, y + cell / 2.0],
                    [x + cell * 0.72, y + cell / 2.0],
                    Stroke::solid("#ffffff", 1.4),
                );
            }
        }
    }
    svg.rect([left, top], [side, side], "none", Some(Stroke::solid(INK, 0.8)));
    let x = (left + side / 2.0 - 80.0).max(110.0);
    svg.colour_bar([x, top + side + 22.0], [160.0, 12.0], |t| hex(diverging(2.0 * t - 1.0)), ["\u{2212}1", "+1"]);
    svg.label(&Label::new([x + 80.0, top + side + 50.0], &format!("{} correlation", elide(&map.method, 20))).middle());
    let mut csv = Csv::new(&["row", "column", "r"]);
    for i in &order {
        for j in &order {
            row!(csv, &map.names[*i], &map.names[*j], map.values[*i][*j]);
        }
    }
    let more = if n < n_all { format!(" {n} of {n_all} features are drawn.") } else { String::new() };
    let caption = format!(
        "Blocks of strong colour are features that say the same; a white stroke marks negative correlations below \u{2212}0.3. \
         Clustered by average linkage on 1 \u{2212} |r|.{more}"
    );
    Drawing {
        name: "correlation".into(),
        title: title.into(),
        caption,
        svg: svg.finish(),
        csv: csv.finish(),
        is_aside: false,
    }
}

fn strong_pairs(map: &CorrelationMap, order: &[usize]) -> usize {
    let pairs = order.iter().enumerate().flat_map(|(at, i)| order[..at].iter().map(move |j| (*i, *j)));
    pairs.filter(|(i, j)| map.values[*i][*j].abs() > 0.8).count()
}

/// Order of the leaves after average linkage on `1 - |r|`; the first of equal distances is merged first.
fn clustered(values: &[Vec<f64>]) -> Vec<usize> {
    let mut clusters: Vec<Vec<usize>> = (0..values.len()).map(|i| vec![i]).collect();
    let distance = |a: &[usize], b: &[usize]| {
        let far = |r: f64| if r.is_finite() { 1.0 - r.abs() } else { 1.0 };
        let sum: f64 = a.iter().flat_map(|i| b.iter().map(move |j| far(values[*i][*j]))).sum();
        sum / (a.len() * b.len()) as f64
    };
    let mut between: Vec<Vec<f64>> =
        clusters.iter().map(|a| clusters.iter().map(|b| distance(a, b)).collect()).collect();
    while clusters.len() > 1 {
        let mut best = (0, 1);
        for a in 0..clusters.len() {
            for b in a + 1..clusters.len() {
                if between[a][b] < between[best.0][best.1] {
                    best = (a, b);
                }
            }
        }
        let (a, b) = best;
        let (size_a, size_b) = (clusters[a].len() as f64, clusters[b].len() as f64);
        let merged: Vec<f64> = (0..clusters.len())
            .map(|c| (size_a * between[a][c] + size_b * between[b][c]) / (size_a + size_b))
            .collect();
        for (c, d) in merged.into_iter().enumerate() {
            between[a][c] = d;
            between[c][a] = d;
        }
        between.remove(b);
        for line in &mut between {
            line.remove(b);
        }
        let tail = clusters.remove(b);
        clusters[a].extend(tail);
    }
    clusters.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_features_come_together() {
        let near = |a: usize, b: usize| {
            if a == b {
                1.0
            } else if a % 2 == b % 2 {
                -0.9
            } else {
                0.1
            }
        };
        let values: Vec<Vec<f64>> = (0..6).map(|a| (0..6).map(|b| near(a, b)).collect()).collect();
        assert_eq!(clustered(&values), [0, 2, 4, 1, 3, 5]);
    }
}
