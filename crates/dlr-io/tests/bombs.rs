//! Headers and streams that ask for far more than they hold are refused in little memory, and so fast.
//!
//! One test in a file of its own: the peak memory of the process is what is measured.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::Code;
use dlr_io::{Manifest, read_mask, read_volume, write_volume};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::path::Path;

/// Peak resident memory of this process in MB, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// The header of an 8 bit image with other dimensions.
fn header(folder: &Path, dim: [i16; 3]) -> Vec<u8> {
    let path = folder.join("seed.nii");
    let small = ndarray::Array3::<f32>::zeros((2, 2, 2));
    write_volume(&path, &dlr_core::Volume::from_array(small, [1.0; 3]).unwrap()).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(352);
    bytes[70..74].copy_from_slice(&[2, 0, 8, 0]);
    for (i, side) in dim.into_iter().enumerate() {
        bytes[42 + 2 * i..44 + 2 * i].copy_from_slice(&side.to_le_bytes());
    }
    bytes
}

/// `start` and then `n_mb` megabytes of zeros, in gzip.
fn zeros(start: &[u8], n_mb: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(start).unwrap();
    let block = vec![0; 1 << 20];
    for _ in 0..n_mb {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

fn bzip2_zeros(n_mb: usize) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    let block = vec![0; 1 << 20];
    for _ in 0..n_mb {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn bombs_are_refused_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let huge = header(folder.path(), [30_000; 3]);
    let tiny = header(folder.path(), [2, 2, 2]);
    let large = header(folder.path(), [1300, 1300, 1200]);
    let nrrd =
        |sizes: &str, rest: &str| format!("NRRD0004\ntype: uchar\ndimension: 3\nsizes: {sizes}\n{rest}\n").into_bytes();
    let bombs = [
        at("huge.nii", &huge),
        at("huge.nii.gz", &zeros(&huge, 0)),
        at("377-bytes.nii", &[header(folder.path(), [18_000, 1000, 1000]), vec![0; 25]].concat()),
        // A thousand to one, behind a header that asks for little, and behind one that asks for all of it.
        at("goes-on.nii.gz", &zeros(&tiny, 512)),
        at("says-so.nii.gz", &zeros(&large, 64)),
        at("goes-on.nrrd", &[nrrd("2 2 2", "encoding: gzip\n"), zeros(&[], 256)].concat()),
        at("bzip2.nrrd", &[nrrd("2 2 2", "encoding: bzip2\n"), bzip2_zeros(256)].concat()),
        at("tail.nrrd", &[nrrd("2 2 2", "byte skip: -1\nencoding: gzip\n"), zeros(&[], 256)].concat()),
        at("ascii.nrrd", &[nrrd("1000 1000 1000", "encoding: ascii\n"), b"1 2 3".to_vec()].concat()),
        at("endless.nrrd", &[b"NRRD0004\n".to_vec(), b"# \n".repeat(100_000)].concat()),
        at("one-line.nrrd", &[b"NRRD0004\n".to_vec(), vec![b'a'; 4 << 20]].concat()),
    ];
    let csv = at("m.csv", &[b"ID,Image,Mask\n".to_vec(), vec![b'"'; 1 << 20]].concat());
    // Making the bombs has used memory of its own; blocks are small, files are not read back here.
    let before = peak_mb();
    let mut misses = Vec::new();
    for path in &bombs {
        let codes = [read_volume(path).err(), read_mask(path, &Default::default()).err()].map(|e| e.map(|e| e.code()));
        let expected = [Code::FileTooLarge, Code::FileTruncated, Code::FileFormat];
        if !codes.iter().all(|code| code.is_some_and(|c| expected.contains(&c))) {
            misses.push(format!("{:?}: {codes:?}", path.file_name()));
        }
    }
    assert!(Manifest::read(&csv).is_err());
    assert!(misses.is_empty(), "{misses:#?}");
    if let (Some(before), Some(after)) = (before, peak_mb()) {
        println!("peak memory {before:.0} MB before, {after:.0} MB after");
        assert!(after - before < 64.0, "{before} MB before, {after} MB after");
    }
}
