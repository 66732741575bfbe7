//! The interpretation part of the suite `statistics`, on the oracle tables of the repository.
#![cfg(feature = "conformance")]

use dlr_interpret::conformance::statistics;

#[test]
fn every_oracle_value_is_reproduced() {
    let tables = statistics(&data_fixtures::path("ml_reference")).unwrap();
    for table in &tables {
        println!("{table}");
    }
    assert!(tables.iter().all(|t| t.is_green()), "see the misses above");
}
