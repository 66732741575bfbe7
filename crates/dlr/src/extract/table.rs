//! [`Table`]: the rows of many cases on their way to a file.

use super::{Cohort, Engine, Measured, Row, Sidecar};
use dlr_core::{Code, Error, Result};
use dlr_io::FeatureColumns;
use serde_json::{Map, Value};
use std::path::Path;

/// What a table is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma separated, NaN empty.
    Csv,
    /// Text columns as UTF-8, numbers as doubles, NaN null.
    Parquet,
    /// A list of flat objects, NaN null with the reason under `diagnostics`.
    Json,
}

impl Format {
    /// The format that a file name asks for.
    ///
    /// # Errors
    /// [`Code::FileFormat`] for another extension.
    pub fn of(path: &Path) -> Result<Self> {
        match path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).as_deref() {
            Some("csv") => Ok(Format::Csv),
            Some("parquet") => Ok(Format::Parquet),
            Some("json") => Ok(Format::Json),
            _ => Err(Error::new(Code::FileFormat, "the format of the output cannot be told from its name")
                .expected("a name that ends in .csv, .parquet or .json")),
        }
    }
}

/// Rows with their texts, and what was left out.
#[derive(Debug, Clone, Default)]
pub struct Table {
    texts: Vec<(String, Vec<String>)>,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// The case of each row.
    ids: Vec<String>,
    /// Case and problem of everything that has no row.
    pub failed: Vec<(String, Error)>,
    /// Case and remark.
    pub notes: Vec<(String, String)>,
    sidecar: Sidecar,
}

impl Table {
    /// The rows of a cohort, in its order.
    ///
    /// # Errors
    /// Those of names.
    pub fn new(cohort: Cohort, measured: Vec<Measured>, engine: &Engine) -> Result<Self> {
        let mut table = Table { sidecar: Sidecar::new(engine), failed: cohort.errors, ..Default::default() };
        for roi in &cohort.masks {
            for name in engine.names(roi.as_deref())? {
                let column = super::engine::column(&name, roi.as_deref());
                table.sidecar.describe(&column, engine.describe(&name), roi.as_deref());
                table.columns.push(column);
            }
        }
        table.texts = cohort.texts.iter().map(|(name, _)| (name.clone(), Vec::new())).collect();
        let has_regions = measured.iter().flat_map(|m| &m.rows).any(|row| row.region.is_some())
            || cohort.works.iter().any(|w| !matches!(w.labels, super::Labels::One(_)));
        if has_regions {
            table.texts.push(("region".into(), Vec::new()));
        }
        table.notes = cohort.notes.into_iter().map(|note| (String::new(), note)).collect();
        for (at, (work, measured)) in cohort.works.iter().zip(measured).enumerate() {
            for row in measured.rows {
                for (column, (_, cells)) in table.texts.iter_mut().enumerate() {
                    cells.push(
                        cohort.texts.get(column).map_or_else(|| row.region_text().into_owned(), |(_, c)| c[at].clone()),
                    );
                }
                table.sidecar.undefined(&work.id, &row, &table.columns);
                table.ids.push(work.id.clone());
                table.rows.push(row);
            }
            table.notes.extend(measured.notes.into_iter().map(|note| (work.id.clone(), note)));
            table.failed.extend(measured.errors.into_iter().map(|error| (work.id.clone(), error)));
        }
        table.sidecar.failed(&table.failed);
        table.sidecar.notes(&table.notes);
        Ok(table)
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Writes the table and its sidecar.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&self, path: &Path, is_shard: bool) -> Result<()> {
        match Format::of(path)? {
            Format::Csv => self.to_columns().write_csv(path)?,
            Format::Parquet => self.to_columns().write_parquet(path)?,
            Format::Json => dlr_io::write_json(path, &self.to_json())?,
        }
        self.sidecar.clone().write_beside(path, is_shard)
    }

    fn to_columns(&self) -> FeatureColumns {
        let numbers = |(at, name): (usize, &String)| (name.clone(), self.rows.iter().map(|r| r.values[at]).collect());
        FeatureColumns { texts: self.texts.clone(), numbers: self.columns.iter().enumerate().map(numbers).collect() }
    }

    fn to_json(&self) -> Vec<Value> {
        let object = |(at, row): (usize, &Row)| {
            let mut object = Map::new();
            for (name, cells) in &self.texts {
                object.insert(name.clone(), cells[at].clone().into());
            }
            fill(&mut object, &self.columns, row);
            Value::Object(object)
        };
        self.rows.iter().enumerate().map(object).collect()
    }
}

/// One case as one flat object: feature name to number, NaN as null with its reason under `diagnostics`. Where the
/// case has several regions, names begin with `label` and the region.
pub fn json_of_case(columns: &[String], rows: &[Row]) -> Value {
    let mut object = Map::new();
    let mut diagnostics = Map::new();
    for row in rows {
        let prefix = row.region.map_or_else(String::new, |region| format!("label{region}_"));
        let names: Vec<String> = columns.iter().map(|name| format!("{prefix}{name}")).collect();
        fill(&mut object, &names, row);
        if let Some(Value::Object(reasons)) = object.remove("diagnostics") {
            diagnostics.extend(reasons);
        }
    }
    object.insert("diagnostics".into(), Value::Object(diagnostics));
    Value::Object(object)
}

fn fill(object: &mut Map<String, Value>, columns: &[String], row: &Row) {
    for (name, value) in columns.iter().zip(&row.values) {
        // A number that is not finite is null in JSON.
        object.insert(name.clone(), Value::from(*value));
    }
    let reason = |(at, why): &(usize, dlr_core::Undefined)| {
        (columns[*at].clone(), format!("{}: {}", why.code, why.reason).into())
    };
    object.insert("diagnostics".into(), Value::Object(row.undefined.iter().map(reason).collect()));
}
