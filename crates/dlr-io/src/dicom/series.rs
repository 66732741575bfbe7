//! Finding the series of a folder by their tags, and reading one of them.

use super::object::{Item, has_preamble, open};
use super::pixels::stored;
use super::stack::{self, Frame, Plane, Values};
use crate::image::Noted;
use crate::{failure, limits};
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use dlr_core::{Code, Error, Result, Volume};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One series as its tags tell.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSummary {
    /// SeriesInstanceUID.
    pub uid: String,
    /// `MR`, `CT`, `RTSTRUCT`, `SEG` and so on.
    pub modality: String,
    /// SeriesDescription, empty where absent.
    pub description: String,
    /// Its files, by name.
    pub files: Vec<PathBuf>,
}

/// A series that was read: its volume, and what masks refer to.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Voxels after rescaling, in order of position.
    pub volume: Volume,
    /// SeriesInstanceUID.
    pub uid: String,
    /// FrameOfReferenceUID.
    pub frame_of_reference: Option<String>,
}

/// All series in a folder and below, by UID. Files that are not DICOM are passed over.
///
/// # Errors
/// `E0201` for a folder that cannot be read; `E0202`, `E0203` for a DICOM file that is damaged: leaving it out would
/// be a missing slice at best.
pub fn list_series(folder: &Path) -> Result<Vec<SeriesSummary>> {
    let mut files = Vec::new();
    collect(folder, &mut files, 0)?;
    files.sort();
    let mut series: BTreeMap<String, SeriesSummary> = BTreeMap::new();
    for path in files {
        if !has_preamble(&path) && path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("dcm")) {
            continue;
        }
        let object = open(&path, false)?;
        let item = Item::new(&object, &path);
        // A DICOMDIR has no series.
        let Some(uid) = item.text(tags::SERIES_INSTANCE_UID) else { continue };
        let text = |tag| item.text(tag).unwrap_or_default();
        let entry = series.entry(uid.clone()).or_insert_with(|| SeriesSummary {
            uid,
            modality: text(tags::MODALITY),
            description: text(tags::SERIES_DESCRIPTION),
            files: Vec::new(),
        });
        entry.files.push(path);
    }
    Ok(series.into_values().collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    // Links are not followed, and no sensible tree is deeper.
    if depth > 32 {
        return Err(failure::format(folder, "folders nested too deeply"));
    }
    for entry in std::fs::read_dir(folder).map_err(|e| failure::reading(folder, &e))? {
        let entry = entry.map_err(|e| failure::reading(folder, &e))?;
        let kind = entry.file_type().map_err(|e| failure::reading(&entry.path(), &e))?;
        if kind.is_dir() {
            collect(&entry.path(), files, depth + 1)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Reads the image series `uid` of a folder; without a `uid` the only one there is.
///
/// # Errors
/// `E0204` for no image series, or several and no `uid`; `E0402` for a `uid` that is not there; `E0101` for slices
/// that make no grid; what [`list_series`] refuses.
pub fn read_series(folder: &Path, uid: Option<&str>) -> Result<Noted<Series>> {
    let mut images = list_series(folder)?;
    images.retain(|s| !matches!(s.modality.as_str(), "RTSTRUCT" | "SEG" | "RTDOSE" | "RTPLAN" | "SR" | "PR" | "KO"));
    let chosen = match uid {
        Some(uid) => images.iter().find(|s| s.uid == uid).ok_or_else(|| {
            Error::new(Code::UnknownName, format!("folder `{}` has no such image series", failure::base_name(folder)))
        })?,
        None => match images.as_slice() {
            [one] => one,
            [] => return Err(failure::format(folder, "no DICOM image series")),
            several => {
                let list: Vec<_> =
                    several.iter().map(|s| format!("{} of {} files", s.modality, s.files.len())).collect();
                return Err(failure::format(folder, "several image series")
                    .expected("one series, or its UID")
                    .found(list.join(", ")));
            }
        },
    };
    let mut frames = Vec::new();
    let mut frame_of_reference = None;
    let mut n_pixels = 0;
    for path in &chosen.files {
        let object = open(path, true)?;
        frame_of_reference = Item::new(&object, path).text(tags::FRAME_OF_REFERENCE_UID).or(frame_of_reference);
        let more = frames_of(&object, path)?;
        n_pixels += more.iter().map(|frame| frame.values.stored.len() as u64).sum::<u64>();
        if n_pixels > limits::MAX_VOXELS {
            return Err(failure::too_large(folder, format!("{n_pixels} voxels")));
        }
        frames.extend(more);
    }
    let mut notes = Vec::new();
    let volume = stack::volume(folder, &frames, &mut notes)?;
    Ok(Noted { value: Series { volume, uid: chosen.uid.clone(), frame_of_reference }, notes })
}

/// The planes of a file: one, or as many as it has frames.
fn frames_of(object: &DefaultDicomObject, path: &Path) -> Result<Vec<Frame>> {
    let item = Item::new(object, path);
    let pixels = stored(object, path)?;
    let [n_frames, rows, columns] = pixels.shape;
    let per_frame = item.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let shared = item.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    if n_frames > 1 && per_frame.len() != n_frames {
        return Err(failure::format(path, format!("{n_frames} frames, but positions for {}", per_frame.len())));
    }
    let n = rows * columns;
    let frame = |idx: usize| {
        let groups = Groups { own: per_frame.get(idx).copied(), shared, file: item };
        let value = |tag, default: f64| groups.rescale().and_then(|g| g.numbers(tag)).map_or(default, |n| n[0]);
        Ok(Frame {
            path: path.to_owned(),
            plane: groups.plane(rows, columns)?,
            values: Values {
                stored: pixels.values[idx * n..(idx + 1) * n].to_vec(),
                slope: value(tags::RESCALE_SLOPE, 1.0),
                intercept: value(tags::RESCALE_INTERCEPT, 0.0),
            },
            thickness: groups.thickness(),
        })
    };
    (0..n_frames).map(frame).collect()
}

/// Where the attributes of one frame are: its own functional groups, the shared ones, or the file itself.
pub(super) struct Groups<'a> {
    pub(super) own: Option<Item<'a>>,
    pub(super) shared: Option<Item<'a>>,
    pub(super) file: Item<'a>,
}

impl<'a> Groups<'a> {
    /// The item of a functional group, or the file for images that have none.
    fn group(&self, tag: dicom_object::Tag) -> Item<'a> {
        let find = |place: Option<Item<'a>>| place.and_then(|item| item.item(tag));
        find(self.own).or_else(|| find(self.shared)).unwrap_or(self.file)
    }

    fn rescale(&self) -> Option<Item<'a>> {
        Some(self.group(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE))
    }

    fn thickness(&self) -> Option<f64> {
        let measures = self.group(tags::PIXEL_MEASURES_SEQUENCE);
        let numbers = [tags::SPACING_BETWEEN_SLICES, tags::SLICE_THICKNESS].map(|tag| measures.numbers(tag));
        numbers.into_iter().flatten().map(|n| n[0].abs()).find(|t| *t > 0.0)
    }

    pub(super) fn plane(&self, rows: usize, columns: usize) -> Result<Plane> {
        let position = self.group(tags::PLANE_POSITION_SEQUENCE);
        let orientation = self.group(tags::PLANE_ORIENTATION_SEQUENCE);
        let measures = self.group(tags::PIXEL_MEASURES_SEQUENCE);
        let [a, b, c, d, e, f] = orientation.array(tags::IMAGE_ORIENTATION_PATIENT, "ImageOrientationPatient")?;
        Ok(Plane {
            position: position.array(tags::IMAGE_POSITION_PATIENT, "ImagePositionPatient")?,
            row_direction: unit([a, b, c]),
            column_direction: unit([d, e, f]),
            spacing: measures.array(tags::PIXEL_SPACING, "PixelSpacing")?,
            rows,
            columns,
        })
    }
}

/// Directions are written with few digits; their length is then off by rounding.
fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
    if (length - 1.0).abs() < 1e-3 { v.map(|c| c / length) } else { v }
}
