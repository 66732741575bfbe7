//! Files in and out: images, masks, manifests and feature tables become types of `dlr-core`, and back.
//!
//! Everything read here is untrusted. Lengths are checked before memory is asked for, checksums after the last byte,
//! and what a format leaves open is decided in one place and documented there. What is not quite right but has one
//! sure reading is read with a note ([`Noted`]); everything else is refused with a coded error that carries base
//! names, never folders. Deliberately absent: changing voxels or grids (that is `dlr-imaging`) and any network.
//!
//! ```no_run
//! use dlr_io::LabelSelection;
//! use std::path::Path;
//! let image = dlr_io::read_volume(Path::new("P01_t1.nii.gz"))?;
//! let mask = dlr_io::read_mask(Path::new("P01_tumour.nii.gz"), &LabelSelection::Auto)?;
//! println!("{} of {} voxels", mask.n_voxels(), image.geometry().n_voxels());
//! # Ok::<(), dlr_core::Error>(())
//! ```

pub mod atomic;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(feature = "dicom")]
pub mod dicom;
mod digest;
pub mod export;
mod failure;
mod image;
mod limits;
mod manifest;
mod mask;
mod nifti;
mod nrrd;
mod pair;
mod sample;
mod source;
mod table;
mod whole;

pub use digest::{digest_bytes, digest_file};
pub use failure::{make_folder, not_written};
pub use image::{Noted, read_volume, read_volume_noted, volume_bytes, write_mask, write_volume};
pub use limits::MAX_VOXELS;
pub use manifest::{LabelClasses, Manifest, ManifestRow, ManifestSource, TextTable, check_id};
pub use mask::{LabelSelection, labels, read_all_labels, read_mask, read_mask_noted};
pub use nifti::VolumeWriter;
pub use pair::{LabelledPair, Pair, onto_grid, read_pair};
pub use table::{FeatureColumns, neutralise, write_json};
