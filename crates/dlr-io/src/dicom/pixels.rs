//! Stored pixel values, before any rescaling: native or compressed, 1 to 32 bits, all frames.

use super::object::Item;
use crate::{failure, limits};
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use dicom_pixeldata::PixelDecoder;
use dlr_core::Result;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The pixels of a file.
pub(crate) struct Stored {
    /// Frames, rows, columns.
    pub(crate) shape: [usize; 3],
    /// Column fastest.
    pub(crate) values: Vec<i32>,
}

/// Decodes all frames.
pub(crate) fn stored(object: &DefaultDicomObject, path: &Path) -> Result<Stored> {
    let item = Item::new(object, path);
    let rows = item.required_whole(tags::ROWS, "Rows")?;
    let columns = item.required_whole(tags::COLUMNS, "Columns")?;
    let n_frames = item.whole(tags::NUMBER_OF_FRAMES).unwrap_or(1).max(1);
    let allocated = item.required_whole(tags::BITS_ALLOCATED, "BitsAllocated")?;
    let is_signed = item.whole(tags::PIXEL_REPRESENTATION) == Some(1);
    if item.whole(tags::SAMPLES_PER_PIXEL).unwrap_or(1) != 1 {
        return Err(failure::format(path, "several samples per pixel (colour)").expected("one"));
    }
    let n = limits::n_voxels(path, [n_frames as u64, rows as u64, columns as u64])?;
    let element = object
        .get(tags::PIXEL_DATA)
        .ok_or_else(|| failure::format(path, "no pixel data, or pixels in floating point"))?;
    let bytes = match element.fragments() {
        Some(_) => Cow::Owned(decoded(object, path)?),
        None => element.to_bytes().map_err(|e| failure::corrupt(path, &e.to_string()))?,
    };
    let needed = (n as u64 * allocated as u64).div_ceil(8);
    if (bytes.len() as u64) < needed {
        return Err(failure::truncated(path).expected(format!("{needed} bytes of pixels")).found(bytes.len()));
    }
    let values = match (allocated, is_signed) {
        (1, _) => (0..n).map(|bit| i32::from(bytes[bit / 8] >> (bit % 8) & 1)).collect(),
        (8, false) => bytes[..n].iter().map(|b| i32::from(*b)).collect(),
        (8, true) => bytes[..n].iter().map(|b| i32::from(b.cast_signed())).collect(),
        (16, false) => numbers(&bytes, n, |b: [u8; 2]| i32::from(u16::from_le_bytes(b))),
        (16, true) => {
            // A codestream may call its values unsigned where the header says signed: the sign is then in bit
            // BitsStored. Native pixels may hold other things above it and stay as they are.
            let stored = item.whole(tags::BITS_STORED).filter(|_| element.fragments().is_some()).unwrap_or(16);
            let shift = 16_u32.saturating_sub(stored as u32).min(15);
            numbers(&bytes, n, |b: [u8; 2]| i32::from(i16::from_le_bytes(b) << shift >> shift))
        }
        (32, true) => numbers(&bytes, n, i32::from_le_bytes),
        (bits, _) => return Err(failure::format(path, format!("{bits} bits per pixel")).expected("1, 8, 16 or 32")),
    };
    Ok(Stored { shape: [n_frames, rows, columns], values })
}

fn numbers<const N: usize>(bytes: &[u8], n: usize, number: impl Fn([u8; N]) -> i32) -> Vec<i32> {
    bytes.as_chunks::<N>().0.iter().take(n).map(|b| number(*b)).collect()
}

/// Unpacks compressed frames with the decoder of their transfer syntax.
fn decoded(object: &DefaultDicomObject, path: &Path) -> Result<Vec<u8>> {
    let decoded = catch_unwind(AssertUnwindSafe(|| object.decode_pixel_data().map(|pixels| pixels.data().to_vec())));
    match decoded {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            let uid = object.meta().transfer_syntax().trim_end_matches('\0').to_owned();
            Err(failure::format(path, format!("pixels cannot be decoded: {cause}"))
                .found(format!("transfer syntax {uid}"))
                .hint("convert the series to an uncompressed transfer syntax"))
        }
        Err(_) => Err(failure::corrupt(path, "the pixel decoder gave up")),
    }
}
