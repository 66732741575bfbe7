//! The evaluation part of the suite `statistics`, on the oracle tables of the repository.

use dlr_evaluation::conformance::statistics;

#[test]
fn every_oracle_value_is_reproduced() {
    let tables = statistics(&data_fixtures::path("ml_reference")).unwrap();
    for table in &tables {
        println!("{table}");
    }
    assert!(tables.iter().all(|t| t.is_green()), "see the misses above");
}

#[test]
fn another_folder_of_the_layout_is_read_from_its_own_files() {
    let error = statistics(&data_fixtures::path("no-such-folder")).unwrap_err();
    assert_eq!(error.code(), dlr_core::Code::FileMissing);
}
