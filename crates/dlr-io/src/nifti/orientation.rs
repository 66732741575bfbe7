//! Where a NIfTI image lies: one policy for the three places in which the header may say it.
//!
//! 1. `sform` with a code above 0 is used. Its directions must be orthonormal within 1e-4; a sheared, singular or NaN
//!    matrix is refused, even if a qform stands beside it: one of the two is wrong and nobody can tell which.
//! 2. Otherwise `qform` with a code above 0 is used, with the spacing of `pixdim`.
//! 3. Otherwise only `pixdim` is known: axes along x, y, z from the origin, with a note, and the image counts as not
//!    placed (a mask or image that is placed can lend it its position, see [`crate::read_pair`]).
//!
//! Spacing is `pixdim`, as ITK has it, while it agrees with the lengths of the sform's columns to 1e-4 (the columns
//! of an oblique matrix carry rounding of 1e-7, `pixdim` does not); where it does not agree, the sform wins, noted.
//! ITK differs from this policy only where sform and qform disagree, and there we tell: it takes directions from one
//! and the spacing from `pixdim`. World coordinates go from RAS to LPS here, and `xyzt_units` is brought to millimetres.

use super::header::Header;
use dlr_core::{Code, Error, Geometry, Result};
use std::path::Path;

/// Axes and origin in RAS, as stored. Columns and spacing are in the order x, y, z.
struct Affine {
    columns: [[f64; 3]; 3],
    origin: [f64; 3],
}

/// The grid, and whether the file says where in the patient it lies.
pub(super) fn geometry(
    h: &Header,
    path: &Path,
    shape: [usize; 3],
    notes: &mut Vec<String>,
) -> Result<(Geometry, bool)> {
    let pixdim = pixdim(h, notes);
    let unit = unit_mm(h, notes);
    let affine = if h.sform_code > 0 {
        sform(h)
    } else if h.qform_code > 0 {
        qform(h, pixdim)
    } else {
        notes.push("the file gives no position (qform and sform codes are 0): orientation unknown".to_owned());
        Affine { columns: [[pixdim[0], 0.0, 0.0], [0.0, pixdim[1], 0.0], [0.0, 0.0, pixdim[2]]], origin: [0.0; 3] }
    };
    let geometry = to_lps(&affine, pixdim, unit, shape, notes)
        .map_err(|e| Error::new(e.code(), format!("file `{}`: {}", crate::failure::base_name(path), e.fact())))?;
    if h.sform_code > 0 && h.qform_code > 0 {
        note_disagreement(h, &geometry, pixdim, unit, shape, notes);
    }
    Ok((geometry, h.sform_code > 0 || h.qform_code > 0))
}

/// `pixdim[1..4]` without signs. A dimension that the image does not have may have none; it is then 1 mm, noted.
fn pixdim(h: &Header, notes: &mut Vec<String>) -> [f64; 3] {
    let mut pixdim = [h.pixdim[1].abs(), h.pixdim[2].abs(), h.pixdim[3].abs()];
    for (axis, spacing) in pixdim.iter_mut().enumerate() {
        if axis as i64 >= h.n_dims && !(spacing.is_finite() && *spacing > 0.0) {
            *spacing = 1.0;
            notes.push("the image has fewer than three dimensions: thickness taken as 1 mm".to_owned());
        }
    }
    pixdim
}

/// Millimetres per unit of length in the header.
fn unit_mm(h: &Header, notes: &mut Vec<String>) -> f64 {
    let (unit, name) = match h.xyzt_units & 7 {
        1 => (1000.0, "metres"),
        3 => (0.001, "micrometres"),
        _ => return 1.0,
    };
    notes.push(format!("lengths are stored in {name}"));
    unit
}

fn sform(h: &Header) -> Affine {
    Affine {
        columns: std::array::from_fn(|c| std::array::from_fn(|r| h.sform[r][c])),
        origin: std::array::from_fn(|r| h.sform[r][3]),
    }
}

/// The rotation of a unit quaternion, as the standard gives it; `pixdim[0]` below 0 mirrors the third axis.
fn qform(h: &Header, pixdim: [f64; 3]) -> Affine {
    let [b, c, d] = h.quaternion;
    let rest = 1.0 - (b * b + c * c + d * d);
    // Rounding can bring the sum a little above 1; the quaternion is then brought back to length 1.
    let (a, b, c, d) = if rest < 1e-7 {
        let length = (b * b + c * c + d * d).sqrt();
        (0.0, b / length, c / length, d / length)
    } else {
        (rest.sqrt(), b, c, d)
    };
    let sign = if h.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let columns = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c + a * d), 2.0 * (b * d - a * c)],
        [2.0 * (b * c - a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d + a * b)],
        [2.0 * (b * d + a * c), 2.0 * (c * d - a * b), a * a + d * d - c * c - b * b].map(|v| sign * v),
    ];
    Affine { columns: std::array::from_fn(|i| columns[i].map(|v| v * pixdim[i])), origin: h.q_offset }
}

fn to_lps(
    affine: &Affine,
    pixdim: [f64; 3],
    unit: f64,
    shape: [usize; 3],
    notes: &mut Vec<String>,
) -> Result<Geometry> {
    let mut spacing = [0.0; 3];
    let mut direction = [[0.0; 3]; 3];
    for axis in 0..3 {
        let [x, y, z] = affine.columns[axis];
        let length = (x * x + y * y + z * z).sqrt();
        if !(length.is_finite() && length > 0.0) {
            return Err(Error::new(Code::Geometry, "the stored position is singular or not a number"));
        }
        // Array axis 2 is x.
        direction[2 - axis] = [-x / length, -y / length, z / length].map(|v| v + 0.0);
        let agrees = (pixdim[axis] / length - 1.0).abs() <= 1e-4;
        if !agrees {
            let (stored, used) = (pixdim[axis], length);
            notes.push(format!("pixdim says {stored} along axis {axis}, but the sform {used}: the sform is used"));
        }
        spacing[2 - axis] = unit * if agrees { pixdim[axis] } else { length };
    }
    let [x, y, z] = affine.origin;
    Geometry::new(shape, spacing, [-x * unit, -y * unit, z * unit].map(|v| v + 0.0), direction)
}

/// Tells where a valid qform puts the image elsewhere than the sform does.
fn note_disagreement(
    h: &Header,
    used: &Geometry,
    pixdim: [f64; 3],
    unit: f64,
    shape: [usize; 3],
    notes: &mut Vec<String>,
) {
    let Ok(other) = to_lps(&qform(h, pixdim), pixdim, unit, shape, &mut Vec::new()) else { return };
    let far = used.corner_distance_voxels(&other);
    if far > dlr_core::SAME_GRID_TOLERANCE_VOXELS {
        notes.push(format!("sform and qform disagree by up to {far:.2} voxels: the sform is used"));
    }
}
