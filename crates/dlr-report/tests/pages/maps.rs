//! Made-up maps of the network's attention.

use crate::made_up::{Noise, Size};
use dlr_report::data::*;

pub(crate) fn cam(size: Size, noise: &mut Noise) -> Cam {
    let shapes = [
        (Orientation::Axial, size.side, size.side * 5 / 4),
        (Orientation::Coronal, size.side * 5 / 4, size.side),
        (Orientation::Sagittal, size.side, size.side),
    ];
    let case = |i: usize| CamCase {
        case: format!("STS_{i:03}"),
        positive: Some(i.is_multiple_of(2)),
        probability: 0.82 - 0.3 * i as f64,
        deep_share: 0.31,
        note: if i == 0 { "Highest probability among the external cases.".into() } else { String::new() },
        planes: shapes.iter().map(|(o, rows, cols)| plane(*o, *rows, *cols, i, noise)).collect(),
        ..CamCase::default()
    };
    Cam {
        method: "Grad-CAM of stage 2".into(),
        model: "dlr".into(),
        signed: true,
        notes: vec!["Only the deep block is explained; its share of the attribution is printed with each map.".into()],
        cases: (0..size.n_maps).map(case).collect(),
    }
}

/// A body with a bone, a tumour in it, a ring around it, and a map that peaks beside the tumour.
fn plane(orientation: Orientation, rows: usize, cols: usize, case: usize, noise: &mut Noise) -> CamPlane {
    let (r0, c0) = (rows as f64 * 0.45, cols as f64 * (0.55 - 0.08 * case as f64));
    let unit = rows.min(cols) as f64;
    let grid: Vec<(f64, f64)> = (0..rows * cols).map(|i| ((i / cols) as f64 + 0.5, (i % cols) as f64 + 0.5)).collect();
    let distance = |r: f64, c: f64| {
        let angle = (r - r0).atan2(c - c0);
        (r - r0).hypot((c - c0) * 0.8) - unit * (0.16 + 0.02 * (3.0 * angle).sin())
    };
    let body = |r: f64, c: f64| {
        ((r - rows as f64 / 2.0) / (rows as f64 * 0.46)).hypot((c - cols as f64 / 2.0) / (cols as f64 * 0.46)) < 1.0
    };
    let bone = |r: f64, c: f64| (r - rows as f64 * 0.7).hypot(c - cols as f64 * 0.35) < unit * 0.1;
    let image = grid.iter().map(|(r, c)| {
        let level = match () {
            () if !body(*r, *c) => 4.0,
            () if distance(*r, *c) < 0.0 => 150.0,
            () if bone(*r, *c) => 30.0,
            () => 80.0,
        };
        level + 6.0 * noise.normal()
    });
    let image: Vec<f64> = image.collect();
    let bump =
        |r: f64, c: f64, r1: f64, c1: f64, s: f64| (-((r - r1).powi(2) + (c - c1).powi(2)) / (2.0 * s * s)).exp();
    let map = grid.iter().map(|(r, c)| {
        0.9 * bump(*r, *c, r0 - unit * 0.12, c0 + unit * 0.12, unit * 0.13)
            - 0.6 * bump(*r, *c, rows as f64 * 0.75, cols as f64 * 0.7, unit * 0.1)
    });
    let mask = |inside: &dyn Fn(f64, f64) -> bool| MaskSlice {
        rows,
        cols,
        inside: grid.iter().map(|(r, c)| u8::from(inside(*r, *c))).collect(),
    };
    CamPlane {
        orientation,
        spacing_mm: [2.0, 2.0],
        position: format!("slice {} of {}", rows / 2, rows),
        edges: ["A", "L", "P", "R"].map(String::from),
        map: Slice { rows, cols, values: map.collect() },
        tumour: mask(&|r, c| distance(r, c) < 0.0),
        ring: Some(mask(&|r, c| distance(r, c) < unit * 0.07 && distance(r, c) >= 0.0 && body(r, c))),
        image: Slice { rows, cols, values: image },
    }
}
