//! The extractor as a stage: its contract, its names, its bits, and its maps.

use dlr_core::conformance::{check_extractor, sample_case};
use dlr_core::{Case, Code, FeatureExtractor, FeatureName, LinearForm, Mask, Volume};
use dlr_deep::{DeepConfig, DeepExtractor, Fit, InputConfig, Network, Pool, RegionConfig, Weights, combine};
use ndarray::Array3;

fn config() -> DeepConfig {
    let input = InputConfig { grid: [32, 48, 48], ..InputConfig::default() };
    let region = |name: &str, mask: &str, outside| RegionConfig { name: name.into(), mask: mask.into(), outside };
    let regions =
        vec![region("tumour", "mass", false), region("ring", "peri", false), region("background", "mass", true)];
    DeepConfig { input, regions, ..DeepConfig::default() }
}

fn form(weights: &[(&str, f64)]) -> LinearForm {
    LinearForm {
        intercept: 0.3,
        weights: weights.iter().map(|(n, w)| (n.parse().expect("a feature name"), *w)).collect(),
    }
}

#[test]
fn keeps_the_contract_of_its_seam() {
    check_extractor(&DeepExtractor::embedded(config()).unwrap(), &sample_case()).unwrap();
    check_extractor(&DeepExtractor::random(config(), 3).unwrap(), &sample_case()).unwrap();
}

#[test]
fn names_are_those_of_the_design() {
    let names: Vec<String> =
        DeepExtractor::embedded(config()).unwrap().names().iter().map(FeatureName::to_string).collect();
    assert_eq!(names.len(), (16 + 16 + 32 + 64 + 128) * 2 * 4);
    for name in
        ["deep_resnet18_stem_mean_0000", "deep_resnet18_layer4_mean_0017", "deep_resnet18_layer2_tumour-sd_0031"]
    {
        assert!(names.iter().any(|n| n == name), "{name}");
    }
    let plain = DeepExtractor::embedded(DeepConfig::default()).unwrap();
    assert_eq!(plain.names().len(), 512);
}

#[test]
fn gives_the_same_bits_on_any_number_of_threads() {
    let extractor = DeepExtractor::embedded(DeepConfig { input: InputConfig::default(), ..config() }).unwrap();
    let case = sample_case();
    let bits = |n_threads: usize| -> Vec<u64> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| extractor.extract(&case).unwrap().values().iter().map(|v| v.to_bits()).collect())
    };
    let one = bits(1);
    for n_threads in [2, 3, 4, 8] {
        assert_eq!(bits(n_threads), one, "{n_threads} threads");
    }
}

#[test]
fn cases_side_by_side_give_the_bits_of_cases_one_by_one() {
    use rayon::prelude::*;
    let extractor = DeepExtractor::embedded(config()).unwrap();
    let shifted = |k: usize| {
        let case = sample_case();
        let image = case.image.to_f64().mapv(|v| v + (v * k as f64 * 0.01).sin());
        Case { image: Volume::new(*case.image.geometry(), image).unwrap(), ..case }
    };
    let one: Vec<_> = (0..4).map(|k| extractor.extract(&shifted(k)).unwrap()).collect();
    let all: Vec<_> = (0..4).into_par_iter().map(|k| extractor.extract(&shifted(k)).unwrap()).collect();
    assert_eq!(one, all);
    assert_ne!(one[0], one[1]);
}

#[test]
fn the_mean_over_the_whole_image_is_global_average_pooling() {
    let input = InputConfig { grid: [32, 48, 48], fit: Fit::Stretch, ..InputConfig::default() };
    let extractor = DeepExtractor::embedded(DeepConfig { input, ..DeepConfig::default() }).unwrap();
    let case = sample_case();
    let features = extractor.extract(&case).unwrap();
    let prepared = input.prepare(&case.image).unwrap();
    let maps = Network::embedded().unwrap().forward(prepared.values, input.grid, 4).unwrap();
    for map in maps {
        for c in 0..map.channels {
            let channel = map.channel(c);
            let mean = channel.iter().map(|v| f64::from(*v)).sum::<f64>() / channel.len() as f64;
            let found = features.get(&format!("deep_resnet18_{}_mean_{c:04}", map.stage)).unwrap();
            assert!((found - mean).abs() < 1e-12 * mean.max(1.0));
        }
    }
}

#[test]
fn a_missing_mask_another_grid_and_an_unknown_stage_are_refused() {
    let extractor = DeepExtractor::embedded(config()).unwrap();
    let mut case = sample_case();
    case.masks.remove("peri");
    let error = extractor.extract(&case).unwrap_err();
    assert_eq!((error.code(), error.case()), (Code::MissingMask, Some("sample")));
    let other = Mask::from_array(Array3::from_elem((20, 24, 28), true), [2.5, 1.0, 1.0]).unwrap();
    let error = extractor.extract(&case.with_mask("peri", other)).unwrap_err();
    assert_eq!(error.code(), Code::GridMismatch);
    let stages = DeepConfig { stages: vec!["layer9".into()], ..DeepConfig::default() };
    assert_eq!(DeepExtractor::embedded(stages).unwrap_err().code(), Code::UnknownName);
    let none = DeepConfig { whole_image: false, ..DeepConfig::default() };
    assert_eq!(DeepExtractor::embedded(none).unwrap_err().code(), Code::Parameter);
    let name = DeepConfig { tag: "res_net".into(), ..DeepConfig::default() };
    assert_eq!(DeepExtractor::embedded(name).unwrap_err().code(), Code::FeatureName);
}

#[test]
fn an_empty_region_is_nan_with_a_reason() {
    let extractor = DeepExtractor::embedded(config()).unwrap();
    let empty = Mask::from_array(Array3::from_elem((20, 24, 28), false), [2.0, 1.0, 1.0]).unwrap();
    let features = extractor.extract(&sample_case().with_mask("peri", empty)).unwrap();
    assert!(features.get("deep_resnet18_layer1_ring-mean_0000").unwrap().is_nan());
    assert!(features.undefined().values().all(|u| u.code == "empty-region"));
    assert_eq!(features.undefined().len(), 512);
    check_extractor(&extractor, &sample_case()).unwrap();
}

#[test]
fn the_map_of_whole_image_means_is_the_weighted_sum_of_activations() {
    let input = InputConfig { grid: [32, 48, 48], fit: Fit::Stretch, ..InputConfig::default() };
    let config = DeepConfig { input, pools: vec![Pool::Mean], ..DeepConfig::default() };
    let extractor = DeepExtractor::embedded(config).unwrap();
    // An image on the network's own grid, so that positions of the stage are voxels of the image.
    let image = Array3::from_shape_fn((32, 48, 48), |(z, y, x)| ((z * y) as f32 * 0.1).sin() + (x as f32 * 0.2).cos());
    let case = Case::new("a", "a", Volume::from_array(image, [1.0; 3]).unwrap());
    let weights = form(&[
        ("deep_resnet18_layer2_mean_0003", 0.7),
        ("deep_resnet18_layer2_mean_0011", -1.3),
        ("intra_original_glcm_Contrast", 9.0),
    ]);
    let maps = extractor.cam(&case, &weights).unwrap();
    assert_eq!(maps.len(), 1);
    let prepared = input.prepare(&case.image).unwrap();
    let layer2 = &Network::embedded().unwrap().forward(prepared.values, input.grid, 2).unwrap()[2];
    assert_eq!((layer2.shape, layer2.stride), ([4, 6, 6], [8; 3]));
    for (o, (a, b)) in layer2.channel(3).iter().zip(layer2.channel(11)).enumerate() {
        let expected = 0.7 * f64::from(*a) - 1.3 * f64::from(*b);
        let at = [o / 36 * 8, o / 6 % 6 * 8, o % 6 * 8];
        assert!((maps[0].signed.get(at) - expected).abs() < 1e-5, "{o}");
    }
    let positive = maps[0].positive();
    assert!(positive.to_f64().iter().zip(maps[0].signed.to_f64()).all(|(p, s)| *p == s.max(0.0)));
}

#[test]
fn contributions_are_weights_times_features_stage_by_stage() {
    let extractor = DeepExtractor::embedded(config()).unwrap();
    let case = sample_case();
    let weights = [
        ("deep_resnet18_stem_sd_0002", 1.1),
        ("deep_resnet18_layer1_ring-mean_0004", -0.4),
        ("deep_resnet18_layer1_tumour-sd_0009", 0.8),
        ("deep_resnet18_layer4_background-mean_0100", 0.2),
    ];
    let features = extractor.extract(&case).unwrap();
    let maps = extractor.cam(&case, &form(&weights)).unwrap();
    let stages: Vec<&str> = maps.iter().map(|m| m.stage.as_str()).collect();
    assert_eq!(stages, ["stem", "layer1", "layer4"]);
    let part = |range: std::ops::Range<usize>| -> f64 {
        weights[range].iter().map(|(n, w)| w * features.get(n).unwrap()).sum()
    };
    for (map, expected) in maps.iter().zip([part(0..1), part(1..3), part(3..4)]) {
        assert!((map.contribution - expected).abs() < 1e-12, "{}", map.stage);
        assert_eq!(map.signed.geometry(), case.image.geometry());
    }
    let all = combine(&maps).unwrap();
    assert_eq!(all.stage, "stem+layer1+layer4");
    assert!((all.contribution - part(0..4)).abs() < 1e-12);
    let saliency = extractor.saliency(&case, &form(&weights)).unwrap().unwrap();
    assert_eq!(saliency, all.signed);
    assert!(extractor.saliency(&case, &form(&[("clinical_age_x_y", 1.0)])).unwrap().is_none());
    let unknown = form(&[("deep_resnet18_layer1_skin-mean_0004", 1.0)]);
    assert_eq!(extractor.cam(&case, &unknown).unwrap_err().code(), Code::TableMismatch);
    assert!(extractor.cam(&case, &form(&[("deep_other_layer1_mean_0000", 1.0)])).unwrap().is_empty());
    assert_eq!(combine(&[]).unwrap_err().code(), Code::Parameter);
}

#[test]
fn every_feature_has_a_definition() {
    let extractor = DeepExtractor::embedded(config()).unwrap();
    assert!(extractor.names().iter().all(|name| extractor.definition(name).is_some()));
    let of = |name: &str| extractor.definition(&name.parse().unwrap()).unwrap();
    assert_eq!(
        of("deep_resnet18_layer2_background-sd_0030"),
        "standard deviation over what lies outside mask `mass` of channel 30 of layer2 of resnet18, run on 32x48x48 voxels (z, y, x)"
    );
    assert!(of("deep_resnet18_stem_mean_0000").starts_with("mean over the whole image of channel 0 of stem"));
    assert!(extractor.definition(&"intra_original_glcm_Contrast".parse().unwrap()).is_none());
}

#[test]
fn randomising_from_the_top_changes_the_maps_from_the_top() {
    let extractor = DeepExtractor::embedded(config()).unwrap();
    let case = sample_case();
    let weights = form(&[("deep_resnet18_layer2_mean_0003", 1.0)]);
    let truth = extractor.saliency(&case, &weights).unwrap();
    let cascade = extractor.cascade(&Weights::embedded(), 5).unwrap();
    let lowest: Vec<&str> = cascade.iter().map(|(stage, _)| stage.as_str()).collect();
    assert_eq!(lowest, ["layer4", "layer3", "layer2", "layer1", "stem"]);
    for (stage, random) in &cascade {
        let is_above = ["layer4", "layer3"].contains(&stage.as_str());
        assert_eq!(random.saliency(&case, &weights).unwrap() == truth, is_above, "{stage}");
    }
}

#[test]
fn random_weights_follow_their_seed_and_change_the_features() {
    let case = sample_case();
    let values = |seed| DeepExtractor::random(config(), seed).unwrap().extract(&case).unwrap();
    assert_eq!(values(1), values(1));
    assert_ne!(values(1), values(2));
    assert_ne!(values(1), DeepExtractor::embedded(config()).unwrap().extract(&case).unwrap());
}
