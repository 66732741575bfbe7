//! A look at the skeleton of a DICOM file before it is parsed: lengths that the file does not have and sequences
//! nested without end are refused here, because the parser would ask for the memory first.
//!
//! Follows element headers only, without recursion and without a copy. What it cannot follow it leaves to the parser.

use crate::failure;
use dlr_core::Result;
use flate2::read::DeflateDecoder;
use std::io::Read;
use std::path::Path;

/// Sequences in sequences; enhanced images and structured reports use some ten.
const MAX_DEPTH: usize = 64;

/// What a deflated data set may unpack to.
const MAX_INFLATED: u64 = 512 << 20;

const UNDEFINED: u32 = u32::MAX;
const PIXEL_DATA: (u16, u16) = (0x7fe0, 0x0010);

/// How the elements that follow are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Syntax {
    pub(super) is_explicit: bool,
    pub(super) is_big_endian: bool,
}

const EXPLICIT_LITTLE: Syntax = Syntax { is_explicit: true, is_big_endian: false };
const IMPLICIT_LITTLE: Syntax = Syntax { is_explicit: false, is_big_endian: false };

/// Checks a file with a preamble.
pub(super) fn file(bytes: &[u8], path: &Path) -> Result<()> {
    let mut walk = Walk { bytes, at: 132, path };
    let mut uid = None;
    // The meta group is always explicit little endian.
    while walk.bytes.get(walk.at..walk.at + 2) == Some(&[2, 0]) {
        let element = walk.header(EXPLICIT_LITTLE)?;
        let value = walk.take(element.length)?;
        if element.tag == (2, 0x10) {
            uid = Some(String::from_utf8_lossy(value).trim_end_matches(['\0', ' ']).to_owned());
        }
    }
    let uid = uid.ok_or_else(|| failure::format(path, "the DICOM header names no transfer syntax"))?;
    let rest = bytes.get(walk.at..).unwrap_or_default();
    match uid.as_str() {
        "1.2.840.10008.1.2" => data_set(rest, IMPLICIT_LITTLE, path),
        "1.2.840.10008.1.2.2" => data_set(rest, Syntax { is_explicit: true, is_big_endian: true }, path),
        "1.2.840.10008.1.2.1.99" => {
            let mut inflated = Vec::new();
            let mut decoder = DeflateDecoder::new(rest).take(MAX_INFLATED + 1);
            decoder.read_to_end(&mut inflated).map_err(|e| failure::reading(path, &e))?;
            if inflated.len() as u64 > MAX_INFLATED {
                return Err(failure::too_large(path, format!("more than {MAX_INFLATED} bytes when inflated")));
            }
            data_set(&inflated, EXPLICIT_LITTLE, path)
        }
        _ => data_set(rest, EXPLICIT_LITTLE, path),
    }
}

/// Something open that elements are in.
struct Level {
    /// Where it ends; `None` where a delimiter ends it.
    end: Option<usize>,
    is_item: bool,
    /// Items are compressed frames, not data sets.
    is_pixels: bool,
    syntax: Syntax,
}

/// Checks the elements of a data set.
pub(super) fn data_set(bytes: &[u8], syntax: Syntax, path: &Path) -> Result<()> {
    let mut walk = Walk { bytes, at: 0, path };
    let mut open: Vec<Level> = Vec::new();
    loop {
        while open.last().is_some_and(|level| level.end.is_some_and(|end| walk.at >= end)) {
            open.pop();
        }
        // A few bytes of padding are the parser's to judge.
        if bytes.len().saturating_sub(walk.at) < 8 {
            return Ok(());
        }
        if open.len() > 2 * MAX_DEPTH {
            return Err(failure::too_large(path, format!("sequences nested more than {MAX_DEPTH} deep")));
        }
        let here = open.last().map_or(syntax, |level| level.syntax);
        let element = walk.header(here)?;
        let is_pixels = open.last().is_some_and(|level| level.is_pixels);
        let mut push = |is_item, is_pixels, syntax, walk: &Walk<'_>| {
            let end = (element.length != UNDEFINED).then(|| walk.at + element.length as usize);
            open.push(Level { end, is_item, is_pixels, syntax });
        };
        match element.tag {
            (0xfffe, 0xe000) if is_pixels => drop(walk.take(element.length)?),
            (0xfffe, 0xe000) => {
                walk.must_have(element.length)?;
                push(true, false, here, &walk);
            }
            (0xfffe, 0xe00d) => drop(open.pop_if(|level| level.is_item)),
            (0xfffe, _) => drop(open.pop_if(|level| !level.is_item)),
            tag => {
                let is_unknown = element.vr == Some(*b"UN");
                let inner = if is_unknown { IMPLICIT_LITTLE } else { here };
                if element.length == UNDEFINED {
                    push(false, tag == PIXEL_DATA, inner, &walk);
                } else if element.vr == Some(*b"SQ") || element.vr.is_none() && tag != PIXEL_DATA && walk.at_item() {
                    walk.must_have(element.length)?;
                    push(false, false, inner, &walk);
                } else {
                    walk.take(element.length)?;
                }
            }
        }
    }
}

struct Header {
    tag: (u16, u16),
    vr: Option<[u8; 2]>,
    length: u32,
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    path: &'a Path,
}

impl<'a> Walk<'a> {
    fn header(&mut self, syntax: Syntax) -> Result<Header> {
        let tag = (self.u16(syntax)?, self.u16(syntax)?);
        if !syntax.is_explicit || tag.0 == 0xfffe {
            return Ok(Header { tag, vr: None, length: self.u32(syntax)? });
        }
        let vr = self.array::<2>()?;
        let is_long = matches!(
            &vr,
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV"
        );
        let length = if is_long {
            self.array::<2>()?;
            self.u32(syntax)?
        } else {
            u32::from(self.u16(syntax)?)
        };
        Ok(Header { tag, vr: Some(vr), length })
    }

    fn must_have(&self, length: u32) -> Result<()> {
        if length == UNDEFINED || length as usize <= self.bytes.len() - self.at {
            return Ok(());
        }
        Err(failure::truncated(self.path)
            .expected(format!("an element of {length} bytes"))
            .found(format!("{} bytes left", self.bytes.len() - self.at)))
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8]> {
        self.must_have(length)?;
        if length == UNDEFINED {
            return Err(failure::corrupt(self.path, "an element of undefined length where none may be"));
        }
        let value = &self.bytes[self.at..self.at + length as usize];
        self.at += length as usize;
        Ok(value)
    }

    fn at_item(&self) -> bool {
        self.bytes.get(self.at..self.at + 4) == Some(&[0xfe, 0xff, 0x00, 0xe0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let field = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let field = *field.ok_or_else(|| failure::truncated(self.path))?;
        self.at += N;
        Ok(field)
    }

    fn u16(&mut self, syntax: Syntax) -> Result<u16> {
        let field = self.array()?;
        Ok(if syntax.is_big_endian { u16::from_be_bytes(field) } else { u16::from_le_bytes(field) })
    }

    fn u32(&mut self, syntax: Syntax) -> Result<u32> {
        let field = self.array()?;
        Ok(if syntax.is_big_endian { u32::from_be_bytes(field) } else { u32::from_le_bytes(field) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Code;

    fn code(bytes: &[u8]) -> Option<Code> {
        data_set(bytes, EXPLICIT_LITTLE, Path::new("x.dcm")).err().map(|e| e.code())
    }

    #[test]
    fn a_million_nested_sequences_and_a_length_from_nowhere_are_refused() {
        let level = [&[0x08, 0, 0x40, 0x11][..], b"SQ\0\0", &[0xff; 4], &[0xfe, 0xff, 0, 0xe0], &[0xff; 4]].concat();
        assert_eq!(code(&level.repeat(10)), None);
        assert_eq!(code(&level.repeat(1_000_000)), Some(Code::FileTooLarge));
        let long = [&[0xe0, 0x7f, 0x10, 0][..], b"OW\0\0", &0xffff_fff0_u32.to_le_bytes(), &[0; 20]].concat();
        assert_eq!(code(&long), Some(Code::FileTruncated));
    }
}
