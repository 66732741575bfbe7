//! The texture matrices of the digital phantom as the reference manual prints them.
//!
//! Only the tables of the whole volume: the captions of the tables per direction are damaged in the source.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use dlr_io::LabelSelection;
use dlr_radiomics::ibsi::distance;
use dlr_radiomics::matrix::{self, Counts, Extent, Levels, all_offsets, half_offsets};
use ndarray::Array3;
use std::collections::BTreeMap;

struct Phantom {
    mask: Array3<bool>,
    levels: Levels,
}

fn phantom() -> Phantom {
    let folder = data_fixtures::path("ibsi1/digital_phantom");
    let image = dlr_io::read_volume(&folder.join("phantom.nii.gz")).unwrap().into_f64();
    let mask = dlr_io::read_mask(&folder.join("mask.nii.gz"), &LabelSelection::Auto).unwrap().voxels().to_owned();
    let values: Vec<u32> = image.iter().zip(&mask).filter(|(_, m)| **m).map(|(v, _)| *v as u32).collect();
    let levels = Levels::new(mask.view(), &values, 1).unwrap();
    Phantom { mask, levels }
}

/// Rows `a|b|c` of a printed table, as a map from the first two numbers to the third.
fn printed(table: &str) -> BTreeMap<(u32, u32), f64> {
    let text = std::fs::read_to_string(data_fixtures::path("ibsi1/digital_phantom_texture_matrices.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|r| r.unwrap()).filter(|r| &r[0] == table);
    rows.map(|r| {
        let numbers: Vec<f64> = r[4].split('|').map(|n| n.parse().unwrap()).collect();
        ((numbers[0] as u32, numbers[1] as u32), numbers[2])
    })
    .collect()
}

fn counted(counts: &Counts, row: impl Fn(u32) -> u32, col: impl Fn(u32) -> u32) -> BTreeMap<(u32, u32), f64> {
    counts.cells().iter().map(|c| ((row(c.row), col(c.col)), c.n)).collect()
}

#[test]
fn matrices_of_the_volume() {
    let Phantom { mask, levels } = phantom();
    let level = |rank: u32| levels.value(rank) as u32;
    let same = |size: u32| size;
    let half = half_offsets(&[1], None);
    let volume = Extent::Volume;

    let glcm = Counts::merge(&matrix::glcm(&levels, &half, volume).unwrap()[0]).symmetric();
    assert_eq!(counted(&glcm, level, level), printed("Grey level co-occurrence matrix (3D, merged)"));

    let runs = &matrix::glrlm(&levels, &half, volume).unwrap()[0];
    let glrlm = Counts::merge(runs.iter().map(|r| &r.counts));
    assert_eq!(counted(&glrlm, level, same), printed("Grey level run length matrix (3D, merged)"));

    let glszm = &matrix::glszm(&levels, volume).unwrap()[0];
    assert_eq!(counted(glszm, level, same), printed("Grey level size zone matrix (3D)"));

    let distances = distance::to_border(mask.view(), volume);
    let gldzm = &distance::zones(&levels, distances.view(), volume).unwrap()[0];
    assert_eq!(counted(gldzm, level, same), printed("Grey level distance zone matrix (3D)"));

    let ngldm = &matrix::gldm(&levels, &all_offsets(&[1], None), 0.0, volume).unwrap()[0];
    assert_eq!(counted(ngldm, level, same), printed("Neighbouring grey level dependence matrix (3D)"));
}
