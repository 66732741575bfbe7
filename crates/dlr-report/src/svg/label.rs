//! [`Label`]: a line of text on the canvas, and an estimate of its width.
//!
//! Widths are those of Helvetica by classes of letters, wide enough that a real font does not overrun its box.

use super::escape;
use crate::format::{elide, xy};
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

/// Text broken at a space, so that both lines are this wide at most; the first is empty where one is enough, and what is
/// too long for two loses its middle.
pub(super) fn in_two_lines(text: &str, size: f64, width: f64) -> [String; 2] {
    if text_width(text, size) <= width {
        return [String::new(), text.into()];
    }
    let fits = |at: &usize| text_width(&text[..*at], size) <= width;
    let Some(at) = text.match_indices(' ').map(|(at, _)| at).rfind(fits) else {
        return [String::new(), fitting(text, size, width)];
    };
    [text[..at].into(), fitting(&text[at + 1..], size, width)]
}

fn fitting(text: &str, size: f64, width: f64) -> String {
    let n_chars = text.chars().count();
    let shorter = (3..=n_chars).rev().map(|n| elide(text, n)).find(|line| text_width(line, size) <= width);
    shorter.unwrap_or_else(|| elide(text, 3))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_take_two_lines() {
        assert_eq!(in_two_lines("Intratumoral", 12.0, 190.0), ["", "Intratumoral"]);
        let [first, second] = in_two_lines("Deep-learning radiomics, concatenated, random forest", 12.0, 190.0);
        assert_eq!([first.as_str(), second.as_str()], ["Deep-learning radiomics,", "concatenated, random forest"]);
        for line in in_two_lines(&"radiomics ".repeat(20), 12.0, 190.0) {
            assert!(text_width(&line, 12.0) <= 190.0, "{line}");
        }
    }
}
