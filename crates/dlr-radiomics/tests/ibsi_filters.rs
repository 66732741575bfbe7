//! The filters of IBSI chapter 2 against their published maps and values, reported all at once.

use dlr_core::conformance::SuiteTable;
use dlr_core::{Result, Volume};
use dlr_radiomics::ibsi::conformance;
use std::path::Path;

fn load(path: &Path) -> Result<Volume> {
    dlr_io::read_volume(path)
}

fn report(tables: &[SuiteTable]) {
    let text: String = tables.iter().map(|t| format!("{t}\n")).collect();
    println!("{text}");
    assert!(tables.iter().all(SuiteTable::is_green), "\n{text}");
}

fn total(tables: &[SuiteTable], name: &str) -> usize {
    tables.iter().filter(|t| t.name.contains(name)).map(|t| t.total).sum()
}

#[test]
fn every_map_in_the_fixtures() {
    let folder = data_fixtures::path("ibsi2");
    let tables = conformance::ibsi2(&folder, &folder, &load).unwrap();
    report(&tables);
    assert_eq!(total(&tables, "maps"), 27);
}

#[test]
fn every_map_and_value_of_all_phases() {
    let Some(folder) = data_fixtures::shared("data/ibsi2") else { return };
    let tables = conformance::ibsi2(&folder, &folder, &load).unwrap();
    report(&tables);
    assert_eq!(total(&tables, "maps"), 24);
    // 234 rows, one of them without a value.
    assert_eq!(total(&tables, ".A") + total(&tables, ".B"), 233);
    let phase3 = [1, 2, 3, 4, 5, 6, 7].map(|k| total(&tables, &format!("ID_{k}")));
    assert_eq!(phase3, [180, 180, 177, 179, 180, 174, 162]);
}

#[test]
fn another_map_and_an_unknown_one_are_misses() {
    let folder = tempfile("ibsi2");
    let copy = |from: &Path, to: &str| {
        std::fs::create_dir_all(folder.join(to).parent().unwrap()).unwrap();
        std::fs::copy(from, folder.join(to)).unwrap();
    };
    let fixtures = data_fixtures::path("ibsi2");
    for phantom in ["checkerboard", "impulse"] {
        let name = format!("phantoms/{phantom}_image.nii.gz");
        copy(&fixtures.join(&name), &name);
    }
    copy(&fixtures.join("response_maps/1_a_1.nii.gz"), "response_maps/1_a_1.nii.gz");
    copy(&fixtures.join("response_maps/1_a_1.nii.gz"), "response_maps/1_a_2.nii.gz");
    copy(&fixtures.join("response_maps/1_b_1.nii.gz"), "response_maps/77_a.nii.gz");
    let tables = conformance::ibsi2(&folder, &folder, &load).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let misses: Vec<&str> = tables[0].misses.iter().map(|miss| miss.name.as_str()).collect();
    assert_eq!((tables[0].total, misses), (3, vec!["1_a_2", "77_a"]));
    let missing = tables[0].notes.iter().filter(|note| note.contains("was not checked")).count();
    assert_eq!(missing, 2, "phases 2 and 3 are said to be missing");
}

/// Both folders hold maps and values: those of the reference count, the images are those of the data.
#[test]
fn what_is_expected_comes_from_the_reference_also_where_the_data_hold_it() {
    let folder = tempfile("ibsi2-both");
    let fixtures = data_fixtures::path("ibsi2");
    let copy = |from: &str, to: &str| {
        std::fs::create_dir_all(folder.join(to).parent().unwrap()).unwrap();
        std::fs::copy(fixtures.join(from), folder.join(to)).unwrap();
    };
    // The map of the reference is wrong, that beside the images is right.
    copy("response_maps/1_a_1.nii.gz", "reference/response_maps/1_a_2.nii.gz");
    copy("response_maps/1_a_2.nii.gz", "data/response_maps/1_a_2.nii.gz");
    copy("response_maps/1_a_1.nii.gz", "data/response_maps/1_a_1.nii.gz");
    copy("phantoms/checkerboard_image.nii.gz", "data/phantoms/checkerboard_image.nii.gz");
    let tables = conformance::ibsi2(&folder.join("reference"), &folder.join("data"), &load);
    let bare = conformance::ibsi2(&folder, &folder.join("data"), &load);
    std::fs::remove_dir_all(&folder).unwrap();
    let tables = tables.unwrap();
    let misses: Vec<&str> = tables[0].misses.iter().map(|miss| miss.name.as_str()).collect();
    assert_eq!((tables[0].total, misses), (1, vec!["1_a_2"]));
    let note = "phase 1: `response_maps` from the reference folder, `phantoms` from the data folder";
    assert!(tables[0].notes.iter().any(|n| n == note), "{:?}", tables[0].notes);
    assert_eq!(bare.unwrap_err().code(), dlr_core::Code::FileMissing, "nothing is expected by an empty reference");
}

fn tempfile(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("dlr-{name}-{}", std::process::id()))
}
