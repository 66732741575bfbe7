//! What a header may claim before a byte of voxels is read. Against headers that lie, not against large images.

use crate::failure;
use dlr_core::Result;
use std::path::Path;

/// Most voxels that one image may have: 2^31, some 8 GB in 32 bit. A whole-body CT has a quarter of that.
pub const MAX_VOXELS: u64 = 1 << 31;

/// Deflate cannot shrink below 1 : 1032 (RFC 1951: 258 bytes from two bits), so a stream that would have to is a lie.
const MAX_DEFLATE_RATIO: u64 = 1032;

/// Above this size, data that shrink more than [`SUSPICIOUS_RATIO`] are refused: an image would have to be constant
/// almost everywhere, and a file of one megabyte would fill a gigabyte of memory. The largest whole-body masks are
/// half that.
const SUSPICIOUS_BYTES: u64 = 1 << 30;
const SUSPICIOUS_RATIO: u64 = 500;

/// Bzip2's best is some 45 bytes for a block of 900 kB.
const MAX_BZIP2_RATIO: u64 = 1 << 16;

/// How bytes are packed in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Bzip2,
}

/// Number of voxels of `shape`, refused above [`MAX_VOXELS`] or where an axis is empty.
pub(crate) fn n_voxels(path: &Path, shape: [u64; 3]) -> Result<usize> {
    let [z, y, x] = shape;
    let n = z.checked_mul(y).and_then(|n| n.checked_mul(x)).filter(|n| *n <= MAX_VOXELS);
    let n = n.ok_or_else(|| {
        failure::too_large(path, format!("{x} x {y} x {z} voxels")).expected(format!("at most {MAX_VOXELS} voxels"))
    })?;
    if n == 0 {
        return Err(failure::format(path, format!("an axis has no voxels ({x} x {y} x {z})")));
    }
    usize::try_from(n).map_err(|_| failure::too_large(path, format!("{n} voxels")))
}

/// Refuses a claim of `needed` bytes that a file of `available` bytes cannot hold, whatever its packing.
pub(crate) fn plausible(path: &Path, packing: Packing, available: u64, needed: u64) -> Result<()> {
    let most = match packing {
        Packing::Plain if available < needed => {
            return Err(failure::truncated(path).expected(format!("{needed} bytes")).found(available));
        }
        Packing::Plain => available,
        Packing::Gzip => available.saturating_mul(MAX_DEFLATE_RATIO),
        Packing::Bzip2 => available.saturating_mul(MAX_BZIP2_RATIO),
    };
    let is_suspicious = needed > SUSPICIOUS_BYTES && needed / SUSPICIOUS_RATIO > available;
    if needed > most || is_suspicious && packing != Packing::Plain {
        return Err(failure::too_large(path, format!("{needed} bytes of voxels"))
            .expected(format!("at most {}", if needed > most { most } else { SUSPICIOUS_BYTES }))
            .found(format!("a compressed file of {available} bytes")));
    }
    Ok(())
}
