//! A small SVG canvas: elements go in, one string comes out, the same bytes for the same calls.
//!
//! All text is escaped here and nowhere else. Identifiers start with the figure's name, since several figures share a
//! page. Scales and axes are in `axes`, points and outlines in `marks`; no figure is known here.

mod axes;
mod label;
mod marks;

pub(crate) use axes::{Axes, Scale, ticks};
pub(crate) use label::{Label, text_width};

use crate::format::{printable, xy};
use label::in_two_lines;
use std::fmt::Write;

/// Font of every figure.
const FONT: &str = "Helvetica, Arial, 'Liberation Sans', sans-serif";

/// Size of the name of a panel.
const TITLE: f64 = 12.0;

/// A drawing.
#[derive(Debug, Clone)]
pub(crate) struct Svg {
    name: String,
    title: String,
    description: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    defs: String,
    body: String,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke<'a> {
    pub(crate) colour: &'a str,
    pub(crate) width: f64,
    pub(crate) dash: &'a str,
}

impl<'a> Stroke<'a> {
    /// A solid line.
    pub(crate) fn solid(colour: &'a str, width: f64) -> Self {
        Stroke { colour, width, dash: "" }
    }

    /// A dashed line.
    pub(crate) fn dashed(colour: &'a str, width: f64, dash: &'a str) -> Self {
        Stroke { colour, width, dash }
    }

    fn written(&self) -> String {
        let dash = if self.dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", self.dash) };
        format!("stroke=\"{}\" stroke-width=\"{}\"{dash}", self.colour, xy(self.width))
    }
}

impl Svg {
    /// An empty drawing. `name` is a slug; `title` names the figure, `description` says what can be seen.
    pub(crate) fn new(name: &str, title: &str, description: &str, width: f64, height: f64) -> Self {
        let [name, title, description] = [name, title, description].map(String::from);
        Svg { name, title, description, width, height, defs: String::new(), body: String::new() }
    }

    /// A straight line.
    pub(crate) fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], stroke: Stroke<'_>) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(xy);
        let stroke = stroke.written();
        self.put(format_args!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {stroke}/>"));
    }

    /// A line through points; points that are not finite break it.
    pub(crate) fn polyline(&mut self, points: &[[f64; 2]], stroke: Stroke<'_>) {
        let mut path = String::new();
        let mut pen_up = true;
        for [x, y] in points {
            if !(x.is_finite() && y.is_finite()) {
                pen_up = true;
                continue;
            }
            let _ = write!(path, "{}{} {}", if pen_up { "M" } else { "L" }, xy(*x), xy(*y));
            pen_up = false;
        }
        if !path.is_empty() {
            self.path(&path, "none", Some(stroke));
        }
    }

    /// A filled area between two lines of equal length, half transparent.
    pub(crate) fn band(&mut self, lower: &[[f64; 2]], upper: &[[f64; 2]], colour: &str, opacity: f64) {
        let corners: Vec<_> = lower
            .iter()
            .chain(upper.iter().rev())
            .filter(|p| p[0].is_finite() && p[1].is_finite())
            .map(|[x, y]| format!("{} {}", xy(*x), xy(*y)))
            .collect();
        if corners.len() > 2 {
            let opacity = xy(opacity);
            let d = corners.join("L");
            self.put(format_args!("<path d=\"M{d}Z\" fill=\"{colour}\" fill-opacity=\"{opacity}\" stroke=\"none\"/>"));
        }
    }

    /// Any path.
    pub(crate) fn path(&mut self, d: &str, fill: &str, stroke: Option<Stroke<'_>>) {
        let stroke = stroke.map_or("stroke=\"none\"".into(), |s| s.written());
        self.put(format_args!("<path d=\"{d}\" fill=\"{fill}\" {stroke} stroke-linejoin=\"round\"/>"));
    }

    /// A rectangle.
    pub(crate) fn rect(&mut self, [x, y]: [f64; 2], [w, h]: [f64; 2], fill: &str, stroke: Option<Stroke<'_>>) {
        let [x, y, w, h] = [x, y, w.max(0.0), h.max(0.0)].map(xy);
        let stroke = stroke.map_or(String::new(), |s| format!(" {}", s.written()));
        self.put(format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{fill}\"{stroke}/>"));
    }

    /// Text; see [`Label`].
    pub(crate) fn label(&mut self, label: &Label<'_>) {
        label.write(&mut self.body);
    }

    /// The name of a panel in bold, in two lines where one is too narrow; the last one ends at the point's height.
    pub(crate) fn panel_title(&mut self, [x, y]: [f64; 2], text: &str, width: f64) {
        let [first, second] = in_two_lines(text, TITLE, width);
        for (line, y) in [(&first, y - 13.0), (&second, y)].into_iter().filter(|(line, _)| !line.is_empty()) {
            self.label(&Label::new([x, y], line).bold().size(TITLE).full(text));
        }
    }

    /// A raster image from a `data:` address, stretched into the box.
    pub(crate) fn image(&mut self, [x, y]: [f64; 2], [w, h]: [f64; 2], data_uri: &str) {
        let [x, y, w, h] = [x, y, w, h].map(xy);
        self.put(format_args!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" href=\"{data_uri}\"/>"
        ));
    }

    /// A fill for a colour and a hatch number: the colour itself for 0, else a reference to a hatch on a tint of it.
    pub(crate) fn hatch(&mut self, colour: &str, hatch: usize) -> String {
        let lines = match hatch {
            0 => return colour.into(),
            1 => "<path d=\"M-1 7L7 -1M5 7L7 5M-1 1L1 -1\"",
            2 => "<path d=\"M0 3H6\"",
            3 => "<path d=\"M3 0V6\"",
            _ => "<path d=\"M0 0L6 6M6 0L0 6\"",
        };
        let id = format!("{}-hatch-{hatch}", self.name);
        if !self.defs.contains(&format!("\"{id}\"")) {
            let _ = write!(
                self.defs,
                "<pattern id=\"{id}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" \
                 fill=\"{colour}\" fill-opacity=\"0.55\"/>{lines} stroke=\"{colour}\" stroke-width=\"1.8\"/></pattern>"
            );
        }
        format!("url(#{id})")
    }

    /// The drawing as a document of its own that can also stand in a page.
    pub(crate) fn finish(self) -> String {
        let Svg { name, title, description, width, height, defs, body } = self;
        let [width, height] = [width, height].map(xy);
        let defs = if defs.is_empty() { defs } else { format!("<defs>{defs}</defs>\n") };
        printable(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" aria-labelledby=\"{name}-title {name}-desc\" font-family=\"{FONT}\">\n\
             <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>\n\
             {defs}<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n",
            escape(&title),
            escape(&description)
        ))
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.body, "{element}");
    }
}

/// Text as XML character data or attribute value.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
