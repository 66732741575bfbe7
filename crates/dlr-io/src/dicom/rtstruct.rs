//! RTSTRUCT contours to a mask: even-odd at voxel centres, each contour on the slice that it lies on.
//!
//! Contours of one slice are combined by exclusive or, so that a contour inside another is a hole. A point may lie up
//! to half a slice distance off its slice; a contour between slices, or tilted against them, is refused.

use super::object::{Item, open};
use super::series::Series;
use crate::failure::{self, base_name};
use crate::image::Noted;
use dicom_dictionary_std::tags;
use dlr_core::{Code, Error, Geometry, Mask, Result};
use ndarray::Array3;
use std::path::Path;

/// Names of the ROIs of a structure set, in file order.
///
/// # Errors
/// `E0202` to `E0204` for a file that is no RTSTRUCT.
pub fn rtstruct_names(path: &Path) -> Result<Vec<String>> {
    let object = open(path, true)?;
    let item = Item::new(&object, path);
    let rois = item.items(tags::STRUCTURE_SET_ROI_SEQUENCE);
    if rois.is_empty() {
        return Err(failure::format(path, "not an RTSTRUCT, or one without ROIs"));
    }
    Ok(rois.iter().filter_map(|roi| roi.text(tags::ROI_NAME)).collect())
}

/// The ROI `name` of a structure set as a mask on the grid of the series that it was drawn on.
///
/// # Errors
/// `E0107` for a name that is not there (naming those that are), `E0103` for a structure set of another series or
/// contours off its slices, `E0104` for a ROI without a voxel, `E0204` for open contours.
pub fn read_rtstruct(path: &Path, name: &str, series: &Series) -> Result<Noted<Mask>> {
    let object = open(path, true)?;
    let item = Item::new(&object, path);
    let mut notes = Vec::new();
    must_refer_to(&item, series, &mut notes)?;
    let number = roi_number(&item, name)?;
    let contours = item
        .items(tags::ROI_CONTOUR_SEQUENCE)
        .into_iter()
        .filter(|roi| roi.whole(tags::REFERENCED_ROI_NUMBER) == Some(number))
        .flat_map(|roi| roi.items(tags::CONTOUR_SEQUENCE));
    let grid = series.volume.geometry();
    let [z, y, x] = grid.shape();
    let mut inside = Array3::from_elem((z, y, x), false);
    for contour in contours {
        match contour.text(tags::CONTOUR_GEOMETRIC_TYPE).as_deref() {
            Some("CLOSED_PLANAR" | "CLOSEDPLANAR_XOR" | "CLOSED_PLANAR_XOR") => {}
            Some("POINT") => {
                notes.push(format!("ROI `{name}` holds a point, which has no area"));
                continue;
            }
            other => {
                let kind = other.unwrap_or("of no type").to_owned();
                return Err(failure::format(path, format!("ROI `{name}` holds a contour {kind}"))
                    .expected("closed planar contours"));
            }
        }
        let points = points(&contour, path)?;
        draw(&points, grid, &mut inside).map_err(|what| {
            Error::new(Code::GridMismatch, format!("file `{}`, ROI `{name}`: {what}", base_name(path)))
                .hint("the structure set may belong to another series")
        })?;
    }
    if !inside.iter().any(|v| *v) {
        return Err(Error::new(
            Code::EmptyMask,
            format!("ROI `{name}` of `{}` covers no voxel centre", base_name(path)),
        ));
    }
    Ok(Noted { value: Mask::new(*grid, inside)?, notes })
}

/// The structure set must name this series, or at least its frame of reference.
fn must_refer_to(item: &Item<'_>, series: &Series, notes: &mut Vec<String>) -> Result<()> {
    let frames = item.items(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE);
    let referenced: Vec<String> = frames
        .iter()
        .flat_map(|frame| frame.items(tags::RT_REFERENCED_STUDY_SEQUENCE))
        .flat_map(|study| study.items(tags::RT_REFERENCED_SERIES_SEQUENCE))
        .filter_map(|series| series.text(tags::SERIES_INSTANCE_UID))
        .collect();
    if referenced.contains(&series.uid) {
        return Ok(());
    }
    let same_frame = series.frame_of_reference.is_some()
        && frames.iter().any(|frame| frame.text(tags::FRAME_OF_REFERENCE_UID) == series.frame_of_reference);
    if referenced.is_empty() && same_frame {
        notes.push("the structure set names no series: matched by frame of reference".to_owned());
        return Ok(());
    }
    Err(Error::new(Code::GridMismatch, format!("structure set `{}` was drawn on another series", base_name(item.path)))
        .expected("a reference to the series of the image")
        .found(format!("references to {} other series", referenced.len())))
}

fn roi_number(item: &Item<'_>, name: &str) -> Result<usize> {
    let rois = item.items(tags::STRUCTURE_SET_ROI_SEQUENCE);
    let named = |roi: &&Item<'_>| roi.text(tags::ROI_NAME).as_deref() == Some(name);
    if let Some(roi) = rois.iter().find(named) {
        return roi.required_whole(tags::ROI_NUMBER, "ROINumber");
    }
    let names: Vec<_> = rois.iter().filter_map(|roi| roi.text(tags::ROI_NAME)).collect();
    Err(Error::new(Code::MissingMask, format!("file `{}` has no ROI `{name}`", base_name(item.path)))
        .found(if names.is_empty() { "no ROIs".to_owned() } else { names.join(", ") }))
}

fn points(contour: &Item<'_>, path: &Path) -> Result<Vec<[f64; 3]>> {
    let numbers = contour.numbers(tags::CONTOUR_DATA).unwrap_or_default();
    let (points, rest) = numbers.as_chunks::<3>();
    if points.is_empty() || !rest.is_empty() {
        return Err(failure::format(path, "contour data are not triples of numbers"));
    }
    Ok(points.to_vec())
}

/// Flips all voxels whose centre lies inside the contour.
fn draw(points_mm: &[[f64; 3]], grid: &Geometry, inside: &mut Array3<bool>) -> Result<(), String> {
    let points: Vec<[f64; 3]> = points_mm.iter().map(|p| grid.to_index(*p)).collect();
    let mean = points.iter().map(|p| p[0]).sum::<f64>() / points.len() as f64;
    let slice = mean.round();
    if !(slice >= 0.0 && slice < grid.shape()[0] as f64) {
        return Err(format!("a contour lies {mean:.1} slices from the first of {}", grid.shape()[0]));
    }
    let off = points.iter().map(|p| (p[0] - slice).abs()).fold(0.0, f64::max);
    if off > 0.5 {
        return Err(format!("a contour leaves its slice by {off:.2} slice distances"));
    }
    let [_, n_rows, n_columns] = grid.shape();
    let mut plane = inside.index_axis_mut(ndarray::Axis(0), slice as usize);
    let lowest = points.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min).ceil().max(0.0);
    let highest = points.iter().map(|p| p[1]).fold(f64::NEG_INFINITY, f64::max).floor().min(n_rows as f64 - 1.0);
    if highest < lowest {
        return Ok(());
    }
    for row in lowest as usize..=highest as usize {
        let crossings = crossings(&points, row as f64);
        // Between the first and second crossing is inside, between the third and fourth, and so on.
        for (from, to) in crossings.as_chunks::<2>().0.iter().map(|[a, b]| (a.ceil().max(0.0), b.ceil())) {
            for column in from as usize..(to.max(0.0) as usize).min(n_columns) {
                plane[[row, column]] ^= true;
            }
        }
    }
    Ok(())
}

/// Where the closed polygon crosses a row of voxel centres, ascending. A vertex on the row belongs to the edge below
/// it, so every row is crossed an even number of times.
fn crossings(points: &[[f64; 3]], row: f64) -> Vec<f64> {
    let mut crossings = Vec::new();
    for (i, [_, y1, x1]) in points.iter().enumerate() {
        let [_, y0, x0] = points[if i == 0 { points.len() - 1 } else { i - 1 }];
        if (y0 <= row) != (*y1 <= row) {
            crossings.push(x0 + (row - y0) / (y1 - y0) * (x1 - x0));
        }
    }
    crossings.sort_by(f64::total_cmp);
    crossings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(contours: &[&[[f64; 2]]]) -> Vec<String> {
        let grid = Geometry::axis_aligned([1, 5, 5], [1.0; 3]).unwrap();
        let mut inside = Array3::from_elem((1, 5, 5), false);
        for contour in contours {
            let points: Vec<[f64; 3]> = contour.iter().map(|[x, y]| [*x, *y, 0.0]).collect();
            draw(&points, &grid, &mut inside).unwrap();
        }
        inside
            .outer_iter()
            .flat_map(|plane| {
                plane
                    .outer_iter()
                    .map(|row| row.iter().map(|v| if *v { '#' } else { '.' }).collect())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn a_square_inside_a_square_is_a_hole() {
        let outer = [[-0.5, -0.5], [4.5, -0.5], [4.5, 4.5], [-0.5, 4.5]];
        let inner = [[0.5, 0.5], [3.5, 0.5], [3.5, 3.5], [0.5, 3.5]];
        assert_eq!(drawn(&[&outer, &inner]), ["#####", "#...#", "#...#", "#...#", "#####"]);
        // A keyhole: the same as one contour with a bridge of no width.
        let keyhole = [
            [-0.5, -0.5],
            [4.5, -0.5],
            [4.5, 4.5],
            [-0.5, 4.5],
            [-0.5, -0.5],
            [0.5, 0.5],
            [0.5, 3.5],
            [3.5, 3.5],
            [3.5, 0.5],
            [0.5, 0.5],
        ];
        assert_eq!(drawn(&[&keyhole]), ["#####", "#...#", "#...#", "#...#", "#####"]);
    }

    #[test]
    fn neighbours_that_share_an_edge_share_no_voxel() {
        let left = [[0.0, 0.0], [2.0, 0.0], [2.0, 4.0], [0.0, 4.0]];
        let right = [[2.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 4.0]];
        let both = drawn(&[&left, &right]);
        assert_eq!(both, drawn(&[&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]]));
        assert_eq!(both.iter().map(|row| row.matches('#').count()).sum::<usize>(), 16);
    }

    #[test]
    fn contours_beyond_the_image_are_cut_and_those_off_the_slices_refused() {
        assert_eq!(drawn(&[&[[2.5, -9.0], [99.0, -9.0], [99.0, 1.5], [2.5, 1.5]]])[..2], ["...##", "...##"]);
        let grid = Geometry::axis_aligned([3, 5, 5], [2.0, 1.0, 1.0]).unwrap();
        let mut inside = Array3::from_elem((3, 5, 5), false);
        let at = |z: [f64; 3]| [[0.0, 0.0, z[0]], [4.0, 0.0, z[1]], [4.0, 4.0, z[2]]];
        assert!(draw(&at([2.9, 2.9, 2.9]), &grid, &mut inside).is_ok());
        assert!(draw(&at([9.0, 9.0, 9.0]), &grid, &mut inside).is_err());
        assert!(draw(&at([0.0, 2.0, 4.0]), &grid, &mut inside).is_err());
    }
}
