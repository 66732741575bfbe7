//! Bytes to voxels: the ten number types of NIfTI and NRRD, in both byte orders, in one pass over the stream.
//!
//! Values are kept exactly: 8 and 16 bit integers and 32 bit floats become `f32`, all others `f64`. A 64 bit integer
//! that `f64` cannot hold is refused. Scaled values are computed in `f64` and stored in `f32` only where that is
//! exact. The file's order (x fastest) is already the array order `[z, y, x]`, so nothing is moved.

use crate::failure;
use crate::source::Source;
use dlr_core::{Result, Voxels};
use ndarray::Array3;
use std::cell::Cell;

/// Number type of the voxels in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl SampleType {
    /// Bytes of one voxel.
    pub(crate) fn n_bytes(self) -> u64 {
        match self {
            SampleType::U8 | SampleType::I8 => 1,
            SampleType::U16 | SampleType::I16 => 2,
            SampleType::U32 | SampleType::I32 | SampleType::F32 => 4,
            SampleType::U64 | SampleType::I64 | SampleType::F64 => 8,
        }
    }

    /// Largest magnitude of a small integer type.
    fn small_integer(self) -> Option<f64> {
        match self {
            SampleType::U8 => Some(255.0),
            SampleType::I8 => Some(128.0),
            SampleType::U16 => Some(65535.0),
            SampleType::I16 => Some(32768.0),
            _ => None,
        }
    }

    /// Whether `f32` holds every value of this type.
    pub(crate) fn fits_f32(self) -> bool {
        self.small_integer().is_some() || self == SampleType::F32
    }
}

/// How the voxels of a file are stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) sample: SampleType,
    pub(crate) big_endian: bool,
    /// `value = slope * stored + intercept`; `None` leaves them as stored.
    pub(crate) scale: Option<[f64; 2]>,
}

impl Layout {
    fn scaled_fits_f32(&self) -> bool {
        let Some([slope, intercept]) = self.scale else { return self.sample.fits_f32() };
        // Integers below 2^24 are exact in f32.
        let integral = slope.fract() == 0.0 && intercept.fract() == 0.0;
        integral && self.sample.small_integer().is_some_and(|most| slope.abs() * most + intercept.abs() < 16_777_216.0)
    }
}

/// Voxels as they were read: bytes stay bytes, because most masks are, and are large.
#[derive(Debug, Clone)]
pub(crate) enum Samples {
    Bytes(Array3<u8>),
    Numbers(Voxels),
}

impl Samples {
    /// The voxels of an image.
    pub(crate) fn into_voxels(self) -> Voxels {
        match self {
            Samples::Bytes(bytes) => Voxels::F32(bytes.mapv(f32::from)),
            Samples::Numbers(voxels) => voxels,
        }
    }
}

/// Reads `shape` voxels from the stream. Memory grows with what arrives, not with what was claimed.
pub(crate) fn read_voxels(source: &mut Source, shape: [usize; 3], layout: Layout) -> Result<Samples> {
    if let Layout { sample: SampleType::U8, scale: None, .. } = layout {
        let bytes = fill(source, shape, |[b]: [u8; 1]| b)?;
        return array(source, shape, bytes).map(Samples::Bytes);
    }
    read_numbers(source, shape, layout).map(Samples::Numbers)
}

fn read_numbers(source: &mut Source, shape: [usize; 3], layout: Layout) -> Result<Voxels> {
    if layout.scaled_fits_f32() {
        let scale = layout.scale.map(|[slope, intercept]| [slope as f32, intercept as f32]);
        let values = match scale {
            None => small(source, shape, layout, |v| v)?,
            Some([slope, intercept]) => small(source, shape, layout, |v| slope * v + intercept)?,
        };
        return array(source, shape, values).map(Voxels::F32);
    }
    let values = match layout.scale {
        None => wide(source, shape, layout, |v| v)?,
        Some([slope, intercept]) => wide(source, shape, layout, |v| slope * v + intercept)?,
    };
    array(source, shape, values).map(Voxels::F64)
}

fn array<T>(source: &Source, [z, y, x]: [usize; 3], values: Vec<T>) -> Result<Array3<T>> {
    Array3::from_shape_vec((z, y, x), values).map_err(|e| failure::format(source.path(), e))
}

/// The types that fit `f32`.
fn small(s: &mut Source, shape: [usize; 3], layout: Layout, f: impl Fn(f32) -> f32) -> Result<Vec<f32>> {
    match (layout.sample, layout.big_endian) {
        (SampleType::I8, _) => fill(s, shape, |b: [u8; 1]| f(f32::from(i8::from_le_bytes(b)))),
        (SampleType::U16, false) => fill(s, shape, |b| f(f32::from(u16::from_le_bytes(b)))),
        (SampleType::U16, true) => fill(s, shape, |b| f(f32::from(u16::from_be_bytes(b)))),
        (SampleType::I16, false) => fill(s, shape, |b| f(f32::from(i16::from_le_bytes(b)))),
        (SampleType::I16, true) => fill(s, shape, |b| f(f32::from(i16::from_be_bytes(b)))),
        (SampleType::F32, false) => fill(s, shape, |b| f(f32::from_le_bytes(b))),
        (SampleType::F32, true) => fill(s, shape, |b| f(f32::from_be_bytes(b))),
        _ => fill(s, shape, |[b]: [u8; 1]| f(f32::from(b))),
    }
}

/// All types, in `f64`.
fn wide(s: &mut Source, shape: [usize; 3], layout: Layout, f: impl Fn(f64) -> f64) -> Result<Vec<f64>> {
    // f64 holds integers up to 2^53; one flag, not one branch out of the loop, tells that a larger one was met.
    let lossy = Cell::new(false);
    let signed = |v: i64| {
        lossy.set(lossy.get() | (v.unsigned_abs() > 1 << 53));
        f(v as f64)
    };
    let unsigned = |v: u64| {
        lossy.set(lossy.get() | (v > 1 << 53));
        f(v as f64)
    };
    let values = match (layout.sample, layout.big_endian) {
        (SampleType::U8, _) => fill(s, shape, |[b]: [u8; 1]| f(f64::from(b))),
        (SampleType::I8, _) => fill(s, shape, |b: [u8; 1]| f(f64::from(i8::from_le_bytes(b)))),
        (SampleType::U16, false) => fill(s, shape, |b| f(f64::from(u16::from_le_bytes(b)))),
        (SampleType::U16, true) => fill(s, shape, |b| f(f64::from(u16::from_be_bytes(b)))),
        (SampleType::I16, false) => fill(s, shape, |b| f(f64::from(i16::from_le_bytes(b)))),
        (SampleType::I16, true) => fill(s, shape, |b| f(f64::from(i16::from_be_bytes(b)))),
        (SampleType::U32, false) => fill(s, shape, |b| f(f64::from(u32::from_le_bytes(b)))),
        (SampleType::U32, true) => fill(s, shape, |b| f(f64::from(u32::from_be_bytes(b)))),
        (SampleType::I32, false) => fill(s, shape, |b| f(f64::from(i32::from_le_bytes(b)))),
        (SampleType::I32, true) => fill(s, shape, |b| f(f64::from(i32::from_be_bytes(b)))),
        (SampleType::U64, false) => fill(s, shape, |b| unsigned(u64::from_le_bytes(b))),
        (SampleType::U64, true) => fill(s, shape, |b| unsigned(u64::from_be_bytes(b))),
        (SampleType::I64, false) => fill(s, shape, |b| signed(i64::from_le_bytes(b))),
        (SampleType::I64, true) => fill(s, shape, |b| signed(i64::from_be_bytes(b))),
        (SampleType::F32, false) => fill(s, shape, |b| f(f64::from(f32::from_le_bytes(b)))),
        (SampleType::F32, true) => fill(s, shape, |b| f(f64::from(f32::from_be_bytes(b)))),
        (SampleType::F64, false) => fill(s, shape, |b| f(f64::from_le_bytes(b))),
        (SampleType::F64, true) => fill(s, shape, |b| f(f64::from_be_bytes(b))),
    }?;
    if lossy.get() {
        return Err(failure::format(s.path(), "64-bit integers beyond 2^53 cannot be held without rounding"));
    }
    Ok(values)
}

fn fill<const N: usize, T>(source: &mut Source, shape: [usize; 3], decode: impl Fn([u8; N]) -> T) -> Result<Vec<T>> {
    // Small enough for the second-level cache, so that unpacked bytes are turned into numbers while they are there.
    const CHUNK: usize = 8192;
    let n: usize = shape.iter().product();
    let mut values = Vec::new();
    values.try_reserve_exact(n).map_err(|_| {
        failure::too_large(source.path(), format!("{n} voxels")).hint("there is not enough memory for this image")
    })?;
    let mut bytes = vec![0; CHUNK.min(n) * N];
    let expected = n as u64 * N as u64;
    while values.len() < n {
        let take = CHUNK.min(n - values.len());
        let chunk = &mut bytes[..take * N];
        source.read_voxels(chunk, values.len() as u64 * N as u64, expected)?;
        values.extend(chunk.as_chunks::<N>().0.iter().map(|b| decode(*b)));
    }
    Ok(values)
}
