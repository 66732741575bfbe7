//! Volumes and masks to the bytes of a NIfTI-1 file: little endian, sform and qform both set to the same position.

use dlr_core::{Code, Error, Geometry, Mask, Result, Volume, Voxels};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Write};

const UINT8: i16 = 2;
const FLOAT32: i16 = 16;
const FLOAT64: i16 = 64;

/// The file of a volume.
pub(crate) fn encode_volume(volume: &Volume) -> Result<Vec<u8>> {
    match volume.voxels() {
        Voxels::F32(a) => {
            let mut bytes = header(volume.geometry(), FLOAT32, 32)?;
            bytes.reserve_exact(4 * a.len());
            a.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
            Ok(bytes)
        }
        Voxels::F64(a) => {
            let mut bytes = header(volume.geometry(), FLOAT64, 64)?;
            bytes.reserve_exact(8 * a.len());
            a.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
            Ok(bytes)
        }
    }
}

/// The file of a mask.
pub(crate) fn encode_mask(mask: &Mask) -> Result<Vec<u8>> {
    let mut bytes = header(mask.geometry(), UINT8, 8)?;
    bytes.extend(mask.voxels().iter().map(|v| u8::from(*v)));
    Ok(bytes)
}

/// The header of a volume of 64 bit floats.
pub(super) fn header_f64(geometry: &Geometry) -> Result<Vec<u8>> {
    header(geometry, FLOAT64, 64)
}

/// Gzip without a date or a name, so that the same voxels give the same bytes.
pub(crate) fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder: GzEncoder<Vec<u8>> = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// 348 bytes of header and 4 of "no extension".
fn header(geometry: &Geometry, datatype: i16, bits: i16) -> Result<Vec<u8>> {
    let mut bytes = vec![0; 352];
    let [z, y, x] = geometry.shape();
    let mut dim = [3, 0, 0, 0, 1, 1, 1, 1];
    for (slot, side) in dim[1..4].iter_mut().zip([x, y, z]) {
        *slot = i16::try_from(side).map_err(|_| {
            Error::new(Code::FileWrite, format!("an axis of {side} voxels does not fit NIfTI-1"))
                .expected("at most 32767")
        })?;
    }
    let [dz, dy, dx] = geometry.spacing_mm();
    let columns = columns_ras(geometry);
    let (quaternion, sign) = quaternion(columns);
    let [ox, oy, oz] = geometry.origin_mm();
    let origin = [-ox, -oy, oz];
    let spacing = [dx, dy, dz];

    put(&mut bytes, 0, 348_i32.to_le_bytes());
    bytes[38] = b'r';
    for (i, side) in dim.into_iter().enumerate() {
        put(&mut bytes, 40 + 2 * i, side.to_le_bytes());
    }
    put(&mut bytes, 70, datatype.to_le_bytes());
    put(&mut bytes, 72, bits.to_le_bytes());
    for (i, value) in [sign, dx, dy, dz, 1.0, 1.0, 1.0, 1.0].into_iter().enumerate() {
        put_f32(&mut bytes, 76 + 4 * i, value);
    }
    put_f32(&mut bytes, 108, 352.0);
    put_f32(&mut bytes, 112, 1.0);
    bytes[123] = 2; // millimetres
    put(&mut bytes, 252, 1_i16.to_le_bytes());
    put(&mut bytes, 254, 1_i16.to_le_bytes());
    for (i, value) in quaternion.into_iter().chain(origin).enumerate() {
        put_f32(&mut bytes, 256 + 4 * i, value);
    }
    for row in 0..3 {
        for col in 0..3 {
            put_f32(&mut bytes, 280 + 16 * row + 4 * col, columns[col][row] * spacing[col]);
        }
        put_f32(&mut bytes, 280 + 16 * row + 12, origin[row]);
    }
    put(&mut bytes, 344, *b"n+1\0");
    Ok(bytes)
}

/// Unit steps along x, y, z of the file, in RAS.
fn columns_ras(geometry: &Geometry) -> [[f64; 3]; 3] {
    let [z, y, x] = geometry.direction();
    [x, y, z].map(|[l, p, s]| [-l, -p, s])
}

/// `b, c, d` of the rotation, and -1 where the third axis must be mirrored to make it one.
///
/// The branch with the largest divisor is taken, so that no small number is divided by.
fn quaternion(columns: [[f64; 3]; 3]) -> ([f64; 3], f64) {
    let [i, j, mut k] = columns;
    let cross = [i[1] * j[2] - i[2] * j[1], i[2] * j[0] - i[0] * j[2], i[0] * j[1] - i[1] * j[0]];
    let sign = if cross[0] * k[0] + cross[1] * k[1] + cross[2] * k[2] < 0.0 { -1.0 } else { 1.0 };
    k = k.map(|v| sign * v);
    let squares =
        [1.0 + i[0] + j[1] + k[2], 1.0 + i[0] - j[1] - k[2], 1.0 - i[0] + j[1] - k[2], 1.0 - i[0] - j[1] + k[2]];
    let largest = (0..4).max_by(|a, b| squares[*a].total_cmp(&squares[*b])).unwrap_or(0);
    let (bc, bd, cd) = (j[0] + i[1], k[0] + i[2], k[1] + j[2]);
    let (ab, ac, ad) = (j[2] - k[1], k[0] - i[2], i[1] - j[0]);
    let s = 2.0 * squares[largest].sqrt();
    let [a, b, c, d] = match largest {
        0 => [s / 4.0, ab / s, ac / s, ad / s],
        1 => [ab / s, s / 4.0, bc / s, bd / s],
        2 => [ac / s, bc / s, s / 4.0, cd / s],
        _ => [ad / s, bd / s, cd / s, s / 4.0],
    };
    // The standard stores b, c, d and takes a as positive.
    let flip = if a < 0.0 { -1.0 } else { 1.0 };
    ([b, c, d].map(|v| flip * v), sign)
}

fn put<const N: usize>(bytes: &mut [u8], offset: usize, field: [u8; N]) {
    bytes[offset..offset + N].copy_from_slice(&field);
}

fn put_f32(bytes: &mut [u8], offset: usize, value: f64) {
    put(bytes, offset, (value as f32).to_le_bytes());
}
