//! Map on image as a PNG in a `data:` address, and outlines of masks as SVG paths.
//!
//! The image is shown in grey between two percentiles; the map lies over it the more opaque the stronger it is, so that
//! what the map does not point at stays readable.

use crate::data::{MaskSlice, Slice};
use crate::format::xy;
use crate::style::{Rgb, heat};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Most opaque overlay.
const OPACITY: f64 = 0.75;

/// Grey levels, 0 to 255, between the 1st and the 99th percentile; NaN is black.
pub(crate) fn grey(image: &Slice) -> Vec<u8> {
    let mut sorted: Vec<f64> = image.values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted.get((sorted.len().saturating_sub(1) as f64 * part).round() as usize).copied();
    let (low, high) = (at(0.01).unwrap_or(0.0), at(0.99).unwrap_or(1.0));
    let range = if high > low { high - low } else { 1.0 };
    image
        .values
        .iter()
        .map(|v| if v.is_nan() { 0 } else { (((v - low) / range).clamp(0.0, 1.0) * 255.0).round() as u8 })
        .collect()
}

/// Colour of a map value over a grey level. `part` is the value over the limit.
pub(crate) fn over(part: f64, grey: u8) -> Rgb {
    if !part.is_finite() {
        return [grey; 3];
    }
    let part = part.clamp(-1.0, 1.0);
    let alpha = OPACITY * part.abs().powf(0.7);
    heat(part).map(|c| (f64::from(c) * alpha + f64::from(grey) * (1.0 - alpha)).round() as u8)
}

/// RGB pixels as a PNG in a `data:` address. Encoding into memory cannot fail for a shape that fits its pixels.
pub(crate) fn png_uri(rows: usize, cols: usize, pixels: &[Rgb]) -> Option<String> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(cols).ok()?, u32::try_from(rows).ok()?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(pixels.as_flattened()).ok()?;
    writer.finish().ok()?;
    Some(format!("data:image/png;base64,{}", STANDARD.encode(file)))
}

/// Outline of a mask as an SVG path in the box; corners are cut, so that stairs read as slopes. Empty for an empty mask.
pub(crate) fn outline(mask: &MaskSlice, [left, top]: [f64; 2], [width, height]: [f64; 2]) -> String {
    let inside = |r: i64, c: i64| {
        let is_on_grid = r >= 0 && c >= 0 && (r as usize) < mask.rows && (c as usize) < mask.cols;
        is_on_grid && mask.inside[r as usize * mask.cols + c as usize] != 0
    };
    let (sx, sy) = (width / mask.cols.max(1) as f64, height / mask.rows.max(1) as f64);
    let mut path = String::new();
    for loop_ in loops(mask.rows as i64, mask.cols as i64, inside) {
        let n = loop_.len();
        for i in 0..n {
            let ((r0, c0), (r1, c1)) = (loop_[i], loop_[(i + 1) % n]);
            let (x, y) = (left + (c0 + c1) as f64 / 2.0 * sx, top + (r0 + r1) as f64 / 2.0 * sy);
            path += &format!("{}{} {}", if i == 0 { "M" } else { "L" }, xy(x), xy(y));
        }
        path.push('Z');
    }
    path
}

/// Closed walks along pixel edges with the inside on the right, as corners `(row, column)`, top left first.
fn loops(rows: i64, cols: i64, inside: impl Fn(i64, i64) -> bool) -> Vec<Vec<(i64, i64)>> {
    // Directions: right, down, left, up. An edge leaves its corner and has its inside pixel at the right hand.
    const STEP: [(i64, i64); 4] = [(0, 1), (1, 0), (0, -1), (-1, 0)];
    const RIGHT_PIXEL: [(i64, i64); 4] = [(0, 0), (0, -1), (-1, -1), (-1, 0)];
    const LEFT_PIXEL: [(i64, i64); 4] = [(-1, 0), (0, 0), (0, -1), (-1, -1)];
    let is_edge = |(r, c): (i64, i64), d: usize| {
        let (right, left) = (RIGHT_PIXEL[d], LEFT_PIXEL[d]);
        inside(r + right.0, c + right.1) && !inside(r + left.0, c + left.1)
    };
    let mut used = vec![false; ((rows + 1) * (cols + 1)) as usize];
    let mut found = Vec::new();
    for r in 0..=rows {
        for c in 0..=cols {
            // Every loop has an edge that runs to the right, and each such edge belongs to one loop.
            if !is_edge((r, c), 0) || used[(r * (cols + 1) + c) as usize] {
                continue;
            }
            let (mut at, mut d, mut walk) = ((r, c), 0, Vec::new());
            loop {
                if d == 0 {
                    used[(at.0 * (cols + 1) + at.1) as usize] = true;
                }
                walk.push(at);
                at = (at.0 + STEP[d].0, at.1 + STEP[d].1);
                // Right turn first: pixels that touch at a corner stay apart.
                let Some(next) = [1, 0, 3].into_iter().map(|turn| (d + turn) % 4).find(|n| is_edge(at, *n)) else {
                    break;
                };
                d = next;
                if at == (r, c) && d == 0 {
                    break;
                }
            }
            found.push(walk);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: usize, cols: usize, text: &str) -> MaskSlice {
        MaskSlice { rows, cols, inside: text.bytes().map(|b| u8::from(b == b'#')).collect() }
    }

    #[test]
    fn one_pixel_gives_a_diamond() {
        assert_eq!(outline(&mask(1, 1, "#"), [0.0, 0.0], [2.0, 2.0]), "M1 0L2 1L1 2L0 1Z");
    }

    #[test]
    fn holes_and_touching_corners_are_loops_of_their_own() {
        assert_eq!(outline(&mask(3, 3, "####.####"), [0.0; 2], [3.0; 2]).matches('M').count(), 2);
        assert_eq!(outline(&mask(2, 2, "#..#"), [0.0; 2], [2.0; 2]).matches('M').count(), 2);
        assert_eq!(outline(&mask(2, 2, "...."), [0.0; 2], [2.0; 2]), "");
    }

    #[test]
    fn a_map_of_zero_leaves_the_image() {
        assert_eq!(over(0.0, 77), [77; 3]);
        assert_eq!(over(f64::NAN, 77), [77; 3]);
    }
}
