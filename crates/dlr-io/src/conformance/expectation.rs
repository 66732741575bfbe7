//! The sentences of `expect.csv` as checks. Each sentence is a contract of the reference data, written for people; what
//! none of the rules here recognises must at least give a region with voxels in it.

use super::folder::one_line;
use crate::{LabelSelection, Noted, Pair, read_pair, read_volume_noted};
use dlr_core::{Error, Result, Roi};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// True values of the region, from `expect.json`: count, mean, population SD, minimum, maximum, median, volume.
pub(super) struct Truth(BTreeMap<String, f64>);

impl Truth {
    pub(super) fn read(path: &Path) -> Result<Truth> {
        let text = std::fs::read_to_string(path).map_err(|e| crate::failure::reading(path, &e))?;
        let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| crate::failure::format(path, e))?;
        let numbers = json.as_object().into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_f64()?)));
        Ok(Truth(numbers.filter(|(key, _)| key.starts_with("roi_")).collect()))
    }

    /// The largest relative error of a region whose intensities should be `slope * stored + intercept`.
    fn compare(&self, pair: &Pair, slope: f64, intercept: f64) -> Result<f64, String> {
        let roi = Roi::new(&pair.image, &pair.mask).map_err(|e| one_line(&e))?;
        let mut largest = 0.0_f64;
        for (name, found) in statistics(&roi) {
            let Some(stored) = self.0.get(name) else { continue };
            let expected = match name {
                "roi_voxels" | "roi_volume_mm3" => *stored,
                "roi_sd_population" => slope.abs() * stored,
                _ => slope * stored + intercept,
            };
            let error = (found - expected).abs() / expected.abs().max(1e-12);
            if error.is_nan() || error > 1e-6 {
                return Err(format!("{name} {found} for {expected}"));
            }
            largest = largest.max(error);
        }
        Ok(largest)
    }
}

fn statistics(roi: &Roi<'_>) -> [(&'static str, f64); 7] {
    let mut values = roi.intensities();
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let median = (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0;
    [
        ("roi_voxels", n),
        ("roi_mean", mean),
        ("roi_sd_population", sd),
        ("roi_min", values[0]),
        ("roi_max", values[values.len() - 1]),
        ("roi_median", median),
        ("roi_volume_mm3", n * roi.mask().geometry().voxel_volume_mm3()),
    ]
}

/// One row of `expect.csv`.
pub(super) struct Row {
    pub(super) file: String,
    pub(super) role: String,
    pub(super) expected: String,
    pub(super) note: String,
}

impl Row {
    pub(super) fn read_all(path: &Path) -> Result<Vec<Row>> {
        let not_csv = |e: csv::Error| crate::failure::format(path, e);
        let mut reader = csv::Reader::from_path(path).map_err(not_csv)?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(not_csv)?;
            let cell = |i: usize| record.get(i).unwrap_or_default().to_owned();
            rows.push(Row { file: cell(0), role: cell(1), expected: cell(2), note: cell(3) });
        }
        Ok(rows)
    }

    /// Image and mask that this row is about: the file with its namesake, or with the reference.
    fn pair(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let namesake = |from: &str, to: &str| {
            let name = self.file.replacen(from, to, 1);
            (name != self.file).then(|| folder.join(name)).filter(|path| path.is_file())
        };
        let own = folder.join(&self.file);
        if self.role == "mask" {
            (namesake("_mask", "_image").unwrap_or_else(|| folder.join("ref_image.nii.gz")), own)
        } else {
            let mask = namesake("_image", "_mask").unwrap_or_else(|| folder.join("ref_mask.nii.gz"));
            (own, mask)
        }
    }

    /// The largest relative error, or what was found instead.
    pub(super) fn check(&self, folder: &Path, truth: &Truth) -> Result<f64, String> {
        let (image, mask) = self.pair(folder);
        let read = |selection: &LabelSelection| read_pair(&image, &mask, selection);
        let auto = || read(&LabelSelection::Auto);
        let same = |pair: Noted<Pair>| truth.compare(&pair.value, 1.0, 0.0);
        let expected = self.expected.as_str();
        if expected.starts_with("error") {
            return must_fail(read_volume_noted(&folder.join(&self.file)).map(|noted| noted.notes));
        }
        if let Some((label, _)) = expected.strip_prefix("same when label ").and_then(|rest| rest.split_once(' ')) {
            let label = label.parse().map_err(|_| format!("label `{label}` in the expectation"))?;
            must_fail(read(&LabelSelection::Value(1)).map(|noted| noted.notes))?;
            return read(&LabelSelection::Value(label)).map_err(|e| one_line(&e)).and_then(same);
        }
        if expected.starts_with("use the sform with a warning, or error")
            || expected.starts_with("same") && expected.contains("or a clear error")
        {
            return auto().map_or(Ok(0.0), same);
        }
        if expected.starts_with("same") {
            let noted = auto().map_err(|e| one_line(&e))?;
            if expected.contains("warning") && noted.notes.is_empty() {
                return Err("no warning".to_owned());
            }
            return same(noted);
        }
        if let Some(formula) = expected.strip_prefix("affine intensity: mean=") {
            let (slope, intercept) = affine(formula).ok_or_else(|| format!("formula `{formula}`"))?;
            return auto().map_err(|e| one_line(&e)).and_then(|p| truth.compare(&p.value, slope, intercept));
        }
        if let Some(shift) = self.note.strip_prefix("all values minus ").and_then(|n| n.trim().parse::<f64>().ok()) {
            return auto().map_err(|e| one_line(&e)).and_then(|p| truth.compare(&p.value, 1.0, -shift));
        }
        if expected.starts_with("clear error naming the count") {
            let pair = auto().map_err(|e| one_line(&e))?.value;
            return match Roi::new(&pair.image, &pair.mask) {
                Err(error) if error.fact().starts_with(|c: char| c.is_ascii_digit()) => Ok(0.0),
                other => Err(format!("{:?}", other.map(|roi| roi.n_voxels()).map_err(|e| one_line(&e)))),
            };
        }
        if expected.starts_with("clear error or documented") {
            return auto().map_or(Ok(0.0), has_voxels);
        }
        if expected.starts_with("clear error") {
            return must_fail(auto().map(|noted| noted.notes));
        }
        if expected.starts_with("label must be chosen or reported") {
            return match auto() {
                Ok(noted) if noted.notes.is_empty() => Err("a label chosen without a word".to_owned()),
                other => other.map_or(Ok(0.0), has_voxels),
            };
        }
        auto().map_err(|e| one_line(&e)).and_then(has_voxels)
    }
}

/// A refusal must have a code and say what is wrong; a reading must not be.
fn must_fail<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<f64, String> {
    match result {
        Err(error) if error.fact().is_empty() => Err("an error without a word".to_owned()),
        Err(_) => Ok(0.0),
        Ok(value) => Err(format!("read, with notes {value:?}")),
    }
}

fn has_voxels(noted: Noted<Pair>) -> Result<f64, String> {
    Roi::new(&noted.value.image, &noted.value.mask).map(|_| 0.0).map_err(|e| one_line(&e))
}

/// `2*ref-100` as slope and intercept.
fn affine(formula: &str) -> Option<(f64, f64)> {
    let (slope, intercept) = formula.trim().split_once("*ref")?;
    let intercept = if intercept.is_empty() { 0.0 } else { intercept.parse().ok()? };
    Some((slope.parse().ok()?, intercept))
}

#[cfg(test)]
mod tests {
    use super::affine;

    #[test]
    fn formulas() {
        assert_eq!(affine("2*ref-100"), Some((2.0, -100.0)));
        assert_eq!(affine("0.5*ref"), Some((0.5, 0.0)));
        assert_eq!(affine("ref"), None);
    }
}
