//! The consensus values of the IBSI reference manual, read from its table and reported all at once.

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

#[test]
fn every_consensus_value_of_the_digital_phantom() {
    let folder = data_fixtures::path("ibsi1");
    let tables = conformance::ibsi1(&folder, &folder, &load).unwrap();
    assert_eq!(tables.iter().map(|t| t.total).sum::<usize>(), 482);
    report(&tables);
}

#[test]
fn every_consensus_value_of_all_configurations() {
    let Some(folder) = data_fixtures::shared("data/ibsi1") else { return };
    let tables = conformance::ibsi1(&folder, &folder, &load).unwrap();
    assert_eq!(tables.iter().map(|t| t.total).sum::<usize>(), 1804);
    report(&tables);
}

#[test]
fn every_value_of_real_mri_on_which_teams_agree() {
    let Some(folder) = data_fixtures::shared("data/sts") else { return };
    let tables = conformance::sts_teams(&folder, &folder, &load).unwrap();
    assert_eq!(tables.iter().map(|t| t.total).sum::<usize>(), 1753);
    report(&tables);
}
