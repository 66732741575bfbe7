//! Real series and structure sets: known voxel counts, and the same voxels as the published NIfTI.

use super::*;
use crate::{LabelSelection, read_pair};
use dlr_core::Code;

#[test]
fn the_fat_suppressed_t2_series_has_its_published_regions() {
    let Some(folder) = data_fixtures::shared("data/dicom/sts001_fs_t2") else { return };
    let series = read_series(&folder.join("image"), None).unwrap().value;
    let grid = series.volume.geometry();
    assert_eq!(grid.shape(), [40, 384, 384]);
    // Slices are 4 mm thick and 5.2 mm apart.
    assert!((grid.spacing_mm()[0] - 5.2).abs() < 1e-3, "{:?}", grid.spacing_mm());
    let file = folder.join("rtstruct.dcm");
    assert_eq!(rtstruct_names(&file).unwrap(), ["GTV_Mass", "GTV_Edema"]);
    // An independent even-odd count in numpy gives the same two numbers. Another tool counts 406 546 for the edema; no
    // edge passes within 0.001 voxel of a centre there, so rounding does not explain that one voxel.
    for (name, n_voxels) in [("GTV_Mass", 256_115), ("GTV_Edema", 406_547)] {
        assert_eq!(read_rtstruct(&file, name, &series).unwrap().value.n_voxels(), n_voxels, "{name}");
    }
    assert_eq!(read_rtstruct(&file, "GTV", &series).unwrap_err().code(), Code::MissingMask);
}

#[test]
fn a_series_and_its_structure_set_equal_the_published_nifti() {
    let Some(folder) = data_fixtures::shared("data/dicom/sts025_t1") else { return };
    let Some(full) = data_fixtures::shared("data/sts/full") else { return };
    let series = read_series(&folder.join("image"), None).unwrap().value;
    let (image, mask) = (full.join("STS_025_T1.nii.gz"), full.join("STS_025_mask.nii.gz"));
    let pair = read_pair(&image, &mask, &LabelSelection::Auto).unwrap().value;
    let far = pair.image.geometry().corner_distance_voxels(series.volume.geometry());
    assert!(far < 0.01, "{far} {:?} {:?}", pair.image.geometry(), series.volume.geometry());
    assert_eq!(series.volume.to_f64(), pair.image.to_f64());
    let drawn = read_rtstruct(&folder.join("rtstruct.dcm"), "GTV_Mass_MR_T1", &series).unwrap().value;
    let n_other = drawn.voxels().iter().zip(pair.mask.voxels()).filter(|(a, b)| a != b).count();
    assert_eq!(n_other, 0, "of {} and {} voxels", drawn.n_voxels(), pair.mask.n_voxels());
}

#[test]
fn missing_and_doubled_slices_are_refused() {
    let Some(folder) = data_fixtures::shared("data/dicom/sts025_t1/image") else { return };
    let copy = |keep: &dyn Fn(usize) -> bool| {
        let target = tempfile::tempdir().unwrap();
        for n in (0..25).filter(|n| keep(*n)) {
            let name = format!("{n:06}.dcm");
            std::fs::copy(folder.join(&name), target.path().join(&name)).unwrap();
        }
        target
    };
    let whole = copy(&|_| true);
    assert_eq!(read_series(whole.path(), None).unwrap().value.volume.geometry().shape()[0], 25);
    let gap = copy(&|n| n != 12);
    assert_eq!(read_series(gap.path(), None).unwrap_err().code(), Code::Geometry);
    std::fs::copy(whole.path().join("000003.dcm"), whole.path().join("again.dcm")).unwrap();
    assert_eq!(read_series(whole.path(), None).unwrap_err().code(), Code::Geometry);
    let bytes = std::fs::read(folder.join("000005.dcm")).unwrap();
    std::fs::write(gap.path().join("000012.dcm"), &bytes[..bytes.len() / 2]).unwrap();
    let code = read_series(gap.path(), None).unwrap_err().code();
    assert!(matches!(code, Code::FileTruncated | Code::FileCorrupt), "{code:?}");
}

#[test]
fn segmentations_lie_on_their_images() {
    let Some(folder) = data_fixtures::shared("data/dicom/seg") else { return };
    // Counts are those of pydicom's pixel_array (3.0.2).
    let cases = [
        ("dcmqi_ct3", "liver_seg.dcm", "Liver", 107_098),
        ("dcmqi_23x38x3", "seg_label_seg.dcm", "1", 322),
        ("dcmqi_24x38x3", "seg_label_seg.dcm", "Liver", 315),
        ("highdicom", "seg_image_ct_binary_single_frame.dcm", "first segment", 1832),
    ];
    let mut misses = Vec::new();
    for (study, seg, segment, n_voxels) in cases {
        let images = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(folder.join(study)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if !name.contains("seg") && !name.contains("multiframe") {
                std::fs::copy(&path, images.path().join(name)).unwrap();
            }
        }
        let result = read_series(images.path(), None)
            .and_then(|series| read_seg(&folder.join(study).join(seg), segment, series.value.volume.geometry()));
        match result {
            Ok(mask) if n_voxels == mask.value.n_voxels() => {}
            other => {
                let found = other.map(|m| m.value.n_voxels()).map_err(|e| e.to_string());
                misses.push(format!("{study}: {found:?} for {n_voxels}"));
            }
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn a_multi_frame_file_is_the_series_of_its_slices() {
    let Some(folder) = data_fixtures::shared("data/dicom/seg/dcmqi_23x38x3") else { return };
    let of = |names: &[&str]| {
        let target = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::copy(folder.join(name), target.path().join(name)).unwrap();
        }
        read_series(target.path(), None).unwrap().value.volume
    };
    let slices = of(&["image_IMG0001.dcm", "image_IMG0002.dcm", "image_IMG0003.dcm"]);
    let multi = of(&["multiframe_mf.dcm"]);
    assert_eq!(slices.to_f64(), multi.to_f64());
    assert!(slices.geometry().is_same_grid(multi.geometry()));
}
