//! Scales, round ticks, and a plain pair of axes.

use super::{Label, Stroke, Svg};
use crate::format::tick;
use crate::style::{GRID, INK};

/// From values to units of the canvas.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Scale {
    /// From low to high; a range that is empty or not finite becomes one of length 1.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        match (low.is_finite() && high.is_finite(), high > low) {
            (true, true) => Scale { low, high },
            (true, false) => Scale { low: low - 0.5, high: low + 0.5 },
            _ => Scale { low: 0.0, high: 1.0 },
        }
    }

    /// The range of finite values, a little widened.
    pub(crate) fn around(values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let (low, high) = values
            .filter(|v| v.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let scale = Scale::new(low, high);
        let extra = (scale.high - scale.low) * margin;
        Scale { low: scale.low - extra, high: scale.high + extra }
    }

    /// Position of a value, 0 at the low end and 1 at the high end.
    pub(crate) fn part(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// Round values within a scale, about `n` of them, and their distance.
pub(crate) fn ticks(scale: Scale, n: usize) -> (Vec<f64>, f64) {
    let raw = (scale.high - scale.low) / n.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= raw * 0.999).unwrap_or(raw);
    let first = (scale.low / step - 1e-9).ceil() as i64;
    let last = (scale.high / step + 1e-9).floor() as i64;
    ((first..=last.min(first + 100)).map(|i| i as f64 * step).collect(), step)
}

/// A plot area with its two scales; y rises upwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axes {
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Axes {
    /// Canvas position of a point.
    pub(crate) fn at(&self, x: f64, y: f64) -> [f64; 2] {
        [self.px(x), self.py(y)]
    }

    /// Canvas position of an abscissa.
    pub(crate) fn px(&self, x: f64) -> f64 {
        self.left + self.x.part(x) * self.width
    }

    /// Canvas position of an ordinate.
    pub(crate) fn py(&self, y: f64) -> f64 {
        self.top + (1.0 - self.y.part(y)) * self.height
    }

    /// Lower edge.
    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Right edge.
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Both axes with ticks and labels on a faint grid.
    pub(crate) fn draw(&self, svg: &mut Svg, x_label: &str, y_label: &str) {
        self.draw_x(svg, x_label, true);
        self.draw_y(svg, y_label);
    }

    /// The axis below, with grid lines if wanted.
    pub(crate) fn draw_x(&self, svg: &mut Svg, label: &str, grid: bool) {
        let (values, step) = ticks(self.x, (self.width / 70.0).round().max(2.0) as usize);
        for value in values {
            let x = self.px(value);
            if grid {
                svg.line([x, self.top], [x, self.bottom()], Stroke::solid(GRID, 1.0));
            }
            svg.line([x, self.bottom()], [x, self.bottom() + 4.0], Stroke::solid(INK, 1.0));
            svg.label(&Label::new([x, self.bottom() + 16.0], &tick(value, step)).middle());
        }
        svg.line([self.left, self.bottom()], [self.right(), self.bottom()], Stroke::solid(INK, 1.0));
        svg.label(&Label::new([self.left + self.width / 2.0, self.bottom() + 34.0], label).middle().size(12.0));
    }

    /// The axis at the left, with grid lines.
    pub(crate) fn draw_y(&self, svg: &mut Svg, label: &str) {
        let (values, step) = ticks(self.y, (self.height / 45.0).round().max(3.0) as usize);
        let mut widest = 0f64;
        for value in values {
            let y = self.py(value);
            let text = tick(value, step);
            widest = widest.max(super::text_width(&text, 11.0));
            svg.line([self.left, y], [self.right(), y], Stroke::solid(GRID, 1.0));
            svg.line([self.left - 4.0, y], [self.left, y], Stroke::solid(INK, 1.0));
            svg.label(&Label::new([self.left - 7.0, y + 4.0], &text).end());
        }
        svg.line([self.left, self.top], [self.left, self.bottom()], Stroke::solid(INK, 1.0));
        let x = self.left - 16.0 - widest;
        svg.label(&Label::new([x, self.top + self.height / 2.0], label).middle().size(12.0).turned(-90.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let rounded = |low, high, n| ticks(Scale::new(low, high), n).0;
        assert_eq!(rounded(0.0, 1.0, 5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(rounded(-3.0, 4.0, 4), [-2.0, 0.0, 2.0, 4.0]);
        assert_eq!(rounded(f64::NAN, 4.0, 2), [0.0, 0.5, 1.0]);
        assert_eq!(rounded(2.0, 2.0, 2), [1.5, 2.0, 2.5]);
    }
}
