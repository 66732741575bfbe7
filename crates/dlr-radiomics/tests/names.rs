//! Names are a promise: a rename shows here.

use data_fixtures::path;
use dlr_radiomics::docs::{definition_of, features_markdown};
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
    let kept = path("../docs/features.md");
    if let Ok(kept) = std::fs::read_to_string(kept) {
        assert_eq!(kept, page, "docs/features.md is out of date: run `cargo xtask docs`");
    }
}
