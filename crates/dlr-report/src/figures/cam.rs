//! Class activation maps: per patient the planes without and with the map, outlines, and a colour bar.

use super::Drawing;
use crate::csv::{Cell, Csv};
use crate::data::{Cam, CamCase, CamPlane, Orientation, Report};
use crate::format::{elide, fixed, percent, short, slug};
use crate::legend::Legend;
use crate::raster::{grey, outline, over, png_uri};
use crate::style::{INK, SOFT, hex};
use crate::svg::{Label, Stroke, Svg, text_width};

/// Box of a plane; the plane keeps its proportions in millimetres inside.
const SIDE: f64 = 216.0;
const GAP: f64 = 10.0;

/// One figure per patient.
pub(crate) fn draw(report: &Report, legend: &Legend) -> Vec<Drawing> {
    let Some(cam) = &report.cam else { return Vec::new() };
    cam.cases.iter().enumerate().filter(|(_, c)| !c.planes.is_empty()).map(|(i, c)| one(i, c, cam, legend)).collect()
}

fn one(position: usize, case: &CamCase, cam: &Cam, legend: &Legend) -> Drawing {
    let name = format!("cam-{:02}-{}", position + 1, slug(&case.case));
    let title =
        format!("{}: {}", if cam.method.is_empty() { "Activation map" } else { &cam.method }, elide(&case.case, 40));
    let limit = limit(case);
    let planes = &case.planes;
    let scale = scale(planes);
    let heights = planes.iter().map(|p| p.image.rows as f64 * p.spacing_mm[0] * scale);
    let row_height = heights.fold(40.0, f64::max);
    let facts = facts(case, cam, legend);
    let width = (planes.len() as f64 * (SIDE + GAP) + GAP).max(text_width(&facts, 11.0) + 24.0).max(470.0);
    let top = 48.0;
    let bar_top = top + 2.0 * row_height + 34.0;
    let orientations = planes.iter().map(|p| orientation(p.orientation)).collect::<Vec<_>>().join(", ");
    let alt = format!(
        "{facts}. Planes: {orientations}; above the image with outlines, below the same with the map in colour. {}",
        strongest(planes)
    );
    let mut svg = Svg::new(&name, &title, &alt, width, bar_top + 66.0);
    svg.label(&Label::new([GAP, 20.0], &facts).bold().full(&case.case));
    for (i, plane) in planes.iter().enumerate() {
        let size = [
            plane.image.cols as f64 * plane.spacing_mm[1] * scale,
            plane.image.rows as f64 * plane.spacing_mm[0] * scale,
        ];
        let x = GAP + i as f64 * (SIDE + GAP) + (SIDE - size[0]) / 2.0;
        let heading = if plane.position.is_empty() {
            orientation(plane.orientation).to_string()
        } else {
            format!("{}, {}", orientation(plane.orientation), elide(&plane.position, 26))
        };
        svg.label(&Label::new([GAP + i as f64 * (SIDE + GAP) + SIDE / 2.0, top - 8.0], &heading).middle().colour(SOFT));
        for (line, with_map) in [(0.0, false), (1.0, true)] {
            let y = top + line * (row_height + GAP) + (row_height - size[1]) / 2.0;
            panel(&mut svg, plane, [x, y], size, with_map.then_some(limit));
        }
    }
    scale_bar(&mut svg, [GAP, bar_top + 6.0], scale);
    map_legend(&mut svg, [150.0, bar_top], width, limit, cam.signed);
    outline_legend(&mut svg, [GAP, bar_top + 54.0], planes.iter().any(|p| p.ring.is_some()));
    let shown = if case.note.is_empty() { String::new() } else { format!(" Shown because: {}.", case.note) };
    let caption = format!(
        "{facts}.{shown} A colour is what its place adds to the log odds; the mean over the map is the block's part."
    );
    Drawing { name, title, caption, svg: svg.finish(), csv: data(case), is_aside: false }
}

fn facts(case: &CamCase, cam: &Cam, legend: &Legend) -> String {
    let truth = match case.positive {
        Some(true) => ", truly positive",
        Some(false) => ", truly negative",
        None => "",
    };
    let share = if case.deep_share.is_finite() {
        format!("; deep block {} of the attribution", percent(case.deep_share))
    } else {
        String::new()
    };
    let probability = fixed(case.probability, 2);
    format!("{}{truth}: {} gives {probability}{share}", elide(&case.case, 28), legend.label(&cam.model))
}

fn strongest(planes: &[CamPlane]) -> String {
    let mut inside = [0.0, 0.0];
    for plane in planes {
        for (value, is_in) in plane.map.values.iter().zip(&plane.tumour.inside) {
            inside[usize::from(*is_in != 0)] += value.max(0.0);
        }
    }
    let total = inside[0] + inside[1];
    if total > 0.0 {
        format!("{} of the positive map shown lies inside the tumour.", percent(inside[1] / total))
    } else {
        "The map shown has no positive part.".into()
    }
}

/// Units of the canvas per millimetre, the same for all planes of a patient.
fn scale(planes: &[CamPlane]) -> f64 {
    let sides =
        planes.iter().flat_map(|p| [p.image.cols as f64 * p.spacing_mm[1], p.image.rows as f64 * p.spacing_mm[0]]);
    SIDE / sides.fold(1e-9, f64::max)
}

/// Value at the end of the colour bar.
fn limit(case: &CamCase) -> f64 {
    if case.map_limit.is_finite() && case.map_limit > 0.0 {
        return case.map_limit;
    }
    let largest =
        case.planes.iter().flat_map(|p| &p.map.values).filter(|v| v.is_finite()).fold(0.0, |m: f64, v| m.max(v.abs()));
    if largest > 0.0 { largest } else { 1.0 }
}

fn panel(svg: &mut Svg, plane: &CamPlane, at: [f64; 2], size: [f64; 2], limit: Option<f64>) {
    let grey = grey(&plane.image);
    let pixels: Vec<_> = match limit {
        Some(limit) => plane.map.values.iter().zip(&grey).map(|(v, g)| over(v / limit, *g)).collect(),
        None => grey.iter().map(|g| [*g; 3]).collect(),
    };
    if let Some(uri) = png_uri(plane.image.rows, plane.image.cols, &pixels) {
        svg.image(at, size, &uri);
    }
    if let Some(ring) = &plane.ring {
        let path = outline(ring, at, size);
        svg.path(&path, "none", Some(Stroke::solid("#000000", 2.0)));
        svg.path(&path, "none", Some(Stroke::dashed("#ffffff", 1.1, "4 3")));
    }
    let path = outline(&plane.tumour, at, size);
    // White on black: to be seen on any ground, in colour and in grey.
    svg.path(&path, "none", Some(Stroke::solid("#000000", 3.0)));
    svg.path(&path, "none", Some(Stroke::solid("#ffffff", 1.4)));
    let [top, right, bottom, left] = &plane.edges;
    let ([x, y], [w, h]) = (at, size);
    let letters = [
        ([x + w / 2.0, y + 12.0], top),
        ([x + w - 8.0, y + h / 2.0 + 4.0], right),
        ([x + w / 2.0, y + h - 5.0], bottom),
        ([x + 8.0, y + h / 2.0 + 4.0], left),
    ];
    for (at, letter) in letters.iter().filter(|(_, letter)| !letter.is_empty()) {
        svg.label(&Label::new(*at, &elide(letter, 3)).middle().bold().size(10.0).colour("#ffffff"));
    }
}

fn map_legend(svg: &mut Svg, [x, y]: [f64; 2], width: f64, limit: f64, is_signed: bool) {
    let w = (width - x - 150.0).clamp(120.0, 220.0);
    let ground = 90;
    let (low, low_text) = if is_signed { (-1.0, fixed_limit(-limit)) } else { (0.0, "0".into()) };
    let text = fixed_limit(limit);
    svg.colour_bar([x + 30.0, y], [w, 12.0], |t| hex(over(low + (1.0 - low) * t, ground)), [&low_text, &text]);
    let meaning = if is_signed {
        "log odds: \u{2190} away from | towards the positive class \u{2192}"
    } else {
        "log odds towards the positive class \u{2192}"
    };
    svg.label(&Label::new([x + 30.0 + w / 2.0, y + 27.0], meaning).middle().colour(SOFT));
}

fn fixed_limit(limit: f64) -> String {
    // Two digits: a colour cannot be read more exactly.
    let unit = 10f64.powf(limit.abs().log10().floor() - 1.0);
    short((limit / unit).round() * unit)
}

/// Five centimetres, or one where five do not fit.
fn scale_bar(svg: &mut Svg, [x, y]: [f64; 2], scale: f64) {
    let mm = if 50.0 * scale <= 110.0 { 50.0 } else { 10.0 };
    svg.line([x, y], [x + mm * scale, y], Stroke::solid(INK, 2.4));
    svg.label(&Label::new([x, y + 16.0], &format!("{} cm", fixed(mm / 10.0, 0))));
}

fn outline_legend(svg: &mut Svg, [x, y]: [f64; 2], has_ring: bool) {
    svg.rect([x, y - 11.0], [30.0, 14.0], "#777777", None);
    svg.line([x + 3.0, y - 4.0], [x + 27.0, y - 4.0], Stroke::solid("#000000", 3.0));
    svg.line([x + 3.0, y - 4.0], [x + 27.0, y - 4.0], Stroke::solid("#ffffff", 1.4));
    svg.label(&Label::new([x + 36.0, y], "tumour"));
    if has_ring {
        svg.rect([x + 100.0, y - 11.0], [30.0, 14.0], "#777777", None);
        svg.line([x + 103.0, y - 4.0], [x + 127.0, y - 4.0], Stroke::solid("#000000", 2.0));
        svg.line([x + 103.0, y - 4.0], [x + 127.0, y - 4.0], Stroke::dashed("#ffffff", 1.1, "4 3"));
        svg.label(&Label::new([x + 136.0, y], "peritumoral ring"));
    }
}

fn orientation(orientation: Orientation) -> &'static str {
    match orientation {
        Orientation::Axial => "axial",
        Orientation::Coronal => "coronal",
        Orientation::Sagittal => "sagittal",
    }
}

/// Every pixel of every plane.
fn data(case: &CamCase) -> String {
    let mut csv = Csv::new(&["case", "plane", "row", "column", "image", "map", "in_tumour", "in_ring"]);
    for plane in &case.planes {
        for (at, (image, map)) in plane.image.values.iter().zip(&plane.map.values).enumerate() {
            let is_ring = plane.ring.as_ref().is_some_and(|r| r.inside[at] != 0);
            csv.row(&[
                Cell::from(&case.case),
                Cell::from(orientation(plane.orientation)),
                Cell::from(at / plane.image.cols),
                Cell::from(at % plane.image.cols),
                Cell::Pixel(*image),
                Cell::Pixel(*map),
                Cell::from(usize::from(plane.tumour.inside[at] != 0)),
                Cell::from(usize::from(is_ring)),
            ]);
        }
    }
    csv.finish()
}
