//! Points of several shapes, error bars, and legends.

use super::{Label, Stroke, Svg};
use crate::format::xy;
use crate::style::{Marker, Series};

impl Svg {
    /// A point of radius `r`.
    pub(crate) fn marker(&mut self, marker: Marker, [x, y]: [f64; 2], r: f64, fill: &str, stroke: Stroke<'_>) {
        if !(x.is_finite() && y.is_finite()) {
            return;
        }
        let line = stroke.written();
        let corners = |points: &[[f64; 2]]| {
            let points: Vec<_> =
                points.iter().map(|[dx, dy]| format!("{} {}", xy(x + dx * r), xy(y + dy * r))).collect();
            format!("M{}Z", points.join("L"))
        };
        match marker {
            Marker::Circle => {
                let [cx, cy, r] = [x, y, r].map(xy);
                self.put(format_args!("<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{r}\" fill=\"{fill}\" {line}/>"));
            }
            Marker::Square => self.rect([x - r * 0.9, y - r * 0.9], [r * 1.8, r * 1.8], fill, Some(stroke)),
            Marker::Triangle => self.path(&corners(&[[0.0, -1.2], [1.1, 0.8], [-1.1, 0.8]]), fill, Some(stroke)),
            Marker::Diamond => {
                self.path(&corners(&[[0.0, -1.25], [1.25, 0.0], [0.0, 1.25], [-1.25, 0.0]]), fill, Some(stroke))
            }
            Marker::Cross => {
                let [l, r_, t, b] = [x - r * 0.9, x + r * 0.9, y - r * 0.9, y + r * 0.9].map(xy);
                let width = Stroke { colour: fill, width: 1.8, dash: "" }.written();
                self.put(format_args!("<path d=\"M{l} {t}L{r_} {b}M{l} {b}L{r_} {t}\" fill=\"none\" {width}/>"));
            }
        }
    }

    /// Many round points of one colour: a path of no length with round ends, a fifth of the bytes of circles.
    pub(crate) fn dots(&mut self, points: &[[f64; 2]], r: f64, fill: &str, outline: Stroke<'_>) {
        let at = |[x, y]: &[f64; 2]| format!("M{} {}h0", xy(*x), xy(*y));
        let path: String = points.iter().filter(|[x, y]| x.is_finite() && y.is_finite()).map(at).collect();
        for (colour, width) in [(outline.colour, 2.0 * r + outline.width), (fill, 2.0 * r - outline.width)] {
            let line = Stroke::solid(colour, width).written();
            self.put(format_args!("<path d=\"{path}\" fill=\"none\" stroke-linecap=\"round\" {line}/>"));
        }
    }

    /// A horizontal interval with end caps.
    pub(crate) fn whisker(&mut self, y: f64, low: f64, high: f64, stroke: Stroke<'_>) {
        if !(low.is_finite() && high.is_finite()) {
            return;
        }
        self.line([low, y], [high, y], stroke);
        for x in [low, high] {
            self.line([x, y - 4.0], [x, y + 4.0], Stroke { dash: "", ..stroke });
        }
    }

    /// A vertical interval with end caps.
    pub(crate) fn error_bar(&mut self, x: f64, low: f64, high: f64, stroke: Stroke<'_>) {
        if !(low.is_finite() && high.is_finite()) {
            return;
        }
        self.line([x, low], [x, high], stroke);
        for y in [low, high] {
            self.line([x - 3.0, y], [x + 3.0, y], stroke);
        }
    }

    /// A line of a legend: a sample of the series, and text.
    pub(crate) fn legend_line(&mut self, [x, y]: [f64; 2], series: Series, text: &str) {
        self.line([x, y - 4.0], [x + 30.0, y - 4.0], Stroke::dashed(series.colour, series.width, series.dash));
        self.marker(series.marker, [x + 15.0, y - 4.0], 3.6, series.colour, Stroke::solid("#ffffff", 0.8));
        self.label(&Label::new([x + 37.0, y], text));
    }

    /// A horizontal colour bar made of strips, with words at its ends.
    pub(crate) fn colour_bar(
        &mut self,
        [x, y]: [f64; 2],
        [w, h]: [f64; 2],
        colour: impl Fn(f64) -> String,
        [low, high]: [&str; 2],
    ) {
        let n = 48;
        for i in 0..n {
            let part = i as f64 / n as f64;
            // Half a unit of overlap hides the seams between strips.
            self.rect([x + part * w, y], [w / n as f64 + 0.5, h], &colour((i as f64 + 0.5) / n as f64), None);
        }
        self.rect([x, y], [w, h], "none", Some(Stroke::solid("#595959", 0.7)));
        self.label(&Label::new([x - 6.0, y + h - 1.0], low).end());
        self.label(&Label::new([x + w + 6.0, y + h - 1.0], high));
    }
}
