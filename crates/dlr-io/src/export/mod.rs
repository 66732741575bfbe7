//! DICOM files out: a volume as an MR series, masks as the closed contours of an RTSTRUCT.
//!
//! Meant for synthetic images, whose import can then be tried from end to end. Little endian, nothing compressed,
//! dates and times empty, and identifiers derived from the content, so the same volume gives the same bytes.
//! Not behind the feature `dicom`: writing needs none of the crates that reading needs. What is written here is read by
//! the module `dicom` to the same voxels and masks.

mod contour;
mod encode;
mod rtstruct;
mod series;

pub use rtstruct::write_rtstruct;
pub use series::{WrittenSeries, write_mr_series};

/// Who and what a DICOM file is of.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// PatientID, and PatientName.
    pub patient: String,
    /// PatientSex: `F`, `M` or empty.
    pub sex: String,
    /// StudyDescription.
    pub study: String,
    /// SeriesDescription.
    pub series: String,
    /// SeriesNumber.
    pub number: u32,
}
