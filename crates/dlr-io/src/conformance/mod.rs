//! Checks over folders of odd and broken files: what must be read is read to the expected values, what must be refused
//! is refused, and nothing panics. The same code runs in our tests and in `dlr conformance nifti|nrrd|dicom`.
//!
//! A folder may be any with the layout of the reference data: sub-folders of images, some of them with an `expect.csv`
//! (`file,role,expected,note`) and an `expect.json` of the true ROI statistics.

#[cfg(feature = "dicom")]
mod dicom;
mod expectation;
mod folder;
mod nifti;
mod nrrd;

#[cfg(feature = "dicom")]
pub use dicom::dicom;
pub use nifti::nifti;
pub use nrrd::nrrd;
