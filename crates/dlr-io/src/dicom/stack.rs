//! Planes with positions to one volume: sorted along the normal, evenly spaced, none missing and none twice.

use crate::failure;
use dlr_core::{Code, Error, Geometry, Result, Volume, Voxels};
use ndarray::Array3;
use std::path::{Path, PathBuf};

/// Where one plane of pixels lies, in LPS millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plane {
    pub(super) position: [f64; 3],
    /// Direction along a row (columns increase), and along a column (rows increase).
    pub(super) row_direction: [f64; 3],
    pub(super) column_direction: [f64; 3],
    /// Distance of rows, and of columns.
    pub(super) spacing: [f64; 2],
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Plane {
    pub(super) fn normal(&self) -> [f64; 3] {
        let (r, c) = (self.row_direction, self.column_direction);
        [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]]
    }
}

/// A plane with its values.
pub(super) struct Frame {
    pub(super) path: PathBuf,
    pub(super) plane: Plane,
    pub(super) values: Values,
    /// SpacingBetweenSlices or SliceThickness: used for a single slice only.
    pub(super) thickness: Option<f64>,
}

/// Stored values and their scaling.
pub(super) struct Values {
    pub(super) stored: Vec<i32>,
    pub(super) slope: f64,
    pub(super) intercept: f64,
}

/// Distances of slices may differ by this share of their mean: positions are written with few digits.
const STEP_TOLERANCE: f64 = 0.02;

/// The grid of planes, and the order in which they come along its normal.
pub(super) fn grid(
    series: &Path,
    planes: &[Plane],
    thickness: Option<f64>,
    notes: &mut Vec<String>,
) -> Result<(Geometry, Vec<usize>)> {
    let name = failure::base_name(series);
    let problem = |what: String| Error::new(Code::Geometry, format!("series in `{name}`: {what}"));
    let Some(first) = planes.first() else { return Err(problem("no image planes".to_owned())) };
    for plane in planes {
        if (plane.rows, plane.columns) != (first.rows, first.columns) {
            return Err(problem("slices differ in size".to_owned())
                .expected(format!("{} x {}", first.rows, first.columns))
                .found(format!("{} x {}", plane.rows, plane.columns)));
        }
        let pairs = [
            (&plane.row_direction[..], &first.row_direction[..]),
            (&plane.column_direction, &first.column_direction),
            (&plane.spacing, &first.spacing),
        ];
        if pairs.iter().any(|(a, b)| a.iter().zip(*b).any(|(a, b)| (a - b).abs() > 1e-3)) {
            return Err(problem("slices differ in orientation or pixel spacing".to_owned())
                .hint("the folder may hold a localiser or several series"));
        }
    }
    let normal = first.normal();
    let along = |plane: &Plane| (0..3).map(|i| plane.position[i] * normal[i]).sum::<f64>();
    let mut order: Vec<usize> = (0..planes.len()).collect();
    order.sort_by(|a, b| along(&planes[*a]).total_cmp(&along(&planes[*b])));
    let step = if planes.len() > 1 {
        even_step(&order.iter().map(|i| along(&planes[*i])).collect::<Vec<_>>()).map_err(problem)?
    } else {
        notes.push("a single slice: its thickness is taken from the header".to_owned());
        thickness.ok_or_else(|| problem("a single slice without a thickness".to_owned()))?
    };
    let origin = planes[order[0]].position;
    for (n, index) in order.iter().enumerate() {
        let expected = [0, 1, 2].map(|i| origin[i] + n as f64 * step * normal[i]);
        let far = (0..3).map(|i| (planes[*index].position[i] - expected[i]).powi(2)).sum::<f64>().sqrt();
        if far > 0.05 * step.max(first.spacing[0]) {
            return Err(problem(format!("slices are shifted against each other by {far:.3} mm"))
                .hint("a tilted gantry must be resampled before it is used"));
        }
    }
    let [between_rows, between_columns] = first.spacing;
    let direction = [normal, first.column_direction, first.row_direction];
    let shape = [planes.len(), first.rows, first.columns];
    let geometry = Geometry::new(shape, [step, between_rows, between_columns], origin, direction)
        .map_err(|e| problem(e.fact().to_owned()))?;
    Ok((geometry, order))
}

/// The mean distance of sorted positions, or what is wrong with them.
fn even_step(sorted: &[f64]) -> Result<f64, String> {
    let steps: Vec<f64> = sorted.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut by_size = steps.clone();
    by_size.sort_by(f64::total_cmp);
    let typical = by_size[by_size.len() / 2];
    let tolerance = STEP_TOLERANCE * typical;
    if let Some(place) = steps.iter().position(|step| *step <= tolerance.max(1e-3)) {
        return Err(format!("two slices at the same position ({:.2} mm): several echoes or times?", sorted[place]));
    }
    match steps.iter().position(|step| (step - typical).abs() > tolerance) {
        None => Ok(steps.iter().sum::<f64>() / steps.len() as f64),
        Some(place) => {
            let (step, multiple) = (steps[place], steps[place] / typical);
            let is_gap = multiple > 1.5 && (multiple - multiple.round()).abs() < 0.1;
            let what = if is_gap {
                format!("{} slices are missing", multiple.round() - 1.0)
            } else {
                "slices are unevenly spaced".to_owned()
            };
            Err(format!("{what}: {step:.3} mm after {:.2} mm, elsewhere {typical:.3} mm", sorted[place]))
        }
    }
}

/// One volume of all frames.
pub(super) fn volume(series: &Path, frames: &[Frame], notes: &mut Vec<String>) -> Result<Volume> {
    let planes: Vec<Plane> = frames.iter().map(|frame| frame.plane).collect();
    let (geometry, order) = grid(series, &planes, frames.first().and_then(|f| f.thickness), notes)?;
    let [_, rows, columns] = geometry.shape();
    if let Some(frame) = frames.iter().find(|frame| frame.values.stored.len() != rows * columns) {
        return Err(failure::truncated(&frame.path));
    }
    let sorted = || order.iter().map(|index| &frames[*index].values);
    let [z, y, x] = geometry.shape();
    let shaped = |e: ndarray::ShapeError| failure::format(series, e);
    // Stored integers of 16 bit are exact in 32 bit floats; scaled ones are not.
    let fits_f32 = |v: &Values| v.slope == 1.0 && v.intercept.fract() == 0.0 && v.intercept.abs() < 1e6;
    let is_small = sorted().all(|v| fits_f32(v) && v.stored.iter().all(|s| s.unsigned_abs() < 1 << 22));
    let voxels = if is_small {
        let values = sorted().flat_map(|v| v.stored.iter().map(|s| (f64::from(*s) + v.intercept) as f32));
        Voxels::F32(Array3::from_shape_vec((z, y, x), values.collect()).map_err(shaped)?)
    } else {
        let values = sorted().flat_map(|v| v.stored.iter().map(|s| v.slope * f64::from(*s) + v.intercept));
        Voxels::F64(Array3::from_shape_vec((z, y, x), values.collect()).map_err(shaped)?)
    };
    Volume::new(geometry, voxels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_even_or_said_to_be_what_they_are() {
        assert_eq!(even_step(&[0.0, 5.2, 10.4001, 15.6]).unwrap(), 5.2);
        assert!(even_step(&[0.0, 1.0, 3.0, 4.0, 5.0]).unwrap_err().starts_with("1 slices are missing"));
        assert!(even_step(&[0.0, 1.0, 1.0, 2.0]).unwrap_err().starts_with("two slices at the same position"));
        assert!(even_step(&[0.0, 1.0, 2.3, 3.3]).unwrap_err().starts_with("slices are unevenly spaced"));
    }
}
