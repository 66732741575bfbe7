//! Phase 2: consensus values of the statistics of a filtered CT image.

use super::super::{LoadImage, load_mask, round_significant, rows};
use super::filters;
use super::region::{Region, with_tag};
use crate::ibsi::{Bins, IbsiParams, Interpolation, Resampling};
use dlr_core::conformance::{Miss, SuiteTable};
use dlr_core::{Code, Error, Result, Volume};
use dlr_imaging::filters::ibsi::Dimension;
use std::collections::BTreeMap;
use std::path::Path;

/// One table per configuration.
pub(super) fn values(table: &Path, phantom: &Path, load: LoadImage<'_>) -> Result<Vec<SuiteTable>> {
    let mut by_configuration: BTreeMap<String, Vec<rows::Row>> = BTreeMap::new();
    for row in rows::read(table)? {
        by_configuration.entry(rows::cell(&row, "filter_id")?.to_owned()).or_default().push(row);
    }
    let image = load(&phantom.join("phantom.nii.gz"))?;
    let mask = load_mask(load, &phantom.join("mask.nii.gz"))?;
    // The CT phantom was stored with rounding noise: its intensities are whole Hounsfield units.
    let image = Volume::new(*image.geometry(), image.into_f64().mapv(f64::round))?;
    let prepared = [Dimension::Slices2d, Dimension::Volume3d].map(|d| Region::new(&image, &mask, &params(d)));
    let mut tables = Vec::new();
    for (configuration, rows) in by_configuration {
        let found = measure(&configuration, &prepared);
        let mut table = SuiteTable::new(format!("ibsi2 {configuration}"));
        for row in &rows {
            compare(&mut table, &configuration, row, &found)?;
        }
        tables.push(table);
    }
    Ok(tables)
}

fn measure(configuration: &str, prepared: &[Result<Region>; 2]) -> Result<[f64; 18]> {
    let (number, dimension, region) = match configuration.split_once('.') {
        Some((number, "A")) => (number, Dimension::Slices2d, &prepared[0]),
        Some((number, "B")) => (number, Dimension::Volume3d, &prepared[1]),
        _ => return Err(Error::new(Code::UnknownName, format!("configuration `{configuration}` is not known"))),
    };
    let filter = filters::of_configuration(number, dimension)?;
    region.as_ref().map_err(Clone::clone)?.statistics(filter.as_ref())
}

/// A: slices as they are. B: 1 mm by cubic spline, whole Hounsfield units. Both: -1000 to 400 HU.
fn params(dimension: Dimension) -> IbsiParams {
    let fine = Resampling { spacing_mm: [Some(1.0); 3], interpolation: Interpolation::CubicSpline, round: true };
    IbsiParams {
        resampling: (dimension == Dimension::Volume3d).then_some(fine),
        lowest: Some(-1000.0),
        highest: Some(400.0),
        ..IbsiParams::new(Bins::FixedNumber { n_bins: 32 })
    }
}

fn compare(table: &mut SuiteTable, configuration: &str, row: &rows::Row, found: &Result<[f64; 18]>) -> Result<()> {
    let tag = rows::cell(row, "feature_tag")?;
    if rows::cell(row, "consensus_value")?.is_empty() {
        table.notes.push(format!("{tag} has no consensus value"));
        return Ok(());
    }
    let (expected, tolerance) = (rows::number(row, "consensus_value")?, rows::number(row, "tolerance")?);
    let value = found.as_ref().ok().and_then(|values| with_tag(values, tag));
    // References are decimal: the last bit of their binary form must not decide.
    let slack = 1e-9 * expected.abs();
    let holds = value.is_some_and(|v| (round_significant(v, 3) - expected).abs() <= tolerance + slack);
    let miss = (!holds).then(|| Miss {
        name: tag.into(),
        configuration: configuration.into(),
        expected: expected.to_string(),
        found: match (value, found) {
            (Some(value), _) => value.to_string(),
            (None, Ok(_)) => "no such statistic".into(),
            (None, Err(error)) => error.to_string().replace('\n', "; "),
        },
        tolerance: format!("{tolerance} after rounding to 3 significant digits"),
    });
    let error = value.map_or(f64::INFINITY, |v| (v - expected).abs() / expected.abs().max(1e-12));
    table.record(if error.is_nan() { f64::INFINITY } else { error }, miss);
    Ok(())
}
