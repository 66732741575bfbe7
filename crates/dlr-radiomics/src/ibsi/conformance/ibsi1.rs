//! The suite `ibsi1`: consensus values of the reference manual on the digital phantom and on the CT phantom.

use super::{LoadImage, load_mask, round_significant, rows};
use crate::ibsi::{Aggregation, Bins, IbsiExtractor, IbsiParams, Interpolation, IvhBins, Measurement, Resampling};
use dlr_core::conformance::{Miss, SuiteTable};
use dlr_core::{Code, Error, Result, Volume};
use std::collections::BTreeMap;
use std::path::Path;

/// Recomputes every row of `reference/reference_values.csv`, one table per configuration.
///
/// `data` holds `digital_phantom/` and `ct_phantom/`, each with `phantom.nii.gz` and `mask.nii.gz`. A phantom that is
/// not there is named in a note of the first table and its configurations are left out; at least one must be there.
/// Compared as the IBSI does: rounded to three significant digits, within the tolerance of the row.
///
/// # Errors
/// Tables or images that cannot be read. A value that cannot be computed is a miss.
pub fn ibsi1(reference: &Path, data: &Path, load: LoadImage<'_>) -> Result<Vec<SuiteTable>> {
    let mut by_config: BTreeMap<String, Vec<rows::Row>> = BTreeMap::new();
    for row in rows::read(&reference.join("reference_values.csv"))? {
        by_config.entry(rows::cell(&row, "config")?.to_owned()).or_default().push(row);
    }
    if by_config.is_empty() {
        return Err(Error::new(Code::FileFormat, "`reference_values.csv` holds no rows"));
    }
    let (mut tables, mut skipped) = (Vec::new(), Vec::new());
    for (config, rows) in by_config {
        if let Err(error) = params(&config) {
            tables.push(not_computed(&config, &rows, &error));
            continue;
        }
        let folder = data.join(if config == "digital" { "digital_phantom" } else { "ct_phantom" });
        if folder.is_dir() {
            tables.push(table(&config, &rows, &folder, load)?);
        } else {
            skipped.push(format!("configuration {config} was not checked: its phantom is not among the data"));
        }
    }
    let Some(first) = tables.first_mut() else {
        return Err(Error::new(Code::FileMissing, "the data folder holds no phantom")
            .expected("`digital_phantom` or `ct_phantom`"));
    };
    first.notes.extend(skipped);
    Ok(tables)
}

/// Every row a miss: what is not computed is not reproduced.
fn not_computed(config: &str, rows: &[rows::Row], error: &Error) -> SuiteTable {
    let mut table = SuiteTable::new(format!("ibsi1 {config}"));
    for row in rows {
        let cell = |column: &str| rows::cell(row, column).unwrap_or("").to_owned();
        let miss = Miss {
            name: format!("{} {} {}", cell("ibsi_code"), cell("feature"), cell("aggregation")),
            configuration: config.into(),
            expected: cell("value"),
            found: error.to_string().replace('\n', ";"),
            tolerance: cell("tolerance"),
        };
        table.record(f64::INFINITY, Some(miss));
    }
    table
}

fn table(config: &str, rows: &[rows::Row], folder: &Path, load: LoadImage<'_>) -> Result<SuiteTable> {
    let image = load(&folder.join("phantom.nii.gz"))?;
    let mask = load_mask(load, &folder.join("mask.nii.gz"))?;
    // The CT phantom was stored with rounding noise: its intensities are whole Hounsfield units.
    let image = Volume::new(*image.geometry(), image.into_f64().mapv(f64::round))?;
    let measured = params(config).and_then(IbsiExtractor::new)?.measure(&image, &mask)?;
    let mut table = SuiteTable::new(format!("ibsi1 {config}"));
    for row in rows {
        compare(&mut table, config, row, &measured)?;
    }
    Ok(table)
}

/// The parameters of a configuration of the manual, with every aggregation.
fn params(config: &str) -> Result<IbsiParams> {
    let size = |bin_width| Bins::FixedSize { bin_width };
    let number = Bins::FixedNumber { n_bins: 32 };
    let grid =
        |z, interpolation| Some(Resampling { spacing_mm: [z, Some(2.0), Some(2.0)], interpolation, round: true });
    let linear = Interpolation::Linear;
    let base =
        |bins| IbsiParams { ivh_bins: IvhBins::AsIs, aggregations: Aggregation::ALL.into(), ..IbsiParams::new(bins) };
    let range = |low, high, params| IbsiParams { lowest: Some(low), highest: Some(high), ..params };
    Ok(match config {
        "digital" => base(Bins::AsIs),
        "A" => range(-500.0, 400.0, base(size(25.0))),
        "B" => IbsiParams { resampling: grid(None, linear), ..range(-500.0, 400.0, base(number)) },
        "C" => IbsiParams {
            resampling: grid(Some(2.0), linear),
            ivh_bins: IvhBins::FixedSize { bin_width: 2.5 },
            ..range(-1000.0, 400.0, base(size(25.0)))
        },
        "D" => IbsiParams { resampling: grid(Some(2.0), linear), outlier_sigma: Some(3.0), ..base(number) },
        "E" => IbsiParams {
            resampling: grid(Some(2.0), Interpolation::CubicSpline),
            ivh_bins: IvhBins::FixedNumber { n_bins: 1000 },
            outlier_sigma: Some(3.0),
            ..range(-1000.0, 400.0, base(number))
        },
        other => {
            return Err(Error::new(Code::UnknownName, format!("configuration `{other}` is not known"))
                .expected("digital, A, B, C, D or E"));
        }
    })
}

fn compare(table: &mut SuiteTable, config: &str, row: &rows::Row, measured: &[Measurement]) -> Result<()> {
    let (expected, tolerance) = (rows::number(row, "value")?, rows::number(row, "tolerance")?);
    let (code, parameter) = (rows::cell(row, "ibsi_code")?, rows::cell(row, "parameter")?);
    let aggregation = rows::cell(row, "aggregation")?;
    let found = find(measured, code, parameter, aggregation);
    let rounded = found.map(|m| round_significant(m.value, 3));
    // References are decimal: the last bit of their binary form must not decide.
    let slack = 1e-9 * expected.abs();
    let holds = rounded.is_some_and(|v| (v - expected).abs() <= tolerance + slack);
    let miss = (!holds).then(|| Miss {
        name: format!("{code} {} {aggregation} {parameter}", rows::cell(row, "feature").unwrap_or("")).trim().into(),
        configuration: config.into(),
        expected: expected.to_string(),
        found: found.map_or_else(|| "no such feature".into(), |m| m.value.to_string()),
        tolerance: format!("{tolerance} after rounding to 3 significant digits"),
    });
    let error = found.map_or(f64::INFINITY, |m| (m.value - expected).abs() / expected.abs().max(1e-12));
    table.record(if error.is_nan() { f64::INFINITY } else { error }, miss);
    Ok(())
}

fn find<'a>(measured: &'a [Measurement], code: &str, parameter: &str, aggregation: &str) -> Option<&'a Measurement> {
    let gathered = |m: &Measurement| match m.variant {
        None => !aggregation.contains('('),
        Some(variant) => aggregation.contains(&format!("({})", code_of_variant(variant))),
    };
    // Two parameters of the intensity-volume histogram share a code: the percentage tells them apart.
    let at = |m: &Measurement| match m.definition.ibsi {
        "BC2M" | "GBPN" => {
            ["10", "90"].iter().any(|p| parameter.contains(&format!("{p}%")) && m.definition.feature.ends_with(p))
        }
        _ => true,
    };
    measured.iter().find(|m| m.definition.ibsi == code && gathered(m) && at(m))
}

fn code_of_variant(variant: &str) -> &'static str {
    use crate::ibsi::Dimension::{Slices2d, Slices25d, Volume3d};
    let directional = Aggregation::ALL.iter().map(|a| (a.as_str(), a.ibsi()));
    let undirected = [Slices2d, Slices25d, Volume3d].map(|d| (d.as_str(), d.ibsi()));
    directional.chain(undirected).find(|(name, _)| *name == variant).map_or("", |(_, code)| code)
}
