//! Round trips of positions and voxels, and the header's odd corners.

use crate::{read_mask, read_volume, read_volume_noted, write_mask, write_volume};
use dlr_core::{Code, Geometry, Mask, Volume, Voxels};
use ndarray::Array3;
use proptest::prelude::*;
use std::path::Path;

fn volume(direction: [[f64; 3]; 3]) -> Volume {
    let geometry = Geometry::new([3, 4, 5], [2.5, 0.75, 0.5], [11.0, -7.5, 101.25], direction).unwrap();
    let voxels = Array3::from_shape_fn((3, 4, 5), |(z, y, x)| (100 * z + 10 * y + x) as f32 - 50.5);
    Volume::new(geometry, voxels).unwrap()
}

/// Rotation by three angles, mirrored if asked: every orthonormal frame.
fn frame(a: f64, b: f64, c: f64, mirrored: bool) -> [[f64; 3]; 3] {
    let rx = [[1.0, 0.0, 0.0], [0.0, a.cos(), -a.sin()], [0.0, a.sin(), a.cos()]];
    let ry = [[b.cos(), 0.0, b.sin()], [0.0, 1.0, 0.0], [-b.sin(), 0.0, b.cos()]];
    let rz = [[c.cos(), -c.sin(), 0.0], [c.sin(), c.cos(), 0.0], [0.0, 0.0, 1.0]];
    let times = |p: [[f64; 3]; 3], q: [[f64; 3]; 3]| -> [[f64; 3]; 3] {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| p[i][k] * q[k][j]).sum()))
    };
    let mut frame = times(times(rx, ry), rz);
    if mirrored {
        frame[0] = frame[0].map(|v| -v);
    }
    frame
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Written and read again: the same voxels at the same places, by sform and by qform alone.
    #[test]
    fn any_position_survives_both_forms(a in -3.2..3.2, b in -3.2..3.2, c in -3.2..3.2, mirrored: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.nii");
        let written = volume(frame(a, b, c, mirrored));
        write_volume(&path, &written).unwrap();
        let noted = read_volume_noted(&path).unwrap();
        prop_assert!(noted.notes.is_empty(), "{:?}", noted.notes);
        prop_assert_eq!(noted.value.voxels(), written.voxels());
        prop_assert!(noted.value.geometry().corner_distance_voxels(written.geometry()) < 1e-4);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[254..256].copy_from_slice(&[0, 0]);
        std::fs::write(&path, bytes).unwrap();
        // Half turns are badly conditioned in a 32 bit quaternion: sqrt(1e-7) rad over 12 mm, in voxels of 0.5 mm.
        let by_qform = read_volume(&path).unwrap();
        prop_assert!(by_qform.geometry().corner_distance_voxels(written.geometry()) < 0.03);
    }
}

#[test]
fn wide_voxels_masks_and_both_packings_survive() {
    let folder = tempfile::tempdir().unwrap();
    let plain = volume(frame(0.0, 0.0, 0.0, false));
    let wide = Volume::new(*plain.geometry(), plain.to_f64().mapv(|v| v / 3.0)).unwrap();
    for name in ["w.nii", "w.nii.gz"] {
        let path = folder.path().join(name);
        write_volume(&path, &wide).unwrap();
        assert_eq!(read_volume(&path).unwrap().voxels(), wide.voxels());
        let mask = Mask::new(*plain.geometry(), plain.to_f64().mapv(|v| v > 0.0)).unwrap();
        write_mask(&path, &mask).unwrap();
        assert_eq!(read_mask(&path, &crate::LabelSelection::Auto).unwrap().voxels(), mask.voxels());
    }
    assert_eq!(write_volume(Path::new("x.png"), &plain).unwrap_err().code(), Code::FileFormat);
}

/// Bytes of a plain file with a field replaced.
fn changed(offset: usize, field: &[u8]) -> dlr_core::Result<crate::Noted<Volume>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nii");
    write_volume(&path, &volume(frame(0.0, 0.0, 0.0, false))).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[offset..offset + field.len()].copy_from_slice(field);
    std::fs::write(&path, bytes).unwrap();
    read_volume_noted(&path)
}

#[test]
fn scaling_that_is_no_number_is_none() {
    for slope in [0.0_f32, f32::NAN, f32::INFINITY] {
        let noted = changed(112, &slope.to_le_bytes()).unwrap();
        assert_eq!(noted.value.get([0, 0, 0]), -50.5);
    }
    let noted = changed(112, &[2.0_f32.to_le_bytes(), 1.0_f32.to_le_bytes()].concat()).unwrap();
    assert_eq!(noted.value.get([0, 0, 0]), -100.0);
    assert!(matches!(noted.value.voxels(), Voxels::F64(_)));
}

#[test]
fn a_negative_zero_is_not_made_and_units_are_heeded() {
    let metres = changed(123, &[1]).unwrap();
    assert_eq!(metres.notes.len(), 1);
    assert!((metres.value.geometry().spacing_mm()[0] - 2500.0).abs() < 1e-9);
}

#[test]
fn every_contradiction_is_refused_with_its_code() {
    let cases: [(&str, usize, Vec<u8>, Code); 9] = [
        ("dim[0] 0", 40, vec![0, 0], Code::FileFormat),
        ("dim[0] 9", 40, vec![9, 0], Code::FileFormat),
        ("negative side", 42, vec![0xff, 0xff], Code::FileFormat),
        ("longer than the file", 42, vec![6, 0], Code::FileTruncated),
        ("shorter than the file", 42, vec![4, 0], Code::FileTruncated),
        ("bitpix", 72, vec![16, 0], Code::FileFormat),
        ("vox_offset NaN", 108, f32::NAN.to_le_bytes().to_vec(), Code::FileFormat),
        ("sform NaN", 280, f32::NAN.to_le_bytes().to_vec(), Code::Geometry),
        ("sform infinite", 292, f32::INFINITY.to_le_bytes().to_vec(), Code::Geometry),
    ];
    let misses: Vec<_> = cases
        .iter()
        .filter_map(|(name, offset, field, code)| match changed(*offset, field) {
            Err(error) if error.code() == *code => None,
            other => Some(format!("{name}: {:?}", other.map(|n| n.notes))),
        })
        .collect();
    assert!(misses.is_empty(), "{misses:#?}");
}
