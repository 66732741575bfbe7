//! The suite `ibsi2`: the convolutional filters of IBSI chapter 2, in its three phases.
//!
//! Response maps of phantoms ([`maps`]), statistics of filtered CT ([`values`]), and statistics of filtered MR of
//! sarcomas on which teams agree ([`teams`]). Each phase is checked as far as the folders hold its files; what they do not
//! hold is said in a note.

mod filters;
mod maps;
mod region;
mod teams;
mod values;

use super::LoadImage;
use dlr_core::conformance::SuiteTable;
use dlr_core::{Code, Error, Result};
use std::path::{Path, PathBuf};

/// Recomputes response maps and statistics of filtered images.
///
/// `reference` holds what is expected, `data` the images; they may be one folder. Layout of the published collection:
///
/// - `response_maps/<id>.nii.gz` of the reference and `phantoms/<name>_image.nii.gz` of the data: every map that is
///   there, by its id (`1_a_1`), voxels within 1 % of the range of the map. One table.
/// - `phase2_reference_values.csv` of the reference and the CT phantom of the data, `ct_phantom/`: every row, rounded to
///   three significant digits, within its tolerance. One table per configuration.
/// - `ibsi2_phase3_T1_teams.csv.gz` of the reference and `full/` of the data: rows on which five or more teams agree
///   within 0.5 %, for the patients that are there. One table per filter.
///
/// What a folder does not hold is sought in `ibsi1/` and `sts/` beside it; images that the data do not hold are sought
/// with the reference, but what is expected is never taken from the data. Notes say where everything was found.
///
/// # Errors
/// Tables or images that cannot be read, or folders that hold nothing of it all. A value that cannot be computed is a
/// miss, as is a map or configuration that the standard does not know.
pub fn ibsi2(reference: &Path, data: &Path, load: LoadImage<'_>) -> Result<Vec<SuiteTable>> {
    let expected = |name: &str| find(name, &[("reference", reference)]);
    let images = |name: &str| find(name, &[("data", data), ("reference", reference)]);
    let missing = |what: &str, phase: &str| format!("{phase} was not checked: {what} is not among the data");
    let (mut tables, mut notes) = (Vec::new(), Vec::new());
    match (expected("response_maps"), images("phantoms")) {
        (Some(maps), Some(phantoms)) => {
            tables.push(maps::maps(&maps.path, &phantoms.path, load)?);
            notes.push(origin("phase 1", &maps, &phantoms));
        }
        _ => notes.push(missing("`response_maps` with `phantoms`", "phase 1")),
    }
    match (expected("phase2_reference_values.csv"), images("ct_phantom")) {
        (Some(table), Some(phantom)) => {
            tables.extend(values::values(&table.path, &phantom.path, load)?);
            notes.push(origin("phase 2", &table, &phantom));
        }
        (None, _) => notes.push(missing("`phase2_reference_values.csv`", "phase 2")),
        (_, None) => notes.push(missing("the CT phantom (`ct_phantom`)", "phase 2")),
    }
    match (expected("ibsi2_phase3_T1_teams.csv.gz"), images("full")) {
        (Some(table), Some(patients)) => {
            tables.extend(teams::teams(&table.path, &patients.path, load)?);
            notes.push(origin("phase 3", &table, &patients));
        }
        _ => notes.push(missing("`ibsi2_phase3_T1_teams.csv.gz` with `full`", "phase 3")),
    }
    let Some(first) = tables.first_mut() else {
        return Err(Error::new(Code::FileMissing, "the folders hold nothing of the suite ibsi2")
            .expected("`response_maps` or `phase2_reference_values.csv` in the reference, their images in the data"));
    };
    first.notes.extend(notes);
    Ok(tables)
}

/// A file or folder, and where it was found in words that hold no path of the machine.
struct Found {
    name: String,
    place: String,
    path: PathBuf,
}

/// The first of `folders`, each with what it is called, that holds `name` itself or in a folder beside it.
fn find(name: &str, folders: &[(&str, &Path)]) -> Option<Found> {
    let candidates = folders.iter().flat_map(|(called, folder)| {
        let own = (folder.join(name), format!("the {called} folder"));
        let beside = ["ibsi1", "sts"].map(|sibling| {
            (folder.join("..").join(sibling).join(name), format!("`{sibling}` beside the {called} folder"))
        });
        std::iter::once(own).chain(beside)
    });
    let mut present = candidates.filter(|(path, _)| path.exists());
    present.next().map(|(path, place)| Found { name: name.to_owned(), place, path })
}

fn origin(phase: &str, expected: &Found, images: &Found) -> String {
    format!("{phase}: `{}` from {}, `{}` from {}", expected.name, expected.place, images.name, images.place)
}
