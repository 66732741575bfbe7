//! Opening a DICOM file, and reading its elements with errors of our own.

use super::scan;
use crate::failure;
use crate::source::Source;
use dicom_dictionary_std::tags;
use dicom_object::file::ReadPreamble;
use dicom_object::mem::InMemElement;
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject, OpenFileOptions, Tag};
use dicom_transfer_syntax_registry::entries::{EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN};
use dlr_core::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// A larger file is no series slice, RTSTRUCT or SEG that we know of.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// Whether a file begins as DICOM files do.
pub(super) fn has_preamble(path: &Path) -> bool {
    let mut start = [0; 132];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start.ends_with(b"DICM")
}

/// Opens a file whole, or up to its pixel data.
pub(crate) fn open(path: &Path, with_pixels: bool) -> Result<DefaultDicomObject> {
    let bytes = Source::open_plain(path)?.rest(MAX_FILE_BYTES)?;
    if bytes.len() < 132 {
        return Err(failure::truncated(path));
    }
    let is_file = bytes[128..132] == *b"DICM";
    if is_file {
        scan::file(&bytes, path)?;
    }
    // The parser is not ours; a panic in it is a damaged file, not the end of a cohort.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        if !is_file {
            return without_preamble(path, &bytes);
        }
        let options = OpenFileOptions::new().read_preamble(ReadPreamble::Always);
        let options = if with_pixels { options } else { options.read_until(tags::PIXEL_DATA) };
        options.from_reader(bytes.as_slice()).map_err(|e| unreadable(path, &e))
    }));
    parsed.unwrap_or_else(|_| Err(failure::corrupt(path, "the DICOM parser gave up")))
}

/// A bare data set: PS3.10 asks for a preamble, some systems leave it out.
fn without_preamble(path: &Path, bytes: &[u8]) -> Result<DefaultDicomObject> {
    // The first group of every data set of ours is 0008, little endian.
    if !matches!(bytes, [8, 0, _, 0, ..]) {
        return Err(failure::format(path, "not a DICOM file"));
    }
    let is_explicit = bytes[4..6].iter().all(u8::is_ascii_uppercase);
    scan::data_set(bytes, scan::Syntax { is_explicit, is_big_endian: false }, path)?;
    let syntax = if is_explicit { EXPLICIT_VR_LITTLE_ENDIAN.erased() } else { IMPLICIT_VR_LITTLE_ENDIAN.erased() };
    let object = InMemDicomObject::read_dataset_with_ts(bytes, &syntax).map_err(|e| unreadable(path, &e))?;
    let builder = FileMetaTableBuilder::new().transfer_syntax(syntax.uid());
    object.with_meta(builder).map_err(|e| unreadable(path, &e))
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Error {
    // The innermost cause says what; the outer ones repeat the path.
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    let is_eof = text.contains("end of file") || text.contains("fill whole buffer");
    if is_eof { failure::truncated(path) } else { failure::corrupt(path, &text) }
}

/// A data set and the name of its file, for messages.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) object: &'a InMemDicomObject,
    pub(super) path: &'a Path,
}

impl<'a> Item<'a> {
    pub(super) fn new(object: &'a InMemDicomObject, path: &'a Path) -> Self {
        Item { object, path }
    }

    fn element(&self, tag: Tag) -> Option<&'a InMemElement> {
        self.object.get(tag)
    }

    fn missing(&self, what: &str) -> Error {
        failure::format(self.path, format!("DICOM attribute {what} is missing or unreadable"))
    }

    /// Text without padding; `None` where absent or empty.
    pub(super) fn text(&self, tag: Tag) -> Option<String> {
        let text = self.element(tag)?.to_str().ok()?;
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Finite numbers.
    pub(super) fn numbers(&self, tag: Tag) -> Option<Vec<f64>> {
        let numbers = self.element(tag)?.to_multi_float64().ok()?;
        (!numbers.is_empty() && numbers.iter().all(|n| n.is_finite())).then_some(numbers)
    }

    pub(super) fn array<const N: usize>(&self, tag: Tag, what: &str) -> Result<[f64; N]> {
        self.numbers(tag).and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| self.missing(what))
    }

    pub(super) fn whole(&self, tag: Tag) -> Option<usize> {
        self.element(tag)?.to_int::<u32>().ok().map(|n| n as usize)
    }

    pub(super) fn required_whole(&self, tag: Tag, what: &str) -> Result<usize> {
        self.whole(tag).ok_or_else(|| self.missing(what))
    }

    /// The items of a sequence; none where it is absent.
    pub(super) fn items(&self, tag: Tag) -> Vec<Item<'a>> {
        let items = self.element(tag).and_then(|element| element.items()).unwrap_or_default();
        items.iter().map(|object| Item { object, path: self.path }).collect()
    }

    /// The first item of a sequence.
    pub(super) fn item(&self, tag: Tag) -> Option<Item<'a>> {
        self.items(tag).into_iter().next()
    }
}
