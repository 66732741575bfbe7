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
    assert_eq!(tables[0].notes.len(), 2, "phases 2 and 3 are said to be missing");
}

fn tempfile(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("dlr-{name}-{}", std::process::id()))
}
