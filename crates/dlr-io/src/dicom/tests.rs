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

/// What [`crate::export`] writes comes back as it was: voxels, grid, masks with holes and corner contacts, any order of
/// ROIs, and an oblique series.
#[test]
fn what_was_exported_is_read_back_exactly() {
    use crate::export::{About, write_mr_series, write_rtstruct};
    use dlr_core::{Geometry, Mask, Rng, Volume};
    use ndarray::Array3;

    let (s, c) = (0.6, 0.8);
    let turned = [[0.0, 0.0, 1.0], [-s, c, 0.0], [c, s, 0.0]];
    let grids = [
        Geometry::axis_aligned([5, 12, 9], [5.0, 1.6, 1.6]).unwrap(),
        Geometry::new([3, 10, 14], [4.5, 0.6, 0.7], [-12.34, 56.7, 8.9], turned).unwrap(),
    ];
    for (n, grid) in grids.into_iter().enumerate() {
        let mut rng = Rng::new(n as u64);
        let [z, y, x] = grid.shape();
        let image = Volume::new(grid, Array3::from_shape_fn((z, y, x), |_| rng.below(65_536) as f32)).unwrap();
        let mut noise = || Mask::new(grid, Array3::from_shape_fn((z, y, x), |_| rng.uniform() < 0.6)).unwrap();
        let (mass, edema) = (noise(), noise());
        let about = |series: &str, number| About {
            patient: "PH_001".into(),
            sex: "F".into(),
            study: "phantom".into(),
            series: series.into(),
            number,
        };
        let folder = tempfile::tempdir().unwrap();
        let written = write_mr_series(&folder.path().join("mr"), &image, &about("T2FS", 3)).unwrap();
        let file = folder.path().join("rt/1-1.dcm");
        let rois = [("GTV_Edema", &edema), ("GTV_Mass", &mass)];
        write_rtstruct(&file, &written, &rois, &about("RTstructT2FS", 4)).unwrap();

        let read = read_series(folder.path(), None).unwrap();
        assert!(read.notes.is_empty(), "{:?}", read.notes);
        let series = read.value;
        assert_eq!(series.volume.to_f64(), image.to_f64());
        assert!(series.volume.geometry().corner_distance_voxels(&grid) < 1e-6);
        assert_eq!(series.uid, written.uid());
        assert_eq!(rtstruct_names(&file).unwrap(), ["GTV_Edema", "GTV_Mass"]);
        for (name, mask) in rois {
            let back = read_rtstruct(&file, name, &series).unwrap();
            assert!(back.notes.is_empty() && back.value.voxels() == mask.voxels(), "{name}");
        }
        let again = tempfile::tempdir().unwrap();
        write_mr_series(&again.path().join("mr"), &image, &about("T2FS", 3)).unwrap();
        let bytes = |of: &tempfile::TempDir| std::fs::read(of.path().join("mr/1-02.dcm")).unwrap();
        assert!(bytes(&folder) == bytes(&again), "the same volume, the same bytes");
    }
    let grid = Geometry::axis_aligned([1, 2, 2], [1.0; 3]).unwrap();
    let odd = Volume::new(grid, Array3::from_elem((1, 2, 2), 0.5f32)).unwrap();
    let about = About { patient: "p".into(), sex: String::new(), study: "s".into(), series: "t".into(), number: 1 };
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(write_mr_series(folder.path(), &odd, &about).unwrap_err().code(), Code::FileWrite);
}
