//! The suite `sts-teams`: T1-weighted MR of soft-tissue sarcomas, values on which five or more teams agree.

use super::{LoadImage, diagnostics, load_mask, record_team_value, rows};
use crate::ibsi::{Aggregation, Bins, IbsiExtractor, IbsiParams, Interpolation, IvhBins, Resampling};
use dlr_core::conformance::SuiteTable;
use dlr_core::{Code, Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// So many teams must agree for a row to be a reference.
const TEAMS: f64 = 5.0;

/// Recomputes the rows of `reference/ibsi1_validation_T1_teams.csv.gz` on which five or more teams agree within 0.5 %, for
/// every patient whose `data/full/<patient>_T1.nii.gz` and `_mask.nii.gz` are there: one table per patient.
///
/// `reference/tags.csv` says which feature a tag is. Diagnostics of the teams (sizes, counts and intensities after each
/// step) are rows as any other.
///
/// # Errors
/// Tables or images that cannot be read, or no patient at all. A value that cannot be computed is a miss.
pub fn sts_teams(reference: &Path, data: &Path, load: LoadImage<'_>) -> Result<Vec<SuiteTable>> {
    let mut codes = BTreeMap::new();
    for row in rows::read(&reference.join("tags.csv"))? {
        codes.insert(rows::cell(&row, "tag")?.to_owned(), rows::cell(&row, "ibsi_code")?.to_owned());
    }
    let mut by_patient: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for row in rows::read(&reference.join("ibsi1_validation_T1_teams.csv.gz"))? {
        if row.get("n_within_0p5pct_of_median").and_then(|n| n.parse::<f64>().ok()).is_some_and(|n| n >= TEAMS) {
            let patient = rows::cell(&row, "patient_id")?.to_owned();
            by_patient
                .entry(patient)
                .or_default()
                .push((rows::cell(&row, "tag")?.to_owned(), rows::number(&row, "median")?));
        }
    }
    let folder = data.join("full");
    let mut tables = Vec::new();
    for (patient, expected) in by_patient {
        let image = folder.join(format!("{patient}_T1.nii.gz"));
        if image.is_file() {
            tables.push(table(&patient, &expected, &codes, &folder, load)?);
        }
    }
    if tables.is_empty() {
        return Err(Error::new(Code::FileMissing, "the data folder holds no patient of the reference table")
            .expected("`full/<patient>_T1.nii.gz`"));
    }
    Ok(tables)
}

fn table(
    patient: &str,
    expected: &[(String, f64)],
    codes: &BTreeMap<String, String>,
    folder: &Path,
    load: LoadImage<'_>,
) -> Result<SuiteTable> {
    let image = load(&folder.join(format!("{patient}_T1.nii.gz")))?;
    let mask = load_mask(load, &folder.join(format!("{patient}_mask.nii.gz")))?;
    let mut values = diagnostics::diagnostics(&image, &mask, &params())?;
    for measurement in IbsiExtractor::new(params())?.measure(&image, &mask)? {
        let definition = measurement.definition;
        let variant = measurement.variant.unwrap_or("");
        values.insert(key(definition.ibsi, definition.feature, variant), measurement.value);
    }
    let mut table = SuiteTable::new(format!("sts-teams {patient}"));
    let unknown: BTreeSet<&str> =
        expected.iter().map(|(tag, _)| tag.as_str()).filter(|tag| !codes.contains_key(*tag)).collect();
    if !unknown.is_empty() {
        table
            .notes
            .push(format!("tags without a row in tags.csv: {}", unknown.into_iter().collect::<Vec<_>>().join(", ")));
    }
    for (tag, expected) in expected {
        let code = codes.get(tag).map_or("", String::as_str);
        let found = values.get(tag).or_else(|| values.get(&key_of_tag(tag, code))).copied();
        record_team_value(&mut table, patient, tag, *expected, found, "no such feature");
    }
    Ok(table)
}

/// As the teams processed: 1 mm, cubic spline, no rounding, intensities from 0, bins of 10.
fn params() -> IbsiParams {
    let spacing_mm = [Some(1.0); 3];
    IbsiParams {
        resampling: Some(Resampling { spacing_mm, interpolation: Interpolation::CubicSpline, round: false }),
        lowest: Some(0.0),
        ivh_bins: IvhBins::FixedSize { bin_width: 1.0 },
        aggregations: Aggregation::ALL.into(),
        beyond_consensus: true,
        ..IbsiParams::new(Bins::FixedSize { bin_width: 10.0 })
    }
}

/// Two parameters of the intensity-volume histogram share a code; the feature's name tells them apart.
fn key(code: &str, feature: &str, variant: &str) -> String {
    let parameter = if matches!(code, "BC2M" | "GBPN") { &feature[feature.len() - 2..] } else { "" };
    format!("{code}{parameter} {variant}")
}

/// The key of a tag: its code (or the one that `tags.csv` leaves out) and the aggregation at its end.
fn key_of_tag(tag: &str, code: &str) -> String {
    const WITHOUT_CODE: [(&str, &str); 11] = [
        ("ivh_v10", "BC2M10"),
        ("ivh_v90", "BC2M90"),
        ("ivh_i10", "GBPN10"),
        ("ivh_i90", "GBPN90"),
        ("ivh_diff_v10_v90", "DDTU"),
        ("ivh_diff_i10_i90", "CNV2"),
        ("ivh_auc", "9CMM"),
        ("morph_vol_dens_ombb", "ZH1A"),
        ("morph_area_dens_ombb", "IQYR"),
        ("morph_vol_dens_mvee", "SWZ2"),
        ("morph_area_dens_mvee", "BRI8"),
    ];
    const ENDINGS: [(&str, &str); 9] = [
        ("_2D_avg", "2d-averaged"),
        ("_2D_comb", "2d-slice-merged"),
        ("_2_5D_avg", "2.5d-direction-merged"),
        ("_2_5D_comb", "2.5d-merged"),
        ("_3D_avg", "3d-averaged"),
        ("_3D_comb", "3d-merged"),
        ("_2_5D", "2.5d"),
        ("_2D", "2d"),
        ("_3D", "3d"),
    ];
    let code = WITHOUT_CODE.iter().find(|(t, _)| *t == tag).map_or(code, |(_, code)| code);
    let variant = ENDINGS.iter().find(|(end, _)| tag.ends_with(end)).map_or("", |(_, variant)| variant);
    format!("{code} {variant}")
}
