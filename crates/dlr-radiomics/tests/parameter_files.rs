//! Parameter files of pyradiomics, unchanged, and what is said of those that are wrong.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use dlr_core::Code;
use dlr_radiomics::pyradiomics::{ImageType, Params};
use std::path::Path;

fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let yaml = entries.filter(|p| p.extension().is_some_and(|e| e == "yaml"));
    yaml.map(|p| (p.file_name().unwrap().to_string_lossy().into(), std::fs::read_to_string(p).unwrap())).collect()
}

#[test]
fn every_file_of_the_references_is_read() {
    let files = files(&data_fixtures::path("pyradiomics/reference/params"));
    assert!(files.len() >= 10, "{}", files.len());
    for (name, text) in files {
        let error = Params::from_yaml(&text).err();
        assert!(error.is_none(), "{name}: {}", error.unwrap());
    }
}

#[test]
fn every_example_of_pyradiomics_is_read() {
    let Some(folder) = data_fixtures::shared("data/pyradiomics/example_settings") else { return };
    let files = files(&folder);
    assert!(files.len() >= 8);
    for (name, text) in files {
        match Params::from_yaml(&text) {
            Err(error) => panic!("{name}: {error}"),
            Ok(params) => assert!(!params.selections.is_empty() && !params.image_types.is_empty(), "{name}"),
        }
    }
}

/// What the files of users hold, in the spellings that PyYAML and pykwalify allow.
#[test]
fn spellings_of_yaml() {
    let text = "setting: {binWidth: 2.5e+1, force2D: True, label: 0x1, resampledPixelSpacing: [1, 1.0, 0], interpolator: 3}\n\
                imageType: {Original: {binWidth: 5}}\nfeatureClass: {firstorder: [], glcm: [Idm, Contrast], shape: null}\n\
                voxelSetting: {initValue: .nan, kernelRadius: 2}\n";
    let params = Params::from_yaml(text).unwrap();
    assert_eq!(params.settings.bin_width, 25.0);
    assert!(params.settings.force2d && params.settings.init_value.is_nan());
    let ImageType { name, settings } = &params.image_types[0];
    assert_eq!((*name, settings.bin_width, settings.kernel_radius), ("Original", 5.0, 2));
    assert_eq!(params.selections.iter().map(|s| s.features.len()).collect::<Vec<_>>(), [18, 2, 14]);
    assert_eq!(Params::from_yaml("").unwrap(), Params::default());
    assert_eq!(Params::from_yaml("# nothing\n").unwrap(), Params::default());
}

#[test]
fn what_is_wrong_is_said_in_our_words() {
    for (text, code, words) in [
        ("setting: {binWdith: 25}", Code::UnknownName, "did you mean `binWidth`"),
        ("settings: {binWidth: 25}", Code::UnknownName, "did you mean `setting`"),
        ("imageType: {Wavlet: {}}", Code::UnknownName, "did you mean `Wavelet`"),
        ("imageType: {Original: {binwidth: 3}}", Code::UnknownName, "did you mean `binWidth`"),
        ("featureClass: {gclm: }", Code::UnknownName, "did you mean `glcm`"),
        ("featureClass: {glcm: [Contrst]}", Code::UnknownName, "did you mean `Contrast`"),
        ("featureClass: {glcm: [contrast]}", Code::UnknownName, "did you mean `Contrast`"),
        ("featureClass: {glcm: Contrast}", Code::ParameterFile, "list of feature names"),
        ("setting: {binWidth: wide}", Code::Parameter, "`binWidth`"),
        ("setting: {binWidth: -25}", Code::Parameter, "above 0"),
        ("setting: {binCount: 2.5}", Code::Parameter, "whole number"),
        ("setting: {force2D: 1}", Code::Parameter, "true or false"),
        ("setting: {resampledPixelSpacing: [1, 1]}", Code::Parameter, "three numbers"),
        ("setting: {interpolator: sitkBSplin}", Code::UnknownName, "sitkBSpline"),
        ("setting: {weightingNorm: manhatten}", Code::UnknownName, "did you mean `manhattan`"),
        ("setting: {resegmentMode: absolut}", Code::UnknownName, "did you mean `absolute`"),
        ("setting: {kernelRadius: 2}", Code::ParameterFile, "voxelSetting"),
        ("voxelSetting: {binWidth: 2}", Code::ParameterFile, "`setting`"),
        ("voxelSetting: {kernelRaduis: 2}", Code::UnknownName, "did you mean `kernelRadius`"),
        ("setting: 3", Code::ParameterFile, "mapping"),
        ("setting:\n\tbinWidth: 3", Code::ParameterFile, "YAML"),
        ("setting: {binWidth: 3, binWidth: 4}", Code::ParameterFile, "YAML"),
        ("- setting", Code::ParameterFile, "mapping"),
    ] {
        let error = match Params::from_yaml(text) {
            Ok(_) => panic!("`{text}` was taken"),
            Err(error) => error,
        };
        assert_eq!(error.code(), code, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
        assert!(error.to_string().lines().count() <= 3, "{text}: {error}");
    }
}

/// An alias bomb is refused before it fills memory.
#[test]
fn alias_bombs_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for k in 1..12 {
        let items = vec![format!("*a{}", k - 1); 10].join(", ");
        text += &format!("a{k}: &a{k} [{items}]\n");
    }
    assert_eq!(Params::from_yaml(&text).unwrap_err().code(), Code::ParameterFile);
}
