//! Names are a promise: a rename shows here.

use data_fixtures::path;
use dlr_radiomics::docs::{aggregation_code, definition_of, features_markdown};
use dlr_radiomics::ibsi::{Aggregation, Bins, IbsiExtractor, IbsiParams};
use dlr_radiomics::pyradiomics::{Params, Selection, Setting, pyradiomics_name, tables};
use dlr_radiomics::{Extractor, Profile};

#[test]
fn the_name_list_is_as_promised() {
    let mut params = Params::with(&[("force2D", Setting::Bool(true))]).unwrap();
    params.selections = tables::FAMILIES
        .into_iter()
        .map(|family| Selection { family, features: (0..tables::definitions(family).len()).collect() })
        .collect();
    let names = Extractor::new(params).unwrap().names();
    assert!(names.iter().all(|name| definition_of(Profile::Pyradiomics, name).is_some()));
    let list: String = names.iter().map(|name| pyradiomics_name(name) + "\n").collect();
    assert_eq!(list, include_str!("names.txt"), "a feature was renamed, added or removed");
}

#[test]
fn the_name_list_of_the_reference_manual_is_as_promised() {
    let params = IbsiParams {
        aggregations: Aggregation::ALL.into(),
        beyond_consensus: true,
        ..IbsiParams::new(Bins::FixedNumber { n_bins: 8 })
    };
    let names = IbsiExtractor::new(params).unwrap().names("roi", "original").unwrap();
    for name in &names {
        let definition = definition_of(Profile::Ibsi, name);
        assert!(definition.is_some_and(|d| d.ibsi.len() == 4), "{name}");
        assert_eq!(name.variant().is_some(), name.variant().and_then(aggregation_code).is_some(), "{name}");
    }
    let list: String = names.iter().map(|name| name.to_string()["roi_".len()..].to_owned() + "\n").collect();
    assert_eq!(list, include_str!("names_ibsi.txt"), "a feature was renamed, added or removed");
}

/// Column order of pyradiomics itself.
#[test]
fn default_columns_come_in_pyradiomics_order() {
    let text = std::fs::read_to_string(path("pyradiomics/reference/original_bw25.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected: Vec<&String> = json["cases"]["brain1"]["features"].as_object().unwrap().keys().collect();
    let found: Vec<String> = Extractor::new(Params::default()).unwrap().names().iter().map(pyradiomics_name).collect();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn ibsi_codes_are_unique_within_a_family_and_have_four_characters() {
    for family in tables::FAMILIES {
        let mut codes: Vec<&str> =
            tables::definitions(family).iter().map(|d| d.ibsi).filter(|code| !code.is_empty()).collect();
        assert!(codes.iter().all(|code| code.len() == 4));
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{family}");
    }
}

#[test]
fn the_page_lists_every_feature() {
    let page = features_markdown();
    for family in tables::FAMILIES {
        for d in tables::definitions(family) {
            assert!(page.contains(&format!("| {}", d.feature)), "{}", d.feature);
        }
    }
    let kept = std::fs::read_to_string(path("../docs/features.md")).unwrap();
    assert_eq!(kept, page, "docs/features.md is out of date: run `cargo xtask docs`");
}
