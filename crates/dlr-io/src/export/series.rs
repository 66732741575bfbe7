//! A volume of whole numbers as the slices of an MR series.

use super::{
    About,
    encode::{DataSet, Syntax, uid},
};
use crate::{atomic, failure};
use dlr_core::{Code, Error, Result, Volume};
use std::{fs, path::Path};

const MR_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.4";

/// What a structure set refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenSeries {
    pub(super) study_uid: String,
    pub(super) series_uid: String,
    pub(super) frame_uid: String,
    /// SOPInstanceUID of each slice, in the order of the volume.
    pub(super) instances: Vec<String>,
}

impl WrittenSeries {
    /// SeriesInstanceUID.
    pub fn uid(&self) -> &str {
        &self.series_uid
    }
}

/// Writes a slice per file, `1-01.dcm` and so on, into a folder that is made.
///
/// # Errors
/// [`Code::FileWrite`] where a voxel is not a whole number from 0 to 65535, a side is above 65535, or writing fails.
pub fn write_mr_series(folder: &Path, image: &Volume, about: &About) -> Result<WrittenSeries> {
    fs::create_dir_all(folder).map_err(|e| failure::writing(folder, &e))?;
    let (geometry, voxels) = (image.geometry(), image.to_f64());
    if let Some(odd) = voxels.iter().find(|v| !(v.fract() == 0.0 && (0.0..=65_535.0).contains(*v))) {
        return Err(Error::new(Code::FileWrite, "DICOM MR holds 16 bit whole numbers")
            .expected("whole numbers from 0 to 65535")
            .found(odd));
    }
    let side = |n: usize| {
        u16::try_from(n)
            .map_err(|_| Error::new(Code::FileWrite, format!("{n} rows or columns")).expected("at most 65535"))
    };
    let [n_slices, n_rows, n_columns] = geometry.shape();
    let (rows, columns) = (side(n_rows)?, side(n_columns)?);
    let [thickness, between_rows, between_columns] = geometry.spacing_mm();
    let [_, down, along] = geometry.direction();
    let study_uid = uid(&format!("study {} {}", about.patient, about.study));
    let mut content = blake3::Hasher::new();
    for value in &voxels {
        content.update(&value.to_le_bytes());
    }
    let content = content.finalize().to_hex();
    let series_uid = uid(&format!("series {study_uid} {} {} {content}", about.series, about.number));
    let frame_uid = uid(&format!("frame {study_uid}"));
    let n_digits = n_slices.to_string().len().max(2);
    let mut instances = Vec::with_capacity(n_slices);
    for (z, plane) in voxels.outer_iter().enumerate() {
        let instance_uid = uid(&format!("slice {series_uid} {z}"));
        let mut slice = DataSet::default();
        slice.about(about, &study_uid);
        slice.text((0x0008, 0x0008), b"CS", "ORIGINAL\\PRIMARY\\OTHER");
        slice.text((0x0008, 0x0060), b"CS", "MR");
        slice.text((0x0018, 0x0020), b"CS", "SE");
        slice.text((0x0018, 0x0021), b"CS", "NONE");
        slice.text((0x0018, 0x0022), b"CS", "FS");
        slice.text((0x0018, 0x0023), b"CS", "2D");
        slice.decimals((0x0018, 0x0050), &[thickness]);
        slice.text((0x0018, 0x0081), b"DS", "");
        slice.text((0x0018, 0x0091), b"IS", "");
        slice.decimals((0x0018, 0x0088), &[thickness]);
        slice.text((0x0020, 0x000e), b"UI", &series_uid);
        slice.integer((0x0020, 0x0013), z + 1);
        slice.decimals((0x0020, 0x0032), &geometry.to_world([z as f64, 0.0, 0.0]));
        slice.decimals((0x0020, 0x0037), &[along, down].concat());
        slice.text((0x0020, 0x0052), b"UI", &frame_uid);
        slice.text((0x0020, 0x1040), b"LO", "");
        slice.whole((0x0028, 0x0002), 1);
        slice.text((0x0028, 0x0004), b"CS", "MONOCHROME2");
        slice.whole((0x0028, 0x0010), rows);
        slice.whole((0x0028, 0x0011), columns);
        slice.decimals((0x0028, 0x0030), &[between_rows, between_columns]);
        for (element, bits) in [(0x0100, 16), (0x0101, 16), (0x0102, 15), (0x0103, 0)] {
            slice.whole((0x0028, element), bits);
        }
        // Checked above: these are whole numbers that fit.
        slice.pixels((0x7fe0, 0x0010), &plane.iter().map(|v| *v as u16).collect::<Vec<_>>());
        let name = format!("1-{:0n_digits$}.dcm", z + 1);
        atomic::write(&folder.join(name), &slice.file(MR_IMAGE, &instance_uid, Syntax::Explicit))?;
        instances.push(instance_uid);
    }
    Ok(WrittenSeries { study_uid, series_uid, frame_uid, instances })
}
