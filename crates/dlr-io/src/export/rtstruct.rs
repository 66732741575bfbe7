//! Masks as an RTSTRUCT that refers to a series.

use super::{
    About,
    contour::outlines,
    encode::{DataSet, Syntax, uid},
    series::WrittenSeries,
};
use crate::{atomic, failure};
use dlr_core::{Code, Error, Mask, Result};
use std::{fs, path::Path};

const STRUCTURE_SET: &str = "1.2.840.10008.5.1.4.1.1.481.3";
const MR_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.4";
const STUDY: &str = "1.2.840.10008.3.1.2.3.1";

/// Writes ROIs by name, in the order given, as contours on the slices of a series; the folder of `path` is made.
///
/// # Errors
/// [`Code::FileWrite`] where a mask does not have the slices of the series, or writing fails.
pub fn write_rtstruct(path: &Path, series: &WrittenSeries, rois: &[(&str, &Mask)], about: &About) -> Result<()> {
    if let Some((name, mask)) = rois.iter().find(|(_, mask)| mask.geometry().shape()[0] != series.instances.len()) {
        return Err(Error::new(Code::FileWrite, format!("ROI `{name}` has other slices than the series"))
            .expected(series.instances.len())
            .found(mask.geometry().shape()[0]));
    }
    let series_uid = uid(&format!("structures {} {} {}", series.series_uid, about.series, about.number));
    let mut file = DataSet::default();
    file.about(about, &series.study_uid);
    file.text((0x0008, 0x0060), b"CS", "RTSTRUCT");
    file.text((0x0020, 0x000e), b"UI", &series_uid);
    file.text((0x3006, 0x0002), b"SH", &about.series);
    file.text((0x3006, 0x0008), b"DA", "");
    file.text((0x3006, 0x0009), b"TM", "");
    file.sequence((0x3006, 0x0010), vec![frame_of_reference(series)]);
    let numbered = || rois.iter().enumerate().map(|(i, (name, mask))| (i + 1, *name, *mask));
    file.sequence((0x3006, 0x0020), numbered().map(|(number, name, _)| roi(series, number, name)).collect());
    file.sequence((0x3006, 0x0039), numbered().map(|(number, _, mask)| contours(series, number, mask)).collect());
    file.sequence((0x3006, 0x0080), numbered().map(|(number, _, _)| observation(number)).collect());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| failure::writing(folder, &e))?;
    }
    atomic::write(path, &file.file(STRUCTURE_SET, &uid(&format!("file {series_uid}")), Syntax::Implicit))
}

/// ReferencedFrameOfReference > RTReferencedStudy > RTReferencedSeries > ContourImage.
fn frame_of_reference(series: &WrittenSeries) -> DataSet {
    let mut referenced = DataSet::default();
    referenced.text((0x0020, 0x000e), b"UI", &series.series_uid);
    referenced.sequence((0x3006, 0x0016), series.instances.iter().map(|instance| image(instance)).collect());
    let mut study = DataSet::default();
    study.text((0x0008, 0x1150), b"UI", STUDY);
    study.text((0x0008, 0x1155), b"UI", &series.study_uid);
    study.sequence((0x3006, 0x0014), vec![referenced]);
    let mut frame = DataSet::default();
    frame.text((0x0020, 0x0052), b"UI", &series.frame_uid);
    frame.sequence((0x3006, 0x0012), vec![study]);
    frame
}

fn image(instance: &str) -> DataSet {
    let mut image = DataSet::default();
    image.text((0x0008, 0x1150), b"UI", MR_IMAGE);
    image.text((0x0008, 0x1155), b"UI", instance);
    image
}

fn roi(series: &WrittenSeries, number: usize, name: &str) -> DataSet {
    let mut roi = DataSet::default();
    roi.integer((0x3006, 0x0022), number);
    roi.text((0x3006, 0x0024), b"UI", &series.frame_uid);
    roi.text((0x3006, 0x0026), b"LO", name);
    roi.text((0x3006, 0x0036), b"CS", "MANUAL");
    roi
}

fn observation(number: usize) -> DataSet {
    let mut observation = DataSet::default();
    observation.integer((0x3006, 0x0082), number);
    observation.integer((0x3006, 0x0084), number);
    observation.text((0x3006, 0x00a4), b"CS", "");
    observation.text((0x3006, 0x00a6), b"PN", "");
    observation
}

fn contours(series: &WrittenSeries, number: usize, mask: &Mask) -> DataSet {
    let geometry = mask.geometry();
    let mut contours = Vec::new();
    for (z, plane) in mask.voxels().outer_iter().enumerate() {
        for outline in outlines(plane) {
            let points: Vec<f64> =
                outline.iter().flat_map(|[row, column]| geometry.to_world([z as f64, *row, *column])).collect();
            let mut contour = DataSet::default();
            contour.sequence((0x3006, 0x0016), vec![image(&series.instances[z])]);
            contour.text((0x3006, 0x0042), b"CS", "CLOSED_PLANAR");
            contour.integer((0x3006, 0x0046), outline.len());
            contour.points((0x3006, 0x0050), &points);
            contours.push(contour);
        }
    }
    let mut roi = DataSet::default();
    roi.sequence((0x3006, 0x0040), contours);
    roi.integer((0x3006, 0x0084), number);
    roi
}
