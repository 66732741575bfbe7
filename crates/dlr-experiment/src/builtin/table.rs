//! `table` as a case source and as an extractor: an experiment on features that another program made; and `clinical`,
//! columns of the cohort as features.

use crate::{mistakes::known, registry::Params};
use dlr_core::{
    Case, CaseRecord, CaseSource, Code, Cohort, Error, FeatureExtractor, FeatureName, FeatureVector, Result, Role,
    SealedLabels, Undefined, Value,
};
use dlr_io::{LabelClasses, TextTable, check_id};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Parameters of the source `table`: a CSV (or `.csv.gz`) with one row per case and no images.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `path` | | the table, relative to the experiment file |
/// | `id` | `ID` | the column of the case |
/// | `label` | `Target` | the column of the class, in the words of a manifest: 0 or 1, no or yes and so on; empty where it is not known; without a name, nobody's is |
/// | `patient` | the case | the column of the patient |
/// | `role` | all `train` | the column of `train` and `external` |
/// | `center` | `unknown` | the column of the hospital |
/// | `clinical` | none | columns that subgroups and `clinical` features may use |
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceParams {
    path: PathBuf,
    #[serde(default = "id")]
    id: String,
    #[serde(default = "target")]
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    center: Option<String>,
    #[serde(default)]
    clinical: Vec<String>,
}

fn id() -> String {
    "ID".into()
}

fn target() -> String {
    "Target".into()
}

pub(super) fn source(params: &Params<'_>) -> Result<Box<dyn CaseSource>> {
    let read: SourceParams = params.read()?;
    let table = TextTable::read(&params.folder.join(&read.path))?;
    let column = |name: &Option<String>| name.as_ref().map(|name| table.column(name)).transpose();
    let id = table.column(&read.id)?;
    // Without a name nobody's label is known, as of cases that are to be predicted.
    let label = if read.label.is_empty() { None } else { Some(table.column(&read.label)?) };
    let (patient, role, center) = (column(&read.patient)?, column(&read.role)?, column(&read.center)?);
    let clinical =
        read.clinical.iter().map(|name| Ok((name.clone(), table.column(name)?))).collect::<Result<Vec<_>>>()?;
    let label_of = |cells: &'_ [String]| label.map(|column| cells[column].clone()).unwrap_or_default();
    let labels: Vec<String> = table.rows.iter().map(|(_, cells)| label_of(cells)).collect();
    let labelled = table.rows.iter().zip(&labels).map(|((_, cells), label)| (Some(cells[id].trim()), label.as_str()));
    let classes = LabelClasses::read(&read.label, labelled)?;
    let mut records = Vec::new();
    let mut digests = BTreeMap::new();
    for ((line, cells), label) in table.rows.iter().zip(&labels) {
        let case = cells[id].trim().to_owned();
        check_id(&case).map_err(|e| Error::new(e.code(), format!("line {line}: {}", e.fact())))?;
        let named = |column: Option<usize>| column.map(|c| cells[c].trim().to_owned()).filter(|text| !text.is_empty());
        records.push(CaseRecord {
            patient: named(patient).unwrap_or_else(|| case.clone()),
            role: role_of(named(role)).map_err(|e| e.for_case(&case))?,
            center: named(center).unwrap_or_else(|| "unknown".into()),
            label: classes.class(label),
            clinical: clinical.iter().map(|(name, c)| (name.clone(), TextTable::value(&cells[*c]))).collect(),
            id: case.clone(),
        });
        // What is measured, not what it is called: equal rows under two names are one examination.
        let measured = cells.iter().enumerate().filter(|(c, _)| *c != id && Some(*c) != patient);
        let parts: Vec<&str> = measured.map(|(_, cell)| cell.as_str()).collect();
        digests.insert(case, crate::cache::key(&parts));
    }
    if records.is_empty() {
        return Err(Error::new(Code::Manifest, "the table has no rows"));
    }
    Ok(Box::new(TableSource { records, digests }))
}

fn role_of(text: Option<String>) -> Result<Role> {
    text.map_or(Ok(Role::Train), |text| text.parse())
}

/// Cases of a table: known by their rows, without images.
struct TableSource {
    records: Vec<CaseRecord>,
    digests: BTreeMap<String, String>,
}

impl CaseSource for TableSource {
    fn cohort(&self) -> Result<(Cohort, SealedLabels)> {
        Cohort::enrol(self.records.clone())
    }

    fn load(&self, id: &str) -> Result<Case> {
        Err(Error::new(Code::MissingMask, "the cases of a table have no images")
            .hint("use the extractors `table` and `clinical`, or another source")
            .for_case(id))
    }

    fn digest(&self, id: &str) -> Result<String> {
        let unknown = || Error::new(Code::UnknownName, "the table has no such case").for_case(id);
        self.digests.get(id).cloned().ok_or_else(unknown)
    }
}

/// Parameters of the extractor `table`: numeric columns of a CSV (or `.csv.gz`), found by the case.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `path` | | the table, relative to the experiment file |
/// | `id` | `ID` | the column of the case |
/// | `columns` | all numeric ones | only these |
/// | `exclude` | `[]` | all but these; `Target`, `label`, `class`, `patient`, `role`, `center` and `ID` never are features |
///
/// A column keeps its name where it is a feature name already, or is one with the block in front; else it becomes `<block>_table_column_<name>`. An empty
/// cell is undefined. Text in a chosen column, and infinity, are errors that name column and case.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableParams {
    path: PathBuf,
    #[serde(default = "id")]
    id: String,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

/// Columns that say who a case is or what is to be found out.
const NEVER: [&str; 8] = ["id", "target", "label", "class", "patient", "role", "center", "centre"];

pub(super) fn extractor(params: &Params<'_>) -> Result<Box<dyn FeatureExtractor>> {
    let read: TableParams = params.read()?;
    let table = TextTable::read(&params.folder.join(&read.path))?;
    let id = table.column(&read.id)?;
    for name in read.columns.iter().chain(&read.exclude) {
        known("column", name, table.header.iter())?;
    }
    let wanted = |(position, name): &(usize, &String)| {
        let is_asked = read.columns.is_empty() || read.columns.contains(name);
        let is_never = NEVER.contains(&name.to_lowercase().as_str());
        *position != id && is_asked && !is_never && !read.exclude.contains(name)
    };
    let columns: Vec<(usize, &String)> = table.header.iter().enumerate().filter(wanted).collect();
    if columns.is_empty() {
        return Err(Error::new(Code::ParameterFile, format!("block `{}` takes no column of the table", params.block)));
    }
    let names = feature_names(params.block, columns.iter().map(|(_, name)| name.as_str()))?;
    let mut rows = BTreeMap::new();
    for (_, cells) in &table.rows {
        let case = cells[id].trim().to_owned();
        let values = columns.iter().map(|(position, name)| number(name, &cells[*position])).collect::<Result<Vec<_>>>();
        if rows.insert(case.clone(), values.map_err(|e| e.for_case(&case))?).is_some() {
            return Err(Error::new(Code::DuplicateId, "this ID stands twice in the table").for_case(&case));
        }
    }
    Ok(Box::new(TableExtractor { names, rows }))
}

fn number(column: &str, cell: &str) -> Result<f64> {
    match TextTable::value(cell) {
        Value::Missing => Ok(f64::NAN),
        Value::Number(v) if v.is_finite() => Ok(v),
        Value::Number(v) => Err(Error::new(Code::NotFinite, format!("column `{column}` is not finite"))
            .found(v)
            .hint("leave the cell empty where there is no value")),
        Value::Text(text) => Err(Error::new(Code::LabelValues, format!("column `{column}` holds the text `{text}`"))
            .expected("numbers")
            .hint("leave the column out with `exclude`, or use it as a `clinical` feature with its levels")),
    }
}

/// One distinct feature name per column.
fn feature_names<'a>(block: &str, columns: impl Iterator<Item = &'a str>) -> Result<Vec<FeatureName>> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for column in columns {
        let parsed = column.parse().or_else(|_| format!("{block}_{column}").parse());
        let name: FeatureName = match parsed {
            Ok(name) => name,
            Err(_) => FeatureName::new(block, "table", "column", &plain(column))?,
        };
        // Two columns may differ only in signs that a name cannot hold.
        let twins = (2..).map(|k| name.clone().with_variant(&k.to_string()));
        let free =
            std::iter::once(Ok(name.clone())).chain(twins).find(|n| n.as_ref().is_ok_and(|n| !taken.contains(n)));
        let name = free.expect("the variants do not end")?;
        taken.insert(name.clone());
        names.push(name);
    }
    Ok(names)
}

/// The text with every sign that a feature name cannot hold replaced.
fn plain(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
    let plain: String = text.trim().chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    if plain.is_empty() { "-".into() } else { plain }
}

/// Rows of a table by case.
struct TableExtractor {
    names: Vec<FeatureName>,
    rows: BTreeMap<String, Vec<f64>>,
}

impl TableExtractor {
    fn row(&self, id: &str) -> Result<FeatureVector> {
        let missing = || Error::new(Code::TableMismatch, "the case has no row in the table of features").for_case(id);
        let values = self.rows.get(id).ok_or_else(missing)?;
        let mut vector = FeatureVector::new();
        for (name, value) in self.names.iter().zip(values) {
            match value.is_nan() {
                true => vector.push_undefined(name.clone(), Undefined::new("empty-cell", "the cell is empty")),
                false => vector.push(name.clone(), *value),
            }
        }
        Ok(vector)
    }
}

impl FeatureExtractor for TableExtractor {
    fn names(&self) -> Vec<FeatureName> {
        self.names.clone()
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        self.row(&case.id)
    }

    fn extract_record(&self, record: &CaseRecord) -> Result<Option<FeatureVector>> {
        self.row(&record.id).map(Some)
    }
}

/// Parameters of the extractor `clinical`: columns of the cohort as features.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `columns` | | numbers as they are |
/// | `levels` | none | for a column of texts its levels: each but the first becomes a column of 0 and 1. Another category is refused in a training case, and missing in any other, with a note |
///
/// A level that is not listed is undefined with the reason `unseen-category`, as is an empty cell: the pipeline imputes
/// it. Only what is known before the examination may stand here; the audit `post-baseline` looks at the names.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClinicalParams {
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    levels: BTreeMap<String, Vec<String>>,
}

pub(super) fn clinical(params: &Params<'_>) -> Result<Box<dyn FeatureExtractor>> {
    let read: ClinicalParams = params.read()?;
    let name = |feature: &str| FeatureName::new(params.block, "original", "table", &plain(feature));
    let mut columns = Vec::new();
    for column in &read.columns {
        if !read.levels.contains_key(column) {
            columns.push((name(column)?, column.clone(), None));
        }
    }
    for (column, levels) in &read.levels {
        for level in levels.iter().skip(1) {
            let indicator = Indicator { level: level.clone(), levels: levels.clone() };
            columns.push((name(&format!("{column}-{level}"))?, column.clone(), Some(indicator)));
        }
    }
    let distinct: BTreeSet<&FeatureName> = columns.iter().map(|(name, ..)| name).collect();
    if columns.is_empty() || distinct.len() < columns.len() {
        return Err(Error::new(
            Code::ParameterFile,
            format!("clinical block `{}` has no column, or two of one name", params.block),
        )
        .expected("`columns` of numbers, or `levels` of texts with at least two each"));
    }
    Ok(Box::new(Clinical { columns }))
}

/// One level of a column of texts.
struct Indicator {
    level: String,
    levels: Vec<String>,
}

/// Columns of the cohort: name, column, and for texts which level.
struct Clinical {
    columns: Vec<(FeatureName, String, Option<Indicator>)>,
}

impl Clinical {
    fn of(&self, values: &BTreeMap<String, Value>) -> Result<FeatureVector> {
        let mut vector = FeatureVector::new();
        for (name, column, indicator) in &self.columns {
            let value = values.get(column).ok_or_else(|| {
                Error::new(Code::UnknownName, format!("the case has no clinical column `{column}`"))
                    .found(values.keys().cloned().collect::<Vec<_>>().join(", "))
            })?;
            let unseen = |found: &dyn std::fmt::Display| {
                Undefined::new(
                    crate::prepare::UNSEEN_CATEGORY,
                    format!("`{found}` is not among the levels of `{column}`"),
                )
            };
            let result = match (value, indicator) {
                (Value::Missing, _) => Err(Undefined::new("empty-cell", "the cell is empty")),
                (Value::Number(v), None) if v.is_finite() => Ok(*v),
                (Value::Number(v), None) => {
                    return Err(
                        Error::new(Code::NotFinite, format!("clinical column `{column}` is not finite")).found(v)
                    );
                }
                (Value::Text(text), None) => {
                    return Err(Error::new(
                        Code::LabelValues,
                        format!("clinical column `{column}` holds the text `{text}`"),
                    )
                    .hint("list its levels under `levels`"));
                }
                (Value::Text(text), Some(i)) if i.levels.contains(text) => Ok(f64::from(u8::from(*text == i.level))),
                (Value::Text(text), Some(_)) => Err(unseen(text)),
                (Value::Number(v), Some(i)) => match i.levels.contains(&v.to_string()) {
                    true => Ok(f64::from(u8::from(v.to_string() == i.level))),
                    false => Err(unseen(v)),
                },
            };
            match result {
                Ok(value) => vector.push(name.clone(), value),
                Err(reason) => vector.push_undefined(name.clone(), reason),
            }
        }
        Ok(vector)
    }
}

impl FeatureExtractor for Clinical {
    fn names(&self) -> Vec<FeatureName> {
        self.columns.iter().map(|(name, ..)| name.clone()).collect()
    }

    fn extract(&self, case: &Case) -> Result<FeatureVector> {
        self.of(&case.clinical)
    }

    fn extract_record(&self, record: &CaseRecord) -> Result<Option<FeatureVector>> {
        self.of(&record.clinical).map(Some)
    }
}

#[cfg(test)]
mod tests;
