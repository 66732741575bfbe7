//! Random damage: no flipped bit and no cut of a `.nii.gz` or gzip NRRD gives other voxels than those written.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Code, Volume};
use dlr_io::{read_volume, write_volume};
use ndarray::Array3;
use std::path::Path;

const N_FLIPS: u64 = 1000;
const N_CUTS: u64 = 1000;

/// A fixed sequence of numbers, the same on every machine (splitmix64).
fn random(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn volume() -> Volume {
    let noise = |z: usize, y: usize, x: usize| (random((z * 400 + y * 20 + x) as u64) % 300) as f32;
    Volume::from_array(Array3::from_shape_fn((12, 20, 20), |(z, y, x)| noise(z, y, x)), [3.0, 1.0, 1.0]).unwrap()
}

/// Damages the file in every way and gives the ways that passed with other voxels, and how many passed with the same.
fn survivors(bytes: &[u8], path: &Path, original: &Volume) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut n_harmless = 0;
    let mut try_one = |what: String, damaged: &[u8]| {
        std::fs::write(path, damaged).unwrap();
        match read_volume(path) {
            Ok(found) if found == *original => n_harmless += 1,
            Ok(_) => wrong.push(what),
            Err(error) => {
                let codes =
                    [Code::FileTruncated, Code::FileCorrupt, Code::FileFormat, Code::FileTooLarge, Code::Geometry];
                assert!(codes.contains(&error.code()), "{what}: {error}");
            }
        }
    };
    for i in 0..N_FLIPS {
        let bit = random(i) as usize % (8 * bytes.len());
        let mut damaged = bytes.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        try_one(format!("bit {bit}"), &damaged);
    }
    for i in 0..N_CUTS {
        let length = random(N_FLIPS + i) as usize % bytes.len();
        try_one(format!("cut at {length}"), &bytes[..length]);
    }
    try_one("one byte more".to_owned(), &[bytes, &[0]].concat());
    try_one("zeros behind".to_owned(), &[bytes, &[0; 512]].concat());
    (wrong, n_harmless)
}

#[test]
fn two_thousand_damaged_nifti_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nii.gz");
    write_volume(&path, &volume()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let original = read_volume(&path).unwrap();
    assert_eq!(original, volume());
    let (wrong, n_harmless) = survivors(&bytes, &path, &original);
    assert!(wrong.is_empty(), "{wrong:?}");
    // Gzip protects neither its date and system fields nor the padding of the last byte; voxels do not depend on them.
    println!(
        "{n_harmless} of {} damaged files gave the voxels that were written, the others were refused",
        N_FLIPS + N_CUTS
    );
    assert!(n_harmless <= 8, "{n_harmless}");
}

#[test]
fn two_thousand_damaged_nrrd_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nrrd");
    let bytes = std::fs::read(data_fixtures::path("nrrd_odd/BallBinary30x30x30_gz.nrrd")).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let original = read_volume(&path).unwrap();
    // The text header has no checksum: a flipped bit there may move the image. Only the packed voxels are damaged.
    let header = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
    let mut wrong = Vec::new();
    for i in 0..N_FLIPS {
        let bit = 8 * header + random(i) as usize % (8 * (bytes.len() - header));
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &damaged).unwrap();
        wrong.extend(read_volume(&path).ok().filter(|found| *found != original).map(|_| format!("bit {bit}")));
        let length = random(N_FLIPS + i) as usize % bytes.len();
        std::fs::write(&path, &bytes[..length]).unwrap();
        wrong.extend(read_volume(&path).ok().map(|_| format!("cut at {length}")));
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
