//! [`Header`]: the fields of a NIfTI header that matter here, checked. Where the image lies is the next module's.

use crate::failure;
use crate::sample::SampleType;
use crate::source::Source;
use dlr_core::Result;
use std::path::Path;

/// A header whose numbers can be relied on; geometry fields are as stored.
pub(super) struct Header {
    /// Bytes taken by the header itself.
    pub(super) n_bytes: u64,
    pub(super) big_endian: bool,
    /// Voxels in the same file (`n+1`, `n+2`), or in an `.img` beside it.
    pub(super) is_single: bool,
    /// Array order `[z, y, x]`.
    pub(super) shape: [u64; 3],
    pub(super) n_dims: i64,
    pub(super) sample: SampleType,
    pub(super) vox_offset: u64,
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// `pixdim[0..4]`: the sign of the quaternion's third axis, then x, y, z.
    pub(super) pixdim: [f64; 4],
    pub(super) qform_code: i64,
    pub(super) sform_code: i64,
    /// b, c, d.
    pub(super) quaternion: [f64; 3],
    pub(super) q_offset: [f64; 3],
    pub(super) sform: [[f64; 4]; 3],
    pub(super) xyzt_units: u8,
}

const SIZE_1: i32 = 348;
const SIZE_2: i32 = 540;

impl Header {
    /// Takes the header from the front of `source`.
    pub(super) fn read(source: &mut Source) -> Result<Header> {
        let path = source.path().to_owned();
        let mut bytes = source.up_to(SIZE_1 as u64)?;
        let size = bytes.first_chunk::<4>().copied().unwrap_or_default();
        let (version, big_endian) = match (i32::from_le_bytes(size), i32::from_be_bytes(size)) {
            (SIZE_1, _) => (1, false),
            (_, SIZE_1) => (1, true),
            (SIZE_2, _) => (2, false),
            (_, SIZE_2) => (2, true),
            _ => return Err(failure::format(&path, "neither NIfTI nor NRRD, whatever its name says")),
        };
        if version == 2 {
            bytes.extend(source.up_to((SIZE_2 - SIZE_1) as u64)?);
        }
        if bytes.len() != if version == 1 { SIZE_1 as usize } else { SIZE_2 as usize } {
            return Err(failure::truncated(&path).found("an incomplete header"));
        }
        let fields = Fields { bytes: &bytes, big_endian };
        if version == 1 { Self::parse_1(&fields, &path) } else { Self::parse_2(&fields, &path) }
    }

    fn parse_1(f: &Fields<'_>, path: &Path) -> Result<Header> {
        let is_single = match &f.bytes[344..348] {
            b"n+1\0" => true,
            b"ni1\0" => false,
            [0, 0, 0, 0] => {
                return Err(failure::format(path, "Analyze 7.5 header, which does not say left from right")
                    .hint("convert it to NIfTI with the orientation you know"));
            }
            _ => return Err(failure::format(path, "NIfTI-1 header without its magic `n+1`")),
        };
        let offset = f64::from(f.f32(108));
        let header = Header {
            n_bytes: 348,
            big_endian: f.big_endian,
            is_single,
            shape: shape(path, std::array::from_fn(|i| i64::from(f.i16(40 + 2 * i))))?,
            n_dims: i64::from(f.i16(40)),
            sample: sample_type(path, i64::from(f.i16(70)), i64::from(f.i16(72)))?,
            vox_offset: vox_offset(path, offset, is_single, 352)?,
            slope: f64::from(f.f32(112)),
            intercept: f64::from(f.f32(116)),
            pixdim: std::array::from_fn(|i| f64::from(f.f32(76 + 4 * i))),
            qform_code: i64::from(f.i16(252)),
            sform_code: i64::from(f.i16(254)),
            quaternion: std::array::from_fn(|i| f64::from(f.f32(256 + 4 * i))),
            q_offset: std::array::from_fn(|i| f64::from(f.f32(268 + 4 * i))),
            sform: std::array::from_fn(|r| std::array::from_fn(|c| f64::from(f.f32(280 + 16 * r + 4 * c)))),
            xyzt_units: f.bytes[123],
        };
        Ok(header)
    }

    fn parse_2(f: &Fields<'_>, path: &Path) -> Result<Header> {
        let is_single = match &f.bytes[4..12] {
            b"n+2\0\r\n\x1a\n" => true,
            b"ni2\0\r\n\x1a\n" => false,
            _ => return Err(failure::format(path, "NIfTI-2 header without its magic `n+2`")),
        };
        Ok(Header {
            n_bytes: 540,
            big_endian: f.big_endian,
            is_single,
            shape: shape(path, std::array::from_fn(|i| f.i64(16 + 8 * i)))?,
            n_dims: f.i64(16),
            sample: sample_type(path, i64::from(f.i16(12)), i64::from(f.i16(14)))?,
            vox_offset: vox_offset(path, f.i64(168) as f64, is_single, 544)?,
            slope: f.f64(176),
            intercept: f.f64(184),
            pixdim: std::array::from_fn(|i| f.f64(104 + 8 * i)),
            qform_code: i64::from(f.i32(344)),
            sform_code: i64::from(f.i32(348)),
            quaternion: std::array::from_fn(|i| f.f64(352 + 8 * i)),
            q_offset: std::array::from_fn(|i| f.f64(376 + 8 * i)),
            sform: std::array::from_fn(|r| std::array::from_fn(|c| f.f64(400 + 32 * r + 8 * c))),
            xyzt_units: f.i32(500).to_le_bytes()[0],
        })
    }

    /// Slope and intercept, `None` where values are as stored: slope 0 by the standard, NaN or infinity as every
    /// reader we know does (a NaN there is a writer's way to say "not set").
    pub(super) fn scale(&self) -> Option<[f64; 2]> {
        let intercept = if self.intercept.is_finite() { self.intercept } else { 0.0 };
        let is_set = self.slope.is_finite() && self.slope != 0.0 && [self.slope, intercept] != [1.0, 0.0];
        is_set.then_some([self.slope, intercept])
    }
}

/// `dim` as `[z, y, x]`: at most three dimensions longer than 1.
fn shape(path: &Path, dim: [i64; 8]) -> Result<[u64; 3]> {
    let n_dims = dim[0];
    if !(1..=7).contains(&n_dims) {
        return Err(failure::format(path, format!("dim[0] is {n_dims}, but must be from 1 to 7")));
    }
    let used = &dim[1..=n_dims as usize];
    if let Some(bad) = used.iter().find(|side| **side < 1) {
        return Err(failure::format(path, format!("a dimension is {bad}, but must be at least 1")));
    }
    if let Some(more) = used.iter().skip(3).find(|side| **side > 1) {
        return Err(failure::format(path, format!("the file holds {more} volumes or components"))
            .expected("one volume")
            .hint("extract the volume that you mean into a file of its own"));
    }
    let side = |i: usize| used.get(i).map_or(1, |side| side.unsigned_abs());
    Ok([side(2), side(1), side(0)])
}

fn sample_type(path: &Path, code: i64, bits: i64) -> Result<SampleType> {
    let sample = match code {
        2 => SampleType::U8,
        4 => SampleType::I16,
        8 => SampleType::I32,
        16 => SampleType::F32,
        64 => SampleType::F64,
        256 => SampleType::I8,
        512 => SampleType::U16,
        768 => SampleType::U32,
        1024 => SampleType::I64,
        1280 => SampleType::U64,
        other => {
            let what = match other {
                1 => "bits",
                32 | 1792 | 2048 => "complex numbers",
                128 | 2304 => "colours",
                1536 => "128-bit floats",
                _ => "of an unknown type",
            };
            return Err(failure::format(path, format!("voxels are {what} (datatype {other})"))
                .expected("8 to 64 bit integers, or 32 or 64 bit floats"));
        }
    };
    if bits != 8 * sample.n_bytes() as i64 {
        return Err(failure::format(path, format!("datatype {code} contradicts bitpix {bits}")));
    }
    Ok(sample)
}

/// Where voxels start. In a single file 0 means "right after the header", which some writers leave so.
fn vox_offset(path: &Path, offset: f64, is_single: bool, least: u64) -> Result<u64> {
    let least = if is_single { least } else { 0 };
    if offset == 0.0 {
        return Ok(least);
    }
    if !(offset >= least as f64 && offset <= 1e12 && offset.fract() == 0.0) {
        return Err(failure::format(path, format!("vox_offset is {offset}")).expected(format!("at least {least}")));
    }
    Ok(offset as u64)
}

/// Numbers at fixed places of a header of fixed length.
struct Fields<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Fields<'_> {
    fn at<const N: usize>(&self, offset: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.bytes[offset..offset + N]);
        if self.big_endian {
            field.reverse();
        }
        field
    }

    fn i16(&self, offset: usize) -> i16 {
        i16::from_le_bytes(self.at(offset))
    }

    fn i32(&self, offset: usize) -> i32 {
        i32::from_le_bytes(self.at(offset))
    }

    fn i64(&self, offset: usize) -> i64 {
        i64::from_le_bytes(self.at(offset))
    }

    fn f32(&self, offset: usize) -> f32 {
        f32::from_le_bytes(self.at(offset))
    }

    fn f64(&self, offset: usize) -> f64 {
        f64::from_le_bytes(self.at(offset))
    }
}
