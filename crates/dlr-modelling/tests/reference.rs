//! The oracle tables, within the tolerances of their README; all misses at once.
#![cfg(feature = "conformance")]

use dlr_modelling::conformance::statistics;

#[test]
fn the_oracle_tables_are_reproduced() {
    let tables = statistics(&data_fixtures::path("ml_reference")).unwrap();
    let text: Vec<_> = tables.iter().map(ToString::to_string).collect();
    println!("{}", text.join("\n"));
    assert!(tables.iter().all(|t| t.is_green()), "{}", text.join("\n"));
}
