//! [`Outline`]: perimeter, area and vertices of the marching squares outline of one slice.

use ndarray::ArrayView2;

/// The outline of a flat region.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Length in millimetres.
    pub perimeter_mm: f64,
    /// Enclosed area in square millimetres.
    pub area_mm2: f64,
    /// Longest distance between two vertices in millimetres.
    pub diameter_mm: f64,
}

/// Middles of the sides of a square, `[y, x]` in half pixels: top, right, bottom, left.
const SIDES: [[i32; 2]; 4] = [[0, 1], [1, 2], [2, 1], [1, 0]];

/// Sides joined by the lines of each corner pattern; bits are the corners `[0,0] [0,1] [1,1] [1,0]`.
/// The region stays on the same side of every line, and the two ambiguous patterns are cut as pyradiomics cuts them.
const LINES: [&[[usize; 2]]; 16] = [
    &[],
    &[[3, 0]],
    &[[0, 1]],
    &[[3, 1]],
    &[[1, 2]],
    &[[1, 2], [3, 0]],
    &[[0, 2]],
    &[[3, 2]],
    &[[2, 3]],
    &[[2, 0]],
    &[[0, 1], [2, 3]],
    &[[2, 1]],
    &[[1, 3]],
    &[[1, 0]],
    &[[0, 3]],
    &[],
];

impl Outline {
    /// The outline of `mask`, whose outside is empty. Spacing `[y, x]` in millimetres.
    pub fn new(mask: ArrayView2<'_, bool>, spacing_mm: [f64; 2]) -> Self {
        let (ny, nx) = mask.dim();
        let inside = |y: usize, x: usize| y > 0 && x > 0 && y <= ny && x <= nx && mask[[y - 1, x - 1]];
        let (mut perimeter_mm, mut twice_area) = (0.0, 0.0);
        let mut vertices = Vec::new();
        for y in 0..=ny {
            for x in 0..=nx {
                let corners = [inside(y, x), inside(y, x + 1), inside(y + 1, x + 1), inside(y + 1, x)];
                let pattern: usize = corners.iter().enumerate().map(|(bit, on)| usize::from(*on) << bit).sum();
                for &line in LINES[pattern] {
                    let [a, b] = line.map(|side| {
                        let half = [2 * y as i32 + SIDES[side][0], 2 * x as i32 + SIDES[side][1]];
                        vertices.push([0, half[0], half[1]]);
                        [0, 1].map(|i| f64::from(half[i]) * 0.5 * spacing_mm[i])
                    });
                    twice_area += a[0] * b[1] - b[0] * a[1];
                    perimeter_mm += ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
                }
            }
        }
        let diameter_mm = super::Diameters::new(&vertices, [1.0, spacing_mm[0], spacing_mm[1]]).overall_mm;
        Outline { perimeter_mm, area_mm2: twice_area / 2.0, diameter_mm }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn one_pixel_is_a_rhombus() {
        let outline = Outline::new(Array2::from_elem((1, 1), true).view(), [1.0, 1.0]);
        assert!((outline.area_mm2 - 0.5).abs() < 1e-15);
        assert!((outline.perimeter_mm - 8f64.sqrt()).abs() < 1e-15);
        assert_eq!(outline.diameter_mm, 1.0);
    }

    #[test]
    fn a_rectangle_loses_its_corners() {
        let outline = Outline::new(Array2::from_elem((3, 5), true).view(), [2.0, 1.0]);
        assert!((outline.area_mm2 - (30.0 - 4.0 * 0.25)).abs() < 1e-12);
        assert!((outline.diameter_mm - 4.0f64.hypot(5.0).max(6f64.hypot(4.0))).abs() < 1e-12);
    }
}
