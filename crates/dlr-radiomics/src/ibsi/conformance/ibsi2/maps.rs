//! Phase 1: response maps of phantoms, voxel by voxel.

use super::super::LoadImage;
use super::filters;
use dlr_core::conformance::{Miss, SuiteTable};
use dlr_core::{Code, Error, Result};
use std::path::Path;

/// Largest difference of a voxel, as a share of the range of the reference map.
const TOLERANCE: f64 = 0.01;

/// One table with one row per map; its errors are shares of the map's range.
pub(super) fn maps(folder: &Path, phantoms: &Path, load: LoadImage<'_>) -> Result<SuiteTable> {
    let unreadable =
        |e: std::io::Error| Error::new(Code::FileMissing, "the response maps cannot be read").found(e.kind());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let names = entries.map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()).map_err(unreadable));
    let mut names: Vec<String> = names.collect::<Result<_>>()?;
    names.retain(|name| name.ends_with(".nii.gz") || name.ends_with(".nii"));
    // In the order of their numbers: 10_b_1 comes last.
    names.sort_by_key(|name| {
        let number: String = name.chars().take_while(char::is_ascii_digit).collect();
        (number.parse::<u32>().unwrap_or(u32::MAX), name.clone())
    });
    let mut table = SuiteTable::new("ibsi2 response maps");
    for name in names {
        let id = name.split('.').next().unwrap_or(&name).trim_end_matches("-ValidCRM").to_owned();
        let compared = compare(&id, &folder.join(&name), phantoms, load);
        let error = compared.as_ref().map_or(f64::INFINITY, |error| *error);
        let missed = error.is_nan() || error > TOLERANCE;
        let miss = missed.then(|| Miss {
            name: id,
            configuration: "phase 1".into(),
            expected: "the reference map".into(),
            found: match compared {
                Ok(share) => format!("a voxel {:.2} % of the range away", 100.0 * share),
                Err(error) => error.to_string().replace('\n', "; "),
            },
            tolerance: "1 % of the range of the map".into(),
        });
        table.record(error, miss);
    }
    Ok(table)
}

fn compare(id: &str, map: &Path, phantoms: &Path, load: LoadImage<'_>) -> Result<f64> {
    let Some((phantom, filter)) = filters::of_map(id)? else {
        return Err(Error::new(Code::UnknownName, format!("response map `{id}` is not known")));
    };
    let expected = load(map)?.into_f64();
    let image = load(&phantoms.join(format!("{phantom}_image.nii.gz")))?;
    let found = filter.apply(&image)?.into_f64();
    if found.shape() != expected.shape() {
        return Err(Error::new(Code::Shape, format!("map `{id}` and its phantom differ in size (z, y, x)"))
            .expected(format!("{:?}", expected.shape()))
            .found(format!("{:?}", found.shape())));
    }
    let low = expected.iter().copied().fold(f64::INFINITY, f64::min);
    let high = expected.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let largest = found.iter().zip(&expected).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max);
    // A flat map has no range; then the voxels must be equal.
    Ok(if largest == 0.0 { 0.0 } else { largest / (high - low) })
}
