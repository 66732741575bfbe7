//! NIfTI-1 and NIfTI-2, single files and `.hdr`/`.img` pairs, in both byte orders.
//!
//! The parser is ours: the nifti crate knows no NIfTI-2, checks no checksum, and turns `scl_slope` NaN into a volume
//! of NaN. Read as the standard says: `scl_slope` 0 (or not finite) means unscaled, up to seven dimensions of which
//! those beyond the third must be 1. Where the image lies is decided in [`orientation`]. Refused: several volumes,
//! complex and colour voxels, Analyze 7.5 (it has no orientation), and files shorter or longer than the header says.

mod header;
mod orientation;
mod stream;
mod write;

pub use stream::VolumeWriter;
pub(crate) use write::{encode_mask, encode_volume, gzip};

use crate::image::{Raw, has_extension};
use crate::sample::{Layout, read_voxels};
use crate::source::Source;
use crate::{failure, limits};
use dlr_core::Result;
use header::Header;
use std::path::{Path, PathBuf};

/// Reads the image at `path`.
pub(crate) fn read(path: &Path) -> Result<Raw> {
    read_from(Source::open(path)?)
}

/// Reads an image from a source that stands at its first byte.
pub(crate) fn read_from(mut source: Source) -> Result<Raw> {
    let path = source.path().to_owned();
    let header = Header::read(&mut source)?;
    if header.is_single {
        source.skip(header.vox_offset - header.n_bytes)?;
        return voxels(source, &header, header.vox_offset);
    }
    let image = image_of_header(&path).ok_or_else(|| {
        let name = failure::base_name(&path);
        dlr_core::Error::new(
            dlr_core::Code::FileMissing,
            format!("header `{name}` has no `.img` or `.img.gz` beside it"),
        )
    })?;
    let mut source = Source::open(&image)?;
    source.skip(header.vox_offset)?;
    voxels(source, &header, header.vox_offset)
}

fn voxels(source: Source, header: &Header, offset: u64) -> Result<Raw> {
    let path = source.path().to_owned();
    let n = limits::n_voxels(&path, header.shape)?;
    let shape = header.shape.map(|side| side as usize);
    let needed = n as u64 * header.sample.n_bytes();
    limits::plausible(&path, source.packing, source.file_len, offset + needed)?;
    let mut notes = Vec::new();
    let (geometry, is_placed) = orientation::geometry(header, &path, shape, &mut notes)?;
    let layout = Layout { sample: header.sample, big_endian: header.big_endian, scale: header.scale() };
    let mut source = source.at_once(needed);
    let voxels = read_voxels(&mut source, shape, layout)?;
    source.finish(offset + needed)?;
    Ok(Raw { geometry, voxels, is_placed, notes })
}

/// `a.hdr` for `a.img`, and so on with `.gz`.
pub(crate) fn header_of_image(path: &Path) -> Result<PathBuf> {
    sibling(path, &["hdr", "hdr.gz"]).ok_or_else(|| {
        let name = failure::base_name(path);
        let fact = format!("image `{name}` does not exist, or has no `.hdr` beside it");
        dlr_core::Error::new(dlr_core::Code::FileMissing, fact)
    })
}

/// `a.img` for `a.hdr`, if it is there.
pub(crate) fn image_of_header(path: &Path) -> Option<PathBuf> {
    sibling(path, &["img", "img.gz"])
}

fn sibling(path: &Path, extensions: &[&str]) -> Option<PathBuf> {
    let name = failure::base_name(path);
    let n_tail = if has_extension(path, &["gz"]) { 7 } else { 4 };
    let stem = name.get(..name.len().checked_sub(n_tail)?)?;
    extensions.iter().map(|e| path.with_file_name(format!("{stem}.{e}"))).find(|p| p.is_file())
}

#[cfg(test)]
mod tests;
