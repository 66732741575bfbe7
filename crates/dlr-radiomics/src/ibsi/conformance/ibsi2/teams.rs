//! Phase 3: statistics of filtered T1-weighted MR of soft-tissue sarcomas on which five or more teams agree.

use super::super::{LoadImage, load_mask, record_team_value, rows};
use super::filters;
use super::region::{Region, with_tag};
use crate::ibsi::{Bins, IbsiParams, Interpolation, Resampling};
use dlr_core::conformance::SuiteTable;
use dlr_core::{Code, Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// So many teams must agree for a row to be a reference.
const TEAMS: f64 = 5.0;

struct Expected {
    filter: String,
    tag: String,
    median: f64,
}

/// One table per filter, over the patients whose image is there.
pub(super) fn teams(table: &Path, folder: &Path, load: LoadImage<'_>) -> Result<Vec<SuiteTable>> {
    let mut by_patient: BTreeMap<String, Vec<Expected>> = BTreeMap::new();
    for row in rows::read(table)? {
        if row.get("n_within_0p5pct_of_median").and_then(|n| n.parse::<f64>().ok()).is_some_and(|n| n >= TEAMS) {
            let expected = Expected {
                filter: rows::cell(&row, "filter_id")?.to_owned(),
                tag: rows::cell(&row, "tag")?.to_owned(),
                median: rows::number(&row, "median")?,
            };
            by_patient.entry(rows::cell(&row, "patient_id")?.to_owned()).or_default().push(expected);
        }
    }
    let mut tables: BTreeMap<String, SuiteTable> = BTreeMap::new();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    let mut n_patients = 0;
    for (patient, expected) in by_patient {
        let image = folder.join(format!("{patient}_T1.nii.gz"));
        if !image.is_file() {
            continue;
        }
        n_patients += 1;
        let mask = load_mask(load, &folder.join(format!("{patient}_mask.nii.gz")))?;
        let region = Region::new(&load(&image)?, &mask, &params())?;
        let mut found: BTreeMap<&str, Result<[f64; 18]>> = BTreeMap::new();
        for Expected { filter, tag, median } in &expected {
            let Ok(known) = filters::of_team_row(filter) else {
                *unknown.entry(filter.clone()).or_default() += 1;
                continue;
            };
            let values = found.entry(filter).or_insert_with(|| region.statistics(known.as_ref()));
            let table =
                tables.entry(filter.clone()).or_insert_with(|| SuiteTable::new(format!("ibsi2 phase 3 {filter}")));
            let value = values.as_ref().ok().and_then(|values| with_tag(values, tag));
            let why =
                values.as_ref().err().map_or("no such statistic".into(), |error| error.to_string().replace('\n', "; "));
            record_team_value(table, &patient, tag, *median, value, &why);
        }
    }
    if n_patients == 0 {
        return Err(Error::new(Code::FileMissing, "the data folder holds no patient of the reference table")
            .expected("`full/<patient>_T1.nii.gz`"));
    }
    let mut tables: Vec<SuiteTable> = tables.into_values().collect();
    if let Some(first) = tables.first_mut() {
        first.notes.push(format!("{n_patients} patients"));
        let left_out = |(filter, n): (&String, &usize)| {
            format!("{filter}: {n} rows were not checked, its parameters are not known")
        };
        first.notes.extend(unknown.iter().map(left_out));
    }
    Ok(tables)
}

/// As the teams processed: 1 mm, cubic spline, no rounding, intensities from 0.
fn params() -> IbsiParams {
    let spacing_mm = [Some(1.0); 3];
    IbsiParams {
        resampling: Some(Resampling { spacing_mm, interpolation: Interpolation::CubicSpline, round: false }),
        lowest: Some(0.0),
        ..IbsiParams::new(Bins::FixedSize { bin_width: 10.0 })
    }
}
