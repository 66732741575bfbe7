//! [`Sidecar`]: `features.json` beside a table: what each column is, which values are undefined and why, and which
//! cases are not in the table.

use super::{Engine, Row};
use dlr_core::{Code, Error, Result};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The content of the file.
#[derive(Debug, Clone, Default)]
pub struct Sidecar {
    provenance: Value,
    features: Map<String, Value>,
    undefined: Map<String, Value>,
    failed: Vec<Value>,
    notes: Vec<Value>,
}

impl Sidecar {
    /// Nothing but where the numbers come from.
    pub fn new(engine: &Engine) -> Self {
        Sidecar { provenance: engine.provenance(), ..Default::default() }
    }

    pub(super) fn describe(&mut self, column: &str, mut entry: Map<String, Value>, roi: Option<&str>) {
        entry.insert("roi".into(), roi.map_or(Value::Null, Value::from));
        self.features.insert(column.to_owned(), Value::Object(entry));
    }

    /// The code of each undefined value; what it means stands in the column's entry under `degenerate`.
    pub(super) fn undefined(&mut self, id: &str, row: &Row, columns: &[String]) {
        if row.undefined.is_empty() {
            return;
        }
        let codes = row.undefined.iter().map(|(at, why)| (columns[*at].clone(), why.code.clone().into())).collect();
        let case = self.undefined.entry(id).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(case) = case else { return };
        match row.region {
            None => *case = codes,
            Some(region) => drop(case.insert(region.to_string(), Value::Object(codes))),
        }
    }

    pub(super) fn failed(&mut self, failed: &[(String, Error)]) {
        let entry = |(id, error): &(String, Error)| json!({"case": id, "code": error.code().as_str(), "message": error.to_string()});
        self.failed = failed.iter().map(entry).collect();
    }

    pub(super) fn notes(&mut self, notes: &[(String, String)]) {
        self.notes = notes.iter().map(|(id, note)| json!({"case": id, "note": note})).collect();
    }

    /// Writes it beside a table: as `features.json`, or as `TABLE.features.json` where another table has that name
    /// already, where the table is a shard, or where the table itself is called so.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write_beside(self, table: &Path, is_shard: bool) -> Result<()> {
        let name = base_name(table);
        let plain = table.with_file_name("features.json");
        let own = own_path(table);
        let is_taken = std::fs::read(&plain).is_ok_and(|bytes| table_of(&bytes).as_deref() != Some(name.as_str()));
        let path = if is_shard || is_taken || name.eq_ignore_ascii_case("features.json") { own } else { plain };
        let content = json!({
            "table": name,
            "provenance": self.provenance,
            "features": self.features,
            "undefined": self.undefined,
            "failed": self.failed,
            "notes": self.notes,
        });
        dlr_io::write_json(&path, &content)
    }

    /// The sidecar of a table that was written before.
    ///
    /// # Errors
    /// [`Code::FileMissing`] where it has none.
    pub(super) fn read_of(table: &Path) -> Result<Value> {
        let name = base_name(table);
        let candidates = [own_path(table), table.with_file_name("features.json")];
        let found = candidates.iter().filter_map(|path| std::fs::read(path).ok());
        let mut own = found.filter(|bytes| table_of(bytes).as_deref() == Some(name.as_str()));
        let bytes = own.next().ok_or_else(|| {
            Error::new(Code::FileMissing, format!("table `{name}` has no sidecar beside it"))
                .expected(format!("`{}`", base_name(&candidates[0])))
        })?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Error::new(Code::FileFormat, format!("the sidecar of `{name}` is no JSON: {e}")))
    }

    /// The sidecar of tables put together.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for tables of other parameters.
    pub(super) fn merge(sidecars: &[Value], tables: &[PathBuf]) -> Result<Self> {
        let mut merged = Sidecar::default();
        for (at, (sidecar, table)) in sidecars.iter().zip(tables).enumerate() {
            if at > 0 && sidecar["provenance"] != merged.provenance {
                return Err(Error::new(
                    Code::TableMismatch,
                    format!("shard `{}` is of other parameters", base_name(table)),
                )
                .hint("shards must come from one manifest, one parameter file and one version"));
            }
            merged.provenance = sidecar["provenance"].clone();
            let object = |key: &str| sidecar[key].as_object().cloned().unwrap_or_default();
            let list = |key: &str| sidecar[key].as_array().cloned().unwrap_or_default();
            merged.features = object("features");
            merged.undefined.extend(object("undefined"));
            merged.failed.extend(list("failed"));
            merged.notes.extend(list("notes"));
        }
        Ok(merged)
    }
}

fn own_path(table: &Path) -> PathBuf {
    let stem = table.file_stem().unwrap_or_default().to_string_lossy();
    table.with_file_name(format!("{stem}.features.json"))
}

/// Which table a sidecar belongs to.
fn table_of(bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    value["table"].as_str().map(str::to_owned)
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
