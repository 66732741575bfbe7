//! DICOM: a folder of slices (or one multi-frame file) as a volume, RTSTRUCT and SEG as masks on its grid.
//!
//! Everything is decided by tags, never by file names. Slices are sorted by their position along the normal of the
//! image plane, and the slice distance is that of the positions (SliceThickness may leave gaps). Refused: missing,
//! doubled or unevenly spaced slices, slices of different orientation or size, several samples per pixel, and
//! transfer syntaxes without a decoder in pure Rust (JPEG-LS, lossy 12 bit JPEG), by name. Files without the 128
//! byte preamble are read as plain data sets if they begin like one.
//!
//! No patient data leave this module: notes and errors hold numbers, base names and ROI names.

mod object;
mod pixels;
mod rtstruct;
mod scan;
mod seg;
mod series;
mod stack;

pub use rtstruct::{read_rtstruct, rtstruct_names};
pub use seg::{read_seg, seg_names};
pub use series::{Series, SeriesSummary, list_series, read_series};

#[cfg(any(test, feature = "conformance"))]
pub(crate) use {object::open, pixels::stored};

#[cfg(test)]
mod tests;
