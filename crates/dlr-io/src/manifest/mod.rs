//! [`Manifest`]: which cases there are, which files they have, and what is known of the patients. Text only: no image
//! is opened here.
//!
//! Columns, in any case and order: `ID`, `Image`, `Mask`; optional `Mask:<name>` for further regions, `Label` and
//! `Label_channel` as in pyradiomics; `patient` (the ID where absent), `role` (`train` or `external`), `center`,
//! `label`; every other column is clinical. One spelling carries meaning: `Label` is the label *in the mask*,
//! `label` (or `LABEL`) the class to predict; `mask_label` and `class` may be written to be plain.
//! Comma, semicolon and tab are told apart by the first line; a byte order mark is allowed. Relative paths start at
//! the folder of the CSV.

mod cells;
mod id;
mod labels;
mod source;
mod text_table;

pub use id::check_id;
pub use labels::LabelClasses;
pub use source::ManifestSource;
pub use text_table::TextTable;

use crate::failure::{self, base_name};
use crate::mask::LabelSelection;
use cells::{Cells, is_missing};
use dlr_core::{Code, Error, Result, Role};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One row: one examination.
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestRow {
    /// Unique, safe as a file name.
    pub id: String,
    /// Line in the file, for messages; the header is line 1.
    pub line: u64,
    /// The image, resolved against the CSV's folder. May not exist: see [`Manifest::check_files`].
    pub image: PathBuf,
    /// Masks by name; the column `Mask` is named `mask`. Cells left empty are not here.
    pub masks: BTreeMap<String, PathBuf>,
    /// Which label of the mask is meant.
    pub selection: LabelSelection,
    /// Component of a multi-component mask, as pyradiomics counts them from 0.
    pub label_channel: usize,
    /// The patient; the ID where there is no such column.
    pub patient: String,
    /// [`Role::Train`] where there is no such column.
    pub role: Role,
    /// The hospital or scanner.
    pub center: Option<String>,
    /// The class: 0 or 1. `None` where the cell is empty.
    pub label: Option<bool>,
    /// All other columns as written, in column order, one per name of [`Manifest::clinical_columns`].
    pub clinical: Vec<String>,
    /// Every cell as written, one per name of [`Manifest::columns`], with files cut to their base names.
    pub cells: Vec<String>,
}

/// A manifest whose rows are consistent with each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Rows in file order.
    pub rows: Vec<ManifestRow>,
    /// Names of the clinical columns, in file order, as written.
    pub clinical_columns: Vec<String>,
    /// Every column, in file order, as written; `ID` in front where the file has none.
    pub columns: Vec<String>,
    /// Names of the masks, in column order; the column `Mask` is named `mask`.
    pub masks: Vec<String>,
    /// What to tell the user.
    pub notes: Vec<String>,
}

impl Manifest {
    /// Reads a manifest and refuses it at its first problem.
    ///
    /// # Errors
    /// `E0201` no such file, `E0301` not a manifest, `E0302` an ID twice, `E0303` a label of more or other than two
    /// classes, `E0304` a patient in two roles; naming the case.
    pub fn read(path: &Path) -> Result<Manifest> {
        let (manifest, errors) = Manifest::inspect(path)?;
        errors.into_iter().next().map_or(Ok(manifest), Err)
    }

    /// Reads a manifest and gives every problem of every row. Rows with a problem of their own are left out.
    ///
    /// # Errors
    /// Only for what stops reading altogether: no file, no header, a needed column missing.
    pub fn inspect(path: &Path) -> Result<(Manifest, Vec<Error>)> {
        let cells = Cells::read(path)?;
        let columns = Columns::find(path, &cells.header)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut errors = Vec::new();
        let mut rows = Vec::new();
        let labels = columns.label.map_or(Ok(LabelClasses::default()), |label| {
            let case = |record: &'_ Vec<String>| cells.id_column().map(|id| record[id].trim().to_owned());
            let named: Vec<_> = cells.rows.iter().map(|(_, record)| (case(record), record[label].as_str())).collect();
            LabelClasses::read("label", named.iter().map(|(case, cell)| (case.as_deref(), *cell)))
        });
        let classes = labels.unwrap_or_else(|error| {
            errors.push(error);
            LabelClasses::default()
        });
        for (line, record) in &cells.rows {
            match columns.row(*line, record, folder, &classes) {
                Ok(row) => rows.push(row),
                Err(error) => errors.push(error),
            }
        }
        errors.extend(duplicates(&rows));
        errors.extend(overlaps(&rows));
        if rows.is_empty() && errors.is_empty() {
            errors.push(
                Error::new(Code::Manifest, format!("manifest `{}` has no cases", base_name(path)))
                    .expected("a row for each case below the header")
                    .found("a header alone")
                    .hint("`ID,Image,Mask,label` and then, for example, `P01,p01.nii.gz,p01_mask.nii.gz,1`"),
            );
        }
        let clinical_columns = columns.clinical.iter().map(|c| cells.header[*c].clone()).collect();
        let masks = columns.masks.iter().map(|(name, _)| name.clone()).collect();
        let numbered = columns.id.is_none().then(|| "ID".to_owned());
        let plain = |title: &String| title.replace(char::is_control, " ");
        let columns_written = numbered.into_iter().chain(cells.header.iter().map(plain)).collect();
        Ok((Manifest { rows, clinical_columns, columns: columns_written, masks, notes: columns.notes }, errors))
    }

    /// One `E0201` for each image or mask that is not there, naming the case and the base name.
    pub fn check_files(&self) -> Vec<Error> {
        let error = |(row, file): (&ManifestRow, &Path)| {
            failure::reading(file, &std::io::ErrorKind::NotFound.into()).for_case(&row.id)
        };
        self.missing_files().map(error).collect()
    }

    /// One `E0201` that names every image and mask that is not there, by case and base name.
    ///
    /// # Errors
    /// That one; where a single file is missing, its own of [`Manifest::check_files`].
    pub fn require_files(&self) -> Result<()> {
        let mut errors = self.check_files();
        if errors.len() <= 1 {
            return errors.pop().map_or(Ok(()), Err);
        }
        let mut by_case: Vec<(&str, Vec<String>)> = Vec::new();
        for (row, file) in self.missing_files() {
            match by_case.last_mut().filter(|(id, _)| *id == row.id) {
                Some((_, files)) => files.push(base_name(file)),
                None => by_case.push((&row.id, vec![base_name(file)])),
            }
        }
        let named: Vec<_> = by_case.iter().map(|(id, files)| format!("case {id}: {}", files.join(", "))).collect();
        let n_cases = self.rows.len();
        let fact = format!("{} files of {} of {n_cases} cases do not exist", errors.len(), by_case.len());
        let all = Error::new(Code::FileMissing, fact)
            .expected("every image and mask of the manifest")
            .found(format!("nothing for {}", named.join("; ")))
            .hint("relative paths start at the folder of the manifest");
        Err(if let [(only, _)] = &by_case[..] { all.for_case(only) } else { all })
    }

    fn missing_files(&self) -> impl Iterator<Item = (&ManifestRow, &Path)> {
        let rows = self.rows.iter();
        let files = rows.flat_map(|row| std::iter::once(&row.image).chain(row.masks.values()).map(move |f| (row, f)));
        files.map(|(row, file)| (row, file.as_path())).filter(|(_, file)| !file.is_file())
    }
}

/// Which column is what.
struct Columns {
    id: Option<usize>,
    image: usize,
    masks: Vec<(String, usize)>,
    mask_label: Option<usize>,
    label_channel: Option<usize>,
    patient: Option<usize>,
    role: Option<usize>,
    center: Option<usize>,
    label: Option<usize>,
    clinical: Vec<usize>,
    notes: Vec<String>,
}

impl Columns {
    fn find(path: &Path, header: &[String]) -> Result<Columns> {
        let name = base_name(path);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut masks = Vec::new();
        let mut clinical = Vec::new();
        for (column, title) in header.iter().enumerate() {
            let key = match (title.as_str(), title.to_lowercase()) {
                ("Label", _) => "mask_label".to_owned(),
                (_, key) if key == "class" => "label".to_owned(),
                (_, key) if key == "centre" => "center".to_owned(),
                (_, key) => key,
            };
            match key.as_str() {
                "mask" => masks.push(("mask".to_owned(), column)),
                other if other.starts_with("mask:") => masks.push((other[5..].trim().to_owned(), column)),
                "id" | "image" | "mask_label" | "label_channel" | "patient" | "role" | "center" | "label" => {}
                _ => clinical.push(column),
            }
            if seen.insert(key.clone(), column).is_some() {
                return Err(Error::new(Code::Manifest, format!("manifest `{name}` has two columns `{title}`")));
            }
        }
        let get = |key: &str| seen.get(key).copied();
        let missing = |what: &str| {
            Error::new(Code::Manifest, format!("manifest `{name}` has no column `{what}`"))
                .expected("ID, Image, Mask")
                .found(header.join(", "))
                .hint("columns may be separated by comma, semicolon or tab")
        };
        if let Some((bad, _)) = masks.iter().find(|(name, _)| check_id(name).is_err()) {
            return Err(Error::new(Code::Manifest, format!("`{bad}` is no name for a mask")));
        }
        let image = get("image").ok_or_else(|| missing("Image"))?;
        if masks.is_empty() {
            return Err(missing("Mask"));
        }
        let mut notes = Vec::new();
        if get("id").is_none() {
            notes.push("the manifest has no column `ID`: cases are numbered".to_owned());
        }
        Ok(Columns {
            id: get("id"),
            image,
            masks,
            mask_label: get("mask_label"),
            label_channel: get("label_channel"),
            patient: get("patient"),
            role: get("role"),
            center: get("center"),
            label: get("label"),
            clinical,
            notes,
        })
    }

    fn row(&self, line: u64, cells: &[String], folder: &Path, classes: &LabelClasses) -> Result<ManifestRow> {
        let cell = |column: Option<usize>| column.map(|c| cells[c].trim()).filter(|text| !is_missing(text));
        // Without an ID column: pyradiomics' numbering from 1, padded so that names sort as rows do.
        let id = match self.id {
            None => format!("case-{:05}", line - 1),
            Some(column) => cells[column].trim().to_owned(),
        };
        check_id(&id).map_err(|error| error.on_line(line))?;
        let problem = |what: String| Error::new(Code::Manifest, what).for_case(&id);
        let path = |text: &str| folder.join(text);
        let image = cell(Some(self.image)).ok_or_else(|| problem(format!("line {line} has no image")))?;
        let masks: BTreeMap<_, _> =
            self.masks.iter().filter_map(|(name, c)| Some((name.clone(), path(cell(Some(*c))?)))).collect();
        if masks.is_empty() {
            return Err(problem(format!("line {line} has no mask")));
        }
        let number = |column: Option<usize>, what: &str| match cell(column) {
            None => Ok(None),
            Some(text) => match text.parse::<f64>() {
                Ok(v) if v.fract() == 0.0 && v.abs() < 1e15 => Ok(Some(v as i64)),
                _ => Err(problem(format!("{what} is `{text}`")).expected("a whole number")),
            },
        };
        let selection = match cell(self.mask_label).map(str::to_ascii_lowercase).as_deref() {
            Some("union") => LabelSelection::UnionAll,
            Some("auto") | None => LabelSelection::Auto,
            Some(_) => number(self.mask_label, "Label")?.map_or(LabelSelection::Auto, LabelSelection::Value),
        };
        let channel = number(self.label_channel, "Label_channel")?.unwrap_or(0);
        let label_channel = usize::try_from(channel).map_err(|_| problem(format!("Label_channel is {channel}")))?;
        let role = match cell(self.role) {
            None => Role::Train,
            Some(text) => text.parse().map_err(|error: Error| error.for_case(&id))?,
        };
        Ok(ManifestRow {
            line,
            image: path(image),
            masks,
            selection,
            label_channel,
            patient: cell(self.patient).unwrap_or(&id).to_owned(),
            role,
            center: cell(self.center).map(str::to_owned),
            label: cell(self.label).and_then(|text| classes.class(text)),
            clinical: self.clinical.iter().map(|c| cells[*c].clone()).collect(),
            cells: self.written(&id, cells),
            id,
        })
    }
}

impl Columns {
    /// The cells of a row for a table that is made of it: no folder of the machine.
    fn written(&self, id: &str, cells: &[String]) -> Vec<String> {
        let is_file = |column: usize| column == self.image || self.masks.iter().any(|(_, c)| *c == column);
        let cut = |(column, text): (usize, &String)| match text.trim() {
            "" => String::new(),
            path if is_file(column) => base_name(Path::new(path)),
            text => text.to_owned(),
        };
        let numbered = self.id.is_none().then(|| id.to_owned());
        numbered.into_iter().chain(cells.iter().enumerate().map(cut)).collect()
    }
}

/// IDs that are equal, or differ only in case (one file on some systems).
fn duplicates(rows: &[ManifestRow]) -> Vec<Error> {
    let mut first: BTreeMap<String, u64> = BTreeMap::new();
    let mut errors = Vec::new();
    for row in rows {
        let earlier = *first.entry(row.id.to_lowercase()).or_insert(row.line);
        if earlier != row.line {
            let fact = format!("ID on line {} is already on line {earlier}", row.line);
            errors.push(
                Error::new(Code::DuplicateId, fact)
                    .expected("each ID once")
                    .found(format!("`{}` again", row.id))
                    .hint("one row per examination; two examinations of one patient share `patient`, not `ID`")
                    .for_case(&row.id),
            );
        }
    }
    errors
}

/// Patients that would be learned from and tested on.
fn overlaps(rows: &[ManifestRow]) -> Vec<Error> {
    let mut first: BTreeMap<&str, &ManifestRow> = BTreeMap::new();
    let mut errors = Vec::new();
    for row in rows {
        let earlier = *first.entry(&row.patient).or_insert(row);
        if earlier.role != row.role {
            let fact = format!("patient `{}` is in both roles, train and external", row.patient);
            let hint = format!("see case `{}`: a patient is learned from or tested on, not both", earlier.id);
            let error = Error::new(Code::PatientOverlap, fact).expected("one role").found("both").hint(hint);
            errors.push(error.for_case(&row.id));
        }
    }
    errors
}

#[cfg(test)]
mod tests;
