//! [`ManifestSource`]: a manifest as a [`CaseSource`]. The only place where a case ID meets a path.

use super::{Manifest, ManifestRow, cells::is_missing};
use crate::image::files;
use crate::pair::read_with_masks;
use crate::{digest_file, failure};
use dlr_core::{Case, CaseRecord, CaseSource, Code, Cohort, Error, Result, SealedLabels, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Cases of a manifest, read when asked for.
///
/// Masks have the names of their columns: `Mask` gives `mask`, `Mask:edema` gives `edema`. What was remarkable about
/// the files stands in the notes of the case.
#[derive(Debug, Clone)]
pub struct ManifestSource {
    manifest: Manifest,
    rows: BTreeMap<String, usize>,
}

impl ManifestSource {
    /// Reads the manifest and sees that every file is there; no image is opened.
    ///
    /// # Errors
    /// Those of [`Manifest::read`] and of [`Manifest::require_files`], which names every absent file.
    pub fn open(path: &Path) -> Result<Self> {
        let manifest = Manifest::read(path)?;
        manifest.require_files()?;
        Ok(ManifestSource::new(manifest))
    }

    /// A manifest that is there already; absent files are found when their case is loaded.
    pub fn new(manifest: Manifest) -> Self {
        let rows = manifest.rows.iter().enumerate().map(|(i, row)| (row.id.clone(), i)).collect();
        ManifestSource { manifest, rows }
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn row(&self, id: &str) -> Result<&ManifestRow> {
        let row = self.rows.get(id).and_then(|i| self.manifest.rows.get(*i));
        row.ok_or_else(|| Error::new(Code::UnknownName, "the manifest has no such case").for_case(id))
    }

    fn clinical(&self, row: &ManifestRow) -> BTreeMap<String, Value> {
        self.manifest.clinical_columns.iter().cloned().zip(row.clinical.iter().map(|text| value(text))).collect()
    }
}

impl CaseSource for ManifestSource {
    fn cohort(&self) -> Result<(Cohort, SealedLabels)> {
        let record = |row: &ManifestRow| CaseRecord {
            id: row.id.clone(),
            patient: row.patient.clone(),
            role: row.role,
            center: row.center.clone().unwrap_or_else(|| "unknown".to_owned()),
            label: row.label,
            clinical: self.clinical(row),
        };
        Cohort::enrol(self.manifest.rows.iter().map(record).collect())
    }

    fn load(&self, id: &str) -> Result<Case> {
        let row = self.row(id)?;
        load(row).map(|case| Case { clinical: self.clinical(row), ..case }).map_err(|error| error.for_case(id))
    }

    fn digest(&self, id: &str) -> Result<String> {
        let row = self.row(id)?;
        let mut hasher = blake3::Hasher::new();
        // Lengths in front keep neighbouring texts apart.
        let mut add = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        add(&format!("{:?} {}", row.selection, row.label_channel));
        let named = std::iter::once(("", &row.image)).chain(row.masks.iter().map(|(name, path)| (name.as_str(), path)));
        for (name, path) in named {
            add(name);
            for file in files(path).map_err(|error| error.for_case(id))? {
                add(&digest_file(&file).map_err(|error| error.for_case(id))?);
            }
        }
        for (column, text) in self.manifest.clinical_columns.iter().zip(&row.clinical) {
            add(column);
            add(text);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    fn image_digest(&self, id: &str) -> Result<Option<String>> {
        let mut hasher = blake3::Hasher::new();
        for file in files(&self.row(id)?.image).map_err(|error| error.for_case(id))? {
            hasher.update(digest_file(&file).map_err(|error| error.for_case(id))?.as_bytes());
        }
        Ok(Some(hasher.finalize().to_hex().to_string()))
    }
}

fn load(row: &ManifestRow) -> Result<Case> {
    if row.label_channel != 0 {
        return Err(Error::new(Code::FileFormat, format!("Label_channel is {}", row.label_channel))
            .expected("0: masks of one component")
            .hint("extract the component into a file of its own"));
    }
    let paths: Vec<&Path> = row.masks.values().map(|path| path.as_path()).collect();
    let noted = read_with_masks(&row.image, &paths, &row.selection)?;
    let (image, masks) = noted.value;
    let mut case = Case::new(&row.id, &row.patient, image);
    for (name, mask) in row.masks.keys().zip(masks) {
        case = case.with_mask(name, mask);
    }
    case.history.push(format!("read {}", failure::base_name(&row.image)));
    case.notes.extend(noted.notes);
    Ok(case)
}

/// A number where the text is one, otherwise the text.
fn value(text: &str) -> Value {
    let text = text.trim();
    match text.parse::<f64>() {
        _ if is_missing(text) => Value::Missing,
        Ok(number) if number.is_finite() => Value::Number(number),
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Role;
    use dlr_core::conformance::check_source;

    #[test]
    fn the_real_cohort_loads_and_keeps_the_contract() {
        let source = ManifestSource::open(&data_fixtures::path("sts-t1/cohort.csv")).unwrap();
        check_source(&source).unwrap();
        let (cohort, _) = source.cohort().unwrap();
        assert_eq!(cohort.len(), 34);
        let case = source.load("STS_001").unwrap();
        assert_eq!(case.clinical["age"], Value::Number(59.0));
        assert_eq!(case.clinical["sex"], Value::Text("Male".into()));
        assert!(case.roi("mask").unwrap().n_voxels() > 1000);
        assert_eq!(source.load("nobody").unwrap_err().code(), Code::UnknownName);
    }

    #[test]
    fn the_digest_follows_content_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let from = |name: &str| data_fixtures::path("sts-t1/images").join(name);
        std::fs::copy(from("STS_001_T1.nii.gz"), at("i.nii.gz")).unwrap();
        std::fs::copy(from("STS_001_mask.nii.gz"), at("m.nii.gz")).unwrap();
        std::fs::copy(at("i.nii.gz"), at("moved.nii.gz")).unwrap();
        let digest = |text: &str, id: &str| {
            std::fs::write(at("c.csv"), text).unwrap();
            ManifestSource::open(&at("c.csv")).unwrap().digest(id).unwrap()
        };
        let first = digest("ID,Image,Mask,age\na,i.nii.gz,m.nii.gz,5\n", "a");
        let same = [
            digest("ID,Image,Mask,age\nz,i.nii.gz,m.nii.gz,7\nb,moved.nii.gz,m.nii.gz,5\n", "b"),
            digest("ID,Image,Mask,role,age\nb,i.nii.gz,m.nii.gz,external,5\n", "b"),
        ];
        assert!(same.iter().all(|d| *d == first));
        let mut other = vec![
            digest("ID,Image,Mask,age\na,i.nii.gz,m.nii.gz,6\n", "a"),
            digest("ID,Image,Mask,age,Label\na,i.nii.gz,m.nii.gz,5,1\n", "a"),
            digest("ID,Image,Mask:x,age\na,i.nii.gz,m.nii.gz,5\n", "a"),
        ];
        let mut bytes = std::fs::read(at("m.nii.gz")).unwrap();
        bytes[9] ^= 1;
        std::fs::write(at("m.nii.gz"), bytes).unwrap();
        other.push(digest("ID,Image,Mask,age\na,i.nii.gz,m.nii.gz,5\n", "a"));
        assert!(other.iter().all(|d| *d != first));
    }

    #[test]
    fn a_missing_file_is_found_before_anything_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("c.csv"), "ID,Image,Mask,role\na,i.nii,m.nii,external\n").unwrap();
        let error = ManifestSource::open(&folder.path().join("c.csv")).unwrap_err();
        assert_eq!((error.code(), error.case()), (Code::FileMissing, Some("a")));
        let manifest = Manifest::read(&folder.path().join("c.csv")).unwrap();
        assert_eq!(manifest.rows[0].role, Role::External);
        assert_eq!(ManifestSource::new(manifest).load("a").unwrap_err().case(), Some("a"));
    }
}
