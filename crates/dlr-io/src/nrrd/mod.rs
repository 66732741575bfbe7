//! NRRD: attached and detached headers; raw, gzip, bzip2 and ascii data; one scalar volume of one to three axes.
//!
//! Positions follow ITK: `space directions` give direction and spacing, `space` says which way the axes run, and a
//! file with `spacings` only lies at the origin, noted. Line skip applies to the file, byte skip to the unpacked
//! data; byte skip -1 means "the last bytes". Data must fill the image exactly. One exception, noted: a data file
//! that is itself a NIfTI file, longer by just its header, gives that file's voxels.
//!
//! Refused: data files outside the header's folder (a header from elsewhere must not reach into this machine), lists
//! of data files, several components per voxel, hex encoding and blocks.

mod header;

use crate::image::Raw;
use crate::sample::{Layout, Samples, read_voxels};
use crate::source::Source;
use crate::{failure, limits};
use dlr_core::{Result, Voxels};
use header::{Encoding, Header};
use limits::Packing;
use ndarray::Array3;
use std::path::{Component, Path, PathBuf};

/// Bytes that may stand before the voxels where byte skip is -1.
const MAX_PREFIX: u64 = 16 << 20;

/// Longest number in ascii data, with its separator.
const MAX_ASCII_NUMBER: u64 = 32;

/// Reads an image from a source that stands at the magic.
pub(crate) fn read(mut source: Source) -> Result<Raw> {
    let header_path = source.path().to_owned();
    let header = Header::read(&mut source)?;
    let n = limits::n_voxels(&header_path, header.shape)?;
    let shape = header.shape.map(|side| side as usize);
    let mut notes = header.notes.clone();
    let geometry = header.geometry(&header_path, shape)?;

    let mut source = match &header.data_file {
        None => source,
        Some(name) => Source::open_plain(&data_path(&header_path, name)?)?,
    };
    for _ in 0..header.line_skip {
        source.line(1 << 20)?;
    }
    let is_detached = header.data_file.is_some();
    let voxels = match header.encoding {
        Encoding::Ascii => ascii(&mut source, &header, n, shape)?,
        Encoding::Packed(packing) => {
            let needed = n as u64 * header.sample.n_bytes();
            limits::plausible(&header_path, packing, source.file_len, needed)?;
            packed(source.unpack(packing)?, &header, shape, needed, is_detached, &mut notes)?
        }
    };
    Ok(Raw { geometry, voxels, is_placed: header.is_placed(), notes })
}

/// The data file that a detached header names.
pub(crate) fn detached_data(path: &Path) -> Result<Option<PathBuf>> {
    let header = Header::read(&mut Source::open_plain(path)?)?;
    header.data_file.map(|name| data_path(path, &name)).transpose()
}

fn packed(
    mut source: Source,
    header: &Header,
    shape: [usize; 3],
    needed: u64,
    is_detached: bool,
    notes: &mut Vec<String>,
) -> Result<Samples> {
    let layout = Layout { sample: header.sample, big_endian: header.big_endian, scale: None };
    match header.byte_skip {
        None if is_detached && starts_as_nifti(&mut source)? => {
            notes.push("the data file is a NIfTI file: its header was skipped".to_owned());
            skip_to_tail(source, layout, shape, needed)
        }
        None => {
            let mut source = source.at_once(needed);
            let voxels = read_voxels(&mut source, shape, layout)?;
            source.finish(needed)?;
            Ok(voxels)
        }
        Some(skip @ 0..) => {
            source.skip(skip.unsigned_abs())?;
            let voxels = read_voxels(&mut source, shape, layout)?;
            source.finish(skip.unsigned_abs() + needed)?;
            Ok(voxels)
        }
        Some(-1) => skip_to_tail(source, layout, shape, needed),
        Some(other) => {
            Err(failure::format(source.path(), format!("byte skip is {other}")).expected("-1, 0 or a positive number"))
        }
    }
}

/// The last `needed` bytes as voxels. How many come before is known only at the end, so all are unpacked first.
fn skip_to_tail(mut source: Source, layout: Layout, shape: [usize; 3], needed: u64) -> Result<Samples> {
    let bytes = source.rest(needed + MAX_PREFIX)?;
    let prefix = (bytes.len() as u64).checked_sub(needed).ok_or_else(|| failure::truncated(source.path()))?;
    let mut tail = source.replaced(std::io::Cursor::new(bytes));
    tail.skip(prefix)?;
    read_voxels(&mut tail, shape, layout)
}

fn starts_as_nifti(source: &mut Source) -> Result<bool> {
    let start = source.peek()?;
    let is_1 = start.get(344..348) == Some(b"n+1\0");
    let is_2 = start.get(4..8) == Some(b"n+2\0");
    Ok(is_1 || is_2)
}

fn ascii(source: &mut Source, header: &Header, n: usize, shape: [usize; 3]) -> Result<Samples> {
    let path = source.path().to_owned();
    // Two characters a number at least: a claim beyond that is refused before memory is asked for.
    limits::plausible(&path, Packing::Plain, source.file_len, 2 * n as u64 - 1)?;
    if header.byte_skip.is_some_and(|skip| skip != 0) {
        return Err(failure::format(&path, "byte skip with ascii data"));
    }
    let bytes = source.rest(n as u64 * MAX_ASCII_NUMBER)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| failure::format(&path, "ascii data that is not text"))?;
    let mut values = Vec::with_capacity(n);
    for token in text.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|t| !t.is_empty()) {
        let value: f64 = token.parse().map_err(|_| failure::format(&path, format!("`{token}` is not a number")))?;
        values.push(value);
    }
    if values.len() != n {
        let error = if values.len() < n { failure::truncated(&path) } else { failure::too_long(&path, n as u64) };
        return Err(error.expected(format!("{n} numbers")).found(values.len()));
    }
    let [z, y, x] = shape;
    let values = Array3::from_shape_vec((z, y, x), values).map_err(|e| failure::format(&path, e))?;
    let is_narrow = header.sample.fits_f32();
    Ok(Samples::Numbers(if is_narrow { Voxels::F32(values.mapv(|v| v as f32)) } else { Voxels::F64(values) }))
}

/// The data file of a detached header: in the header's folder or below.
fn data_path(header: &Path, name: &str) -> Result<PathBuf> {
    let relative = Path::new(name);
    if !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(failure::format(header, "the data file lies outside the header's folder")
            .hint("put the data file beside its header"));
    }
    Ok(header.parent().unwrap_or(Path::new("")).join(relative))
}

#[cfg(test)]
mod tests;
