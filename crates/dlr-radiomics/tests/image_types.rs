//! Filtered image types in the same `extract` call: names, settings of their own, degenerate images, and the same bits
//! on any number of threads. Their values are those of pyradiomics, which `pyradiomics.rs` compares.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use dlr_core::{Code, FeatureVector, Mask, Volume};
use dlr_radiomics::Extractor;
use dlr_radiomics::pyradiomics::{Params, VoxelMaps};
use ndarray::Array3;

const ALL: &str = "
imageType:
  Original: {}
  LoG: {sigma: [1.0, 2, 2.5]}
  Wavelet: {wavelet: db2, level: 2}
  Square: {}
  SquareRoot: {}
  Logarithm: {binWidth: 5}
  Exponential: {}
  Gradient: {gradientUseSpacing: false}
  LBP2D: {binWidth: 1}
  LBP3D: {binWidth: 1, lbp3DLevels: 3}
featureClass: {firstorder: [Mean, Entropy], glcm: [Contrast], glrlm: [RunEntropy]}
";

fn image(shape: [usize; 3]) -> Volume {
    let voxels = Array3::from_shape_fn(shape, |(z, y, x)| ((z * 7919 + y * 104_729 + x * 13_007) % 409) as f32);
    Volume::from_array(voxels, [2.0, 1.0, 1.0]).unwrap()
}

/// A box that touches the image's far edges.
fn mask(shape: [usize; 3]) -> Mask {
    let inside = |i: usize, n: usize| 2 * i + 1 >= n;
    let voxels = Array3::from_shape_fn(shape, |(z, y, x)| {
        inside(z, shape[0]) && inside(y, shape[1]) && inside(x, shape[2]) && (z + y + x) % 9 != 0
    });
    Mask::from_array(voxels, [2.0, 1.0, 1.0]).unwrap()
}

fn extract(yaml: &str, image: &Volume, mask: &Mask) -> FeatureVector {
    Extractor::new(Params::from_yaml(yaml).unwrap()).unwrap().extract(image, mask).unwrap()
}

#[test]
fn names_are_known_before_an_image_is_and_as_pyradiomics_gives_them() {
    let extractor = Extractor::new(Params::from_yaml(ALL).unwrap()).unwrap();
    let features = extractor.extract(&image([9, 15, 16]), &mask([9, 15, 16])).unwrap();
    assert_eq!(extractor.names(), features.names());
    let columns: Vec<String> = features.names().iter().step_by(4).map(|n| n.image_type().to_string()).collect();
    let detail = |level: &str| -> Vec<String> {
        ["LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH"].map(|b| format!("wavelet{level}-{b}")).to_vec()
    };
    let mut expected: Vec<String> =
        ["original", "log-sigma-1-0-mm-3D", "log-sigma-2-mm-3D", "log-sigma-2-5-mm-3D"].map(String::from).to_vec();
    expected.extend(detail("").into_iter().chain(detail("2")).chain(["wavelet2-LLL".into()]));
    let rest = ["square", "squareroot", "logarithm", "exponential", "gradient", "lbp-2D"];
    expected.extend(rest.into_iter().chain(["lbp-3D-m1", "lbp-3D-m2", "lbp-3D-m3", "lbp-3D-k"]).map(String::from));
    assert_eq!(columns, expected);
    assert!(features.undefined().is_empty(), "{:?}", features.undefined());
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let (image, mask) = (image([12, 33, 41]), mask([12, 33, 41]));
    let on = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let features = pool.install(|| extract(ALL, &image, &mask));
        features.iter().map(|(_, v)| v.to_bits()).collect::<Vec<_>>()
    };
    let one = on(1);
    for n in [2, 3, 7] {
        assert_eq!(on(n), one, "{n} threads");
    }
}

#[test]
fn an_image_type_has_settings_of_its_own() {
    let (image, mask) = (image([9, 15, 16]), mask([9, 15, 16]));
    let with = |width: &str| {
        let yaml = format!(
            "imageType: {{Original: {{}}, Square: {{{width}}}}}\nfeatureClass: {{glcm: [Contrast]}}\nsetting: {{binWidth: 20}}"
        );
        extract(&yaml, &image, &mask)
    };
    let (wide, narrow) = (with(""), with("binWidth: 4"));
    let name = |t: &str| format!("roi_{t}_glcm_Contrast");
    assert_eq!(wide.get(&name("original")), narrow.get(&name("original")));
    assert!(narrow.get(&name("square")).unwrap() > 5.0 * wide.get(&name("square")).unwrap());
}

#[test]
fn images_that_cannot_be_made_are_undefined_with_a_reason() {
    let slice = [1, 20, 20];
    let features = extract(ALL, &image(slice), &mask(slice));
    let why = |features: &FeatureVector, image_type: &str| {
        let (_, why) = features.undefined().iter().find(|(n, _)| n.image_type() == image_type).unwrap();
        why.code.to_string()
    };
    assert_eq!(why(&features, "log-sigma-2-mm-3D"), "image-too-small");
    assert!(features.get("roi_wavelet-HHL_firstorder_Mean").unwrap().is_finite());
    assert!(features.get("roi_gradient_firstorder_Mean").unwrap().is_finite());

    let shape = [6, 8, 8];
    let zeros = Volume::from_array(Array3::<f32>::zeros(shape), [2.0, 1.0, 1.0]).unwrap();
    let features = extract(ALL, &zeros, &mask(shape));
    for image_type in ["square", "logarithm", "exponential"] {
        assert_eq!(why(&features, image_type), "image-of-zeros");
    }
    assert_eq!(why(&features, "lbp-3D-k"), "not-finite");
    assert_eq!(features.get("roi_squareroot_firstorder_Mean"), Some(0.0));
    assert_eq!(features.get("roi_log-sigma-1-0-mm-3D_firstorder_Mean"), Some(0.0));
}

#[test]
fn images_smaller_than_the_filter() {
    for shape in [[4, 4, 4], [2, 3, 2], [4, 5, 30]] {
        let yaml =
            "imageType: {Wavelet: {wavelet: coif17, level: 2, start_level: 1}}\nfeatureClass: {firstorder: [Mean]}";
        let features = extract(yaml, &image(shape), &mask(shape));
        assert!(features.iter().all(|(_, v)| v.is_finite()), "{shape:?}");
    }
}

#[test]
fn refusals() {
    let code = |yaml: &str| match Params::from_yaml(yaml).and_then(Extractor::new) {
        Ok(_) => panic!("`{yaml}` was accepted"),
        Err(error) => error.code(),
    };
    assert_eq!(code("imageType: {Wavelet: {wavelet: coif99}}"), Code::UnknownName);
    assert_eq!(code("imageType: {Wavelets: {}}"), Code::UnknownName);
    assert_eq!(code("imageType: {LoG: {sigma: [0]}}"), Code::Parameter);
    assert_eq!(code("imageType: {LBP2D: {lbp2DMethod: unform}}"), Code::UnknownName);
}

#[test]
fn maps_of_filtered_images() {
    let (image, mask) = (image([7, 9, 9]), mask([7, 9, 9]));
    let yaml = "imageType: {Gradient: {}, LoG: {sigma: [1.0]}}\nfeatureClass: {firstorder: [Maximum]}";
    let maps = VoxelMaps::new(Extractor::new(Params::from_yaml(yaml).unwrap()).unwrap());
    let maps = maps.collect(&image, &mask).unwrap();
    let whole = extract(yaml, &image, &mask);
    assert_eq!(maps.len(), 2);
    for (name, map) in maps {
        let largest = map.to_f64().iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(Some(largest), whole.get(&name.to_string()), "{name}");
    }
}
