//! `dlr check COHORT.csv`: every problem of every case, nothing computed.

use dlr_core::{Roi, Role};
use dlr_io::{LabelSelection, Manifest, read_pair};
use std::path::{Path, PathBuf};

/// Arguments of `dlr check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The manifest
    manifest: PathBuf,
}

impl Args {
    /// Reads every file of every case and prints one table of problems.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        let (manifest, mut errors) = Manifest::inspect(&self.manifest)?;
        let missing = manifest.check_files();
        for row in &manifest.rows {
            if missing.iter().any(|e| e.case() == Some(&row.id)) {
                continue;
            }
            for (name, path) in &row.masks {
                match problem(&row.image, path, &row.selection) {
                    Ok(notes) => notes.iter().for_each(|note| println!("note: case {}: {note}", row.id)),
                    Err(error) => errors.push(error.for_case(&row.id).for_case(name)),
                }
            }
        }
        errors.extend(missing);
        for note in without_mask(&manifest).into_iter().chain(labels(&manifest)) {
            println!("note: {note}");
        }
        for note in &manifest.notes {
            println!("note: {note}");
        }
        for error in &errors {
            println!("{error}");
        }
        println!("{} cases, {} problems", manifest.rows.len(), errors.len());
        Ok(errors.is_empty())
    }
}

/// What is remarkable about a case that can be used, or why it cannot.
fn problem(image: &Path, mask: &Path, selection: &LabelSelection) -> dlr_core::Result<Vec<String>> {
    let pair = read_pair(image, mask, selection)?;
    let roi = Roi::new(&pair.value.image, &pair.value.mask)?;
    let mut notes = pair.notes;
    if pair.value.mask.n_voxels() == 1 {
        notes.push("the region is one voxel: most features are undefined".into());
    } else if roi.intensities().windows(2).all(|pair| pair[0] == pair[1]) {
        notes.push("the region has one intensity: most features are undefined".into());
    }
    if pair.value.image.to_f64().iter().any(|v| !v.is_finite()) {
        notes.push(
            "the image holds NaN or infinity outside the region: an experiment refuses it, `extract` does not".into(),
        );
    }
    Ok(notes)
}

/// Masks that some cases have and others do not: an edema that nobody drew.
fn without_mask(manifest: &Manifest) -> Vec<String> {
    let lacking = |name: &String| {
        let ids: Vec<&str> =
            manifest.rows.iter().filter(|row| !row.masks.contains_key(name)).map(|row| row.id.as_str()).collect();
        let more = if ids.len() > SHOWN { format!(" and {} more", ids.len() - SHOWN) } else { String::new() };
        let shown = ids[..ids.len().min(SHOWN)].join(", ");
        (!ids.is_empty()).then(|| {
            format!(
                "{} of {} cases have no mask `{name}` ({shown}{more}): `extract` refuses these, an experiment does where \
                 a step needs that mask",
                ids.len(),
                manifest.rows.len()
            )
        })
    };
    manifest.masks.iter().filter_map(lacking).collect()
}

/// Cases named in a note.
const SHOWN: usize = 5;

/// What keeps an experiment from learning; features can be extracted all the same.
fn labels(manifest: &Manifest) -> Vec<String> {
    let training = || manifest.rows.iter().filter(|row| row.role == Role::Train);
    let count = |class: bool| training().filter(|row| row.label == Some(class)).count();
    match (count(false), count(true)) {
        (0, 0) => vec![
            "no training case has a label (column `label`): features can be extracted, a model cannot learn".into(),
        ],
        (negative, positive) if negative < 2 || positive < 2 => {
            vec![format!(
                "{negative} negative and {positive} positive training cases: a model needs both classes in every fold"
            )]
        }
        _ => Vec::new(),
    }
}
