//! Values that pyradiomics computed, through the same code as `dlr conformance pyradiomics`.

use data_fixtures::path;
use dlr_core::conformance::SuiteTable;
use dlr_core::{Mask, Result, Volume};
use dlr_io::{LabelSelection, read_pair};
use dlr_radiomics::conformance::pyradiomics;
use std::path::Path;

fn load(image: &Path, mask: &Path, label: u32) -> Result<(Volume, Mask)> {
    let pair = read_pair(image, mask, &LabelSelection::Value(label.into()))?.value;
    Ok((pair.image, pair.mask))
}

fn all_green(tables: &[SuiteTable]) {
    for table in tables {
        println!("{table}");
    }
    let n_missed: usize = tables.iter().map(|t| t.misses.len()).sum();
    assert_eq!(n_missed, 0, "values that pyradiomics computed are not reproduced; see above");
}

#[test]
fn reference_values_of_the_repository() {
    let tables = pyradiomics(&path("pyradiomics/reference"), &path("pyradiomics/data"), &load).unwrap();
    assert!(tables.iter().map(|t| t.total).sum::<usize>() > 1000);
    all_green(&tables);
}

/// The same check on the shared folder, which holds filtered image types too and may hold more cases.
#[test]
fn reference_values_of_the_shared_folder() {
    let (Some(reference), Some(data)) =
        (data_fixtures::shared("peers/pyradiomics_reference"), data_fixtures::shared("data/pyradiomics"))
    else {
        return;
    };
    all_green(&pyradiomics(&reference, &data, &load).unwrap());
}
