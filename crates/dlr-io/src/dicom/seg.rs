//! DICOM SEG to a mask on the grid of an image. Binary segments are bits, packed across frames without padding;
//! fractional ones count as inside from half of their maximum.

use super::object::{Item, open};
use super::pixels::stored;
use super::series::Groups;
use super::stack::Plane;
use crate::failure::{self, base_name};
use crate::image::Noted;
use dicom_dictionary_std::tags;
use dlr_core::{Code, Error, Geometry, Mask, Result};
use ndarray::Array3;
use std::path::Path;

/// Number and label of every segment, in file order.
///
/// # Errors
/// `E0202` to `E0204` for a file that is no SEG.
pub fn seg_names(path: &Path) -> Result<Vec<(usize, String)>> {
    let object = open(path, false)?;
    segments(&Item::new(&object, path))
}

fn segments(item: &Item<'_>) -> Result<Vec<(usize, String)>> {
    let segments = item.items(tags::SEGMENT_SEQUENCE);
    if segments.is_empty() {
        return Err(failure::format(item.path, "not a SEG, or one without segments"));
    }
    let one = |segment: &Item<'_>| {
        let number = segment.required_whole(tags::SEGMENT_NUMBER, "SegmentNumber")?;
        Ok((number, segment.text(tags::SEGMENT_LABEL).unwrap_or_default()))
    };
    segments.iter().map(one).collect()
}

/// The segment with this label (or number, as text) as a mask on `grid`, the grid of the image it was drawn on.
///
/// Frames may cover part of the image and may miss where they would be empty; they must lie on its voxels.
///
/// # Errors
/// `E0107` for a segment that is not there, `E0103` for frames off the grid, `E0104` for an empty segment.
pub fn read_seg(path: &Path, segment: &str, grid: &Geometry) -> Result<Noted<Mask>> {
    let object = open(path, true)?;
    let item = Item::new(&object, path);
    let all = segments(&item)?;
    let wanted: Vec<usize> =
        all.iter().filter(|(n, label)| label == segment || n.to_string() == segment).map(|(n, _)| *n).collect();
    let [number] = wanted.as_slice() else {
        let labels: Vec<_> = all.iter().map(|(n, label)| format!("{n} `{label}`")).collect();
        let what = if wanted.is_empty() { "no segment" } else { "several segments" };
        return Err(Error::new(Code::MissingMask, format!("file `{}` has {what} `{segment}`", base_name(path)))
            .found(labels.join(", ")));
    };
    let pixels = stored(&object, path)?;
    let [n_frames, rows, columns] = pixels.shape;
    let threshold = match item.text(tags::SEGMENTATION_TYPE).as_deref() {
        Some("FRACTIONAL") => item.whole(tags::MAXIMUM_FRACTIONAL_VALUE).unwrap_or(255) as f64 / 2.0,
        _ => 0.5,
    };
    let per_frame = item.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let shared = item.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    if per_frame.len() != n_frames {
        return Err(failure::format(path, format!("{n_frames} frames, but groups for {}", per_frame.len())));
    }
    let [z, y, x] = grid.shape();
    let mut inside = Array3::from_elem((z, y, x), false);
    for (frame, own) in pixels.values.chunks_exact(rows * columns).zip(&per_frame) {
        let groups = Groups { own: Some(*own), shared, file: item };
        let identification =
            [Some(*own), shared].into_iter().flatten().find_map(|g| g.item(tags::SEGMENT_IDENTIFICATION_SEQUENCE));
        if identification.and_then(|i| i.whole(tags::REFERENCED_SEGMENT_NUMBER)) != Some(*number) {
            continue;
        }
        let plane = groups.plane(rows, columns)?;
        let start = placed(&plane, grid).ok_or_else(|| {
            Error::new(
                Code::GridMismatch,
                format!("frames of `{}` do not lie on the voxels of the image", base_name(path)),
            )
            .hint("the segmentation may belong to another series")
        })?;
        for (i, _) in frame.iter().enumerate().filter(|(_, v)| f64::from(**v) >= threshold) {
            let place = [start[0], start[1] + (i / columns) as i64, start[2] + (i % columns) as i64];
            if let Ok(place) = place.map(usize::try_from).into_iter().collect::<Result<Vec<_>, _>>()
                && let Some(voxel) = inside.get_mut([place[0], place[1], place[2]])
            {
                *voxel = true;
            } else {
                return Err(Error::new(Code::GridMismatch, format!("segment `{segment}` reaches beyond the image")));
            }
        }
    }
    if !inside.iter().any(|v| *v) {
        return Err(Error::new(Code::EmptyMask, format!("segment `{segment}` of `{}` is empty", base_name(path))));
    }
    Ok(Noted { value: Mask::new(*grid, inside)?, notes: Vec::new() })
}

/// Index `[z, y, x]` of the plane's first pixel, if its pixels are voxels of the grid.
fn placed(plane: &Plane, grid: &Geometry) -> Option<[i64; 3]> {
    let [_, down, right] = grid.direction();
    let [_, between_rows, between_columns] = grid.spacing_mm();
    let same = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-3;
    let fits = same(plane.row_direction, right)
        && same(plane.column_direction, down)
        && close(plane.spacing[0], between_rows)
        && close(plane.spacing[1], between_columns);
    let index = grid.to_index(plane.position);
    let on_voxels = index.iter().all(|i| (i - i.round()).abs() < 0.02);
    (fits && on_voxels).then(|| index.map(|i| i.round() as i64))
}
