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
/// `reference` and `data` (which may be one folder) have the layout of the published collection:
///
/// - `response_maps/<id>.nii.gz` and `phantoms/<name>_image.nii.gz`: every map that is there, by its id (`1_a_1`), voxels
///   within 1 % of the range of the map. One table.
/// - `phase2_reference_values.csv`, with the CT phantom in `ct_phantom/` or in `ibsi1/ct_phantom/` beside the folder: every
///   row, rounded to three significant digits, within its tolerance. One table per configuration.
/// - `ibsi2_phase3_T1_teams.csv.gz` and `full/`, in the folder or in `sts/` beside it: rows on which five or more teams
///   agree within 0.5 %, for the patients that are there. One table per filter.
///
/// # Errors
/// Tables or images that cannot be read, or folders that hold nothing of it all. A value that cannot be computed is a
/// miss, as is a map or configuration that the standard does not know.
pub fn ibsi2(reference: &Path, data: &Path, load: LoadImage<'_>) -> Result<Vec<SuiteTable>> {
    let find = |name: &str| {
        let beside =
            |folder: &Path| [folder.join(name), folder.join("../ibsi1").join(name), folder.join("../sts").join(name)];
        beside(data).into_iter().chain(beside(reference)).find(|path| path.exists())
    };
    let missing = |what: &str, phase: &str| format!("{phase} was not checked: {what} is not among the data");
    let (mut tables, mut notes) = (Vec::new(), Vec::new());
    match (find("response_maps"), find("phantoms")) {
        (Some(maps), Some(phantoms)) => tables.push(maps::maps(&maps, &phantoms, load)?),
        _ => notes.push(missing("`response_maps` with `phantoms`", "phase 1")),
    }
    match (find("phase2_reference_values.csv"), find("ct_phantom")) {
        (Some(table), Some(phantom)) => tables.extend(values::values(&table, &phantom, load)?),
        (None, _) => notes.push(missing("`phase2_reference_values.csv`", "phase 2")),
        (_, None) => notes.push(missing("the CT phantom (`ct_phantom`)", "phase 2")),
    }
    let teams: (Option<PathBuf>, Option<PathBuf>) = (find("ibsi2_phase3_T1_teams.csv.gz"), find("full"));
    match teams {
        (Some(table), Some(patients)) => tables.extend(teams::teams(&table, &patients, load)?),
        _ => notes.push(missing("`ibsi2_phase3_T1_teams.csv.gz` with `full`", "phase 3")),
    }
    let Some(first) = tables.first_mut() else {
        return Err(Error::new(Code::FileMissing, "the folders hold nothing of the suite ibsi2")
            .expected("`response_maps` and `phantoms`, or `phase2_reference_values.csv`"));
    };
    first.notes.extend(notes);
    Ok(tables)
}
