//! Map panels of single patients: three planes through the tumour, turned the way radiologists look at them.

use dlr_core::{Case, Geometry, Mask, Result, Volume};
use dlr_report::data::{CamPlane, MaskSlice, Orientation, Slice};
use ndarray::{Array2, Array3, Axis};

/// Axial, coronal and sagittal planes, each through the slice in which the tumour is largest.
///
/// # Errors
/// [`dlr_core::Code::MissingMask`] where the case has no such region.
pub(crate) fn planes(case: &Case, map: &Volume, tumour: &str, ring: Option<&str>) -> Result<Vec<CamPlane>> {
    let image = case.image.to_f64();
    let map = map.to_f64();
    let mass = case.mask(tumour)?;
    let ring = ring.map(|name| case.mask(name)).transpose()?;
    let views = [Orientation::Axial, Orientation::Coronal, Orientation::Sagittal];
    Ok(views.into_iter().map(|view| plane(view, &image, &map, mass, ring)).collect())
}

fn plane(view: Orientation, image: &Array3<f64>, map: &Array3<f64>, mass: &Mask, ring: Option<&Mask>) -> CamPlane {
    let geometry = mass.geometry();
    let turn = Turn::new(view, geometry);
    let inside = mass.voxels().mapv(u8::from);
    let at = largest(&inside, turn.normal);
    let grey = turn.slice(image, at);
    let outline = |mask: &Array2<u8>| MaskSlice {
        rows: mask.nrows(),
        cols: mask.ncols(),
        inside: mask.iter().copied().collect(),
    };
    let values = |slice: &Array2<f64>| Slice {
        rows: slice.nrows(),
        cols: slice.ncols(),
        values: slice.iter().map(|v| short(*v)).collect(),
    };
    CamPlane {
        orientation: view,
        spacing_mm: [geometry.spacing_mm()[turn.down], geometry.spacing_mm()[turn.right]],
        position: format!("slice {} of {}", at + 1, geometry.shape()[turn.normal]),
        edges: turn.edges.map(String::from),
        image: values(&grey),
        map: values(&turn.slice(map, at)),
        tumour: outline(&turn.slice(&inside, at)),
        ring: ring.map(|ring| outline(&turn.slice(&ring.voxels().mapv(u8::from), at))),
    }
}

/// Four significant digits: pixels are for looking at, and the exact maps are in `cam/`.
fn short(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let unit = 10f64.powi(3 - value.abs().log10().floor() as i32);
    (value * unit).round() / unit
}

/// The slice along an axis that holds most of the region.
fn largest(inside: &Array3<u8>, axis: usize) -> usize {
    let areas = inside.axis_iter(Axis(axis)).map(|slice| slice.iter().map(|v| usize::from(*v)).sum::<usize>());
    areas.enumerate().max_by_key(|(at, area)| (*area, std::cmp::Reverse(*at))).map_or(0, |(at, _)| at)
}

/// Which array axis lies along the normal, down and right of a view, and which of them run backwards.
struct Turn {
    normal: usize,
    down: usize,
    right: usize,
    down_flipped: bool,
    right_flipped: bool,
    edges: [&'static str; 4],
}

impl Turn {
    fn new(view: Orientation, geometry: &Geometry) -> Self {
        // World axes (0 left, 1 posterior, 2 superior) with their sign: normal, down, right; letters top, right, bottom, left.
        let ([normal, down, right], down_sign, edges) = match view {
            Orientation::Axial => ([2, 1, 0], 1.0, ["A", "L", "P", "R"]),
            Orientation::Coronal => ([1, 2, 0], -1.0, ["S", "L", "I", "R"]),
            Orientation::Sagittal => ([0, 2, 1], -1.0, ["S", "P", "I", "A"]),
        };
        let axis_of = assign(geometry);
        let sign = |world: usize| geometry.direction()[axis_of[world]][world].signum();
        Turn {
            normal: axis_of[normal],
            down: axis_of[down],
            right: axis_of[right],
            down_flipped: sign(down) * down_sign < 0.0,
            right_flipped: sign(right) < 0.0,
            edges,
        }
    }

    /// The slice, row 0 at the top and column 0 at the left.
    fn slice<T: Copy>(&self, voxels: &Array3<T>, at: usize) -> Array2<T> {
        let mut slice = voxels.index_axis(Axis(self.normal), at);
        // After the normal is taken out, the two axes left keep their order.
        if self.down > self.right {
            slice.swap_axes(0, 1);
        }
        if self.down_flipped {
            slice.invert_axis(Axis(0));
        }
        if self.right_flipped {
            slice.invert_axis(Axis(1));
        }
        slice.to_owned()
    }
}

/// For each world axis the array axis that follows it most closely, each array axis once.
fn assign(geometry: &Geometry) -> [usize; 3] {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let fit = |order: &[usize; 3]| (0..3).map(|world| geometry.direction()[order[world]][world].abs()).sum::<f64>();
    ORDERS.into_iter().max_by(|a, b| fit(a).total_cmp(&fit(b))).unwrap_or([2, 1, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bright voxel at the patient's left, anterior, superior corner must appear where a radiologist expects it,
    /// however the file stores its axes.
    #[test]
    fn turned_as_radiologists_look() {
        let direction = |d: [[f64; 3]; 3]| Geometry::new([4, 5, 6], [1.0; 3], [0.0; 3], d).unwrap();
        let plain = direction([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
        let flipped = direction([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]]);
        let sagittal = direction([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]);
        for geometry in [plain, flipped, sagittal] {
            // Corner in world terms: largest x (left), smallest y (anterior), largest z (superior).
            let last = geometry.shape().map(|n| n - 1);
            let corners = (0..8usize).map(|bits| [0, 1, 2].map(|a| if bits >> a & 1 == 1 { last[a] } else { 0 }));
            let score = |c: &[usize; 3]| {
                let [x, y, z] = geometry.to_world(c.map(|i| i as f64));
                x - y + z
            };
            let corner = corners.max_by(|a, b| score(a).total_cmp(&score(b))).unwrap();
            let mut image = Array3::<f64>::zeros(geometry.shape());
            image[corner] = 1.0;
            let mut mass = Array3::from_elem(geometry.shape(), false);
            mass[corner] = true;
            let mass = Mask::new(geometry, mass).unwrap();
            for (view, top_row, right_column) in [
                (Orientation::Axial, true, true),     // anterior at the top, left at the right
                (Orientation::Coronal, true, true),   // superior at the top, left at the right
                (Orientation::Sagittal, true, false), // superior at the top, anterior at the left
            ] {
                let plane = plane(view, &image, &image, &mass, None);
                let at = plane.image.values.iter().position(|v| *v == 1.0).unwrap();
                let (row, column) = (at / plane.image.cols, at % plane.image.cols);
                assert_eq!(row == 0, top_row, "{view:?}");
                assert_eq!(column == plane.image.cols - 1, right_column, "{view:?}");
                assert_eq!(plane.tumour.inside[at], 1);
            }
        }
    }
}
