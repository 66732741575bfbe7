//! A folder of values that pyradiomics computed, recomputed.
//!
//! Layout: `CONFIG.json` with `params` (a parameter file, relative to the folder) and `cases`, each with a `label` and
//! `features`, in some cases a `slice` to which the label is cut; and a data folder of `NAME_image.nrrd` and
//! `NAME_label.nrrd` (or `.nii.gz`, `.nii`). Any configuration, case and name is taken as it comes.

use crate::pyradiomics::{Extractor, Params, pyradiomics_name};
use dlr_core::conformance::{Miss, SuiteTable};
use dlr_core::{Code, Error, Mask, Result, Volume};
use ndarray::Array3;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Reads `(image file, mask file, label)`.
pub type LoadCase<'a> = &'a dyn Fn(&Path, &Path, u32) -> Result<(Volume, Mask)>;

/// Relative error allowed.
const TOLERANCE: f64 = 1e-6;

/// Recomputes every `CONFIG.json` of `reference` on the cases in `data`, one table per configuration, by name.
///
/// # Errors
/// [`Code::FileMissing`] where `reference` holds no configuration, [`Code::FileFormat`] for one that cannot be read.
/// A case that cannot be computed is no error of this function: its values are misses.
pub fn pyradiomics(reference: &Path, data: &Path, load: LoadCase<'_>) -> Result<Vec<SuiteTable>> {
    let mut files: Vec<PathBuf> = fs::read_dir(reference)
        .map_err(|e| Error::new(Code::FileMissing, "the reference folder cannot be read").found(e))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::new(Code::FileMissing, "the reference folder holds no configuration")
            .expected("files named CONFIG.json"));
    }
    files.iter().map(|file| configuration(file, reference, data, load)).collect()
}

fn configuration(file: &Path, reference: &Path, data: &Path, load: LoadCase<'_>) -> Result<SuiteTable> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let malformed = |what: &str| Error::new(Code::FileFormat, format!("reference `{name}` {what}"));
    let read = |path: &Path| fs::read_to_string(path).map_err(|e| malformed("cannot be read").found(e));
    let json: Value = serde_json::from_str(&read(file)?).map_err(|e| malformed("is no JSON").found(e))?;
    let params = json["params"].as_str().ok_or_else(|| malformed("names no parameter file"))?;
    let params = Params::from_yaml(&read(&reference.join(params))?)?;
    let cases = json["cases"].as_object().ok_or_else(|| malformed("has no cases"))?;

    let mut table = SuiteTable::new(&name);
    for (case, entry) in cases {
        let path = |kind: &str| {
            let mut names = ["nrrd", "nii.gz", "nii"].map(|e| data.join(format!("{case}_{kind}.{e}"))).into_iter();
            names.find(|path| path.exists()).unwrap_or_else(|| data.join(format!("{case}_{kind}.nrrd")))
        };
        if !path("image").exists() {
            table.notes.push(format!("not compared: case {case}, whose image is not in the data folder"));
            continue;
        }
        let Some(expected) = entry["features"].as_object() else {
            table.notes.push(format!("not compared: case {case}, which failed in pyradiomics"));
            continue;
        };
        let label = entry["label"].as_u64().unwrap_or(1) as u32;
        let found = load(&path("image"), &path("label"), label).and_then(|(image, mask)| {
            let mask = match entry["slice"].as_u64() {
                Some(slice) => one_slice(&mask, slice as usize)?,
                None => mask,
            };
            Extractor::new(params.clone())?.extract(&image, &mask)
        });
        match found {
            Ok(found) => {
                let found: Vec<(String, f64)> = found.iter().map(|(n, v)| (pyradiomics_name(n), v)).collect();
                compare(&mut table, case, expected, &found);
            }
            Err(error) => table.record(f64::INFINITY, Some(miss("all", case, expected.len(), error))),
        }
    }
    Ok(table)
}

fn compare(table: &mut SuiteTable, case: &str, expected: &serde_json::Map<String, Value>, found: &[(String, f64)]) {
    for (name, value) in expected {
        let value = match value {
            // Not finite: written as text by Python.
            Value::String(text) => text.parse().unwrap_or(f64::NAN),
            other => other.as_f64().unwrap_or(f64::NAN),
        };
        match found.iter().find(|(n, _)| n == name) {
            Some((_, found)) => table.compare(name, case, value, *found, TOLERANCE),
            None => table.record(f64::INFINITY, Some(miss(name, case, value, "no such feature"))),
        }
    }
    for (name, value) in found.iter().filter(|(name, _)| !expected.contains_key(name)) {
        table.record(f64::INFINITY, Some(miss(name, case, "no such feature", value)));
    }
}

fn miss(name: &str, case: &str, expected: impl ToString, found: impl ToString) -> Miss {
    Miss {
        name: name.into(),
        configuration: case.into(),
        expected: expected.to_string(),
        found: found.to_string(),
        tolerance: format!("{TOLERANCE:e} relative"),
    }
}

fn one_slice(mask: &Mask, slice: usize) -> Result<Mask> {
    let voxels = mask.voxels();
    let cut = Array3::from_shape_fn(voxels.dim(), |(z, y, x)| z == slice && voxels[[z, y, x]]);
    Mask::new(*mask.geometry(), cut)
}
