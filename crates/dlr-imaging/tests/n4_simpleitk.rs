//! N4 on a real fat-suppressed T2 series against SimpleITK's N4 with the same mask and settings.

use dlr_imaging::bias::{N4Params, n4};
use dlr_imaging::regions::{BodyParams, body};

#[test]
fn the_field_of_a_real_series_correlates_with_simpleitk() {
    let Some(path) = data_fixtures::shared("data/sts/t2fs/STS_001_T2FS.nii.gz") else { return };
    let image = dlr_io::read_volume(&path).unwrap();
    let mask = body(&image, &BodyParams::default()).unwrap();
    let bytes = std::fs::read(data_fixtures::path("imaging/n4_t2fs.f32")).unwrap();
    let theirs: Vec<f64> =
        bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap())).exp()).collect();
    let field = n4(&image, Some(&mask), &N4Params::default()).unwrap().log_field;
    let thin = ndarray::s![..;3, ..;4, ..;4];
    let ours = field.slice(thin).mapv(f64::exp);
    assert_eq!(ours.len(), theirs.len());
    let inside = mask.voxels();
    let pairs: Vec<(f64, f64)> = ours
        .iter()
        .zip(&theirs)
        .zip(inside.slice(thin))
        .filter(|(_, inside)| **inside)
        .map(|((a, b), _)| (*a, *b))
        .collect();
    let n = pairs.len() as f64;
    let mean = pairs.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / n, sum.1 + p.1 / n));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in &pairs {
        ab += (a - mean.0) * (b - mean.1);
        aa += (a - mean.0).powi(2);
        bb += (b - mean.1).powi(2);
    }
    let correlation = ab / (aa * bb).sqrt();
    println!("correlation of the fields: {correlation:.4} over {n} voxels");
    assert!(correlation >= 0.98, "correlation {correlation}");
}
