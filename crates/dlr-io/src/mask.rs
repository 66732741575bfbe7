//! Masks from label images: which values a file holds, and which voxels are meant. Soft masks are cut at 0.5.
//!
//! A value within 0.001 of an integer is that integer (registration tools leave 0.99999). A file with other fractions
//! is a soft mask if all its values lie from 0 to 1: inside is 0.5 and above, noted, and its one label is 1. Anything
//! else, NaN included, is refused: it is most likely the image itself.

use crate::failure::{self, base_name};
use crate::image::{Noted, Raw, read_raw};
use crate::sample::Samples;
use dlr_core::{Code, Error, Mask, Result, Voxels};
use ndarray::Array3;
use std::path::{Path, PathBuf};

/// Which labels of a mask file make up the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LabelSelection {
    /// The only label that is there, whatever its value; label 1 where there are several.
    #[default]
    Auto,
    /// This label.
    Value(i64),
    /// These labels together; each of them must be there.
    Union(Vec<i64>),
    /// Every voxel that is not background.
    UnionAll,
}

const INTEGER_TOLERANCE: f64 = 1e-3;

/// A file with more labels than this is taken for an image, unless a label is named.
const MOST_LABELS_UNASKED: usize = 256;

/// Reads the region that `selection` names. See [`crate::read_volume`] for the formats.
///
/// # Errors
/// As [`crate::read_volume`]; `E0104` for a file without any label, `E0106` for a label that it does not have (naming
/// those it has), `E0105` for NaN, `E0204` for a file that is no mask.
pub fn read_mask(path: &Path, selection: &LabelSelection) -> Result<Mask> {
    read_mask_noted(path, selection).map(|noted| noted.value)
}

/// [`read_mask`] with what was remarkable about the file.
///
/// # Errors
/// As [`read_mask`].
pub fn read_mask_noted(path: &Path, selection: &LabelSelection) -> Result<Noted<Mask>> {
    select(path, read_raw(path)?, selection).map(|(noted, _)| noted)
}

/// The labels in a mask file, ascending, background 0 left out. Empty for an empty mask.
///
/// # Errors
/// As [`read_mask`], but an empty mask is none.
pub fn labels(path: &Path) -> Result<Vec<i64>> {
    Ok(Labelled::new(path, &read_raw(path)?.voxels)?.present)
}

/// Each label of a mask file as a region of its own, by ascending label.
///
/// # Errors
/// As [`read_mask`].
pub fn read_all_labels(path: &Path) -> Result<Vec<(i64, Mask)>> {
    let raw = read_raw(path)?;
    let labelled = Labelled::new(path, &raw.voxels)?;
    labelled.must_not_be_empty(path)?;
    let mask = |label: &i64| Ok((*label, Mask::new(raw.geometry, labelled.inside(&[*label]))?));
    labelled.present.iter().map(mask).collect()
}

/// A mask file that has been read, from which regions are taken one by one.
#[derive(Debug, Clone)]
pub(crate) struct LabelImage {
    name: PathBuf,
    voxels: Samples,
    present: Vec<i64>,
    is_soft: bool,
}

impl LabelImage {
    /// Which labels the voxels of `path` hold.
    pub(crate) fn new(path: &Path, voxels: Samples) -> Result<LabelImage> {
        let labelled = Labelled::new(path, &voxels)?;
        labelled.must_not_be_empty(path)?;
        let (present, is_soft) = (labelled.present, labelled.is_soft);
        Ok(LabelImage { name: path.to_owned(), voxels, present, is_soft })
    }

    /// The labels, ascending; at least one.
    pub(crate) fn present(&self) -> &[i64] {
        &self.present
    }

    /// The voxels that `selection` names, and what to tell of the choice.
    pub(crate) fn inside(&self, selection: &LabelSelection) -> Result<Noted<Array3<bool>>> {
        let labelled = Labelled { voxels: &self.voxels, present: self.present.clone(), is_soft: self.is_soft };
        let mut notes = Vec::new();
        if self.is_soft {
            notes.push(format!("soft mask `{}`: inside is 0.5 and above", base_name(&self.name)));
        }
        let chosen = labelled.choose(&self.name, selection, &mut notes)?;
        Ok(Noted { value: labelled.inside(&chosen), notes })
    }
}

/// The region in a file that has been read, and whether that file has a place in the patient.
pub(crate) fn select(path: &Path, raw: Raw, selection: &LabelSelection) -> Result<(Noted<Mask>, bool)> {
    let mut notes = raw.notes;
    let labelled = Labelled::new(path, &raw.voxels)?;
    labelled.must_not_be_empty(path)?;
    if labelled.is_soft {
        notes.push(format!("soft mask `{}`: inside is 0.5 and above", base_name(path)));
    }
    let chosen = labelled.choose(path, selection, &mut notes)?;
    Ok((Noted { value: Mask::new(raw.geometry, labelled.inside(&chosen))?, notes }, raw.is_placed))
}

/// A label image: every voxel stands for an integer.
struct Labelled<'a> {
    voxels: &'a Samples,
    present: Vec<i64>,
    is_soft: bool,
}

impl Labelled<'_> {
    fn new<'a>(path: &Path, voxels: &'a Samples) -> Result<Labelled<'a>> {
        let (present, is_soft) = match voxels {
            Samples::Bytes(a) => survey(path, a, f64::from)?,
            Samples::Numbers(Voxels::F32(a)) => survey(path, a, f64::from)?,
            Samples::Numbers(Voxels::F64(a)) => survey(path, a, |v| v)?,
        };
        Ok(Labelled { voxels, present, is_soft })
    }

    /// Which voxels have one of `labels` (ascending).
    fn inside(&self, labels: &[i64]) -> Array3<bool> {
        let is_soft = self.is_soft;
        let is_chosen = |value: f64| match labels {
            [one] => label_of(value, is_soft) == *one,
            several => several.binary_search(&label_of(value, is_soft)).is_ok(),
        };
        match self.voxels {
            Samples::Bytes(a) => by_runs(a, |v| is_chosen(f64::from(v))),
            Samples::Numbers(Voxels::F32(a)) => by_runs(a, |v| is_chosen(f64::from(v))),
            Samples::Numbers(Voxels::F64(a)) => by_runs(a, is_chosen),
        }
    }

    fn must_not_be_empty(&self, path: &Path) -> Result<()> {
        if !self.present.is_empty() {
            return Ok(());
        }
        Err(Error::new(Code::EmptyMask, format!("mask `{}` is empty", base_name(path)))
            .expected("at least one voxel that is not 0")
            .found("only 0")
            .hint("check that this is the mask, and that it was saved with its labels"))
    }

    /// The chosen labels, ascending.
    fn choose(&self, path: &Path, selection: &LabelSelection, notes: &mut Vec<String>) -> Result<Vec<i64>> {
        let name = base_name(path);
        let unasked = matches!(selection, LabelSelection::Auto | LabelSelection::UnionAll);
        if unasked && self.present.len() > MOST_LABELS_UNASKED {
            return Err(failure::format(path, format!("mask with {} different labels", self.present.len()))
                .expected(format!("at most {MOST_LABELS_UNASKED} where no label is named"))
                .hint("this looks like an image; check which file is the mask"));
        }
        let mut wanted = match (selection, self.present.as_slice()) {
            (LabelSelection::UnionAll, all) => all.to_vec(),
            (LabelSelection::Auto, [only]) => {
                if *only != 1 {
                    notes.push(format!("label {only} used: the only one in mask `{name}`"));
                }
                vec![*only]
            }
            (LabelSelection::Auto, several) => {
                notes.push(format!("mask `{name}` holds labels {}: label 1 used", list(several)));
                vec![1]
            }
            (LabelSelection::Value(value), _) => vec![*value],
            (LabelSelection::Union(values), _) => values.clone(),
        };
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() || wanted.contains(&0) {
            return Err(Error::new(Code::Parameter, "label 0 is background, and an empty union is no region")
                .expected("labels of 1 and above")
                .found(if wanted.is_empty() { "none".into() } else { format!("labels {}", list(&wanted)) })
                .hint(format!("the mask has the labels {}", list(&self.present))));
        }
        match wanted.iter().find(|label| self.present.binary_search(label).is_err()) {
            None => Ok(wanted),
            Some(absent) => Err(Error::new(Code::LabelAbsent, format!("mask `{name}` has no label {absent}"))
                .expected(format!("label {absent}"))
                .found(format!("labels {}", list(&self.present)))
                .hint("choose the label by number, or `union`")),
        }
    }
}

fn list(labels: &[i64]) -> String {
    let shown = labels.iter().take(12).map(i64::to_string).collect::<Vec<_>>().join(", ");
    if labels.len() > 12 { format!("{shown} and {} more", labels.len() - 12) } else { shown }
}

/// The integer that a value stands for.
fn label_of(value: f64, is_soft: bool) -> i64 {
    if is_soft { i64::from(value >= 0.5) } else { value.round() as i64 }
}

/// Calls `see` with each value and how often it follows itself. Label images are long runs of one value, so that
/// comparing many voxels at once with the last settles nearly all of them.
fn for_each_run<T: Copy + PartialEq>(voxels: &Array3<T>, mut see: impl FnMut(T, usize)) {
    const BLOCK: usize = 64;
    let mut rest = voxels.as_slice().expect("voxels are read in one piece");
    while let Some(value) = rest.first() {
        let mut n = 1;
        while let Some(block) = rest[n..].first_chunk::<BLOCK>() {
            if !block.iter().fold(true, |same, v| same & (v == value)) {
                break;
            }
            n += BLOCK;
        }
        n += rest[n..].iter().take_while(|v| *v == value).count();
        see(*value, n);
        rest = &rest[n..];
    }
}

/// Whether each voxel is chosen.
fn by_runs<T: Copy + PartialEq>(voxels: &Array3<T>, is_chosen: impl Fn(T) -> bool) -> Array3<bool> {
    let mut inside = Vec::with_capacity(voxels.len());
    for_each_run(voxels, |value, n| inside.resize(inside.len() + n, is_chosen(value)));
    Array3::from_shape_vec(voxels.dim(), inside).expect("the runs cover the image once")
}

/// The labels that occur, and whether the values are a soft mask.
fn survey<T: Copy + PartialEq>(path: &Path, voxels: &Array3<T>, wide: impl Fn(T) -> f64) -> Result<(Vec<i64>, bool)> {
    let (mut n_bad, mut fractional, mut lowest, mut highest) = (0_usize, None, 0.0_f64, 0.0_f64);
    let mut present: Vec<i64> = Vec::new();
    for_each_run(voxels, |value, n| {
        let value = wide(value);
        if !value.is_finite() {
            n_bad += n;
            return;
        }
        if (value - value.round()).abs() > INTEGER_TOLERANCE {
            fractional = fractional.or(Some(value));
        }
        lowest = lowest.min(value);
        highest = highest.max(value);
        insert(&mut present, label_of(value, false));
    });
    if n_bad > 0 {
        return Err(
            Error::new(Code::NotFinite, format!("mask `{}` holds NaN or infinity", base_name(path))).expected("labels")
        );
    }
    let Some(example) = fractional else { return Ok((present, false)) };
    if lowest < -INTEGER_TOLERANCE || highest > 1.0 + INTEGER_TOLERANCE {
        return Err(failure::format(path, format!("a mask with values such as {example}"))
            .expected("integer labels, or a soft mask from 0 to 1")
            .found(format!("values from {lowest} to {highest}"))
            .hint("this looks like an image; check which file is the mask"));
    }
    let present = if highest >= 0.5 { vec![1] } else { Vec::new() };
    Ok((present, true))
}

/// Keeps a list of labels sorted, without 0 and without doubles.
fn insert(present: &mut Vec<i64>, label: i64) {
    if label != 0
        && let Err(place) = present.binary_search(&label)
    {
        present.insert(place, label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Geometry;

    fn choose(values: [f32; 4], selection: &LabelSelection) -> Result<(usize, Vec<String>)> {
        let geometry = Geometry::axis_aligned([1, 2, 2], [1.0; 3]).unwrap();
        let voxels = Samples::Numbers(Voxels::F32(Array3::from_shape_vec((1, 2, 2), values.to_vec()).unwrap()));
        let raw = Raw { geometry, voxels, is_placed: true, notes: Vec::new() };
        select(Path::new("m.nii"), raw, selection).map(|(noted, _)| (noted.value.n_voxels(), noted.notes))
    }

    fn code(values: [f32; 4], selection: &LabelSelection) -> Code {
        choose(values, selection).unwrap_err().code()
    }

    #[test]
    fn auto_takes_the_only_label_and_says_so() {
        assert_eq!(choose([0.0, 1.0, 1.0, 0.0], &LabelSelection::Auto).unwrap(), (2, vec![]));
        let (n, notes) = choose([0.0, 255.0, 255.0, 0.0], &LabelSelection::Auto).unwrap();
        assert_eq!((n, notes.len()), (2, 1));
        let (n, notes) = choose([0.0, 1.0, 2.0, 2.0], &LabelSelection::Auto).unwrap();
        assert_eq!((n, notes.len()), (1, 1));
        assert_eq!(code([0.0, 3.0, 2.0, 2.0], &LabelSelection::Auto), Code::LabelAbsent);
    }

    #[test]
    fn unions_need_every_label_they_name() {
        let values = [0.0, 1.0, 2.0, 4.0];
        assert_eq!(choose(values, &LabelSelection::Union(vec![4, 1])).unwrap().0, 2);
        assert_eq!(choose(values, &LabelSelection::UnionAll).unwrap().0, 3);
        assert_eq!(code(values, &LabelSelection::Union(vec![1, 3])), Code::LabelAbsent);
        assert_eq!(code(values, &LabelSelection::Union(vec![])), Code::Parameter);
        assert_eq!(code(values, &LabelSelection::Value(0)), Code::Parameter);
    }

    #[test]
    fn fractions_are_soft_masks_or_refused() {
        assert_eq!(choose([0.0, 0.999_99, 1.0, 0.0], &LabelSelection::Auto).unwrap(), (2, vec![]));
        let (n, notes) = choose([0.0, 0.6, 0.5, 0.4], &LabelSelection::Auto).unwrap();
        assert_eq!((n, notes.len()), (2, 1));
        assert_eq!(code([0.0, 17.5, 0.5, 0.4], &LabelSelection::Auto), Code::FileFormat);
        assert_eq!(code([0.0, f32::NAN, 1.0, 1.0], &LabelSelection::Auto), Code::NotFinite);
        assert_eq!(code([0.0; 4], &LabelSelection::Auto), Code::EmptyMask);
        assert_eq!(code([0.0, 0.1, 0.1, 0.0], &LabelSelection::Auto), Code::EmptyMask);
    }
}
