//! The suite `nifti`.

use super::expectation::{Row, Truth};
use super::folder::{entries, folders, record};
use crate::image::has_extension;
use crate::read_volume_noted;
use dlr_core::Result;
use dlr_core::conformance::SuiteTable;
use std::path::Path;

/// One table per sub-folder of `root`. With `expect.csv`: each row as it says. Without: every image is read or
/// refused, without a panic, and what is read has a voxel for each place of its grid.
///
/// # Errors
/// For a folder or expectation that cannot be read; what an image does is in the tables.
pub fn nifti(root: &Path) -> Result<Vec<SuiteTable>> {
    let mut tables = Vec::new();
    for folder in folders(root)? {
        let name = if folder == root { "nifti".to_owned() } else { crate::failure::base_name(&folder) };
        let mut table = SuiteTable::new(name);
        if folder.join("expect.csv").is_file() {
            let truth = Truth::read(&folder.join("expect.json"))?;
            for row in Row::read_all(&folder.join("expect.csv"))? {
                record(&mut table, &row.file, &row.expected, || row.check(&folder, &truth));
            }
        } else {
            let images = ["nii", "nii.gz", "hdr", "hdr.gz", "img", "img.gz"];
            for path in entries(&folder)?.iter().filter(|path| has_extension(path, &images)) {
                let name = crate::failure::base_name(path);
                record(&mut table, &name, "read or refused", || read_or_refused(path));
            }
        }
        if table.total > 0 {
            tables.push(table);
        }
    }
    Ok(tables)
}

pub(super) fn read_or_refused(path: &Path) -> Result<f64, String> {
    match read_volume_noted(path) {
        Ok(noted) if noted.value.geometry().n_voxels() == 0 => Err("a volume without voxels".to_owned()),
        Err(error) if error.to_string().lines().count() > 3 => Err("an error of more than three lines".to_owned()),
        _ => Ok(0.0),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn odd_and_broken_files_do_as_expected() {
        let mut folders = vec![data_fixtures::path("nifti_odd")];
        folders.extend(data_fixtures::shared("data/nifti_odd"));
        for folder in folders {
            let tables = super::nifti(&folder).unwrap();
            assert!(tables.len() >= 2, "{}", tables.len());
            let text: String = tables.iter().map(|table| format!("{table}\n")).collect();
            assert!(tables.iter().all(|table| table.is_green()), "{text}");
        }
    }

    /// The suite itself is held to account: wrong expectations must come out as misses, one for each.
    #[test]
    fn a_wrong_expectation_is_a_miss() {
        let folder = tempfile::tempdir().unwrap();
        let from = data_fixtures::path("nifti_odd/variants");
        for file in
            ["expect.json", "ref_image.nii.gz", "ref_mask.nii.gz", "no_form_codes.nii.gz", "image_negative.nii.gz"]
        {
            std::fs::copy(from.join(file), folder.path().join(file)).unwrap();
        }
        let wrong = "file,role,expected,note\nref_image.nii.gz,image,error,\nref_image.nii.gz,image,same with a warning,\n\
                     image_negative.nii.gz,image,same,\nref_image.nii.gz,image,affine intensity: mean=2*ref-100,\n\
                     ref_image.nii.gz,image,clear error naming the count,\nref_mask.nii.gz,mask,clear error,\n\
                     ref_mask.nii.gz,mask,label must be chosen or reported,\nabsent.nii.gz,image,same,\n\
                     ref_mask.nii.gz,mask,same when label 7 is chosen; clear error for label 1,\n";
        std::fs::write(folder.path().join("expect.csv"), wrong).unwrap();
        let tables = super::nifti(folder.path()).unwrap();
        assert_eq!((tables[0].total, tables[0].misses.len()), (9, 9), "{}", tables[0]);
    }
}
