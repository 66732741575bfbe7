//! N4 on a real fat-suppressed T2 series against SimpleITK's N4 with the same masks and settings.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::Mask;
use dlr_imaging::bias::{N4Params, n4};

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mean = pairs.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / n, sum.1 + p.1 / n));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        ab += (a - mean.0) * (b - mean.1);
        aa += (a - mean.0).powi(2);
        bb += (b - mean.1).powi(2);
    }
    ab / (aa * bb).sqrt()
}

#[test]
fn the_fields_of_a_real_series_correlate_with_simpleitk() {
    let Some(path) = data_fixtures::shared("data/sts/t2fs/STS_001_T2FS.nii.gz") else { return };
    let image = dlr_io::read_volume(&path).unwrap();
    let bytes = std::fs::read(data_fixtures::path("imaging/n4_t2fs.f32")).unwrap();
    let theirs: Vec<f64> =
        bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect();
    let thin = ndarray::s![..;4, ..;6, ..;6];
    let n_kept = image.to_f64().slice(thin).len();
    assert_eq!(theirs.len(), 3 * n_kept);
    let mut misses = Vec::new();
    for (threshold, theirs) in [14.0, 60.0, 100.0].into_iter().zip(theirs.chunks_exact(n_kept)) {
        let mask = Mask::new(*image.geometry(), image.to_f64().mapv(|v| v > threshold)).unwrap();
        let result = n4(&image, Some(&mask), &N4Params::default()).unwrap();
        let inside = mask.voxels();
        let pairs: Vec<(f64, f64)> = result
            .log_field
            .slice(thin)
            .iter()
            .zip(theirs)
            .zip(inside.slice(thin))
            .filter(|(_, inside)| **inside)
            .map(|((a, b), _)| (*a, *b))
            .collect();
        let found = correlation(&pairs);
        println!("mask above {threshold}: correlation of the log fields {found:.4} over {} voxels", pairs.len());
        if found.is_nan() || found < 0.98 {
            misses.push(format!("mask above {threshold}: {found:.4}"));
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
