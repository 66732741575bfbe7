//! Regions on which features have little to say: documented values, NaN with a reason, or a coded error.

use dlr_core::{Code, Error, FeatureVector, Mask, Volume};
use dlr_radiomics::Extractor;
use dlr_radiomics::pyradiomics::{Params, Setting};
use ndarray::Array3;

const SHAPE: (usize, usize, usize) = (5, 6, 7);

fn extract(voxels: &[[usize; 3]], image: Array3<f32>, params: Params) -> Result<FeatureVector, Error> {
    let mut mask = Array3::from_elem(SHAPE, false);
    voxels.iter().for_each(|v| mask[*v] = true);
    let image = Volume::from_array(image, [2.0, 1.0, 1.0])?;
    Extractor::new(params)?.extract(&image, &Mask::from_array(mask, [2.0, 1.0, 1.0])?)
}

fn textured() -> Array3<f32> {
    Array3::from_shape_fn(SHAPE, |(z, y, x)| ((z * 31 + y * 17 + x * 53) % 200) as f32)
}

/// Every value is a number or NaN with a reason, never infinite.
fn is_explained(features: &FeatureVector) {
    for (name, value) in features.iter() {
        assert!(value.is_finite() || features.undefined().contains_key(name), "{name} is {value} without a reason");
    }
}

#[test]
fn one_voxel() {
    let f = extract(&[[2, 3, 3]], textured(), Params::default()).unwrap();
    is_explained(&f);
    assert_eq!(f.len(), 107);
    assert_eq!(f.get("roi_original_shape_VoxelVolume"), Some(2.0));
    assert_eq!(f.get("roi_original_shape_MajorAxisLength"), Some(0.0));
    assert!(f.get("roi_original_shape_Elongation").unwrap().is_nan());
    assert_eq!(f.get("roi_original_firstorder_Range"), Some(0.0));
    assert_eq!(f.get("roi_original_glszm_ZonePercentage"), Some(1.0));
    assert!(f.get("roi_original_glcm_Contrast").unwrap().is_nan());
    assert!(f.get("roi_original_glrlm_RunEntropy").unwrap().is_nan());
    let codes: std::collections::BTreeSet<_> = f.undefined().values().map(|u| u.code.to_string()).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["no-line", "no-neighbours", "one-voxel"]);
}

#[test]
fn two_voxels_apart_and_touching() {
    for voxels in [[[0, 0, 0], [4, 5, 6]], [[2, 2, 2], [2, 2, 3]]] {
        let f = extract(&voxels, textured(), Params::default()).unwrap();
        is_explained(&f);
        assert_eq!(f.get("roi_original_shape_VoxelVolume"), Some(4.0));
    }
    let f = extract(&[[2, 2, 2], [2, 2, 3]], textured(), Params::default()).unwrap();
    assert!(f.get("roi_original_glcm_Contrast").unwrap() > 0.0);
}

#[test]
fn one_slice_touching_the_edge() {
    let voxels: Vec<[usize; 3]> = (0..6).flat_map(|y| (0..7).map(move |x| [0, y, x])).collect();
    let f = extract(&voxels, textured(), Params::default()).unwrap();
    is_explained(&f);
    assert_eq!(f.undefined().len(), 0);
    assert_eq!(f.get("roi_original_shape_LeastAxisLength"), Some(0.0));
    assert_eq!(f.get("roi_original_shape_Flatness"), Some(0.0));
}

#[test]
fn a_row_of_voxels_and_the_whole_image() {
    let row: Vec<[usize; 3]> = (0..7).map(|x| [1, 2, x]).collect();
    let all: Vec<[usize; 3]> = (0..5).flat_map(|z| (0..6).flat_map(move |y| (0..7).map(move |x| [z, y, x]))).collect();
    for voxels in [row, all] {
        is_explained(&extract(&voxels, textured(), Params::default()).unwrap());
    }
}

#[test]
fn one_grey_level() {
    let voxels: Vec<[usize; 3]> = (1..4).flat_map(|y| (1..4).map(move |x| [2, y, x])).collect();
    let f = extract(&voxels, Array3::from_elem(SHAPE, 100.0), Params::default()).unwrap();
    is_explained(&f);
    for (name, value) in [
        ("firstorder_Skewness", 0.0),
        ("firstorder_Kurtosis", 0.0),
        ("glcm_Correlation", 1.0),
        ("glcm_MCC", 1.0),
        ("glcm_Contrast", 0.0),
        ("ngtdm_Coarseness", 1e6),
        ("ngtdm_Contrast", 0.0),
        ("ngtdm_Strength", 0.0),
    ] {
        assert_eq!(f.get(&format!("roi_original_{name}")), Some(value), "{name}");
    }
}

#[test]
fn refusals_have_codes() {
    let voxels = [[1, 1, 1], [1, 1, 2]];
    let code = |settings: &[(&str, Setting)], image| {
        extract(&voxels, image, Params::with(settings).unwrap()).unwrap_err().code()
    };
    assert_eq!(code(&[("minimumROIDimensions", Setting::Number(2.0))], textured()), Code::Region);
    assert_eq!(code(&[("minimumROISize", Setting::Number(2.0))], textured()), Code::Region);
    let mut nan = textured();
    nan[[1, 1, 1]] = f32::NAN;
    assert_eq!(code(&[], nan), Code::NotFinite);
    assert_eq!(extract(&[], textured(), Params::default()).unwrap_err().code(), Code::EmptyMask);
    let out_of_reach = Setting::List(vec![Setting::Number(1e6)]);
    assert_eq!(code(&[("resegmentRange", out_of_reach)], textured()), Code::Region);
}

#[test]
fn a_far_outlier_costs_one_grey_level() {
    let voxels: Vec<[usize; 3]> =
        (0..5).flat_map(|z| (0..6).flat_map(move |y| (0..7).map(move |x| [z, y, x]))).collect();
    let mut image = textured();
    image[[2, 2, 2]] = 1e9;
    is_explained(&extract(&voxels, image, Params::default()).unwrap());
}
