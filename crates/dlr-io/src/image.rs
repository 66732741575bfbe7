//! Reading and writing volumes whatever their format, and [`Noted`]: a value with what was remarkable about it.

use crate::sample::Samples;
use crate::source::Source;
use crate::{atomic, failure, nifti, nrrd};
use dlr_core::{Geometry, Mask, Result, Volume};
use std::path::{Path, PathBuf};

/// Something read, with one sentence for each thing that was decided for the reader.
///
/// A note is not an error: the reading is sure, but a person should know, for example that two stored positions
/// disagree and which of them was used. Notes hold base names and numbers only.
#[derive(Debug, Clone, PartialEq)]
pub struct Noted<T> {
    /// What was read.
    pub value: T,
    /// What to tell, lower case, no final dot.
    pub notes: Vec<String>,
}

/// A volume as its file has it: before a mask is chosen from it, and knowing whether it has a place in the patient.
pub(crate) struct Raw {
    pub(crate) geometry: Geometry,
    pub(crate) voxels: Samples,
    /// False where the file gives a spacing but no position, as NIfTI without qform and sform.
    pub(crate) is_placed: bool,
    pub(crate) notes: Vec<String>,
}

/// Reads an image: NIfTI (`.nii`, `.nii.gz`, `.hdr`/`.img`) or NRRD (`.nrrd`, `.nhdr`).
///
/// Axes stay as stored, shape `[z, y, x]`; positions are in LPS millimetres. Values are exact: `f32` for 8 and 16 bit
/// integers and 32 bit floats, `f64` for all wider types. NaN and infinity are kept: [`dlr_core::Roi`] refuses them
/// where they matter.
///
/// # Errors
/// `E0201` missing, `E0202` truncated or too long, `E0203` damaged, `E0204` not supported, `E0205` absurd size,
/// `E0101` no usable geometry.
pub fn read_volume(path: &Path) -> Result<Volume> {
    read_volume_noted(path).map(|noted| noted.value)
}

/// [`read_volume`] with what was remarkable about the file.
///
/// # Errors
/// As [`read_volume`].
pub fn read_volume_noted(path: &Path) -> Result<Noted<Volume>> {
    let raw = read_raw(path)?;
    Ok(Noted { value: Volume::new(raw.geometry, raw.voxels.into_voxels())?, notes: raw.notes })
}

/// Reads any format. The content decides; the name only finds the second file of a pair.
pub(crate) fn read_raw(path: &Path) -> Result<Raw> {
    if has_extension(path, &["img", "img.gz"]) {
        return nifti::read(&nifti::header_of_image(path)?);
    }
    let mut source = Source::open(path)?;
    let start = source.peek()?;
    if start.is_empty() {
        return Err(failure::truncated(path).found("0 bytes"));
    }
    if start.starts_with(b"NRRD") {
        return nrrd::read(source);
    }
    if start.get(128..132) == Some(b"DICM") {
        return Err(failure::format(path, "this is one DICOM file").hint("give the folder that holds the whole series"));
    }
    nifti::read_from(source)
}

/// The files that reading `path` opens, `path` first: two for a header with detached data.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![path.to_owned()];
    if has_extension(path, &["img", "img.gz"]) {
        files.push(nifti::header_of_image(path)?);
    } else if has_extension(path, &["hdr", "hdr.gz"]) {
        files.extend(nifti::image_of_header(path));
    } else if has_extension(path, &["nhdr", "nrrd"]) {
        files.extend(nrrd::detached_data(path)?);
    }
    Ok(files)
}

/// Whether the name ends in one of `extensions`, in any case.
pub(crate) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let name = failure::base_name(path).to_ascii_lowercase();
    extensions.iter().any(|e| name.strip_suffix(e).is_some_and(|stem| stem.ends_with('.')))
}

/// Writes an image as NIfTI-1, `.nii` or `.nii.gz` by the name, in 32 or 64 bit floats as it is.
///
/// Voxels are kept exactly; spacing and position are rounded to 32 bit, as the format has them. The same volume gives
/// the same bytes on every run.
///
/// # Errors
/// [`dlr_core::Code::FileWrite`] and [`dlr_core::Code::FileFormat`] for another extension.
pub fn write_volume(path: &Path, volume: &Volume) -> Result<()> {
    write_nifti(path, || nifti::encode_volume(volume))
}

/// What [`write_volume`] writes into a `.nii.gz`, for an image that goes into something else than a file of its own.
///
/// # Errors
/// [`dlr_core::Code::FileWrite`].
pub fn volume_bytes(volume: &Volume) -> Result<Vec<u8>> {
    let name = Path::new("volume.nii.gz");
    nifti::gzip(&nifti::encode_volume(volume)?).map_err(|e| failure::writing(name, &e))
}

/// Writes a mask as NIfTI-1 with 1 inside and 0 outside, 8 bit, `.nii` or `.nii.gz` by the name.
///
/// # Errors
/// As [`write_volume`].
pub fn write_mask(path: &Path, mask: &Mask) -> Result<()> {
    write_nifti(path, || nifti::encode_mask(mask))
}

fn write_nifti(path: &Path, encode: impl Fn() -> Result<Vec<u8>>) -> Result<()> {
    if has_extension(path, &["nii.gz"]) {
        let packed = nifti::gzip(&encode()?).map_err(|e| failure::writing(path, &e))?;
        return atomic::write(path, &packed);
    }
    if has_extension(path, &["nii"]) {
        return atomic::write(path, &encode()?);
    }
    Err(failure::format(path, "images are written as `.nii` or `.nii.gz`"))
}
