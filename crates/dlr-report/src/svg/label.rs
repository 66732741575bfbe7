//! [`Label`]: a line of text on the canvas, and an estimate of its width.
//!
//! Widths are those of Helvetica by classes of letters, wide enough that a real font does not overrun its box.

use super::escape;
use crate::format::xy;
use crate::style::INK;
use std::fmt::Write;

/// A line of text. The point is on its base line.
#[derive(Debug, Clone)]
pub(crate) struct Label<'a> {
    at: [f64; 2],
    text: &'a str,
    size: f64,
    anchor: &'static str,
    weight: &'static str,
    colour: &'a str,
    angle: f64,
    full: Option<&'a str>,
}

impl<'a> Label<'a> {
    /// Dark text of 11 units that starts at the point.
    pub(crate) fn new(at: [f64; 2], text: &'a str) -> Self {
        Label { at, text, size: 11.0, anchor: "", weight: "", colour: INK, angle: 0.0, full: None }
    }

    /// Centred on the point.
    pub(crate) fn middle(self) -> Self {
        Label { anchor: " text-anchor=\"middle\"", ..self }
    }

    /// Ending at the point.
    pub(crate) fn end(self) -> Self {
        Label { anchor: " text-anchor=\"end\"", ..self }
    }

    /// In bold type.
    pub(crate) fn bold(self) -> Self {
        Label { weight: " font-weight=\"bold\"", ..self }
    }

    /// Of this size.
    pub(crate) fn size(self, size: f64) -> Self {
        Label { size, ..self }
    }

    /// In this colour.
    pub(crate) fn colour(self, colour: &'a str) -> Self {
        Label { colour, ..self }
    }

    /// Turned about the point, clockwise, degrees.
    pub(crate) fn turned(self, angle: f64) -> Self {
        Label { angle, ..self }
    }

    /// With the unshortened text as a tooltip, where it differs.
    pub(crate) fn full(self, full: &'a str) -> Self {
        Label { full: (full != self.text).then_some(full), ..self }
    }

    pub(super) fn write(&self, body: &mut String) {
        let [x, y] = self.at.map(xy);
        let turn = if self.angle == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", xy(self.angle))
        };
        let tip = self.full.map_or(String::new(), |full| format!("<title>{}</title>", escape(full)));
        let (anchor, weight, size) = (self.anchor, self.weight, xy(self.size));
        let _ = writeln!(
            body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{}\"{anchor}{weight}{turn}>{tip}{}</text>",
            self.colour,
            escape(self.text)
        );
    }
}

/// Estimated width of a line of text of this size.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.26,
            'f' | 't' | 'r' | 'I' | ' ' | '-' | '(' | ')' | '[' | ']' | '/' => 0.33,
            'm' | 'w' | 'M' | 'W' | '%' => 0.84,
            'A'..='Z' => 0.69,
            '0'..='9' | 'a'..='z' | '_' => 0.56,
            c if (c as u32) < 0x250 => 0.6,
            _ => 1.0,
        })
        .sum();
    ems * size
}
